"""MultiBench's affect pickles: values, padding, labels, and what is wrong with them."""

from __future__ import annotations

import copy
import pickle
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from known_sets import affect, write_affect

from confu_core.datasets import contents_of, open_source, restricted_pickle
from confu_core.errors import ConfuError, DatasetError, InvalidValue
from confu_core.inputs.decode import decode_sequence
from confu_core.shards import build, open_dataset
from confu_core.shards.tar import read_tar_table

SPLITS = ("train", "valid", "test")
PROCESSES = ("test_features_are_those_published_without_their_padding", "test_a_hostile_pickle_runs_nothing")


@pytest.fixture(autouse=True)
def in_this_process(request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch) -> None:
    """Read pickles at once: a process for each takes time, and is the question in few tests."""
    if request.node.originalname not in PROCESSES:
        monkeypatch.setattr(restricted_pickle, "_try_apart", lambda path, size: None)


def changed(tmp_path: Path, change: Any) -> Path:
    """Write a pickle in which something is changed."""
    content = {split: affect(seed=at) for at, split in enumerate(SPLITS)}
    change(content)
    return write_affect(tmp_path / "mosi_raw.pkl", content)


@pytest.mark.parametrize("protocol", [2, 4])
def test_features_are_those_published_without_their_padding(tmp_path: Path, protocol: int) -> None:
    recipe = open_source(f"mosi:{write_affect(tmp_path / 'mosi_raw.pkl', protocol=protocol)}")
    assert dict(recipe.splits) == {"train": 6, "validation": 6, "test": 6}
    for at, split in enumerate(("train", "validation", "test")):
        published, rows = affect(seed=at), recipe.rows(split, 0, 6).to_pylist()
        for number, row in enumerate(rows):
            for name in ("vision", "audio", "text"):
                np.testing.assert_allclose(row[name], published[name][number, number % 4 :].astype(np.float32))
            assert row["sentiment"] == ("positive" if number % 2 else "negative")
            assert row["score"] == (1.5 if number % 2 else -0.5)
            assert (row["segment"], row["video"]) == (f"video{number // 2}[{number % 2}]", f"video{number // 2}")


def test_rows_do_not_depend_on_the_range(tmp_path: Path) -> None:
    recipe = open_source(f"mosi:{write_affect(tmp_path / 'mosi_raw.pkl')}")
    whole = recipe.rows("train", 0, 6)
    assert recipe.rows("train", 2, 5).equals(whole.slice(2, 3))
    assert recipe.columns("train", 2, 5, ["score", "audio"]).equals(whole.slice(2, 3).select(["score", "audio"]))


def test_it_builds_and_says_what_its_columns_are(tmp_path: Path) -> None:
    recipe = open_source(f"mosei:{write_affect(tmp_path / 'mosei_senti_data.pkl')}")
    manifest = build(recipe, tmp_path / "built", formats=("parquet", "webdataset"), shard_rows=4)
    contents = contents_of(manifest)
    assert contents.label == "sentiment" and contents.classes == ("negative", "positive")
    assert [(one.length, one.width) for one in contents.inputs.inputs.values()] == [(5, 3), (5, 2), (5, 4)]
    data = open_dataset(tmp_path / "built")
    assert data.table("train").equals(recipe.rows("train", 0, 6))
    parts = read_tar_table(tmp_path / "built" / "webdataset" / "train-000000.tar", {}).to_pylist()
    expected = decode_sequence(recipe.rows("train", 1, 2).to_pylist()[0]["audio"], 5, 2)
    np.testing.assert_array_equal(decode_sequence(parts[1]["audio.npy"], 5, 2), expected)


@pytest.mark.parametrize(
    ("zero", "expected"),
    [
        ("negative", ["negative", "negative", "positive"]),
        ("positive", ["negative", "positive", "positive"]),
        ("leave_out", ["negative", "positive"]),
    ],
)
def test_a_sentiment_of_zero_goes_where_it_is_told_to(tmp_path: Path, zero: str, expected: list[str]) -> None:
    def change(content: dict[str, Any]) -> None:
        for split in SPLITS:
            content[split] = affect(rows=3)
            content[split]["labels"] = np.array([-0.1, 0.0, 0.1])[:, None]

    recipe = open_source(f"mosi:{changed(tmp_path, change)}?zero={zero}")
    assert recipe.columns("test", 0, len(expected), ["sentiment"])["sentiment"].to_pylist() == expected
    assert recipe.information()["without_class"] == (3 if zero == "leave_out" else 0)
    assert recipe.config["zero"] == zero


@pytest.mark.parametrize(
    ("scheme", "file", "labels", "classes"),
    [
        ("urfunny", "humor.pkl", [0, 1, 1], ["not funny", "funny", "funny"]),
        ("mustard", "sarcasm.pkl", [-1, 1, 1], ["sincere", "sarcastic", "sarcastic"]),
    ],
)
def test_labels_of_two_values(tmp_path: Path, scheme: str, file: str, labels: list[int], classes: list[str]) -> None:
    splits = {split: {**affect(rows=3), "labels": np.array(labels)[:, None]} for split in SPLITS}
    write_affect(tmp_path / file, splits)
    recipe = open_source(f"{scheme}:{tmp_path}")
    label = {"urfunny": "humor", "mustard": "sarcasm"}[scheme]
    assert recipe.columns("train", 0, 3, [label])[label].to_pylist() == classes
    splits["test"]["labels"] = np.array([2, 1, 0])[:, None]
    write_affect(tmp_path / file, splits)
    with pytest.raises(DatasetError, match=r"test: labels must be 0 and 1, or -1 and 1; got \[0.0, 1.0, 2.0\]"):
        open_source(f"{scheme}:{tmp_path}")


def spoil(content: dict[str, Any]) -> None:
    content["train"]["audio"][1, 3, 0] = -np.inf
    content["train"]["audio"][1, 4, 1] = np.nan
    content["test"]["vision"][2, 4, 0] = np.inf


def test_values_that_are_not_finite_are_counted_and_left_out(tmp_path: Path) -> None:
    recipe = open_source(f"mosi:{changed(tmp_path, spoil)}")
    assert dict(recipe.splits) == {"train": 5, "validation": 6, "test": 5}
    told = recipe.information()
    assert (told["nonfinite_left_out_rows"], told["nonfinite_values_audio"], told["nonfinite_values_vision"]) == (
        2,
        2,
        1,
    )
    assert "nonfinite left out rows: 2" in recipe.description
    assert recipe.columns("train", 0, 5, ["segment"])["segment"].to_pylist()[:2] == ["video0[0]", "video1[0]"]


def test_values_that_are_not_finite_are_zero_where_that_is_asked_for(tmp_path: Path) -> None:
    recipe = open_source(f"mosi:{changed(tmp_path, spoil)}?nonfinite=zero")
    assert dict(recipe.splits) == {"train": 6, "validation": 6, "test": 6}
    audio = recipe.rows("train", 1, 2).to_pylist()[0]["audio"]
    published = affect(seed=0)["audio"][1, 1:]
    assert audio[2][0] == audio[3][1] == 0.0
    assert audio[2][1] == published[2, 1]
    assert recipe.information()["nonfinite_replaced_rows"] == 2


def test_rows_without_text_are_left_out_and_counted(tmp_path: Path) -> None:
    def change(content: dict[str, Any]) -> None:
        content["train"]["text"][4] = 0

    recipe = open_source(f"mosi:{changed(tmp_path, change)}")
    assert recipe.splits["train"] == 5
    assert recipe.information()["without_steps"] == 1


def test_modalities_of_other_lengths_lose_their_own_padding(tmp_path: Path) -> None:
    def change(content: dict[str, Any]) -> None:
        for split in SPLITS:
            longer = np.zeros((6, 8, 2), np.float32)
            longer[:, 2:6] = 1 + np.arange(4)[:, None]
            content[split]["audio"] = longer

    row = open_source(f"mosi:{changed(tmp_path, change)}").rows("train", 3, 4).to_pylist()[0]
    assert row["audio"] == [[1, 1], [2, 2], [3, 3], [4, 4]]
    assert len(row["vision"]) == len(row["text"]) == 2


def test_steps_after_the_end_are_left_off_in_all(tmp_path: Path) -> None:
    def change(content: dict[str, Any]) -> None:
        for name in ("vision", "audio", "text"):
            content["train"][name][0, 3:] = 0
        content["train"]["audio"][0, 3] = 1

    row = open_source(f"mosi:{changed(tmp_path, change)}").rows("train", 0, 1).to_pylist()[0]
    assert [len(row[name]) for name in ("vision", "audio", "text")] == [4, 4, 4]
    assert row["text"][3] == [0, 0, 0, 0]


IDS = [
    (np.array([["v", "1.0", "2.5"]] * 6), "v_1.0_2.5", "v"),
    ([b"name_3"] * 6, "name_3", "name"),
    (np.arange(6)[:, None], "0", "0"),
    (None, "0", "0"),
]


@pytest.mark.parametrize(("ids", "segment", "video"), IDS, ids=["rows", "bytes", "numbers", "none"])
def test_names_of_every_published_form(tmp_path: Path, ids: Any, segment: str, video: str) -> None:
    def change(content: dict[str, Any]) -> None:
        content["train"]["id"] = ids
        if ids is None:
            del content["train"]["id"]

    row = open_source(f"mosi:{changed(tmp_path, change)}").rows("train", 0, 1).to_pylist()[0]
    assert (row["segment"], row["video"]) == (segment, video)


def drop(*path: str) -> Any:
    def change(content: dict[str, Any]) -> None:
        inside: Any = content
        for one in path[:-1]:
            inside = inside[one]
        del inside[path[-1]]

    return change


def put(split: str, name: str, value: Any) -> Any:
    return lambda content: content[split].update({name: value})


WRONG = {
    "no split": (drop("valid"), "has no 'valid'; known: test, train"),
    "no modality": (drop("train", "vision"), "train has no 'vision'; known: audio, id, labels, text"),
    "flat": (put("train", "text", np.ones((6, 5))), r"text must be numbers of shape \(n, steps, width\); got float64"),
    "list": (put("train", "text", [[[1]]]), "text must be numbers .*; got list"),
    "text": (put("train", "text", np.full((6, 5, 4), "x")), "text must be numbers .*; got <U1"),
    "too few": (put("test", "audio", np.ones((5, 5, 2), np.float32)), "test: audio has 5 rows and labels 6"),
    "width": (put("test", "audio", np.ones((6, 5, 3))), r"audio must have one width in all splits; got \[2, 3\]"),
    "label": (put("test", "labels", np.full((6, 1), 4.0)), r"test: labels must be in \[-3, 3\]; got 4"),
    "no number": (put("test", "labels", np.full((6, 1), np.nan)), "labels must be finite numbers"),
    "two labels": (put("test", "labels", np.ones((6, 2))), "labels must be finite numbers, one per row"),
    "names": (put("test", "id", ["a"]), "id must name 6 rows; got 1"),
    "uneven names": (put("test", "id", ["a", ["b", "c"], []]), "id must name 6 rows; got 3"),
    "odd names": (put("test", "id", [{}] * 6), "id must hold text or numbers; got dict"),
    "all empty": (put("test", "text", np.zeros((6, 5, 4))), "has no sample in its split 'test' that can be read"),
}  # fmt: skip


@pytest.mark.parametrize("name", WRONG)
def test_what_is_not_that_dataset_is_told_in_one_line(tmp_path: Path, name: str) -> None:
    change, line = WRONG[name]
    with pytest.raises(DatasetError, match=line) as found:
        open_source(f"mosi:{changed(tmp_path, change)}")
    assert "\n" not in str(found.value)


def test_options_and_files(tmp_path: Path) -> None:
    path = write_affect(tmp_path / "mosi_raw.pkl")
    with pytest.raises(InvalidValue, match="zero must be one of negative, positive, leave_out; got 'up'"):
        open_source(f"mosi:{path}?zero=up")
    with pytest.raises(InvalidValue, match="nonfinite must be one of leave_out, zero; got 'x'"):
        open_source(f"mosi:{path}?nonfinite=x")
    with pytest.raises(DatasetError, match="does not exist; give mosi_raw.pkl or mosi_data.pkl, or its folder"):
        open_source(f"mosi:{tmp_path}/none.pkl")
    with pytest.raises(DatasetError, match="holds no humor.pkl"):
        open_source(f"urfunny:{tmp_path}")
    assert open_source(f"mosi:{tmp_path}").config == open_source(f"mosi:{path}").config


def test_a_hostile_pickle_runs_nothing(tmp_path: Path) -> None:
    mark = tmp_path / "ran"
    (tmp_path / "sarcasm.pkl").write_bytes(b"cos\nsystem\n(Vtouch " + str(mark).encode() + b"\ntR.")
    with pytest.raises(DatasetError, match="asks for os.system; only numpy arrays and plain containers are read"):
        open_source(f"mustard:{tmp_path}")
    assert not mark.exists()


CONTENT = {split: affect(seed=at) for at, split in enumerate(SPLITS)}
ODD = st.sampled_from(
    [None, 1, "x", [], {}, (), b"y", np.ones(3), np.ones((6, 5, 4)), np.array("q"), np.zeros((0, 5, 2))]
)


@given(st.sampled_from(SPLITS), st.sampled_from(["vision", "audio", "text", "labels", "id"]), ODD)
@settings(deadline=None, max_examples=80, suppress_health_check=[HealthCheck.function_scoped_fixture])
def test_odd_content_raises_nothing_of_its_own(tmp_path: Path, split: str, name: str, value: Any) -> None:
    content = copy.deepcopy(CONTENT)
    content[split][name] = value
    path = tmp_path / "mosi_raw.pkl"
    path.write_bytes(pickle.dumps(content))
    try:
        recipe = open_source(f"mosi:{path}")
        recipe.rows("train", 0, recipe.splits["train"])
    except ConfuError as error:
        assert "\n" not in str(error)
