"""Light: its direction, strength and colour, and how it models a rounded body."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from scipy import ndimage

from birdmml.picture.paint import upscale

__all__ = ["NEUTRAL", "Light", "shade", "tinted"]


@dataclass(frozen=True)
class Light:
    """Light on a scene.

    Attributes
    ----------
    side : float
        Where it comes from: -1 from the left, 0 from above, 1 from the right.
    strength : float
        Contrast between lit and shaded sides; 0 is flat, 1 sunshine.
    warmth : float
        -1 is blue shade, 1 evening sun.
    exposure : float
        Factor on all colours.
    """

    side: float = 0.0
    strength: float = 0.6
    warmth: float = 0.0
    exposure: float = 1.0

    @property
    def tint(self) -> np.ndarray:
        """Factors on red, green and blue, shape (3,)."""
        warm = np.array([1 + 0.10 * self.warmth, 1 + 0.015 * self.warmth, 1 - 0.13 * self.warmth])
        return warm * self.exposure


NEUTRAL = Light(strength=0.0)


def tinted(colors: np.ndarray, light: Light) -> np.ndarray:
    """Return colours as they look in a light.

    Parameters
    ----------
    colors : ndarray, shape (..., 3)
        Colours in [0, 255].
    light : Light
        The light.

    Returns
    -------
    ndarray of uint8, shape (..., 3)
        What a camera sees.

    Examples
    --------
    >>> tinted(np.array([100, 100, 100]), Light(exposure=1.5)).tolist()
    [150, 150, 150]
    """
    return np.clip(np.asarray(colors) * light.tint, 0, 255).astype(np.uint8)


def shade(opacity: np.ndarray, light: Light, roundness: float) -> np.ndarray:
    """Return how bright a rounded body is, from its silhouette alone.

    The silhouette is taken for a cushion: its height is its blurred opacity, so that the slope at each point follows
    from the distance to the nearest edge.

    Parameters
    ----------
    opacity : ndarray of uint16, shape (height, width)
        In [0, 255].
    light : Light
        The light.
    roundness : float
        Half width of the body, in pixels.

    Returns
    -------
    ndarray of int16, shape (height, width)
        Factors times 128, in [40, 210].
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
