"""Plumage: parts have the colours that the table names, and a mark changes pixels only where it lies."""

from dataclasses import replace

import numpy as np
import pytest
from scipy import ndimage

from birdmml.picture.bird import coat, extent, paint_bird, part_map
from birdmml.picture.camera import NEUTRAL
from birdmml.picture.draft import LIGHT, NAMES, label, number
from birdmml.picture.template import Build, Pose, bend, fineness, make_template
from birdmml.species import MARKS, PARTS, find_species, load_species, words

SIZE = 320
REST = Pose()
WELL_MARKED = (
    *("Northern Cardinal", "Mallard", "Blue Jay", "American Robin", "Great Blue Heron", "Killdeer", "Downy Woodpecker"),
    *("American Goldfinch", "Black-capped Chickadee", "Canada Goose", "Bald Eagle", "Mourning Dove", "Cedar Waxwing"),
)


def bird(plumage, stance="grip", pose=REST):
    marks = frozenset(mark for mark in MARKS if mark in plumage.colors)
    patterns = (plumage.breast_pattern, plumage.back_pattern)
    template = make_template(plumage.shape, plumage.bill, plumage.tail, plumage.crest, marks, patterns, stance)
    points = bend(template, pose, Build())
    low, high = extent(template, points)
    unit = 0.9 * SIZE / float(max(high - low))
    flip = np.array([unit, -unit])
    points = (points * flip + SIZE / 2 - (low + high) / 2 * flip).astype(np.float32)
    bounds = extent(template, points)
    colors = coat(plumage, NEUTRAL, np.ones((len(NAMES), 3)))
    return paint_bird(template, points, bounds, colors, NEUTRAL, unit=unit, size=SIZE, phase=5)


def framed(layer, values):
    frame = np.zeros((SIZE, SIZE, *values.shape[2:]), dtype=values.dtype)
    frame[layer.row : layer.row + values.shape[0], layer.column : layer.column + values.shape[1]] = values
    return frame


@pytest.mark.parametrize("name", WELL_MARKED)
@pytest.mark.parametrize("yaw", [0, 35])
def test_parts_have_their_colours(name, yaw):
    plumage = find_species(name).plumage
    layer = bird(plumage, pose=Pose(yaw=yaw))
    plain = layer.labels % 4 == 0
    whole = plain[::2, ::2] & plain[1::2, 1::2]
    checked = 0
    for part in (*PARTS, *MARKS):
        quads = [layer.labels[i::2, j::2] >> 2 == number(part) for i in (0, 1) for j in (0, 1)]
        region = np.logical_and.reduce(quads) & whole
        if np.count_nonzero(region) < 40:
            continue
        checked += 1
        mean = layer.paint.colors[:, region].mean(axis=1)
        assert np.abs(mean - words().colors[plumage.colors[part]].rgb).max() < 24, part
    assert checked >= 6


@pytest.mark.parametrize("mark", MARKS)
def test_a_mark_changes_pixels_only_near_itself(mark):
    plumage = find_species("American Robin").plumage
    bare = replace(plumage, colors={part: plumage.colors[part] for part in PARTS})
    marked = replace(plumage, colors={**bare.colors, mark: "white"})
    before, after = bird(bare), bird(marked)
    changed = framed(before, before.labels[::2, ::2]) != framed(after, after.labels[::2, ::2])
    place = framed(after, part_map(after)) == number(mark)
    assert np.count_nonzero(place) > 15
    assert np.count_nonzero(changed) > 15
    rows, columns = np.nonzero(place)
    near = np.zeros_like(changed)
    near[rows.min() - 12 : rows.max() + 13, columns.min() - 12 : columns.max() + 13] = True
    assert not np.any(changed & ~near)


@pytest.mark.parametrize("mark", MARKS)
def test_marks_lie_on_the_bird(mark):
    plumage = find_species("American Robin").plumage
    bare = replace(plumage, colors={part: plumage.colors[part] for part in PARTS})
    marked = replace(plumage, colors={**bare.colors, mark: "white"})
    before, after = framed(*_parts(bird(bare))), framed(*_parts(bird(marked)))
    outside = (after == number(mark)) & (before == 0)
    assert np.count_nonzero(outside) <= 0.15 * np.count_nonzero(after == number(mark))


def _parts(layer):
    return layer, part_map(layer)


@pytest.mark.parametrize("species", load_species()[::12], ids=lambda species: species.common_name)
def test_every_part_is_in_the_drawing(species):
    shown = {NAMES[place] for place in np.unique(bird(species.plumage).labels >> 2)}
    # A closed wing or a cap may cover a part of the same name, never these.
    assert {"face", "breast", "belly", "wing", "tail", "bill", "pupil"} <= shown


@pytest.mark.parametrize("pattern", ["streaked", "spotted", "barred", "scaled"])
def test_patterns_lie_on_breast_and_back(pattern):
    plumage = replace(find_species("American Robin").plumage, breast_pattern=pattern, back_pattern=pattern)
    speckled = bird(plumage).labels
    speckled = speckled[speckled % 4 == 3] >> 2
    assert {NAMES[place] for place in np.unique(speckled)} <= {"breast", "belly", "flanks", "back", "wing"}
    assert len(speckled) > 300


@pytest.mark.parametrize("tail", words().tails)
@pytest.mark.parametrize("crest", words().crests)
def test_forms_differ(tail, crest):
    plumage = find_species("American Robin").plumage
    layer = bird(replace(plumage, tail=tail, crest=crest))
    bare = bird(replace(plumage, tail="square", crest="none"))
    same = layer.labels.shape == bare.labels.shape and np.array_equal(layer.labels, bare.labels)
    assert same == (tail == "square" and crest == "none")


def test_the_mirror_image_has_the_same_outline():
    plumage = find_species("Blue Jay").plumage
    right = framed(*_parts(bird(plumage))) > 0
    left = framed(*_parts(bird(plumage, pose=Pose(facing=-1)))) > 0
    overlap = np.count_nonzero(right & left[:, ::-1]) / np.count_nonzero(right | left)
    assert overlap < 1
    assert np.count_nonzero(right & left[:, ::-1]) > 0.93 * np.count_nonzero(right)


STANCES = ("grip", "flat", "hunched", "swim", "spread", "below", "above", "hover", "cling", "headlong")


@pytest.mark.parametrize("stance", STANCES)
def test_every_stance_of_every_species_draws(stance):
    for species in load_species()[::40]:
        layer = bird(species.plumage, stance=stance, pose=Pose(yaw=20, tilt=4, head_pitch=5))
        assert np.count_nonzero(layer.labels) > 2000


@pytest.mark.parametrize("stance", ["grip", "cling", "spread"])
def test_no_background_shows_through_the_throat(stance):
    for name in ("Great Horned Owl", "Brown Creeper", "Northern Flicker", "Chimney Swift", "Peregrine Falcon"):
        parts = part_map(bird(find_species(name).plumage, stance=stance, pose=Pose(head_pitch=14)))
        solid = (parts > 0) & (parts != number("legs")) & (parts != number("claw"))
        holes = np.count_nonzero(ndimage.binary_fill_holes(solid)) - np.count_nonzero(solid)
        assert holes < 0.004 * np.count_nonzero(solid), name


def test_an_eye_can_be_told_from_a_black_face():
    for name in ("American Crow", "American Redstart", "Red-winged Blackbird"):
        plumage = find_species(name).plumage
        colors = coat(plumage, NEUTRAL, np.ones((len(NAMES), 3))).astype(int)
        assert (colors[label("iris", LIGHT)] - colors[label("face")]).min() > 60
    pale = coat(find_species("Blue Jay").plumage, NEUTRAL, np.ones((len(NAMES), 3)))
    assert pale[label("iris", LIGHT)].max() < 60


def test_a_collar_of_sparrows_stays_on_the_nape():
    plumage = find_species("Lapland Longspur").plumage
    parts = part_map(bird(plumage))
    collar = np.nonzero(parts == number("collar"))[1].mean()
    assert collar < np.nonzero(parts == number("face"))[1].mean() < np.nonzero(parts == number("bill"))[1].mean()
    ringed = part_map(bird(replace(plumage, shape="jay"))) == number("collar")
    throat = np.nonzero(parts == number("throat"))[1].mean()
    assert np.nonzero(ringed)[1].max() > throat > np.nonzero(parts == number("collar"))[1].max()


@pytest.mark.parametrize("pattern", ["streaked", "spotted", "barred", "scaled"])
def test_patterns_are_finer_on_large_birds(pattern):
    def largest(length_cm):
        fine = fineness(length_cm)
        template = make_template("owl", "hooked", "short", "none", frozenset(), (pattern, "plain"), "grip", fine)
        strokes = template.layers["breast marks"]
        controls = bend(template, REST, Build())
        return len(strokes), max(np.ptp(controls[s.start : s.stop], axis=0).min() for s in strokes)

    (few, wide), (many, narrow) = largest(15), largest(66)
    assert many > few
    assert narrow < wide
    assert [fineness(cm) for cm in (9, 25, 40, 120)] == sorted({fineness(cm) for cm in (9, 25, 40, 120)})


def test_ducks_wear_a_spot_before_the_eye_or_a_patch_behind_it():
    for name, before in (("Common Goldeneye", True), ("Bufflehead", False)):
        parts = part_map(bird(find_species(name).plumage, stance="swim"))
        mask, eye = (np.nonzero(parts == number(part))[1].mean() for part in ("mask", "pupil"))
        assert (mask > eye) == before
