"""The instructions of a pickle that push one number, text or byte string."""

from __future__ import annotations

import codecs
import struct
from collections.abc import Callable
from typing import Any

from confu_core.datasets.restricted_pickle.reader import Reader
from confu_core.errors import DatasetError

__all__ = ["SCALARS"]

_NUMBER_BYTES = 255


def _signed(width: int) -> Callable[[Reader], int]:
    return lambda reader: int.from_bytes(reader.take(width), "little", signed=True)


def _long(width: int) -> Callable[[Reader], int]:
    def read(reader: Reader) -> int:
        if (size := reader.size(width)) > _NUMBER_BYTES:
            raise DatasetError(f"has a number of {size} bytes; at most {_NUMBER_BYTES} are read")
        return int.from_bytes(reader.take(size), "little", signed=True)

    return read


def _text(width: int) -> Callable[[Reader], str]:
    return lambda reader: str(reader.take(reader.size(width)), "utf-8", "surrogatepass")


def _bytes(width: int) -> Callable[[Reader], bytes | memoryview]:
    return lambda reader: reader.content(reader.size(width))


def _old_text(width: int) -> Callable[[Reader], str]:
    return lambda reader: str(reader.take(reader.size(width)), "latin-1")


def _integer(reader: Reader) -> int | bool:
    line = reader.line()
    return line == b"01" if line in (b"00", b"01") else int(line)  # Truth values of the first protocols.


def _quoted(reader: Reader) -> str:
    line = reader.line(None).strip()
    if len(line) < 2 or line[:1] != line[-1:] or line[:1] not in (b"'", b'"'):
        raise DatasetError("is damaged: a text has no quotes")
    return codecs.escape_decode(line[1:-1])[0].decode("latin-1")


SCALARS: dict[int, Callable[[Reader], Any]] = {
    ord("N"): lambda reader: None,
    0x88: lambda reader: True,
    0x89: lambda reader: False,
    ord("I"): _integer,
    ord("L"): lambda reader: int(reader.line().rstrip(b"L")),
    ord("J"): _signed(4),
    ord("K"): lambda reader: reader.size(1),
    ord("M"): lambda reader: reader.size(2),
    0x8A: _long(1),
    0x8B: _long(4),
    ord("F"): lambda reader: float(reader.line()),
    ord("G"): lambda reader: struct.unpack(">d", reader.take(8))[0],
    ord("S"): _quoted,
    ord("T"): _old_text(4),
    ord("U"): _old_text(1),
    ord("V"): lambda reader: str(reader.line(None), "raw-unicode-escape"),
    ord("X"): _text(4),
    0x8C: _text(1),
    0x8D: _text(8),
    ord("B"): _bytes(4),
    ord("C"): _bytes(1),
    0x8E: _bytes(8),
    0x96: _bytes(8),
    ord(")"): lambda reader: (),
}
