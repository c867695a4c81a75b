"""The camera: blur, noise and compression."""

from __future__ import annotations

import io
import math

import numpy as np
from PIL import Image

from birdmml.picture.bank import crop, sensor_noise
from confu_core.errors import InvalidValue

__all__ = ["add_noise", "blurred", "encode_jpeg"]


def blurred(frame: np.ndarray, sigma: float, *, motion: bool) -> tuple[np.ndarray, float]:
    """Blur a picture.

    Parameters
    ----------
    frame : ndarray of uint8, shape (3, height, width)
        The picture.
    sigma : float
        Standard deviation in pixels.
    motion : bool
        Whether it is smeared sideways only.

    Returns
    -------
    ndarray of uint8, same shape
        The blurred picture.
    float
        The standard deviation that was applied, along the blur; weights are whole 64ths.

    Examples
    --------
    >>> blurred(np.zeros((3, 4, 4), dtype=np.uint8), 0.5, motion=False)[1]
    0.5
    """
    if sigma < 0.125:
        return frame, 0.0
    passes = max(1, math.ceil(2 * sigma**2))
    side = round(64 * sigma**2 / (2 * passes))
    if side == 0:
        return frame, 0.0
    wide = frame.astype(np.uint16)
    for _ in range(passes):
        wide = _smear(wide, side, 2)
        if not motion:
            wide = _smear(wide, side, 1)
    return wide.astype(np.uint8), math.sqrt(2 * passes * side / 64)


def _smear(wide: np.ndarray, side: int, axis: int) -> np.ndarray:
    """One pass along an axis with weights side, 64 - 2 side, side; the edges are repeated."""
    out = wide * np.uint16(64 - 2 * side)
    wide = wide * np.uint16(side)
    before = (slice(None),) * axis + (slice(None, -1),)
    after = (slice(None),) * axis + (slice(1, None),)
    first, last = (slice(None),) * axis + (0,), (slice(None),) * axis + (-1,)
    out[after] += wide[before]
    out[before] += wide[after]
    out[first] += wide[first]
    out[last] += wide[last]
    out >>= np.uint16(6)
    return out


def add_noise(frame: np.ndarray, sigma: float, row: int, column: int) -> tuple[np.ndarray, float]:
    """Add the noise of a sensor.

    Parameters
    ----------
    frame : ndarray of uint8, shape (3, height, width)
        The picture.
    sigma : float
        Standard deviation in grey levels.
    row, column : int
        Which part of the stored noise.

    Returns
    -------
    ndarray of uint8, same shape
        The noisy picture.
    float
        The standard deviation applied, in eighths.
    """
    strength = round(sigma * 8)
    if strength == 0:
        return frame, 0.0
    noise = crop(sensor_noise(), frame.shape[1], frame.shape[2], row, column) * np.int16(strength)
    noise += np.int16(128)
    noise >>= np.int16(8)
    noisy = frame + noise
    return np.clip(noisy, 0, 255, out=noisy).astype(np.uint8), strength / 8


def encode_jpeg(picture: np.ndarray, quality: int) -> bytes:
    r"""Encode a picture as JPEG; the caller draws the quality, which is part of the sample and not of the scene.

    Parameters
    ----------
    picture : ndarray of uint8, shape (height, width, 3)
        Red, green and blue.
    quality : int
        In [1, 100]; 75 to 95 is what cameras and web sites use.

    Returns
    -------
    bytes
        A JPEG file.

    Raises
    ------
    InvalidValue
        If the quality is out of range.

    Examples
    --------
    >>> encode_jpeg(np.zeros((16, 16, 3), dtype=np.uint8), 90)[:2]
    b'\xff\xd8'
    """
    if not 1 <= quality <= 100:
        raise InvalidValue(f"quality must be in [1, 100]; got {quality!r}")
    file = io.BytesIO()
    Image.fromarray(picture).save(file, "JPEG", quality=int(quality))
    return file.getvalue()
