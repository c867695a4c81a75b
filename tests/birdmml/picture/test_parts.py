"""The pieces that pictures are made of, against slow references."""

import numpy as np
import pytest

from birdmml.picture.background import draw_background, scenery
from birdmml.picture.camera import Light, add_noise, blurred, shade
from birdmml.picture.composition import choose_setting, settings_of
from birdmml.picture.draft import curve_weights
from birdmml.picture.paint import Layer, color_table, filler, over, reduce_labels, upscale
from birdmml.picture.textures import crop, fray_mask, relief, sensor_noise
from birdmml.species import ACTIVITIES, BACKGROUNDS, shapes
from confu_core.random import generator

RANDOM = generator(0, "test", "picture parts")


def sample_curves(controls, places, weights):
    return np.einsum("sk,skn->sn", weights, controls[places])


def test_curves_go_through_their_control_points():
    points = RANDOM.random((7, 2))
    places, weights = curve_weights(points, steps=4)
    samples = sample_curves(points.astype(np.float32), places, weights)
    np.testing.assert_allclose(samples[::4], points, atol=1e-6)


def test_curves_are_affine():
    points = RANDOM.random((6, 2)).astype(np.float32)
    places, weights = curve_weights(points, sharp=(0, 3), steps=5)
    turn = np.array([[0.3, -2], [1, 0.4]], dtype=np.float32)
    moved = sample_curves(points @ turn + 3, places, weights)
    np.testing.assert_allclose(moved, sample_curves(points, places, weights) @ turn + 3, atol=1e-5)


def test_reduced_labels_match_a_loop():
    labels = RANDOM.integers(0, 5, (12, 16)).astype(np.uint8)
    labels[:, 6:] = 2
    colors = RANDOM.integers(0, 256, (5, 3))
    layer = reduce_labels(labels, color_table(colors))
    colors[0] = 0
    for row in range(6):
        for column in range(8):
            quad = labels[2 * row : 2 * row + 2, 2 * column : 2 * column + 2].ravel()
            assert layer.colors[:, row, column].tolist() == (colors[quad].sum(axis=0) // 4).tolist()
            assert layer.opacity[row, column] == np.count_nonzero(quad) * 255 // 4


def test_over_replaces_where_opaque_and_keeps_where_clear():
    frame = RANDOM.integers(0, 256, (3, 6, 6)).astype(np.uint8)
    before = frame.copy()
    opacity = np.array([[255, 0], [128, 255]], dtype=np.uint16)
    over(frame, Layer(np.full((3, 2, 2), 90, dtype=np.uint16) * (opacity > 0), opacity), 1, 2)
    assert (frame[:, 1, 2] == 90).all()
    assert (frame[:, 1, 3] == before[:, 1, 3]).all()
    assert (frame[:, 4:] == before[:, 4:]).all()


@pytest.mark.parametrize("factor", [1, 2, 4])
@pytest.mark.parametrize("shape", [(16, 16), (13, 7)])
def test_upscale_is_bilinear(factor, shape):
    height, width = shape
    small = RANDOM.integers(0, 256, (3, -(-height // factor) + 1, -(-width // factor) + 1)).astype(np.uint8)
    large = upscale(small, factor, height, width)
    assert large.shape == (3, height, width)
    y, x = np.arange(height) / factor, np.arange(width) / factor
    rows = np.stack(
        [[np.interp(y, np.arange(small.shape[1]), column) for column in plane.T] for plane in small.astype(float)]
    )
    expected = np.stack([[np.interp(x, np.arange(small.shape[2]), row) for row in plane.T] for plane in rows])
    assert np.abs(large - expected).max() <= 3


def test_windows_of_textures_wrap_around():
    texture = relief("feathers")
    assert np.array_equal(texture[:512, :512], texture[512:, 512:])
    assert np.array_equal(crop(texture, 5, 5, 510, 3), crop(texture, 5, 5, -2, 515))
    assert crop(texture, 700, 900, 500, 400).shape == (700, 900)
    assert set(np.unique(fray_mask())) == {0, 255}


def test_noise_has_the_deviation_that_it_reports():
    flat = np.full((3, 200, 200), 128, dtype=np.uint8)
    noisy, sigma = add_noise(flat, 5.03, 3, 4)
    assert sigma == 5.0
    assert noisy.std() == pytest.approx(5.0, rel=0.05)
    assert sensor_noise().std() == pytest.approx(32, rel=0.03)


@pytest.mark.parametrize("sigma", [0.3, 0.7, 1.1, 2.0])
def test_blur_has_the_deviation_that_it_reports(sigma):
    point = np.zeros((3, 41, 41), dtype=np.uint8)
    point[:, :, 20] = 255
    soft, applied = blurred(point, sigma, motion=False)
    line = soft[0, 20].astype(float)
    places = np.arange(41) - 20
    assert applied == pytest.approx(sigma, abs=0.06)
    assert np.sqrt((line * places**2).sum() / line.sum()) == pytest.approx(applied, rel=0.12)


def test_light_comes_from_above_and_from_its_side():
    y, x = np.mgrid[-40:40, -40:40]
    disc = ((x**2 + y**2 < 900) * 255).astype(np.uint16)
    shaded = shade(disc, Light(side=0.0, strength=1.0), 28)
    assert shaded[18, 40] > shaded[40, 40] > shaded[62, 40]
    aside = shade(disc, Light(side=1.0, strength=1.0), 28)
    assert aside[40, 60] > aside[40, 20]
    flat = shade(disc, Light(strength=0.0), 28)
    assert np.all(np.abs(flat - 128) <= 1)


def test_every_shape_has_an_anatomy_and_a_place():
    for shape in shapes():
        settings, shares = settings_of(shape)
        assert shares[-1] == pytest.approx(1)
        assert choose_setting(shape, 0.0) == settings[0]
        assert choose_setting(shape, 0.999999) == settings[-1]
        assert {setting.background for setting in settings} <= set(BACKGROUNDS)
        assert {setting.activity for setting in settings} <= set(ACTIVITIES)


@pytest.mark.parametrize("kind", BACKGROUNDS)
def test_every_background_has_looks_and_depends_on_its_generator_alone(kind):
    look = np.array(scenery().looks[kind][0])
    first = draw_background(kind, 64, look, generator(0, kind), 0.5)
    assert np.array_equal(first, draw_background(kind, 64, look, generator(0, kind), 0.5))
    assert not np.array_equal(first, draw_background(kind, 64, look, generator(1, kind), 0.5))
    assert not {*scenery().looks[kind]} & {*scenery().shifted_looks[kind]}


def test_a_canvas_draws_into_the_array():
    labels = np.zeros((20, 20), dtype=np.uint8)
    filler(labels)(np.array([[2, 2], [17, 2], [17, 17], [2, 17]], dtype=np.float32), 9, 1)
    assert labels[10, 10] == 9
    assert labels[0, 0] == 0
