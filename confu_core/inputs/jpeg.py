"""What a JPEG tells of its own damage: its markers, and what libjpeg warns of where others go on in silence."""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import NamedTuple

__all__ = ["jpeg_damage", "jpeg_scans"]

_END, _SCAN, _CODES, _PROGRESSIVE = 0xD9, 0xDA, 0xC4, (0xC2, 0xC6, 0xCA, 0xCE)
_FRAMES = {*range(0xC0, 0xD0)} - {0xC4, 0xC8, 0xCC}
_ALONE = (0x01, *range(0xD0, 0xD9))
_MARKER = re.compile(rb"\xff[^\x00\xff\xd0-\xd7]")
# All other warnings are of what is written around a picture, such as its colour profile.
_DAMAGE = re.compile(r"Corrupt JPEG data: (?!bad ICC)|Premature end|Inconsistent progression")
_FILLING = re.compile(r"(\d+) extraneous bytes before marker 0xd9")
_IMPOSSIBLE_ZEROS = 64  # Bytes.
_MOST_FILLING = 16  # Bytes that some cameras leave before the end mark.


def jpeg_damage(data: bytes) -> str:
    """Return what is wrong with the pixels of a JPEG, as far as it can be told."""
    import simplejpeg

    if found := _missing_scans(data) or _zeroed_stretch(data):
        return found
    try:
        colours = simplejpeg.decode_jpeg_header(data)[2]
        # Every code is read, whatever the size; the smallest takes the least memory.
        space = "CMYK" if colours in ("CMYK", "YCCK") else "GRAY"
        simplejpeg.decode_jpeg(data, colorspace=space, min_height=1, min_width=1, min_factor=8)
    except ValueError as error:  # What it does not read at all, such as 12 bits, is for Pillow to say.
        warning = str(error).partition("\n")[0]
        filling = _FILLING.search(warning)
        if _DAMAGE.match(warning) and not (filling and int(filling[1]) < _MOST_FILLING):
            return warning
    return ""


def jpeg_scans(data: bytes) -> int:
    """Return in how many scans a JPEG is coded: each of them goes over all of its pixels."""
    return sum(one.code == _SCAN for one in _segments(data))


class _Segment(NamedTuple):
    code: int
    content: bytes
    end: int


def _segments(data: bytes) -> Iterator[_Segment]:
    """Yield the segments of the first picture of a file, without the codes behind the headers of scans."""
    at = 2
    while (match := _MARKER.search(data, at)) and (code := data[match.start() + 1]) != _END:
        at = match.end()
        if code in _ALONE:
            continue
        length = max(2, int.from_bytes(data[at : at + 2], "big"))
        yield _Segment(code, data[at + 2 : at + length], at + length)
        at += length


def _missing_scans(data: bytes) -> str:
    """Say whether a JPEG ends before all bits of all coefficients of all its colours were given."""
    left: dict[int, list[int]] = {}  # Bits still to come of the 64 coefficients of each colour; at first unknown.
    progressive = False
    for code, content, _ in _segments(data):
        if code in _FRAMES and len(content) > 5:
            progressive = code in _PROGRESSIVE
            left = {content[6 + 3 * at]: [-1] * 64 for at in range(min(content[5], (len(content) - 6) // 3))}
        elif code == _SCAN and content and len(content) >= 4 + 2 * content[0]:
            first, last, bits = content[-3:] if progressive else (0, 63, 0)
            for colour in content[1 : 1 + 2 * content[0] : 2]:
                if colour in left and first <= last < 64:
                    left[colour][first : last + 1] = [bits & 15] * (last - first + 1)
    return "its last scans are missing" if any(map(any, left.values())) else ""


def _zeroed_stretch(data: bytes) -> str:
    """Say whether a sequential JPEG has zeros where its codes cannot make them.

    The code of nothing but zeros stands for the shortest of its table. Where that is not the end of a block, so many
    on end would be blocks whose coefficients are all -1. Where it is, zeros are flat parts.
    """
    shortest: dict[int, int] = {}
    for code, content, end in _segments(data):
        if code in _PROGRESSIVE:
            return ""
        if code == _CODES:
            shortest |= _shortest_codes(content)
        elif code == _SCAN:
            table = 16 | content[2] & 15 if len(content) > 2 else 0
            marker = _MARKER.search(data, end)
            last = marker.start() if marker else len(data)
            at = data.find(bytes(_IMPOSSIBLE_ZEROS), end, last) if shortest.get(table) else -1
            return f"zeros from byte {at} on stand in place of its codes" if at >= 0 else ""
    return ""


def _shortest_codes(content: bytes) -> dict[int, int]:
    """Return what the code of nothing but zeros stands for, by table; 0 is the end of a block."""
    found, at = {}, 0
    while at + 17 < len(content):
        found[content[at]] = content[at + 17]
        at += 17 + sum(content[at + 1 : at + 17])
    return found
