"""The verbs `cache list` and `cache clear` of `birdmml`."""

from __future__ import annotations

import os
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from confu_cli.group import Group
from confu_cli.options import cache_folder_option, diagnostics
from confu_cli.show import echo, print_json, print_table, say
from confu_core.page.numbers import size

if TYPE_CHECKING:
    from confu_core.shards.cache import CacheEntry


@click.group("cache", cls=Group, epilog="Example: birdmml cache list")
def cache() -> None:
    """Show or remove decoded data, which runs share and make again when they need them."""


@cache.command("list", epilog="Example: birdmml cache list")
@cache_folder_option
@diagnostics
def list_caches(cache: Path | None, as_json: bool) -> None:
    """List decoded data: size, age, and the dataset that they were made from."""
    from confu_core.shards.cache import caches

    root = _root(cache)
    found, ingested = caches(root), _bytes(root / "ingest")
    if as_json:
        print_json({"path": str(root), "caches": [_said(one) for one in found], "ingest_bytes": ingested})
        return
    if found:
        rows = [[one.name, size(one.bytes), f"{one.days:.1f}", one.dataset or "unfinished or damaged"] for one in found]
        print_table(f"Decoded data in {root}", ["name", "size", "days", "made from"], rows)
    echo(f"{root}: {len(found)} caches, {size(sum(one.bytes for one in found))}")
    if ingested:
        echo(f"{root / 'ingest'}: {size(ingested)} of what build --from found of files; clear leaves it")


@cache.command("clear", epilog="Example: birdmml cache clear")
@click.argument("names", nargs=-1)
@cache_folder_option
@diagnostics
def clear(names: tuple[str, ...], cache: Path | None, as_json: bool) -> int:
    """Remove decoded data, all or those whose NAMES the list shows.

    What a process makes or reads is left, and named; exit status 1 then. Nothing but caches is removed, and no link is
    followed.
    """
    from confu_core.shards.cache import clear_caches

    removed, used = clear_caches(root := _root(cache), names)
    said = {"removed": [_said(one) for one in removed], "in_use": [_said(one) for one in used]}
    freed = size(sum(one.bytes for one in removed))
    say(as_json, {"path": str(root), **said}, f"{root}: {len(removed)} caches removed, {freed}")
    for one in used:
        echo(f"{one.name} is in use by another process and stays: {one.dataset}", err=True)
    return 1 if used else 0


def _root(cache: Path | None) -> Path:
    from confu_core.shards.cache import cache_folder

    return cache_folder() if cache is None else cache


def _said(one: CacheEntry) -> dict[str, Any]:
    return {"name": one.name, "path": str(one.path), "dataset": one.dataset, "bytes": one.bytes, "days": one.days}


def _bytes(folder: Path) -> int:
    return sum((Path(where) / name).lstat().st_size for where, _, names in os.walk(folder) for name in names)
