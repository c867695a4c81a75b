"""Runs: the same numbers alone, in a stack, on the plain path and from disk; errors of a user's method."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pandas as pd
import pytest

from confu_core.errors import InvalidValue, MethodError, TrainingError
from confu_core.runs.grid import cell_id
from confu_core.shards import build
from xor_bench.data import XorRecipe, open_xor
from xor_bench.run import headline, run, run_together, samples
from xor_bench.settings import Settings
from xor_bench.theory import bayes_accuracy

QUICK: dict[str, Any] = {"bits": 3, "epochs": 4, "train_samples": 600, "test_samples": 400, "batch_size": 150}
METHODS = ["clip", "hub", "confu", "gram", "triangle", "symile", "bimodal", "eao", "gated-symile", "pmrl"]
NOT_FINITE = """
from confu_core.methods import Method

class Broken(Method):
    def score(self, query, key):
        if not hasattr(self, "calls"):
            self.calls = 0
        self.calls += 1
        scores = query.embedding(query.modalities[0]) @ key.embedding(key.modalities[0]).mT
        return scores / (0.0 if self.calls > 18 else 1.0)

class Raising(Method):
    def score(self, query, key):
        raise KeyError("no such thing")

class Narrow(Method):
    def score(self, query, key):
        return query.embedding(query.modalities[0]) @ key.embedding(key.modalities[0])[..., :1, :].mT
"""


def assert_same(left: dict[str, Any], right: dict[str, Any], **tolerance: float) -> None:
    assert left.keys() == right.keys()
    for name in ("accuracy", "total_correlation_bound", "final_loss"):
        assert left[name] == pytest.approx(right[name], **tolerance), name
    for one, other in zip(left["directions"], right["directions"], strict=True):
        for name in ("accuracy", "expected_rank", "information_bound"):
            assert one[name] == pytest.approx(other[name], **tolerance), (one["direction"], name)


@pytest.mark.parametrize("method", METHODS)
def test_a_cell_has_the_same_result_alone_and_in_a_stack(method: str) -> None:
    cells = [Settings(method=method, p=p, seed=seed, **QUICK) for p, seed in [(0.0, 1), (0.4, 0), (1.0, 2)]]
    together = run_together(cells)
    for settings, row in zip(cells, together, strict=True):
        assert run(settings) == row  # To the last bit.


@pytest.mark.parametrize(
    ("method", "options"), [*((name, {}) for name in METHODS), ("symile", {"negatives": "n_squared"})]
)
def test_the_short_way_ends_where_the_plain_one_does(method: str, options: dict[str, Any]) -> None:
    settings = Settings(method=method, p=0.7, options=options, **{**QUICK, "epochs": 2})
    plain, reduced = run(settings, reduce=False), run(settings)
    # Single precision, eight steps of training: rounding errors grow, but not to a sample's share.
    assert plain["final_loss"] == pytest.approx(reduced["final_loss"], rel=1e-5)
    assert_same(plain, reduced, rel=5e-3, abs=5e-3)


def test_sampling_and_reading_shards_give_the_same_numbers(tmp_path: Path) -> None:
    rows = {"train": QUICK["train_samples"], "validation": 10, "test": QUICK["test_samples"]}
    build(XorRecipe(p=(0.3, 0.8), bits=3, seed=5, rows_per_p=rows, noise=0.05), tmp_path / "xor")
    settings = Settings(p=0.8, seed=5, noise=0.05, **QUICK)
    assert run(settings, data=open_xor(tmp_path / "xor")) == run(settings)


def test_dropout_takes_the_plain_path_and_is_repeatable() -> None:
    settings = Settings(p=0.5, options={"dropout": 0.3}, **QUICK)
    first = run(settings)
    assert first == run(settings)
    assert first["final_loss"] != run(Settings(p=0.5, **QUICK))["final_loss"]


def test_a_row_holds_ceilings_and_leaves_an_undefined_capture_out() -> None:
    row = run(Settings(method="clip", p=0.5, **QUICK))
    by_name = {d["direction"]: d for d in row["directions"]}
    assert by_name["ac->b"]["higher_order_capture"] == pytest.approx((row["accuracy"] - 1 / 8) / (9 / 16 - 1 / 8))
    for d in row["directions"]:
        gap, gain = d["bayes_accuracy"] - d["pairwise_ceiling"], d["bayes_accuracy"] - d["single_ceiling"]
        assert gap == gain and (d["fusion_gain_captured"] == d["higher_order_capture"])  # As in every task of three.
    assert by_name["ab->c"]["higher_order_capture"] is None  # At p = 0.5 a alone is as good as both.
    assert row["bayes_accuracy"] == pytest.approx(0.5 + 0.5 / 8)
    assert {d["order"] for d in row["directions"]} == {1, 2}


@pytest.mark.parametrize("method", METHODS)
def test_no_accuracy_beats_the_bayes_accuracy(method: str) -> None:
    row = run(Settings(method=method, p=0.6, **{**QUICK, "test_samples": 4000, "epochs": 10}))
    for d in row["directions"]:
        deviation = (d["bayes_accuracy"] * (1 - d["bayes_accuracy"]) / 4000) ** 0.5
        assert d["accuracy"] < d["bayes_accuracy"] + 4 * deviation
    # A lower bound, up to the error of 4000 samples.
    assert row["total_correlation_bound"] < row["total_correlation"] + 0.1


def test_confu_finds_what_clip_cannot() -> None:
    shared = {**QUICK, "p": 1.0, "bits": 2, "epochs": 40}
    assert run(Settings(method="confu", **shared))["accuracy"] > 0.95
    assert run(Settings(method="clip", **shared))["accuracy"] < 0.5


def test_unreliable_modalities_make_another_cell_and_none_makes_the_old_one() -> None:
    plain = Settings()
    columns = {k: v for k, v in plain.columns().items() if k not in ("parity", "unreliable", "unreliable_of")}
    assert plain.cell() == cell_id(columns, "confu") == Settings(unreliable_of="b").cell()
    some = Settings(unreliable=0.2, unreliable_of="b")
    assert len({plain.cell(), some.cell(), Settings(unreliable=0.2).cell()}) == 3
    assert some.shape() != plain.shape()
    row = run(Settings(method="clip", p=0.9, unreliable=0.5, unreliable_of="b", **{**QUICK, "bits": 1}))
    assert (row["unreliable"], row["unreliable_of"]) == (0.5, "b")
    assert row["bayes_accuracy"] == bayes_accuracy(0.9, 1, unreliable=0.5, unreliable_of="b") < bayes_accuracy(0.9, 1)


def test_the_parity_of_a_pair_is_another_cell_only_where_it_is_another_task() -> None:
    three, four = Settings(), Settings(modalities=4)
    assert Settings(parity="pair").cell() == three.cell() and three.columns()["parity"] == "all"
    pair = Settings(modalities=4, parity="pair")
    assert pair.cell() != four.cell() and pair.shape() != four.shape() and pair.columns()["parity"] == "pair"
    row = run(Settings(method="clip", p=0.9, modalities=4, parity="pair", **{**QUICK, "bits": 1}))
    by_name = {d["direction"]: d for d in row["directions"]}
    assert by_name["ad->b"]["bayes_accuracy"] == by_name["acd->b"]["bayes_accuracy"] == pytest.approx(0.95)
    assert by_name["abd->c"]["bayes_accuracy"] == 0.5 == by_name["abd->c"]["pairwise_ceiling"]


def test_four_modalities_have_three_to_one_directions() -> None:
    row = run(Settings(modalities=4, p=0.9, **{**QUICK, "bits": 2}))
    assert headline(4) == "acd->b"
    assert {d["order"] for d in row["directions"]} == {1, 2, 3}
    assert row["orders"] == "2,3"
    with pytest.raises(InvalidValue, match="triangle is defined for 3 modalities; got 4"):
        run(Settings(method="triangle", modalities=4, **QUICK))


@pytest.mark.parametrize("inputs", ["onehot", "gaussian"])
def test_other_inputs_train_too(inputs: str) -> None:
    row = run(Settings(method="clip", p=0.0, inputs=inputs, **{**QUICK, "epochs": 30}))
    assert next(d for d in row["directions"] if d["direction"] == "a->c")["accuracy"] > 0.9


def test_errors_of_a_users_method_name_what_and_when(tmp_path: Path) -> None:
    file = tmp_path / "mine.py"
    file.write_text(NOT_FINITE)
    with pytest.raises(TrainingError, match=r"the loss is \S+ at step 3, in the term 0->1; try"):
        run(Settings(method=f"{file}:Broken", **QUICK))
    with pytest.raises(MethodError, match=r"method Raising raised at step 0: KeyError: .*\(mine.py, line 14\)"):
        run(Settings(method=f"{file}:Raising", **QUICK))
    wanted = r"Narrow\.score must return \(query rows, key rows\), \(\d+, \d+\) for 0->1; got \(\d+, 1\)$"
    with pytest.raises(MethodError, match=wanted):
        run(Settings(method=f"{file}:Narrow", **QUICK))
    with pytest.raises(MethodError, match="has no class 'Brokn': did you mean 'Broken'"):
        run(Settings(method=f"{file}:Brokn", **QUICK))


@pytest.mark.parametrize(
    ("values", "message"),
    [
        ({"p": 1.3}, r"p must be in \[0, 1\]; got 1.3"),
        ({"p": float("nan")}, r"p must be in \[0, 1\]; got nan"),
        ({"p": "a"}, r"p must be in \[0, 1\]; got 'a'"),
        ({"bits": 0}, "bits must be a whole number of at least 1; got 0"),
        ({"bits": 13}, r"bits must be in \[1, 12\] to train; got 13: .* use 12 or fewer"),
        ({"bits": 40}, r"bits must be in \[1, 16\]; got 40: the support of .* does not fit; use 16 or fewer"),
        ({"modalities": 2}, r"modalities must be a whole number in \[3, 26\]; got 2"),
        ({"noise": 0.6}, r"noise must be in \[0, 0.5\]; got 0.6"),
        ({"inputs": "bit"}, "did you mean 'bits'"),
        ({"lr": 0}, "lr must be above 0; got 0"),
        ({"scale_lr": 0}, "scale_lr must be above 0; got 0"),
        ({"scale_lr": "a"}, r"scale_lr must be in \[0, 1e\+06\]; got 'a'"),
        ({"batch_size": 1}, "batch_size must be a whole number of at least 2; got 1"),
        ({"seed": -1}, "seed must be a whole number in"),
    ],
)
def test_settings_out_of_range_are_refused(values: dict[str, Any], message: str) -> None:
    with pytest.raises(InvalidValue, match=message):
        Settings(**values)


def test_cells_are_told_apart_by_everything_that_decides_numbers(tmp_path: Path) -> None:
    file = tmp_path / "mine.py"
    file.write_text(NOT_FINITE)
    own = f"{file}:Broken"
    different = [Settings(), Settings(p=0.4), Settings(seed=1), Settings(lr=1e-3), Settings(options={"lam": 0.4})]
    different += [Settings(method="clip"), Settings(method=own), Settings(scale_lr=0.1), Settings(inputs="bits01")]
    assert len({settings.cell() for settings in different}) == len(different)
    before = Settings(method=own).cell()
    file.write_text(NOT_FINITE + "\n# edited\n")
    assert Settings(method=own).cell() != before


def test_runs_that_a_rate_of_scales_leaves_alone_keep_the_names_they_had() -> None:
    assert Settings(warmup=0.0).cell() == "3675ac6beb716859"
    assert Settings(method="symile", warmup=0.0).cell() != "6fe6ae54e5ba5008"  # Its scale decayed with the rest.


def test_predictions_are_those_that_the_row_counts(tmp_path: Path) -> None:
    settings = Settings(method="confu", p=0.7, **QUICK)
    row = run(settings, predicted=tmp_path / "taken.parquet")
    assert_same(row, run(settings))
    frame = pd.read_parquet(tmp_path / "taken.parquet")
    assert list(frame) == ["key", "query", "target", "truth", "rank", "predicted"] and len(frame) == 9 * 400
    codes = samples(settings, "test").codes
    for one in row["directions"]:
        own = frame[(frame["query"] == "".join(one["query"])) & (frame["target"] == one["target"])]
        assert own["truth"].astype(int).tolist() == codes[:, "abc".index(one["target"])].tolist()
        assert own["rank"].mean() == pytest.approx(one["expected_rank"])
        assert (own["truth"] == own["predicted"]).mean() == pytest.approx(one["accuracy"])
    assert frame["key"].iloc[0] == "test-000000000"
