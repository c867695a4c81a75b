"""The tables and lists in which authors say what their files are."""

from __future__ import annotations

from collections.abc import Sequence

from confu_core.datasets.media_root import MediaRoot
from confu_core.datasets.separated import read_separated
from confu_core.errors import DatasetError, nearest

__all__ = ["read_lines", "read_table", "whole_number"]

ANNOTATION_LIMIT = 1 << 28  # Bytes of one table or list.
_SHOWN = 60


def read_table(root: MediaRoot, name: str, needed: Sequence[str]) -> list[dict[str, str]]:
    """Read a CSV file with a header.

    Parameters
    ----------
    root : MediaRoot
        Where it lies.
    name : str
        The file's path below it.
    needed : sequence of str
        Columns that it has to have.

    Returns
    -------
    list of dict of str to str
        One per row, without white space around names and values.

    Raises
    ------
    DatasetError
        If the file is missing, not UTF-8 or no CSV, or lacks a column; or a row has too few values or too many.
    """
    table = read_separated(_text(root, name), ",")
    header = [one.strip() for one in table.headings]
    for column in needed:
        if column not in header:
            hint = nearest(column, header) if any(header) else "it is empty"
            raise DatasetError(f"{root.file(name)} has no column {column!r}; {hint}")
    if table.malformed:
        row, wrong = min(table.malformed.items())
        if (few := len(table.rows[row])) < len(header):
            wrong = f"line {table.lines[row]}: {few} of {len(header)} values"
        raise DatasetError(f"{root.file(name)}, {wrong}")
    return [{key: value.strip() for key, value in zip(header, row, strict=True)} for row in table.rows]


def read_lines(root: MediaRoot, name: str, parts: int, *, rest: bool = False) -> list[list[str]]:
    """Read a list whose lines are words.

    Parameters
    ----------
    root : MediaRoot
        Where it lies.
    name : str
        The file's path below it.
    parts : int
        Words per line.
    rest : bool
        Whether the last word may have spaces.

    Returns
    -------
    list of list of str
        The words of every line that is not empty.

    Raises
    ------
    DatasetError
        If the file is missing or not UTF-8, or a line has another number of words.
    """
    found = []
    for number, line in enumerate(_text(root, name).splitlines(), 1):
        words = line.split(maxsplit=parts - 1 if rest else -1)
        if not words:
            continue
        if len(words) != parts:
            raise DatasetError(f"{root.file(name)}, line {number}: must have {parts} words; got {line!r:.{_SHOWN}}")
        found.append([one.strip() for one in words])
    return found


def whole_number(text: str, where: str) -> int:
    """Read a whole number that is not negative.

    Parameters
    ----------
    text : str
        What stands there.
    where : str
        File and column, for the message.

    Returns
    -------
    int
        The number.

    Raises
    ------
    DatasetError
        If it is none.

    Examples
    --------
    >>> whole_number("12", "taxa.csv: label")
    12
    >>> whole_number("x", "taxa.csv: label")
    Traceback (most recent call last):
    confu_core.errors.DatasetError: taxa.csv: label must be a whole number; got 'x'
    """
    if not (text.isascii() and text.isdigit() and len(text) <= 18):
        raise DatasetError(f"{where} must be a whole number; got {text!r:.{_SHOWN}}")
    return int(text)


def _text(root: MediaRoot, name: str) -> str:
    path = root.file(name)
    try:
        if (size := path.stat().st_size) > ANNOTATION_LIMIT:
            raise DatasetError(f"{path} has {size} bytes; at most {ANNOTATION_LIMIT} are read")
        return path.read_bytes().decode("utf-8-sig")
    except OSError as error:
        raise DatasetError(f"{path} cannot be read: {error.strerror or error}") from error
    except UnicodeDecodeError as error:
        raise DatasetError(f"{path} is not UTF-8: byte {error.start} is {error.object[error.start]:#04x}") from error
