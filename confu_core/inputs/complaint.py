"""What a decoder said of a file, in one line, and what the file is where it is no picture or sound at all."""

from __future__ import annotations

import contextlib
import re
from collections.abc import Callable, Iterator

from confu_core.errors import DatasetError

_PREFIX = re.compile(r"Error( opening)?\s*:?\s*")
_OBJECT = re.compile(r"'?<_io[^>]*>'?:? *")
# What lies under the names of media where a download, a clone or a conversion went wrong, by its beginning in small
# letters.
_IMPOSTORS = {
    rb"version https://git-lfs": "a Git LFS pointer; git lfs pull fetches the file itself",
    rb"<!doctype html|<html": "an HTML page, such as a login or an error; fetch the file again",
    rb"<\?xml|<error": "an XML text, such as the error of a store; fetch the file again",
    rb"\{": "a JSON text, such as the error of a server; fetch the file again",
    rb"\x1f\x8b": "packed by gzip; unpack it",
    rb"pk\x03\x04": "a zip; unpack it",
    rb"gif8": "a GIF; convert it to PNG",
    rb"ii\*\x00|mm\x00\*": "a TIFF; convert it to PNG",
    rb".{4}ftyp(hei|mif1)": "HEIC; convert it to JPEG",
    rb".{4}ftypavif": "AVIF; convert it to JPEG",
    rb".{4}ftyp": "an MP4; convert its sound to FLAC",
    rb"\x1ae\xdf\xa3": "WebM or Matroska; convert its sound to FLAC",
    rb"\xff[\xf1\xf9]": "AAC; convert it to FLAC",
}
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
    head = data[:_HEAD].lstrip(b"\xef\xbb\xbf \t\r\n").lower()
    return next((what for mark, what in _IMPOSTORS.items() if re.match(mark, head, re.DOTALL)), "")
