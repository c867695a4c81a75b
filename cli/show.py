"""What the commands print: tables and JSON on stdout, progress on stderr."""

from __future__ import annotations

import contextlib
import json
import re
import sys
from collections.abc import Callable, Iterator, Sequence
from typing import Any

import click

from confu_core.escaping import visible
from confu_core.page.numbers import show, size

__all__ = ["WIDTH", "echo", "number", "print_json", "print_table", "progress_bar", "size"]

WIDTH = 100


def echo(*lines: str, err: bool = False) -> None:
    """Print lines on stdout or stderr; what a terminal would obey in them is escaped, since others wrote some of it."""
    for line in lines:
        click.echo(visible(line), err=err)


def print_json(value: Any) -> None:
    """Print one JSON value on stdout."""
    encoding = (getattr(sys.stdout, "encoding", None) or "").lower().replace("-", "")
    text = json.dumps(value, ensure_ascii=encoding != "utf8", allow_nan=False)
    # Those letters that JSON leaves as they are and a terminal obeys; they stand in texts alone.
    click.echo(re.sub("[\x7f-\uffff]", lambda found: _in_json(found[0]), text))


def print_table(title: str, columns: Sequence[str], rows: Sequence[Sequence[str]]) -> None:
    """Print a table on stdout."""
    from rich import box
    from rich.console import Console
    from rich.table import Table
    from rich.text import Text

    table = Table(
        title=Text(visible(title)), title_justify="left", title_style="bold", box=box.SIMPLE_HEAD, pad_edge=False
    )
    for index, column in enumerate(columns):
        table.add_column(Text(visible(column)), justify="right" if index else "left")
    for row in rows:
        table.add_row(*(Text(visible(cell)) for cell in row))
    # In a file or a pipe there is no width to fit into.
    console = Console(file=sys.stdout, width=None if sys.stdout.isatty() else WIDTH, highlight=False)
    console.print(table)


def _in_json(letter: str) -> str:
    return letter if visible(letter) == letter else f"\\u{ord(letter):04x}"


def number(value: float | None, digits: int = 4) -> str:
    """Write a number for a table of a command, with one digit more than pages have."""
    return show(value, digits)


@contextlib.contextmanager
def progress_bar(what: str, unit: str) -> Iterator[Callable[[int, int | None, str], None]]:
    """Show progress on stderr, with rate and time left, when it is a terminal."""
    if not sys.stderr.isatty():
        yield lambda done, total, note: None
        return
    from rich.console import Console
    from rich.progress import (
        BarColumn,
        MofNCompleteColumn,
        Progress,
        TextColumn,
        TimeElapsedColumn,
        TimeRemainingColumn,
    )

    columns = (
        TextColumn("{task.description}"),
        BarColumn(),
        MofNCompleteColumn(),
        TextColumn(unit),
        TextColumn("{task.fields[rate]}"),
        TimeElapsedColumn(),
        TextColumn("left"),
        TimeRemainingColumn(),
        TextColumn("{task.fields[note]}"),
    )
    with Progress(*columns, console=Console(stderr=True), transient=True) as progress:
        task = progress.add_task(visible(what), total=None, rate="", note="")

        def update(done: int, total: int | None, note: str) -> None:
            speed = progress.tasks[0].speed
            progress.update(
                task, completed=done, total=total, note=visible(note), rate=f"{speed:.3g}/s" if speed else ""
            )

        yield update
