"""The lines of the page on clusters, with processes of this machine as jobs and small cells as the grid."""

from __future__ import annotations

import os
import re
import subprocess
import sys
from pathlib import Path

import pytest
from dask_cluster import running_cluster
from markdown_pages import text

GRID = (
    "--method clip --p 0,0.5,1 --seed 0,1 --bits 2 --epochs 2 --train-samples 300 --test-samples 200 --batch-size 100"
)
PAGE = text("docs/cluster.md")


def line(start: str) -> str:
    """Return a line of the page, for the small grid."""
    (found,) = re.findall(rf"^{re.escape(start)}.*$", PAGE, re.MULTILINE)
    return found.replace("--preset codings", GRID).replace("--workers 4", "--workers 1")


def start(command: str, folder: Path, **environment: str) -> subprocess.Popen[bytes]:
    path = os.pathsep.join([str(Path(sys.executable).parent), os.environ["PATH"]])
    return subprocess.Popen(["bash", "-c", command], cwd=folder, env={**os.environ, **environment, "PATH": path})


@pytest.fixture(scope="module")
def alone(tmp_path_factory: pytest.TempPathFactory) -> bytes:
    folder = tmp_path_factory.mktemp("alone")
    assert start(f"xorbench sweep {GRID} --workers 1 --out runs", folder).wait(120) == 0
    return (folder / "runs" / "results.parquet").read_bytes()


def test_an_array_of_jobs_on_one_folder(tmp_path: Path, alone: bytes) -> None:
    command = line("xorbench sweep --preset codings --workers 4").replace("/shared/", "")
    assert [job.wait(120) for job in [start(command, tmp_path) for _ in range(2)]] == [0, 0]
    assert (tmp_path / "runs" / "codings" / "results.parquet").read_bytes() == alone


def test_an_array_of_jobs_with_a_folder_each(tmp_path: Path, alone: bytes) -> None:
    command = line("xorbench sweep --preset codings --part").replace("/20", "/2") + " --workers 1"
    jobs = [start(command, tmp_path, SLURM_ARRAY_TASK_ID=str(number)) for number in (1, 2)]
    assert [job.wait(120) for job in jobs] == [0, 0]
    assert start(line("xorbench results merge"), tmp_path).wait(60) == 0
    assert (tmp_path / "runs" / "codings" / "results.parquet").read_bytes() == alone


def test_dask(tmp_path: Path, alone: bytes) -> None:
    assert "dask scheduler " in PAGE and "dask worker tcp://10.0.0.1:8786 --nthreads 1" in PAGE
    with running_cluster(tmp_path / "cluster") as cluster:
        cluster.start_workers(count=1)
        command = line("xorbench sweep --preset codings --engine dask").replace("tcp://10.0.0.1:8786", cluster.address)
        assert start(command, tmp_path).wait(120) == 0
    assert (tmp_path / "runs" / "codings" / "results.parquet").read_bytes() == alone


def test_a_cluster_that_a_program_has(tmp_path: Path, alone: bytes) -> None:
    """As from dask-jobqueue, whose clusters have an address like any other."""
    (code,) = re.findall(r"```python\n(.*?)```", PAGE, re.DOTALL)
    code = code.replace("dask_jobqueue import SLURMCluster", "distributed import LocalCluster as SLURMCluster")
    code = re.sub(r"SLURMCluster\(.*?\) as", "SLURMCluster(n_workers=1, dashboard_address=None) as", code)
    code = code.replace("cluster.scale(jobs=20)", "cluster.scale(n=2)")
    grid = '{"method": ["clip"], "p": [0.0, 0.5, 1.0], "seed": [0, 1]}'
    fixed = '{"bits": 2, "epochs": 2, "train_samples": 300, "test_samples": 200, "batch_size": 100}'
    code = code.replace('preset_grid("codings")', grid).replace(', engine="dask"', f', fixed={fixed}, engine="dask"')
    script = "if __name__ == '__main__':\n" + "".join(f"    {one}\n" for one in code.splitlines())
    (tmp_path / "script.py").write_text(script)
    assert subprocess.run([sys.executable, "script.py"], cwd=tmp_path, timeout=120, check=False).returncode == 0
    assert (tmp_path / "runs" / "codings" / "results.parquet").read_bytes() == alone
