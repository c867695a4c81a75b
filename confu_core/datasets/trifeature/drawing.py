"""Pictures of one shape, filled with one texture in one colour, on grey, after Hermann and Lampinen (2020)."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import NamedTuple

import numpy as np

SIDE = 224  # Pixels of a picture.
GREY = (127, 127, 127)  # What lies around shapes, and shows through their textures.

_SHAPE_SIDE, _PERIOD, _TURN = 128, 10, 45
_LINE, _FINE_LINE, _DROP = 3, 2, 7  # Widths of lines, and the height of a drop of rain.
_FIELD = 2 * SIDE  # Side of the field of a random texture, which is turned round its middle.
_DOT = 4
_RAIN = 0.05

COLORS: Mapping[str, tuple[int, int, int]] = {
    "red": (255, 0, 0),
    "green": (0, 255, 0),
    "blue": (0, 0, 255),
    "yellow": (255, 255, 0),
    "pink": (255, 102, 255),
    "cyan": (0, 255, 255),
    "purple": (76, 0, 127),
    "ocean": (25, 102, 127),
    "orange": (255, 153, 0),
    "white": (255, 255, 255),
}

# Whether points are inside, from their places (x to the right, y down) in a square of side 1.
SHAPES: Mapping[str, Callable[[np.ndarray, np.ndarray], np.ndarray]] = {
    "triangle": lambda x, y: abs(x - 0.5) < y / 2,
    "square": lambda x, y: np.full(x.shape, True),
    "plus": lambda x, y: (abs(x - 0.5) < 1 / 6) | (abs(y - 0.5) < 1 / 6),
    "circle": lambda x, y: np.hypot(x - 0.5, y - 0.5) < 0.5,
    "tee": lambda x, y: (abs(x - 0.5) < 1 / 6) | (y < 1 / 3),
    "rhombus": lambda x, y: abs(x - 0.75 + y / 2) < 0.25,
    "pentagon": lambda x, y: abs(x - 0.5) < np.minimum(1.25 * y, 0.5 - (y - 0.4) * 0.32),
    "star": lambda x, y: _in_star(abs(x - 0.5), y),
    "fivesquare": lambda x, y: (_third(x) + _third(y)) % 2 == 0,
    "trapezoid": lambda x, y: abs(x - 0.5) < 0.5 - 0.32 * y,
}


class Combination(NamedTuple):
    """What a picture shows, as numbers of shape, texture and colour, each in [0, 10)."""

    shape: int
    texture: int
    color: int


def draw_picture(look: Combination, draw: np.random.Generator) -> np.ndarray:
    """Draw a picture of a look, uint8 of shape (224, 224, 3).

    Angles, place and phase are drawn in this order whatever the look is; only random textures draw more.
    """
    turns = np.deg2rad(draw.integers(-_TURN, _TURN, size=2))
    place, phase = draw.random(2), draw.integers(_PERIOD, size=2)
    columns, rows = _covered(list(SHAPES.values())[look.shape], turns[0], place)
    # Textures are turned round the middle of the picture, and lie on a grid of whole pixels of their own.
    x, y = (np.rint(one).astype(int) for one in _turned(columns - SIDE / 2, rows - SIDE / 2, turns[1]))
    on = list(TEXTURES.values())[look.texture](x + phase[0], y + phase[1], draw)
    picture = np.full((SIDE, SIDE, 3), GREY, dtype=np.uint8)
    picture[rows[on], columns[on]] = list(COLORS.values())[look.color]
    return picture


def _covered(
    inside: Callable[[np.ndarray, np.ndarray], np.ndarray], turn: float, place: np.ndarray
) -> tuple[np.ndarray, np.ndarray]:
    """Return the columns and rows of the pixels in a shape, turned and placed so that all of its square is in sight."""
    reach = _SHAPE_SIDE / 2 * (abs(np.cos(turn)) + abs(np.sin(turn)))
    middle = reach + place * (SIDE - 2 * reach)
    across, down = (np.arange(int(one - reach), min(SIDE, int(one + reach) + 1)) for one in middle)
    x, y = _turned(across + 0.5 - middle[0], down[:, None] + 0.5 - middle[1], turn)
    x, y = x / _SHAPE_SIDE + 0.5, y / _SHAPE_SIDE + 0.5
    rows, columns = np.nonzero((abs(x - 0.5) < 0.5) & (abs(y - 0.5) < 0.5) & inside(x, y))
    return across[columns], down[rows]


def _turned(x: np.ndarray, y: np.ndarray, turn: float) -> tuple[np.ndarray, np.ndarray]:
    return x * np.cos(turn) + y * np.sin(turn), y * np.cos(turn) - x * np.sin(turn)


def _third(x: np.ndarray) -> np.ndarray:
    return (3 * x).astype(int)


def _in_star(aside: np.ndarray, y: np.ndarray) -> np.ndarray:
    """Whether points are inside a star of five points, from their distance to its axis and their height."""
    peak = (y < 0.4) & (aside < y / 4)
    arms = (y >= 0.4) & (y < 0.6) & (aside < 0.5 - 2.4 * (y - 0.4))
    legs = (y >= 0.55) & (aside < 0.17 + 0.43 * (y - 0.55)) & (aside > 1.05 * (y - 0.55) - 0.12)
    return peak | arms | legs


def _hexgrid(x: np.ndarray, y: np.ndarray) -> np.ndarray:
    slanted = np.floor(np.sqrt(3) * y).astype(int)
    return ((x + slanted) % _PERIOD < _FINE_LINE) | ((x - slanted) % _PERIOD < _FINE_LINE) | (y % _PERIOD < _FINE_LINE)


def _zigzags(x: np.ndarray, y: np.ndarray) -> np.ndarray:
    across, down = x % _PERIOD, y % _PERIOD
    across = np.where(y // _PERIOD % 2, _PERIOD - 1 - across, across) - down // 2
    return (across > 0) & (across < _PERIOD / 2)


def _pluses(x: np.ndarray, y: np.ndarray) -> np.ndarray:
    """Crosses as wide as the period, those of every other row shifted by half of it; gaps keep them apart."""
    half = _PERIOD // 2
    across, down = (x + half * (y // _PERIOD % 2)) % _PERIOD - half, y % _PERIOD - half
    return ((abs(across) < 1.5) & (down > -half)) | ((abs(down) < 1.5) & (across > -half))


def _field(draw: np.random.Generator, share: float) -> np.ndarray:
    return draw.random((_FIELD, _FIELD), dtype=np.float32) < share


def _noise(x: np.ndarray, y: np.ndarray, draw: np.random.Generator) -> np.ndarray:
    return _field(draw, 0.5)[y + SIDE, x + SIDE]


def _rain(x: np.ndarray, y: np.ndarray, draw: np.random.Generator) -> np.ndarray:
    began = _field(draw, _RAIN)
    return np.any([began[y + SIDE - above, x + SIDE] for above in range(_DROP)], axis=0)


def _regular(on: Callable[[np.ndarray, np.ndarray], np.ndarray]) -> Callable[..., np.ndarray]:
    """Return a texture that draws nothing."""
    return lambda x, y, draw: on(x, y)


# Whether a texture is on at whole pixels (x to the right, y down).
TEXTURES: Mapping[str, Callable[[np.ndarray, np.ndarray, np.random.Generator], np.ndarray]] = {
    "solid": _regular(lambda x, y: np.full(x.shape, True)),
    "stripes": _regular(lambda x, y: y % _PERIOD < _LINE),
    "grid": _regular(lambda x, y: (x % _PERIOD < _LINE) | (y % _PERIOD < _LINE)),
    "hexgrid": _regular(_hexgrid),
    "dots": _regular(lambda x, y: np.hypot(x % _PERIOD - _PERIOD // 2, y % _PERIOD - _PERIOD // 2) < _DOT),
    "noise": _noise,
    "triangles": _regular(lambda x, y: abs(x % _PERIOD - _PERIOD // 2) < y % _PERIOD // 2),
    "zigzags": _regular(_zigzags),
    "rain": _rain,
    "pluses": _regular(_pluses),
}
