"""Whether a file of sound is whole, by what it says of itself where its decoder takes what there is without a word."""

from __future__ import annotations

import itertools
import struct
import zlib
from collections.abc import Iterator
from typing import NamedTuple

from confu_core.errors import DatasetError

_REVERSED = bytes(int(f"{byte:08b}"[::-1], 2) for byte in range(256))
_LAYERS = (None, 3, 2, 1)
_KBPS = {
    (1, 1): (32, 64, 96, 128, 160, 192, 224, 256, 288, 320, 352, 384, 416, 448),
    (1, 2): (32, 48, 56, 64, 80, 96, 112, 128, 160, 192, 224, 256, 320, 384),
    (1, 3): (32, 40, 48, 56, 64, 80, 96, 112, 128, 160, 192, 224, 256, 320),
    (2, 1): (32, 48, 56, 64, 80, 96, 112, 128, 144, 160, 176, 192, 224, 256),
    (2, 2): (8, 16, 24, 32, 40, 48, 56, 64, 80, 96, 112, 128, 144, 160),
}
_RATES = (44100, 48000, 32000)
_MOST_FRAMES = 1_000_000  # Of an MP3: over three hours. What is longer is not counted.
_MOST_CHUNKS = 10_000
_MOST_JUNK = 1 << 16  # Bytes between two frames; decoders give up before.
_TAGS = (b"TAG", b"APETAGEX", b"LYRICSBEGIN", b"3DI")


def whole_sound(data: bytes) -> bytes:
    """Return a file of sound, its stated length mended where writers leave it open."""
    if data.startswith(b"OggS"):
        _check_ogg(data)
    elif (stated := _stated(data)) is not None:
        start, size, open_ended = stated
        if not open_ended and size > len(data) - start:
            raise DatasetError(f"the sound is cut: {max(0, len(data) - start)} bytes of {size}")
        if open_ended and not size:  # As a recorder that lost its power leaves it.
            return data[: start - 4] + struct.pack("<I", len(data) - start) + data[start:]
    elif 0 < len(frames := list(itertools.islice(_mp3_frames(data), _MOST_FRAMES))) < _MOST_FRAMES:
        return _counted_mp3(data, frames)
    return data


class _Stated(NamedTuple):
    start: int
    size: int
    open_ended: bool


def _stated(data: bytes) -> _Stated | None:
    """Return where the samples begin and how many bytes the header says they are."""
    head = data[:4]
    if head in (b"RIFF", b"RIFX", b"RF64") and data[8:12] == b"WAVE":
        order = ">" if head == b"RIFX" else "<"
        found = _chunk(data, 12, b"data", f"{order}I", 4, 2)
        large = _chunk(data, 12, b"ds64", "<I", 4, 2) if head == b"RF64" else None
        if found and large and found[1] == 0xFFFFFFFF and len(data) >= large[0] + 16:
            size = struct.unpack_from("<Q", data, large[0] + 8)[0]
            return _Stated(found[0], size, size == (1 << 64) - 1)
        unstated = found is not None and found[1] == 0 and data[4:8] == bytes(4)
        return found and _Stated(*found, unstated or _is_open(found[1]))
    if head == b"riff" and data[24:28] == b"wave":
        found = _chunk(data, 40, b"data", "<Q", 16, 8, header_counts=True)
        return found and _Stated(*found, found[1] >= 1 << 62)
    if head == b"FORM" and data[8:12] in (b"AIFF", b"AIFC"):
        found = _chunk(data, 12, b"SSND", ">I", 4, 2)
        return found and _Stated(*found, _is_open(found[1]))
    if head == b"caff":
        found = _chunk(data, 8, b"data", ">q", 4, 1)
        return found and _Stated(*found, found[1] < 0)
    if head == b".snd" and len(data) >= 12:
        start, size = struct.unpack_from(">II", data, 4)
        return _Stated(start, size, _is_open(size))
    return None


def _is_open(size: int) -> bool:
    return size & 0x7FFFF000 == 0x7FFFF000 or size in (0x80000000, 0x7F000000)


def _chunk(
    data: bytes, at: int, name: bytes, form: str, id_bytes: int, align: int, *, header_counts: bool = False
) -> tuple[int, int] | None:
    """Return where the content of a chunk begins, and its stated size."""
    header = id_bytes + struct.calcsize(form)
    for _ in range(_MOST_CHUNKS):
        if at + header > len(data):
            break
        size = struct.unpack_from(form, data, at + id_bytes)[0] - (header if header_counts else 0)
        if data.startswith(name, at):
            return at + header, size
        at += header + -(-max(0, size) // align) * align
    return None


def _check_ogg(data: bytes) -> None:
    """Follow the pages of an Ogg file: each has a checksum, and the last says that it is."""
    at, ended, pages = 0, False, 0
    while data.startswith(b"OggS", at) and at + 27 <= len(data):
        segments = data[at + 26]
        end = at + 27 + segments + sum(data[at + 27 : at + 27 + segments])
        if end > len(data):
            break
        if ended and data[at + 5] & 2:
            raise DatasetError("the sound is one of several in a file, of which only the first would be read")
        page = data[at : at + 22] + bytes(4) + data[at + 26 : end]
        if _ogg_checksum(page) != struct.unpack_from("<I", data, at + 22)[0]:
            raise DatasetError(f"the sound is damaged: the checksum of page {pages} does not fit")
        at, ended, pages = end, bool(data[at + 5] & 4), pages + 1
    if not ended:
        raise DatasetError(f"the sound is cut: its last page is missing, behind byte {at} of {len(data)}")


def _ogg_checksum(page: bytes) -> int:
    # Ogg's checksum is that of zlib with the bits of every byte, and of the result, the other way round.
    value = zlib.crc32(page.translate(_REVERSED), 0xFFFFFFFF) ^ 0xFFFFFFFF
    return int.from_bytes(value.to_bytes(4, "little").translate(_REVERSED), "big")


class _Frame(NamedTuple):
    start: int
    size: int
    samples: int
    mark: int  # Where a frame that states the length would say so.
    kind: int  # What all frames of a file have in common.


def _mp3_frames(data: bytes) -> Iterator[_Frame]:
    """Yield the frames of an MP3, the last of which may be cut; none where it does not begin with one."""
    at = 0
    while data.startswith(b"ID3", at) and at + 10 <= len(data):
        sizes = data[at + 6 : at + 10]
        at += 10 + (sizes[0] << 21 | sizes[1] << 14 | sizes[2] << 7 | sizes[3]) + (10 if data[at + 5] & 16 else 0)
    if at:
        at += len(data[at : at + (1 << 16)]) - len(data[at : at + (1 << 16)].lstrip(b"\0"))
    first = _mp3_frame(data, at)
    kind = first.kind if first else 0
    while at < len(data) - 4 and kind and not data.startswith(_TAGS, at):
        frame = _mp3_frame(data, at)
        if frame is None or frame.kind != kind:
            at = _next_frame(data, at + 1, kind) or len(data)
            continue
        yield frame
        at += frame.size


def _next_frame(data: bytes, at: int, kind: int) -> int | None:
    """Return where, behind bytes that are none, two frames follow each other again."""
    end = at + _MOST_JUNK
    while (at := data.find(b"\xff", at, end)) >= 0:
        frame = _mp3_frame(data, at)
        if frame and frame.kind == kind:
            behind = _mp3_frame(data, at + frame.size)
            if behind and behind.kind == kind:
                return at
        at += 1
    return None


def _mp3_frame(data: bytes, at: int) -> _Frame | None:
    if at + 4 > len(data) or data[at] != 0xFF or data[at + 1] < 0xE0:
        return None
    second, third, fourth = data[at + 1], data[at + 2], data[at + 3]
    version, layer = second >> 3 & 3, _LAYERS[second >> 1 & 3]
    bitrate, rate = third >> 4, third >> 2 & 3
    if version == 1 or layer is None or bitrate in (0, 15) or rate == 3:
        return None
    first = version == 3
    hertz = _RATES[rate] >> {3: 0, 2: 1, 0: 2}[version]
    kbps = _KBPS[1 if first else 2, layer if first else min(layer, 2)][bitrate - 1]
    padding = third >> 1 & 1
    samples = 384 if layer == 1 else 1152 if layer == 2 or first else 576
    size = (12000 * kbps // hertz + padding) * 4 if layer == 1 else samples // 8 * 1000 * kbps // hertz + padding
    mono = fourth >> 6 == 3
    mark = 4 + ((17 if mono else 32) if first else (9 if mono else 17))
    return _Frame(at, size, samples, mark, second << 8 | (rate << 2) | 1)


def _counted_mp3(data: bytes, frames: list[_Frame]) -> bytes:
    stated = _stated_frames(data, frames[0])
    body = frames if stated is None else frames[1:]  # The frame that states it holds no sound.
    whole = len(body) - (frames[-1].start + frames[-1].size > len(data))
    if whole < (len(body) if stated is None else stated - 1):
        raise DatasetError(f"the sound is cut: {whole} frames of {stated or len(frames)}")
    if not body or (stated is not None and whole <= stated + 1):
        return data
    # As in a file joined from several, or of changing bit rate without a statement: the decoder would stop too early.
    return _statement(data, body[0], whole) + data[body[0].start :]


def _stated_frames(data: bytes, frame: _Frame) -> int | None:
    at = frame.start + frame.mark
    if data[at : at + 4] in (b"Xing", b"Info") and len(data) >= at + 12 and data[at + 7] & 1:
        return int(struct.unpack_from(">I", data, at + 8)[0])
    at = frame.start + 36
    if data[at : at + 4] == b"VBRI" and len(data) >= at + 18:
        return int(struct.unpack_from(">I", data, at + 14)[0])
    return None


def _statement(data: bytes, like: _Frame, frames: int) -> bytes:
    """Return a frame without sound that states how many follow."""
    for bitrate in range(1, 15):
        head = bytes([data[like.start], data[like.start + 1] | 1, bitrate << 4 | data[like.start + 2] & 12])
        head += data[like.start + 3 : like.start + 4]
        frame = _mp3_frame(head, 0)
        if frame and frame.size >= like.mark + 12:
            stated = bytes(like.mark - 4) + b"Xing" + struct.pack(">II", 1, frames)
            return head + stated + bytes(frame.size - len(head) - len(stated))
    return b""
