"""What a decoder said of a file, in one line, and what the file is where it is no picture or sound at all."""

from __future__ import annotations

import contextlib
import re
from collections.abc import Callable, Iterator
from functools import cache

from confu_core.data_files import read_data
from confu_core.errors import DatasetError

_PREFIX = re.compile(r"Error( opening)?\s*:?\s*")
_OBJECT = re.compile(r"'?<_io[^>]*>'?:? *")
_HEAD = 512


def first_line(error: BaseException) -> str:
    """Return the first line of what an error says, or its kind where it says nothing."""
    return str(error).partition("\n")[0] or type(error).__name__


def brief(error: BaseException) -> str:
    """Return as much of that line as is always short."""
    return first_line(error)[:120]


@contextlib.contextmanager
def refusing(said: str, reason: Callable[[BaseException], str] = first_line) -> Iterator[None]:
    """Turn whatever a reader raises over a file within a block into a `DatasetError`: what is said, and the reason."""
    try:
        yield
    except DatasetError:
        raise
    except Exception as error:  # Readers raise anything over hostile bytes, and each failure is the finding.
        raise DatasetError(f"{said}: {reason(error)}") from error


def complaint(error: BaseException, data: bytes) -> str:
    """Return why a file could not be decoded."""
    said = _PREFIX.sub("", _OBJECT.sub("", str(error)).strip()).rstrip(".: ")
    said = said.splitlines()[0].strip() if said else type(error).__name__
    instead = _instead(data)
    return f"{said}: it is {instead}" if instead else said


def _instead(data: bytes) -> str:
    if not data[:_HEAD].strip(b"\0"):
        return "nothing but zeros" if data and not data.strip(b"\0") else ""
    other = what_it_is(data[:_HEAD].lstrip(b"\xef\xbb\xbf \t\r\n"), "confu_core.inputs", "no_media.toml")
    return "{is}; {mend}".format(**other) if other else ""


def what_it_is(head: bytes, package: str, file: str) -> dict[str, str]:
    """Return the first entry of a list of other kinds of files that begins as a file does; an empty one if none does.

    An entry of such a TOML file has the keys ``begins``, a pattern of bytes, case aside, ``is`` and ``mend``.
    """
    flags = re.DOTALL | re.IGNORECASE
    return next((one for one in _others(package, file) if re.match(one["begins"].encode(), head, flags)), {})


@cache
def _others(package: str, file: str) -> list[dict[str, str]]:
    found: list[dict[str, str]] = read_data(package, file)["files"]
    return found
