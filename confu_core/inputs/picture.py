"""Pictures: from the bytes of a file to a small square of pixels, plain features, and what is wrong with a JPEG."""

from __future__ import annotations

import io
import re
import warnings
from collections.abc import Iterator
from typing import TYPE_CHECKING, Any, NamedTuple

import numpy as np

from confu_core.errors import DatasetError, InvalidValue
from confu_core.inputs.complaint import complaint, refusing

if TYPE_CHECKING:
    from PIL.Image import Image
    from PIL.ImageFile import ImageFile

PIXEL_LIMIT = 1 << 26  # 8192 x 8192: below the size at which Pillow begins to warn.
LEVELS = 4  # Of each colour in a histogram.
GRID = 4  # Places along each side whose mean colour is a feature.
PICTURE_FEATURES = LEVELS**3 + 3 * GRID**2

_FORMATS = ("JPEG", "PNG", "WEBP")
_JPEGS = ("JPEG", "MPO")
_FRAMES_LIMIT = 256
_WORK_LIMIT = 1 << 30  # Pixels times the scans or frames that each of them is decoded in.
_ORIENTATION = 0x0112
# Values of that, but for the first, which is upright: what turns the picture up.
_TURNED = ("FLIP_LEFT_RIGHT", "ROTATE_180", "FLIP_TOP_BOTTOM", "TRANSPOSE", "ROTATE_270", "TRANSVERSE", "ROTATE_90")
_TURNS = dict(enumerate(_TURNED, 2))
# Markers of a JPEG, and what libjpeg says of one that is damaged.
_END, _SCAN, _CODES, _PROGRESSIVE = 0xD9, 0xDA, 0xC4, (0xC2, 0xC6, 0xCA, 0xCE)
_FRAMES = {*range(0xC0, 0xD0)} - {0xC4, 0xC8, 0xCC}
_ALONE = (0x01, *range(0xD0, 0xD9))
_MARKER = re.compile(rb"\xff[^\x00\xff\xd0-\xd7]")
# All other warnings are of what is written around a picture, such as its colour profile.
_DAMAGE = re.compile(r"Corrupt JPEG data: (?!bad ICC)|Premature end|Inconsistent progression")
_FILLING = re.compile(r"(\d+) extraneous bytes before marker 0xd9")
_IMPOSSIBLE_ZEROS = 64  # Bytes.
_MOST_FILLING = 16  # Bytes that some cameras leave before the end mark.


def decode_picture(data: bytes, side: int, *, whole: bool = False) -> np.ndarray:
    """Decode a picture, cut its centre to a square and reduce that with antialiasing.

    A JPEG is decoded at the smallest of its own scales that is not below `side`, which saves most of the work.
    Transparent parts become white.

    Returns ndarray of uint8, shape (3, side, side).
    """
    return _checked(data, side, 1, whole=whole)[0]


def decode_frames(data: bytes, side: int, count: int) -> np.ndarray:
    """Decode several moments of an animation, such as the frames of a video; each as `decode_picture` does.

    Returns ndarray of uint8, shape (count, 3, side, side).
    """
    return _checked(data, side, count)


def _checked(data: bytes, side: int, count: int, *, whole: bool = False) -> np.ndarray:
    if side < 1:
        raise InvalidValue(f"side must be at least 1 pixel; got {side}")
    if count < 1:
        raise InvalidValue(f"count must be at least 1 frame; got {count}")
    with refusing("the picture cannot be decoded", lambda error: complaint(error, data)):
        pixels = _decode(data, side, count)
        if whole:
            _check_whole(data)
    return pixels


def _check_whole(data: bytes) -> None:
    from PIL import Image

    with Image.open(io.BytesIO(data), formats=_FORMATS) as image:
        jpeg = image.format in _JPEGS
        image.verify()  # Compares checksums where the format has them.
    if jpeg and (damage := jpeg_damage(data)):
        raise DatasetError(f"the picture is damaged: {damage}")


def _decode(data: bytes, side: int, count: int) -> np.ndarray:
    from PIL import Image

    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # What Pillow warns of is either refused below or does not matter.
        with Image.open(io.BytesIO(data), formats=_FORMATS) as image:
            width, height = image.size
            if width * height > PIXEL_LIMIT:
                raise DatasetError(f"the picture has {width} x {height} pixels; at most {PIXEL_LIMIT} are decoded")
            orientation = image.getexif().get(_ORIENTATION, 1)
            there = getattr(image, "n_frames", 1) if count > 1 else 1
            if there > _FRAMES_LIMIT:
                raise DatasetError(f"the animation has {there} frames; at most {_FRAMES_LIMIT} are decoded")
            scans = jpeg_scans(data) if image.format in _JPEGS else 1
            if width * height * max(there, scans) > _WORK_LIMIT:
                work = f"{width} x {height} pixels in {max(there, scans)} frames or scans"
                raise DatasetError(f"the picture has {work}; at most {_WORK_LIMIT} pixels are decoded in all")
            # Behind a first picture that was decoded at a smaller scale, others cannot be found.
            scaled = image.draft(None, (side, side)) if there == 1 else None
            frames, shown = [], []
            for frame in range(there):
                frames.append(_square(image, frame, side, scaled, orientation))
                shown.append(max(1.0, float(image.info.get("duration", 1))))  # Milliseconds.
    # Those that are seen in the middle of each of as many equal parts of the time.
    middles = (np.arange(count) + 0.5) / count * sum(shown)
    return np.stack([frames[at] for at in np.searchsorted(np.cumsum(shown), middles, side="right")])


def _square(image: ImageFile, frame: int, side: int, scaled: Any, orientation: int) -> np.ndarray:
    from PIL.Image import Resampling, Transpose

    if frame:
        image.seek(frame)
        if image.width * image.height > PIXEL_LIMIT:
            size = f"{image.width} x {image.height} pixels"
            raise DatasetError(f"frame {frame} has {size}; at most {PIXEL_LIMIT} are decoded")
    # At a smaller scale the last row and column may be parts of a pixel, which the draft's size tells.
    width, height = image.size if scaled is None else scaled[1][2:]
    edge = min(width, height)
    left, top = (width - edge) / 2, (height - edge) / 2
    square = _rgb(image).resize((side, side), Resampling.BICUBIC, box=(left, top, left + edge, top + edge))
    # The centre square is the same before and after turning, so that the small one can be turned.
    if orientation in _TURNS:
        square = square.transpose(Transpose[_TURNS[orientation]])
    return np.ascontiguousarray(np.asarray(square).transpose(2, 0, 1))


def _rgb(image: Image) -> Image:
    from PIL import Image as images

    if image.mode == "RGB":
        return image
    if image.mode.startswith("I"):  # 16 bits per grey value, which conversion would clip at 255.
        return images.fromarray((np.asarray(image) >> 8).clip(0, 255).astype(np.uint8)).convert("RGB")
    if image.mode in ("RGBA", "LA", "PA") or "transparency" in image.info:
        seen = image.convert("RGBA")
        white = images.new("RGBA", seen.size, "white")
        return images.alpha_composite(white, seen).convert("RGB")
    return image.convert("RGB")


def decoded_image(data: bytes, side: int) -> Image:
    """Return a picture decoded as `decode_picture` does, for Pillow."""
    from PIL import Image as images

    return images.fromarray(np.ascontiguousarray(decode_picture(data, side).transpose(1, 2, 0)))


def encode_image(image: Image, form: str, **how: Any) -> bytes:
    """Return a picture of Pillow's as a file of a form such as ``"JPEG"``, with the options of its encoder."""
    file = io.BytesIO()
    image.save(file, form, **how)
    return file.getvalue()


def picture_features(pixels: np.ndarray) -> np.ndarray:
    """Return the square roots of a histogram of 4 x 4 x 4 colours, and the mean colours of 4 x 4 places.

    Returns ndarray of float32, shape (112,).
    """
    side = pixels.shape[-1]
    level = (pixels >> 6).reshape(3, -1).astype(np.int64)
    counts = np.bincount(level[0] * LEVELS**2 + level[1] * LEVELS + level[2], minlength=LEVELS**3)
    # Where places would cut pixels, each pixel is cut in as many parts.
    whole = pixels if side % GRID == 0 else pixels.repeat(GRID, axis=1).repeat(GRID, axis=2)
    block = whole.shape[-1] // GRID
    means = whole.reshape(3, GRID, block, GRID, block).mean(axis=(2, 4)) / 255
    return np.concatenate([np.sqrt(counts / side**2), means.ravel()]).astype(np.float32)


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
