"""Bird-MML on disk: the same bytes however it is built, the same rows for every reader, and no damage unseen."""

from __future__ import annotations

import hashlib
import io
import json
import os
import signal
import subprocess
import sys
import tarfile
import time
from collections import Counter
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pyarrow as pa
import pyarrow.parquet as pq
import pytest
import soundfile
import webdataset as wds
from PIL import Image

from birdmml.caption import CaptionDials
from birdmml.data import VERSION, BirdRecipe, _places, design_of, open_birds, recipe_of, schema, species_of
from birdmml.describe import describe
from birdmml.design import Shares
from birdmml.settings import SPLITS, UNSAID, Settings
from birdmml.species import load_species
from birdmml.theory import structure
from confu_core.errors import DatasetError, InvalidValue
from confu_core.media.opened import MediaData
from confu_core.media.sweep import benchmark_of
from confu_core.shards import TableRecipe, build, load_manifest, open_dataset, verify
from confu_core.shards.read import unwritten

BOTH = ("parquet", "webdataset")
SHARD_ROWS = 24
BEYOND = ("look_given_species_at_most", "song_given_species_at_most")
# Builds what the fixture builds, with two workers.
BUILD = """
import sys
from birdmml.data import BirdRecipe
from birdmml.settings import Settings
from confu_core.shards import build

if __name__ == "__main__":
    recipe = BirdRecipe(Settings(species=20, per_species=4, size=32, seconds=0.5, p=0.6, image_noise=0.2))
    build(recipe, sys.argv[1], formats=("parquet", "webdataset"), shard_rows=24, workers=2)
"""


def hashes(root: Path) -> dict[str, str]:
    files = (path for path in sorted(root.rglob("*")) if path.is_file())
    return {path.relative_to(root).as_posix(): hashlib.sha256(path.read_bytes()).hexdigest() for path in files}


def decoded(audio: bytes) -> np.ndarray:
    samples, rate = soundfile.read(io.BytesIO(audio), dtype="int16")
    assert rate == 22_050
    return samples


def test_two_workers_write_the_same_bytes(built: Path, recipe: BirdRecipe, tmp_path: Path) -> None:
    build(recipe, tmp_path / "birds", formats=BOTH, shard_rows=SHARD_ROWS, workers=2)
    assert hashes(tmp_path / "birds") == hashes(built)
    assert len(hashes(built)) == 2 * 5 + 2


def test_a_killed_build_is_finished_to_the_same_bytes(built: Path, recipe: BirdRecipe, tmp_path: Path) -> None:
    script, root = tmp_path / "killed.py", tmp_path / "birds"
    script.write_text(BUILD)
    process = subprocess.Popen([sys.executable, str(script), str(root)], start_new_session=True)
    try:
        # Killed between the first record of a finished shard and the last.
        deadline = time.monotonic() + 300
        while not list((root / ".build").glob("*-*.json")) and process.poll() is None and time.monotonic() < deadline:
            time.sleep(0.005)
    finally:
        os.killpg(process.pid, signal.SIGKILL)
        process.wait()
    assert (root / ".build").is_dir() and not (root / "manifest.json").exists()
    kept = {path: path.stat().st_mtime_ns for path in root.glob("*/[a-z]*.parquet")}
    assert kept
    with pytest.raises(DatasetError, match="is unfinished"):
        open_birds(root)
    build(recipe, root, formats=BOTH, shard_rows=SHARD_ROWS)
    assert hashes(root) == hashes(built)


def test_another_setting_is_refused_with_the_difference(birds: Path, recipe: BirdRecipe) -> None:
    before = hashes(birds)
    other = BirdRecipe(replace(recipe.settings, p=0.7, caption=CaptionDials(marks=0)))
    with pytest.raises(DatasetError, match=r"holds another dataset .*p: 0\.6 there, 0\.7 here"):
        build(other, birds, formats=BOTH, shard_rows=SHARD_ROWS)
    assert hashes(birds) == before


def test_a_shard_holds_the_rows_of_the_recipe_in_both_formats(built: Path, recipe: BirdRecipe) -> None:
    dataset = open_dataset(built)
    for split, rows in recipe.splits.items():
        drawn = recipe.rows(split, 0, rows)
        assert dataset.table(split) == drawn
        tar = dataset.table(split, format="webdataset")
        assert tar["jpg"].to_pylist() == [image["bytes"] for image in drawn["image"].to_pylist()]
        assert tar["flac"].to_pylist() == [audio["bytes"] for audio in drawn["audio"].to_pylist()]
        assert [text.decode() for text in tar["txt"].to_pylist()] == drawn["caption"].to_pylist()
        for name in set(drawn.column_names) - {"image", "audio", "caption"}:
            assert tar[name].to_pylist() == drawn[name].to_pylist()


def test_pandas_and_pyarrow_read_media_and_labels(built: Path, recipe: BirdRecipe) -> None:
    (path,) = built.glob("data/test-*.parquet")
    frame, table = pd.read_parquet(path), pq.read_table(path)
    assert table.schema.equals(schema(22_050), check_metadata=False)
    assert len(frame) == table.num_rows == recipe.splits["test"]
    assert frame["gate"].dtype == bool and frame["snr_db"].dtype == np.float64
    for row in frame.itertuples():
        assert Image.open(io.BytesIO(row.image["bytes"])).size == (32, 32)
        assert decoded(row.audio["bytes"]).shape == (11_025,)
    features = json.loads(table.schema.metadata[b"huggingface"])["info"]["features"]
    assert features["image"] == {"_type": "Image"}
    assert features["audio"] == {"_type": "Audio", "sampling_rate": 22_050}


def test_parquet_is_laid_out_for_reading_in_parts(built: Path) -> None:
    (path,) = built.glob("data/train-00000-*.parquet")
    group = pq.ParquetFile(path).metadata.row_group(0)
    for at in range(group.num_columns):
        if group.column(at).path_in_schema in ("image.bytes", "audio.bytes"):
            assert group.column(at).compression == "UNCOMPRESSED"


# webdataset leaves its last file to the garbage collector.
@pytest.mark.filterwarnings("ignore:unclosed file:ResourceWarning")
def test_webdataset_reads_pictures_sounds_texts_and_labels(built: Path, recipe: BirdRecipe) -> None:
    def flac_decoder(key: str, data: bytes) -> Any:
        return decoded(data) if key == ".flac" else None

    (path,) = built.glob("webdataset/test-*.tar")
    loaded = list(wds.WebDataset(str(path), shardshuffle=False).decode("pilrgb", flac_decoder))
    want = recipe.rows("test", 0, recipe.splits["test"]).to_pylist()
    assert len(loaded) == len(want)
    for got, row in zip(loaded, want, strict=True):
        assert got["__key__"] == row["key"] and got["txt"] == row["caption"]
        assert got["jpg"].size == (32, 32) and got["jpg"].mode == "RGB"
        assert (got["flac"] == decoded(row["audio"]["bytes"])).all()
        rest = {name: value for name, value in row.items() if name not in ("key", "image", "audio", "caption")}
        assert got["json"] == rest
        # Readers infer types from a few samples: a fraction written as 1 would make a column of integers.
        assert all(type(got["json"][name]) is type(value) for name, value in rest.items())


def test_datasets_reads_the_parquet_with_pictures_shown(
    built: Path, recipe: BirdRecipe, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("HF_HUB_OFFLINE", "1")
    datasets = pytest.importorskip("datasets")
    loaded = datasets.load_dataset(str(built), cache_dir=str(tmp_path))
    assert {split: rows.num_rows for split, rows in loaded.items()} == recipe.splits
    test = loaded["test"].cast_column("audio", datasets.Audio(decode=False))
    want = recipe.rows("test", 0, recipe.splits["test"]).to_pylist()
    for got, row in zip(test, want, strict=True):
        assert got["image"].size == (32, 32)
        assert (decoded(got["audio"]["bytes"]) == decoded(row["audio"]["bytes"])).all()
        for name in set(row) - {"image", "audio"}:
            assert got[name] == row[name]


def test_datasets_reads_the_tars(
    built: Path, recipe: BirdRecipe, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("HF_HUB_OFFLINE", "1")
    datasets = pytest.importorskip("datasets")
    row = recipe.rows("test", 0, 1).to_pylist()[0]
    kinds = {str: "string", bool: "bool", float: "float64", int: "int32"}
    labels = {
        name: datasets.Value(kinds[type(value)])
        for name, value in row.items()
        if name not in ("key", "image", "audio", "caption")
    }
    # Decoding sound needs FFmpeg; as bytes it needs nothing.
    features = datasets.Features(
        {
            "flac": datasets.Value("binary"),
            "jpg": datasets.Image(),
            "json": labels,
            "txt": datasets.Value("string"),
            "__key__": datasets.Value("string"),
            "__url__": datasets.Value("string"),
        }
    )
    # With data_dir="webdataset" alone it finds the splits whose names it knows, and "shift" is none of them.
    files = {split: f"webdataset/{split}-*.tar" for split in SPLITS}
    loaded = datasets.load_dataset(str(built), data_files=files, features=features, cache_dir=str(tmp_path))
    assert {split: rows.num_rows for split, rows in loaded.items()} == recipe.splits
    got = loaded["test"][0]
    assert got["jpg"].size == (32, 32) and (decoded(got["flac"]) == decoded(row["audio"]["bytes"])).all()
    assert got["txt"] == row["caption"] and got["json"] == {name: row[name] for name in labels}


def flip_a_bit(root: Path, path: str) -> None:
    content = bytearray((root / path).read_bytes())
    content[len(content) // 2] ^= 4
    (root / path).write_bytes(content)


def cut_between_members(root: Path, path: str) -> None:
    """Leave out the last sample, as a tar that was copied in part and closed again: readers see nothing wrong."""
    with tarfile.open(root / path) as tar:
        last = [member for member in tar if member.name.startswith(tar.getmembers()[-1].name.partition(".")[0])]
        end = min(member.offset for member in last)
    (root / path).write_bytes((root / path).read_bytes()[:end] + bytes(1024))


def remove(root: Path, path: str) -> None:
    (root / path).unlink()


def leave_out_a_row(root: Path, path: str) -> None:
    table = pq.read_table(root / path)
    pq.write_table(table.slice(0, table.num_rows - 1), root / path)


@pytest.mark.parametrize(
    ("damage", "path", "problem"),
    [
        (flip_a_bit, "data/train-00000-of-00002.parquet", "SHA-256"),
        (flip_a_bit, "webdataset/train-000001.tar", "SHA-256"),
        (cut_between_members, "webdataset/test-000000.tar", "bytes"),
        (remove, "data/shift-00000-of-00001.parquet", "is missing"),
        (leave_out_a_row, "data/validation-00000-of-00001.parquet", "rows"),
    ],
)
def test_verify_names_the_damaged_shard(birds: Path, damage: Any, path: str, problem: str) -> None:
    assert verify(birds, deep=True).ok
    damage(birds, path)
    report = verify(birds)
    assert {finding.path for finding in report.findings} == {path}
    assert any(problem in finding.problem for finding in report.findings), report.findings


def test_verify_sees_a_changed_number_of_rows_in_the_manifest(birds: Path) -> None:
    manifest = json.loads((birds / "manifest.json").read_text())
    manifest["splits"]["test"] += 1
    del manifest["digest"]
    (birds / "manifest.json").write_text(json.dumps(manifest))
    problems = [str(finding) for finding in verify(birds).findings]
    assert any("split 'test' has 17 rows" in problem for problem in problems)
    assert any("SHA-256" in problem for problem in problems)


def test_the_version_is_that_of_the_generator_that_built_the_data(recipe: BirdRecipe) -> None:
    dataset = unwritten(recipe)

    def of(**said: Any) -> MediaData:
        information = {name: value for name, value in dataset.manifest.information.items() if name != "version"}
        return describe(replace(dataset, manifest=replace(dataset.manifest, information=information | said))).media()

    assert [of().version, of(version=VERSION).version] == [1, VERSION]
    assert benchmark_of([of(), of()]) == {"benchmark": "birdmml", "version": "birdmml-1"}
    with pytest.raises(InvalidValue, match="data must be of one version of a benchmark; got birdmml-1 and birdmml-2"):
        benchmark_of([of(), of(version=2)])
    with pytest.raises(DatasetError, match="its version must be a whole number; got 'two'"):
        of(version="two")


def test_the_manifest_holds_the_exact_information_structure(built: Path, recipe: BirdRecipe) -> None:
    manifest = load_manifest(built / "manifest.json")
    design = design_of(recipe.settings)
    said = dict(manifest.information)
    units = said.pop("units")
    assert set(said.pop("captions")) == set(said["groups"])
    assert said.pop("version") == VERSION
    assert said == json.loads(json.dumps(structure(design).as_dict()))
    assert sorted(name for unit in units for name in unit["species"]) == sorted(design.names)
    assert [unit["group"] for unit in units] == [unit.group for unit in design.units]
    for unit, own in zip(units, design.units, strict=True):
        assert unit["looks"] == [design.names[row] for row in own.looks]
        assert unit["songs"] == [design.names[row] for row in own.songs]


def test_the_manifest_rebuilds_the_recipe(built: Path, recipe: BirdRecipe) -> None:
    manifest = load_manifest(built / "manifest.json")
    assert recipe_of(manifest) == recipe
    with pytest.raises(DatasetError, match="the manifest does not describe a dataset of birds: p must be"):
        recipe_of(replace(manifest, config={**manifest.config, "p": 3}))
    with pytest.raises(DatasetError, match="the dataset is 'xor', not 'birdmml'"):
        recipe_of(replace(manifest, name="xor"))


def counts(settings: Settings, split: str) -> Counter[str]:
    """Rows of each species, without drawing them."""

    names = [one.common_name for one in species_of(settings)]
    return Counter(names[place.species] for place in _places(settings, split))


def test_balanced_classes_are_equal_in_every_split(built: Path, recipe: BirdRecipe) -> None:
    settings = Settings(species=30, per_species=37, **UNSAID)
    for split in SPLITS:
        numbers = counts(settings, split).values()
        assert len(numbers) == 30 and max(numbers) - min(numbers) <= 1
    held = Counter(open_dataset(built).table("train", ["species"])["species"].to_pylist())
    assert held == counts(recipe.settings, "train")


@pytest.mark.parametrize("imbalance", [1.0, 10.0, 100.0])
def test_the_most_frequent_species_is_as_much_more_frequent_as_asked_for(imbalance: float) -> None:
    settings = Settings(species=20, per_species=2000, imbalance=imbalance, **UNSAID)
    design = design_of(settings)
    for split in SPLITS:
        found = counts(settings, split)
        assert sum(found.values()) == settings.splits[split]
        for name, weight in zip(design.names, design.weights, strict=True):
            assert abs(found[name] - weight * settings.splits[split]) <= 1
    numbers = sorted(counts(settings, "train").values())
    assert numbers[-1] / numbers[0] == pytest.approx(imbalance, rel=0.05)


def test_species_of_a_group_are_as_much_more_frequent_as_asked_for() -> None:
    shares = Shares(redundant=0.6, xor=0.4)
    settings = Settings(species=20, per_species=100, shares=shares, group_weights={"xor": 3}, imbalance=2)
    design, even = design_of(settings), design_of(replace(settings, group_weights={}))
    weighted, plain = np.array(design.weights), np.array(even.weights)
    xor = np.array([design.place[row][0].group == "xor" for row in range(20)])
    assert weighted[xor] / plain[xor] == pytest.approx(3 * weighted[~xor][0] / plain[~xor][0])
    drawn = np.bincount([place.species for place in _places(settings, "train")], minlength=20)
    assert np.abs(drawn - weighted * settings.splits["train"]).max() <= 1


def test_the_manifest_says_what_captions_share_beyond_the_species() -> None:
    shares = Shares(complement=0.5, xor=0.5)
    told = BirdRecipe(Settings(species=8, shares=shares)).information()["captions"]
    assert told["xor"] == dict.fromkeys(("picture", "song"), False) | dict.fromkeys(BEYOND, 0.0)
    assert told["complement"] == dict.fromkeys(("picture", "song"), True) | dict.fromkeys(BEYOND, 0.0)
    marked = {"xor": {"marks": 0.5, "song": 0.0, "nature": 1.0}}
    told = BirdRecipe(Settings(species=8, shares=shares, group_captions=marked)).information()["captions"]["xor"]
    # Any of four looks, whatever the species; the song is not told of.
    assert (told["picture"], told["song"]) == (True, False)
    assert [told[name] for name in BEYOND] == pytest.approx([np.log(4), 0.0])


def test_ordinals_number_the_samples_of_a_species_in_a_split() -> None:

    seen: dict[int, list[int]] = {}
    for place in _places(Settings(species=20, per_species=30, imbalance=5), "train"):
        seen.setdefault(place.species, []).append(place.ordinal)
    assert all(ordinals == list(range(len(ordinals))) for ordinals in seen.values())


def test_species_are_spread_over_the_table_or_refused() -> None:
    table = load_species()
    for number in (2, 20, len(table)):
        chosen = species_of(Settings(species=number))
        assert len({one.common_name for one in chosen}) == number
    assert len({one.order for one in species_of(Settings(species=20))}) >= 8
    with pytest.raises(InvalidValue, match=rf"species must be in \[2, {len(table)}\].*; got {len(table) + 1}"):
        species_of(Settings(species=len(table) + 1))


def test_species_by_name_are_those_named_and_nothing_else_differs(recipe: BirdRecipe) -> None:
    """Numbers are drawn by name and place, so that naming those that a number picks gives the same rows."""
    names = tuple(one.common_name for one in species_of(recipe.settings))
    named = BirdRecipe(replace(recipe.settings, species=names[::-1]))
    assert species_of(named.settings) == species_of(recipe.settings)
    assert named.rows("test", 3, 6) == recipe.rows("test", 3, 6)


def test_a_dataset_of_named_species_rebuilds_its_recipe(tmp_path: Path) -> None:
    shares = replace(Settings().shares, redundant=1, image_unique=0, audio_unique=0, complement=0, xor=0)
    settings = Settings(species=("Blue Jay", "Canada Jay"), per_species=4, size=16, seconds=0.25, shares=shares)
    named = BirdRecipe(settings)
    manifest = build(named, tmp_path / "birds")
    assert manifest.config["species"] == ["Canada Jay", "Blue Jay"]
    assert recipe_of(load_manifest(tmp_path / "birds" / "manifest.json")) == named
    assert sum(manifest.splits.values()) == 8
    held = [open_dataset(tmp_path / "birds").table(split, ["species"])["species"] for split in SPLITS]
    assert {name for column in held for name in column.to_pylist()} == {"Blue Jay", "Canada Jay"}


@pytest.mark.parametrize("formats", [["parquet"], ["webdataset"]])
def test_distinct_captions_are_counted_over_all_splits(formats: list[str], tmp_path: Path) -> None:
    settings = Settings(
        species=2, per_species=20, size=16, seconds=0.25, caption=CaptionDials(marks=0, song=0, nature=0),
        shares=replace(Settings().shares, redundant=1, image_unique=0, audio_unique=0, complement=0, xor=0),
    )  # fmt: skip
    build(BirdRecipe(settings), tmp_path / "birds", formats=formats, shard_rows=10)
    assert open_birds(tmp_path / "birds").distinct_captions() == {"distinct": 1, "total": 40}


def test_captions_vary(built: Path) -> None:
    captions = [row["caption"] for split in SPLITS for row in open_dataset(built).rows(split, ["caption"])]
    counted = open_birds(built).distinct_captions()
    assert counted == {"distinct": len(set(captions)), "total": 80}
    assert counted["distinct"] >= 79


def test_a_dataset_of_something_else_is_refused(tmp_path: Path) -> None:
    build(TableRecipe("squares", {"train": pa.table({"key": ["a"], "square": [1]})}), tmp_path / "squares")
    with pytest.raises(DatasetError, match="holds the dataset 'squares', not 'birdmml'"):
        open_birds(tmp_path / "squares")
    with pytest.raises(DatasetError, match="does not exist"):
        open_birds(tmp_path / "none")
