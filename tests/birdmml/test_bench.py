"""Runs and sweeps on a built dataset: what the task is, and that results depend on the data and settings alone."""

from __future__ import annotations

import hashlib
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from few_measures import measure_only

from birdmml import bench
from birdmml.bench import open_data, open_task, run, run_sweep
from birdmml.data import BirdRecipe, design_of, open_birds
from birdmml.describe import data_columns
from birdmml.settings import Settings
from confu_core.ceilings import Ceilings
from confu_core.errors import DatasetError, InvalidValue, TrainingError
from confu_core.media.evaluate import FAMILIES
from confu_core.media.run import MediaResult, run_media
from confu_core.media.settings import MediaSettings
from confu_core.media.sweep import kept, media_cells
from confu_core.media.task import Features
from confu_core.runs.measures import read_examples, read_measures
from confu_core.runs.results import read_results, write_results
from confu_core.shards import MEDIA, build, open_dataset
from confu_core.training.fit import Progress

pytestmark = pytest.mark.usefixtures("one_core")

SMALL: dict[str, Any] = {
    "epochs": 1,
    "batch_size": 16,
    "dim": 8,
    "feature_dim": 8,
    "width": 8,
    "side": 16,
    "tokens": 24,
}
TINY = Settings(species=20, per_species=4, size=32, seconds=0.5)
SPLITS = {"train": 48, "validation": 8, "test": 16, "shift": 8}


def settings(data: Path, **other: Any) -> MediaSettings:
    return MediaSettings(**{"data": str(data), "method": "clip", **SMALL, **other})


@pytest.fixture(scope="module")
def found(built: Path, cache: Path) -> MediaResult:
    return run(settings(built), cache=cache)


@pytest.fixture
def few_measures(monkeypatch: pytest.MonkeyPatch) -> None:
    measure_only(monkeypatch, "zero_shot")


def made(root: Path, recipe: BirdRecipe, formats: tuple[str, ...] = ("parquet",)) -> Path:
    build(recipe, root, formats=formats, shard_rows=24)
    return root


@pytest.mark.parametrize("stream", [False, True])
def test_a_task_is_the_dataset(built: Path, cache: Path, recipe: BirdRecipe, stream: bool) -> None:
    task = open_task(settings(built), cache=cache, stream=stream)
    dataset, design = open_dataset(built), design_of(recipe.settings)
    assert task.modalities == ("image", "audio", "caption")
    assert task.splits == tuple(SPLITS) and task.classes == design.names
    assert task.queries == [(0,), (1,), (0, 1)] and task.text == 2
    for split, rows in SPLITS.items():
        species = dataset.table(split, ["species"])["species"].to_pylist()
        assert [task.classes[label] for label in task.labels(split)] == species
        assert {len(task.arrays.array(split, name)) for name in task.modalities} == {rows}
    groups = dict(
        zip(
            *(dataset.table("train", ["species", "group"])[name].to_pylist() for name in ("species", "group")),
            strict=True,
        )
    )
    assert {name: task.groups[task.classes.index(name)] for name in groups} == groups
    assert len(task.prompts) == 16 * 20 and {label for _, label in task.prompts} == set(range(20))


def test_ceilings_are_the_manifests(built: Path, cache: Path) -> None:
    task, manifest = open_task(settings(built), cache=cache), open_birds(built).manifest
    said = {"all": manifest.information["overall"], **manifest.information["groups"]}
    assert task.ceilings.keys() == said.keys() and len(said) > 1
    for group, values in said.items():
        best = max(values["bayes_image"], values["bayes_audio"])
        assert task.ceilings[group] == {
            "image": Ceilings(*[values["bayes_image"]] * 3),
            "audio": Ceilings(*[values["bayes_audio"]] * 3),
            "image+audio": Ceilings(best, values["pairwise_ceiling"], values["bayes_both"]),
        }
    # What is exact is of the latents, what is bounded of the modalities.
    (exact,) = [one for one in task.notes if one.metric == "total correlation"]
    assert (exact.subject, exact.value) == ("species, shown look and shown song", said["all"]["total_correlation"])
    expected = {"species": 20, "p": 0.6, "triplets": 80, "data_seed": 0, "data": manifest.fingerprint[:12]}
    assert data_columns(manifest) == expected
    checksum = hashlib.sha256((built / "manifest.json").read_bytes()).hexdigest()[:12]
    assert task.columns == {**expected, "checksum": checksum}


def test_samples_are_the_media_of_the_rows(built: Path, cache: Path) -> None:
    task = open_task(settings(built), cache=cache)
    assert task.samples is not None
    table = open_dataset(built).table("test", ["key", "image", "caption"]).to_pylist()
    for sample, row in zip(task.samples("test", [5, 0]), (5, 0), strict=True):
        assert (sample["key"], sample["caption"]) == (table[row]["key"], table[row]["caption"])
        assert sample["image"] == table[row]["image"]["bytes"] and sample["audio"][:4] == b"fLaC"


def test_a_run_measures_everything(found: MediaResult, built: Path, tmp_path: Path) -> None:
    row, manifest = found.row, open_birds(built).manifest
    assert {**settings(built).columns(), **data_columns(manifest)}.items() <= row.items()
    assert row["cell"] == settings(built).cell_on(data_columns(manifest))
    assert row["bayes_accuracy"] == manifest.information["overall"]["bayes_both"] and row["chance"] == 1 / 20
    known = {*FAMILIES, "confused_pair", "history", "data", "ceiling"} - {"frame"}  # That is of videos alone.
    assert {one.family for one in found.measures} == known
    left_out = {one.condition: one.value for one in found.measures if one.metric == "samples left out"}
    assert left_out == dict.fromkeys(SPLITS, 0)
    assert row["total_correlation"] is None and row["total_correlation_bound"] >= 0
    assert {one.reference for one in found.measures if one.metric == "total_correlation_bound"} == {None}
    assert {one.condition for one in found.measures if one.family == "robustness"} == {
        "blur",
        "occlusion",
        "snr",
        "words",
    }
    assert found.examples and found.tokenizer is not None
    cost = {"cell": row["cell"], "seconds": 1.0, "peak_memory_bytes": 1, "stack": 1}
    write_results(tmp_path, "birdmml", [row], costs=[cost])
    (held,) = read_results(tmp_path).rows()
    assert {name: held[name] for name in row if name != "directions"} == {
        n: v for n, v in row.items() if n != "directions"
    }


def test_the_same_run_again_is_the_same(found: MediaResult, built: Path, cache: Path, tmp_path: Path) -> None:
    again = run(settings(built), cache=tmp_path / "cache")
    assert (again.row, again.measures, again.examples) == (found.row, found.measures, found.examples)
    other = settings(built, seed=1)
    assert run_media(open_task(other, cache=cache), other, families=()).row["final_loss"] != found.row["final_loss"]


def test_predictions_are_those_that_measures_count(built: Path, cache: Path, tmp_path: Path) -> None:
    found = run(settings(built, method="confu"), cache=cache, predicted=tmp_path / "taken.parquet")
    frame = pq.read_table(tmp_path / "taken.parquet").to_pandas()
    known = open_dataset(built).table("test", ["key", "species"])
    told, ranked = (
        {one.subject: one.value for one in found.measures if (one.family, one.condition, one.metric) == which}
        for which in (("zero_shot", "test", "accuracy"), ("retrieval", "equal", "mean rank"))
    )
    assert len(told) == 3 and len(ranked) == 9 and len(frame) == 12 * SPLITS["test"]
    for query, accuracy in told.items():
        own = frame[(frame["query"] == query) & (frame["target"] == "species")]
        assert own["key"].tolist() == known["key"].to_pylist() and own["truth"].tolist() == known["species"].to_pylist()
        assert (own["rank"] == 1).mean() == (own["truth"] == own["predicted"]).mean() == accuracy
    for direction, mean in ranked.items():
        query, target = direction.split("->")
        own = frame[(frame["query"] == query) & (frame["target"] == target)]
        assert own["rank"].mean() == pytest.approx(mean) and own["truth"].tolist() == known["key"].to_pylist()


def test_parquet_and_tars_give_the_same_run(
    built: Path, recipe: BirdRecipe, found: MediaResult, cache: Path, tmp_path: Path
) -> None:
    tars = made(tmp_path / "tars", recipe, formats=("webdataset",))
    task, other = (open_task(settings(root), cache=cache) for root in (built, tars))
    for split in SPLITS:
        assert np.array_equal(task.labels(split), other.labels(split))
        for name in task.modalities:
            assert np.array_equal(task.arrays.array(split, name), other.arrays.array(split, name))
    assert task.prompts == other.prompts
    first, second = found, run(settings(tars), cache=cache)
    assert first.measures == second.measures and first.examples == second.examples
    apart = ("cell", "data", "checksum")
    assert {n: v for n, v in first.row.items() if n not in apart} == {
        n: v for n, v in second.row.items() if n not in apart
    }


def test_a_stream_trains_and_evaluates(built: Path, found: MediaResult, tmp_path: Path) -> None:
    one, two = (run(settings(built), cache=tmp_path, stream=True) for _ in range(2))
    assert one.row == two.row and one.measures == two.measures
    assert list(tmp_path.iterdir()) == []  # Nothing is cached.
    assert {one.family for one in one.measures} == {"history", "data", "ceiling"} | {
        name for name, family in FAMILIES.items() if family.streams and name != "frame"
    }
    assert one.row.keys() == found.row.keys() and np.isfinite(one.row["final_loss"])
    assert one.row["final_loss"] == pytest.approx(found.row["final_loss"], rel=0.2)


def test_what_a_stream_cannot_do_is_refused(built: Path, tmp_path: Path) -> None:
    np.savez(tmp_path / "a.npz", keys=np.array(["a"]), features=np.ones((1, 2)))
    with pytest.raises(InvalidValue, match="--features cannot be streamed"):
        run(settings(built, feature_files={"audio": str(tmp_path / "a.npz")}), stream=True)
    with pytest.raises(InvalidValue, match="balance must be instance for a stream"):
        run(settings(built, balance="species"), stream=True)
    with pytest.raises(InvalidValue, match="pairing must be sample for a stream"):
        run(settings(built, pairing="class"), stream=True)


def all_keys(root: Path) -> list[str]:
    dataset = open_dataset(root)
    return [key for split in dataset.manifest.splits for key in dataset.table(split, ["key"])["key"].to_pylist()]


def write_features(path: Path, keys: list[str], width: int = 5) -> str:
    np.savez(path, keys=np.array(keys), features=np.random.default_rng(0).normal(size=(len(keys), width)))
    return str(path)


def test_features_take_the_place_of_a_modality(built: Path, cache: Path, found: MediaResult, tmp_path: Path) -> None:
    keys = all_keys(built)
    file = write_features(tmp_path / "audio.npz", keys[::-1])
    chosen = settings(built, feature_files={"audio": file})
    task = open_task(chosen, cache=cache)
    assert task.inputs["audio"] == Features(5) and task.inputs["image"] != Features(5)
    with np.load(file) as held:
        by_key = dict(zip(held["keys"].tolist(), held["features"].astype(np.float32), strict=True))
    test = open_dataset(built).table("test", ["key"])["key"].to_pylist()
    assert np.array_equal(task.arrays.array("test", "audio"), np.stack([by_key[key] for key in test]))
    other = run_media(task, chosen, families=("robustness",))
    assert other.row["cell"] != found.row["cell"] and other.row["feature_files"] == f"audio={file}"
    spoiled = {one.condition for one in other.measures if one.family == "robustness"}
    assert spoiled == {"blur", "occlusion", "words"}  # What was computed elsewhere cannot be spoiled here.


def test_features_that_do_not_fit_are_refused(built: Path, cache: Path, tmp_path: Path) -> None:
    keys = all_keys(built)
    files = {
        "lacking": write_features(tmp_path / "lacking.npz", keys[1:]),
        "twice": write_features(tmp_path / "twice.npz", [*keys, keys[3]]),
        "whole": write_features(tmp_path / "whole.npz", keys),
    }
    cases = [
        ({"audio": files["lacking"]}, DatasetError, f"lacks 1 of 48 keys, first '{keys[0]}'"),
        ({"audio": files["twice"]}, DatasetError, f"holds 1 keys more than once, first '{keys[3]}'"),
        ({"audio": str(tmp_path / "none.npz")}, DatasetError, "none.npz does not exist; give a file of features"),
        ({"adio": files["whole"]}, InvalidValue, "no modality 'adio' to have features: did you mean 'audio'"),
        ({"caption": files["whole"]}, InvalidValue, "caption cannot have features"),
    ]
    for given, kind, message in cases:
        with pytest.raises(kind, match=message) as caught:
            open_task(settings(built, feature_files=given), cache=cache)
        assert "\n" not in str(caught.value)


@dataclass(frozen=True)
class Broken(BirdRecipe):
    """The third picture of train, and the first of test, are cut."""

    def rows(self, split: str, start: int, stop: int) -> pa.Table:
        table = super().rows(split, start, stop)
        cells = table["image"].to_pylist()
        number = {"train": 2, "test": 0}.get(split, -1) - start
        if 0 <= number < len(cells):
            cells[number]["bytes"] = cells[number]["bytes"][:40]
        at = table.schema.get_field_index("image")
        return table.set_column(at, table.schema.field(at), pa.array(cells, MEDIA))


@dataclass(frozen=True)
class Partial(BirdRecipe):
    """Without one of the splits."""

    lacking: str = "validation"

    @property
    def splits(self) -> dict[str, int]:
        return {name: rows for name, rows in super().splits.items() if name != self.lacking}


def test_a_picture_that_cannot_be_decoded_is_left_out_and_counted(few_measures: None, tmp_path: Path) -> None:
    root = made(tmp_path / "birds", Broken(TINY))
    chosen = settings(root)
    task = open_task(chosen, cache=tmp_path / "cache")
    assert len(task.arrays.array("train", "audio")) == len(task.labels("train")) == 47
    species = open_dataset(root).table("test", ["species"])["species"].to_pylist()
    assert [task.classes[label] for label in task.labels("test")] == species[1:]
    found = run(chosen, cache=tmp_path / "cache")
    notes = {one.condition: one.value for one in found.measures if one.metric == "samples left out"}
    assert notes == {"train": 1, "validation": 0, "test": 1, "shift": 0}
    streamed = run(settings(root), stream=True)
    assert np.isfinite(streamed.row["final_loss"])


@pytest.mark.parametrize("lacking", ["train", "validation", "test"])
def test_a_split_that_is_missing_is_one_line(lacking: str, tmp_path: Path) -> None:
    root = made(tmp_path / "birds", Partial(TINY, lacking=lacking))
    for stream in (False, True):
        steps: list[Progress] = []
        with pytest.raises(DatasetError, match=f"no split '{lacking}'") as caught:
            run(settings(root), cache=tmp_path / "cache", stream=stream, watch=steps.append)
        assert "\n" not in str(caught.value)
        assert steps == []  # Nothing was trained in vain.


def test_no_data_and_other_data_are_refused(tmp_path: Path) -> None:
    with pytest.raises(DatasetError, match="none does not exist; build a dataset there first"):
        open_task(settings(tmp_path / "none"))


# Sweeps


@pytest.fixture(scope="module")
def swept(built: Path, cache: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Two methods in two processes; nothing may change them. Sweeps in this process have to equal it."""
    out = tmp_path_factory.mktemp("swept") / "two"
    summary = sweep_two(built, cache, out, workers=2)
    assert (summary.cells, summary.computed, summary.failed) == (2, 2, ())
    return out


def sweep_two(data: Path, cache: Path, out: Path, **other: Any) -> Any:
    fixed = {"data": str(data), **SMALL, "epochs": 2}
    return run_sweep({"method": ["clip", "gram"]}, out, fixed=fixed, cache=cache, **other)


def assert_equal_results(one: Path, two: Path) -> None:
    for name in ("results.parquet", "measures.parquet", "examples.parquet"):
        assert (one / name).read_bytes() == (two / name).read_bytes(), name


def test_a_sweep_keeps_rows_measures_and_examples(swept: Path, built: Path, cache: Path) -> None:
    rows = {row["method"]: row for row in read_results(swept).rows()}
    assert rows.keys() == {"clip", "gram"} and {row["status"] for row in rows.values()} == {"done"}
    alone = kept(run(settings(built, epochs=2), cache=cache))
    assert rows["clip"]["accuracy"] == alone["accuracy"] and rows["clip"]["cell"] == alone["cell"]
    measures = [row for row in read_measures(swept).to_pylist() if row["cell"] == alone["cell"]]
    assert measures == alone["measures"]
    assert [one for one in read_examples(swept) if one["cell"] == alone["cell"]] == alone["examples"]
    assert list((swept / "checkpoints").iterdir()) == []


def test_an_interrupted_sweep_goes_on_from_the_last_epoch_to_the_same_with_any_number_of_workers(
    swept: Path, built: Path, cache: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    steps: dict[str, list[int]] = {}

    def watched(chosen: MediaSettings, stop: bool, **how: Any) -> MediaResult:
        def watch(progress: Progress) -> None:
            steps.setdefault(chosen.method, []).append(progress.step)
            if stop and chosen.method == "gram" and progress.step == 5:  # In the second of its epochs.
                raise KeyboardInterrupt

        return run(chosen, watch=watch, **how)

    monkeypatch.setattr(bench, "run", lambda chosen, **how: watched(chosen, True, **how))
    with pytest.raises(KeyboardInterrupt):
        sweep_two(built, cache, tmp_path / "out")
    assert [row["method"] for row in read_results(tmp_path / "out").rows()] == ["clip"]
    assert len(list((tmp_path / "out" / "checkpoints").iterdir())) == 1
    assert steps == {"clip": [1, 2, 3, 4, 5, 6], "gram": [1, 2, 3, 4, 5]}
    steps.clear()
    monkeypatch.setattr(bench, "run", lambda chosen, **how: watched(chosen, False, **how))
    summary = sweep_two(built, cache, tmp_path / "out")
    assert (summary.cells, summary.computed) == (2, 1) and steps == {"gram": [4, 5, 6]}
    assert_equal_results(swept, tmp_path / "out")
    assert list((tmp_path / "out" / "checkpoints").iterdir()) == []


def test_a_cell_that_fails_is_recorded_and_the_others_go_on(
    built: Path, cache: Path, few_measures: None, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def failing(chosen: MediaSettings, **how: Any) -> MediaResult:
        if chosen.method == "clip":
            raise TrainingError("the loss is nan at step 3")
        return run(chosen, **how)

    with monkeypatch.context() as patched:
        patched.setattr(bench, "run", failing)
        summary = sweep_two(built, cache, tmp_path / "out")
    ((cell, error),) = summary.failed
    assert error == "the loss is nan at step 3"
    rows = {row["method"]: row for row in read_results(tmp_path / "out").rows()}
    assert (rows["clip"]["status"], rows["clip"]["error"], rows["clip"]["cell"]) == ("failed", error, cell)
    assert rows["gram"]["status"] == "done" and rows["clip"]["p"] == 0.6
    assert sweep_two(built, cache, tmp_path / "out").failed == ()


def test_data_are_an_axis(few_measures: None, tmp_path: Path) -> None:
    places = [str(made(tmp_path / f"p{p:g}", BirdRecipe(replace(TINY, p=p)))) for p in (0.0, 1.0)]
    grid = {"method": ["clip"], "data": places}
    cells = media_cells(grid, SMALL, open_data)[0]
    assert [cell.columns["p"] for cell in cells] == [0.0, 1.0] and len({cell.id for cell in cells}) == 2
    assert [cell.settings.data for cell in cells] == places
    summary = run_sweep(grid, tmp_path / "out", fixed=SMALL, cache=tmp_path / "cache")
    assert (summary.computed, summary.failed) == (2, ())
    held = read_results(tmp_path / "out")
    rows = {row["p"]: row for row in held.rows()}
    assert rows.keys() == {0.0, 1.0}
    for p, place in zip((0.0, 1.0), places, strict=True):
        overall = open_birds(place).manifest.information["overall"]
        assert rows[p]["bayes_accuracy"] == overall["bayes_both"]
        assert rows[p]["single_ceiling"] == max(overall["bayes_image"], overall["bayes_audio"])
        assert rows[p]["pairwise_ceiling"] == overall["pairwise_ceiling"]
    plan = bench.plan_of(grid, SMALL)
    assert plan["view"]["x"] == "p" and "data" not in {**plan["grid"], **plan["settings"]}
    assert held.sweep["view"]["x"] == "p"


def test_copies_of_a_dataset_are_one(built: Path, birds: Path) -> None:
    clip = {"method": ["clip"]}
    here, there = (media_cells(clip, {"data": str(place), **SMALL}, open_data)[0] for place in (built, birds))
    assert [cell.id for cell in here] == [cell.id for cell in there]
    assert [cell.columns for cell in here] == [cell.columns for cell in there]


def test_the_view_is_over_the_first_axis_that_varies(built: Path) -> None:
    def view(grid: dict[str, list[Any]]) -> Any:
        fixed = {"data": str(built)}
        return bench.plan_of(grid, fixed)["view"]

    assert view({"method": ["clip", "confu"], "seed": [0, 1]})["x"] == "method"
    assert view({"method": ["clip", "confu"], "lam": [0.0, 0.5]})["x"] == "lam"
    assert view({"method": ["clip"], "epochs": [1], "dim": [8, 16]})["x"] == "dim"


def test_a_sweep_asked_for_wrongly_leaves_nothing(built: Path, cache: Path, tmp_path: Path) -> None:
    fixed = {"data": str(built), **SMALL}
    cases: list[tuple[dict[str, Any], dict[str, Any], str]] = [
        ({"method": ["clib"]}, {}, "unknown method 'clib': did you mean 'clip'"),
        ({"method": ["clip"], "lam": [0.1]}, {}, "clip has no option 'lam'"),
        ({"method": ["clip"], "epochs": [1, 0]}, {}, "epochs must be at least 1; got 0"),
        ({"method": ["clip"], "precision": ["float23"]}, {}, "precision must be one of"),
        ({"method": ["clip"], "data": []}, {}, "data must have at least one value; got none"),
        ({"method": ["clip"]}, {"device": "abacus"}, "device must be cpu, cuda"),
    ]
    for grid, how, message in cases:
        with pytest.raises(InvalidValue, match=message):
            run_sweep(grid, tmp_path / "out", fixed=fixed, cache=cache, **how)
    assert not (tmp_path / "out").exists()


def test_results_of_another_dataset_stand_beside(swept: Path) -> None:
    table = pq.read_table(swept / "results.parquet")
    assert {"data", "species", "p", "triplets", "data_seed"} <= set(table.column_names)
