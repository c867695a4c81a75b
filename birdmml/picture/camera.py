"""Light and camera: how a scene is lit and a body modelled; blur, noise and compression."""

from __future__ import annotations

import math
from dataclasses import dataclass
from functools import cached_property

import numpy as np
from PIL import Image
from scipy import ndimage

from birdmml.picture.paint import upscale
from birdmml.picture.textures import crop, sensor_noise
from confu_core.errors import InvalidValue
from confu_core.inputs.picture import encode_image


@dataclass(frozen=True)
class Light:
    """Light on a scene."""

    side: float = 0.0  # Where it comes from: -1 from the left, 0 from above, 1 from the right.
    strength: float = 0.6  # Contrast between lit and shaded sides; 0 is flat, 1 sunshine.
    warmth: float = 0.0  # -1 is blue shade, 1 evening sun.
    exposure: float = 1.0  # Factor on all colours.

    @cached_property
    def tint(self) -> np.ndarray:
        """Factors on red, green and blue, shape (3,)."""
        warm = np.array([1 + 0.10 * self.warmth, 1 + 0.015 * self.warmth, 1 - 0.13 * self.warmth])
        return warm * self.exposure


NEUTRAL = Light(strength=0.0)


def tinted(colors: np.ndarray, light: Light) -> np.ndarray:  # uint8, shape (..., 3)
    """Return colours, in [0, 255] along the last axis, as a camera sees them in a light."""
    return np.clip(np.asarray(colors) * light.tint, 0, 255).astype(np.uint8)


def shade(opacity: np.ndarray, light: Light, roundness: float) -> np.ndarray:  # int16, shape (height, width)
    """Return how bright a body of so many pixels' half width is, from its silhouette alone, as factors times 128.

    The silhouette is taken for a cushion: its height is its blurred opacity, so that the slope at each point follows
    from the distance to the nearest edge.
    """
    height, width = opacity.shape
    step = 4 if min(height, width) >= 48 else 2 if min(height, width) >= 16 else 1
    small = np.zeros((-(-height // step) + 1, -(-width // step) + 1), dtype=np.float32)
    small[: -(-height // step), : -(-width // step)] = opacity[::step, ::step]
    reach = max(int(roundness / step), 1)
    solid = ndimage.uniform_filter(small, 2 * reach + 1, mode="constant")
    cushion = ndimage.uniform_filter(solid, reach + 1, mode="constant")
    cushion += solid * (2 / 3)
    slope = np.zeros_like(cushion)
    slope[1:-1] = cushion[2:] - cushion[:-2]
    slope[:, 1:-1] -= (cushion[:, 2:] - cushion[:, :-2]) * light.side
    slope *= 0.39 * reach / 255 * 128
    np.minimum(np.maximum(slope, -67, out=slope), 44, out=slope)
    slope += np.minimum(solid * (32 / 255) - 16, 0)
    factors = (slope * light.strength + 128).astype(np.uint8)
    return upscale(factors[None], step, height, width)[0].astype(np.int16)


def blurred(frame: np.ndarray, sigma: float, *, motion: bool) -> tuple[np.ndarray, float]:
    """Blur planes by sigma pixels, and return the sigma that was applied, whose weights are whole 64ths."""
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
    """Add the noise of a sensor, of sigma grey levels, to planes, and return the sigma that was applied, in eighths."""
    strength = round(sigma * 8)
    if strength == 0:
        return frame, 0.0
    noise = crop(sensor_noise(), frame.shape[1], frame.shape[2], row, column) * np.int16(strength)
    noise += np.int16(128)
    noise >>= np.int16(8)
    noisy = frame + noise
    return np.clip(noisy, 0, 255, out=noisy).astype(np.uint8), strength / 8


def encode_jpeg(picture: np.ndarray, quality: int) -> bytes:
    """Encode a picture, uint8 of shape (height, width, 3), as JPEG of a quality in [1, 100]."""
    if not 1 <= quality <= 100:
        raise InvalidValue(f"quality must be in [1, 100]; got {quality!r}")
    return encode_image(Image.fromarray(picture), "JPEG", quality=int(quality))
