"""Embeddings of codes: a run's own model gives the numbers of the run, and loops give those of any."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq
import pytest
import torch

from confu_core.errors import DatasetError, InvalidValue
from confu_core.report import write_report
from confu_core.runs.results import read_results
from confu_core.training.epochs import Samples
from confu_core.training.fit import train
from confu_core.training.settings import TrainingSettings
from xor_bench import evaluate
from xor_bench.evaluation import read_codes
from xor_bench.run import run, samples, untrained
from xor_bench.settings import Settings
from xor_bench.task import code_inputs

SMALL: dict[str, Any] = {"bits": 2, "epochs": 3, "train_samples": 400, "test_samples": 300, "batch_size": 100}


@pytest.mark.parametrize("modalities", [3, 4])
@pytest.mark.parametrize("method", ["clip", "confu"])
def test_the_embeddings_of_a_run_give_its_numbers(method: str, modalities: int) -> None:
    settings = Settings(method, 0.7, modalities=modalities, seed=2, **SMALL)
    row, model = run(settings), untrained(settings)
    table = torch.from_numpy(code_inputs("bits", 2))
    trained = TrainingSettings(epochs=3, batch_size=100, lr=settings.lr, warmup=0.3, weight_decay=settings.weight_decay)
    drawn = Samples((table,) * modalities, torch.from_numpy(samples(settings, "train").codes))
    train([model], [drawn], [2], trained)
    with torch.no_grad():
        batch = model.eval().embed([table] * modalities)
        vectors: dict[str, Any] = dict(zip("abcd", (one.numpy() for one in batch.embeddings), strict=False))
        codes = torch.cartesian_prod(torch.arange(4), torch.arange(4))
        for one, other in [(0, 1), (0, 2), (1, 2), (0, 3), (1, 3), (2, 3)]:
            if method == "confu" and other < modalities:
                rows = torch.zeros(16, modalities, dtype=torch.int64)
                rows[:, one], rows[:, other] = codes[:, 0], codes[:, 1]
                fused = model.method.embed(
                    model.embed([table[rows[:, at]] for at in range(modalities)]).view((one, other))
                )
                assert fused is not None
                vectors["abcd"[one] + "abcd"[other]] = fused.view(4, 4, -1).numpy()
    found = evaluate(vectors, 0.7, seed=2, test_samples=300)
    known = {one["direction"]: one for one in row["directions"]}
    for one in found.row["directions"]:
        if len(one["query"]) < 3:
            assert one["accuracy"] == pytest.approx(known[one["direction"]]["accuracy"], abs=1e-12)
        assert one["bayes_accuracy"] == known[one["direction"]]["bayes_accuracy"]


def test_the_numbers_are_those_of_a_loop() -> None:
    random = np.random.default_rng(0)
    given = {name: random.normal(size=(4, 5)) for name in "abc"} | {"ac": random.normal(size=(4, 4, 5))}
    found = evaluate(given, 0.6, seed=3, test_samples=200)
    unit = {name: table / np.linalg.norm(table, axis=-1, keepdims=True) for name, table in given.items()}
    codes = samples(Settings("clip", 0.6, bits=2, seed=3, test_samples=200), "test").codes
    fused = [np.argmax(unit["b"] @ unit["ac"][a, c]) == b for a, b, c in codes]
    summed = [np.argmax(unit["c"] @ (unit["a"][a] + unit["b"][b])) == c for a, b, c in codes]
    told = {one["direction"]: one["accuracy"] for one in found.row["directions"]}
    assert told["ac->b"] == np.mean(fused) and told["ab->c"] == np.mean(summed)
    assert found.row["accuracy"] == told["ac->b"]


def test_it_is_shown_and_kept(tmp_path: Path) -> None:
    random = np.random.default_rng(1)
    for seed in (0, 1):
        given = {name: random.normal(size=(4, 5)) for name in "abc"}
        found = evaluate(given, 0.5, name="ours", seed=seed, test_samples=100)
        assert repr(found).startswith("ours on The XOR synergy task") and "ac-&gt;b" in found._repr_html_()
        assert len(found.frame) == 9
        found.save(tmp_path / "runs")
    rows = read_results(tmp_path / "runs").rows()
    assert [(row["method"], row["seed"], row["brought"]) for row in rows] == [("ours", n, "embeddings") for n in (0, 1)]
    assert write_report([tmp_path / "runs"], tmp_path / "page")


@pytest.mark.parametrize(
    ("change", "line"),
    [
        ({"c": None}, "there must be embeddings of every modality, a, b, c; c is missing"),
        ({"a": np.ones((3, 5))}, r"a must be of shape \(2\*\*bits, dim\); got \(3, 5\)"),
        ({"b": np.ones((4, 6))}, r"b must be numbers of shape \(4, 5\); got float64 of shape \(4, 6\)"),
        ({"ca": np.ones((4, 4, 5))}, "no modalities 'ca'"),
        ({"ab": np.ones((4, 5))}, r"ab must be numbers of shape \(4, 4, 5\)"),
        ({"b": np.full((4, 5), np.inf)}, "b must be finite; got inf"),
    ],
)
def test_embeddings_that_do_not_fit(change: dict[str, Any], line: str) -> None:
    given = {name: np.eye(4, 5) for name in "abc"} | change
    with pytest.raises(InvalidValue, match=line):
        evaluate({name: table for name, table in given.items() if table is not None}, 0.5)


def table(given: dict[str, np.ndarray], keys: dict[str, list[str]], order: np.random.Generator) -> pa.Table:
    """What `read_codes` takes: rows of each name under its keys, in any order."""
    parts = []
    for name, vectors in given.items():
        rows = order.permutation(len(keys[name]))
        lists = pa.array(vectors.reshape(len(rows), -1)[rows].tolist())
        parts.append(pa.table({"key": [keys[name][row] for row in rows], name: lists}))
    return pa.concat_tables(parts, promote_options="default")


CODES = {**{name: list("0123") for name in "abc"}, "ac": [f"{a},{c}" for a in range(4) for c in range(4)]}


def test_a_file_is_read_by_code(tmp_path: Path) -> None:
    random = np.random.default_rng(4)
    given = {name: random.normal(size=(4, 5)).astype(np.float32) for name in "abc"}
    given["ac"] = random.normal(size=(4, 4, 5)).astype(np.float32)
    pq.write_table(table(given, CODES, random), tmp_path / "mine.parquet")
    read = read_codes(tmp_path / "mine.parquet")
    assert read.keys() == given.keys() and all(np.array_equal(read[name], given[name]) for name in given)
    there, here = (evaluate(one, 0.6, test_samples=50).row for one in (tmp_path / "mine.parquet", given))
    assert there == here
    singles = {name: given[name][::-1] for name in "abc"}
    np.savez(tmp_path / "mine.npz", keys=np.array(list("3210")), **singles)
    assert all(np.array_equal(read_codes(tmp_path / "mine.npz")[name], given[name]) for name in "abc")


@pytest.mark.parametrize(
    ("keys", "line"),
    [
        ({"a": list("1234")}, "keys of a must be all codes, 0, 1 and on; got '4'"),
        ({"a": list("0122")}, "holds 1 keys more than once, first '2'"),
        (
            {"ac": [f"{a}{c}" for a in range(4) for c in range(4)]},
            "keys of ac must be all codes, of several modalities",
        ),
    ],
)
def test_a_file_without_every_code_is_refused(tmp_path: Path, keys: dict[str, list[str]], line: str) -> None:
    given = {name: np.eye(4) for name in "abc"} | {"ac": np.ones((4, 4, 4))}
    pq.write_table(table(given, CODES | keys, np.random.default_rng(0)), tmp_path / "mine.parquet")
    with pytest.raises(DatasetError, match=line):
        evaluate(tmp_path / "mine.parquet", 0.5)


def test_p_is_checked() -> None:
    with pytest.raises(InvalidValue, match="p must be"):
        evaluate({name: np.eye(4) for name in "abc"}, 1.5)
