"""Repairing: only what is bad is written again, only with the bytes that it had, and only if that can be proven."""

from __future__ import annotations

import hashlib
import json
import sys
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest
from recipe_for_shards import PARQUET, TAR, FatalRecipe, MediaRecipe, altered, tree

from confu_core.errors import DatasetError
from confu_core.shards import repair, verify

SUMS = "SHA256SUMS"
MANIFEST = "manifest.json"


@pytest.fixture(scope="module")
def reference(built: Path) -> dict[str, bytes]:
    return tree(built)


def identities(root: Path) -> dict[str, tuple[int, int]]:
    files = [path for path in root.rglob("*") if path.is_file()]
    return {path.relative_to(root).as_posix(): (path.stat().st_ino, path.stat().st_mtime_ns) for path in files}


def change(path: Path, damage: Callable[[bytes], bytes]) -> None:
    path.write_bytes(damage(path.read_bytes()))


DAMAGES: dict[str, tuple[str, Callable[[Path], None]]] = {
    "missing": (PARQUET, Path.unlink),
    "cut": (TAR, lambda path: change(path, lambda old: old[:-512])),
    "grown": (PARQUET, lambda path: change(path, lambda old: old + b"more")),
    "one bit": (TAR, lambda path: change(path, lambda old: old[:700] + bytes([old[700] ^ 1]) + old[701:])),
    "emptied": (PARQUET, lambda path: path.write_bytes(b"") and None),
    "sums missing": (SUMS, Path.unlink),
    "sums without a line": (SUMS, lambda path: change(path, lambda old: old.split(b"\n", 1)[1])),
    "sums with another digit": (SUMS, lambda path: change(path, lambda old: bytes([old[0] ^ 1]) + old[1:])),
    "sums with another name": (
        SUMS,
        lambda path: change(path, lambda old: old.replace(b"train-00001", b"train-00009")),
    ),
    "sums of the manifest": (SUMS, lambda path: change(path, lambda old: old.replace(b"manifest", b"manifesu"))),
    "sums that are no text": (SUMS, lambda path: path.write_bytes(b"\xff\x00") and None),
}


@pytest.mark.parametrize("damage", DAMAGES)
def test_each_damage_is_repaired_and_nothing_else_is_touched(noise, reference, damage) -> None:
    name, spoil = DAMAGES[damage]
    spoil(noise / name)
    before = identities(noise)
    assert not verify(noise).ok
    done = repair(MediaRecipe(), noise)
    assert done.ok and done.rewritten == (name,)
    assert tree(noise) == reference
    assert {path for path, identity in identities(noise).items() if before.get(path) != identity} == {name}


@pytest.mark.parametrize("workers", [1, 2])
def test_many_damages_are_repaired_at_once(noise, reference, workers) -> None:
    for name in (
        "data/train-00000-of-00004.parquet",
        "webdataset/train-000000.tar",
        "data/test-00000-of-00001.parquet",
    ):
        (noise / name).unlink()
    DAMAGES["one bit"][1](noise / TAR)
    (noise / SUMS).unlink()
    calls: list[tuple[int, int]] = []
    done = repair(MediaRecipe(), noise, workers=workers, progress=lambda rows, size: calls.append((rows, size)))
    assert done.ok and len(done.rewritten) == 5 and SUMS in done.rewritten
    assert tree(noise) == reference
    assert calls[-1][0] == 18
    assert json.loads(json.dumps(done.as_dict()))["rewritten"] == sorted(done.rewritten)


def test_a_whole_dataset_is_left_as_it_is(noise: Path) -> None:
    before = identities(noise)
    done = repair(MediaRecipe(), noise, deep=True)
    assert done.ok and done.rewritten == () and done.report.deep
    assert identities(noise) == before


def test_a_whole_folder_that_is_gone_comes_back(noise: Path, reference: dict[str, bytes]) -> None:
    for path in (noise / "webdataset").iterdir():
        path.unlink()
    (noise / "webdataset").rmdir()
    assert repair(MediaRecipe(), noise).ok
    assert tree(noise) == reference


def test_checksums_of_other_files_stay(noise: Path) -> None:
    (noise / "README.md").write_text("card")
    line = f"{hashlib.sha256(b'card').hexdigest()}  README.md\n"
    change(noise / SUMS, lambda old: b"damage\n" + old + line.encode())
    assert repair(MediaRecipe(), noise).rewritten == (SUMS,)
    assert line in (noise / SUMS).read_text()
    (noise / "README.md").write_text("cart")
    (noise / "data/stranger.parquet").touch()
    done = repair(MediaRecipe(), noise)
    assert not done.ok and done.rewritten == ()
    assert {finding.path for finding in done.report.findings} == {"README.md", "data/stranger.parquet"}


def test_other_versions_are_refused_and_named(noise: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (noise / PARQUET).unlink()
    before = tree(noise)
    versions = json.loads(before[MANIFEST])["versions"]
    other = {**versions, "pillow": "1.0"}
    monkeypatch.setattr(sys.modules["confu_core.shards.repair"], "library_versions", lambda libraries: other)
    line = rf"was written with other versions \(pillow {versions['pillow']} there, 1\.0 here\), which may write other"
    with pytest.raises(DatasetError, match=line):
        repair(MediaRecipe(), noise)
    assert tree(noise) == before


@pytest.mark.parametrize(
    ("recipe", "difference"),
    [(MediaRecipe(seed=3), "seed: 0 there, 3 here"), (MediaRecipe(p=0.25), "p: 0.5 there, 0.25 here")],
)
def test_the_recipe_of_another_dataset_is_refused(noise: Path, recipe: MediaRecipe, difference: str) -> None:
    with pytest.raises(DatasetError, match=f"does not describe what would be built .*{difference}"):
        repair(recipe, noise)


def shorten(data: dict[str, Any]) -> None:
    del data["shards"][0]


@pytest.mark.parametrize(
    ("damage", "line"),
    [
        (shorten, r"must list data/test-00000-of-00001\.parquet with 2 rows"),
        (lambda data: data["shards"][0].update(rows=3), r"must list data/test-00000-of-00001\.parquet with 2 rows"),
        (lambda data: data["shards"].append({**data["shards"][0], "path": "data/x"}), "no split has a shard data/x"),
    ],
)
def test_a_manifest_without_the_right_shards_is_refused(noise: Path, damage: Any, line: str) -> None:
    altered(noise, damage)
    with pytest.raises(DatasetError, match=rf"manifest\.json is damaged: .*{line}; restore it"):
        repair(MediaRecipe(), noise)


def test_a_shard_that_the_manifest_has_wrong_is_kept_and_named(noise: Path) -> None:
    altered(noise, lambda data: data["shards"][0].update(sha256="0" * 64))
    before = tree(noise)
    done = repair(MediaRecipe(), noise)
    assert not done.ok and done.rewritten == ()
    assert "not put in place" in "\n".join(map(str, done.report.findings))
    assert tree(noise) == before


@pytest.mark.parametrize("sums", [True, False])
def test_an_altered_manifest_does_not_vouch_for_itself(noise: Path, sums: bool) -> None:
    altered(noise, lambda data: data["information"].update(entropy=9.0))
    if not sums:
        (noise / SUMS).unlink()
    done = repair(MediaRecipe(), noise)
    assert not done.ok and done.rewritten == ()
    assert any(f.path == MANIFEST and "is not what a build would write" in f.problem for f in done.report.findings)
    assert (noise / SUMS).exists() == sums


@dataclass(frozen=True)
class FickleRecipe(MediaRecipe):
    """Claims to be `MediaRecipe`, and writes other rows."""

    def rows(self, split: str, start: int, stop: int) -> Any:
        return MediaRecipe(seed=9, p=self.p).rows(split, start, stop)


def test_other_bytes_never_take_the_place_of_a_shard(noise: Path) -> None:
    DAMAGES["one bit"][1](noise / TAR)
    (noise / PARQUET).unlink()
    before = tree(noise)
    done = repair(FickleRecipe(), noise)
    assert not done.ok and {finding.path for finding in done.report.findings} == {PARQUET, TAR}
    assert tree(noise) == before


def test_a_worker_that_dies_names_its_shard_and_the_others_are_repaired(noise, reference, tmp_path) -> None:
    marks = tmp_path / "marks"
    marks.mkdir()
    lost, other = "webdataset/train-000002.tar", "data/test-00000-of-00001.parquet"
    for name in (lost, other):
        (noise / name).unlink()
    with pytest.raises(DatasetError, match=rf"died 3 times over {lost};"):
        repair(FatalRecipe(marks=marks, times=99), noise, workers=2)
    assert tree(noise) == {name: data for name, data in reference.items() if name != lost}


def test_what_a_killed_repair_left_is_removed(noise: Path, reference: dict[str, bytes]) -> None:
    (noise / ".repair-abc").mkdir()
    (noise / ".repair-abc/half").touch()
    assert repair(MediaRecipe(), noise).ok
    assert tree(noise) == reference and not (noise / ".repair-abc").exists()


def test_an_unfinished_build_is_no_case_for_repair(noise: Path) -> None:
    (noise / MANIFEST).unlink()
    with pytest.raises(DatasetError, match=r"manifest\.json is missing"):
        repair(MediaRecipe(), noise)
