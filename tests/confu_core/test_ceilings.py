"""Ceilings: shares of what lies between them, and what they may be."""

from __future__ import annotations

import pytest

from confu_core.ceilings import Ceilings, ceiling_columns
from confu_core.errors import InvalidValue


@pytest.mark.parametrize(
    ("accuracy", "capture", "gain"), [(1.0, 1.0, 1.0), (0.5, 0.0, 1 / 3), (0.25, -0.5, 0.0), (0.75, 0.5, 2 / 3)]
)
def test_shares_run_from_the_ceiling_to_the_best(accuracy: float, capture: float, gain: float) -> None:
    known = Ceilings(0.25, 0.5, 1.0)
    assert known.capture(accuracy) == pytest.approx(capture)
    assert known.fusion_gain_captured(accuracy) == pytest.approx(gain)


def test_what_is_unknown_or_leaves_nothing_has_no_share() -> None:
    assert Ceilings(0.25, 0.5, 1.0).capture(None) is None
    close = Ceilings(0.25, 0.3, 0.1 + 0.2)  # Apart by a rounding error.
    assert close.capture(0.3) is None and close.fusion_gain_captured(0.3) == pytest.approx(1)
    assert Ceilings(0.3, 0.3, 0.3).fusion_gain_captured(0.3) is None


def test_every_order_has_a_capture_of_its_own() -> None:
    known = Ceilings(0.1, 0.2, 1.0, (0.4, 0.6))
    assert known.by_order == {2: 0.2, 3: 0.4, 4: 0.6, 5: 1.0}
    assert [known.capture(0.8, order) for order in (2, 3, 4)] == pytest.approx([0.75, 2 / 3, 0.5])
    assert known.capture(0.8, 5) is None


def test_columns_are_the_same_for_all_or_none() -> None:
    known, unknown = ceiling_columns(Ceilings(0.25, 0.5, 1.0), 0.75), ceiling_columns(None, 0.75)
    assert list(known) == list(unknown) and set(unknown.values()) == {None}
    assert known == {
        "bayes_accuracy": 1.0,
        "single_ceiling": 0.25,
        "pairwise_ceiling": 0.5,
        "higher_order_capture": 0.5,
        "fusion_gain_captured": pytest.approx(2 / 3),
    }


@pytest.mark.parametrize("values", [(0.9, 0.5, 0.8), (0.5, 0.9, 0.8), (-0.1, 0.5, 0.8), (0.5, 0.5, 1.2)])
def test_ceilings_above_the_best_are_refused(values: tuple[float, float, float]) -> None:
    with pytest.raises(InvalidValue, match="ceilings must be in .0, 1. and none above bayes; got single"):
        Ceilings(*values)
    with pytest.raises(InvalidValue, match="none above bayes"):
        Ceilings(0.1, 0.2, 0.8, (0.9,))
