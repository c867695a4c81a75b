"""A dataset in a store is the same as in a folder: its bytes, its refusals, and what becomes of it when damaged."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
import uuid
from collections.abc import Callable, Iterator
from pathlib import Path

import pyarrow as pa
import pytest
from click.testing import CliRunner
from object_store import BUCKET, object_store
from recipe_for_shards import BOTH, PARQUET, TAR, MediaRecipe, SlowRecipe, tree

from confu_cli.xorbench import xorbench
from confu_core.errors import DatasetError, InvalidValue
from confu_core.io.storage import RemotePath, location
from confu_core.shards import Manifest, build, open_dataset, repair, verify

HERE = Path(__file__).parent


@pytest.fixture(scope="module")
def reference(built: Path) -> dict[str, bytes]:
    return tree(built)


@pytest.fixture(scope="session")
def s3() -> Iterator[dict[str, str]]:
    pytest.importorskip("s3fs")
    with object_store() as environment:
        yield environment


@pytest.fixture(params=["memory", pytest.param("s3", marks=pytest.mark.slow)])
def root(request: pytest.FixtureRequest) -> Iterator[RemotePath]:
    """A folder in a store, which does not exist yet."""
    if request.param == "s3":
        request.getfixturevalue("s3")
    place = RemotePath(f"{request.param}://{BUCKET}/{uuid.uuid4().hex}")
    yield place
    place.remove_tree()


@pytest.fixture
def bucket(s3: dict[str, str]) -> RemotePath:
    return RemotePath(f"s3://{BUCKET}/{uuid.uuid4().hex}")


@pytest.fixture
def uploads(monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """The URLs that were written, in order."""
    seen: list[str] = []
    upload = RemotePath.upload

    def watched(self: RemotePath, source: Path) -> None:
        upload(self, source)
        seen.append(str(self))

    monkeypatch.setattr(RemotePath, "upload", watched)
    return seen


def make(out: str | RemotePath, recipe: MediaRecipe | None = None, **options: object) -> Manifest:
    return build(recipe or MediaRecipe(), out, **{"formats": BOTH, "shard_rows": 2, **options})  # type: ignore


def content(root: RemotePath) -> dict[str, bytes]:
    return {name: (root / name).read_bytes() for name in root.files()}


def stop_after(reports: int) -> Callable[[int, int], None]:
    def progress(rows: int, size: int) -> None:
        nonlocal reports
        if reports == 0:
            raise KeyboardInterrupt
        reports -= 1

    return progress


def test_a_store_holds_the_bytes_of_a_folder(root: RemotePath, reference: dict[str, bytes]) -> None:
    make(str(root) + "/")
    assert content(root) == reference
    assert verify(str(root), deep=True).ok


def test_shards_come_before_their_record_and_the_manifest_last(root: RemotePath, uploads: list[str]) -> None:
    make(root)
    names = [url.removeprefix(f"{root}/") for url in uploads]
    assert names[0] == ".build/manifest.json" and names[-2:] == ["SHA256SUMS", "manifest.json"]
    assert names[1:4] == [
        "data/train-00000-of-00004.parquet",
        "webdataset/train-000000.tar",
        ".build/train-00000.json",
    ]
    assert len(names) == len(set(names)) == 1 + 5 * 3 + 2


def test_rows_and_columns_are_read_from_a_store(root: RemotePath, built: Path) -> None:
    make(root)
    there, here = open_dataset(root), open_dataset(built)
    for format in BOTH:
        assert there.table("train", format=format) == here.table("train", format=format)
        assert there.table("test", ["label"], format=format) == here.table("test", ["label"], format=format)
    assert list(there.rows("test")) == list(here.rows("test"))


def test_an_interrupted_build_goes_on_with_what_is_there(root, reference, uploads) -> None:
    with pytest.raises(KeyboardInterrupt):
        make(root, progress=stop_after(3))
    with pytest.raises(DatasetError, match="is unfinished; run the same build again"):
        open_dataset(root)
    shards = {name: data for name, data in content(root).items() if not name.startswith(".build/")}
    assert len(shards) == 6 and shards.items() <= reference.items()
    uploads.clear()
    make(root)
    assert content(root) == reference
    assert not {f"{root}/{name}" for name in shards} & set(uploads)
    uploads.clear()
    make(root)
    assert uploads == []


def test_a_lost_shard_is_restored_by_the_same_build(root, reference, uploads) -> None:
    make(root)
    (root / TAR).unlink()
    uploads.clear()
    make(root)
    assert content(root) == reference
    assert {f"{root}/{name}" for name in (PARQUET, TAR)} <= set(uploads)
    assert f"{root}/data/train-00000-of-00004.parquet" not in uploads


@pytest.mark.parametrize("finished", [True, False])
def test_another_dataset_is_refused(root: RemotePath, finished: bool) -> None:
    if finished:
        make(root)
    else:
        with pytest.raises(KeyboardInterrupt):
            make(root, progress=stop_after(1))
    before = content(root)
    with pytest.raises(DatasetError, match=f"{root} holds another dataset .*p: 0.5 there, 0.3 here.*choose another"):
        make(root, MediaRecipe(p=0.3))
    assert content(root) == before


def test_other_files_are_refused(root: RemotePath) -> None:
    (root / "thesis.txt").write_bytes(b"years of work")
    with pytest.raises(DatasetError, match=r"holds other files \(thesis\.txt\); choose another --out"):
        make(root)
    assert content(root) == {"thesis.txt": b"years of work"}


def test_damage_is_named_and_repaired(root: RemotePath, reference, uploads) -> None:
    make(root)
    (root / PARQUET).unlink()
    (root / TAR).write_bytes(reference[TAR][:-512])
    flipped = "data/test-00000-of-00001.parquet"
    (root / flipped).write_bytes(bytes([reference[flipped][0] ^ 1]) + reference[flipped][1:])
    (root / "SHA256SUMS").write_bytes(b"damage\n")
    (root / "data/stranger.parquet").write_bytes(b"")
    findings = {finding.path for finding in verify(root).findings}
    assert findings == {PARQUET, TAR, flipped, "SHA256SUMS", "data/stranger.parquet"}
    assert all(str(root) not in finding.problem for finding in verify(root).findings)
    (root / "data/stranger.parquet").unlink()
    uploads.clear()
    done = repair(MediaRecipe(), root)
    assert done.ok and set(done.rewritten) == {PARQUET, TAR, flipped, "SHA256SUMS"}
    assert sorted(uploads) == sorted(f"{root}/{name}" for name in done.rewritten)
    assert content(root) == reference


def test_reading_a_damaged_shard_names_its_url(root: RemotePath, reference: dict[str, bytes]) -> None:
    make(root)
    for name, format in ((PARQUET, "parquet"), (TAR, "webdataset")):
        (root / name).write_bytes(reference[name][:700] + bytes(99) + reference[name][799:])
        with pytest.raises(DatasetError, match=f"{root}/{name}"):
            open_dataset(root).table("train", format=format)


def test_a_place_without_a_dataset_is_one_line(root: RemotePath) -> None:
    with pytest.raises(DatasetError, match=f"{root} does not exist; build a dataset there first"):
        open_dataset(root)


def test_an_upload_that_arrives_in_part_is_no_shard(root: RemotePath, monkeypatch: pytest.MonkeyPatch) -> None:
    from confu_core.io import storage

    class Cutting:
        def __init__(self, store: object) -> None:
            self._store = store

        def __getattr__(self, name: str) -> object:
            return getattr(self._store, name)

        def put_file(self, source: str, path: str) -> None:
            data = Path(source).read_bytes()
            Path(source + ".cut").write_bytes(data[:-1] if path.endswith(".tar") else data)
            self._store.put_file(source + ".cut", path)  # type: ignore[attr-defined]

    store = storage._store
    with monkeypatch.context() as patch:
        patch.setattr(storage, "_store", lambda place: (Cutting(store(place)[0]), store(place)[1]))
        with pytest.raises(DatasetError, match=rf"cannot write {root}/webdataset/train-000000\.tar: \d+ of \d+ bytes"):
            make(root)
    assert not [name for name in root.files() if name.startswith(".build/train")]
    make(root)
    assert verify(root).ok


@pytest.mark.parametrize("error", [PermissionError("no entry\nmore"), RuntimeError("")])
def test_a_store_that_refuses_is_one_line(monkeypatch: pytest.MonkeyPatch, error: Exception) -> None:
    from fsspec.implementations.memory import MemoryFileSystem

    def refuse(*arguments: object, **options: object) -> None:
        raise error

    monkeypatch.setattr(MemoryFileSystem, "put_file", refuse)
    with pytest.raises(DatasetError) as caught:
        make("memory://refusing")
    line = str(error).partition("\n")[0] or "RuntimeError"
    assert str(caught.value) == f"cannot write memory://refusing/.build/manifest.json: {line}"


def test_a_file_url_is_a_local_folder(tmp_path: Path, reference: dict[str, bytes]) -> None:
    make(f"file://{tmp_path}/out")
    assert tree(tmp_path / "out") == reference
    assert location(f"file://{tmp_path}/out") == tmp_path / "out"


@pytest.mark.parametrize("options", [{"workers": 2}, {"engine": "dask"}])
def test_memory_is_not_shared_by_processes(options: dict[str, object]) -> None:
    with pytest.raises(InvalidValue, match="memory://x is seen by this process alone, so workers must be 1"):
        make("memory://x", **options)


WITHOUT_S3FS = """
import sys
sys.modules["s3fs"] = None
from confu_core.io.storage import location
location("s3://a")
"""


def test_a_url_that_nothing_reaches_is_one_line() -> None:
    with pytest.raises(InvalidValue, match=r"^xyz://a cannot be reached: Protocol not known: xyz"):
        make("xyz://a")
    done = subprocess.run([sys.executable, "-c", WITHOUT_S3FS], capture_output=True, text=True)
    line = done.stderr.splitlines()[-1]
    assert line.startswith("confu_core.errors.InvalidValue: s3://a cannot be reached: ")
    assert "pip install 'confu-bench[s3]'" in line


def test_the_command_takes_urls() -> None:
    def run(*words: str) -> str:
        result = CliRunner().invoke(xorbench, list(words))
        assert result.exit_code == 0, result.output
        return result.stdout

    url = f"memory://{uuid.uuid4().hex}"
    rows = ["--train", "20", "--validation", "5", "--test", "10"]
    assert run("build", "--out", url, *rows).startswith(f"{url}: 35 rows in 3 shards")
    assert run("verify", url) == f"{url}: complete and unaltered (3 shards, {run('verify', url).split(', ')[-1]}"
    assert json.loads(run("info", url, "--json"))["splits"] == {"train": 20, "validation": 5, "test": 10}
    shard = RemotePath(url) / "data/test-00000-of-00001.parquet"
    shard.unlink()
    assert CliRunner().invoke(xorbench, ["verify", url]).stdout == f"{shard}: is missing\n"
    assert f"{shard}: written again" in run("verify", url, "--repair")


@pytest.mark.slow
@pytest.mark.parametrize("options", [{"workers": 2}, {"workers": 1, "engine": "dask"}])
def test_processes_write_the_same_bytes_into_a_store(bucket: RemotePath, reference, options) -> None:
    make(bucket, **options)
    assert content(bucket) == reference


KILLED = """
import os, signal, sys
from recipe_for_shards import BOTH, SlowRecipe
from confu_core.shards import build

def die(rows, size):
    if rows >= 4:
        os.kill(os.getpid(), signal.SIGKILL)

if __name__ == "__main__":
    build(SlowRecipe(), sys.argv[1], formats=BOTH, shard_rows=2, workers=2, progress=die)
"""


@pytest.mark.slow
def test_a_killed_build_goes_on_in_a_store(bucket: RemotePath, reference, tmp_path: Path, uploads) -> None:
    (tmp_path / "killed.py").write_text(KILLED)
    paths = os.pathsep.join([str(HERE), *sys.path])
    command = [sys.executable, str(tmp_path / "killed.py"), str(bucket)]
    done = subprocess.run(command, capture_output=True, timeout=120, env={**os.environ, "PYTHONPATH": paths})
    assert done.returncode == -signal.SIGKILL
    records = [json.loads((bucket / name).read_bytes()) for name in bucket.files() if name.startswith(".build/train")]
    kept = {f"{bucket}/{shard['path']}" for record in records for shard in record}
    assert len(kept) >= 4
    make(bucket, SlowRecipe())
    assert content(bucket) == reference
    assert not kept & set(uploads)


@pytest.mark.slow
def test_a_column_is_read_without_the_rest_of_its_shard(bucket: RemotePath) -> None:
    table = pa.table({"key": ["a", "b"], "x": [1, 2], "noise": [os.urandom(1 << 20), os.urandom(1 << 20)]})
    from confu_core.shards import TableRecipe

    build(TableRecipe("wide", {"train": table}), bucket)
    read: list[int] = []
    import s3fs

    fetch = s3fs.core.S3File._fetch_range
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(s3fs.core.S3File, "_fetch_range", lambda self, a, b: read.append(b - a) or fetch(self, a, b))
        assert open_dataset(bucket).table("train", ["x"]).to_pydict() == {"x": [1, 2]}
    assert 0 < sum(read) < 200_000


@pytest.mark.slow
def test_a_server_that_is_gone_is_one_line(s3: dict[str, str], monkeypatch: pytest.MonkeyPatch) -> None:
    import s3fs

    monkeypatch.setenv("AWS_ENDPOINT_URL", "http://127.0.0.1:1")
    monkeypatch.setenv("AWS_MAX_ATTEMPTS", "1")  # By default ten seconds go by before it is given up.
    s3fs.S3FileSystem.clear_instance_cache()
    try:
        with pytest.raises(DatasetError, match=r"^s3://gone/x/manifest\.json cannot be read: Could not connect"):
            open_dataset("s3://gone/x")
    finally:
        s3fs.S3FileSystem.clear_instance_cache()


@pytest.mark.parametrize("workers", [1, 2])
def test_many_shards_are_repaired_by_several_processes_where_they_can_be(root, reference, workers) -> None:
    make(root)
    for name in (PARQUET, TAR, "data/test-00000-of-00001.parquet"):
        (root / name).unlink()
    assert repair(MediaRecipe(), root, workers=workers).ok
    assert content(root) == reference
