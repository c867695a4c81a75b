"""One run: a row, its measures, and the same again."""

from __future__ import annotations

import json
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from known_media import BAYES, CLASSES, PAIRWISE, SIZES, WORDS, make_task

from confu_core.errors import DatasetError, InvalidValue, MethodError, TrainingError
from confu_core.media.evaluate import FAMILIES
from confu_core.media.findings import Findings
from confu_core.media.run import MediaResult, media_epochs, run_media
from confu_core.media.saved import save_model
from confu_core.media.settings import MediaSettings
from confu_core.media.task import MediaTask
from confu_core.runs.results import read_results, write_results
from confu_core.training.checkpoint import load_checkpoint
from confu_core.training.fit import Progress
from confu_core.training.settings import TrainingSettings

QUICK = MediaSettings(method="clip", epochs=2, batch_size=14, dim=8, feature_dim=8, width=8, tokens=1, augment=())
METHODS = """
from confu_core.methods import Method, Term

class PairsOnly(Method):
    def terms(self):
        return [Term((0,), (1,), 1.0)]

    def score(self, query, key):
        if len(query.modalities) > 1:
            raise NotImplementedError("pairs only")
        return query.embedding(query.modalities[0]) @ key.embedding(key.modalities[0]).mT
"""


@pytest.fixture(scope="module")
def task() -> MediaTask:
    return make_task()


@pytest.fixture(scope="module")
def found(task: MediaTask) -> MediaResult:
    return run_media(task, QUICK)


def test_a_row_has_the_headline_beside_what_can_be_reached(found: MediaResult, task: MediaTask) -> None:
    row = found.row
    assert row["cell"] == QUICK.cell_on(task.columns) and (row["status"], row["error"]) == ("done", None)
    assert {**QUICK.columns(), **task.columns}.items() <= row.items()
    assert (row["bayes_accuracy"], row["chance"]) == (1.0, 1 / len(CLASSES))
    assert (row["single_ceiling"], row["pairwise_ceiling"]) == (0.625, PAIRWISE)
    assert row["fusion_gain_captured"] == pytest.approx((row["accuracy"] - 0.625) / 0.375)
    assert row["higher_order_capture"] == pytest.approx((row["accuracy"] - PAIRWISE) / (1 - PAIRWISE))
    assert row["total_correlation"] is None and row["total_correlation_bound"] >= 0
    by_place = {(one.family, one.subject, one.metric, one.condition): one for one in found.measures}
    assert row["accuracy"] == by_place["zero_shot", "image+audio", "accuracy", "test"].value
    history = [one for one in found.measures if one.family == "history"]
    assert {one.x for one in history} == {1.0, 2.0}
    assert row["final_loss"] == next(one.value for one in history if (one.metric, one.x) == ("loss", 2.0))
    json.dumps(row, allow_nan=False)


def test_directions_are_classes_and_retrieval(found: MediaResult) -> None:
    directions = {one["direction"]: one for one in found.row["directions"]}
    assert len(directions) == 3 + 6 + 3
    fused = directions["image+audio->species"]
    assert (fused["query"], fused["target"], fused["order"]) == (["image", "audio"], "species", 2)
    assert fused["accuracy"] == found.row["accuracy"]
    assert fused["higher_order_capture"] == found.row["higher_order_capture"]
    assert directions["image->species"]["bayes_accuracy"] == BAYES["image"]
    assert directions["image->species"]["single_ceiling"] == BAYES["image"]
    assert directions["image->species"]["higher_order_capture"] is None
    assert directions["image->caption"]["pairwise_ceiling"] is None
    recalls = {
        one.subject: one.value
        for one in found.measures
        if (one.family, one.metric, one.condition) == ("retrieval", "R@1", "equal")
    }
    assert recalls == {name: directions[name]["accuracy"] for name in recalls}


def test_a_model_that_learns_from_classes_tells_them_itself(task: MediaTask) -> None:
    trained = run_media(task, replace(QUICK, method="supervised", epochs=40, lr=0.01, options={"dropout": 0.0}))
    assert trained.classes == CLASSES
    known = Findings(task, trained.model)
    right = trained.model.method.classify(known.embedded("test").view((0, 1))).argmax(-1).numpy() == task.labels("test")
    assert trained.row["accuracy"] == right.mean() > 3 / len(CLASSES)
    history = [one for one in trained.measures if (one.family, one.metric) == ("history", "validation_loss")]
    assert len(history) == 40 and history[-1].value < history[0].value / 2
    probed = run_media(make_task(text=False), replace(QUICK, method="supervised", epochs=1))
    assert {one.condition for one in probed.measures if one.family == "probe"} >= {"bilinear", "fused"}


def test_a_run_again_is_the_same(found: MediaResult, task: MediaTask) -> None:
    again = run_media(task, QUICK)
    assert (again.row, again.measures, again.examples) == (found.row, found.measures, found.examples)
    assert {one.family for one in found.measures} == {*FAMILIES, "history", "confused_pair", "ceiling"} - {
        "robustness",
        "frame",
    }


@pytest.mark.parametrize(
    ("train", "test", "message"),
    [
        (1, 1, "all training samples are of one species, 'wren'; to tell classes takes two or more"),
        (2, 0, "no sample of split 'test' is of a species that the training split has, such as 'swift'; split the"),
    ],
)
def test_classes_that_could_not_be_told_are_refused_before_training(
    train: int, test: int, message: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("confu_core.media.run.make_model", lambda *_: pytest.fail("it was made"))

    def labels(split: str) -> np.ndarray:
        return np.full(SIZES[split], 5) if split == "test" and not test else np.arange(SIZES[split]) % train

    with pytest.raises(DatasetError, match=message):
        run_media(make_task(labels=labels), QUICK)


def test_rows_fit_a_results_folder(found: MediaResult, tmp_path: Path) -> None:
    cost = {"cell": found.row["cell"], "seconds": 1.0, "peak_memory_bytes": 1, "stack": 1}
    write_results(tmp_path, "known", [found.row], costs=[cost])
    (held,) = read_results(tmp_path).rows()
    assert held["accuracy"] == found.row["accuracy"] and held["augment"] == ""


def test_families_and_watching_are_the_callers(task: MediaTask) -> None:
    told: list[Progress] = []
    found = run_media(task, QUICK, families=("overlap",), watch=told.append)
    assert {one.family for one in found.measures} == {"overlap", "history", "ceiling"}
    assert [progress.step for progress in told] == [1, 2, 3, 4]
    assert [progress.epoch is not None for progress in told] == [False, True, False, True]


def test_an_interrupted_run_goes_on_from_its_checkpoint(task: MediaTask, tmp_path: Path) -> None:
    path, families = tmp_path / "run.pt", ("retrieval", "zero_shot")
    whole = run_media(task, QUICK, families=families)

    def interrupt(progress: Progress) -> None:
        if progress.step == 3:
            raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        run_media(task, QUICK, families=families, checkpoint=path, watch=interrupt)
    steps: list[int] = []
    again = run_media(
        task, QUICK, families=families, checkpoint=path, watch=lambda progress: steps.append(progress.step)
    )
    assert steps == [3, 4]
    assert (again.row, again.measures) == (whole.row, whole.measures)
    other = MediaSettings(**{**vars(QUICK), "lr": 0.5})
    with pytest.raises(TrainingError, match=r"of another training: lr was 0.001 and is now 0.5"):
        run_media(task, other, checkpoint=path)


def test_a_training_goes_on_to_more_epochs_and_says_so(task: MediaTask, tmp_path: Path) -> None:
    path, families = tmp_path / "run.pt", ("retrieval",)
    short = run_media(task, QUICK, families=families, checkpoint=path)
    longer = MediaSettings(**{**vars(QUICK), "epochs": 4})
    (tmp_path / "copy.pt").write_bytes(path.read_bytes())
    whole = run_media(task, longer, families=families, checkpoint=path)
    lowered = [one.value for one in whole.measures if (one.family, one.metric) == ("history", "lr")]
    assert lowered[:2] == [one.value for one in short.measures if (one.family, one.metric) == ("history", "lr")]
    steps = [TrainingSettings.of(longer).rate(step, 8) for step in (5, 7)]
    assert lowered[2:] == pytest.approx(steps) and whole.row["extended_from"] == "2"
    # Another training than the longer one by itself, whose rate was never that low in between.
    assert whole.row["cell"] not in (short.row["cell"], run_media(task, longer, families=families).row["cell"])

    def interrupt(progress: Progress) -> None:
        if progress.step == 7:
            raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        run_media(task, longer, families=families, checkpoint=tmp_path / "copy.pt", watch=interrupt)
    again = run_media(task, longer, families=families, checkpoint=tmp_path / "copy.pt")
    assert (again.row, again.measures) == (whole.row, whole.measures)
    most = MediaSettings(**{**vars(QUICK), "epochs": 5})
    assert run_media(task, most, families=families, checkpoint=path).row["extended_from"] == "2,4"
    with pytest.raises(TrainingError, match="epochs was 5 and is now 2"):
        run_media(task, QUICK, families=families, checkpoint=path)


def test_a_model_is_no_checkpoint(task: MediaTask, tmp_path: Path) -> None:
    save_model(tmp_path / "model.pt", run_media(make_task(text=False), QUICK, families=()))
    with pytest.raises(
        TrainingError, match=r"model.pt is a trained model, without its optimizer; go on from the file of"
    ):
        run_media(task, QUICK, checkpoint=tmp_path / "model.pt")


def test_a_saved_model_holds_weights_settings_and_tokenizer(task: MediaTask, tmp_path: Path) -> None:
    plain = run_media(make_task(text=False), QUICK, families=())
    save_model(tmp_path / "model.pt", plain)
    held = load_checkpoint(tmp_path / "model.pt")
    assert held["config"]["method"] == "clip" and held["config"]["p"] == 0.5 and held["tokenizer"] == ""
    assert held["weights"].keys() == plain.model.state_dict().keys()
    plain.model.load_state_dict(held["weights"])


def test_a_task_without_texts_has_no_accuracy() -> None:
    row = run_media(make_task(text=False), QUICK, families=("retrieval",)).row
    assert row["accuracy"] is None and row["higher_order_capture"] is None and row["bayes_accuracy"] == 1.0
    assert {one["target"] for one in row["directions"]} == {"image", "audio"}


def test_a_method_that_lacks_a_score_is_named(task: MediaTask, tmp_path: Path) -> None:
    (tmp_path / "mine.py").write_text(METHODS)
    settings = MediaSettings(**{**vars(QUICK), "method": f"{tmp_path}/mine.py:PairsOnly"})
    with pytest.raises(MethodError, match="method PairsOnly raised in evaluation: NotImplementedError: pairs only"):
        run_media(task, settings)


def test_examples_are_what_only_both_tell_and_what_they_do_not(task: MediaTask) -> None:
    asked: list[tuple[str, list[int]]] = []

    def samples(split: str, rows: list[int]) -> list[dict[str, object]]:
        asked.append((split, list(rows)))
        return [{"key": f"{split}-{row}", "image": b"", "audio": b"", "caption": "a bird"} for row in rows]

    found = run_media(make_task(samples=samples), QUICK, families=())
    ((split, rows),) = asked
    assert split == "test" and len(found.examples) == len(rows) <= 6
    for example, row in zip(found.examples, rows, strict=True):
        label, predicted = example["label"], example["predicted"]
        assert label == CLASSES[int(task.labels("test")[row])] and example["key"] == f"test-{row}"
        assert predicted.keys() == {"image", "audio", "image+audio"}
        alone = label not in (predicted["image"], predicted["audio"])
        assert (label == predicted["image+audio"] and alone) == (example["kind"] == "only together")
    assert {example["kind"] for example in found.examples} >= {"failure"}


def test_epochs_are_the_tasks(task: MediaTask) -> None:
    epochs = media_epochs(task, QUICK)
    assert epochs.steps == SIZES["train"] // 14
    seen = [batch.inputs[2].max() for batch in epochs.epoch(0)]
    assert len(seen) == 2 and max(seen) < WORDS
    balanced = media_epochs(task, MediaSettings(**{**vars(QUICK), "balance": "species", "batch_size": 35}))
    (batch,) = balanced.epoch(0)
    assert batch.inputs[0].shape == (35, 6)
    tables = {key: rows[:1] for key, rows in task.arrays.tables.items()}  # type: ignore[attr-defined]
    lonely = make_task(arrays=type(task.arrays)(tables, task.arrays.tokenizer))  # type: ignore[call-arg]
    with pytest.raises(DatasetError, match="the training split has 1 samples; training needs at least 2"):
        media_epochs(lonely, QUICK)


def test_an_encoder_for_nothing_and_too_few_modalities_are_refused(task: MediaTask) -> None:
    with pytest.raises(InvalidValue, match="no modality 'video'"):
        run_media(task, MediaSettings(**{**vars(QUICK), "encoders": {"video": "a.py:A"}}))
    with pytest.raises(InvalidValue, match="triangle is defined for 3 modalities; got 2"):
        run_media(make_task(text=False), MediaSettings(**{**vars(QUICK), "method": "triangle"}))
    assert np.isfinite(run_media(make_task(text=False), QUICK, families=()).row["final_loss"])


@pytest.mark.parametrize("method", ["clip", "hub", "gram", "symile"])
def test_two_modalities_are_measured_as_far_as_they_go(method: str) -> None:
    three = make_task()
    kinds = {name: kind for name, kind in three.inputs.items() if name != "audio"}
    two = make_task(inputs=kinds)
    assert two.queries == [(0,)] and two.text == 1
    found = run_media(two, MediaSettings(**{**vars(QUICK), "method": method}))
    assert {one.family for one in found.measures} <= {
        *("history", "ceiling", "retrieval", "zero_shot", "zero_shot_group", "probe", "plain", "few_shot"),
        *("confusion", "confused_pair"),
    }
    assert {one["direction"] for one in found.row["directions"]} == {
        "image->species",
        "image->caption",
        "caption->image",
    }
    assert found.row["bayes_accuracy"] == BAYES["image"] and found.row["higher_order_capture"] is None
    assert found.examples == []
