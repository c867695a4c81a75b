"""An archive cut into parts, of which some may be missing: which are there, and the bytes up to the first gap."""

from __future__ import annotations

import re
import string
import zlib
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from birdmml.ingest.kept import open_kept
from confu_core.errors import DatasetError

__all__ = ["Parts", "find_parts", "unpacked"]

PIECE = 1 << 20  # Bytes read at a time.
# Media hardly shrink: what grows beyond both is not an archive of them but an attack.
MOST_GROWTH, FREE_GROWTH = 100, 1 << 30
_MARK = re.compile(r"[._-]?(?:part[._-]?)?(?P<mark>[a-z]{2,3}|\d{2,5})")
_GZIP = b"\x1f\x8b"


@dataclass(frozen=True)
class Parts:
    """The files that an archive consists of.

    Attributes
    ----------
    paths : tuple of Path
        Those there, in order.
    missing : tuple of str
        Marks of the parts between the first and the last that are not there, such as ``("ah",)``.
    readable : int
        How many of `paths` lie before the first gap.
    kept : bool
        Whether they are copies that `birdmml.ingest.kept` wrote.
    """

    paths: tuple[Path, ...]
    missing: tuple[str, ...]
    readable: int
    kept: bool = False


def find_parts(path: Path) -> Parts | None:
    """Return the files of an archive, which may have been cut by `split`.

    Parameters
    ----------
    path : Path
        The archive, such as ``audio.tar.gz``; its parts are called ``audio.tar.gz.part-aa``, ``audio.tar.gz.aa``,
        ``audio.tar.gz.001`` and so on.

    Returns
    -------
    Parts or None
        The archive itself where it is a file; None where neither it nor a part is there.

    Examples
    --------
    >>> import tempfile
    >>> with tempfile.TemporaryDirectory() as folder:
    ...     for mark in ("aa", "ab", "ad"):
    ...         (Path(folder) / f"audio.tar.gz.part-{mark}").touch()
    ...     parts = find_parts(Path(folder) / "audio.tar.gz")
    >>> len(parts.paths), parts.missing, parts.readable
    (3, ('ac',), 2)
    """
    if path.is_file():
        return Parts((path,), (), 1)
    found: dict[int, tuple[str, Path]] = {}
    for one in sorted(path.parent.glob(f"{_literal(path.name)}*")) if path.parent.is_dir() else ():
        match = _MARK.fullmatch(one.name.removeprefix(path.name))
        if match and one.is_file():
            found[_number(match["mark"])] = match["mark"], one
    if not found:
        return None
    # Numbers begin at 0 or 1, letters at the first of them.
    width = len(next(iter(found.values()))[0])
    letters = next(iter(found.values()))[0].isalpha()
    first = 0 if letters or 0 in found else 1
    gaps = [number for number in range(first, max(found)) if number not in found]
    present = [found[number][1] for number in sorted(found)]
    readable = sum(number < gaps[0] for number in found) if gaps else len(found)
    return Parts(tuple(present), tuple(_mark(number, width, letters) for number in gaps), readable)


def unpacked(parts: Parts) -> Iterator[bytes]:
    """Yield the content of an archive up to its first gap, and what gzip packed unpacked.

    Parameters
    ----------
    parts : Parts
        Of `find_parts`.

    Yields
    ------
    bytes
        In pieces. It ends early, without an error, where the content is cut or damaged: a tar tells that by itself.

    Raises
    ------
    DatasetError
        If a part cannot be read, the content does not fit its checksum, or it grows beyond all measure.
    """
    pieces = _pieces(parts)
    head = next(pieces, b"")
    if not head.startswith(_GZIP):
        yield head
        yield from pieces
        return
    packed, got, unpacker = 0, 0, zlib.decompressobj(31)
    for piece in _chained(head, pieces):
        packed += len(piece)
        rest = piece
        while rest:
            try:
                content = unpacker.decompress(rest, PIECE)
            except zlib.error as error:
                if "data check" in str(error):
                    mend = "its content is not what was packed; fetch it again"
                    raise DatasetError(f"{parts.paths[0]} is damaged: {mend}") from error
                return
            got += len(content)
            if got > FREE_GROWTH and got > MOST_GROWTH * packed:
                raise DatasetError(
                    f"{parts.paths[0]} unpacks to more than {MOST_GROWTH} times its size; an archive of media does not"
                )
            yield content
            # One file of gzip may follow another; zeros may fill the last block up.
            rest = unpacker.unconsumed_tail
            if unpacker.eof:
                rest = unpacker.unused_data.lstrip(b"\0")
                unpacker = zlib.decompressobj(31)


def _pieces(parts: Parts) -> Iterator[bytes]:
    for path in parts.paths[: parts.readable]:
        try:
            with open_kept(path) if parts.kept else path.open("rb") as file:
                while piece := file.read(PIECE):
                    yield piece
        except OSError as error:
            raise DatasetError(f"{path} cannot be read: {error.strerror}") from error


def _chained(head: bytes, rest: Iterator[bytes]) -> Iterator[bytes]:
    yield head
    yield from rest


def _literal(name: str) -> str:
    return re.sub(r"([*?\[])", r"[\1]", name)


def _number(mark: str) -> int:
    if mark.isdigit():
        return int(mark)
    number = 0
    for letter in mark:
        number = number * 26 + string.ascii_lowercase.index(letter)
    return number


def _mark(number: int, width: int, letters: bool) -> str:
    if not letters:
        return f"{number:0{width}d}"
    found = ""
    for _ in range(width):
        number, place = divmod(number, 26)
        found = string.ascii_lowercase[place] + found
    return found
