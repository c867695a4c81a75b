"""Pictures: from the bytes of a file to a small square of pixels."""

from __future__ import annotations

import io
import warnings
from typing import TYPE_CHECKING, Any

import numpy as np

from confu_core.errors import DatasetError, InvalidValue
from confu_core.inputs.complaint import complaint
from confu_core.inputs.jpeg import jpeg_damage, jpeg_scans

if TYPE_CHECKING:
    from PIL.Image import Image
    from PIL.ImageFile import ImageFile

__all__ = ["PIXEL_LIMIT", "decode_frames", "decode_picture"]

PIXEL_LIMIT = 1 << 26  # 8192 x 8192: below the size at which Pillow begins to warn.

_FORMATS = ("JPEG", "PNG", "WEBP")
_JPEGS = ("JPEG", "MPO")
_FRAMES_LIMIT = 256
_WORK_LIMIT = 1 << 30  # Pixels times the scans or frames that each of them is decoded in.
_ORIENTATION = 0x0112


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
    try:
        pixels = _decode(data, side, count)
        if whole:
            _check_whole(data)
        return pixels
    except DatasetError:
        raise
    except Exception as error:  # Decoders raise anything over hostile bytes, and each failure is the finding.
        raise DatasetError(f"the picture cannot be decoded: {complaint(error, data)}") from error


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
            frames = [(_square(image, frame, side, scaled, orientation), _shown(image)) for frame in range(there)]
    return np.stack([frames[at][0] for at in _moments([shown for _, shown in frames], count)])


def _shown(image: ImageFile) -> float:
    """Return how long the current frame is shown, in milliseconds."""
    return max(1.0, float(image.info.get("duration", 1)))


def _moments(shown: list[float], count: int) -> list[int]:
    """Return which frame is seen in the middle of each of as many equal parts of the time."""
    middles = (np.arange(count) + 0.5) / count * sum(shown)
    return np.searchsorted(np.cumsum(shown), middles, side="right").tolist()


def _square(image: ImageFile, frame: int, side: int, scaled: Any, orientation: int) -> np.ndarray:
    if frame:
        image.seek(frame)
        if image.width * image.height > PIXEL_LIMIT:
            size = f"{image.width} x {image.height} pixels"
            raise DatasetError(f"frame {frame} has {size}; at most {PIXEL_LIMIT} are decoded")
    # At a smaller scale the last row and column may be parts of a pixel, which the draft's size tells.
    extent = image.size if scaled is None else scaled[1][2:]
    square = _reduced(_rgb(image), extent, side)
    return np.ascontiguousarray(np.asarray(_upright(square, orientation)).transpose(2, 0, 1))


def _reduced(image: Image, extent: tuple[float, float], side: int) -> Image:
    from PIL.Image import Resampling

    width, height = extent
    edge = min(width, height)
    left, top = (width - edge) / 2, (height - edge) / 2
    return image.resize((side, side), Resampling.BICUBIC, box=(left, top, left + edge, top + edge))


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


def _upright(image: Image, orientation: int) -> Image:
    from PIL.Image import Transpose

    # The centre square is the same before and after turning, so that the small one can be turned.
    turns = {
        2: Transpose.FLIP_LEFT_RIGHT,
        3: Transpose.ROTATE_180,
        4: Transpose.FLIP_TOP_BOTTOM,
        5: Transpose.TRANSPOSE,
        6: Transpose.ROTATE_270,
        7: Transpose.TRANSVERSE,
        8: Transpose.ROTATE_90,
    }
    return image.transpose(turns[orientation]) if orientation in turns else image
