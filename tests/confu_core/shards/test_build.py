"""A dataset's bytes depend on its recipe alone: not on workers, order, interruptions or disasters."""

from __future__ import annotations

import errno
import json
import os
import random
import subprocess
import sys
from dataclasses import dataclass
from pathlib import Path

import pytest
from recipe_for_shards import BOTH, FatalRecipe, MediaRecipe, tree

from confu_core.errors import DatasetError, InvalidValue
from confu_core.io.atomic import replacing
from confu_core.parallel.workers import completed
from confu_core.shards import build, open_dataset, verify

SHARD_ROWS = 2
N_SHARDS = 5  # Four of the 7 training rows, one of the 2 test rows.


@pytest.fixture(scope="module")
def reference(built: Path) -> dict[str, bytes]:
    return tree(built)


def make(out: Path, recipe: MediaRecipe | None = None, **options: object) -> None:
    build(recipe or MediaRecipe(), out, **{"formats": BOTH, "shard_rows": SHARD_ROWS, **options})  # type: ignore


def stop_after(reports: int):
    def progress(rows: int, size: int) -> None:
        nonlocal reports
        if reports == 0:
            raise KeyboardInterrupt
        reports -= 1

    return progress


def identities(root: Path) -> dict[str, tuple[int, int]]:
    shards = [*root.glob("data/*"), *root.glob("webdataset/*")]
    return {str(path): (path.stat().st_ino, path.stat().st_mtime_ns) for path in shards}


def recorded(root: Path) -> dict[str, tuple[int, int]]:
    """Return the shards that an unfinished build need not write again."""
    records = [json.loads(record.read_bytes()) for record in (root / ".build").glob("*-*.json")]
    finished = {str(root / shard["path"]) for record in records for shard in record}
    return {path: identity for path, identity in identities(root).items() if path in finished}


def test_layout_is_the_agreed_one(reference: dict[str, bytes]) -> None:
    assert sorted(reference) == [
        "SHA256SUMS",
        "data/test-00000-of-00001.parquet",
        *(f"data/train-{i:05d}-of-00004.parquet" for i in range(4)),
        "manifest.json",
        "webdataset/test-000000.tar",
        *(f"webdataset/train-{i:06d}.tar" for i in range(4)),
    ]


def test_two_workers_write_the_same_bytes(tmp_path: Path, reference: dict[str, bytes]) -> None:
    make(tmp_path, workers=2)
    assert tree(tmp_path) == reference


@pytest.mark.parametrize("seed", range(3))
def test_any_order_writes_the_same_bytes(tmp_path, reference, monkeypatch, seed) -> None:
    def shuffled(function, jobs, workers):
        return completed(function, random.Random(seed).sample(jobs, len(jobs)), workers)

    monkeypatch.setattr("confu_core.parallel.cluster.completed", shuffled)
    make(tmp_path)
    assert tree(tmp_path) == reference


def test_another_seed_or_setting_writes_other_shards(tmp_path: Path, reference: dict[str, bytes]) -> None:
    make(tmp_path / "a", MediaRecipe(seed=1))
    make(tmp_path / "b", MediaRecipe(p=0.25))
    shard = "data/train-00000-of-00004.parquet"
    assert len({reference[shard], tree(tmp_path / "a")[shard], tree(tmp_path / "b")[shard]}) == 3


def test_a_complete_dataset_is_left_alone(tmp_path: Path) -> None:
    make(tmp_path)
    before = identities(tmp_path)
    make(tmp_path)
    assert identities(tmp_path) == before


def test_a_removed_shard_is_restored_alone(tmp_path: Path, reference: dict[str, bytes]) -> None:
    make(tmp_path)
    before = identities(tmp_path)
    lost = tmp_path / "webdataset/train-000001.tar"
    lost.unlink()
    make(tmp_path)
    assert tree(tmp_path) == reference
    redone = {path for path, identity in identities(tmp_path).items() if before[path] != identity}
    assert redone == {str(lost), str(tmp_path / "data/train-00001-of-00004.parquet")}


@pytest.mark.parametrize("workers", [1, 2])
def test_interrupt_keeps_finished_shards_and_nothing_half_written(tmp_path, reference, workers) -> None:
    with pytest.raises(KeyboardInterrupt):
        make(tmp_path, workers=workers, progress=stop_after(2))
    kept = recorded(tmp_path)
    assert 2 * 2 <= len(kept) < 2 * N_SHARDS
    whole = {name: data for name, data in tree(tmp_path).items() if not name.startswith(".build/")}
    assert whole.items() <= reference.items()
    with pytest.raises(DatasetError, match="is unfinished; run the same build again"):
        open_dataset(tmp_path)
    make(tmp_path)
    assert tree(tmp_path) == reference
    assert kept.items() <= identities(tmp_path).items()


KILLED = """
import os, signal, sys
from pathlib import Path
from recipe_for_shards import BOTH, FatalRecipe, MediaRecipe
from confu_core.shards import build

def die(rows, size):
    if rows >= 4:
        os.kill(os.getpid(), signal.SIGKILL)

if __name__ == "__main__":
    out, workers = Path(sys.argv[1]), int(sys.argv[2])
    recipe = MediaRecipe() if workers > 1 else FatalRecipe(marks=Path(sys.argv[3]), killed=True)
    build(recipe, out, formats=BOTH, shard_rows=2, workers=workers, progress=die if workers > 1 else None)
"""


@pytest.mark.parametrize("workers", [1, 2])
def test_killed_build_resumes_to_the_same_bytes(tmp_path, reference, workers) -> None:
    out, marks, script = tmp_path / "out", tmp_path / "marks", tmp_path / "killed.py"
    marks.mkdir()
    script.write_text(KILLED)
    # Output is captured: its pipe ends only when the orphaned workers have ended too.
    command = [sys.executable, str(script), str(out), str(workers), str(marks)]
    paths = os.pathsep.join([str(Path(__file__).parent), *sys.path])
    done = subprocess.run(command, capture_output=True, timeout=60, env={**os.environ, "PYTHONPATH": paths})
    assert done.returncode == -9
    assert not (out / "manifest.json").exists()
    (out / "data" / ".train-00002-of-00004.parquet.partial").write_bytes(b"half")
    kept = recorded(out)
    assert len(kept) >= 4
    make(out)
    assert tree(out) == reference
    assert kept.items() <= identities(out).items()


def test_unrecorded_or_cut_shards_are_written_again(tmp_path: Path, reference: dict[str, bytes]) -> None:
    with pytest.raises(KeyboardInterrupt):
        make(tmp_path, progress=stop_after(3))
    (tmp_path / ".build/train-00000.json").write_text("[{}]")
    (tmp_path / ".build/train-00001.json").write_text("not JSON")
    with (tmp_path / "data/train-00002-of-00004.parquet").open("ab") as file:
        file.truncate(100)
    make(tmp_path)
    assert tree(tmp_path) == reference


def test_other_library_versions_do_not_mix_in_one_dataset(tmp_path, monkeypatch) -> None:
    module = sys.modules["confu_core.shards.build"]
    with monkeypatch.context() as patch:
        patch.setattr(module, "library_versions", lambda libraries: {"numpy": "0.1"})
        with pytest.raises(KeyboardInterrupt):
            make(tmp_path, progress=stop_after(3))
    kept = identities(tmp_path)
    assert kept
    make(tmp_path)
    assert not kept.items() & identities(tmp_path).items()
    finished = identities(tmp_path)
    monkeypatch.setattr(module, "library_versions", lambda libraries: {"numpy": "0.2"})
    make(tmp_path)
    assert identities(tmp_path) == finished


def test_a_dataset_partly_restored_by_other_versions_is_not_taken_for_whole(tmp_path, monkeypatch) -> None:
    make(tmp_path)
    (tmp_path / "data/train-00003-of-00004.parquet").unlink()
    monkeypatch.setattr(sys.modules["confu_core.shards.build"], "library_versions", lambda libraries: {"numpy": "2"})
    with pytest.raises(KeyboardInterrupt):
        make(tmp_path, progress=stop_after(3))
    with pytest.raises(DatasetError, match="is unfinished"):
        open_dataset(tmp_path)
    make(tmp_path)
    assert open_dataset(tmp_path).manifest.versions == {"numpy": "2"}
    assert verify(tmp_path).ok


@dataclass(frozen=True)
class NextRecipe(MediaRecipe):
    """The same settings under another version of the generator, whose samples are others."""

    def information(self) -> dict[str, object]:
        return {"version": 2}


def test_another_version_of_the_generator_finishes_no_build_and_leaves_a_whole_one(tmp_path: Path) -> None:
    with pytest.raises(KeyboardInterrupt):
        make(tmp_path, progress=stop_after(3))
    kept = tree(tmp_path)
    line = (
        "holds part of what version 1 of the generator makes, and this is version 2; choose another --out or remove it"
    )
    with pytest.raises(DatasetError, match=line):
        make(tmp_path, NextRecipe())
    assert tree(tmp_path) == kept
    make(tmp_path)
    whole = tree(tmp_path)
    make(tmp_path, NextRecipe())
    assert tree(tmp_path) == whole
    (tmp_path / "data/test-00000-of-00001.parquet").unlink()
    with pytest.raises(DatasetError, match=line):
        make(tmp_path, NextRecipe())


def test_two_writers_of_one_file_do_not_cut_each_other(tmp_path: Path) -> None:
    path = tmp_path / "shard"
    with replacing(path) as first:
        first.write(b"whole")
        with replacing(path) as second:
            second.write(b"the other")
        assert path.read_bytes() == b"the other"
    assert tree(tmp_path) == {"shard": b"whole"}


def test_progress_counts_rows_and_bytes_with_those_of_the_earlier_build(tmp_path: Path) -> None:
    with pytest.raises(KeyboardInterrupt):
        make(tmp_path, progress=stop_after(2))
    reports: list[tuple[int, int]] = []
    make(tmp_path, progress=lambda rows, size: reports.append((rows, size)))
    manifest = open_dataset(tmp_path).manifest
    assert [rows for rows, _ in reports] == [4, 6, 7, 9]
    assert reports[-1][1] == sum(shard.bytes for shard in manifest.shards)


def test_a_dead_worker_costs_a_retry(tmp_path: Path, reference: dict[str, bytes]) -> None:
    marks = tmp_path / "marks"
    marks.mkdir()
    make(tmp_path / "out", FatalRecipe(marks=marks, times=1), workers=2)
    assert tree(tmp_path / "out") == reference
    assert len(list(marks.iterdir())) == 1


def test_a_shard_that_kills_three_workers_is_named_and_the_others_finish(tmp_path, reference) -> None:
    out, marks = tmp_path / "out", tmp_path / "marks"
    marks.mkdir()
    with pytest.raises(DatasetError, match=r"died 3 times over data/train-00002-of-00004\.parquet;"):
        make(out, FatalRecipe(marks=marks, times=99), workers=2)
    assert len(list(marks.iterdir())) == 3
    assert len(identities(out)) == 2 * (N_SHARDS - 1)
    make(out)
    assert tree(out) == reference


@pytest.mark.parametrize(
    ("options", "difference"),
    [
        ({"recipe": MediaRecipe(p=0.3)}, r"p: 0\.5 there, 0\.3 here"),
        ({"recipe": MediaRecipe(seed=3)}, r"seed: 0 there, 3 here"),
        ({"recipe": MediaRecipe(name="hiss")}, r'name: "noise" there, "hiss" here'),
        ({"recipe": MediaRecipe(splits={"train": 7})}, r'splits: \{"train": 7, "test": 2\} there'),
        ({"shard_rows": 3}, r"shard_rows: 2 there, 3 here"),
        ({"formats": ("parquet",)}, r'formats: \["parquet", "webdataset"\] there, \["parquet"\] here'),
    ],
)
@pytest.mark.parametrize("finished", [True, False])
def test_another_dataset_is_refused_with_the_difference(tmp_path, options, difference, finished) -> None:
    if finished:
        make(tmp_path)
    else:
        with pytest.raises(KeyboardInterrupt):
            make(tmp_path, progress=stop_after(1))
    before = tree(tmp_path)
    with pytest.raises(DatasetError, match=f"holds another dataset .*{difference}.*; choose another --out"):
        make(tmp_path, **options)
    assert tree(tmp_path) == before


def test_a_folder_with_other_files_is_refused(tmp_path: Path) -> None:
    (tmp_path / "thesis.txt").write_text("years of work")
    with pytest.raises(DatasetError, match=r"holds other files \(thesis\.txt\); choose another --out"):
        make(tmp_path)
    assert tree(tmp_path) == {"thesis.txt": b"years of work"}


def test_a_file_in_place_of_the_folder_is_refused(tmp_path: Path) -> None:
    (tmp_path / "file").touch()
    with pytest.raises(DatasetError, match="file is a file; choose another --out"):
        make(tmp_path / "file")
    with pytest.raises(DatasetError, match="cannot write .*Not a directory"):
        make(tmp_path / "file" / "data")


@pytest.mark.parametrize(
    ("code", "line"),
    [(errno.ENOSPC, "the disk is full; free some space"), (errno.EROFS, "not writable; choose another --out")],
)
@pytest.mark.parametrize("writes", [0, 4])
def test_a_disk_that_refuses_leaves_nothing_half_written(tmp_path, reference, monkeypatch, code, line, writes) -> None:
    calls = iter(range(99))

    def refuse(descriptor: int) -> None:
        if next(calls) >= writes:
            raise OSError(code, os.strerror(code))

    with monkeypatch.context() as patch:
        patch.setattr(os, "fsync", refuse)
        with pytest.raises(DatasetError, match=line) as caught:
            make(tmp_path)
    assert "\n" not in str(caught.value)
    left = {name: data for name, data in tree(tmp_path).items() if not name.startswith(".build/")}
    assert left.items() <= reference.items()
    make(tmp_path)
    assert tree(tmp_path) == reference


@pytest.mark.parametrize(
    ("options", "line"),
    [
        ({"workers": 0}, "workers must be a whole number of at least 1; got 0"),
        ({"shard_rows": 0}, "shard_rows must be a whole number of at least 1; got 0"),
        ({"shard_rows": 1.5}, "shard_rows must be a whole number of at least 1; got 1.5"),
        ({"formats": ("parket",)}, "did you mean 'parquet'?"),
        ({"formats": ()}, "formats must be one or more of"),
        ({"recipe": MediaRecipe(splits={})}, "at least one split"),
        ({"recipe": MediaRecipe(splits={"train": 0})}, "rows of split 'train' must be a whole number"),
        ({"recipe": MediaRecipe(splits={"a/b": 1})}, "letters, digits and underscores; got 'a/b'"),
        ({"recipe": MediaRecipe(p=float("nan"))}, "config of a recipe must hold JSON values"),
    ],
)
def test_bad_parameters_are_refused_before_anything_is_written(tmp_path, options, line) -> None:
    with pytest.raises(InvalidValue) as caught:
        make(tmp_path / "out", **options)
    assert line in str(caught.value)
    assert not (tmp_path / "out").exists()


@pytest.mark.parametrize("workers", [1, 2])
def test_an_error_of_the_recipe_reaches_the_caller_at_once(tmp_path, workers) -> None:
    with pytest.raises(InvalidValue, match="must give 2 rows; got 1"):
        make(tmp_path, _ShortRecipe(), workers=workers)


class _ShortRecipe(MediaRecipe):
    def rows(self, split: str, start: int, stop: int):
        return super().rows(split, start, stop - 1)


class _OtherColumns(MediaRecipe):
    def rows(self, split: str, start: int, stop: int):
        return super().rows(split, start, stop).drop_columns("label")


def test_rows_of_another_schema_are_refused(tmp_path: Path) -> None:
    with pytest.raises(InvalidValue, match="columns must be those of its schema; got key: string, p: double"):
        make(tmp_path, _OtherColumns())


def test_shards_import_no_torch() -> None:
    code = "import sys, confu_core.shards; sys.exit('torch' in sys.modules)"
    assert subprocess.run([sys.executable, "-c", code]).returncode == 0


def test_a_finished_build_verifies(tmp_path: Path) -> None:
    make(tmp_path)
    assert verify(tmp_path, deep=True).ok
