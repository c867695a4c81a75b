"""A table before it has a format, and its entries as text for readers."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from confu_core.report.wording import show, show_interval, show_setting
from confu_core.statistics.intervals import Interval

__all__ = ["Column", "Table", "cell_text", "reader_text"]


@dataclass(frozen=True)
class Column:
    """A column of a table.

    Attributes
    ----------
    name : str
        In CSV.
    label : str
        For readers; empty for a column that only CSV has.
    digits : int or None
        After the point, for readers; None for a setting, which is as it was given. CSV has all.
    exact : bool
        Whether it holds what is known and not measured.
    """

    name: str
    label: str = ""
    digits: int | None = 3
    exact: bool = False


@dataclass(frozen=True)
class Table:
    """A table before it has a format.

    Attributes
    ----------
    name : str
        Of its files, without suffix.
    title : str
        Above it.
    columns : tuple of Column
        In order.
    rows : tuple of tuple
        Text, numbers, bools, None, and `Interval` for a mean that readers see with its half-width.
    bold : frozenset of (int, int)
        Row and column of entries that stand out.
    marked : frozenset of (int, int)
        Those that a method does not define, for which a fallback stood in.
    tint : tuple of (int, int, float)
        Row, column and strength in [0, 1] of entries with a coloured ground, where there is colour.
    """

    name: str
    title: str
    columns: tuple[Column, ...]
    rows: tuple[tuple[Any, ...], ...]
    bold: frozenset[tuple[int, int]] = frozenset()
    marked: frozenset[tuple[int, int]] = frozenset()
    tint: tuple[tuple[int, int, float], ...] = ()


def reader_text(value: Any, digits: int | None = 3) -> str:
    """Write one value of a table for readers.

    Parameters
    ----------
    value : object
        As in `Table.rows`.
    digits : int or None
        After the point, for measured numbers; None for a setting.

    Returns
    -------
    str
        Not escaped.

    Examples
    --------
    >>> reader_text(0.5), reader_text(0.5, None), reader_text(False), reader_text(None)
    ('0.500', '0.5', 'no', '-')
    """
    if isinstance(value, bool):
        return "yes" if value else "no"
    if digits is None:
        return show_setting(value)
    if isinstance(value, Interval):
        return show_interval(value, digits)
    return show(value, digits) if value is None or isinstance(value, float) else str(value)


def cell_text(table: Table, row: int, column: int) -> str:
    """Write one entry of a table for readers, with a dagger where a method does not define it.

    Parameters
    ----------
    table : Table
        Which.
    row, column : int
        Where.

    Returns
    -------
    str
        Not escaped.

    Examples
    --------
    >>> cell_text(Table("t", "", (Column("a", "a"),), ((0.5,),), marked=frozenset({(0, 0)})), 0, 0)
    '0.500†'
    """
    mark = "†" if (row, column) in table.marked else ""
    return reader_text(table.rows[row][column], table.columns[column].digits) + mark
