"""An archive as it was given: whole or in parts, packed or not, on the disk or behind a URL; and how much is there.

It is read from an uncompressed tar up to the first gap: where it lies, or from a copy in the cache.
"""

from __future__ import annotations

import glob
import hashlib
import itertools
import re
import string
import zlib
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from birdmml.ingest.plain_tar import Place, TarIndex, index_tar, keep, opened
from confu_core.errors import DatasetError
from confu_core.io.atomic import reading
from confu_core.io.storage import Location, RemotePath

MOST_ARCHIVE_BYTES = 1 << 40
PIECE = 1 << 20  # Bytes read at a time.
# Media hardly shrink: what grows beyond both is not an archive of them but an attack.
MOST_GROWTH, FREE_GROWTH = 100, 1 << 30
_MARK = re.compile(r"[._-]?(?:part[._-]?)?(?P<mark>[a-z]{2,3}|\d{2,5})")
_GZIP = b"\x1f\x8b"
_LETTERS = string.ascii_lowercase


@dataclass(frozen=True)
class ArchiveState:
    """How much of an archive can be read: of how many parts it consists here, which are missing, and its files.

    It is complete if it was read to its end; else `last` is the last file that is whole. The first few members that
    are not read are named with the reason, and all of them counted.
    """

    name: str
    parts: int
    missing: tuple[str, ...]
    files: int
    complete: bool
    last: str
    refused: tuple[str, ...]
    refused_count: int

    def __str__(self) -> str:
        said = f"{self.name}: {self.files:,} files can be read"
        if self.missing:
            said += f"; of its parts {', '.join(self.missing)} {'is' if len(self.missing) == 1 else 'are'} missing"
        if not self.complete:
            said += f"; it is cut behind {self.last!r}"
        if self.refused_count:
            said += f"; {self.refused_count} members are refused ({self.refused[0]})"
        return said

    def as_dict(self) -> dict[str, Any]:
        """Return the same as JSON values."""
        return {**vars(self), "missing": list(self.missing), "refused": list(self.refused), "summary": str(self)}


@dataclass(frozen=True)
class Archive:
    """An uncompressed tar on the disk, perhaps a copy that was kept; its identity changes when it does."""

    path: Path
    kept: bool
    index: TarIndex
    identity: str
    state: ArchiveState

    def read(self, place: Place) -> bytes:
        """Return the content of a member."""
        with reading(self.path, "; run the same build again"), opened(self.path, kept=self.kept) as file:
            file.seek(place.offset)
            data = file.read(place.size)
        if len(data) < place.size:
            raise DatasetError(f"{self.path} was cut since it was looked at; run the same build again")
        return data


def open_archive(place: Location, cache: Path, most_bytes: int) -> Archive:
    """Open an archive, unpacked, put together or downloaded into the cache where it has to be.

    Members of more bytes are refused. A DatasetError says that there is no such archive, or that it is no tar.
    """
    parts = _downloaded(place, cache) if isinstance(place, RemotePath) else find_parts(place)
    if parts is None:
        raise DatasetError(f"the root {place} does not exist, nor do parts of it such as {place.name}.part-aa")
    if not parts.readable:
        raise DatasetError(f"{place}: the first part, {parts.missing[0]}, is missing: nothing of it can be read")
    path, kept = _plain(parts, cache)
    try:
        index = index_tar(path, most_bytes, kept=kept)
    except DatasetError as error:  # Of a copy in the cache it names the archive, which the user knows.
        raise DatasetError(str(error).replace(str(path), str(place))) from error
    last = "" if index.complete else index.last
    refused = tuple(index.refused[:5]), index.refused_count
    state = ArchiveState(
        place.name, len(parts.paths), parts.missing, len(index.members), index.complete, last, *refused
    )
    return Archive(path, kept, index, "-".join(map(str, _identity(path))), state)


@dataclass(frozen=True)
class Parts:
    """The files that an archive consists of: those there, in order, and the marks of those missing between them.

    `readable` of them lie before the first gap. They are `kept` if `keep` wrote them.
    """

    paths: tuple[Path, ...]
    missing: tuple[str, ...]
    readable: int
    kept: bool = False


def find_parts(path: Path) -> Parts | None:
    """Return the files of an archive, which may have been cut by `split`; None where neither it nor a part is there.

    The parts of ``audio.tar.gz`` are called ``audio.tar.gz.part-aa``, ``audio.tar.gz.aa``, ``audio.tar.gz.001`` ...
    """
    if path.is_file():
        return Parts((path,), (), 1)
    found: dict[int, tuple[str, Path]] = {}
    for one in sorted(path.parent.glob(f"{glob.escape(path.name)}*")) if path.parent.is_dir() else ():
        match = _MARK.fullmatch(one.name.removeprefix(path.name))
        if match and one.is_file():
            found[_number(match["mark"])] = match["mark"], one
    if not found:
        return None
    like = next(iter(found.values()))[0]
    # Numbers begin at 0 or 1, letters at the first of them.
    first = 0 if like.isalpha() or 0 in found else 1
    gaps = [number for number in range(first, max(found)) if number not in found]
    readable = sum(number < gaps[0] for number in found) if gaps else len(found)
    present = tuple(found[number][1] for number in sorted(found))
    return Parts(present, tuple(_mark(number, like) for number in gaps), readable)


def _number(mark: str) -> int:
    """Return which part a mark stands for: letters are the digits of a number to the base 26."""
    if mark.isdigit():
        return int(mark)
    return sum(26**place * _LETTERS.index(letter) for place, letter in enumerate(reversed(mark)))


def _mark(number: int, like: str) -> str:
    """Return the mark of a part, written as another one is."""
    if like.isdigit():
        return f"{number:0{len(like)}d}"
    return "".join(_LETTERS[number // 26**place % 26] for place in reversed(range(len(like))))


def _downloaded(place: RemotePath, cache: Path) -> Parts | None:
    if not place.is_file():
        return None
    identity = f"{place.url} {place.stat().st_size} {place.state()}"
    return Parts((_copy(cache, identity, f"-{place.name}", place.pieces(MOST_ARCHIVE_BYTES)),), (), 1, kept=True)


def _plain(parts: Parts, cache: Path) -> tuple[Path, bool]:
    """Return an uncompressed tar in one file, and whether that is a copy in the cache or the archive itself."""
    only = parts.paths[0]
    if len(parts.paths) == 1 and not parts.missing:
        with only.open("rb") as file:
            if file.read(2) != _GZIP:
                return only, parts.kept
    identity = repr([_identity(path) for path in parts.paths[: parts.readable]])
    return _copy(cache, identity, ".tar", unpacked(parts)), True


def _copy(cache: Path, identity: str, ending: str, pieces: Iterator[bytes]) -> Path:
    copy = cache / f"{hashlib.sha256(identity.encode()).hexdigest()[:32]}{ending}"
    keep(copy, pieces)
    return copy


def _identity(path: Path) -> tuple[str, int, int]:
    about = path.stat()
    return str(path.resolve()), about.st_size, about.st_mtime_ns


def unpacked(parts: Parts) -> Iterator[bytes]:
    """Yield the content of an archive up to its first gap, and what gzip packed unpacked, in pieces.

    It ends early, without an error, where the content is cut or damaged: a tar tells that by itself. A DatasetError
    says that a part cannot be read, the content does not fit its checksum, or it grows beyond all measure.
    """
    pieces = _pieces(parts)
    head = next(pieces, b"")
    pieces = itertools.chain([head], pieces)
    if not head.startswith(_GZIP):
        yield from pieces
        return
    packed, got, unpacker = 0, 0, zlib.decompressobj(31)
    for rest in pieces:
        packed += len(rest)
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
        with reading(path), opened(path, kept=parts.kept) as file:
            while piece := file.read(PIECE):
                yield piece
