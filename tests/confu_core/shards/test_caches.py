"""Caches are listed and removed; what is used, or is not a cache, stays."""

from __future__ import annotations

import gc
import os
from pathlib import Path

import pytest
from captioned_recipe import SPEC, CaptionedRecipe

from confu_core.errors import InvalidValue
from confu_core.io.lock import locked
from confu_core.shards import Dataset, build, open_dataset
from confu_core.shards.cache import caches, clear_caches, open_cache


@pytest.fixture(scope="module")
def dataset(tmp_path_factory: pytest.TempPathFactory) -> Dataset:
    build(CaptionedRecipe(), folder := tmp_path_factory.mktemp("captioned"), shard_rows=4)
    return open_dataset(folder)


def made(dataset: Dataset, root: Path) -> Path:
    folder = open_cache(dataset, SPEC, folder=root).folder
    gc.collect()  # Nobody looks at it any more.
    return folder


def test_a_cache_is_listed_with_size_age_and_dataset(dataset: Dataset, tmp_path: Path) -> None:
    assert caches(tmp_path / "none") == []
    folder = made(dataset, tmp_path)
    (folder / "degraded").mkdir()
    (folder / "degraded/test-picture-blur-1.00000000.npy").write_bytes(bytes(1000))
    os.utime(folder / "index.json", (0, folder.stat().st_mtime - 86400))
    (one,) = caches(tmp_path)
    assert (one.path, one.name) == (folder, folder.name[:12])
    assert one.bytes == sum(path.stat().st_size for path in folder.rglob("*") if path.is_file())
    assert one.days == pytest.approx(1, abs=0.01)
    assert one.dataset == f"{dataset.manifest.name} in {dataset.root}: 23 of train, 5 of test"


def test_caches_are_removed_and_what_is_none_stays(dataset: Dataset, tmp_path: Path) -> None:
    root, other = tmp_path / "cache", tmp_path / "other"
    folder = made(dataset, root)
    killed = root / f".{'a' * 64}.01234567.partial"
    killed.mkdir()
    (killed / "train.0.parquet").write_bytes(bytes(10))
    other.mkdir()
    (other / "mine.npy").write_bytes(bytes(10))
    (root / ("b" * 64)).symlink_to(other)  # A link, a folder of somebody else, a file, and one of another name.
    (root / ("c" * 64)).mkdir()
    (root / ("c" * 64) / "notes.txt").write_text("mine")
    (root / ("d" * 64)).write_text("mine")
    (root / ("e" * 64)).mkdir()
    (root / ("e" * 64) / "linked.npy").symlink_to(other / "mine.npy")
    (root / "ingest").mkdir()
    removed, used = clear_caches(root)
    assert {one.path for one in removed} == {folder, killed} and used == []
    assert sorted(path.name[0] for path in root.iterdir()) == ["b", "c", "d", "e", "i"]
    assert (other / "mine.npy").is_file() and (root / ("c" * 64) / "notes.txt").is_file()
    assert made(dataset, root) == folder


def test_a_cache_in_use_stays_and_is_named(dataset: Dataset, tmp_path: Path) -> None:
    cached = open_cache(dataset, SPEC, folder=tmp_path)
    assert [one.path for one in clear_caches(tmp_path)[1]] == [cached.folder]
    assert len(cached.array("test", "picture")) == 5
    folder = cached.folder
    del cached
    gc.collect()
    with locked(tmp_path / f"{folder.name}.lock"):
        assert [one.path for one in clear_caches(tmp_path)[1]] == [folder]
    assert [one.path for one in clear_caches(tmp_path)[0]] == [folder]


def test_caches_are_chosen_by_the_beginning_of_their_name(dataset: Dataset, tmp_path: Path) -> None:
    folder = made(dataset, tmp_path)
    with pytest.raises(InvalidValue, match=f"holds no cache 'nope': .*{folder.name[:12]}"):
        clear_caches(tmp_path, ["nope"])
    assert folder.is_dir()
    removed, _ = clear_caches(tmp_path, [folder.name])
    assert [one.path for one in removed] == [folder]
    with pytest.raises(InvalidValue, match="there is none"):
        clear_caches(tmp_path, [folder.name])
