"""Tables of measures as HTML: names at the left, the best bold, spreads small, exact values apart."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from confu_core.report.markup import text
from confu_core.report.table import Table, cell_text
from confu_core.report.wording import show, show_spread
from confu_core.statistics.intervals import Interval

__all__ = ["data_table"]

FEW = 4  # Columns of means beside which their spreads still fit.


def data_table(table: Table) -> str:
    """Write a table as HTML.

    Parameters
    ----------
    table : Table
        Columns without a label are left out. Equal entries of the first column that follow each other are one.

    Returns
    -------
    str
        A ``table`` element that scrolls where the window is narrow.

    Examples
    --------
    >>> from confu_core.report.table import Column
    >>> made = data_table(Table("t", "", (Column("m", "method"), Column("a", "acc")), (("<b>", 0.5),)))
    >>> '<th scope="row">&lt;b&gt;</th><td>0.500</td>' in made
    True
    """
    seen = [at for at, column in enumerate(table.columns) if column.label]
    words = {at for at in seen if any(isinstance(row[at], str) for row in table.rows) and not table.columns[at].exact}
    head = "".join(_heading(table, at, words) for at in seen)
    tint = {(row, column): strength for row, column, strength in table.tint}
    runs = list(_runs(table, seen[0]))
    body = []
    for number in range(len(table.rows)):
        first = _first(table, number, seen[0], runs[number])
        cells = "".join(_cell(table, number, at, words, tint) for at in seen[1:])
        begins = ' class="begins"' if runs[number] > 1 else ""
        body.append(f"<tr{begins}>{first}{cells}</tr>")
    lines = "\n".join(body)
    measured = [at for at in seen if any(isinstance(row[at], Interval) for row in table.rows)]
    kind = "data many" if len(measured) > FEW else "data"
    return (
        f'<div class="scroll"><table class="{kind}">\n<thead><tr>{head}</tr></thead>\n'
        f"<tbody>\n{lines}\n</tbody></table></div>"
    )


def _heading(table: Table, at: int, words: set[int]) -> str:
    column = table.columns[at]
    kinds = [name for name, holds in (("word", at in words), ("exact", column.exact)) if holds]
    kind = f' class="{" ".join(kinds)}"' if kinds else ""
    return f'<th scope="col"{kind}>{text(column.label)}</th>'


def _runs(table: Table, at: int) -> Iterator[int]:
    """Yield how many rows begin with the same entry as this one; 0 where an earlier row has said it."""
    names = [row[at] for row in table.rows]
    for number, name in enumerate(names):
        if number and names[number - 1] == name:
            yield 0
        else:
            yield next((n for n, other in enumerate(names[number:]) if other != name), len(names) - number)


def _first(table: Table, number: int, at: int, run: int) -> str:
    if run == 0:
        return ""
    said = text(cell_text(table, number, at))
    return f'<th scope="rowgroup" rowspan="{run}">{said}</th>' if run > 1 else f'<th scope="row">{said}</th>'


def _cell(table: Table, number: int, at: int, words: set[int], tint: dict[tuple[int, int], float]) -> str:
    value: Any = table.rows[number][at]
    kinds = [
        name
        for name, holds in (
            ("word", at in words),
            ("exact", table.columns[at].exact),
            ("best", (number, at) in table.bold),
        )
        if holds
    ]
    kind = f' class="{" ".join(kinds)}"' if kinds else ""
    strength = tint.get((number, at))
    style = "" if strength is None else f' style="--closeness: {strength:.3f}"'
    return f"<td{kind}{style}>{_content(table, number, at, value)}</td>"


def _content(table: Table, number: int, at: int, value: Any) -> str:
    digits = table.columns[at].digits
    if not isinstance(value, Interval) or digits is None:
        return text(cell_text(table, number, at))
    mark = "†" if (number, at) in table.marked else ""
    spread = show_spread(value, digits)
    return show(value.mean, digits) + mark + (f"<small>{spread}</small>" if spread else "")
