"""What readings of descriptions make of scorers whose numbers are known: by the exact law, and by pairs alone."""

from __future__ import annotations

from itertools import product

import numpy as np
import pytest
import torch

from birdmml.caption import CaptionDials
from birdmml.caption.facts import LOOK_SLOTS, NATURE_SLOTS, SONG_SLOTS
from birdmml.design import GROUPS, Design, Shares, Unit
from birdmml.placement import make_design
from birdmml.sample import PROMPTS_PER_SPECIES
from confu_core.evaluation.classification import zero_shot

NOTHING = -1  # What a text does not say.
LEAST = -20.0  # A score over its temperature is bounded.
Text = tuple[int, int, int]  # Species, look and song that it tells of.


def group_of(group: str, p: float = 1.0, noise: float = 0.0) -> Design:
    species = 8 if group == "xor" else 6
    vectors = np.random.default_rng(0).normal(size=(species, 3))
    shares = Shares(**{group.replace("-", "_"): 1.0})
    names = [f"bird {i}" for i in range(species)]
    return make_design(vectors, vectors[::-1], names, shares=shares, p=p, image_noise=noise, audio_noise=noise)


def said_shares(group: str) -> tuple[float, float, float]:
    """The shares of texts that tell of species, look and song. In xor units they tell of the species alone."""
    if group == "xor":
        return 1.0, 0.0, 0.0
    dials = CaptionDials()
    shares = ((dials.nature, NATURE_SLOTS), (dials.marks, LOOK_SLOTS), (dials.song, SONG_SLOTS))
    nature, marks, song = (1 - (1 - share) ** slots for share, slots in shares)
    return nature, marks, song


def text_law(table: np.ndarray, said: tuple[float, float, float]) -> tuple[list[Text], np.ndarray]:
    """All texts of a group, and the joint law of text, look and song, of shape (texts, looks, songs)."""
    sides = [
        [*range(size), NOTHING] if 0 < share < 1 else [*range(size)] if share else [NOTHING]
        for size, share in zip(table.shape, said, strict=True)
    ]
    texts, laws = list(product(*sides)), []
    for text in texts:
        told = table
        for axis, (fact, share) in enumerate(zip(text, said, strict=True)):
            keep = np.ones(table.shape[axis]) if fact == NOTHING else np.arange(table.shape[axis]) == fact
            told = told * keep.reshape([-1 if at == axis else 1 for at in range(3)])
            told = told * (1 - share if fact == NOTHING else share)
        laws.append(told.sum(0))
    return texts, np.stack(laws)


def pairwise_law(table: np.ndarray) -> np.ndarray:
    """The law of greatest entropy with the same marginals of every two, by iterative proportional fitting."""
    fitted = np.ones_like(table)
    for _ in range(300):
        for axis in range(3):
            have, want = fitted.sum(axis, keepdims=True), table.sum(axis, keepdims=True)
            fitted = fitted * np.divide(want, have, out=np.zeros_like(want), where=have > 0)
        if all(np.allclose(fitted.sum(axis), table.sum(axis), rtol=0, atol=1e-12) for axis in range(3)):
            break
    return fitted


def log_ratio(law: np.ndarray) -> np.ndarray:
    """The optimum of InfoNCE: the logarithm of p(text | look, song) / p(text), bounded."""
    product_of = law.sum((1, 2), keepdims=True) * law.sum(0, keepdims=True)
    ratio = np.divide(law, product_of, out=np.zeros_like(law), where=product_of > 0)
    return np.maximum(np.log(np.maximum(ratio, 1e-300)), LEAST)


def descriptions(design: Design, group: str, said: tuple[float, float, float], seed: int = 0) -> list[tuple[Text, int]]:
    """Sixteen per species: of the looks and songs that its law draws, as far as a text tells of them."""
    random = np.random.default_rng(seed)
    rows = [row for unit in design.units for row in unit.species]
    looks, songs = design.types[group]
    found = []
    for place, row in enumerate(rows):
        for _ in range(PROMPTS_PER_SPECIES):
            drawn = design.draw(row, random)
            facts = (place, looks.index(drawn.look), songs.index(drawn.song))
            told = random.random(3) < said
            found.append((tuple(fact if one else NOTHING for fact, one in zip(facts, told, strict=True)), place))
    return found


def reading(table: np.ndarray, scores: np.ndarray, described: list[int], ensemble: str) -> float:
    """The accuracy under a law of (species, look, song), with scores of shape (prompts, looks, songs)."""
    rows = np.argwhere(table > 0)
    asked = torch.from_numpy(scores[:, rows[:, 1], rows[:, 2]].T.copy())
    found = zero_shot(asked, described, rows[:, 0], len(table), ensemble=ensemble)
    return float(found.correct @ table[tuple(rows.T)])


def guess(table: np.ndarray, by: np.ndarray) -> float:
    """The accuracy under a law of the species that another law holds most probable."""
    best = np.isclose(by, by.max(0), rtol=1e-6, atol=0)
    return float((table * best / best.sum(0)).sum())


CASES = [(group, 1.0, 0.0) for group in GROUPS] + [("xor", p, 0.0) for p in (0.0, 0.25, 0.5, 0.75)]
NOISY = [(group, 1.0, 0.1) for group in GROUPS] + [("xor", 0.75, 0.1)]


@pytest.mark.parametrize(("group", "p", "noise"), [*CASES, *NOISY])
def test_the_headline_reading_keeps_the_exact_law_and_adds_nothing_to_pairs(group: str, p: float, noise: float) -> None:
    design = group_of(group, p, noise)
    table, said = design.law(group), said_shares(group)
    bayes, pairwise = guess(table, table), guess(table, pairwise_law(table))
    texts, law = text_law(table, said)
    assert law.sum() == pytest.approx(1)
    known, by_pairs = log_ratio(law), log_ratio(pairwise_law(law))
    told = descriptions(design, group, said)
    places, described = [texts.index(text) for text, _ in told], [label for _, label in told]
    exact, additive = (reading(table, scores[places], described, "mean") for scores in (known, by_pairs))
    # Texts tell of what is shown: with noise, they also tell of looks and songs that the species does not have.
    assert exact >= (0.95 if group == "xor" or not noise else 0.9) * bayes, (exact, bayes)
    assert additive <= pairwise + 0.02, (additive, pairwise)
    if group == "xor":
        assert exact == pytest.approx(bayes) and additive == pytest.approx(pairwise)
        # Where all descriptions of a species say the same, how they are read together does not matter.
        assert reading(table, known[places], described, "log-mean-exp") == pytest.approx(exact)


@pytest.mark.parametrize(("p", "pairwise", "bayes"), [(1.0, 0.25, 1.0), (0.75, 0.4375, 0.8125), (0.5, 0.625, 0.625)])
def test_ceilings_of_xor_units_of_four_are_the_known_ones(p: float, pairwise: float, bayes: float) -> None:
    table = group_of("xor", p).law("xor")
    assert guess(table, table) == pytest.approx(bayes)
    assert guess(table, pairwise_law(table)) == pytest.approx(pairwise)


@pytest.mark.parametrize("one", [0.6, 0.5])
def test_descriptions_with_random_looks_and_songs_are_read_wrongly_either_way(one: float) -> None:
    """Why descriptions in xor units tell of the species alone.

    A cosine of 0.9 to a text that matches picture and song, of 0.5 or 0.6 to one that matches either and 0.1 to others
    finds the species for certain, since only texts of the right one match both. The mean over descriptions is below
    chance: four in five of the right ones match nothing, and those of others match either. Read by log-mean-exp it is
    found, but so it is by 0.9, 0.5 and 0.1, which is a sum of what picture and song match by themselves.
    """
    size = 5
    unit = Unit("xor", *[tuple(range(size))] * 3)
    design = Design(tuple("abcde"), (unit,), (1 / size,) * size)
    table = design.law("xor")
    assert guess(table, pairwise_law(table)) == pytest.approx(1 / size) and guess(table, table) == pytest.approx(1)
    read: dict[str, list[float]] = {"mean": [], "log-mean-exp": []}
    for seed in range(20):
        told = descriptions(design, "xor", (0.0, 1.0, 1.0), seed)
        looks, songs = (np.array([text[axis] for text, _ in told])[:, None] == np.arange(size) for axis in (1, 2))
        matches = looks[:, :, None].astype(int) + songs[:, None, :]
        scores = np.array([0.1, one, 0.9])[matches] / 0.07
        for ensemble, found in read.items():
            found.append(reading(table, scores, [label for _, label in told], ensemble))
    assert np.mean(read["log-mean-exp"]) > 0.9
    if one == 0.6:
        assert np.mean(read["mean"]) == pytest.approx(0.137, abs=0.03) and np.mean(read["mean"]) < 1 / size
