"""AV-MNIST as a whole: rows, bytes and what is said of them."""

from __future__ import annotations

import hashlib
import io
import itertools
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
import soundfile
from digit_sounds import RATE, WORDS, folder_per_digit, tone, wav, write
from PIL import Image

from confu_core.datasets import contents_of, open_source
from confu_core.datasets.digits import DigitsRecipe, open_digits
from confu_core.datasets.digits.pictures import SPLITS
from confu_core.shards import build, open_dataset


@pytest.fixture(scope="module")
def recipe(folder: Path) -> DigitsRecipe:
    found = open_source(f"digits:?sounds={folder}&snr=5&train=60&validation=20&test=20&sounds_licence=CC0-1.0")
    assert isinstance(found, DigitsRecipe)
    return found


def _sound(row: dict) -> np.ndarray:
    samples, rate = soundfile.read(io.BytesIO(row["audio"]["bytes"]))
    assert rate == RATE
    return samples


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
    assert contents.classes == WORDS and contents.label == "digit" and contents.spoiled_by == ("flip",)
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
