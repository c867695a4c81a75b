"""Rows of text with separators, as spreadsheets, pandas, R, GBIF and eBird write them: none is lost."""

from __future__ import annotations

import csv
import io
import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field

from confu_core.errors import DatasetError

SEPARATORS = ",;\t"
MOST_CELL = 100_000  # Characters.
MOST_LINES, MOST_QUOTED = 1000, 1 << 24  # Lines of one cell, and characters up to its closing quotation mark.
MOST_ROWS = 10_000_000
_SAID = re.compile(r'"?sep=([^"\w\s]|\t)"?\s*', re.IGNORECASE)  # The first line that Excel writes, or wants.
_UNCLOSED = "a quotation mark is not closed, or text follows it; close it, or write it twice within quotation marks"
_CROSSING = (
    "a quotation mark opens here and closes in line {}, over lines that are rows of their own; close or remove it"
)


@dataclass
class Separated:
    """A table as it was read; every line of the file is one of headings, rows, blank lines or lines within cells."""

    headings: list[str] = field(default_factory=list)  # As they stand there.
    rows: list[list[str]] = field(default_factory=list)  # As many cells as headings in each that is not malformed.
    lines: list[int] = field(default_factory=list)  # The line of the file, from 1, that each row begins in.
    malformed: dict[int, str] = field(default_factory=dict)  # Rows, from 0, that are no cells, and what is wrong.
    left_out: list[str] = field(default_factory=list)  # What was left out beside them.
    blank_lines: int = 0  # Lines without anything but separators and white space.
    inner_lines: int = 0  # Lines within a cell, behind its first.


def read_separated(text: str, separators: str = SEPARATORS) -> Separated:
    r"""Tell a text into rows and cells.

    Cells are quoted as RFC 4180 says. Where a quotation mark is not closed, a table with tabs is read as one that is
    not quoted at all, as GBIF and eBird write them; in other tables the row is malformed, and the next line is a row
    again. A cell that would swallow lines which are rows of their own counts as not closed.

    Of the separators tried, the one that gives most headings is taken. A mark of UTF-8 and a first line ``sep=;`` are
    no part of the table.

    Examples
    --------
    >>> read_separated('a,b\n1,"x, y"\n\n2,"z\n').malformed
    {1: 'line 4: a quotation mark is not closed, or text follows it; close it, or write it twice within ...'}
    >>> read_separated('a\tb\n1\t"z\n').rows
    [['1', '"z']]
    """
    lines = list(io.StringIO(text.lstrip("\ufeff"), newline=""))
    start = 1 if lines and (said := _SAID.fullmatch(lines[0])) else 0
    first = next((at for at in range(start, len(lines)) if lines[at].strip()), len(lines))
    if first == len(lines):
        return Separated(blank_lines=first - start)
    separator = said[1] if start and said else max(separators, key=lambda one: _fit(lines, first, one))
    headings, behind = _heading(lines, first, separator)
    table = Separated(headings, blank_lines=first - start, inner_lines=behind - first - 1)
    quoted = separator != "\t" or _is_quoted(lines, first, behind, separator, headings)
    for at, end, cells, wrong in _records(lines, behind, separator, len(headings), quoted):
        if not "".join(cells).strip():
            table.blank_lines += end - at
            continue
        if wrong:
            table.malformed[len(table.rows)] = f"line {at + 1}: {wrong}"
        table.rows.append(cells)
        table.lines.append(at + 1)
        table.inner_lines += end - at - 1
        if len(table.rows) > MOST_ROWS:
            raise DatasetError(f"it has more than {MOST_ROWS} rows, the most that are read")
    _drop_unnamed(table)
    _check_widths(table)
    _check_sum(table, text, start)
    return table


def _fit(lines: Sequence[str], first: int, separator: str) -> tuple[bool, int, bool]:
    """Return how well a separator fits: quotes around headings, their number, no quotes left in them."""
    found = _strict(lines, first, separator)
    headings = _heading(lines, first, separator)[0]
    return found is not None and len(headings) > 1, len(headings), not any('"' in heading for heading in headings)


def _heading(lines: Sequence[str], at: int, separator: str) -> tuple[list[str], int]:
    return _strict(lines, at, separator) or (_plain(lines[at], separator), at + 1)


def _records(
    lines: Sequence[str], at: int, separator: str, width: int, quoted: bool
) -> Iterator[tuple[int, int, list[str], str]]:
    """Yield first line, line behind, cells and what is wrong with each record."""
    while at < len(lines):
        cells, end, wrong = _plain(lines[at], separator), at + 1, ""
        if quoted and '"' in lines[at]:
            cells, end, wrong = _quoted(lines, at, separator, width)
        yield at, end, cells, wrong
        at = end


def _quoted(lines: Sequence[str], at: int, separator: str, width: int) -> tuple[list[str], int, str]:
    found = _strict(lines, at, separator)
    if f'{separator} "' in lines[at]:
        spaced = _strict(lines, at, separator, spaces=True)
        found = spaced if spaced is not None and len(spaced[0]) == width else found
    plain = _plain(lines[at], separator)
    if found is None or len(found[0]) != width == len(plain):
        return plain, at + 1, _UNCLOSED
    first, *inner = (len(_plain(line, separator)) - width in (0, 1) for line in lines[at : found[1]])
    # Who doubles quotation marks within a cell has closed it too; in cells behind tabs there are no others.
    doubled = separator != "\t" and any(re.search(rf'[^"{separator}\r\n]""', line) for line in lines[at : found[1]])
    if first and inner and not doubled and 2 * sum(inner) >= len(inner):
        return plain, at + 1, _CROSSING.format(found[1])
    return *found, ""


def _is_quoted(lines: Sequence[str], first: int, behind: int, separator: str, headings: Sequence[str]) -> bool:
    """Return whether the quotation marks of a table with tabs are those of a writer that quotes."""
    if lines[first].lstrip().startswith('"'):
        return True
    return not any(wrong for *_, wrong in _records(lines, behind, separator, len(headings), True))


def _strict(lines: Sequence[str], at: int, separator: str, *, spaces: bool = False) -> tuple[list[str], int] | None:
    """Return the cells of the record that begins in a line, and the line behind it; None where quotes do not fit."""
    csv.field_size_limit(MOST_QUOTED)
    some = (lines[one] for one in range(at, min(len(lines), at + MOST_LINES)))
    reader = csv.reader(some, delimiter=separator, strict=True, skipinitialspace=spaces)
    try:
        return next(reader), at + reader.line_num
    except csv.Error:
        return None


def _plain(line: str, separator: str) -> list[str]:
    return line.rstrip("\r\n").split(separator)


def _drop_unnamed(table: Separated) -> None:
    """Leave out what R writes in front of rows without a heading, and separators at the end of rows."""
    rows = [row for at, row in enumerate(table.rows) if at not in table.malformed]
    if not rows or any(len(row) != len(table.headings) + 1 for row in rows):
        return
    firsts = [row[0].strip() for row in rows]
    if not any(row[-1].strip() for row in rows):
        unnamed = -1
    elif len(set(firsts)) == len(firsts) and all(one.isascii() and one.isdigit() for one in firsts):
        unnamed = 0
        table.left_out.append("row numbers, which have no heading")
    else:
        return
    for row in rows:
        del row[unnamed]


def _check_widths(table: Separated) -> None:
    width = len(table.headings)
    for at, row in enumerate(table.rows):
        wrong = f"{len(row)} cells for {width} columns" if len(row) != width else ""
        if not wrong and (longest := max(map(len, row))) > MOST_CELL:
            wrong = f"a cell of {longest} characters; at most {MOST_CELL} are read"
        if wrong:
            table.malformed.setdefault(at, f"line {table.lines[at]}: {wrong}")


def _check_sum(table: Separated, text: str, start: int) -> None:
    """Count the lines of the text in another way, so that none can vanish."""
    text = text.lstrip("\ufeff")
    count = text.count("\n") + text.count("\r") - text.count("\r\n") + (not text.endswith(("\n", "\r")) and bool(text))
    told = start + 1 + len(table.rows) + table.blank_lines + table.inner_lines
    if told != count:
        raise DatasetError(f"of its {count} lines {told} were told into rows; please report this file")
