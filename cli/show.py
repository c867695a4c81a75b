"""What the commands print: tables and JSON on stdout, progress on stderr."""

from __future__ import annotations

import contextlib
import json
import os
import re
import sys
import time
from collections.abc import Iterator, Sequence
from typing import TYPE_CHECKING, Any

import click

from confu_core.escaping import visible
from confu_core.page.numbers import show

if TYPE_CHECKING:
    from rich.text import Text

WIDTH = 100
SECONDS = 10  # Between lines on work that goes on.
VERBOSE = "confu_cli.verbose"


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


def say(as_json: bool, value: Any, *lines: str) -> None:
    """Print one JSON value for machines, or lines for readers."""
    if as_json:
        print_json(value)
    else:
        echo(*lines)


def print_table(
    title: str | Text,
    columns: Sequence[str],
    rows: Sequence[Sequence[str | Text]],
    layout: Sequence[dict[str, Any]] = (),
) -> None:
    """Print a table on stdout: strings made harmless, and texts of `rich` as they are; numbers stand to the right."""
    from rich import box
    from rich.console import Console
    from rich.table import Table
    from rich.text import Text

    def text(said: str | Text) -> Text:
        """Return a cell, made harmless if it is a string."""
        return said if isinstance(said, Text) else Text(visible(said))

    style = "bold" if isinstance(title, str) else None
    table = Table(title=text(title), title_justify="left", title_style=style, box=box.SIMPLE_HEAD, pad_edge=False)
    for at, column in enumerate(columns):
        table.add_column(text(column), **(layout[at] if layout else {"justify": "right" if at else "left"}))
    for row in rows:
        table.add_row(*map(text, row))
    # In a file or a pipe there is no width to fit into.
    Console(file=sys.stdout, width=None if sys.stdout.isatty() else WIDTH, highlight=False).print(table)


def _in_json(letter: str) -> str:
    return letter if visible(letter) == letter else f"\\u{ord(letter):04x}"


def number(value: float | None, digits: int = 4) -> str:
    """Write a number for a table of a command, with one digit more than pages have."""
    return show(value, digits)


def verbose() -> bool:
    """Tell whether --verbose asks for more lines on stderr."""
    context = click.get_current_context(silent=True)
    return context is not None and bool(context.meta.get(VERBOSE))


class Lines:
    """What is said of long work where stderr is no terminal: its milestones, and with --verbose what is in between.

    Of work without milestones what is in between is `always` said.
    """

    def __init__(self, what: str, unit: str, always: bool = False) -> None:
        self.what, self.unit, self.always = what, unit, always
        self.told = time.monotonic()

    def __call__(self, done: int, total: int | None, note: str) -> None:
        """Take note of progress."""
        if (self.always or verbose()) and time.monotonic() - self.told > SECONDS:
            self.told = time.monotonic()
            of = "" if total is None else f" of {total:,}"
            self.line(f"{self.what}: {done:,}{of} {self.unit}{f', {note}' if note else ''}")

    def line(self, text: str) -> None:
        """Tell of a milestone."""
        if os.environ.get("RANK", "0") == "0":  # Of several processes that train together, one tells.
            echo(text, err=True)


@contextlib.contextmanager
def progress_bar(what: str, unit: str, *, always: bool = False) -> Iterator[Lines]:
    """Show progress on stderr: at a terminal a bar with rate and time left, else lines; `always` is as for `Lines`."""
    if not sys.stderr.isatty():
        yield Lines(what, unit, always)
        return
    from rich import progress as parts
    from rich.console import Console

    columns = (
        *(
            parts.TextColumn("{task.description}"),
            parts.BarColumn(),
            parts.MofNCompleteColumn(),
            parts.TextColumn(unit),
        ),
        *(parts.TextColumn("{task.fields[rate]}"), parts.TimeElapsedColumn(), parts.TextColumn("left")),
        *(parts.TimeRemainingColumn(), parts.TextColumn("{task.fields[note]}")),
    )
    with parts.Progress(*columns, console=Console(stderr=True), transient=True) as progress:
        task = progress.add_task(visible(what), total=None, rate="", note="")

        class Bar(Lines):
            def __call__(self, done: int, total: int | None, note: str) -> None:
                speed = progress.tasks[0].speed
                rate = f"{speed:.3g}/s" if speed else ""
                progress.update(task, completed=done, total=total, note=visible(note), rate=rate)

            def line(self, text: str) -> None:
                """Tell of a milestone, where that is asked for: the bar shows the rest."""
                if verbose():
                    super().line(text)

        yield Bar(what, unit)
