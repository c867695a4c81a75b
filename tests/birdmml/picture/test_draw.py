"""Pictures: the same bytes from the same generators, at any size, of every shape, with facts that are true."""

import numpy as np
import pytest

from birdmml.picture import draw as drawing
from birdmml.picture import draw_picture, encode_jpeg
from birdmml.picture.draft import NAMES, number
from birdmml.species import ACTIVITIES, BACKGROUNDS, MARKS, PARTS, Plumage, find_species, load_species, shapes
from confu_core.errors import InvalidValue
from confu_core.random import generator

CARDINAL = find_species("Northern Cardinal").plumage
BY_SHAPE = {species.plumage.shape: species.plumage for species in load_species()}


def plain(shape):
    colors = dict.fromkeys(PARTS, "gray") | {"belly": "white", "breast": "buff"}
    return BY_SHAPE.get(shape, Plumage(shape, 20, "thin", "square", "none", colors))


def picture_of(plumage, seed=0, **options):
    streams = {name: generator(seed, name, plumage.shape) for name in ("individual", "scene", "view")}
    return draw_picture(plumage, **streams, **options)


@pytest.fixture
def layers(monkeypatch):
    """What `paint_bird` drew, for every picture of the test."""
    seen = []
    paint = drawing.paint_bird

    def spy(*args, **kwargs):
        seen.append(paint(*args, **kwargs))
        return seen[-1]

    monkeypatch.setattr(drawing, "paint_bird", spy)
    return seen


@pytest.mark.parametrize("shape", shapes())
def test_same_generators_same_bytes_whatever_was_drawn_before(shape):
    first, facts = picture_of(plain(shape), seed=3)
    picture_of(CARDINAL, seed=9, size=100)
    again, same = picture_of(plain(shape), seed=3)
    assert first.tobytes() == again.tobytes()
    assert facts == same


@pytest.mark.parametrize("stream", ["individual", "scene", "view"])
def test_each_generator_matters(stream):
    streams = {name: generator(0, name) for name in ("individual", "scene", "view")}
    first, _ = draw_picture(CARDINAL, **streams)
    streams = {name: generator(0, name) for name in ("individual", "scene", "view")} | {stream: generator(1, stream)}
    second, _ = draw_picture(CARDINAL, **streams)
    assert np.abs(first.astype(int) - second).max() > 3


@pytest.mark.parametrize("size", [16, 32, 57, 224, 500])
@pytest.mark.parametrize("name", ["Northern Cardinal", "Mallard", "Great Blue Heron", "Chimney Swift"])
def test_any_size(size, name):
    picture, facts = picture_of(find_species(name).plumage, seed=1, size=size)
    assert picture.shape == (size, size, 3)
    assert picture.dtype == np.uint8
    assert picture.flags.c_contiguous
    assert picture.std() > 4
    assert facts.background in BACKGROUNDS
    assert facts.activity in ACTIVITIES


def test_a_smaller_picture_shows_the_same():
    large, _ = picture_of(CARDINAL, seed=2, size=448)
    small, _ = picture_of(CARDINAL, seed=2, size=224)
    reduced = large.reshape(224, 2, 224, 2, 3).mean(axis=(1, 3))
    assert np.corrcoef(reduced.ravel(), small.ravel())[0, 1] > 0.9


@pytest.mark.parametrize("size", [15, 0, -3, 20.5, True])
def test_a_size_that_cannot_be_drawn_is_named(size):
    with pytest.raises(InvalidValue, match=r"^size must be a whole number of pixels, at least 16; got "):
        picture_of(CARDINAL, size=size)


@pytest.mark.parametrize("shape", shapes())
def test_the_bird_fills_a_sane_share_of_the_frame(shape, layers):
    for seed in range(8):
        picture_of(plain(shape), seed=seed, size=96, shift=seed % 2 == 1)
    shares = [np.count_nonzero(layer.labels) / (4 * 96 * 96) for layer in layers]
    assert min(shares) > 0.02
    assert max(shares) < 0.8
    assert 0.05 < np.mean(shares) < 0.6


def test_facts_name_only_what_the_label_map_shows(layers):
    for seed, species in enumerate(load_species()[::9]):
        plumage = species.plumage
        _, facts = picture_of(plumage, seed=seed)
        shown = {NAMES[place] for place in np.unique(layers[-1].labels >> 2)}
        assert facts.visible <= shown
        assert facts.visible <= set(plumage.colors) & {*PARTS, *MARKS}
        assert 0 <= facts.occlusion < 1
        if facts.occlusion == 0:
            counts = np.bincount((layers[-1].labels >> 2).ravel(), minlength=64)
            large = {name for name in (*PARTS, *MARKS) if counts[number(name)] > 0.02 * counts[1:].sum()}
            assert large <= facts.visible


def test_legs_are_seen_on_land_and_not_in_water():
    mallard = find_species("Mallard").plumage
    for seed in range(12):
        _, facts = picture_of(mallard, seed=seed)
        if facts.activity == "swimming":
            assert "legs" not in facts.visible
    dove = [picture_of(find_species("Mourning Dove").plumage, seed=seed)[1] for seed in range(12)]
    assert sum("legs" in facts.visible for facts in dove) >= 8


def test_what_is_hidden_is_measured(layers):
    found = 0
    for seed in range(40):
        _, facts = picture_of(CARDINAL, seed=seed)
        found += facts.occlusion > 0.02
    assert 2 <= found <= 25


@pytest.mark.parametrize("name", ["Northern Cardinal", "Great Horned Owl", "Mallard"])
def test_birds_face_both_ways_and_are_seen_in_both_views(name):
    facts = [picture_of(find_species(name).plumage, seed=seed, size=32)[1] for seed in range(40)]
    assert {fact.facing for fact in facts} == {"left", "right"}
    assert {fact.view for fact in facts} == {"side", "three-quarter"}


def test_the_bill_points_where_the_facts_say(layers):
    heron = find_species("Great Blue Heron").plumage
    for seed in range(10):
        _, facts = picture_of(heron, seed=seed)
        parts = layers[-1].labels >> 2
        bill = np.nonzero(parts == number("bill"))[1].mean()
        tail = np.nonzero(parts == number("tail"))[1].mean()
        assert (bill > tail) == (facts.facing == "right")


def test_noise_and_blur_are_as_the_facts_say(monkeypatch):
    shots = []
    shoot = drawing._shoot
    monkeypatch.setattr(drawing, "_shoot", lambda frame, shot: shots.append((frame.copy(), shot)) or shoot(frame, shot))
    plumage = find_species("American Robin").plumage
    for seed in range(6):
        picture, facts = picture_of(plumage, seed=seed)
        sharp, shot = shots[-1]
        flat = drawing._shoot(np.full_like(sharp, 128), shot)[0]
        assert flat.std() == pytest.approx(facts.noise, rel=0.12, abs=0.3)
        line = np.zeros_like(sharp)
        line[:, :, 112] = 255
        spread = drawing.blurred(line, facts.blur, motion=True)[0][0, 50].astype(float)
        if facts.blur:
            places = np.arange(224) - 112
            assert np.sqrt((spread * places**2).sum() / spread.sum()) == pytest.approx(facts.blur, rel=0.1, abs=0.04)
    assert picture.shape == (224, 224, 3)


def test_sex_is_recorded():
    assert picture_of(find_species("Mallard").female, sex="female")[1].sex == "female"


def test_shift_changes_the_place_and_keeps_the_bird(layers):
    usual, _ = picture_of(CARDINAL, seed=4)
    shifted, _ = picture_of(CARDINAL, seed=4, shift=True)
    assert np.abs(usual.astype(int) - shifted).mean() > 5
    assert layers[0].labels.shape == layers[1].labels.shape


def test_jpeg_is_small_and_close():
    import io

    from PIL import Image

    picture, _ = picture_of(CARDINAL, seed=1)
    file = encode_jpeg(picture, 92)
    decoded = np.asarray(Image.open(io.BytesIO(file))).astype(int)
    assert np.abs(decoded - picture).mean() < 6
    assert len(encode_jpeg(picture, 40)) < len(file) < picture.nbytes / 3
    with pytest.raises(InvalidValue, match=r"^quality must be in \[1, 100\]; got 0$"):
        encode_jpeg(picture, 0)
