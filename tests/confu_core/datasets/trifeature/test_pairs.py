"""The pairs of Trifeature: counts of the published data, splits that share nothing, and what is balanced is so."""

from __future__ import annotations

import numpy as np
import pytest

from confu_core.datasets.trifeature.pairs import MATCHES, Pairs, TrifeatureSettings
from confu_core.errors import InvalidValue

SPLITS = ("train", "validation", "test")
ALL = TrifeatureSettings(train=None)


def cells(pairs: Pairs) -> np.ndarray:
    """How often each texture of image 1 (rows) stands beside each colour of image 2."""
    _, texture, color = pairs.looks
    return np.bincount(texture[:, 0] * 10 + color[:, 1], minlength=100).reshape(10, 10)


def matches(pairs: Pairs, settings: TrifeatureSettings) -> np.ndarray:
    _, texture, color = pairs.looks
    return settings.is_match(texture[:, 0], color[:, 1])


@pytest.mark.parametrize(("biased", "trained", "tested"), [(False, 576_846, 4094), (True, 57_636, 404)])
def test_the_published_split_has_the_published_counts(biased: bool, trained: int, tested: int) -> None:
    """Which pins its combinations and its map too: other draws have other counts."""
    settings = TrifeatureSettings(split="published", biased=biased, train=None)
    assert [len(settings.pairs(split)) for split in SPLITS] == [trained, tested, tested]
    train, validation, test = (settings.pairs(split) for split in SPLITS)
    assert not {*train.combinations.flat} & {*test.combinations.flat}
    assert np.array_equal(validation.combinations, test.combinations)  # Which is the leak.


def test_no_combination_is_in_two_splits_and_every_value_is_as_frequent() -> None:
    found = {split: np.unique(ALL.pairs(split).combinations) for split in SPLITS}
    assert np.array_equal(np.sort(np.concatenate(list(found.values()))), np.arange(1000))
    for split, each in zip(SPLITS, (70, 10, 20), strict=True):
        for values in np.unravel_index(found[split], (10, 10, 10)):
            assert (np.bincount(values) == each).all()


@pytest.mark.parametrize("split", SPLITS)
def test_pairs_are_all_ordered_pairs_of_equal_shape_each_once(split: str) -> None:
    pairs = ALL.pairs(split)
    shape, _, _ = pairs.looks
    assert (shape[:, 0] == shape[:, 1]).all()
    pictures = 3 * pairs.combinations + pairs.renders
    assert (
        len(np.unique(pictures, axis=0)) == len(pairs) == 10 * {"train": 210, "validation": 10, "test": 20}[split] ** 2
    )
    assert pairs.renders.max() == (2 if split == "train" else 0)


def test_in_validation_and_test_either_picture_tells_nothing_of_what_the_other_may_match() -> None:
    for split in ("validation", "test"):
        pairs = ALL.pairs(split)
        _, texture, color = pairs.looks
        for picture, other in ((pairs.combinations[:, 0], color[:, 1]), (pairs.combinations[:, 1], texture[:, 0])):
            counts = np.zeros((1000, 10))
            np.add.at(counts, (picture, other), 1)
            assert len(np.unique(counts[counts.sum(1) > 0])) == 1


@pytest.mark.parametrize("split", ["own", "published"])
def test_balanced_pairs_have_every_cell_equally_often_and_half_of_them_match(split: str) -> None:
    settings = TrifeatureSettings(rule="balanced", split=split)
    for part in SPLITS:
        pairs = settings.pairs(part)
        assert len(np.unique(cells(pairs))) == 1 and matches(pairs, settings).mean() == 0.5
    table = settings.is_match(np.arange(10)[:, None], np.arange(10))
    assert (table.sum(0) == 5).all() and (table.sum(1) == 5).all()


@pytest.mark.parametrize("rule", MATCHES)
def test_biased_pairs_all_match(rule: str) -> None:
    settings = TrifeatureSettings(rule=rule, biased=True)
    assert matches(settings.pairs("train"), settings).all() and len(settings.pairs("train")) == 10_000


def test_the_map_is_a_permutation_and_the_seed_draws_it() -> None:
    maps = [tuple(TrifeatureSettings(seed=seed).matching_colors) for seed in range(5)]
    assert all(sorted(one) == list(range(10)) for one in maps) and len(set(maps)) == 5
    first = TrifeatureSettings()
    assert np.array_equal(np.nonzero(first.is_match(np.arange(10)[:, None], np.arange(10)))[1], maps[0])


def test_fewer_balanced_pairs_than_cells_are_refused() -> None:
    with pytest.raises(InvalidValue, match="balanced pairs are multiples of 100 in a split; got 99"):
        TrifeatureSettings(rule="balanced", train=99).pairs("train")
