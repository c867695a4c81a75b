"""AV-MNIST as a whole: splits, pairs, reductions, rows and bytes."""

from __future__ import annotations

import hashlib
import io
import itertools
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
import soundfile
from digit_sounds import RATE, WORDS, fake_espeak, folder_per_digit, mnist_folder, tone, wav, write
from PIL import Image

from confu_core.datasets import contents_of, open_source
from confu_core.datasets.digits import DigitsRecipe, open_digits
from confu_core.datasets.digits.opening import pair_rows, split_recordings
from confu_core.datasets.digits.pictures import SPLITS, fit_reduction
from confu_core.errors import ConfuError, DatasetError, InvalidValue
from confu_core.shards import build, open_dataset


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return folder_per_digit(tmp_path_factory.mktemp("sounds"), ("anna", "bert", "carl", "dora"), takes=2)


@pytest.fixture(scope="module")
def recipe(folder: Path) -> DigitsRecipe:
    found = open_source(f"digits:?sounds={folder}&snr=5&train=60&validation=20&test=20&sounds_licence=CC0-1.0")
    assert isinstance(found, DigitsRecipe)
    return found


def _sound(row: dict) -> np.ndarray:
    samples, rate = soundfile.read(io.BytesIO(row["audio"]["bytes"]))
    assert rate == RATE
    return samples


@pytest.mark.parametrize("removed", [0.3, 0.75, 0.9])
def test_the_reduction_is_that_of_a_singular_value_decomposition(removed: float) -> None:
    draw = np.random.default_rng(0)
    images = (draw.random((50, 4, 4)) * np.linspace(20, 250, 16).reshape(4, 4)).astype(np.uint8)
    reduction = fit_reduction(images, removed)
    flat = images.reshape(50, 16).astype(float)
    _, singular, rows = np.linalg.svd(flat - flat.mean(axis=0))
    share = np.cumsum(singular**2) / np.sum(singular**2)
    count = next(number for number in range(1, 17) if share[number - 1] >= 1 - removed)
    assert len(reduction.components) == count
    assert reduction.kept == pytest.approx(share[count - 1])
    wanted = flat.mean(axis=0) + (flat - flat.mean(axis=0)) @ rows[:count].T @ rows[:count]
    left = np.stack([reduction(image) for image in images]).reshape(50, 16)
    assert np.abs(left - wanted.clip(0, 255)).max() <= 0.5 + 1e-9


def test_nothing_removed_leaves_pictures_alone() -> None:
    images = np.random.default_rng(0).integers(0, 256, (5, 28, 28)).astype(np.uint8)
    assert np.array_equal(fit_reduction(images, 0.0)(images[2]), images[2])
    with pytest.raises(InvalidValue, match="where all pictures are the same"):
        fit_reduction(np.zeros((3, 2, 2), np.uint8), 0.5)


def test_the_reduction_is_fitted_on_training_pictures_alone(tmp_path: Path, folder: Path) -> None:
    mnist_folder(tmp_path)
    options = {"images": str(tmp_path), "sounds": str(folder)}
    before = open_digits(**options).reduction
    path = tmp_path / "t10k-images-idx3-ubyte"
    data = path.read_bytes()
    path.write_bytes(data[:16] + bytes(len(data) - 16))
    after = open_digits(**options).reduction
    assert np.array_equal(before.components, after.components) and np.array_equal(before.mean, after.mean)


def test_speakers_and_pictures_are_of_one_split(recipe: DigitsRecipe) -> None:
    tables = {split: recipe.rows(split, 0, rows).to_pylist() for split, rows in recipe.splits.items()}
    assert {split: len(rows) for split, rows in tables.items()} == {"train": 60, "validation": 20, "test": 20}
    for one, other in itertools.combinations(SPLITS, 2):
        for column in ("speaker", "recording", "image_index", "key"):
            assert not {row[column] for row in tables[one]} & {row[column] for row in tables[other]}, column
    for rows in tables.values():
        assert {row["digit"] for row in rows} == set(WORDS)
        for row in rows:
            assert row["digit"] == row["caption"] == WORDS[recipe.pictures.labels[row["image_index"]]]
            assert row["recording"].startswith(row["digit"] + "/")
            assert row["licence"] == "CC-BY-4.0 AND CC0-1.0"
    assert recipe.apart == "speakers"


def test_the_sound_is_the_word_in_noise_at_the_ratio_asked_for(recipe: DigitsRecipe) -> None:
    clean = replace(recipe, settings=replace(recipe.settings, noise=()))
    ratios = []
    for noisy, plain in zip(
        recipe.rows("train", 0, 30).to_pylist(), clean.rows("train", 0, 30).to_pylist(), strict=True
    ):
        heard, word = _sound(noisy), _sound(plain)
        assert len(heard) == RATE
        start, stop = (round(second * RATE) for second in (plain["start_s"], plain["start_s"] + plain["word_s"]))
        assert not word[:start].any() and not word[stop:].any()
        # Both were scaled to their own peaks; outside the word there is noise alone, inside both, uncorrelated.
        noise = np.mean(np.concatenate([heard[:start], heard[stop:]]) ** 2)
        scale = heard[start:stop] @ word[start:stop] / np.sum(word[start:stop] ** 2)
        ratios.append(10 * np.log10(scale**2 * np.mean(word[start:stop] ** 2) / noise))
    assert np.median(ratios) == pytest.approx(5, abs=0.6)


def test_peaks_are_never_cut(recipe: DigitsRecipe) -> None:
    peaks = [np.abs(_sound(row)).max() for row in recipe.rows("test", 0, 20).to_pylist()]
    assert min(peaks) > 0.3 and max(peaks) < 0.951


def test_rows_do_not_depend_on_how_ranges_are_cut(recipe: DigitsRecipe) -> None:
    whole = recipe.rows("train", 0, 12)
    assert whole.slice(7, 3).equals(recipe.rows("train", 7, 10))
    assert recipe.rows("train", 5, 5).num_rows == 0


def test_bytes_do_not_depend_on_the_number_of_workers(tmp_path: Path, recipe: DigitsRecipe) -> None:
    sums = []
    for workers in (1, 2):
        out = tmp_path / str(workers)
        build(recipe, out, formats=("parquet", "webdataset"), shard_rows=30, workers=workers)
        files = sorted(path for path in out.rglob("*") if path.is_file())
        sums.append({str(path.relative_to(out)): hashlib.sha256(path.read_bytes()).hexdigest() for path in files})
    assert sums[0] == sums[1]
    dataset = open_dataset(tmp_path / "1")
    contents = contents_of(dataset.manifest)
    assert contents.classes == WORDS and contents.label == "digit"
    assert contents.inputs.names == ("image", "audio", "caption")
    assert contents.inputs.inputs["image"].shape == (3, 28, 28)


def test_config_tells_the_content_and_not_the_place(tmp_path: Path, folder: Path, recipe: DigitsRecipe) -> None:
    copy = folder_per_digit(tmp_path / "elsewhere", ("anna", "bert", "carl", "dora"), takes=2)
    sizes = {"train": "60", "validation": "20", "test": "20"}
    again = open_digits(sounds=str(copy), snr="5", **sizes, sounds_licence="CC0-1.0")
    assert again.config == recipe.config and str(folder) not in str(recipe.config)
    assert again.rows("test", 0, 3).equals(recipe.rows("test", 0, 3))
    write(copy / "three" / "anna_0.wav", wav(tone(3, 7)))
    assert open_digits(sounds=str(copy), snr="5", **sizes).config != recipe.config


def test_information_says_where_everything_comes_from(recipe: DigitsRecipe) -> None:
    told = recipe.information()
    names = [(one["name"], one["licence"]) for one in told["sources"]]
    assert names == [("sklearn-digits", "CC-BY-4.0"), ("folder", "CC0-1.0")]
    used = {(split, number) for split, pairs in recipe.pairs.items() for number in pairs[:, 1].tolist()}
    assert told["sources"][1]["items"] == len(used)
    assert told["sources"][0]["items"] == 100
    assert told["pictures"]["kept"] >= 0.25 and told["pictures"]["components"] == 2
    assert sorted(itertools.chain(*told["sounds"]["speakers"].values())) == ["anna", "bert", "carl", "dora"]
    assert "No speaker is in two splits." in told["limits"]


def test_pictures_are_reduced_and_of_mnists_size(recipe: DigitsRecipe) -> None:
    row = recipe.rows("validation", 4, 5).to_pylist()[0]
    image = np.asarray(Image.open(io.BytesIO(row["image"]["bytes"])))
    assert image.shape == (28, 28)
    assert np.array_equal(image, recipe.reduction(recipe.pictures.images[row["image_index"]]))


def test_phrases_hold_the_word_and_are_the_prompts(folder: Path) -> None:
    recipe = open_digits(sounds=str(folder), captions="phrase", train="40", validation="10", test="10")
    rows = recipe.rows("train", 0, 40).to_pylist()
    prompts = {text: WORDS[number] for text, number in recipe.information()["contents"]["prompts"]}
    assert all(prompts[row["caption"]] == row["digit"] for row in rows)
    assert len({row["caption"].replace(row["digit"], "") for row in rows}) == 5
    assert set(recipe.members(rows[0])) == {"png", "flac", "json", "txt"}


def test_espeak_and_a_folder_together(tmp_path: Path, folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PATH", str(fake_espeak(tmp_path)), prepend=":")
    recipe = open_source(
        f"digits:?sounds={folder},espeak&voices=f1,m1&takes=1&train=20&validation=10&test=10&rate=16000"
    )
    assert recipe.config["recordings"]["programs"] == {"espeak-ng": "9.87"}
    assert recipe.config["rate"] == 16000
    speakers = set(itertools.chain(*recipe.information()["sounds"]["speakers"].values()))
    assert speakers == {"anna", "bert", "carl", "dora", "f1", "m1"}


def test_fewer_speakers_keep_recordings_apart_and_fewer_recordings_nothing(tmp_path: Path) -> None:
    many = open_digits(sounds=str(folder_per_digit(tmp_path / "many", ("anna",), takes=4)))
    assert many.apart == "recordings"
    names = {split: {one.sha256 for one in mine} for split, mine in many.recordings.items()}
    assert sum(map(len, names.values())) == len(set.union(*names.values())) == 40
    assert all({one.digit for one in mine} == set(range(10)) for mine in many.recordings.values())
    few = open_digits(sounds=str(folder_per_digit(tmp_path / "few", ("anna",))))
    assert few.apart == "nothing" and any("flatters" in one for one in few.information()["limits"])
    with pytest.raises(DatasetError, match="to keep recordings apart there must be at least 3 of every digit; got 1"):
        split_recordings(few.recordings["train"], "recordings", 0)
    with pytest.raises(DatasetError, match="at least 3 of all ten digits; got 1 named"):
        split_recordings(many.recordings["train"], "speakers", 0)


def test_pairs_are_distinct_and_use_everything_equally() -> None:
    pictures, recordings = [np.arange(6), np.arange(6, 10)], [np.arange(4), np.arange(4, 10)]
    pairs = pair_rows(pictures, recordings, 40, "train", 3)
    assert len(set(map(tuple, pairs.tolist()))) == 40
    assert np.bincount(pairs[:, 0]).tolist() == [4] * 10
    assert np.ptp(np.bincount(pairs[pairs[:, 0] < 6, 1])) == 0
    once = pair_rows(pictures, recordings, 10, "train", 3)
    assert sorted(once[:, 0].tolist()) == list(range(10))
    with pytest.raises(InvalidValue, match="6 pictures and 4 recordings of class 0 make 24; it needs 25"):
        pair_rows(pictures, recordings, 42, "train", 3)


@pytest.mark.parametrize(
    ("options", "message"),
    [
        ("removed=1", r"removed must be in \[0, 1\); got 1"),
        ("removed=half", "removed must be a number; got 'half'"),
        ("snr=nan", "snr must be a number; got 'nan'"),
        ("snr=1000", r"snr must be in \[-60, 100\] dB"),
        ("noise=brown", "noise must be none, or some of white, pink, babble"),
        ("vary=2", r"vary must be in \[0, 1\]"),
        ("captions=poem", "captions must be word or phrase; got 'poem'"),
        ("rate=44100", "rate must be 8000 or 16000 Hz; got 44100"),
        ("seconds=0", r"seconds must be in \[0.25, 10\]"),
        ("train=-1", "train must be a whole number of at least 1; got '-1'"),
        ("seed=x", "seed must be a whole number"),
        ("apart=people", "apart must be auto, speakers, recordings, nothing; got 'people'"),
        ("train=100000", "train must ask for no more pairs than there are"),
        ("languages=", "languages must be 'all'"),
        ("remove=1", "has no option 'remove'; did you mean 'removed'"),
    ],
)
def test_options_outside_their_constraints_are_one_line(folder: Path, options: str, message: str) -> None:
    with pytest.raises(ConfuError, match=message) as caught:
        open_source(f"digits:?sounds={folder}&{options}")
    assert "\n" not in str(caught.value)


def test_a_path_and_missing_digits_are_refused(tmp_path: Path, folder: Path) -> None:
    with pytest.raises(InvalidValue, match="digits: takes no path"):
        open_source("digits:/data")
    with pytest.raises(InvalidValue, match="each once"):
        open_digits(sounds=f"{folder},{folder}")
    for digit in range(8):
        write(tmp_path / str(digit) / "anna_0.wav", wav(tone(digit, 0)))
    with pytest.raises(DatasetError, match="must be of all ten digits; they lack eight, nine"):
        open_digits(sounds=str(tmp_path))
