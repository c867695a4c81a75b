"""The verbs that act on any dataset: `verify`, and what `info` says about shards."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from confu_cli.group import Verb
from confu_cli.options import as_json, debug
from confu_cli.show import print_json, print_table, size

if TYPE_CHECKING:
    from confu_core.shards import Manifest

__all__ = ["describe", "print_dataset", "verify_command"]


def verify_command(command: str) -> click.Command:
    """Return the verb `verify` of a command.

    Parameters
    ----------
    command : str
        The command, for the example in the help text.

    Returns
    -------
    click.Command
        To be added to a group.
    """

    @click.command("verify", cls=Verb, epilog=f"Example: {command} verify data/{command.removesuffix('bench')} --deep")
    @click.argument("path", type=click.Path(path_type=Path))
    @click.option("--deep", is_flag=True, help="Decode every row, picture and sound as well.")
    @as_json
    @debug
    def verify(path: Path, deep: bool, as_json: bool) -> int:
        """Prove a dataset complete and unaltered, and name each bad shard.

        Compares counts, sizes, checksums and columns with the manifest. Exit status 1 if anything is wrong.
        """
        from confu_core.shards import verify as examine

        report = examine(path, deep=deep)
        if as_json:
            print_json(report.as_dict())
        elif report.ok:
            click.echo(f"{path}: complete and unaltered ({report.shards} shards, {size(report.bytes)})")
        else:
            for finding in report.findings:
                click.echo(f"{path / finding.path}: {finding.problem}")
            click.echo(f"{path}: {len(report.findings)} problems in {report.shards} shards", err=True)
        return 0 if report.ok else 1

    return verify


def describe(manifest: Manifest) -> dict[str, Any]:
    """Collect what a manifest says, without the list of shards.

    Parameters
    ----------
    manifest : Manifest
        Of a dataset.

    Returns
    -------
    dict
        JSON values.
    """
    return {
        "name": manifest.name,
        "description": manifest.description,
        "config": dict(manifest.config),
        "seed": manifest.seed,
        "splits": dict(manifest.splits),
        "formats": list(manifest.formats),
        "shards": len(manifest.shards),
        "bytes": sum(shard.bytes for shard in manifest.shards),
        "columns": dict(manifest.schema),
        "versions": dict(manifest.versions),
        "fingerprint": manifest.fingerprint,
        "information": manifest.information,
    }


def print_dataset(path: Path, manifest: Manifest) -> None:
    """Print what a dataset holds.

    Parameters
    ----------
    path : Path
        Its folder.
    manifest : Manifest
        Read from it.
    """
    said = describe(manifest)
    click.echo(f"{path}: {manifest.name}, seed {manifest.seed}. {manifest.description}")
    config = ", ".join(f"{name} {value}" for name, value in said["config"].items())
    click.echo(f"{config}\n{said['shards']} shards ({', '.join(manifest.formats)}), {size(said['bytes'])}")
    print_table("Splits", ["split", "rows"], [[name, f"{rows:,}"] for name, rows in manifest.splits.items()])
    print_table("Columns", ["column", "type"], [list(item) for item in manifest.schema.items()])
