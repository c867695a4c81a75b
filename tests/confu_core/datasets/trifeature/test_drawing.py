"""Pictures show the shape, texture and colour that they are said to show."""

from __future__ import annotations

import numpy as np
import pytest

from confu_core.datasets.trifeature.drawing import COLORS, GREY, SHAPES, SIDE, TEXTURES, Combination, draw_picture
from confu_core.random import generator

# Share of the square of 128 pixels that a shape covers: of areas known from geometry, in closed form.
AREAS = {
    "triangle": 1 / 2,
    "square": 1,
    "plus": 5 / 9,
    "circle": np.pi / 4,
    "tee": 5 / 9,
    "rhombus": 1 / 2,
    "fivesquare": 5 / 9,
    "trapezoid": 1 - 0.32,
}
# Share of the shape that a texture with a period of 10 pixels leaves on.
SHARES = {"solid": 1, "stripes": 0.3, "grid": 1 - 0.7**2, "noise": 0.5, "rain": 1 - 0.95**7}


def drawn(shape: str, texture: str, color: str, number: int = 0) -> np.ndarray:
    look = Combination(list(SHAPES).index(shape), list(TEXTURES).index(texture), list(COLORS).index(color))
    return draw_picture(look, generator(0, "test", number))


def on(picture: np.ndarray) -> np.ndarray:
    return (picture != GREY).any(2)


def test_there_are_ten_of_each() -> None:
    assert len(SHAPES) == len(TEXTURES) == len(COLORS) == 10
    assert COLORS["ocean"] == tuple(int(255 * one) for one in (0.1, 0.4, 0.5)) and COLORS["pink"] == (255, 102, 255)


@pytest.mark.parametrize("shape", AREAS)
def test_a_shape_has_its_area_wherever_it_lies(shape: str) -> None:
    for number in range(5):
        assert on(drawn(shape, "solid", "white", number)).sum() / 128**2 == pytest.approx(AREAS[shape], abs=0.01)


def test_shapes_differ() -> None:
    places = (np.arange(100) + 0.5) / 100
    masks = [inside(places[None].repeat(100, 0), places[:, None].repeat(100, 1)) for inside in SHAPES.values()]
    differ = [(one != other).mean() for at, one in enumerate(masks) for other in masks[:at]]
    assert min(differ) > 0.1


@pytest.mark.parametrize("texture", SHARES)
def test_a_texture_covers_its_share(texture: str) -> None:
    shares = [on(drawn("square", texture, "white", number)).sum() / 128**2 for number in range(5)]
    assert np.mean(shares) == pytest.approx(SHARES[texture], abs=0.02)


@pytest.mark.parametrize("texture", sorted(set(TEXTURES) - {"solid", "noise", "rain", "hexgrid"}))
def test_a_regular_texture_repeats_after_ten_pixels_or_two_rows_of_them(texture: str) -> None:
    x, y = np.meshgrid(np.arange(40), np.arange(40))
    pattern = TEXTURES[texture](x, y, np.random.default_rng(0))
    assert np.array_equal(pattern[:, 10:], pattern[:, :-10]) and np.array_equal(pattern[20:], pattern[:-20])
    assert 0.1 < pattern.mean() < 0.7


def test_textures_differ() -> None:
    x, y = np.meshgrid(np.arange(40), np.arange(40))
    patterns = [texture(x, y, np.random.default_rng(0)) for texture in TEXTURES.values()]
    assert min((one != other).mean() for at, one in enumerate(patterns) for other in patterns[:at]) > 0.1


@pytest.mark.parametrize("color", COLORS)
def test_a_picture_has_its_colour_and_grey_and_no_other(color: str) -> None:
    picture = drawn("star", "dots", color)
    assert picture.shape == (SIDE, SIDE, 3) and picture.dtype == np.uint8
    assert {tuple(map(int, one)) for one in np.unique(picture.reshape(-1, 3), axis=0)} == {GREY, COLORS[color]}


def test_a_turned_square_lies_within_the_picture_and_anywhere_in_it() -> None:
    edges = np.array(
        [
            [np.flatnonzero(on(picture).any(axis))[[0, -1]] for axis in (0, 1)]
            for picture in (drawn("square", "solid", "red", number) for number in range(60))
        ]
    )
    widths = edges[..., 1] - edges[..., 0] + 1
    assert widths.min() >= 126 and 178 <= widths.max() <= 182  # Not turned, and by 45 degrees: 128 times root 2.
    assert edges[..., 0].min() < 8 and edges[..., 1].max() > SIDE - 9
