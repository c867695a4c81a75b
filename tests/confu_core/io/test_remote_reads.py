"""A connection that is cut while a file at a URL is read says so in one line."""

from __future__ import annotations

import io

import fsspec
import pytest

from confu_core.errors import DatasetError
from confu_core.io.atomic import sha256_of
from confu_core.io.storage import location


class ClientPayloadError(Exception):
    """Named as that of aiohttp, which is no OSError."""


class Cut(io.BytesIO):
    def read(self, size: int | None = -1) -> bytes:
        if self.tell() >= 4:
            raise ClientPayloadError("Response payload is not completed")
        return super().read(4 if size in (None, -1) else min(size or 0, 4))


def test_a_cut_while_reading_is_one_line(monkeypatch: pytest.MonkeyPatch) -> None:
    place = location("memory://cut/file")
    fsspec.filesystem("memory").pipe_file("/cut/file", b"12345678")
    assert sha256_of(place)[:8] == "ef797c81"
    monkeypatch.setattr(type(fsspec.filesystem("memory")), "open", lambda *_, **__: Cut(b"12345678"))
    line = "^memory://cut/file cannot be read: the connection was cut .*; run the same command again$"
    with pytest.raises(DatasetError, match=line):
        sha256_of(place)


def test_an_open_file_reads_as_any_other() -> None:
    fsspec.filesystem("memory").pipe_file("/plain/file", b"0123456789")
    with location("memory://plain/file").open() as file:
        assert (file.read(3), file.tell(), file.seek(-2, 2), file.read(), file.read(1)) == (b"012", 3, 8, b"89", b"")
    assert file.closed
