"""The bytes of a pickle, read from front to back and never past their end."""

from __future__ import annotations

import mmap

from confu_core.errors import DatasetError

__all__ = ["Reader"]

LINE_LIMIT = 1000  # Bytes of a line that is no text: a number, or the name of a global.
_COPIED = 1 << 16


class Reader:
    """A position in a pickle.

    Parameters
    ----------
    data : bytes or mmap
        All of it.
    """

    def __init__(self, data: bytes | mmap.mmap) -> None:
        self.data, self.view, self.at = data, memoryview(data), 0

    def take(self, size: int) -> memoryview:
        """Return the next bytes, as a view; a size beyond the end reserves nothing."""
        if size > len(self.view) - self.at:
            raise DatasetError(f"is cut: {size} bytes are stated and {len(self.view) - self.at} are left")
        self.at += size
        return self.view[self.at - size : self.at]

    def content(self, size: int) -> bytes | memoryview:
        """Return the next bytes, as bytes where they are few."""
        taken = self.take(size)
        return bytes(taken) if size < _COPIED else taken

    def byte(self) -> int:
        """Return the next byte."""
        return self.take(1)[0]

    def size(self, width: int) -> int:
        """Return an unsigned number of so many bytes, the lowest first."""
        return int.from_bytes(self.take(width), "little")

    def line(self, limit: int | None = LINE_LIMIT) -> bytes:
        """Return what stands before the next line feed."""
        end = self.data.find(b"\n", self.at)
        if end < 0 or (limit is not None and end - self.at > limit):
            raise DatasetError("is cut or damaged: a line does not end")
        found = bytes(self.take(end - self.at))
        self.at += 1
        return found
