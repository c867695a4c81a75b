"""On dask.distributed a dataset has the bytes of a local build, whatever becomes of the workers."""

from __future__ import annotations

import json
import os
import signal
import socket
import sys
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from dask_cluster import Cluster, running_cluster
from recipe_for_shards import BOTH, FatalRecipe, MediaRecipe, SlowRecipe, tree

from confu_core.errors import DatasetError, InvalidValue
from confu_core.shards import Manifest, build, open_dataset
from confu_core.shards.build import same_versions

FATAL = "data/train-00002-of-00004.parquet"
START_SECONDS = 30
HERE = Path(__file__).parent


@pytest.fixture(scope="module")
def reference(built: Path) -> dict[str, bytes]:
    return tree(built)


def make(out: Path, recipe: MediaRecipe | None = None, **options: object) -> Manifest:
    wanted = {"formats": BOTH, "shard_rows": 2, "workers": 2, "engine": "dask", **options}
    return build(recipe or MediaRecipe(), out, **wanted)  # type: ignore[arg-type]


@pytest.fixture
def cluster(tmp_path: Path) -> Iterator[Cluster]:
    with running_cluster(tmp_path / "cluster") as started:
        yield started


def stop_after(reports: int) -> Callable[[int, int], None]:
    def progress(rows: int, size: int) -> None:
        nonlocal reports
        if reports == 0:
            raise KeyboardInterrupt
        reports -= 1

    return progress


def test_processes_of_this_machine_write_the_bytes_of_a_local_build(tmp_path: Path, reference) -> None:
    """This process keeps its environment, and the workers have it."""
    reports: list[int] = []
    before = {name for name in os.environ if "THREADS" in name or "MALLOC" in name}
    recipe = _EnvironmentRecipe(marks=tmp_path)
    make(tmp_path / "out", recipe, progress=lambda rows, size: reports.append(rows))
    assert tree(tmp_path / "out") == reference
    assert reports[0] == 0 and reports[-1] == 9 and len(reports) == 6
    assert {name for name in os.environ if "THREADS" in name or "MALLOC" in name} == before
    said = json.loads((tmp_path / "environment.json").read_text())
    assert said.get("MALLOC_TRIM_THRESHOLD_") == os.environ.get("MALLOC_TRIM_THRESHOLD_")


@pytest.mark.slow
def test_a_relative_folder_is_that_of_this_process(tmp_path, cluster, reference, monkeypatch) -> None:
    cluster.start_workers(count=1)
    monkeypatch.chdir(tmp_path)
    make(Path("out"), scheduler=cluster.address)
    assert tree(tmp_path / "out") == reference


@pytest.mark.slow
def test_all_shards_finish_when_one_of_two_workers_is_killed_in_the_middle(tmp_path, cluster, reference) -> None:
    first, second = cluster.start_workers()

    def kill(rows: int, size: int) -> None:
        if rows and first.poll() is None:
            first.send_signal(signal.SIGKILL)
            first.wait()

    make(tmp_path / "out", SlowRecipe(), scheduler=cluster.address, progress=kill)
    assert first.returncode == -signal.SIGKILL and second.poll() is None
    assert tree(tmp_path / "out") == reference


@pytest.mark.slow
def test_a_shard_that_always_kills_its_worker_is_named_and_the_others_finish(tmp_path: Path) -> None:
    out, marks = tmp_path / "out", tmp_path / "marks"
    marks.mkdir()
    with pytest.raises(DatasetError, match=rf"the worker died 3 times over {FATAL}; the other shards are kept"):
        make(out, FatalRecipe(marks=marks, times=99, killed=True), workers=1)
    assert len(list(marks.iterdir())) == 3
    assert len(list(out.glob("data/*"))) == len(list(out.glob("webdataset/*"))) == 4
    build(MediaRecipe(), out, formats=BOTH, shard_rows=2)
    assert open_dataset(out).table("train").num_rows == 7


@pytest.mark.slow
def test_shards_that_only_waited_for_a_worker_that_died_are_not_named(tmp_path, cluster, monkeypatch) -> None:
    """A cluster that deals out all shards at once, and blames all that a dead worker had for its death."""
    monkeypatch.setenv("DASK_DISTRIBUTED__SCHEDULER__WORKER_SATURATION", "inf")
    monkeypatch.setenv("DASK_DISTRIBUTED__SCHEDULER__ALLOWED_FAILURES", "0")
    cluster.start_workers("--nanny", count=1)
    marks = tmp_path / "marks"
    marks.mkdir()
    recipe = FatalRecipe(marks=marks, times=99, splits={"train": 12})
    with pytest.raises(DatasetError, match=r"died 1 times over data/train-00002-of-00006\.parquet; the other shards"):
        make(tmp_path / "out", recipe, formats=("parquet",), scheduler=cluster.address)
    assert len(list(marks.iterdir())) == 2  # Once among the others, and once alone.
    names = {path.name for path in (tmp_path / "out/data").iterdir()}
    assert names == {f"train-0000{i}-of-00006.parquet" for i in (0, 1, 3, 4, 5)}


def test_an_interrupt_keeps_what_is_finished_and_the_other_engine_goes_on(tmp_path: Path, reference) -> None:
    with pytest.raises(KeyboardInterrupt):
        make(tmp_path, SlowRecipe(), workers=1, progress=stop_after(2))
    kept = [json.loads(path.read_bytes()) for path in (tmp_path / ".build").glob("*-*.json")]
    assert 2 <= len(kept) < 5
    assert {name for name in tree(tmp_path) if "partial" in name} == set()
    make(tmp_path, engine="local")
    assert tree(tmp_path) == reference


class _ShortRecipe(MediaRecipe):
    def rows(self, split: str, start: int, stop: int):
        return super().rows(split, start, stop - 1)


def test_an_error_of_the_recipe_reaches_the_caller(tmp_path: Path) -> None:
    with pytest.raises(InvalidValue, match="must give 2 rows; got 1"):
        make(tmp_path, _ShortRecipe(), workers=1)


class _EnvironmentRecipe(FatalRecipe):
    def rows(self, split: str, start: int, stop: int):
        (self.marks / "environment.json").write_text(json.dumps(dict(os.environ)))
        return MediaRecipe().rows(split, start, stop)


def test_a_worker_with_other_versions_is_refused() -> None:
    with pytest.raises(
        DatasetError, match=r"has other versions than this process \(numpy 0\.1 there, .* here\), which"
    ):
        same_versions(abs, {"numpy": "0.1"}, -1)


@pytest.mark.parametrize(
    ("options", "line"),
    [
        ({"engine": "dusk"}, "unknown engine 'dusk'; did you mean 'dask'?"),
        (
            {"engine": "local", "scheduler": "tcp://127.0.0.1:1"},
            "scheduler goes with engine 'dask'; got engine 'local'",
        ),
        ({"workers": 0}, "workers must be a whole number of at least 1; got 0"),
    ],
)
def test_bad_parameters_are_refused_before_anything_is_written(tmp_path: Path, options, line: str) -> None:
    with pytest.raises(InvalidValue) as caught:
        make(tmp_path / "out", **options)
    assert line in str(caught.value)
    assert not (tmp_path / "out").exists()


def test_without_distributed_the_line_says_how_to_install_it(tmp_path: Path, monkeypatch) -> None:
    monkeypatch.setitem(sys.modules, "distributed", None)
    with pytest.raises(InvalidValue, match=r"needs distributed; pip install 'confu-bench\[dask\]'$"):
        make(tmp_path)


def test_a_scheduler_that_does_not_answer_is_one_line(tmp_path: Path, monkeypatch) -> None:
    monkeypatch.setattr(sys.modules["confu_core.parallel.cluster"], "ANSWER_SECONDS", 1)
    with socket.socket() as taken:  # Bound and not listening.
        taken.bind(("127.0.0.1", 0))
        address = f"tcp://127.0.0.1:{taken.getsockname()[1]}"
        with pytest.raises(DatasetError, match=f"no scheduler answers at {address} within 1 s; start one"):
            make(tmp_path, scheduler=address)
    with pytest.raises(DatasetError, match="no scheduler answers at nonsense"):
        make(tmp_path, scheduler="nonsense://127.0.0.1:1")


@pytest.mark.slow
def test_a_scheduler_without_workers_is_one_line(tmp_path: Path, cluster: Cluster, monkeypatch) -> None:
    monkeypatch.setattr(sys.modules["confu_core.parallel.cluster"], "WORKER_SECONDS", 1)
    cluster.start_scheduler()
    with pytest.raises(DatasetError, match="has had no worker for 1 s; start some with 'dask worker tcp://"):
        make(tmp_path / "out", scheduler=cluster.address)


@pytest.mark.slow
def test_a_scheduler_that_goes_away_is_one_line_and_the_build_goes_on_elsewhere(tmp_path, cluster, reference) -> None:
    cluster.start_workers(count=1)

    def kill(rows: int, size: int) -> None:
        if rows and cluster.processes[0].poll() is None:
            cluster.processes[0].kill()
            cluster.processes[0].wait()

    with pytest.raises(DatasetError, match="went away or dropped a job; what is finished is kept"):
        make(tmp_path / "out", SlowRecipe(), scheduler=cluster.address, progress=kill)
    make(tmp_path / "out", engine="local")
    assert tree(tmp_path / "out") == reference


def test_a_folder_that_the_workers_do_not_share_is_one_line(tmp_path: Path, built: Path, monkeypatch) -> None:
    module = sys.modules["confu_core.shards.build"]
    monkeypatch.setattr(module, "ARRIVAL_SECONDS", 0.2)
    shards = open_dataset(built).manifest.shards
    module._check_arrived(built, shards)
    with pytest.raises(DatasetError, match="is not seen here; --out must be a folder that all workers share"):
        module._check_arrived(tmp_path, shards)


def test_without_a_shard_to_write_no_cluster_is_asked(tmp_path: Path, reference: dict[str, bytes]) -> None:
    make(tmp_path, engine="local")
    draft = json.loads((tmp_path / "manifest.json").read_bytes())
    (tmp_path / ".build").mkdir()
    (tmp_path / ".build/manifest.json").write_text(json.dumps({**draft, "shards": [], "digest": ""}))
    for shard in draft["shards"]:
        (tmp_path / f".build/{shard['split']}-{shard['sha256'][:5]}.json").write_text(json.dumps([shard]))
    (tmp_path / "manifest.json").unlink()
    make(tmp_path, scheduler="tcp://127.0.0.1:1")
    assert tree(tmp_path) == reference
