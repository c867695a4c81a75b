"""Backgrounds: what lies far behind the bird, drawn small and enlarged, so that it is out of focus."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from functools import lru_cache

import numpy as np
from PIL import Image, ImageDraw, ImageFilter

from birdmml.picture.paint import planes, upscale
from birdmml.picture.textures import clouds, crop, relief
from confu_core.data_files import read_data, record, refuse

Colors = np.ndarray
Rgb = tuple[int, int, int]
Look = tuple[Rgb, Rgb, Rgb, Rgb, Rgb, Rgb]  # Far above, far below, dark, middle, light, accent.
Material = tuple[Rgb, Rgb, Rgb, Rgb, Rgb, Rgb, Rgb, Rgb]  # Of supports; in the order of `supports.DARK` and so on.
# What lies below the horizon, and how strongly.
TEXTURES = {"water": ("ripples", 0.8), "field": ("turf", 0.7), "rock": ("grain", 0.8)}
BackgroundMaker = Callable[[int, Colors, np.random.Generator, float], Image.Image]


@dataclass(frozen=True)
class Scenery:
    """The colors of places and of supports; see ``scenery.toml``, which they are read from."""

    looks: Mapping[str, tuple[Look, ...]]
    shifted_looks: Mapping[str, tuple[Look, ...]]
    wood: tuple[Material, ...]
    stone: Material
    feeder: Material
    grounds: Mapping[str, Rgb]


@lru_cache(maxsize=1)
def scenery() -> Scenery:
    """Return the colors of places and supports; a file that breaks a constraint is a `DatasetError` that names it."""
    made = record(Scenery, read_data("birdmml", "scenery.toml"), "scenery.toml: scenery")
    for key in ("looks", "shifted_looks"):
        if set(getattr(made, key)) != set(MAKERS):
            refuse(f"scenery.toml: {key}", f"a table of {', '.join(MAKERS)}", list(getattr(made, key)))
    return made


def draw_background(kind: str, size: int, look: Colors, scene: np.random.Generator, horizon: float) -> np.ndarray:
    """Draw a background, as planes, in the colours of a look; the horizon is a share of the height, from above."""
    factor = 4 if size >= 64 else 2 if size >= 24 else 1
    side = -(-size // factor) + 1
    small = MAKERS[kind](side, look.astype(int), scene, horizon)
    frame = upscale(planes(np.asarray(small)), factor, size, size)
    row, column = (int(v) for v in scene.integers(0, 512, 2))
    if kind in TEXTURES:
        texture, strength = TEXTURES[kind]
        lay_texture(frame, relief(texture), row, column, int(horizon * size), size, strength)
    return frame


def lay_texture(
    frame: np.ndarray, texture: np.ndarray, row: int, column: int, top: int, bottom: int, strength: float
) -> None:
    """Add a texture to rows ``top`` to ``bottom`` of a picture, in place; it fades in from the top."""
    size = frame.shape[2]
    top = max(top, 0)
    if bottom <= top:
        return
    patch = crop(texture, bottom - top, size, row, column)
    fade = np.linspace(0.15, 1.0, bottom - top) * strength * 16
    added = (patch * fade.astype(np.int16)[:, None]) >> 4
    window = frame[:, top:bottom] + added
    frame[:, top:bottom] = np.clip(window, 0, 255, out=window)


def _gradient(side: int, top: Colors, bottom: Colors, height: int = 0) -> Image.Image:
    """Return a picture whose colour changes from top to bottom."""
    share = _shares(height or side)
    column = (top + (bottom - top) * share).astype(np.uint8)
    return Image.fromarray(column[:, None].repeat(side, axis=1))


@lru_cache(maxsize=1024)
def _shares(count: int) -> np.ndarray:
    return np.linspace(0, 1, count)[:, None]


def _mixed(a: Colors, b: Colors, share: float) -> tuple[int, int, int]:
    # In plain numbers: for three of them, arrays take five times as long.
    red, green, blue = (int(p * (1 - share) + q * share) for p, q in zip(a.tolist(), b.tolist(), strict=True))
    return red, green, blue


def _mixtures(look: Colors, firsts: np.ndarray, shares: np.ndarray) -> list[tuple[int, int, int]]:
    """Return colours between row ``firsts`` of a look and the next row."""
    a, b = look[firsts], look[firsts + 1]
    return [tuple(color) for color in (a + (b - a) * shares[:, None]).astype(int).tolist()]


def _foliage(side: int, look: Colors, scene: np.random.Generator, horizon: float) -> Image.Image:
    image = _gradient(side, look[0], look[1])
    draw = ImageDraw.Draw(image)
    spots = scene.random((36, 5))
    big = np.arange(36) < 14
    radii = side * np.where(big, 0.10 + 0.16 * spots[:, 2], 0.025 + 0.06 * spots[:, 2])
    corners = np.concatenate([spots[:, :2] * side - radii[:, None], spots[:, :2] * side + radii[:, None]], axis=1)
    firsts = np.where(big | (spots[:, 3] < 0.55), 2, np.where(spots[:, 3] < 0.9, 3, 4))
    fills = _mixtures(look, firsts, spots[:, 4])
    for i, corner in enumerate(corners.tolist()):
        draw.ellipse(corner, fill=fills[i])
        if i == 13:
            _branches(draw, side, look, scene)
            image = _soft(image, 3)
            draw = ImageDraw.Draw(image)
    return _soft(image, 1)


def _branches(draw: ImageDraw.ImageDraw, side: int, look: Colors, scene: np.random.Generator) -> None:
    for x0, y0, x1, y1, w in scene.random((3, 5)).tolist():
        line = (x0 * side, y0 * side * 1.4 - 0.2 * side, x1 * side, y1 * side * 1.4 - 0.2 * side)
        draw.line(line, fill=_mixed(look[2], look[3], 0.2), width=max(1, int(side * (0.01 + 0.03 * w))))


def _soft(image: Image.Image, radius: int) -> Image.Image:
    """Box blur in whole pixels, which is fast on a small picture."""
    return image.filter(ImageFilter.BoxBlur(radius))


def _sky(side: int, look: Colors, scene: np.random.Generator, horizon: float) -> Image.Image:
    image = np.asarray(_gradient(side, look[0], look[1])).astype(np.float32)
    row, column = (int(v) for v in scene.integers(0, 512, 2))
    cover, step = float(scene.uniform(-0.6, 1.4)), 3
    field = crop(clouds(), side * step, side * step, row, column)[::step, ::step]
    mask = np.clip((field + cover - 0.6) * 0.8, 0, 1)[:, :, None] * 0.85
    below = crop(clouds(), side * step, side * step, row + 18, column)[::step, ::step]
    under = np.clip((below + cover - 0.6) * 0.8, 0, 1)
    white = look[4] - (under[:, :, None] * (look[4] - look[3]) * 0.7)
    return Image.fromarray((image * (1 - mask) + white * mask).astype(np.uint8))


def _ellipse(draw: ImageDraw.ImageDraw, x: float, y: float, wide: float, tall: float, fill: Rgb) -> None:
    draw.ellipse((x - wide, y - tall, x + wide, y + tall), fill=fill)


def _shore(image: Image.Image, look: Colors, scene: np.random.Generator, horizon: float, fill: Colors) -> None:
    """Draw a far bank above the water or the field, blurred by its distance."""
    side = image.width
    draw = ImageDraw.Draw(image)
    line = int(horizon * side)
    for x, h, w, m in scene.random((9, 4)).tolist():
        top = line - side * (0.03 + 0.14 * h)
        wide = side * (0.06 + 0.14 * w)
        draw.ellipse((x * side - wide, top, x * side + wide, line + side * 0.06), fill=_mixed(fill, look[3], 0.5 * m))


def _water(side: int, look: Colors, scene: np.random.Generator, horizon: float) -> Image.Image:
    image = _gradient(side, look[4], look[4])
    line = int(horizon * side)
    if horizon > 0.04:
        _shore(image, look, scene, horizon, look[5])
        image = _soft(image, 2)
    if line < side:
        image.paste(_gradient(side, look[0], look[1], side - line), (0, line))
    draw = ImageDraw.Draw(image)
    for x, y, w, m in scene.random((16, 4)).tolist():
        row = line + (side - line) * y
        wide = side * (0.1 + 0.4 * w) * (0.4 + y)
        tall = side * (0.004 + 0.022 * y)
        fill = _mixed(look[2], look[3], m) if m < 0.6 else _mixed(look[3], look[4], m - 0.5)
        _ellipse(draw, x * side, row, wide, tall, fill)
    return _soft(image, 1)


def _snow(side: int, look: Colors, scene: np.random.Generator, horizon: float) -> Image.Image:
    image = _gradient(side, look[0], look[1])
    draw = ImageDraw.Draw(image)
    for x, h, w, m in scene.random((9, 4)).tolist():
        top = side * (0.02 + 0.5 * h)
        wide = side * (0.05 + 0.12 * w)
        corners = (x * side, top, x * side - wide, side, x * side + wide, side)
        draw.polygon(corners, fill=_mixed(look[2], look[3], 0.3 + 0.6 * m))
    image = _soft(image, 3)
    draw = ImageDraw.Draw(image)
    line = horizon * side
    if horizon < 0.98:
        for x, w in scene.random((5, 2)).tolist():
            wide = side * (0.3 + 0.4 * w)
            drift = (x * side - wide, line - side * 0.03, x * side + wide, side * 2.2)
            draw.ellipse(drift, fill=_mixed(look[4], look[5], w))
    for x, y, r, _ in scene.random((14, 4)).tolist():
        radius = side * (0.004 + 0.012 * r)
        _ellipse(draw, x * side, y * side, radius, radius, _mixed(look[4], look[5], r))
    return _soft(image, 1)


def _reeds(side: int, look: Colors, scene: np.random.Generator, horizon: float) -> Image.Image:
    image = _gradient(side, look[0], look[1])
    draw = ImageDraw.Draw(image)
    stalks = scene.random((34, 5))
    for i, (x, lean, w, c, m) in enumerate(stalks.tolist()):
        if i == 18:
            image = _soft(image, 2)
            draw = ImageDraw.Draw(image)
        a, b = (2, 3) if c < 0.5 else (3, 4) if c < 0.85 else (5, 3)
        width = max(1, int(side * (0.012 + 0.03 * w)))
        stalk = (x * side, side, (x + 0.3 * (lean - 0.5)) * side, -2)
        draw.line(stalk, fill=_mixed(look[a], look[b], m), width=width)
    if horizon < 0.98:
        line = int(horizon * side)
        image.paste(_gradient(side, look[2], (look[2] + look[0]) // 2, side - line), (0, line))
    return _soft(image, 1)


def _field(side: int, look: Colors, scene: np.random.Generator, horizon: float) -> Image.Image:
    image = _gradient(side, look[0], look[0])
    _shore(image, look, scene, horizon, look[2])
    image = _soft(image, 2)
    line = int(horizon * side)
    if line < side:
        image.paste(_gradient(side, look[3], look[1], side - line), (0, line))
    draw = ImageDraw.Draw(image)
    for x, y, w, m in scene.random((18, 4)).tolist():
        row = line + (side - line) * y
        wide = side * (0.06 + 0.22 * w) * (0.3 + y)
        tall = side * (0.006 + 0.05 * y)
        a, b, share = (2, 3, m) if m < 0.55 else (3, 4, m) if m < 0.92 else (5, 4, 0.2)
        _ellipse(draw, x * side, row, wide, tall, _mixed(look[a], look[b], share))
    return _soft(image, 2)


def _rock(side: int, look: Colors, scene: np.random.Generator, horizon: float) -> Image.Image:
    image = _gradient(side, look[0], look[0])
    draw = ImageDraw.Draw(image)
    line = horizon * side
    draw.rectangle((0, line, side, side), fill=_mixed(look[1], look[3], 0.5))
    for x, y, w, m, t in scene.random((20, 5)).tolist():
        row = line + (side - line) * y
        wide, tall = side * (0.08 + 0.24 * w), side * (0.05 + 0.14 * t)
        at = x * side
        left = (at - wide, row + tall, at - wide * 0.6, row - tall)
        right = (at + wide * 0.5, row - tall * 0.8, at + wide, row + tall * 0.8)
        draw.polygon((*left, *right), fill=_mixed(look[2], look[4], m))
    return _soft(image, 2)


MAKERS: dict[str, BackgroundMaker] = {
    "foliage": _foliage,
    "sky": _sky,
    "water": _water,
    "snow": _snow,
    "feeder": _foliage,
    "reeds": _reeds,
    "field": _field,
    "rock": _rock,
}
