"""The cache: what decoding gives, made once however many ask, and made again when it is stale or damaged."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
from pathlib import Path

import numpy as np
import pyarrow as pa
import pytest
from captioned_recipe import SPEC, CaptionedRecipe
from recipe_for_shards import BOTH, tree

from confu_core.errors import DatasetError, InvalidValue
from confu_core.inputs import InputSpec, Picture, Sound, Text, decode_picture, decode_sound, log_mel
from confu_core.shards import MEDIA, Dataset, TableRecipe, build, open_dataset
from confu_core.shards import cache as cache_module
from confu_core.shards.cache import cache_folder, open_cache

BROKEN = frozenset({("train", 3, "image"), ("train", 9, "audio"), ("test", 0, "image"), ("test", 0, "audio")})


def made(folder: Path, recipe: CaptionedRecipe | None = None, formats: tuple[str, ...] = BOTH) -> Dataset:
    build(recipe or CaptionedRecipe(), folder, formats=formats, shard_rows=4)
    return open_dataset(folder)


@pytest.fixture(scope="module")
def dataset(tmp_path_factory: pytest.TempPathFactory) -> Dataset:
    return made(tmp_path_factory.mktemp("captioned"))


@pytest.mark.parametrize("formats", [("parquet",), ("webdataset",)])
def test_arrays_are_what_decoding_gives(formats: tuple[str, ...], tmp_path: Path) -> None:
    dataset = made(tmp_path / "data", formats=formats)
    cached = open_cache(dataset, SPEC, folder=tmp_path / "cache")
    assert cached.splits == {"train": 23, "test": 5} and cached.corrupt == {"train": [], "test": []}
    assert cached.spec.inputs["song"] == Sound("audio", 22050, 300 / 22050)
    for split in cached.splits:
        rows = CaptionedRecipe().rows(split, 0, cached.splits[split]).to_pylist()
        assert cached.keys(split) == [row["key"] for row in rows]
        assert cached.labels(split, ["p", "label"]).to_pylist() == [{k: row[k] for k in ("p", "label")} for row in rows]
        assert cached.labels(split)["caption"].to_pylist() == [row["caption"] for row in rows]
        for place, row in enumerate(rows):
            picture = decode_picture(row["image"]["bytes"], 6)
            assert np.array_equal(cached.array(split, "picture")[place], picture)
            song = log_mel(decode_sound(row["audio"]["bytes"], 22050), 22050)
            assert np.array_equal(cached.array(split, "song")[place], song.astype(np.float16))
        tokenizer = cached.tokenizer
        assert tokenizer is not None
        assert np.array_equal(cached.array(split, "text"), tokenizer.encode([row["caption"] for row in rows], 5))
        assert isinstance(cached.array(split, "text"), np.memmap)
    sizes = {path.name: path.stat().st_size for path in cached.folder.iterdir() if path.name != "index.json"}
    assert cached.index.sizes == sizes


def test_any_number_of_workers_makes_the_same(tmp_path: Path) -> None:
    dataset, seen = made(tmp_path / "data", CaptionedRecipe(broken=BROKEN)), []
    for workers in (1, 2):
        progress: list[tuple[int, int]] = []
        cached = open_cache(
            dataset,
            SPEC,
            folder=tmp_path / str(workers),
            workers=workers,
            progress=lambda rows, total, to=progress: to.append((rows, total)),
        )
        assert progress[-1] == (28, 28) and len(progress) == 8
        seen.append(tree(cached.folder))
    assert seen[0] == seen[1]


def test_corrupt_samples_are_left_out_and_listed(tmp_path: Path) -> None:
    dataset = made(tmp_path / "data", CaptionedRecipe(broken=BROKEN))
    cached = open_cache(dataset, SPEC, folder=tmp_path / "cache")
    assert cached.splits == {"train": 21, "test": 4}
    assert [(one.key, one.modality) for one in cached.corrupt["train"]] == [
        ("train-00003", "picture"),
        ("train-00009", "song"),
    ]
    assert [(one.key, one.modality) for one in cached.corrupt["test"]] == [("test-00000", "picture")]
    assert all("decoded" in one.reason or "cut" in one.reason for one in cached.corrupt["train"])
    keep = np.setdiff1d(np.arange(23), [3, 9])
    assert np.array_equal(cached.rows("train"), keep)
    assert cached.keys("train") == [f"train-{row:05d}" for row in keep]
    whole = open_cache(made(tmp_path / "whole"), SPEC, folder=tmp_path / "cache")
    for name in SPEC.names:
        assert np.array_equal(cached.array("train", name), whole.array("train", name)[keep])
        assert len(cached.array("train", name)) == 21


def test_a_broken_jpeg_in_a_table_is_counted_and_no_sample_at_all_is_an_error(tmp_path: Path) -> None:
    good = CaptionedRecipe().rows("train", 0, 3)["image"].to_pylist()
    cells = [good[0], {"bytes": b"\xff\xd8\xff\xe0broken", "path": "b.jpg"}, None, good[2]]
    table = pa.table({"key": list("abcd"), "photo": pa.array(cells, MEDIA)})
    build(TableRecipe("broken", {"train": table}), tmp_path / "data")
    spec = InputSpec({"image": Picture("photo", 4)})
    cached = open_cache(open_dataset(tmp_path / "data"), spec, folder=tmp_path / "cache")
    assert cached.keys("train") == ["a", "d"] and cached.tokenizer is None
    assert [tuple(one[:2]) for one in cached.corrupt["train"]] == [("b", "image"), ("c", "image")]
    assert cached.corrupt["train"][1].reason == "the picture is missing"
    build(TableRecipe("none", {"train": table.slice(1, 2)}), tmp_path / "none")
    with pytest.raises(DatasetError, match="no sample of split 'train' can be decoded; the first is 'b', image: the p"):
        open_cache(open_dataset(tmp_path / "none"), spec, folder=tmp_path / "cache2")
    assert not list((tmp_path / "cache2").iterdir())


def test_a_cache_is_made_once(dataset: Dataset, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    first = open_cache(dataset, SPEC, folder=tmp_path)
    monkeypatch.setattr(cache_module, "fill", None)
    assert open_cache(dataset, SPEC, folder=tmp_path).folder == first.folder
    copy = tmp_path / "copy"
    shutil.copytree(str(dataset.root), copy)
    assert open_cache(open_dataset(copy), SPEC, folder=tmp_path).folder == first.folder


def test_another_manifest_or_spec_is_another_cache(dataset: Dataset, tmp_path: Path) -> None:
    folders = {open_cache(dataset, SPEC, folder=tmp_path).folder}
    other = InputSpec({**SPEC.inputs, "picture": Picture("image", side=5)})
    folders.add(open_cache(dataset, other, folder=tmp_path).folder)
    folders.add(open_cache(made(tmp_path / "data", CaptionedRecipe(seed=1)), SPEC, folder=tmp_path).folder)
    assert len(folders) == 3


def flip(path: Path, mark: bytes = b"") -> None:
    """Alter one bit of a file: where a mark is first, or else in its middle."""
    content = bytearray(path.read_bytes())
    content[content.index(mark) if mark else len(content) // 2] ^= 1
    path.write_bytes(content)


DAMAGES = {
    "bit of a sound": lambda folder: flip(folder / "train-song.npy"),
    "bit of a bracket in a header": lambda folder: flip(folder / "train-song.npy", b"("),
    "bit of the labels": lambda folder: flip(folder / "train.parquet"),
    "bit of the index": lambda folder: flip(folder / "index.json"),
    "missing": lambda folder: (folder / "test-song.npy").unlink(),
    "short": lambda folder: os.truncate(folder / "train-picture.npy", 200),
    "shape": lambda folder: np.save(folder / "test-text.npy", np.zeros((5, 5), np.int32)),
    "index": lambda folder: (folder / "index.json").write_text("{"),
    "index of another kind": lambda folder: (folder / "index.json").write_text("[1]"),
    "tokenizer": lambda folder: (folder / "tokenizer.json").unlink(),
    "labels": lambda folder: os.truncate(folder / "train.parquet", 50),
    "same size, other content": lambda folder: (folder / "tokenizer.json").write_bytes(
        b" " * (folder / "tokenizer.json").stat().st_size
    ),
}


@pytest.mark.parametrize("damage", DAMAGES)
def test_a_damaged_cache_is_made_again(damage: str, dataset: Dataset, tmp_path: Path) -> None:
    folder = open_cache(dataset, SPEC, folder=tmp_path).folder
    whole = tree(folder)
    DAMAGES[damage](folder)
    (tmp_path / f".{folder.name}.0000.partial").mkdir()
    assert open_cache(dataset, SPEC, folder=tmp_path).folder == folder
    assert tree(folder) == whole
    assert [path.name for path in tmp_path.iterdir()] == [folder.name]


def test_an_interrupted_cache_leaves_nothing(dataset: Dataset, tmp_path: Path) -> None:
    def interrupt(rows: int, total: int) -> None:
        raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        open_cache(dataset, SPEC, folder=tmp_path, progress=interrupt)
    assert not list(tmp_path.iterdir())
    assert open_cache(dataset, SPEC, folder=tmp_path).splits == dataset.manifest.splits


PROCESS = """
import sys, time
sys.path.insert(0, sys.argv[3])
from captioned_recipe import SPEC
from confu_core.shards import open_dataset
from confu_core.shards.cache import open_cache

calls = []
def progress(rows, total):
    calls.append(rows)
    time.sleep(0.1)

cached = open_cache(open_dataset(sys.argv[1]), SPEC, folder=sys.argv[2], progress=progress)
print(len(calls), cached.splits)
"""


def test_of_two_processes_one_decodes(dataset: Dataset, tmp_path: Path) -> None:
    command = [sys.executable, "-c", PROCESS, str(dataset.root), str(tmp_path), str(Path(__file__).parent)]
    running = [subprocess.Popen(command, stdout=subprocess.PIPE, text=True) for _ in range(2)]
    said = sorted(process.communicate(timeout=120)[0].strip() for process in running)
    assert said == [f"0 {dataset.manifest.splits}", f"8 {dataset.manifest.splits}"]
    assert len(list(tmp_path.iterdir())) == 1


def test_a_url_is_cached_too(tmp_path: Path) -> None:
    build(CaptionedRecipe(), "memory://cached", formats=("webdataset",), shard_rows=8)
    cached = open_cache(open_dataset("memory://cached"), SPEC, folder=tmp_path)
    assert cached.splits == {"train": 23, "test": 5}


def test_what_is_not_there_is_one_line(dataset: Dataset, tmp_path: Path) -> None:
    cases = [
        (InputSpec({"x": Picture("imag")}), "has no column 'imag'; did you mean 'image'"),
        (InputSpec({"x": Picture("caption")}), "the picture is stored as str"),
        (InputSpec({"x": Sound("image")}), "no sound of column 'image' can be decoded in split 'train'"),
        (InputSpec({"x": Text("label")}), "the caption is stored as int"),
    ]
    for spec, message in cases:
        with pytest.raises(DatasetError, match=message) as caught:
            open_cache(dataset, spec, folder=tmp_path)
        assert "\n" not in str(caught.value)
    build(CaptionedRecipe(splits={"test": 5}), tmp_path / "test", formats=BOTH)
    with pytest.raises(DatasetError, match="has no split 'train'"):
        open_cache(open_dataset(tmp_path / "test"), SPEC, folder=tmp_path)
    cached = open_cache(dataset, SPEC, folder=tmp_path)
    for call, message in (
        (lambda: cached.array("tset", "text"), "no split 'tset'; did you mean 'test'"),
        (lambda: cached.array("test", "texd"), "no modality 'texd'; did you mean 'text'"),
        (lambda: cached.labels("test", ["lable"]), "no label column 'lable'; did you mean 'label'"),
    ):
        with pytest.raises(DatasetError, match=message):
            call()
    with pytest.raises(InvalidValue, match="workers must be a whole number"):
        open_cache(dataset, SPEC, folder=tmp_path, workers=0)


def test_an_altered_shard_is_not_cached(tmp_path: Path) -> None:
    dataset = made(tmp_path / "data", formats=("parquet",))
    os.truncate(dataset.root / dataset.shards("test")[0].path, 100)
    with pytest.raises(DatasetError, match="is cut or altered: it has 100 bytes"):
        open_cache(dataset, SPEC, folder=tmp_path / "cache")
    (tmp_path / "file").touch()
    with pytest.raises(DatasetError, match="the cache in .*file.* cannot be written: Not a directory"):
        open_cache(dataset, SPEC, folder=tmp_path / "file" / "cache")


def test_the_folder_follows_the_environment(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path))
    assert cache_folder() == tmp_path / "confu-bench"
    monkeypatch.delenv("XDG_CACHE_HOME")
    monkeypatch.setenv("HOME", str(tmp_path))
    assert cache_folder() == tmp_path / ".cache" / "confu-bench"


@pytest.mark.parametrize(
    ("make", "message"),
    [
        (lambda: InputSpec({}), "at least one modality"),
        (lambda: InputSpec({"../x": Text("a")}), "letters, digits and underscores"),
        (lambda: InputSpec({"key": Text("a")}), "not 'key'"),
        (lambda: Picture("a", 0), r"side of 'a' must be in \[1, 4096\] pixels; got 0"),
        (lambda: Sound("a", 10), "sample_rate of 'a'"),
        (lambda: Sound("a", seconds=601), "seconds of 'a'"),
        (lambda: Text("a", 0), "length of 'a'"),
        (lambda: Text("a", vocabulary=5000), "vocabulary of 'a'"),
    ],
)
def test_specs_out_of_range_are_refused(make: object, message: str) -> None:
    with pytest.raises(InvalidValue, match=message):
        make()  # type: ignore[operator]
