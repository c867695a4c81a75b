"""The command `birdmml`."""

from __future__ import annotations

from pathlib import Path

import click

from confu_cli.datasets import describe, print_dataset, verify_command
from confu_cli.group import Group
from confu_cli.options import as_json, debug
from confu_cli.show import print_json

__all__ = ["birdmml"]


@click.group(cls=Group, epilog="Example: birdmml verify data/birds")
@click.version_option(package_name="confu-bench")
def birdmml() -> None:
    """Bird-MML: pictures, songs and captions whose interaction structure is known exactly."""


birdmml.add_command(verify_command("birdmml"))


@birdmml.command(epilog="Example: birdmml info data/birds")
@click.argument("path", type=click.Path(path_type=Path))
@as_json
@debug
def info(path: Path, as_json: bool) -> None:
    """Show what a dataset holds."""
    from confu_core.shards import open_dataset

    manifest = open_dataset(path).manifest
    if as_json:
        print_json(describe(manifest))
    else:
        print_dataset(path, manifest)
