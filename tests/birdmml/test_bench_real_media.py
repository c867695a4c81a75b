"""Runs on data that are not of birds: built, read in place, and mixed with birds."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from few_measures import measure_only
from spoken_digits import DIGITS, KINDS, ROWS, spoken_digits

from birdmml import bench
from birdmml.bench import open_data, open_task, run, run_sweep
from birdmml.data import open_birds
from birdmml.describe import data_columns
from confu_core.datasets import sources
from confu_core.errors import DatasetError, InvalidValue
from confu_core.media.findings import Findings
from confu_core.media.run import MediaResult, predictions
from confu_core.media.settings import MediaSettings
from confu_core.media.sweep import media_cells
from confu_core.report import write_report
from confu_core.runs.environment import threads
from confu_core.runs.measures import read_measures, write_predictions
from confu_core.runs.results import read_results
from confu_core.shards import TableRecipe, build

SMALL: dict[str, Any] = {
    "epochs": 2,
    "batch_size": 16,
    "dim": 8,
    "feature_dim": 8,
    "width": 8,
    "side": 8,
    "tokens": 6,
    "lr": 0.01,
}
THREE = "spoken:x?modalities=image%2Caudio%2Ccaption"


def settings(data: str | Path, **other: Any) -> MediaSettings:
    return MediaSettings(**{"data": str(data), "method": "clip", **SMALL, **other})


@pytest.fixture(scope="module", autouse=True)
def source() -> Iterator[None]:
    """A scheme of the tests; and one core, as the runs of a sweep compute."""
    with pytest.MonkeyPatch.context() as patch, threads(1):
        patch.setattr(sources, "SOURCES", {**sources.SOURCES, "spoken": "spoken_digits:spoken_digits"})
        yield


@pytest.fixture(scope="module")
def pair(cache: Path) -> MediaResult:
    return run(settings("spoken:x"), cache=cache)


def written(root: Path, modalities: str, format: str = "parquet") -> Path:
    build(spoken_digits(modalities=modalities), root, formats=(format,), shard_rows=10)
    return root


def test_a_task_is_what_the_manifest_says(cache: Path) -> None:
    task = open_task(settings(THREE), cache=cache)
    assert (task.label, task.classes) == ("digit", DIGITS)
    assert task.modalities == ("image", "audio", "caption") and task.queries == [(0,), (1,), (0, 1)]
    assert list(task.prompts) == [(f"the digit {name}", number) for number, name in enumerate(DIGITS)]
    for split, rows in ROWS.items():
        assert task.labels(split).tolist() == [number % 4 for number in range(rows)]
        assert task.arrays.array(split, "image").shape == (rows, 3, 8, 8)
    columns = task.columns
    assert {name: columns[name] for name in ("dataset", "classes", "species", "p", "triplets", "told_by")} == {
        "dataset": "spoken",
        "classes": 4,
        "species": None,
        "p": None,
        "triplets": 60,
        "told_by": "descriptions",
    }
    assert open_data("spoken:x").columns["told_by"] == "probe" and not task.ceilings


def test_samples_are_the_media_of_the_rows(cache: Path, tmp_path: Path) -> None:
    recipe = spoken_digits(modalities="image,audio,caption")
    wanted = [recipe.tables["test"].to_pylist()[row] for row in (5, 0)]
    root = written(tmp_path / "tars", "image,audio,caption", "webdataset")
    for data, stream in ((THREE, False), (THREE, True), (root, False)):
        task = open_task(settings(data), cache=cache, stream=stream)
        assert task.samples is not None
        for sample, row in zip(task.samples("test", [5, 0]), wanted, strict=True):
            media = {name: row[name]["bytes"] for name in ("image", "audio")}
            assert sample == {"key": row["key"], "caption": row["caption"], **media}


def test_read_in_place_built_and_in_tars_are_one_task(cache: Path, tmp_path: Path) -> None:
    names = "image,motion"
    places = [written(tmp_path / form, names, form) for form in ("parquet", "webdataset")]
    tasks = [open_task(settings(data), cache=cache) for data in ("spoken:x?modalities=image%2Cmotion", *places)]
    for split in ROWS:
        for name in ("image", "motion"):
            first, *others = (task.arrays.array(split, name) for task in tasks)
            assert all(np.array_equal(first, other) for other in others)
        assert len({tuple(task.labels(split).tolist()) for task in tasks}) == 1
    runs = [run(settings(place), cache=cache) for place in places]
    assert runs[0].measures == runs[1].measures
    assert {task.columns["data"] for task in tasks} == {tasks[0].columns["data"]}


def test_a_pair_without_descriptions_is_told_by_probes(pair: MediaResult) -> None:
    kinds = {"image": "linear", "audio": "linear", "image+audio": "bilinear"}
    probes = {
        one.subject: one.value
        for one in pair.measures
        if (one.family, one.metric, one.condition) == ("probe", "accuracy", kinds.get(one.subject))
    }
    assert probes.keys() == {"image", "audio", "image+audio"}
    assert pair.row["accuracy"] == probes["image+audio"] and pair.row["told_by"] == "probe"
    assert probes["image"] == 1 and (pair.row["chance"], pair.row["bayes_accuracy"]) == (0.25, None)
    told = {one["direction"]: one for one in pair.row["directions"] if one["target"] == "digit"}
    assert {name: one["accuracy"] for name, one in told.items()} == {f"{name}->digit": probes[name] for name in probes}
    assert all(one["defined"] for one in told.values())
    assert {"overlap", "complementarity", "missing", "few_shot"} <= {one.family for one in pair.measures}


def test_predictions_are_those_of_the_probes_where_nothing_describes_classes(
    pair: MediaResult, cache: Path, tmp_path: Path
) -> None:
    task = open_task(settings("spoken:x"), cache=cache)
    write_predictions(tmp_path / "taken.parquet", predictions(Findings(task, pair.model), probed=True))
    frame = pq.read_table(tmp_path / "taken.parquet").to_pandas()
    told = {tuple(one["query"]): one["accuracy"] for one in pair.row["directions"] if one["target"] == "digit"}
    assert len(told) == 3
    for query, accuracy in told.items():
        own = frame[(frame["query"] == "+".join(query)) & (frame["target"] == "digit")]
        assert len(own) == ROWS["test"]
        assert (own["rank"] == 1).mean() == (own["truth"] == own["predicted"]).mean() == pytest.approx(accuracy)

    def unmet(split: str) -> np.ndarray:  # Nothing that is trained on is of the last class.
        return np.minimum(task.labels(split), 2) if split == "train" else task.labels(split)

    first = next(predictions(Findings(replace(task, labels=unmet), pair.model), probed=True)).to_pandas()
    assert first["rank"].isna().tolist() == (task.labels("test") == 3).tolist()
    assert DIGITS[3] not in set(first["predicted"])
    unprobed = predictions(Findings(task, pair.model), probed=False)
    assert {target for table in unprobed for target in table["target"].to_pylist()} == {"image", "audio"}


def test_sequences_train_and_three_modalities_are_told_together(cache: Path) -> None:
    found = run(settings("spoken:x?modalities=motion%2Caudio%2Cimage", method="confu"), cache=cache)
    told = [one["direction"] for one in found.row["directions"] if one["target"] == "digit"]
    assert told[-1] == "motion+audio+image->digit" and len(told) == 7
    assert np.isfinite(found.row["final_loss"]) and found.row["accuracy"] > 0.5


@pytest.mark.parametrize(
    ("method", "message"),
    [
        ("confu", "confu fuses two modalities to find a third; got 2 in all: use clip, or lam=0"),
        ("triangle", "triangle is defined for 3 modalities; got 2: use gram instead"),
    ],
)
def test_what_a_pair_does_not_define_is_one_line(method: str, message: str, cache: Path) -> None:
    with pytest.raises(InvalidValue) as caught:
        run(settings("spoken:x", method=method), cache=cache)
    assert str(caught.value) == message


def test_one_modality_is_refused_in_one_line(cache: Path) -> None:
    with pytest.raises(InvalidValue, match="methods align two modalities or more; the data have one, motion"):
        run(settings("spoken:x?modalities=motion"), cache=cache)


def test_a_stream_of_a_source_trains(cache: Path, tmp_path: Path) -> None:
    described = run(settings(THREE), cache=tmp_path, stream=True)
    assert list(tmp_path.iterdir()) == [] and described.row["accuracy"] is not None
    bare = run(settings("spoken:x"), stream=True, predicted=tmp_path / "taken.parquet")
    assert {*pq.read_table(tmp_path / "taken.parquet")["target"].to_pylist()} == {"image", "audio"}
    assert bare.row["accuracy"] is None and {one.family for one in bare.measures} == {"history", "retrieval"}


@pytest.mark.parametrize("broken", ["image", "motion"])
def test_a_damaged_sample_is_left_out_and_counted(broken: str, cache: Path) -> None:
    task = open_task(settings(f"spoken:x?modalities=image%2Cmotion&broken={broken}"), cache=cache)
    assert {one.condition: one.value for one in task.notes} == {"train": 0, "validation": 0, "test": 1}
    assert task.labels("test").tolist() == [number % 4 for number in range(16) if number != 1]
    assert task.samples is not None and [one["key"] for one in task.samples("test", [0, 1])] == ["test-0", "test-2"]


def test_features_may_stand_for_a_text_that_describes_nothing(cache: Path, tmp_path: Path) -> None:
    recipe = spoken_digits(modalities="image,caption")
    assert recipe.contents is not None
    bare = replace(recipe, contents=replace(recipe.contents, prompts=()))
    build(bare, tmp_path / "bare")
    keys = [f"{split}-{number}" for split, rows in ROWS.items() for number in range(rows)]
    np.savez(tmp_path / "text.npz", keys=np.array(keys), features=np.random.default_rng(0).normal(size=(60, 4)))
    given = {"caption": str(tmp_path / "text.npz")}
    task = open_task(settings(tmp_path / "bare", feature_files=given), cache=cache)
    assert task.arrays.array("test", "caption").shape == (16, 4)
    with pytest.raises(InvalidValue, match="caption cannot have features"):
        open_task(settings("spoken:x?modalities=image%2Ccaption", feature_files=given), cache=cache)


def test_what_is_wrong_with_the_data_is_one_line(cache: Path, tmp_path: Path) -> None:
    recipe = spoken_digits(modalities="image,caption")
    table = recipe.tables["test"]
    strange = table.set_column(1, "digit", pa.array(["zer0", *table["digit"].to_pylist()[1:]]))
    without = {split: rows for split, rows in recipe.tables.items() if split != "validation"}
    build(replace(recipe, tables={**recipe.tables, "test": strange}), tmp_path / "strange")
    build(replace(recipe, tables=without), tmp_path / "without")
    build(TableRecipe("words", {"train": pa.table({"key": ["a"]})}), tmp_path / "words")
    task = open_task(settings(tmp_path / "strange"), cache=cache)
    cases = [
        (lambda: task.labels("test"), "digit 'zer0' in split 'test' is none of its classes; did you mean 'zero'"),
        (lambda: open_task(settings(tmp_path / "without"), cache=cache), "has no split 'validation'"),
        (lambda: open_data(tmp_path / "words"), "holds the dataset 'words', not 'birdmml'"),
        (lambda: open_data(tmp_path / "none"), "none does not exist; build a dataset there first"),
    ]
    for call, message in cases:
        with pytest.raises(DatasetError, match=message) as caught:
            call()
        assert "\n" not in str(caught.value)
    with pytest.raises(InvalidValue, match="no dataset is read as 'spokn:'; did you mean 'spoken'"):
        open_data("spokn:x")
    with pytest.raises(InvalidValue, match="spoken: has no option 'mod'"):
        open_data("spoken:x?mod=1")


# Sweeps and reports


def test_of_few_test_samples_explained_variance_is_undefined(cache: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    measure_only(monkeypatch, "dependence")
    monkeypatch.setitem(ROWS, "test", 3)
    found = run(settings(THREE, epochs=1, method="confu"), cache=cache)
    explained = [one.value for one in found.measures if (one.family, one.metric) == ("dependence", "R²")]
    assert explained and set(explained) == {None}


def test_a_sweep_mixes_birds_and_others(
    built: Path, cache: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    measure_only(monkeypatch, "zero_shot", "probe")
    places = [str(built), "spoken:x", str(written(tmp_path / "three", "image,audio,caption"))]
    fixed = {**SMALL, "epochs": 1}
    summary = run_sweep({"method": ["clip"], "data": places}, tmp_path / "out", fixed=fixed, cache=cache)
    assert (summary.cells, summary.computed, summary.failed) == (3, 3, ())
    held = read_results(tmp_path / "out")
    rows = {row["data"]: row for row in held.rows()}
    birds = rows[data_columns(open_birds(built).manifest)["data"]]
    # What a run on birds is, and is called, does not depend on what it is compared with.
    assert birds["cell"] == media_cells({"method": ["clip"]}, {**fixed, "data": str(built)}, open_data)[0][0].id
    assert birds["p"] == 0.6 and birds["dataset"] is None and birds["told_by"] is None
    assert {row["told_by"] for row in rows.values()} == {None, "probe", "descriptions"}
    assert held.benchmark == held.sweep["benchmark"] == "birdmml+spoken" and held.sweep["view"]["x"] == "data"
    text = words_of(tmp_path / "out")
    assert text.startswith("# birdmml, spoken: class from image and audio") and "Zero-shot class" in text
    assert "data:audio/wav" in (tmp_path / "out" / "report" / "index.html").read_text()


def test_plans_speak_of_what_the_data_are(built: Path) -> None:
    birds = bench.plan_of({"method": ["clip"]}, {"data": str(built)})
    assert birds["title"] == "Bird-MML: species from picture and song" and birds["benchmark"] == "birdmml"
    assert (birds["view"]["ceiling"], birds["view"]["floor"]) == ("bayes_accuracy", "pairwise_ceiling")
    plan = bench.plan_of({"method": ["clip"]}, {"data": "spoken:x"})
    assert plan["title"] == "spoken: digit from image and audio" and plan["benchmark"] == "spoken"
    assert plan["view"]["y_label"] == "accuracy, digit from image and audio by a bilinear probe"
    assert (plan["view"]["ceiling"], plan["view"]["floor"], plan["view"]["x"]) == (None, "chance", "method")
    described = bench.plan_of({"method": ["clip"]}, {"data": THREE})
    assert described["view"]["y_label"] == "accuracy, digit from image and audio"
    both = bench.plan_of({"method": ["clip"], "data": ["spoken:x", THREE]}, {})["view"]
    assert both["x"] == "data"


def words_of(out: Path) -> str:
    """What a report says, but for the names and values of settings."""
    write_report([out], out / "report")
    return (out / "report" / "report.md").read_text().partition("## Settings")[0]


def test_a_report_of_digits_names_no_birds(cache: Path, tmp_path: Path) -> None:
    run_sweep({"method": ["clip"]}, tmp_path / "out", fixed={**SMALL, "data": "spoken:x"}, cache=cache)
    text = words_of(tmp_path / "out")
    assert read_measures(tmp_path / "out").num_rows and "Bayes accuracy: What" not in text
    assert not [word for word in ("species", "bird", "song", "picture") if word in text.lower()]
    assert "which queries name its digit: A the audio, V the image" in text
    assert "What there is to gain is not known. Classes are told by probes." in text
    settings_of = (tmp_path / "out" / "report" / "report.md").read_text().partition("## Settings")[2]
    assert "dataset: spoken" in settings_of and "species" not in settings_of


def test_kinds_of_the_recipe_are_those_of_its_schema() -> None:
    """What the tests above rest on: every kind of input takes part."""
    recipe = spoken_digits(modalities=",".join(KINDS))
    assert recipe.contents is not None and set(recipe.contents.inputs.inputs) == set(KINDS) < set(recipe.schema.names)
