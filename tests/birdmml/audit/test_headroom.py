"""Headroom: probes over planted dependence, and what is not to be had."""

from __future__ import annotations

from typing import Any

import numpy as np
import planted
import pyarrow as pa
import pytest

from birdmml.audit import audit
from birdmml.audit.headroom import word_counts
from birdmml.data import BirdRecipe
from birdmml.settings import Settings
from confu_core.datasets.contents import Contents
from confu_core.errors import DatasetError
from confu_core.inputs import InputSpec, Sequence, Text
from confu_core.parallel import workers
from confu_core.parallel.workers import WorkerDied
from confu_core.shards.read import unwritten

INPUTS = {"vision": Sequence("vision", length=3, width=4), "text": Text("text")}


def _dataset(kind: str, splits: dict[str, int]) -> Any:
    """Return vectors and words of which either, both together, or one alone tells four classes."""
    random = np.random.default_rng(0)
    tables = {}
    for split, count in splits.items():
        first, second = random.integers(0, 2, (2, count))
        seen = first if kind == "both" else 2 * first + second
        said = {"both": second, "either": seen, "vision": random.integers(0, 4, count)}[kind]
        steps = [np.eye(4)[[value] * (1 + value % 3)] for value in seen]
        vectors = [(each + random.normal(0, 0.05, each.shape)).tolist() for each in steps]
        columns = {
            "key": [f"{split}-{row}" for row in range(count)],
            "vision": pa.array(vectors, pa.list_(pa.list_(pa.float32()))),
            "text": [f"it is {'abcd'[value]}{row} {'wxyz'[value]}" for row, value in enumerate(said)],
            "mood": [str(value) for value in 2 * first + second],
        }
        tables[split] = pa.table(columns)
    contents = Contents(InputSpec(INPUTS), "mood", ("0", "1", "2", "3"))
    return unwritten(planted.RealMedia("moods", tables, contents=contents))


SPLITS = {"train": 200, "validation": 60, "test": 200}


@pytest.mark.parametrize(
    ("kind", "levels", "verdict"),
    [("both", (0.5, 0.5, 1.0), "yes"), ("either", (1.0, 1.0, 1.0), "no"), ("vision", (1.0, 0.25, 1.0), "no")],
)
def test_what_probes_get_is_what_was_planted(kind: str, levels: tuple[float, ...], verdict: str) -> None:
    found = audit(_dataset(kind, SPLITS), only=["headroom"])
    assert found.headroom is not None
    assert [one.name for one in found.headroom.subsets] == ["V", "T", "VT"]
    for one, level in zip(found.headroom.subsets, levels, strict=True):
        assert one.accuracy.value == pytest.approx(level, abs=0.1)
        assert one.accuracy.low <= one.accuracy.value <= one.accuracy.high
        assert one.ceiling is None
    (gain,) = found.headroom.gains
    assert gain.verdict == verdict
    accuracies = [one.accuracy.value for one in found.headroom.subsets]
    assert gain.gain.value == pytest.approx(accuracies[2] - max(accuracies[:2]))
    assert found.reaches("warning") == (kind != "both")


@pytest.mark.parametrize("splits", [{"train": 300}, {"train": 300, "test": 100}, {"train": 300, "validation": 100}])
def test_a_missing_split_is_held_out_of_training(splits: dict[str, int]) -> None:
    found = audit(_dataset("both", splits), only=["headroom"]).headroom
    assert found is not None
    assert found.train == 300 - 60 * (3 - len(splits))
    assert (found.validation, found.test) == (splits.get("validation", 60), splits.get("test", 60))
    assert found.tested_on == ("test" if "test" in splits else "train")


def test_few_rows_are_said_and_not_probed() -> None:
    found = audit(_dataset("both", {"train": 30, "test": 5}), only=["headroom", "sequence-copies", "sound-silent"])
    assert found.headroom is None
    assert found.skipped["headroom"].startswith("a probe needs two classes and 20 rows")
    assert found.skipped["sound-silent"] == "there are no recordings"
    assert "sequence-copies" not in found.skipped


def test_the_sample_is_keyed_by_the_seed_and_not_by_the_workers() -> None:
    data = _dataset("both", SPLITS)
    one, same, other = (
        audit(data, only=["headroom"], rows=80, seed=seed, workers=workers).as_dict()
        for seed, workers in ((1, 1), (1, 2), (2, 1))
    )
    assert one == same
    assert one["headroom"]["subsets"] != other["headroom"]["subsets"]
    assert one["headroom"]["train"] == 80


def test_exact_ceilings_stand_beside_those_of_birds() -> None:
    shares = (0.55, 0.2, 0.2, 0.05)
    birds = unwritten(BirdRecipe(Settings(species=20, per_species=7, size=16, seconds=0.25, split_shares=shares)))
    found = audit(birds, only=["headroom"]).headroom
    assert found is not None
    known = birds.manifest.information["overall"]
    exact = {"V": known["bayes_image"], "A": known["bayes_audio"], "VA": known["bayes_both"]}
    assert {one.name: one.ceiling for one in found.subsets if one.ceiling is not None} == exact
    available = {one.name: one.available for one in found.gains if one.available is not None}
    assert available == {"VA": pytest.approx(exact["VA"] - max(exact["V"], exact["A"]))}


def test_common_words_are_those_that_most_training_texts_hold() -> None:
    texts = ["b a", "a b b", "a c d d d d", "c b a", "d d c", "e e e", "c"]
    train = np.arange(6)
    # a and b are in four and three of them, c in three; d has more occurrences, in two. Last, the number of words.
    expected = [[1, 1, 0, 2], [1, 2, 0, 3], [1, 0, 1, 6], [1, 1, 1, 3], [0, 0, 1, 3], [0, 0, 0, 3], [0, 0, 1, 1]]
    assert np.expm1(word_counts(texts, train)) == pytest.approx(np.array(expected), abs=1e-5)
    assert np.expm1(word_counts(texts, train, words=2)) == pytest.approx(np.array(expected)[:, [0, 1, 3]], abs=1e-5)
    assert word_counts(["", "..."], train[:2]).tolist() == [[0], [0]]


def test_a_worker_that_dies_is_one_line(monkeypatch: pytest.MonkeyPatch) -> None:
    def dying(*_: Any) -> Any:
        raise WorkerDied([("vision", "text")])
        yield

    def mapped_and_dying(*jobs: Any, **said: Any) -> Any:
        token = workers.IN_USE.set(dying)
        try:
            return workers.mapped(*jobs, **said)
        finally:
            workers.IN_USE.reset(token)

    monkeypatch.setattr("birdmml.audit.headroom.mapped", mapped_and_dying)  # Rows are gathered by workers that live.
    with pytest.raises(
        DatasetError, match=r"^the worker that probes died 3 times over vision\+text; use fewer workers"
    ):
        audit(_dataset("either", SPLITS), only=["headroom"])
