"""Files beside the shards: written with them, listed, verified, and written again by a repair."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

import pyarrow as pa
import pytest

from confu_core.io.storage import RemotePath
from confu_core.shards import TableRecipe, build, repair, verify
from confu_core.shards.manifest import read_sums

TABLES = {"train": pa.table({"key": ["a", "b"], "square": [1, 4]})}


@dataclass(frozen=True)
class Noted(TableRecipe):
    """A recipe with a list of what it left out."""

    def files_beside(self) -> Mapping[str, bytes]:
        return {"notes.txt": b"left out: c"}


@pytest.fixture
def recipe() -> Noted:
    return Noted("squares", TABLES)


def test_a_build_writes_and_lists_them(recipe: Noted, tmp_path: Path) -> None:
    build(recipe, tmp_path / "data")
    assert (tmp_path / "data/notes.txt").read_bytes() == b"left out: c"
    assert set(read_sums(tmp_path / "data")) == {"data/train-00000-of-00001.parquet", "manifest.json", "notes.txt"}
    assert verify(tmp_path / "data").ok
    root = RemotePath("memory://beside")
    build(recipe, root)
    assert (root / "notes.txt").read_bytes() == b"left out: c" and verify(root).ok
    root.remove_tree()


@pytest.mark.parametrize("damage", ["gone", "altered", "unlisted"])
@pytest.mark.parametrize("mend", ["build", "repair"])
def test_what_is_lost_is_found_and_written_again(recipe: Noted, tmp_path: Path, damage: str, mend: str) -> None:
    build(recipe, tmp_path)
    before = {path.name: path.read_bytes() for path in tmp_path.iterdir() if path.is_file()}
    if damage == "gone":
        (tmp_path / "notes.txt").unlink()
    elif damage == "altered":
        (tmp_path / "notes.txt").write_bytes(b"left out: d")
    else:
        lines = (tmp_path / "SHA256SUMS").read_text().splitlines(keepends=True)
        (tmp_path / "SHA256SUMS").write_text("".join(line for line in lines if "notes" not in line))
    assert damage == "unlisted" or [finding.path for finding in verify(tmp_path).findings] == ["notes.txt"]
    if mend == "build":
        build(recipe, tmp_path)
    else:
        done = repair(recipe, tmp_path)
        assert done.ok and done.rewritten == (() if damage == "unlisted" else ("notes.txt",))
    assert {path.name: path.read_bytes() for path in tmp_path.iterdir() if path.is_file()} == before
