"""What a JPEG tells of its own damage: its markers, and what libjpeg warns of where others go on in silence."""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import NamedTuple

__all__ = ["jpeg_damage", "jpeg_scans"]

_END, _SCAN, _PROGRESSIVE = 0xD9, 0xDA, (0xC2, 0xC6, 0xCA, 0xCE)
_FRAMES = {*range(0xC0, 0xD0)} - {0xC4, 0xC8, 0xCC}
_ALONE = (0x01, *range(0xD0, 0xD9))
_MARKER = re.compile(rb"\xff[^\x00\xff\xd0-\xd7]")
# All other warnings are of what is written around a picture, such as its colour profile.
_DAMAGE = re.compile(r"Corrupt JPEG data: (?!bad ICC)|Premature end|Inconsistent progression")
_FILLING = re.compile(r"(\d+) extraneous bytes before marker 0xd9")
_MOST_FILLING = 64  # Bytes that some cameras leave before the end mark.


def jpeg_damage(data: bytes) -> str:
    """Return what is wrong with the pixels of a JPEG, as far as it can be told.

    Parameters
    ----------
    data : bytes
        A file that can be decoded.

    Returns
    -------
    str
        One line; empty where it is whole. A JPEG has no checksum: a changed bit that still makes sense is not seen.
    """
    import simplejpeg

    if missing := _missing_scans(data):
        return missing
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
    """Return in how many scans a JPEG is coded: each of them goes over all of its pixels.

    Parameters
    ----------
    data : bytes
        A file.

    Returns
    -------
    int
        1 for most; about 10 for a progressive one.
    """
    return sum(code == _SCAN for code, _ in _segments(data))


class _Segment(NamedTuple):
    code: int
    content: bytes


def _segments(data: bytes) -> Iterator[_Segment]:
    """Yield the segments of the first picture of a file, without the codes behind the headers of scans."""
    at = 2
    while (match := _MARKER.search(data, at)) and (code := data[match.start() + 1]) != _END:
        at = match.end()
        if code in _ALONE:
            continue
        length = max(2, int.from_bytes(data[at : at + 2], "big"))
        yield _Segment(code, data[at + 2 : at + length])
        at += length


def _missing_scans(data: bytes) -> str:
    """Say whether a JPEG ends before all bits of all coefficients of all its colours were given."""
    left: dict[int, list[int]] = {}  # Bits still to come of the 64 coefficients of each colour; at first unknown.
    progressive = False
    for code, content in _segments(data):
        if code in _FRAMES and len(content) > 5:
            progressive = code in _PROGRESSIVE
            left = {content[6 + 3 * at]: [-1] * 64 for at in range(min(content[5], (len(content) - 6) // 3))}
        elif code == _SCAN and content and len(content) >= 4 + 2 * content[0]:
            first, last, bits = content[-3:] if progressive else (0, 63, 0)
            for colour in content[1 : 1 + 2 * content[0] : 2]:
                if colour in left and first <= last < 64:
                    left[colour][first : last + 1] = [bits & 15] * (last - first + 1)
    return "its last scans are missing" if any(map(any, left.values())) else ""
