"""Uncompressed tars: copies that are never read where a bit of them has changed, and where their files lie.

Headers are read one by one, without trusting one, and nothing is extracted. The reader of the standard library, as of
Python 3.11.7, takes time that grows with the square of a header of digits, and goes round for ever over a size of -512.
"""

from __future__ import annotations

import io
import re
import struct
import tarfile
import zlib
from array import array
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from pathlib import Path, PurePosixPath
from typing import Any, BinaryIO, NamedTuple, cast

from confu_core.errors import DatasetError
from confu_core.io.atomic import reading, replacing, write_whole, writing
from confu_core.io.lock import locked

MOST_MEMBERS = 10_000_000
MOST_HEADER = 1 << 20  # Bytes of a long name or of extended headers.
MOST_REFUSED = 20  # Listed by name.
_CHECKED = 1 << 16  # Bytes with one checksum.
_BLOCK = tarfile.BLOCKSIZE
_FILES = (tarfile.REGTYPE, tarfile.AREGTYPE, tarfile.CONTTYPE)
_EXTENDED = (
    *(tarfile.GNUTYPE_LONGNAME, tarfile.GNUTYPE_LONGLINK),
    *(tarfile.XHDTYPE, tarfile.XGLTYPE, tarfile.SOLARIS_XHDTYPE),
)
_RECORD = re.compile(rb"(\d{1,7}) ([^=]{1,100})=")
_KINDS = {
    **dict.fromkeys((tarfile.LNKTYPE, tarfile.SYMTYPE), "a link"),
    **dict.fromkeys((tarfile.CHRTYPE, tarfile.BLKTYPE), "a device"),
    **{tarfile.FIFOTYPE: "a pipe", tarfile.GNUTYPE_SPARSE: "a sparse file"},
}


class Place(NamedTuple):
    """Where the content of a member lies in the tar, in bytes."""

    offset: int
    size: int


@dataclass
class TarIndex:
    """What a tar holds: regular files by name, and the first members that are not read, with the reason.

    Of two files of one name the later counts, as for every reader of tars. It is complete if its end mark was reached;
    `last` is the last file that is whole.
    """

    members: dict[str, Place] = field(default_factory=dict)
    refused: list[str] = field(default_factory=list)
    refused_count: int = 0
    complete: bool = False
    last: str = ""

    def take(self, name: str, kind: bytes, place: Place, most_bytes: int) -> None:
        """Note a member, or why it is not read."""
        safe = safe_name(name)
        if kind not in _FILES:
            why = _KINDS.get(kind, "of an unknown kind")
        elif safe is None:
            why = "outside of the archive"
        elif place.size > most_bytes:
            why = f"larger than {most_bytes} bytes"
        else:
            self.members[safe], self.last = place, safe
            return
        self.refused_count += 1
        self.refused += [f"{name!r:.120} is {why}"] if len(self.refused) < MOST_REFUSED else []


def index_tar(path: Path, most_bytes: int, *, kept: bool = False) -> TarIndex:
    """List the regular files of an uncompressed tar, which may be cut, or be a copy that `keep` wrote.

    Links, devices, sparse files, larger members, and names that are absolute or lead upwards, are refused. A
    DatasetError says that it is no tar at all, cannot be read, or has more members than are ever read.
    """
    index = TarIndex()
    with reading(path), opened(path, kept=kept) as file:
        for name, kind, place in _entries(path, file, path.stat().st_size, index):
            if kind != tarfile.DIRTYPE:
                index.take(name, kind, place, most_bytes)
            if len(index.members) + index.refused_count > MOST_MEMBERS:
                raise DatasetError(f"{path} holds more than {MOST_MEMBERS} files, the most that are read")
    return index


def safe_name(name: str) -> str | None:
    """Return the name of a file in its shortest form; None where it is absolute, leads upwards, or is no name.

    >>> safe_name("./photos//a.jpg"), safe_name("/etc/passwd"), safe_name("a/../../b")
    ('photos/a.jpg', None, None)
    """
    path = PurePosixPath(name)
    if path.is_absolute() or ".." in path.parts or "\0" in name or not path.parts:
        return None
    return path.as_posix()


def keep(copy: Path, pieces: Iterable[bytes]) -> None:
    """Write a copy, with checksums of its blocks beside it, unless it is there; then no piece is taken.

    Its folder is made where it is missing, and what a killed process left of the same copy is removed.
    """
    with writing(copy):
        copy.parent.mkdir(parents=True, exist_ok=True)
        with locked(copy.with_name(f"{copy.name}.lock")):
            if copy.exists() and _sums(copy).exists():
                return
            for left in copy.parent.glob(f".{copy.name}.*.partial"):
                left.unlink(missing_ok=True)
            with replacing(copy) as file:
                # Before the copy takes its name: where it is, its checksums are too.
                write_whole(_sums(copy), _written(file, pieces))


def opened(path: Path, *, kept: bool) -> BinaryIO:
    """Open a file that was found, or a copy: reading a changed block of that removes it and raises DatasetError."""
    return cast(BinaryIO, io.BufferedReader(_Kept(path), _CHECKED)) if kept else path.open("rb")


def _sums(copy: Path) -> Path:
    return copy.with_name(f"{copy.name}.sums")


def _written(file: BinaryIO, pieces: Iterable[bytes]) -> bytes:
    size, sums, rest = 0, array("I"), bytearray()
    for piece in pieces:
        file.write(piece)
        size += len(piece)
        rest += piece
        whole = len(rest) // _CHECKED * _CHECKED
        sums.extend(zlib.crc32(rest[at : at + _CHECKED]) for at in range(0, whole, _CHECKED))
        del rest[:whole]
    sums.append(zlib.crc32(rest))
    return struct.pack("<Q", size) + sums.tobytes()


class _Kept(io.FileIO):
    """A copy of which every block is compared with its checksum before any of it is handed out."""

    def __init__(self, copy: Path) -> None:
        super().__init__(copy)
        self._copy = copy
        stated = _sums(copy).read_bytes() if _sums(copy).exists() else b""
        self._size = struct.unpack_from("<Q", stated)[0] if len(stated) >= 8 else -1
        self._block_sums = array("I", stated[8 : len(stated) // 4 * 4])
        if copy.stat().st_size != self._size or len(self._block_sums) != self._size // _CHECKED + 1:
            self._refuse()

    # Those of files would hand out what was not compared; these go by way of `readinto`.
    read, readall = io.RawIOBase.read, io.RawIOBase.readall  # type: ignore[assignment]

    def readinto(self, buffer: Any) -> int:
        """Hand out bytes of a block that was compared with its checksum."""
        at = self.tell()
        number, within = divmod(at, _CHECKED)
        if at >= self._size:
            return 0
        self.seek(number * _CHECKED)
        block = super().read(_CHECKED)
        if zlib.crc32(block) != self._block_sums[number]:
            self._refuse()
        found = block[within : within + len(buffer)]
        buffer[: len(found)] = found
        self.seek(at + len(found))
        return len(found)

    def _refuse(self) -> None:
        self.close()
        self._copy.unlink(missing_ok=True)
        raise DatasetError(
            f"{self._copy}, the copy of an archive, has changed on the disk since it was made, and is removed; "
            "run the same build again"
        )


def _entries(path: Path, file: BinaryIO, size: int, index: TarIndex) -> Iterator[tuple[str, bytes, Place]]:
    """Yield name, kind and place of every member that is whole."""
    at, extended = 0, dict[str, Any]()
    while True:
        file.seek(at)
        header = file.read(_BLOCK)
        if len(header) < _BLOCK or header == bytes(_BLOCK):
            index.complete = len(header) == _BLOCK
            break
        try:
            info = tarfile.TarInfo.frombuf(header, "utf-8", "surrogateescape")
        except tarfile.HeaderError:
            break
        data = at + _BLOCK + _sparse_blocks(file, header, info)
        length = extended.get("size", info.size) if info.type not in _EXTENDED else info.size
        if length < 0 or data + length > size:
            break  # Cut within a file; or its size is a lie, behind which nothing can be found.
        if info.type in _EXTENDED:
            if length > MOST_HEADER:
                raise DatasetError(f"{path} holds a header of {length} bytes; at most {MOST_HEADER} are read")
            file.seek(data)
            extended |= _extension(info.type, file.read(length))
        else:
            kind = tarfile.GNUTYPE_SPARSE if extended.get("sparse") else info.type
            yield str(extended.get("path", info.name)), kind, Place(data, length)
            extended = {}
        at = data + -(-length // _BLOCK) * _BLOCK
    if at == 0 and not index.complete:
        raise DatasetError(f"{path} is no tar, or is cut before its first file")


def _sparse_blocks(file: BinaryIO, header: bytes, info: tarfile.TarInfo) -> int:
    """Return how many bytes of further maps follow the header of an old sparse file."""
    skipped = 0
    more = info.type == tarfile.GNUTYPE_SPARSE and header[482]
    while more and len(block := file.read(_BLOCK)) == _BLOCK:
        skipped += _BLOCK
        more = block[504]
    return skipped


def _extension(kind: bytes, data: bytes) -> dict[str, Any]:
    """Return what a header says of the member behind it: path, size, and whether that is sparse."""
    if kind == tarfile.GNUTYPE_LONGNAME:
        return {"path": data.rstrip(b"\0").decode("utf-8", "surrogateescape")}
    found: dict[str, Any] = {}
    at = 0
    while kind == tarfile.XHDTYPE and (match := _RECORD.match(data, at)):
        end = at + int(match[1])
        value = data[match.end() : end - 1]
        if end <= match.end() or end > len(data):
            break
        if match[2] == b"path":
            found["path"] = value.decode("utf-8", "surrogateescape")
        elif match[2] == b"size" and value.isdigit() and len(value) < 19:
            found["size"] = int(value)
        elif match[2].startswith(b"GNU.sparse"):
            found["sparse"] = True
        at = end
    return found
