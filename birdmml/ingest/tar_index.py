"""Where the files of a tar lie: header by header, without trusting one, and without extracting anything."""

from __future__ import annotations

import re
import tarfile
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path, PurePosixPath
from typing import Any, BinaryIO, NamedTuple

from birdmml.ingest.kept import open_kept
from confu_core.errors import DatasetError

__all__ = ["Place", "TarIndex", "index_tar", "safe_name"]

MOST_MEMBERS = 10_000_000
MOST_HEADER = 1 << 20  # Bytes of a long name or of extended headers.
MOST_REFUSED = 20  # Listed by name.
_BLOCK = tarfile.BLOCKSIZE
_EXTENDED = (
    tarfile.GNUTYPE_LONGNAME,
    tarfile.GNUTYPE_LONGLINK,
    tarfile.XHDTYPE,
    tarfile.XGLTYPE,
    tarfile.SOLARIS_XHDTYPE,
)
_RECORD = re.compile(rb"(\d{1,7}) ([^=]{1,100})=")
_KINDS = {
    tarfile.LNKTYPE: "a link",
    tarfile.SYMTYPE: "a link",
    tarfile.CHRTYPE: "a device",
    tarfile.BLKTYPE: "a device",
    tarfile.FIFOTYPE: "a pipe",
    tarfile.GNUTYPE_SPARSE: "a sparse file",
}


class Place(NamedTuple):
    """Where the content of a member lies in the tar, in bytes."""

    offset: int
    size: int


@dataclass
class TarIndex:
    """What a tar holds.

    Attributes
    ----------
    members : dict of str to Place
        Regular files by name. Of two of one name the later counts, as for every reader of tars.
    refused : list of str
        Members that are not read, with the reason; the first 20.
    refused_count : int
        All of them.
    complete : bool
        Whether the end mark was reached.
    last : str
        Name of the last file that is whole.
    """

    members: dict[str, Place] = field(default_factory=dict)
    refused: list[str] = field(default_factory=list)
    refused_count: int = 0
    complete: bool = False
    last: str = ""

    def refuse(self, name: str, why: str) -> None:
        """Note a member that is not read."""
        self.refused_count += 1
        if len(self.refused) < MOST_REFUSED:
            self.refused.append(f"{name!r:.120} is {why}")


def index_tar(path: Path, most_bytes: int, *, kept: bool = False) -> TarIndex:
    """List the regular files of an uncompressed tar, which may be cut.

    Parameters
    ----------
    path : Path
        Of the tar.
    most_bytes : int
        A larger member is refused.
    kept : bool
        Whether it is a copy that `birdmml.ingest.kept` wrote, and is compared with its checksums.

    Returns
    -------
    TarIndex
        Links, devices, sparse files, and names that are absolute or lead upwards, are refused.

    Raises
    ------
    DatasetError
        If it is no tar at all, cannot be read, or has more members than are ever read.

    Examples
    --------
    >>> import io, tempfile
    >>> with tempfile.TemporaryDirectory() as folder:
    ...     with tarfile.open(Path(folder) / "x.tar", "w") as tar:
    ...         for name in ("photos/a.jpg", "../b.jpg"):
    ...             tar.addfile(tarfile.TarInfo(name), io.BytesIO())
    ...     index = index_tar(Path(folder) / "x.tar", 1000)
    >>> list(index.members), index.refused
    (['photos/a.jpg'], ["'../b.jpg' is outside of the archive"])
    """
    index = TarIndex()
    try:
        with open_kept(path) if kept else path.open("rb") as file:
            size = path.stat().st_size
            for name, info, place in _entries(path, file, size, index):
                _take(index, name, info, place, most_bytes)
                if len(index.members) + index.refused_count > MOST_MEMBERS:
                    raise DatasetError(f"{path} holds more than {MOST_MEMBERS} files, the most that are read")
    except OSError as error:
        raise DatasetError(f"{path} cannot be read: {error.strerror}") from error
    return index


def safe_name(name: str) -> str | None:
    """Return a member's or a file's name in its shortest form.

    Parameters
    ----------
    name : str
        With forward slashes.

    Returns
    -------
    str or None
        None where it is absolute, leads upwards, or is no name.

    Examples
    --------
    >>> safe_name("./photos//a.jpg"), safe_name("/etc/passwd"), safe_name("a/../../b")
    ('photos/a.jpg', None, None)
    """
    path = PurePosixPath(name)
    if path.is_absolute() or ".." in path.parts or "\0" in name or not path.parts:
        return None
    return path.as_posix()


def _take(index: TarIndex, name: str, info: tarfile.TarInfo, place: Place, most_bytes: int) -> None:
    if info.type == tarfile.DIRTYPE:
        return
    safe = safe_name(name)
    if info.type not in (tarfile.REGTYPE, tarfile.AREGTYPE, tarfile.CONTTYPE):
        index.refuse(name, _KINDS.get(info.type, "of an unknown kind"))
    elif safe is None:
        index.refuse(name, "outside of the archive")
    elif place.size > most_bytes:
        index.refuse(name, f"larger than {most_bytes} bytes")
    else:
        index.members[safe] = place
        index.last = safe


def _entries(path: Path, file: BinaryIO, size: int, index: TarIndex) -> Iterator[tuple[str, tarfile.TarInfo, Place]]:
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
        end = data + -(-length // _BLOCK) * _BLOCK
        if length < 0 or data + length > size:
            break  # Cut within a file; or its size is a lie, behind which nothing can be found.
        if info.type in _EXTENDED:
            if length > MOST_HEADER:
                raise DatasetError(f"{path} holds a header of {length} bytes; at most {MOST_HEADER} are read")
            file.seek(data)
            extended |= _extension(info, file.read(length))
        else:
            kind = tarfile.GNUTYPE_SPARSE if extended.get("sparse") else info.type
            info.type = kind
            yield str(extended.get("path", info.name)), info, Place(data, length)
            extended = {}
        at = end
    if at == 0 and not index.complete:
        raise DatasetError(f"{path} is no tar, or is cut before its first file")


def _sparse_blocks(file: BinaryIO, header: bytes, info: tarfile.TarInfo) -> int:
    """Return how many bytes of further maps follow the header of an old sparse file."""
    if info.type != tarfile.GNUTYPE_SPARSE or not header[482]:
        return 0
    skipped = 0
    while len(block := file.read(_BLOCK)) == _BLOCK:
        skipped += _BLOCK
        if not block[504]:
            break
    return skipped


def _extension(info: tarfile.TarInfo, data: bytes) -> dict[str, Any]:
    if info.type == tarfile.GNUTYPE_LONGNAME:
        return {"path": data.rstrip(b"\0").decode("utf-8", "surrogateescape")}
    if info.type != tarfile.XHDTYPE:
        return {}
    found: dict[str, Any] = {}
    at = 0
    while match := _RECORD.match(data, at):
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
