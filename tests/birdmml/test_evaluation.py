"""What others bring along: a saved model gives the numbers of its run, and so do its embeddings."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq
import pytest
import torch
from test_bench import SMALL

from birdmml import evaluation, load
from birdmml.bench import open_data, run
from birdmml.evaluation import embed_model, evaluate, evaluate_model
from confu_core.errors import ConfuError, DatasetError, InvalidValue, TrainingError
from confu_core.inputs.spec import InputSpec
from confu_core.media.opened import MediaData
from confu_core.media.run import MediaResult
from confu_core.media.saved import load_model, save_model
from confu_core.media.settings import MediaSettings
from confu_core.report import write_report
from confu_core.runs.measures import Measure
from confu_core.training.checkpoint import load_checkpoint, save_checkpoint

pytestmark = pytest.mark.usefixtures("one_core")

DIM = 6


@pytest.fixture(scope="module")
def trained(built: Path, cache: Path) -> MediaResult:
    return run(MediaSettings(data=str(built), method="confu", **SMALL), cache=cache)


@pytest.fixture(scope="module")
def model(trained: MediaResult, tmp_path_factory: pytest.TempPathFactory) -> Path:
    save_model(path := tmp_path_factory.mktemp("model") / "model.pt", trained)
    return path


def numbers(measures: list[Measure], *without: str) -> dict[tuple[Any, ...], tuple[Any, ...]]:
    return of_rows([one.row("") for one in measures], *without)


def of_rows(measures: list[dict[str, Any]], *without: str) -> dict[tuple[Any, ...], tuple[Any, ...]]:
    place, value = ("family", "subject", "metric", "condition", "x"), ("value", "low", "high", "defined")
    return {
        tuple(one[name] for name in place): tuple(one[name] for name in value)
        for one in measures
        if one["family"] not in without
    }


def test_a_saved_model_gives_the_numbers_of_its_run(
    trained: MediaResult, model: Path, built: Path, cache: Path
) -> None:
    found = evaluate_model(model, built, cache=cache)
    assert of_rows(found.row["measures"]) == numbers(trained.measures, "history")
    assert found.row["directions"] == trained.row["directions"]
    told = {name: found.row[name] for name in ("accuracy", "final_loss", "total_correlation_bound", "lam", "seed")}
    assert told == {name: trained.row[name] for name in told}
    assert found.row["trained_on"] == trained.row["data"] and found.row["cell"] != trained.row["cell"]
    saved = load_model(model)
    assert saved.inputs == dict(trained.inputs) and saved.settings == trained.settings
    assert list(saved.inputs) == ["image", "audio", "caption"]


def test_a_model_told_classes_is_measured_on_data_of_the_same(built: Path, cache: Path, tmp_path: Path) -> None:
    trained = run(MediaSettings(data=str(built), method="supervised", **SMALL), cache=cache)
    save_model(path := tmp_path / "model.pt", trained)
    known = open_data(built)
    saved = load_model(path)
    assert saved.classes == known.contents.classes == trained.classes
    found = evaluate_model(saved, known, cache=cache)
    assert found.row["accuracy"] == trained.row["accuracy"]
    other = replace(known, contents=replace(known.contents, classes=known.contents.classes[::-1]))
    with pytest.raises(
        InvalidValue, match=r"^the model tells \d+ classes, such as '.*', and the data have other ones; "
    ):
        evaluate_model(saved, other, cache=cache)
    streamed = run(MediaSettings(data=str(built), method="supervised", **SMALL), stream=True)
    assert streamed.row["status"] == "done" and streamed.row["accuracy"] >= 0


def test_its_embeddings_give_them_too(
    trained: MediaResult, model: Path, built: Path, cache: Path, tmp_path: Path
) -> None:
    written = embed_model(model, built, tmp_path / "e.parquet", cache=cache)
    table = pq.read_table(tmp_path / "e.parquet")
    fused = ["image+audio", "image+caption", "audio+caption"]
    assert table.column_names == ["key", "image", "audio", "caption", *fused]
    assert len(table) == 80 + len(written.descriptions if written.descriptions is not None else ())
    found = evaluate(tmp_path / "e.parquet", built, name="ours")
    apart = ("history", "plain", "robustness", "dependence", "data")
    assert of_rows(found.row["measures"], "data") == numbers(trained.measures, *apart)


def without_captions(built: Path) -> MediaData:
    known = open_data(built)
    seen = {name: one for name, one in known.contents.inputs.inputs.items() if name != "caption"}
    return replace(known, contents=replace(known.contents, inputs=InputSpec(seen)))


def test_a_model_is_measured_with_what_the_data_have(
    trained: MediaResult, model: Path, built: Path, cache: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(evaluation, "open_data", lambda place: without_captions(built))
    found = of_rows(evaluate_model(model, built, cache=cache).row["measures"])
    known = numbers(trained.measures, "history")
    assert found.items() <= known.items()
    gone = {place[1] for place in known} - {place[1] for place in found}
    assert gone and all("caption" in subject for subject in gone)
    assert ("zero_shot", "image+audio", "accuracy", "test", None) in found


def test_a_model_needs_no_more_than_a_test_split(
    trained: MediaResult, model: Path, built: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    known = open_data(built)
    manifest = known.dataset.manifest
    splits = {"test": manifest.splits["test"]}
    shards = [shard for shard in manifest.shards if shard.split == "test"]
    alone = replace(known, dataset=replace(known.dataset, manifest=replace(manifest, splits=splits, shards=shards)))
    monkeypatch.setattr(evaluation, "open_data", lambda place: alone)
    # A cache of its own: its dataset has the digest of the whole one, whose splits the other tests look for.
    found = of_rows(evaluate_model(model, built, cache=tmp_path).row["measures"])
    assert found.items() <= numbers(trained.measures, "history").items()
    assert {place[0] for place in found} >= {"zero_shot", "zero_shot_group", "retrieval", "overlap"}
    assert not {place[0] for place in found} & {"probe", "plain", "few_shot"}


def brought(built: Path) -> dict[str, np.ndarray]:
    random, known = np.random.default_rng(4), open_data(built)
    n = known.dataset.manifest.splits["test"]
    arrays = {name: random.normal(size=(n, DIM)) for name in ("image", "audio", "image+audio")}
    return {**arrays, "descriptions": random.normal(size=(len(known.contents.prompts), DIM))}


@pytest.mark.parametrize("fused", [False, True])
def test_embeddings_are_scored_by_cosines(built: Path, fused: bool) -> None:
    arrays = brought(built)
    vectors = {name: rows / np.linalg.norm(rows, axis=1, keepdims=True) for name, rows in arrays.items()}
    if not fused:
        del arrays["image+audio"]
    known = open_data(built)
    labels = known.dataset.table("test", ["species"])["species"].to_pylist()
    of = [number for _, number in known.contents.prompts]
    right = []
    for row, name in enumerate(labels):
        both = vectors["image+audio"][row] if fused else vectors["image"][row] + vectors["audio"][row]
        means = [
            np.mean([both @ vectors["descriptions"][at] for at, number in enumerate(of) if number == label])
            for label in range(len(known.contents.classes))
        ]
        right.append(known.contents.classes[int(np.argmax(means))] == name)
    found = evaluate(arrays, built)
    told = {one["direction"]: one["accuracy"] for one in found.row["directions"]}
    assert told["image+audio->species"] == np.mean(right)
    assert found.row["bayes_accuracy"] == open_data(built).ceilings["all"]["image+audio"].bayes
    assert "mine on birdmml" in repr(found) and "image+audio-&gt;species" in found._repr_html_()


def test_embeddings_stand_in_a_report(built: Path, tmp_path: Path) -> None:
    arrays = brought(built)
    for seed in (0, 1):
        evaluate(arrays | {"audio": arrays["audio"] + seed}, built, name="ours", seed=seed).save(tmp_path / "runs")
    page = next(path for path in write_report([tmp_path / "runs"], tmp_path / "page") if path.suffix == ".html")
    assert "ours" in page.read_text(encoding="utf-8")


def test_rows_are_found_by_key(built: Path, tmp_path: Path) -> None:
    arrays, keys = brought(built), open_data(built).dataset.table("test", ["key"])["key"].to_pylist()
    order = np.random.default_rng(1).permutation(len(keys))
    shuffled = {name: rows if name == "descriptions" else rows[order] for name, rows in arrays.items()}
    np.savez(tmp_path / "e.npz", keys=np.array(keys)[order], **shuffled)
    straight, found = evaluate(arrays, built), evaluate(tmp_path / "e.npz", built)
    assert of_rows(found.row["measures"]) == of_rows(straight.row["measures"])


@pytest.mark.parametrize(
    ("change", "line"),
    [
        ({"image": np.zeros((3, DIM))}, "all modalities must have as many rows; got 3, 16"),
        ({"audio": np.zeros(16)}, r"audio must be numbers of shape \(rows, dim\); got float64 of shape \(16,\)"),
        ({"video": np.zeros((16, DIM))}, "has vectors of 'video', which the dataset has not"),
        ({"descriptions": np.zeros((5, DIM))}, "descriptions must be the 320 of the dataset, in their order; got 5"),
        ({"audio": np.full((16, DIM), np.nan)}, "values that are not finite, first at key 'test-"),
        (
            {"audio": np.ones((16, DIM + 1))},
            "all embeddings must be of one width, to be compared; image has 6, audio 7",
        ),
        ({"keys": [f"test-{row}" for row in range(16)]}, "holds 16 keys that the dataset lacks, first 'test-0'"),
        ({"keys": [f"test-{row}" for row in range(15)]}, "a key for every row; got 15 keys and 16 rows"),
        (
            {"descriptions": None},
            "nothing tells the species of a sample: it takes descriptions of classes",
        ),
        ({"audio": np.ones((16, 0))}, r"audio must be numbers of shape \(rows, dim\); got float64 of shape \(16, 0\)"),
        ({"audio": [[1.0], [1.0, 2.0]]}, r"audio must be numbers of shape \(rows, dim\); got list: "),
    ],
)
def test_embeddings_that_do_not_fit(built: Path, change: dict[str, Any], line: str) -> None:
    arrays = {name: rows for name, rows in (brought(built) | change).items() if rows is not None}
    with pytest.raises((DatasetError, InvalidValue), match=line):
        evaluate(arrays, built)


def test_a_function_that_embeds_batches_stands_for_its_vectors(built: Path, tmp_path: Path) -> None:
    def encode(batch: dict[str, Any]) -> dict[str, Any]:
        texts = [[text.count(letter) for letter in "etaoin"] for text in batch["caption"]]
        if "image" not in batch:
            return {"caption": texts}
        colours = batch["image"].float().mean((2, 3))
        return {"image": torch.cat([colours, colours.flip(1)], 1), "caption": texts}

    found = evaluate(encode, built)
    rows = {split: [*load(built, split)] for split in open_data(built).dataset.manifest.splits}
    batch = {name: [row[name] for split in rows for row in rows[split]] for name in ("key", "image", "caption")}
    vectors = encode({**batch, "image": torch.stack(batch["image"])})
    described = [text for text, _ in load(built, "test").descriptions]
    vectors["descriptions"] = encode({"caption": described})["caption"]
    wanted = evaluate({**vectors, "keys": batch["key"]}, built)
    assert found.row == wanted.row and found.row["accuracy"] is not None
    with pytest.raises(InvalidValue, match=r"must return arrays by modality, .*; got list"):
        evaluate(lambda batch: [encode(batch)["image"]], built)  # type: ignore[arg-type, return-value, misc]
    only = evaluate(lambda batch: {"image": encode(batch)["image"]}, built)
    assert {one["target"] for one in only.row["directions"]} == {"species"}


def test_rows_of_no_split_are_refused(built: Path) -> None:
    line = (
        "must have the 16 rows of the test split, or the 80 of train, then validation, then test, then shift, or bring"
    )
    with pytest.raises(InvalidValue, match=line):
        evaluate({"image": np.ones((20, DIM))}, built)


@pytest.mark.parametrize(
    ("said", "line"),
    [
        ({"seed": -1}, "seed must be a whole number in"),
        ({"seed": 1.5}, "seed must be a whole number in"),
        ({"name": ""}, "name must be text that can be printed; got ''"),
        ({"name": "x\ny"}, "name must be text that can be printed"),
        ({"temperature": 0}, "temperature must be above 0 and finite; got 0"),
        ({"temperature": "x"}, "temperature must be above 0 and finite; got 'x'"),
        ({"data": None}, "data must be a folder, a URL or a source such as ssw60:PATH; got NoneType"),
    ],
)
def test_what_is_said_of_embeddings_is_checked(built: Path, said: dict[str, Any], line: str) -> None:
    with pytest.raises(InvalidValue, match=line):
        evaluate(brought(built), **{"data": built, **said})
    with pytest.raises(InvalidValue, match="embeddings must be a mapping of names to arrays, or a file; got ndarray"):
        evaluate(np.ones((16, 3)), built)  # type: ignore[arg-type]


def test_tensors_of_any_kind_are_taken(built: Path) -> None:
    arrays = brought(built)
    tensors = {name: torch.tensor(rows, dtype=torch.float32, requires_grad=True) for name, rows in arrays.items()}
    found, same = evaluate(tensors, built), evaluate(arrays, built)
    assert of_rows(found.row["measures"]) == of_rows(same.row["measures"])
    assert evaluate({name: one.bfloat16() for name, one in tensors.items()}, built).row["status"] == "done"


def test_samples_that_are_embedded_alike_are_not_the_same_sample(built: Path) -> None:
    arrays = {name: np.ones_like(rows) for name, rows in brought(built).items()}
    found = of_rows(evaluate(arrays, built).row["measures"])
    assert found["retrieval", "image->audio", "R@1", "equal", None][0] == pytest.approx(1 / 16)


def test_a_column_that_holds_no_vectors_is_named(built: Path, tmp_path: Path) -> None:
    keys = open_data(built).dataset.table("test", ["key"])["key"]
    vectors = pa.array(np.ones((16, 3)).tolist())
    pq.write_table(pa.table({"key": keys, "image": pa.array([1.0] * 16), "audio": vectors}), tmp_path / "e.parquet")
    with pytest.raises(DatasetError, match="column 'image' must hold lists of numbers; got double"):
        evaluate(tmp_path / "e.parquet", built)


def test_files_that_are_no_models(trained: MediaResult, model: Path, built: Path, tmp_path: Path) -> None:
    held = load_checkpoint(model)
    config, state = held.pop("config"), {name: held[name] for name in ("weights", "tokenizer")}
    older = {name: value for name, value in config.items() if name != "trained"}
    narrow = {**config, "trained": {**config["trained"], "settings": {**config["trained"]["settings"], "dim": 4}}}
    wrong = {**config, "trained": {**config["trained"], "inputs": [["image", {"kind": "smell"}]]}}
    cases: list[tuple[dict[str, Any], dict[str, Any], str]] = [
        (config, {"step": 3}, "is the checkpoint of a training"),
        (older, state, "is of a version that did not save what a model takes; train it again"),
        (narrow, state, "does not fit the code of its method or encoders: size mismatch"),
        (wrong, state, "is damaged: .*smell"),
        (config, {**state, "tokenizer": "{}"}, "is damaged: the tokenizer cannot be read"),
        (config, {**state, "weights": {"method": torch.ones(1)}}, "does not fit the code"),
    ]
    for number, (said, saved, line) in enumerate(cases):
        save_checkpoint(path := tmp_path / f"{number}.pt", said, saved)
        with pytest.raises(TrainingError, match=line):
            load_model(path)
    (tmp_path / "e.npz").write_bytes(b"no model")
    with pytest.raises(TrainingError, match=r"e\.npz is damaged or no checkpoint .*; give a file that `birdmml run"):
        load_model(tmp_path / "e.npz")
    with pytest.raises(TrainingError, match="is a folder; give a file that"):
        load_model(tmp_path)
    with pytest.raises(TrainingError, match=r"no model .*nothing\.pt"):
        load_model(tmp_path / "nothing.pt")


def test_data_that_a_model_cannot_take(model: Path, built: Path, cache: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    known = open_data(built)
    inputs = known.contents.inputs.inputs
    others: list[tuple[dict[str, Any], str]] = [
        ({"image": inputs["audio"]}, "image is a picture to the model and a sound in the data"),
        ({"speech": inputs["audio"]}, "the model takes image, audio, caption and the data have speech"),
    ]
    for seen, line in others:
        changed = replace(known, contents=replace(known.contents, inputs=InputSpec(seen)))
        monkeypatch.setattr(evaluation, "open_data", lambda place, changed=changed: changed)
        with pytest.raises(ConfuError, match=line):
            evaluate_model(model, built, cache=cache)


def test_a_model_of_before_later_settings_is_loaded(trained: MediaResult, model: Path, tmp_path: Path) -> None:
    held = load_checkpoint(model)
    config, state = held.pop("config"), {name: held[name] for name in ("weights", "tokenizer")}
    settings = dict(config["trained"]["settings"])
    assert (settings.pop("missing"), [*settings.pop("measures")]) == (0.0, [])
    save_checkpoint(tmp_path / "old.pt", {**config, "trained": {**config["trained"], "settings": settings}}, state)
    assert load_model(tmp_path / "old.pt").settings == load_model(model).settings
