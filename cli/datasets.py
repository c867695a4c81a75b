"""The verbs that act on any dataset: `verify`, and what `info` says about shards."""

from __future__ import annotations

import functools
import re
import textwrap
from collections.abc import Callable, Mapping
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from confu_cli.group import Verb
from confu_cli.options import PATH_OR_URL, diagnostics
from confu_cli.show import WIDTH, echo, print_json, print_table, progress_bar
from confu_core.page.numbers import size

if TYPE_CHECKING:
    from confu_core.shards import Dataset, Manifest, Recipe, Report


_HASH = re.compile("[0-9a-f]{64}")  # For machines, which read --json.


def verify_command(
    command: str, recipe_of: Callable[..., Recipe], sources: Callable[[Any], Any] = lambda verb: verb
) -> click.Command:
    """Return the verb `verify` of a command."""

    @click.command("verify", cls=Verb, epilog=f"Example: {command} verify data/{command.removesuffix('bench')} --deep")
    @click.argument("path", type=PATH_OR_URL)
    @click.option("--deep", is_flag=True, help="Decode every row, picture and sound as well.")
    @click.option("--repair", "mend", is_flag=True, help="Write bad shards and checksums again, and prove them.")
    @sources
    @diagnostics
    def verify(path: str | Path, deep: bool, mend: bool, as_json: bool, **source: Any) -> int:
        """Prove a dataset complete and unaltered, and name each bad shard.

        PATH is a folder, or a URL such as s3://bucket/data. Compares counts, sizes, checksums and columns with the
        manifest. Exit status 1 if anything is wrong, or with --repair if anything still is.
        """
        from confu_core.io.storage import location
        from confu_core.publish.croissant import description_findings
        from confu_core.shards import verify as examine

        if mend:
            return _repair(path, deep, as_json, functools.partial(recipe_of, **source))
        report = examine(path, deep=deep)
        report = replace(report, findings=(*report.findings, *description_findings(location(path))))
        if as_json:
            print_json(report.as_dict())
        else:
            _print_report(path, report)
        return 0 if report.ok else 1

    return verify


def _repair(path: str | Path, deep: bool, as_json: bool, recipe_of: Callable[[Dataset], Recipe]) -> int:
    from confu_core.runs.environment import usable_cores
    from confu_core.shards import open_dataset, repair

    recipe = recipe_of(open_dataset(path))
    done = repair(recipe, path, deep=deep, workers=usable_cores())
    if as_json:
        print_json(done.as_dict())
    else:
        for name in done.rewritten:
            echo(f"{path}/{name}: written again")
        _print_report(path, done.report)
    return 0 if done.ok else 1


def _print_report(path: str | Path, report: Report) -> None:
    if report.ok:
        echo(f"{path}: complete and unaltered ({report.shards} shards, {size(report.bytes)})")
        return
    for finding in report.findings:
        echo(f"{path}/{finding.path}: {finding.problem}")
    echo(f"{path}: {len(report.findings)} problems in {report.shards} shards", err=True)


def build_dataset(recipe: Recipe, out: str | Path, unit: str, how: Mapping[str, Any]) -> Manifest:
    """Build a dataset, showing how it goes on."""
    from confu_core.shards import build

    total = sum(recipe.splits.values())
    with progress_bar("building", unit) as bar:
        return build(recipe, out, progress=lambda done, written: bar(done, total, size(written)), **how)


def manifest_dict(manifest: Manifest) -> dict[str, Any]:
    """Collect what a manifest says, without the list of shards."""
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


def print_dataset(path: str | Path, manifest: Manifest) -> None:
    """Print what a dataset holds."""
    said = manifest_dict(manifest)
    echo(f"{path}: {manifest.name}, seed {manifest.seed}. {manifest.description}")
    echo(*textwrap.wrap(_dials(said["config"]), WIDTH, break_long_words=False, break_on_hyphens=False))
    echo(f"{said['shards']} shards ({', '.join(manifest.formats)}), {size(said['bytes'])}")
    print_table("Splits", ["split", "rows"], [[name, f"{rows:,}"] for name, rows in manifest.splits.items()])
    print_table("Columns", ["column", "type"], [list(item) for item in manifest.schema.items()])


def say_computed(computed: bool) -> None:
    """Say on standard error that the manifest is older than its ceilings, where that is so."""
    if computed:
        echo("The manifest was written before there were ceilings of every order; they are computed.", err=True)


def _dials(config: Mapping[str, Any]) -> str:
    """Write settings for a reader; names that stand for themselves, and what is left empty, say nothing."""
    return "; ".join(f"{name} {text}" for name, value in config.items() if (text := _dial(value)))


def _dial(value: Any) -> str:
    if isinstance(value, Mapping):
        return ", ".join(f"{name} {text}" for name, inner in value.items() if (text := _dial(inner)) not in ("", name))
    if isinstance(value, list):
        return ", ".join(map(_dial, value)) or "none"
    if isinstance(value, str):
        return "" if _HASH.fullmatch(value) else value
    return "none" if value is None else f"{value:g}" if isinstance(value, float) else str(value)
