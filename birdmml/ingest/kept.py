"""Copies of archives in the cache: written whole by one process, and never read where a bit of them has changed."""

from __future__ import annotations

import io
import struct
import zlib
from array import array
from collections.abc import Iterable
from pathlib import Path
from typing import Any, BinaryIO, cast

from confu_core.errors import DatasetError
from confu_core.io.atomic import replacing, write_whole, writing
from confu_core.io.lock import locked

__all__ = ["keep", "open_kept"]

_BLOCK = 1 << 16


def keep(copy: Path, pieces: Iterable[bytes]) -> None:
    """Write a copy, with checksums of its blocks beside it, unless it is there.

    Parameters
    ----------
    copy : Path
        Its folder is made where it is missing. What a killed process left of the same copy is removed.
    pieces : iterable of bytes
        The content, of which nothing is taken where the copy is there.

    Raises
    ------
    DatasetError
        If it cannot be written.

    Examples
    --------
    >>> import tempfile
    >>> with tempfile.TemporaryDirectory() as folder:
    ...     keep(Path(folder) / "a.tar", [b"who", b"le"])
    ...     open_kept(Path(folder) / "a.tar").read()
    b'whole'
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


def open_kept(copy: Path) -> BinaryIO:
    """Open a copy that `keep` wrote.

    Parameters
    ----------
    copy : Path
        The copy.

    Returns
    -------
    binary file
        For reading. Where a block does not fit its checksum, reading it removes the copy and raises DatasetError.
    """
    return cast(BinaryIO, io.BufferedReader(_Kept(copy), _BLOCK))


def _sums(copy: Path) -> Path:
    return copy.with_name(f"{copy.name}.sums")


def _written(file: BinaryIO, pieces: Iterable[bytes]) -> bytes:
    size, sums, rest = 0, array("I"), bytearray()
    for piece in pieces:
        file.write(piece)
        size += len(piece)
        rest += piece
        whole = len(rest) // _BLOCK * _BLOCK
        sums.extend(zlib.crc32(rest[at : at + _BLOCK]) for at in range(0, whole, _BLOCK))
        del rest[:whole]
    sums.append(zlib.crc32(rest))
    return struct.pack("<Q", size) + sums.tobytes()


class _Kept(io.RawIOBase):
    def __init__(self, copy: Path) -> None:
        self._copy, self._at = copy, 0
        try:
            stated = _sums(copy).read_bytes()
        except FileNotFoundError:
            stated = b""
        self._size = struct.unpack_from("<Q", stated)[0] if len(stated) >= 8 else -1
        self._block_sums = array("I", stated[8 : len(stated) // 4 * 4])
        self._file = copy.open("rb")
        if copy.stat().st_size != self._size or len(self._block_sums) != self._size // _BLOCK + 1:
            self._refuse()

    def readable(self) -> bool:
        return True

    def seekable(self) -> bool:
        return True

    def tell(self) -> int:
        return self._at

    def seek(self, offset: int, whence: int = 0) -> int:
        self._at = offset + (0, self._at, self._size)[whence]
        return self._at

    def readinto(self, buffer: Any) -> int:
        number, within = divmod(self._at, _BLOCK)
        if self._at >= self._size:
            return 0
        self._file.seek(number * _BLOCK)
        block = self._file.read(_BLOCK)
        if zlib.crc32(block) != self._block_sums[number]:
            self._refuse()
        found = block[within : within + len(buffer)]
        buffer[: len(found)] = found
        self._at += len(found)
        return len(found)

    def close(self) -> None:
        self._file.close()
        super().close()

    def _refuse(self) -> None:
        self._file.close()
        self._copy.unlink(missing_ok=True)
        raise DatasetError(
            f"{self._copy}, the copy of an archive, has changed on the disk since it was made, and is removed; "
            "run the same build again"
        )
