"""A picture of any kind: looked at, and made into a square JPEG."""

from __future__ import annotations

import io
import warnings
from dataclasses import dataclass

import numpy as np

from birdmml.ingest.files import Unreadable
from confu_core.errors import DatasetError
from confu_core.inputs.complaint import complaint
from confu_core.inputs.fingerprint import picture_hash
from confu_core.inputs.picture import PIXEL_LIMIT, decode_picture

__all__ = ["LookedAt", "look_at_picture", "prepared_picture"]

_HASHED_SIDE = 64
_QUARTER_TURNS = (5, 6, 7, 8)
_ORIENTATION = 0x0112


@dataclass(frozen=True)
class LookedAt:
    """What is known of a picture once it was decoded.

    Attributes
    ----------
    width, height : int
        In pixels, upright.
    hash : tuple of int
        Perceptual hash of its centre square, in words of 64 bits; all 0 for one colour.
    """

    width: int
    height: int
    hash: tuple[int, ...]


def look_at_picture(data: bytes) -> LookedAt:
    """Decode a picture and measure it.

    Parameters
    ----------
    data : bytes
        A JPEG, PNG or WebP file.

    Returns
    -------
    LookedAt
        Its size and hash.

    Raises
    ------
    Unreadable
        If it has more than `PIXEL_LIMIT` pixels, cannot be decoded, or is damaged.

    Examples
    --------
    >>> from PIL import Image
    >>> file = io.BytesIO()
    >>> Image.new("RGB", (40, 30), "red").save(file, "png")
    >>> look_at_picture(file.getvalue())
    LookedAt(width=40, height=30, hash=(0, 0, 0, 0))
    """
    if not data:
        raise Unreadable("empty file", "0 bytes")
    try:
        width, height, orientation = _header(data)
        if width * height > PIXEL_LIMIT:
            raise Unreadable("too large", f"{width} x {height} pixels; at most {PIXEL_LIMIT} are decoded")
        square = decode_picture(data, _HASHED_SIDE, whole=True)
    except DatasetError as error:
        raise Unreadable("too large" if "at most" in str(error) else "unreadable", str(error)) from error
    if orientation in _QUARTER_TURNS:
        width, height = height, width
    return LookedAt(width, height, tuple(map(int, picture_hash(square))))


def prepared_picture(data: bytes, size: int, quality: int) -> bytes:
    """Turn a picture upright, cut its centre to a square, reduce that, and encode it.

    Parameters
    ----------
    data : bytes
        Of a file that `look_at_picture` could decode.
    size : int
        Width and height, in pixels.
    quality : int
        Of the JPEG, from 1 to 100.

    Returns
    -------
    bytes
        A JPEG in red, green and blue, without any metadata.

    Raises
    ------
    DatasetError
        If it cannot be decoded.

    Examples
    --------
    >>> from PIL import Image
    >>> file = io.BytesIO()
    >>> Image.new("CMYK", (40, 30)).save(file, "jpeg")
    >>> Image.open(io.BytesIO(prepared_picture(file.getvalue(), 16, 90))).size
    (16, 16)
    """
    from PIL import Image

    pixels = decode_picture(data, size)
    buffer = io.BytesIO()
    Image.fromarray(np.ascontiguousarray(pixels.transpose(1, 2, 0))).save(buffer, "JPEG", quality=quality)
    return buffer.getvalue()


def _header(data: bytes) -> tuple[int, int, int]:
    """Return width, height and orientation without decoding a pixel."""
    from PIL import Image

    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")  # What Pillow warns of is either refused here or does not matter.
            with Image.open(io.BytesIO(data), formats=("JPEG", "PNG", "WEBP")) as image:
                return (*image.size, image.getexif().get(_ORIENTATION, 1))
    except Image.DecompressionBombError as error:
        raise Unreadable("too large", str(error).partition(",")[0]) from error
    except Exception as error:  # Decoders raise anything over hostile bytes, and each failure is the finding.
        raise Unreadable("unreadable", f"the picture cannot be decoded: {complaint(error, data)}") from error
