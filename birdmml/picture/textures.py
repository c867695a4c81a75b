"""Textures that are made once per process from fixed seeds: what is drawn never depends on what was drawn before."""

from __future__ import annotations

from functools import cache, lru_cache

import numpy as np
from scipy import ndimage

from confu_core.random import generator

# Layers of noise, each blurred along rows and columns and weighted; their contrast together, and its limits.
RELIEFS = {
    # The fine relief of plumage.
    "feathers": ((("feathers", 0.8, 2.0, 0.7), ("barbs", 2.5, 5.0, 0.6)), 9, -30, 30),
    # The roughness of bark, stone and soil.
    "grain": ((("grain", 0.7, 0.7, 0.6), ("lumps", 3, 3, 0.7), ("patches", 12, 12, 0.5)), 13, -48, 48),
    # Blades of grass.
    "turf": ((("turf", 3.2, 0.6, 0.7), ("tufts", 6, 3, 0.7)), 15, -50, 50),
    # Ripples of water.
    "ripples": ((("ripples", 0.9, 9, 0.6), ("waves", 2.4, 22, 0.8)), 12, -44, 52),
}
SIDE = 512  # Pixels; every texture wraps around, and is stored twice over so that a window is a view.


def _tiled(texture: np.ndarray) -> np.ndarray:
    """Repeat a texture (its last two axes) once in both directions."""
    wide = np.concatenate([texture, texture], axis=-1)
    return np.ascontiguousarray(np.concatenate([wide, wide], axis=-2))


def _noise(name: str) -> np.ndarray:
    return generator(0, "birdmml", "texture", name).standard_normal((SIDE, SIDE)).astype(np.float32)


def _smooth(field: np.ndarray, rows: float, columns: float) -> np.ndarray:
    out = ndimage.gaussian_filter(field, (rows, columns), mode="wrap")
    return out / out.std()


@lru_cache(maxsize=1)
def clouds() -> np.ndarray:
    """Return cloud-like noise, float32 of unit deviation, shape (1024, 1024)."""
    out = sum(
        _smooth(_noise(f"clouds {i}"), s * 0.7, s * 1.2) * w for i, (s, w) in enumerate([(48, 1), (20, 0.5), (8, 0.28)])
    )
    return _tiled((out / np.std(out)).astype(np.float32))


@cache
def relief(name: str) -> np.ndarray:
    """Return one of `RELIEFS`, int16 around 0, shape (1024, 1024)."""
    layers, contrast, least, most = RELIEFS[name]
    field = sum(_smooth(_noise(layer), rows, columns) * weight for layer, rows, columns, weight in layers)
    return _tiled(np.clip(field * contrast, least, most).astype(np.int16))


@lru_cache(maxsize=1)
def fray_mask() -> np.ndarray:
    """Return a mask of where plumage shows what lies a pixel above and left: uint8 of 0 and 255, shape (1024, 1024)."""
    return _tiled((_smooth(_noise("fray"), 1.7, 1.5) > 0.05).astype(np.uint8) * 255)


@lru_cache(maxsize=1)
def sensor_noise() -> np.ndarray:
    """Return noise of a sensor, int16, deviation 32, shape (1024, 1024): of brightness, as JPEG leaves it."""
    return _tiled(np.round(_noise("sensor") * 32).clip(-128, 127).astype(np.int16))


def crop(texture: np.ndarray, height: int, width: int, row: int, column: int) -> np.ndarray:
    """Return a window of a texture that wraps around."""
    row, column = row % SIDE, column % SIDE
    if row + height <= 2 * SIDE and column + width <= 2 * SIDE:
        return texture[..., row : row + height, column : column + width]
    rows, columns = np.arange(row, row + height) % SIDE, np.arange(column, column + width) % SIDE
    return texture[..., rows[:, None], columns]
