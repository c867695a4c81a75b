"""Only plain files are replaced, links are not followed, and one process at a time writes to a folder."""

from __future__ import annotations

import os
import socket
import subprocess
import sys
import time
from pathlib import Path

import pyarrow as pa
import pytest

from confu_core.errors import ConfuError, DatasetError
from confu_core.io import lock as module
from confu_core.io.atomic import check_writable, read_json, read_small, sha256_of, write_whole
from confu_core.io.lock import LOCK, OWNER, InUse, folder_in_use, locked
from confu_core.runs.store import claimed
from confu_core.shards import TableRecipe, build, open_dataset, repair, verify

RECIPE = TableRecipe("squares", {"train": pa.table({"key": ["a", "b", "c"], "square": [1, 4, 9]})})


def occupied(folder: Path, kind: str) -> Path:
    """A name that something has which is no plain file; all of it lies in a folder of the test's own."""
    path = folder / kind
    if kind == "link":
        (folder / "target").write_text("mine")
        path.symlink_to(folder / "target")
    elif kind == "dangling":
        path.symlink_to(folder / "nowhere")
    elif kind == "pipe":
        os.mkfifo(path)
    elif kind == "folder":
        path.mkdir()
    elif kind == "socket":
        with socket.socket(socket.AF_UNIX) as made:
            made.bind(os.path.relpath(path))
    elif kind == "device":
        try:
            os.mknod(path, 0o20666, os.makedev(1, 3))
        except PermissionError:
            pytest.skip("only root makes devices")
    return path


KINDS = ("link", "dangling", "pipe", "folder", "socket", "device")


@pytest.mark.parametrize("kind", KINDS)
def test_what_is_no_plain_file_is_never_replaced(tmp_path: Path, kind: str) -> None:
    path = occupied(tmp_path, kind)
    before = path.lstat()
    for write in (lambda: write_whole(path, b"new"), lambda: check_writable(path)):
        with pytest.raises(DatasetError, match="and only a plain file is replaced; choose another name") as caught:
            write()
        assert "\n" not in str(caught.value)
    after = path.lstat()
    assert (after.st_mode, after.st_ino, after.st_rdev) == (before.st_mode, before.st_ino, before.st_rdev)
    assert not list(tmp_path.glob(".*.partial")) and not (tmp_path / "nowhere").exists()
    if kind == "link":
        assert (tmp_path / "target").read_text() == "mine"


@pytest.mark.parametrize("kind", ("pipe", "device", "folder", "socket"))
def test_what_is_no_plain_file_is_not_read_either(tmp_path: Path, kind: str) -> None:
    path = occupied(tmp_path, kind)
    started = time.monotonic()
    for read in (read_small, read_json, sha256_of):
        with pytest.raises((DatasetError, OSError)):
            read(path)
    assert time.monotonic() - started < 5


def test_small_files_are_small_and_json_is_shallow(tmp_path: Path) -> None:
    sparse = tmp_path / "sparse"
    with sparse.open("wb") as file:
        file.truncate(1 << 40)
    with pytest.raises(DatasetError, match="is larger than 67,108,864 bytes, which no such file is"):
        read_small(sparse)
    (tmp_path / "deep.json").write_bytes(b"[" * 300_000)
    with pytest.raises(ValueError):
        read_json(tmp_path / "deep.json")


@pytest.mark.parametrize("place", [".", "", "x" * 300, "\0"])
def test_names_that_are_none_are_one_line(tmp_path: Path, place: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    with pytest.raises(ConfuError, match="cannot write"):
        write_whole(Path(place), b"new")
    assert not list(tmp_path.iterdir())


def test_a_folder_in_use_is_refused_by_everybody(tmp_path: Path) -> None:
    root = tmp_path / "data"
    build(RECIPE, root)
    with folder_in_use(root):
        for use in (lambda: build(RECIPE, root), lambda: repair(RECIPE, root)):
            with pytest.raises(InUse, match="data is in use by another process; wait for it or choose another --out"):
                use()
        with pytest.raises(ConfuError, match="data is in use by another sweep"):
            claimed(root, {"benchmark": "xor"}).__enter__()
        assert verify(root).ok  # Reading needs no lock.
    assert not (root / LOCK).exists()
    assert repair(RECIPE, root).ok


def test_a_refused_folder_is_left_as_it_was(tmp_path: Path) -> None:
    (tmp_path / "holds").mkdir()
    (tmp_path / "holds/a.txt").touch()
    with pytest.raises(DatasetError, match="holds other files"):
        build(RECIPE, tmp_path / "holds")
    assert [path.name for path in (tmp_path / "holds").iterdir()] == ["a.txt"]
    with pytest.raises(RuntimeError), folder_in_use(tmp_path / "new"):
        raise RuntimeError
    assert not (tmp_path / "new").exists()


@pytest.mark.parametrize("kind", ("link", "dangling", "pipe", "folder"))
def test_a_lock_that_is_no_plain_file_is_left_alone(tmp_path: Path, kind: str) -> None:
    root = tmp_path / "data"
    root.mkdir()
    occupied(tmp_path, kind).rename(root / LOCK)
    with pytest.raises(DatasetError, match=r"\.lock is no plain file; remove it"):
        build(RECIPE, root)
    with pytest.raises(ConfuError, match=r"\.lock is no plain file; remove it"):
        claimed(root, {"benchmark": "xor"}).__enter__()
    assert (tmp_path / "target").read_text() == "mine" if kind == "link" else True


HOLDER = """
import sys, time
from pathlib import Path
from confu_core.io.lock import folder_in_use
with folder_in_use(Path(sys.argv[1])):
    print("held", flush=True)
    time.sleep(60)
"""


def test_the_lock_of_a_killed_process_is_free(tmp_path: Path) -> None:
    holder = subprocess.Popen([sys.executable, "-c", HOLDER, str(tmp_path / "data")], stdout=subprocess.PIPE)
    assert holder.stdout is not None and holder.stdout.readline() == b"held\n"
    with pytest.raises(InUse):
        build(RECIPE, tmp_path / "data")
    holder.kill()
    holder.communicate()
    assert (tmp_path / "data" / LOCK).exists()
    build(RECIPE, tmp_path / "data")
    assert not (tmp_path / "data" / LOCK).exists()


RACER = """
import sys
from pathlib import Path
import pyarrow as pa
from confu_core.errors import DatasetError
from confu_core.shards import TableRecipe, build
number = int(sys.argv[1])
table = pa.table({"key": [f"{row:04d}" for row in range(40)], "square": [row * number for row in range(40)]})
recipe = TableRecipe("squares", {"train": table}, seed=number)
print("ready", flush=True)
for out in sys.stdin:
    try:
        build(recipe, out.strip(), shard_rows=4)
        print("done", flush=True)
    except DatasetError as error:
        print(error, flush=True)
"""


def test_of_two_different_builds_started_together_one_is_refused(tmp_path: Path) -> None:
    command, pipe = [sys.executable, "-c", RACER], subprocess.PIPE
    racers = [subprocess.Popen([*command, number], stdin=pipe, stdout=pipe, text=True, bufsize=1) for number in "12"]
    answers = [(racer.stdin, racer.stdout) for racer in racers]
    assert [told.readline() for _, told in answers if told] == ["ready\n"] * 2
    for attempt in range(5):
        out = tmp_path / str(attempt)
        for asked, _ in answers:
            print(out, file=asked)
        said = sorted(told.readline().strip() for _, told in answers if told)
        assert said[-1] == "done" and ("is in use" in said[0] or "holds another dataset" in said[0]), said
        assert verify(out).ok
        number = open_dataset(out).manifest.seed
        assert open_dataset(out).table("train")["square"].to_pylist() == [row * number for row in range(40)]
    for racer in racers:
        racer.communicate()


WITHOUT = """
import sys
sys.modules["fcntl"] = sys.modules["resource"] = None
from pathlib import Path
from confu_core.runs.sweep import keep, peak_memory
from xor_bench.data import XorRecipe
from confu_core.shards import build, repair, verify
recipe = XorRecipe(rows_per_p={"train": 4, "validation": 2, "test": 2})
build(recipe, sys.argv[1] + "/data")
print(verify(sys.argv[1] + "/data").ok, repair(recipe, sys.argv[1] + "/data").ok, peak_memory())
keep({"cell": "a", "status": "done"}, sys.argv[1] + "/runs", plan={"benchmark": "xor"}, seconds=1.0)
print(sorted(path.name for path in Path(sys.argv[1] + "/runs").iterdir()))
"""


def test_systems_without_fcntl_and_resource_build_verify_and_keep(tmp_path: Path) -> None:
    done = subprocess.run([sys.executable, "-c", WITHOUT, str(tmp_path)], capture_output=True, text=True)
    assert done.returncode == 0, done.stderr
    kept = ["costs.parquet", "environment.json", "results.parquet", "sweep.json"]
    assert done.stdout == f"True True 0\n{kept}\n"


def test_where_a_file_system_has_no_locks_a_file_says_who_writes(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def refuse(*_: object) -> None:
        raise OSError(95, "Operation not supported")

    monkeypatch.setattr("fcntl.flock", refuse)
    path = tmp_path / LOCK
    with locked(path):
        with pytest.raises(InUse):
            locked(path, wait=False).__enter__()
        said = (tmp_path / OWNER).read_text().split()
        assert said[:2] == [socket.gethostname(), str(os.getpid())]
    assert not list(tmp_path.iterdir())
    ended = subprocess.Popen([sys.executable, "-c", ""])
    ended.wait()
    (tmp_path / OWNER).write_text(f"{socket.gethostname()} {ended.pid} token")
    with locked(path):  # Taken over: its process has ended.
        pass
    (tmp_path / OWNER).write_text(f"elsewhere {ended.pid} token")
    with pytest.raises(InUse):
        locked(path, wait=False).__enter__()
    assert module._has_ended(tmp_path / OWNER) is False
