"""Designs: who shares what, samples that follow the law, and the exact structure against enumeration."""

from __future__ import annotations

import math
from collections import Counter
from dataclasses import asdict

import numpy as np
import pytest

from birdmml.data import design_of
from birdmml.design import GROUPS, Design, Shares, Unit
from birdmml.placement import make_design
from birdmml.presets import preset
from birdmml.theory import additive_ceilings, structure
from confu_core.additive import additive_accuracy
from confu_core.errors import InvalidValue
from confu_core.information import bayes_accuracy, decompose, entropy, mutual_information
from confu_core.orders import connected_information, guess_accuracy, order_law
from confu_core.random import generator


def make(species: int, seed: int = 0, **options: object) -> Design:
    source = np.random.default_rng(seed)
    looks, songs = source.normal(size=(2, species, 6))
    return make_design(looks, songs, [f"bird {i}" for i in range(species)], **options)  # type: ignore[arg-type]


def enumerated(design: Design) -> np.ndarray:
    """The joint law of species and shown types over all types, by adding up every way in which a sample can arise."""
    size = len(design.names)
    law = np.zeros((size, size, size))
    for unit in design.units:
        looks, songs = design.types[unit.group]
        for position, species in enumerate(unit.species):
            for (look, song), probability in ways(design, unit, position).items():
                for shown_look, image in shown(look, looks, design.image_noise).items():
                    for shown_song, audio in shown(song, songs, design.audio_noise).items():
                        law[species, shown_look, shown_song] += design.weights[species] * probability * image * audio
    return law


def ways(design: Design, unit: object, position: int) -> Counter[tuple[int, int]]:
    found: Counter[tuple[int, int]] = Counter()
    if unit.cells:  # type: ignore[attr-defined]
        look, song = unit.cells[position]  # type: ignore[attr-defined]
        found[unit.looks[look], unit.songs[song]] = 1.0  # type: ignore[attr-defined]
        return found
    size = len(unit.species)  # type: ignore[attr-defined]
    for other in range(size):
        found[unit.looks[other], unit.songs[(position - other) % size]] += design.p / size  # type: ignore[attr-defined]
        found[unit.looks[position], unit.songs[other]] += (1 - design.p) / size  # type: ignore[attr-defined]
    return found


def shown(true: int, types: tuple[int, ...], noise: float) -> dict[int, float]:
    others = len(types) - 1
    return {t: (1 - noise if others else 1.0) if t == true else noise / others for t in types}


def test_every_species_is_in_one_unit_and_types_are_never_shared_between_units() -> None:
    design = make(47)
    assert sorted(row for unit in design.units for row in unit.species) == list(range(47))
    for kind in ("looks", "songs"):
        types = [t for unit in design.units for t in getattr(unit, kind)]
        assert len(types) == len(set(types))
    assert {unit.group for unit in design.units} == set(GROUPS)


def test_units_are_what_their_group_says() -> None:
    for unit in make(60).units:
        n = len(unit.species)
        sizes = len(unit.looks), len(unit.songs)
        if unit.group == "redundant":
            assert (n, *sizes) == (1, 1, 1)
        elif unit.group == "image-unique":
            assert sizes == (n, 1)
        elif unit.group == "audio-unique":
            assert sizes == (1, n)
        elif unit.group == "complement":
            assert max(sizes) < n <= sizes[0] * sizes[1]
            assert len(set(unit.cells)) == n
        else:
            assert sizes == (n, n)
        assert set(unit.looks) | set(unit.songs) <= set(unit.species)


def test_those_who_look_alike_share_their_looks() -> None:
    looks = np.arange(20.0)[:, None] * 10
    looks[[3, 11, 17]] = [[500.0], [500.1], [500.2]]
    design = make_design(looks, looks[::-1], [str(i) for i in range(20)], shares=Shares(0.85, 0, 0.15, 0, 0))
    unit = next(unit for unit in design.units if unit.group == "audio-unique")
    assert unit.species == (3, 11, 17)


@pytest.mark.parametrize("noise", [(0.0, 0.0), (0.1, 0.0), (0.07, 0.2)])
@pytest.mark.parametrize("p", [0.0, 0.3, 1.0])
def test_structure_is_that_of_the_enumerated_law(p: float, noise: tuple[float, float]) -> None:
    weights = np.linspace(1, 2, 20)
    design = make(20, p=p, image_noise=noise[0], audio_noise=noise[1], weights=weights)
    law = enumerated(design)
    assert law.sum() == pytest.approx(1)
    found = structure(design).overall
    image, audio = law.sum(2), law.sum(1)
    assert found.bayes_image == pytest.approx(bayes_accuracy(image))
    assert found.bayes_audio == pytest.approx(bayes_accuracy(audio))
    assert found.bayes_both == pytest.approx(bayes_accuracy(law))
    assert found.single_ceiling == max(found.bayes_image, found.bayes_audio)
    # The law of the pairs of all species together, and not group by group.
    pairs = order_law(law, 2)
    assert found.pairwise_ceiling == pytest.approx(guess_accuracy(law, pairs, [1, 2], 0), abs=1e-9)
    assert found.connected_information == pytest.approx(connected_information(law), abs=1e-9)
    assert found.mi_image == pytest.approx(mutual_information(image))
    assert found.mi_audio == pytest.approx(mutual_information(audio))
    assert found.mi_both == pytest.approx(mutual_information(law.reshape(20, -1)))
    assert found.mi_image_audio == pytest.approx(mutual_information(law.sum(0)))
    single = sum(entropy(law.sum(axes)) for axes in [(1, 2), (0, 2), (0, 1)])
    assert found.total_correlation == pytest.approx(single - entropy(law))
    assert sum(asdict(found.atoms).values()) == pytest.approx(found.mi_both)


@pytest.mark.parametrize("noise", [0.0, 0.15])
def test_atoms_of_all_groups_together_are_those_of_the_whole_law(noise: float) -> None:
    """Groups are decomposed one by one; the decomposition of the whole table must be the same."""
    design = make(12, shares=Shares(0.25, 0, 0, 0.5, 0.25), p=0.6, image_noise=noise)
    whole = asdict(decompose(enumerated(design)))
    assert asdict(structure(design).overall.atoms) == pytest.approx(whole, abs=1e-6)


def test_an_xor_unit_has_the_closed_forms_of_the_task() -> None:
    found = structure(make(4, shares=Shares(xor=1.0), p=0.7)).overall
    assert found.bayes_both == pytest.approx(0.7 + 0.3 / 4)
    assert found.bayes_image == pytest.approx(1 - 0.7 + 0.7 / 4)
    assert found.bayes_audio == pytest.approx(1 / 4)
    assert found.mi_audio == pytest.approx(0.0, abs=1e-12)
    assert found.atoms.redundancy == pytest.approx(0.0, abs=1e-12)


@pytest.mark.parametrize(
    ("p", "pairwise", "bayes", "beyond"),
    [(0.75, 0.4375, 0.8125, 0.8815), (0.5, 0.625, 0.625, 0.5537), (1, 0.25, 1, math.log(4))],
)
def test_the_preset_xor_has_the_ceilings_of_the_task(p: float, pairwise: float, bayes: float, beyond: float) -> None:
    found = structure(design_of(preset("xor", {"p": p}))).overall
    assert (found.single_ceiling, found.pairwise_ceiling, found.bayes_both) == pytest.approx(
        (pairwise, pairwise, bayes)
    )
    assert found.connected_information[3] == pytest.approx(beyond, abs=6e-5)
    assert found.higher_order_headroom == pytest.approx(bayes - pairwise)


@pytest.mark.parametrize("noise", [0.0, 0.1])
def test_only_the_xor_group_holds_what_no_pairs_tell(noise: float) -> None:
    """Elsewhere look and song are independent given the species, so that pairs are everything."""
    found = structure(make(40, image_noise=noise, audio_noise=noise / 2, weights=np.linspace(1, 3, 40)))
    for name, group in found.groups.items():
        added = group.connected_information
        assert sum(added.values()) == pytest.approx(group.total_correlation, abs=1e-9)
        assert (added[3] > 0.1) == (name == "xor") == (group.higher_order_headroom > 0.1)
        assert name == "xor" or (added[3], group.higher_order_headroom) == pytest.approx((0, 0), abs=1e-9)
    assert sum(found.overall.connected_information.values()) == pytest.approx(found.overall.total_correlation)


@pytest.mark.parametrize(("species", "best"), [(2, 3 / 4), (3, 7 / 9), (4, 3 / 4), (5, 19 / 25), (7, 16 / 21)])
def test_sums_of_scores_are_right_more_often_than_the_pairs_in_xor_units(species: int, best: float) -> None:
    found = additive_ceilings(make(species, shares=Shares(xor=1.0)))  # Seven are units of four and three.
    assert found == pytest.approx({"xor": best, "all": best})


@pytest.mark.parametrize("noise", [0.0, 0.1])
def test_additive_ceilings_of_groups_and_of_all(noise: float) -> None:
    """Where pairs tell everything their guess is a sum; in a group of units that noise mixes it is not computed."""
    design = make(12, p=0.8, image_noise=noise, shares=Shares(0.25, 0.25, 0.25, 0, 0.25), weights=np.linspace(1, 2, 12))
    found, exact = additive_ceilings(design), structure(design)
    for name, group in exact.groups.items():
        one = found[name]
        assert one is not None and group.pairwise_ceiling - 1e-9 <= one <= group.bayes_both + 1e-9
        assert (group.pairwise_ceiling + 0.05 < one < group.bayes_both - 0.05) == (name == "xor")
    law = design.law("xor")
    assert found["xor"] == pytest.approx(additive_accuracy(law / law.sum(), [1, 2], 0))
    mean = sum(group.probability * found[name] for name, group in exact.groups.items())  # type: ignore[operator]
    assert found["all"] == pytest.approx(mean)
    six = make(6, shares=Shares(xor=1.0), audio_noise=noise)
    assert (additive_ceilings(six)["all"] is None) == (noise > 0)


def test_fifty_species_a_fifth_of_which_are_xor_in_fives() -> None:
    alone = [Unit("redundant", (row,), (row,), (row,), ((0, 0),)) for row in range(40)]
    fives = [Unit("xor", rows, rows, rows) for rows in (tuple(range(40, 45)), tuple(range(45, 50)))]
    found = structure(Design(tuple(map(str, range(50))), (*alone, *fives), (1 / 50,) * 50)).overall
    assert (found.pairwise_ceiling, found.bayes_both) == pytest.approx((0.84, 1.0), abs=1e-9)
    assert found.connected_information[3] == pytest.approx(0.3219, abs=6e-5)


def test_the_default_leaves_much_of_the_scale_to_what_no_pairs_tell() -> None:
    for name, least in (("small", 12 / 26 * 2 / 3), ("tiny", 1 / 4), ("xor", 3 / 4)):
        found = structure(design_of(preset(name))).overall
        assert found.bayes_both == pytest.approx(1) and found.higher_order_headroom == pytest.approx(least)


def test_samples_follow_the_law() -> None:
    design = make(20, p=0.6, image_noise=0.2, audio_noise=0.1)
    law, draws = enumerated(design), 400
    for species in range(20):
        seen = np.zeros((20, 20))
        for i in range(draws):
            latents = design.draw(species, generator(0, "draw", species, i))
            seen[latents.shown_look, latents.shown_song] += 1
        expected = law[species] / law[species].sum() * draws
        assert (seen[expected == 0] == 0).all()
        # Chi-square with fewer than 64 degrees of freedom; 130 is far beyond what chance gives.
        assert ((seen - expected)[expected > 0] ** 2 / expected[expected > 0]).sum() < 130


def test_a_gate_says_whether_the_species_is_the_sum() -> None:
    design = make(8, shares=Shares(xor=1.0), p=0.5)
    gates = 0
    for i in range(300):
        latents = design.draw(i % 8, generator(1, i))
        unit, position = design.place[i % 8]
        total = unit.looks.index(latents.look) + unit.songs.index(latents.song)
        assert (total % len(unit.species) == position) if latents.gate else (latents.look == i % 8)
        gates += latents.gate
    assert 110 < gates < 190


@pytest.mark.parametrize(
    ("shares", "message"),
    [
        ({"redundant": 0.5, "xor": 0.2}, r"shares must add up to 1; got 0.7 \(redundant 0.5, xor 0.2\)"),
        ({"redundant": 1.5, "xor": -0.5}, r"the share of redundant must be in \[0, 1\]; got 1.5"),
    ],
)
def test_shares_out_of_range_are_refused(shares: dict[str, float], message: str) -> None:
    with pytest.raises(InvalidValue, match=message):
        Shares(**shares)


def test_a_group_whose_law_is_too_large_says_which_dial_to_turn() -> None:
    shares, vectors = Shares(redundant=0.2, xor=0.8), np.zeros((202, 1))
    said = (
        r"shares must leave xor a law of at most 4,194,304 cells .*; got 162 x 162 x 162: lower its share, or species"
    )
    with pytest.raises(InvalidValue, match=f"^{said}$"):
        make_design(vectors, vectors, ["bird"] * 202, shares=Shares(redundant=40 / 202, xor=162 / 202))
    assert len(make_design(vectors[1:], vectors[1:], ["bird"] * 201, shares=shares).types["xor"][0]) == 161


def test_groups_too_small_for_their_kind_say_what_to_do() -> None:
    with pytest.raises(InvalidValue, match="xor must have at least 2 species; its share 0.05 of 20 gives 1: raise"):
        make(20, shares=Shares(redundant=0.95, xor=0.05))
    with pytest.raises(InvalidValue, match="complement must have at least 4 species"):
        make(10, shares=Shares(redundant=0.7, complement=0.3))
    with pytest.raises(InvalidValue, match=r"p must be in \[0, 1\]; got 1.2"):
        make(20, p=1.2)
