"""Birds in flight and in their other stances: wings as field guides draw them, and bodies that are held right."""

from collections import Counter
from dataclasses import replace

import numpy as np
import pytest

from birdmml.picture.composition import FLYING, choose_setting, choose_shot, settings_of
from birdmml.picture.draft import number
from birdmml.picture.template import Build, Pose, bend, make_template
from birdmml.picture.wings import STATIONS
from birdmml.species import find_species, forms, shapes
from confu_core.random import generator

FLIERS = ("Chimney Swift", "Turkey Vulture", "Red-tailed Hawk", "Barn Swallow", "Common Tern", "Ring-billed Gull")


def flying(name, view):
    plumage = find_species(name).plumage
    patterns = (plumage.breast_pattern, plumage.back_pattern)
    marks = frozenset(plumage.colors) & {"wing_patch", "wing_bars"}
    template = make_template(plumage.shape, plumage.bill, plumage.tail, "none", marks, patterns, view)
    return template, bend(template, Pose(), Build())


def points_of(template, points, layer, part):
    strokes = [stroke for stroke in template.layers[layer] if stroke.label >> 2 == number(part)]
    return np.concatenate([points[stroke.start : stroke.stop] for stroke in strokes])


def shots(name, support, count=60):
    plumage = find_species(name).plumage
    setting = next(one for one in settings_of(plumage.shape)[0] if one.support == support)
    return [choose_shot(plumage, setting, generator(seed, "view"), shift=False) for seed in range(count)]


def test_planforms_are_complete_and_taper():
    for form in forms().planforms.values():
        assert len(form.lead) == len(form.width) == len(STATIONS)
        assert form.width[-1] < form.width[0] == 1
    assert {shape.planform for shape in shapes().values()} <= set(forms().planforms)
    assert shapes()["swift"].planform == "sickle"
    tips = [forms().planforms[name].lead[-1] for name in ("sickle", "pointed", "broad")]
    assert tips == sorted(set(tips))
    assert all(forms().planforms[shapes()[shape].planform].fingers for shape in ("hawk", "vulture"))


@pytest.mark.parametrize("name", FLIERS)
@pytest.mark.parametrize("view", FLYING)
def test_both_wings_are_spread_and_longer_than_they_are_deep(name, view):
    template, points = flying(name, view)
    near, far = (points_of(template, points, layer, "wing") for layer in ("wing", "under"))
    body = points[template.layers["silhouette"][0].start : template.layers["silhouette"][0].stop]
    for wing in (near, far):
        spread = np.linalg.svd(wing - wing.mean(axis=0), compute_uv=False)
        assert spread[0] > 1.7 * spread[1]
    low, high = body[:, 1].min(), body[:, 1].max()
    if view == "spread":  # A V: one wing back and one forward, both above the body.
        assert min(near[:, 1].max(), far[:, 1].max()) > high + 0.2
        assert near[:, 0].min() < far[:, 0].min()
    else:  # One above the body, one below.
        upper, lower = (near, far) if view == "below" else (far, near)
        assert upper[:, 1].max() > high + 0.4
        assert lower[:, 1].min() < low - 0.3


@pytest.mark.parametrize("view", FLYING)
def test_fliers_hold_their_body_level(view):
    for name in FLIERS:
        template, _ = flying(name, view)
        assert abs(np.degrees(template.frames.body.angle)) < 10
        assert "legs" not in {stroke.label >> 2 for stroke in template.layers["under"]}
    assert all(abs(shot.pose.roll) <= 10 for shot in shots("Turkey Vulture", "air"))


def test_a_flier_is_seen_in_every_view():
    assert {shot.stance for shot in shots("Chimney Swift", "air")} == set(FLYING)
    assert set(FLYING) < set(forms().views)


def test_pale_flight_feathers_reach_the_body_unless_the_tail_is_short():
    inward = {}
    for tail in ("rounded", "short"):
        plumage = replace(find_species("Turkey Vulture").plumage, tail=tail)
        template = make_template(
            "vulture", plumage.bill, tail, "none", frozenset(["wing_patch"]), ("plain",) * 2, "below"
        )
        patch = points_of(template, bend(template, Pose(), Build()), "wing", "wing_patch")
        inward[tail] = patch[:, 1].min()
    assert inward["short"] > inward["rounded"] + 0.5


def test_the_creeper_climbs_head_up_and_nuthatches_head_down():
    for name, stance in (("Brown Creeper", "cling"), ("White-breasted Nuthatch", "headlong")):
        assert {shot.stance for shot in shots(name, "trunk")} == {stance}
    assert all(shot.pose.roll == 0 for shot in shots("Brown Creeper", "trunk"))
    assert all(shot.pose.roll < -70 for shot in shots("White-breasted Nuthatch", "trunk"))


def test_stocky_herons_draw_their_neck_in():
    assert {shot.stance for shot in shots("Black-crowned Night Heron", "shallows")} == {"hunched"}
    assert {shot.stance for shot in shots("Great Blue Heron", "shallows")} == {"flat"}


def test_ducks_swim_nearly_always():
    activities = Counter(choose_setting("duck", float(draw)).activity for draw in np.linspace(0, 0.999, 400))
    assert activities["swimming"] > 0.95 * activities.total()
    assert shapes()["duck"].leg < 0.15
    assert shapes()["duck"].leg_at < shapes()["gull"].leg_at
