"""What is known exactly of Trifeature, and what synergy gets without a fused code."""

from __future__ import annotations

from itertools import combinations

import numpy as np
import pytest

from confu_core.additive import additive_accuracy
from confu_core.datasets.trifeature.law import (
    ADDITIVE,
    LOGISTIC,
    STAIRCASE,
    balanced,
    structure,
    synergy_lines,
    task_law,
)
from confu_core.datasets.trifeature.pairs import MATCHES, TASKS, TrifeatureSettings
from confu_core.evaluation.norm_probe import norm_probe
from confu_core.evaluation.probes import Labelled

PUBLISHED, BALANCED = TrifeatureSettings(split="published"), TrifeatureSettings(rule="balanced")
CEILINGS = ("single_ceiling", "pairwise_ceiling", "additive_ceiling", "bayes_both")


def ceilings(known: dict[str, float]) -> list[float]:
    return [known[name] for name in CEILINGS]


def cyclic(steps: tuple[int, ...]) -> np.ndarray:
    """The law of a label that is 1 where the second of two values in [0, 10) is some steps from the first."""
    hit = np.isin((np.arange(10) - np.arange(10)[:, None]) % 10, steps)
    return np.stack([~hit, hit]) / 100


@pytest.mark.parametrize("task", TASKS)
def test_laws_are_the_shares_among_all_pairs_of_the_test(task: str) -> None:
    """Whose every texture stands beside every colour as often; a task's class follows from them or from the shape."""
    for settings in (TrifeatureSettings(), TrifeatureSettings(biased=True), BALANCED):
        if not settings.has(task):
            continue
        pairs = settings.pairs("test")
        shape, texture, color = pairs.looks
        first, second, named = {
            "redundancy": (shape[:, 0], shape[:, 1], shape[:, 0]),
            "unique1": (texture[:, 0], color[:, 1], texture[:, 0]),
            "unique2": (0 * shape[:, 0], texture[:, 1], texture[:, 1]),
            "synergy": (texture[:, 0], color[:, 1], settings.is_match(texture[:, 0], color[:, 1]).astype(int)),
        }[task]
        counts = np.zeros_like(law := task_law(settings, task))
        np.add.at(counts, (named, first, second), 1 / len(pairs))
        np.testing.assert_allclose(law, counts, atol=1e-12)


def test_ceilings_of_the_published_rule() -> None:
    tasks = structure(PUBLISHED)["tasks"]
    for name in ("redundancy", "unique1", "unique2"):
        assert ceilings(tasks[name]) == pytest.approx([1, 1, 1, 1])
    assert (tasks["unique1"]["bayes_image1"], tasks["unique1"]["bayes_image2"]) == pytest.approx((1, 0.1))
    synergy = tasks["synergy"]
    assert ceilings(synergy) == pytest.approx([0.9, 0.9, 0.91, 1])
    assert ceilings(synergy["macro"]) == pytest.approx([0.5, 0.5, 0.75, 1])
    entropy = -(0.1 * np.log(0.1) + 0.9 * np.log(0.9))
    assert synergy["atoms"]["synergy"] == pytest.approx(entropy) == synergy["connected_information"]["3"]
    assert tasks["redundancy"]["atoms"]["redundancy"] == pytest.approx(np.log(10))


def test_a_staircase_gets_on_the_published_test_pairs_what_was_published_of_it() -> None:
    lines = synergy_lines(PUBLISHED)
    assert round(100 * lines[STAIRCASE], 1) == 76.7 and lines[LOGISTIC] == pytest.approx(0.5, abs=1e-12)
    assert round(100 * lines[ADDITIVE], 1) == 79.7


def test_the_probe_of_the_comparison_gets_chance_from_separate_perfect_codes() -> None:
    def codes(split: str) -> Labelled:
        pairs = TrifeatureSettings(split="published", train=3000).pairs(split)
        _, texture, color = pairs.looks
        seen = np.concatenate([np.eye(10)[texture[:, 0]], np.eye(10)[color[:, 1]]], axis=1)
        return Labelled(seen, PUBLISHED.is_match(texture[:, 0], color[:, 1]).astype(int))

    assert norm_probe(codes("train"), codes("test")).balanced_accuracy == 0.5


def test_in_the_balanced_rule_pairs_tell_nothing() -> None:
    known = structure(BALANCED)["tasks"]["synergy"]
    assert ceilings(known) == pytest.approx([0.5, 0.5, 0.69, 1])
    assert ceilings(known["macro"]) == pytest.approx(ceilings(known))
    assert known["connected_information"] == pytest.approx({"2": 0, "3": np.log(2)}, abs=1e-12)
    assert (known["mi_image1"], known["mi_image2"]) == pytest.approx((0, 0), abs=1e-12)
    assert synergy_lines(BALANCED) == pytest.approx({LOGISTIC: 0.5, ADDITIVE: 0.69})


def test_parity_would_leave_more_to_sums_of_scores() -> None:
    assert additive_accuracy(cyclic((0, 2, 4, 6, 8)), [1, 2], 0) == pytest.approx(0.75)


def test_no_five_steps_leave_less_to_sums_of_scores_than_those_chosen() -> None:
    def alike(steps: tuple[int, ...]) -> tuple[int, ...]:
        """The first of all that renaming textures and colours makes of some steps: turned, or times 3, 7 or 9."""
        return min(
            tuple(sorted((by * step + turn) % 10 for step in steps)) for by in (1, 3, 7, 9) for turn in range(10)
        )

    every = {alike(steps) for steps in combinations(range(10), 5)}
    found = {steps: additive_accuracy(cyclic(steps), [1, 2], 0) for steps in every}
    assert min(found.values()) == pytest.approx(0.69) and found[alike(MATCHES["balanced"])] == pytest.approx(0.69)


def test_whatever_the_rule_a_sum_of_scores_beats_chance() -> None:
    """It can be right in any one cell beside all cells of the other class: one texture and one colour, and no other."""
    for steps in ((0, 1, 2, 4, 6), (0, 2, 4, 6, 8), (1, 2, 3, 4, 5)):
        law = cyclic(steps)
        for first, second in np.argwhere(law[1]):
            one, other = np.arange(10) == first, np.arange(10) == second
            right = (one[:, None] + 1.0 * other > 1.5) == (law[1] > 0)
            assert right.mean() == 0.51


def test_biased_pairs_have_no_synergy_and_tell_a_texture_twice() -> None:
    known = structure(TrifeatureSettings(biased=True))
    assert "lines" not in known and set(known["tasks"]) == {"redundancy", "unique1", "unique2"}
    assert known["tasks"]["unique1"]["bayes_image2"] == pytest.approx(1)


def test_balanced_law_of_classes() -> None:
    law = balanced(np.array([[[0.1, 0.2]], [[0.7, 0.0]]]))
    np.testing.assert_allclose(law, [[[1 / 6, 1 / 3]], [[1 / 2, 0]]])
