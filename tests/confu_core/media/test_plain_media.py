"""What plain features of decoded media are, and what a probe of them reaches."""

from __future__ import annotations

import numpy as np
import pytest
from known_media import CLASSES, SIZES, InMemory, findings, labels, make_task
from sklearn.linear_model import LogisticRegression
from sklearn.preprocessing import StandardScaler

from confu_core.inputs.decode import sequence_features
from confu_core.inputs.picture import picture_features
from confu_core.inputs.sound import spectrum_features
from confu_core.inputs.spec import Frames, Picture, Sequence, Sound, Text
from confu_core.media.evaluate import evaluate_media
from confu_core.media.findings import plain_correct
from confu_core.media.task import Kind, MediaTask
from confu_core.methods.symile import Symile

SPLITS = ("train", "validation", "test")


def pictures(seed: int, side: int = 8) -> np.ndarray:
    return np.random.default_rng(seed).integers(0, 256, (3, side, side)).astype(np.uint8)


def test_a_picture_is_a_histogram_and_mean_colours_of_places() -> None:
    pixels = pictures(0)
    found = picture_features(pixels)
    counts = np.zeros(64)
    for y in range(8):
        for x in range(8):
            red, green, blue = (int(level) // 64 for level in pixels[:, y, x])
            counts[16 * red + 4 * green + blue] += 1
    assert found[:64] == pytest.approx(np.sqrt(counts / 64), abs=1e-6)
    means = [
        pixels[c, 2 * y : 2 * y + 2, 2 * x : 2 * x + 2].mean() / 255
        for c in range(3)
        for y in range(4)
        for x in range(4)
    ]
    assert found[64:] == pytest.approx(np.array(means), abs=1e-6)


@pytest.mark.parametrize("side", [1, 3, 6, 9])
def test_places_cut_pixels_where_they_must(side: int) -> None:
    pixels = pictures(1, side)
    means = picture_features(pixels)[64:].reshape(3, 4, 4)
    assert means.mean((1, 2)) == pytest.approx(pixels.mean((1, 2)) / 255, abs=1e-6)
    fine = np.repeat(np.repeat(pixels, 60, 1), 60, 2)
    assert picture_features(fine)[64:] == pytest.approx(means.ravel(), abs=1e-6)


def test_gain_does_not_matter_to_a_sound() -> None:
    level = np.random.default_rng(2).normal(-30, 20, (2, 5, 40))
    found = spectrum_features(level)
    assert found.shape == (2, 15) and found == pytest.approx(spectrum_features(level + 12), abs=1e-4)
    own = np.maximum(level[1] - level[1].max(), -80)
    assert found[1, :5] == pytest.approx(own.mean(1), abs=1e-4) and found[1, 5:10] == pytest.approx(
        own.std(1), abs=1e-4
    )
    assert found[1, 10:] == pytest.approx([np.quantile(band, 0.98) for band in own], abs=1e-4)


def test_steps_of_zeros_are_not_there() -> None:
    steps = np.random.default_rng(3).normal(size=(4, 3))
    padded = np.vstack([steps, np.zeros((5, 3))])
    assert np.array_equal(sequence_features(padded), sequence_features(steps))
    assert sequence_features(np.zeros((5, 3))).tolist() == [0] * 6


def media_task() -> MediaTask:
    """Every modality tells the class for certain: by a colour, a band, a dimension or a word."""
    kinds: dict[str, Kind] = {
        "image": Picture("image", side=6),
        "video": Frames("video", side=4, count=2),
        "audio": Sound("audio", seconds=0.2),
        "steps": Sequence("steps", length=3, width=len(CLASSES)),
        "caption": Text("caption", length=4),
    }
    colours = 60 + 130 * np.array([[k >> bit & 1 for bit in range(3)] for k in range(len(CLASSES))], dtype=np.uint8)
    tables: dict[tuple[str, str], np.ndarray] = {}
    for split, n in SIZES.items():
        y, source = labels(split), np.random.default_rng(n)
        tables[split, "image"] = colours[y][:, :, None, None] + source.integers(0, 9, (n, 3, 6, 6), dtype=np.uint8)
        tables[split, "video"] = colours[y][:, None, :, None, None] + np.zeros((n, 2, 3, 4, 4), dtype=np.uint8)
        bands = np.arange(128) // 16 == y[:, None]
        quiet = source.normal(-60, 3, (n, *kinds["audio"].shape))
        tables[split, "audio"] = (quiet + 50 * bands[:, :, None]).astype(np.float16)
        tables[split, "steps"] = np.eye(len(CLASSES))[y][:, None] * np.array([1, 2, 0])[:, None]
        tables[split, "caption"] = np.stack([y + 5, *source.integers(20, 40, (3, n))], axis=1).astype(np.int16)
    return make_task(inputs=kinds, arrays=InMemory(tables), prompts=())


def test_plain_features_of_every_kind_tell_classes_that_they_show() -> None:
    task = media_task()
    found = plain_correct(task)
    assert list(found) == task.queries
    assert {query: correct.mean() for query, correct in found.items()} == dict.fromkeys(task.queries, 1.0)
    shuffled = {key: rows[np.random.default_rng(0).permutation(len(rows))] for key, rows in task.arrays.tables.items()}  # type: ignore[attr-defined]
    at_chance = plain_correct(make_task(inputs=task.inputs, arrays=InMemory(shuffled), prompts=()))
    assert np.mean([correct.mean() for correct in at_chance.values()]) < 0.3


def test_vectors_stand_for_themselves_and_every_method_has_the_same_line() -> None:
    task = make_task()
    one, other = (evaluate_media(findings(task, *method), families=("plain",)) for method in ((), (Symile,)))
    assert one == other and [place.subject for place in one] == ["image", "audio", "image+audio"]
    assert {(measure.family, measure.metric, measure.condition) for measure in one} == {("plain", "accuracy", "linear")}
    sets = [np.hstack([task.arrays.array(split, name) for name in ("image", "audio")]) for split in SPLITS]
    scaler = StandardScaler().fit(sets[0])
    fitted = [
        LogisticRegression(C=10.0**power, max_iter=5000).fit(scaler.transform(sets[0]), labels("train"))
        for power in range(-4, 2)
    ]
    scores = [model.score(scaler.transform(sets[1]), labels("validation")) for model in fitted]
    best = fitted[int(np.argmax(scores))]
    assert one[2].value == pytest.approx(best.score(scaler.transform(sets[2]), labels("test")), abs=0.03)
    assert one[2].reference == 1.0 and one[2].low is not None
