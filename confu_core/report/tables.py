"""Tables with entries that stand out; as CSV for machines, as Markdown for repositories, as LaTeX for papers."""

from __future__ import annotations

import csv
import io
import itertools
import re
from collections.abc import Callable, Mapping, Sequence, Set
from dataclasses import dataclass, field, replace
from typing import Any

from confu_core import escaping
from confu_core.page.html import filled
from confu_core.page.numbers import show, show_setting
from confu_core.report.exact import BEST
from confu_core.report.tidy import REFERENCE, Point, Series, x_values
from confu_core.report.words import show_interval, show_spread
from confu_core.statistics.intervals import Interval, student_interval

BOLD = "Bold: the best, where its paired difference to every other over the same seeds lies above 0 (95% interval)."
UNDEFINED = "† The method defines no score of its own for this; the number is what a fallback reaches in its place."
FEW = 4  # Columns of means beside which their spreads still fit on a page.
PAGE_ROWS = 40  # Longer tables break over pages.
LATEX = {
    "\\": r"\textbackslash{}",
    "~": r"\textasciitilde{}",
    "^": r"\textasciicircum{}",
    "<": r"\textless{}",
    ">": r"\textgreater{}",
    "|": r"\textbar{}",
    '"': "''",
    "±": r"$\pm$",
    "→": r"$\rightarrow$",
    "\u2212": "$-$",
    "\u2013": "--",
    "†": r"\textdagger{}",
    "²": "$^2$",
    **{letter: rf"\{letter}" for letter in "{}$&%#_"},
}
HAT = re.compile("(.)\u0302")


@dataclass(frozen=True)
class Column:
    """A column of a table: readers see `label`, or nothing of a column without one; CSV has them all, by `name`.

    `digits` after the point are for readers too, None for a setting, which is as it was given. `exact` is what is known
    and not measured.
    """

    name: str
    label: str = ""
    digits: int | None = 3
    exact: bool = False


@dataclass(frozen=True)
class Table:
    """A table before it has a format.

    Entries are text, numbers, bools, None, and a `Point` or an `Interval` for a mean that readers see with its spread.
    `bold` holds row and column of what stands out, `tints` the strength in [0, 1] of entries with a coloured ground. On
    a page a table that runs `across` has its rows as columns.
    """

    name: str
    title: str
    columns: tuple[Column, ...]
    rows: tuple[tuple[Any, ...], ...]
    bold: Set[tuple[int, int]] = frozenset()
    tints: Mapping[tuple[int, int], float] = field(default_factory=dict)
    across: bool = False

    @property
    def shown(self) -> list[int]:
        """The columns that readers see."""
        return [at for at, column in enumerate(self.columns) if column.label]

    @property
    def crowded(self) -> bool:
        """Whether the columns of means are too many for spreads beside them."""
        return sum(any(isinstance(_mean(row[at]), Interval) for row in self.rows) for at in self.shown) > FEW

    @property
    def marked(self) -> set[tuple[int, int]]:
        """Row and column of what a method does not define."""
        return {(row, at) for row, held in enumerate(self.rows) for at, entry in enumerate(held) if _mark(entry)}

    def has_words(self, at: int) -> bool:
        """Return whether a column is of words."""
        return not self.columns[at].exact and any(isinstance(row[at], str) for row in self.rows)

    def runs(self, at: int) -> list[int]:
        """Return how many rows begin with the same entry as each; 0 where an earlier row has said it."""
        sizes = [len(list(same)) for _, same in itertools.groupby(row[at] for row in self.rows)]
        return [count for size in sizes for count in (size, *[0] * (size - 1))]

    def text(self, row: int, at: int) -> str:
        """Write an entry for readers, not escaped, with a dagger where a method does not define it."""
        return " ".join(filter(None, self.parts(row, at, apart=False)))

    def parts(self, row: int, at: int, *, apart: bool = True) -> tuple[str, str]:
        """Write an entry for a page: a mean and its spread apart, anything else whole."""
        entry, digits = self.rows[row][at], self.columns[at].digits
        value, mark = _mean(entry), _mark(entry)
        if isinstance(value, bool):
            return "yes" if value else "no", ""
        if digits is None:
            return show_setting(value) + mark, ""
        if isinstance(value, Interval):
            if not apart:
                return show_interval(value, digits) + mark, ""
            return show(value.mean, digits) + mark, show_spread(value, digits)
        return (show(value, digits) if value is None or isinstance(value, float) else str(value)) + mark, ""

    def readable(self, escape: Callable[[str], str], strong: str) -> tuple[list[str], list[list[str]], list[bool]]:
        """Return headings, escaped rows, and which columns are numbers, of the columns that readers see."""
        rows = [
            [
                strong.format(text) if (row, at) in self.bold else text
                for at in self.shown
                for text in [escape(self.text(row, at))]
            ]
            for row in range(len(self.rows))
        ]
        numeric = [not any(isinstance(row[at], str | bool) for row in self.rows) for at in self.shown]
        return [escape(self.columns[at].label) for at in self.shown], rows, numeric


def _mean(entry: Any) -> Any:
    return entry.interval if isinstance(entry, Point) else entry


def _mark(entry: Any) -> str:
    return "†" if isinstance(entry, Point) and not entry.defined else ""


def best_of(points: Sequence[Point | None], *, lowest: bool = False) -> int | None:
    """Return the place of the best point; None where seeds do not tell it from another, or nothing is beside it."""
    means = {at: point.mean for at, point in enumerate(points) if point and point.mean is not None}
    if len(means) < 2:
        return None
    leader = (min if lowest else max)(means, key=lambda at: means[at])
    apart = [paired(points[leader], points[at]) for at in means if at != leader]
    told = (one and one.half_width is not None and (one.high < 0 if lowest else one.low > 0) for one in apart)
    return leader if all(told) else None


def paired(first: Point | None, second: Point | None) -> Interval | None:
    """Return the mean difference over seeds that both have, with its interval; None where they share none."""
    one, other = ({} if point is None else point.by_seed for point in (first, second))
    return student_interval(one[seed] - other[seed] for seed in one if seed in other)


@dataclass(frozen=True)
class Line:
    """A row of a wide table: what names it, a point per method, and whether the lowest mean is the best."""

    keys: tuple[Any, ...]
    points: tuple[Point | None, ...]
    lowest: bool = False


def lines_along(series: Sequence[Series], *keys: Any, lowest: bool = False) -> list[Line]:
    """Return a row per x of series, named by keys and by x; none if no series has a point."""
    if not any(one.points for one in series):
        return []
    return [
        Line((*keys, *(() if x is None else (x,))), tuple(one.at(x) for one in series), lowest)
        for x in x_values(series)
    ]


def wide_table(
    name: str,
    title: str,
    keys: Sequence[Column],
    lines: Sequence[Line],
    groups: Sequence[Series],
    *,
    exact: str = "",
    digits: int = 3,
    tinted: bool = False,
    best: bool = True,
) -> Table:
    """Arrange rows with a column per method, and what is known exactly last under the heading `exact`.

    A key that is the same in all rows goes into the title. `tinted` tints by the share of the exact value.
    """
    shared = [at for at, key in enumerate(keys) if at and not key.exact and len({line.keys[at] for line in lines}) == 1]
    levels = [BEST.entry(line.points) for line in lines]
    known = bool(exact) and any(level is not None for level in levels)
    leaders = [best_of(line.points, lowest=line.lowest) if best else None for line in lines]
    shares = {
        (row, len(keys) + at): point.mean / level
        for row, line in enumerate(lines if tinted else ())
        for at, point in enumerate(line.points)
        if point and point.mean is not None and (level := point.levels.get(REFERENCE)) is not None and level > 0
    }
    return Table(
        name,
        ", ".join([title, *(str(lines[0].keys[at]) for at in shared)]),
        (
            *(replace(key, label="" if at in shared else key.label) for at, key in enumerate(keys)),
            *(Column(group.label, group.label, digits) for group in groups),
            *([Column(REFERENCE, exact, digits, exact=True)] if known else []),
        ),
        tuple(
            (*line.keys, *line.points, *([level] if known else [])) for line, level in zip(lines, levels, strict=True)
        ),
        {(row, len(keys) + at) for row, at in enumerate(leaders) if at is not None},
        {place: min(1.0, share) for place, share in shares.items() if share > 0},
    )


def to_csv(table: Table) -> str:
    """Write a table with all its digits, means without their intervals, and nothing that a spreadsheet would run."""
    text = io.StringIO()
    writer = csv.writer(text, lineterminator="\n")
    writer.writerow([escaping.spreadsheet_cell(column.name) for column in table.columns])
    for row in table.rows:
        values = (value.mean if isinstance(value, Interval | Point) else value for value in row)
        writer.writerow(map(escaping.spreadsheet_cell, values))
    return text.getvalue()


def to_markdown(table: Table) -> str:
    """Write a table for a repository."""
    # A dash begins no list inside a table.
    headings, rows, numeric = table.readable(lambda text: text if text == "-" else escape_markdown(text), "**{}**")
    rule = ["--:" if right else ":--" for right in numeric]
    return "\n".join("| " + " | ".join(line) + " |" for line in (headings, rule, *rows))


def to_latex(table: Table) -> str:
    """Write a table for a paper, with the rules of the package booktabs; a long one breaks over pages."""
    headings, rows, numeric = table.readable(escape_latex, r"\textbf{{{}}}")
    return filled(
        "confu_core.report",
        "table.tex.j2",
        align="".join("r" if right else "l" for right in numeric),
        lines=[" & ".join(line) for line in (headings, *rows)],
        title=escape_latex(table.title),
        name=table.name,
        long=len(rows) > PAGE_ROWS,
    )


def escape_latex(text: str) -> str:
    r"""Escape text for LaTeX, letters with a hat as formulas.

    >>> print(escape_latex("50% of a_b -> p\u0302"))
    50\% of a\_b $\rightarrow$ $\hat{p}$
    """
    parts = HAT.split(" ".join(text.split()).replace("->", " → "))
    # Every second part is a letter that had a hat.
    return "".join(
        rf"$\hat{{{part}}}$" if at % 2 else "".join(LATEX.get(letter, letter) for letter in part)
        for at, part in enumerate(parts)
    )


def escape_markdown(text: str) -> str:
    """Escape text for Markdown; arrows become arrows."""
    return escaping.escape_markdown(text.replace("->", " → "))
