"""Evaluation splits of the user's own: by a column, a file of keys or a function, of what nothing was trained on."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from few_measures import measure_only
from test_bench import SMALL

from birdmml.bench import open_task, run
from birdmml.evaluation import evaluate_model
from confu_core.errors import ConfuError, DatasetError, InvalidValue, MethodError
from confu_core.media.own import chosen_keys, is_own_split, measured_on
from confu_core.media.saved import save_model
from confu_core.media.settings import MediaSettings
from confu_core.media.task import MediaTask
from confu_core.shards import Dataset, open_dataset

OWN = """
def shifted(rows):
    return rows["split"] == "shift"

def every_third(rows):
    assert {"key", "species", "split"} <= set(rows.columns) and not set(rows["split"]) & {"train", "validation"}
    return rows.index % 3 == 0

def short(rows):
    return [True]

def none(rows):
    return rows["key"] == "x"

def failing(rows):
    return rows["no such column"]
"""


@pytest.fixture
def file(tmp_path: Path) -> Path:
    (tmp_path / "own_split.py").write_text(OWN)
    return tmp_path / "own_split.py"


@pytest.fixture(scope="module")
def dataset(built: Path) -> Dataset:
    return open_dataset(built)


@pytest.fixture
def task(built: Path, cache: Path) -> MediaTask:
    return open_task(MediaSettings(data=str(built), **SMALL), cache=cache)


def keys(dataset: Dataset, *splits: str) -> list[str]:
    return [key for split in splits for key in dataset.table(split, ["key"])["key"].to_pylist()]


def test_a_split_is_named_by_the_data_or_says_which_samples_it_has(dataset: Dataset, file: Path) -> None:
    assert not is_own_split("shift") and is_own_split("habitat=marsh") and is_own_split("keys.txt")
    assert chosen_keys(f"{file}:shifted", dataset) == set(keys(dataset, "shift"))
    assert chosen_keys(f"{file}:every_third", dataset) == set(keys(dataset, "test", "shift")[::3])
    species = dataset.table("test", ["species"])["species"].to_pylist()[0]
    rows = [row for split in ("test", "shift") for row in dataset.table(split, ["key", "species"]).to_pylist()]
    assert chosen_keys(f"species={species}", dataset) == {row["key"] for row in rows if row["species"] == species}


def test_keys_are_read_from_files(dataset: Dataset, tmp_path: Path) -> None:
    some = keys(dataset, "test")[2:5]
    (tmp_path / "a.txt").write_text("\n".join([*some, "", ""]))
    (tmp_path / "a.csv").write_text("key,why\n" + "".join(f"{key},hard\n" for key in some))
    pq.write_table(pa.table({"key": some}), tmp_path / "a.parquet")
    for name in ("a.txt", "a.csv", "a.parquet"):
        assert chosen_keys(str(tmp_path / name), dataset) == set(some)


def test_rows_come_from_their_splits_in_order(task: MediaTask, dataset: Dataset) -> None:
    some = [*keys(dataset, "test")[1::2], keys(dataset, "shift")[3]]
    own = measured_on(task, frozenset(some))
    assert own.keys is not None and own.keys("test") == some and own.splits == ("train", "validation", "test")
    for name in ("image", "caption"):
        wanted = [task.arrays.array("test", name)[1::2], task.arrays.array("shift", name)[3:4]]
        assert np.array_equal(own.arrays.array("test", name), np.concatenate(wanted))
        assert np.array_equal(own.arrays.array("train", name), task.arrays.array("train", name))
    assert own.labels("test").tolist() == [*task.labels("test")[1::2], task.labels("shift")[3]]
    assert own.samples is not None and task.samples is not None and task.degraded is not None and own.degraded
    (first, last) = own.samples("test", [0, len(some) - 1])
    assert (first["key"], last["key"]) == (some[0], some[-1])
    assert last["caption"] == task.samples("shift", [3])[0]["caption"]
    damaged, whole, shifted = (
        next(iter(own.degraded("test"))),
        *(next(iter(task.degraded(s))) for s in ("test", "shift")),
    )
    assert damaged[:3] == whole[:3] and np.array_equal(damaged[3], np.concatenate([whole[3][1::2], shifted[3][3:4]]))


def test_a_model_is_measured_on_them(
    built: Path, cache: Path, dataset: Dataset, file: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    measure_only(monkeypatch, "zero_shot")
    save_model(tmp_path / "m.pt", run(MediaSettings(data=str(built), method="clip", **SMALL), cache=cache))
    (tmp_path / "all.txt").write_text("\n".join(keys(dataset, "test")))
    whole, same = (
        evaluate_model(tmp_path / "m.pt", built, cache=cache, split=split)
        for split in ("test", f"{tmp_path / 'all.txt'}")
    )
    assert same.row["accuracy"] == whole.row["accuracy"] and same.row["cell"] != whole.row["cell"]
    shifted = evaluate_model(tmp_path / "m.pt", built, cache=cache, split=f"{file}:shifted")
    named = evaluate_model(tmp_path / "m.pt", built, cache=cache, split="shift")
    assert shifted.row["accuracy"] == named.row["accuracy"] and shifted.row["split"] == f"{file}:shifted"


@pytest.mark.parametrize(
    ("place", "kind", "said"),
    [
        ("{}:short", MethodError, r"must return whether each of 24 samples is in it; got bool of shape \(1,\)$"),
        ("{}:none", InvalidValue, "own_split.py:none has no sample; choose at least one$"),
        ("{}:failing", MethodError, r"own_split.py:failing raised: KeyError: .* \(own_split.py, line 16\)$"),
        ("{}:shift", MethodError, r"has no function 'shift': did you mean '\w+'\?$"),
        ("specie=x", InvalidValue, "^split specie=x: the data have no column 'specie'; did you mean 'species'"),
        ("species=Dodo", InvalidValue, "^split species=Dodo has no sample; choose at least one$"),
        ("no.txt", DatasetError, "^split no.txt cannot be read as keys: .*No such file"),
    ],
)
def test_what_is_no_split_is_one_line(
    dataset: Dataset, file: Path, place: str, kind: type[ConfuError], said: str
) -> None:
    with pytest.raises(kind, match=said) as caught:
        chosen_keys(place.format(file), dataset)
    assert "\n" not in str(caught.value)


def test_what_a_model_was_trained_on_is_refused(dataset: Dataset, tmp_path: Path) -> None:
    (tmp_path / "leak.txt").write_text(keys(dataset, "train")[0])
    with pytest.raises(DatasetError, match="leak.txt holds 1 keys of no split to test on, first '"):
        chosen_keys(str(tmp_path / "leak.txt"), dataset)
