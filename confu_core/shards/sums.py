"""SHA256SUMS: the checksums in the form that `sha256sum --check` reads."""

from __future__ import annotations

import re
from collections.abc import Mapping

from confu_core.errors import DatasetError
from confu_core.io.atomic import write_whole
from confu_core.io.storage import Location

__all__ = ["SUMS", "legible_sums", "read_sums", "write_sums"]

SUMS = "SHA256SUMS"

# Paths are shown to users: no control characters, which a terminal would obey.
_LINE = re.compile(r"([0-9a-f]{64})  (?! )([^\x00-\x1f\x7f]+)")


def write_sums(root: Location, sums: Mapping[str, str]) -> None:
    """Write the checksums of a dataset's files, sorted by path.

    Parameters
    ----------
    root : Path or RemotePath
        The dataset's folder.
    sums : mapping of str to str
        Relative path to SHA-256.

    Raises
    ------
    DatasetError
        If the file cannot be written.

    Examples
    --------
    >>> from pathlib import Path
    >>> import tempfile
    >>> with tempfile.TemporaryDirectory() as folder:
    ...     write_sums(Path(folder), {"data/a.parquet": "0" * 64})
    ...     read_sums(Path(folder)) == {"data/a.parquet": "0" * 64}
    True
    """
    lines = [f"{sums[path]}  {path}\n" for path in sorted(sums)]
    write_whole(root / SUMS, "".join(lines).encode())


def read_sums(root: Location) -> dict[str, str]:
    """Read the checksums of a dataset's files.

    Parameters
    ----------
    root : Path or RemotePath
        The dataset's folder.

    Returns
    -------
    dict
        Relative path to SHA-256.

    Raises
    ------
    DatasetError
        If the file is missing or a line is not a checksum and a path.

    Examples
    --------
    >>> from pathlib import Path
    >>> read_sums(Path("no-such-folder"))
    Traceback (most recent call last):
    confu_core.errors.DatasetError: no-such-folder/SHA256SUMS cannot be read: No such file or directory
    """
    try:
        lines = _lines((root / SUMS).read_bytes().decode())
    except OSError as error:
        raise DatasetError(f"{root / SUMS} cannot be read: {error.strerror}") from error
    except UnicodeDecodeError as error:
        raise DatasetError(f"{root / SUMS} is damaged: it is not text") from error
    sums = {}
    for number, line in enumerate(lines, 1):
        if not (match := _LINE.fullmatch(line)):
            raise DatasetError(f"{root / SUMS} is damaged: line {number} is not a checksum and a path")
        sums[match[2]] = match[1]
    return sums


def legible_sums(root: Location) -> dict[str, str]:
    """Read what can be read of checksums that may be damaged or missing.

    Parameters
    ----------
    root : Path or RemotePath
        The dataset's folder.

    Returns
    -------
    dict
        Relative path to SHA-256, for every line that is whole.

    Examples
    --------
    >>> from pathlib import Path
    >>> legible_sums(Path("no-such-folder"))
    {}
    """
    try:
        lines = _lines((root / SUMS).read_bytes().decode(errors="surrogateescape"))
    except (DatasetError, OSError):
        return {}
    return {match[2]: match[1] for line in lines if line.isprintable() and (match := _LINE.fullmatch(line))}


def _lines(text: str) -> list[str]:
    # Lines end at a line feed alone: other breaks, which Python knows many of, are damage.
    return text.removesuffix("\n").split("\n")
