"""A scheduler of dask.distributed and workers of it, for tests: processes of their own, as on other machines."""

from __future__ import annotations

import contextlib
import json
import os
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path

import pytest

START_SECONDS = 30


class Cluster:
    """A scheduler and two workers, each a process of its own as on machines of their own."""

    def __init__(self, folder: Path) -> None:
        self.file = folder / "scheduler.json"
        self.folder = folder
        self.log = (folder / "log").open("wb")
        self.processes: list[subprocess.Popen[bytes]] = []

    def _start(self, what: str, *words: str | Path) -> subprocess.Popen[bytes]:
        paths = os.pathsep.join(filter(None, sys.path))  # Helpers of tests can be imported there, too.
        command = [sys.executable, "-m", "dask", what, "--host", "127.0.0.1", "--no-dashboard", *map(str, words)]
        process = subprocess.Popen(
            command, stdout=self.log, stderr=self.log, cwd=self.folder, env={**os.environ, "PYTHONPATH": paths}
        )
        self.processes.append(process)
        return process

    def start_scheduler(self) -> None:
        self._start("scheduler", "--port", "0", "--scheduler-file", self.file)

    def start_workers(self, nanny: str = "--no-nanny", count: int = 2) -> list[subprocess.Popen[bytes]]:
        self.start_scheduler()
        words = ["--scheduler-file", self.file, "--nthreads", "1", "--memory-limit", "0", nanny]
        return [self._start("worker", *words, "--local-directory", self.folder) for _ in range(count)]

    @property
    def address(self) -> str:
        deadline = time.monotonic() + START_SECONDS
        while time.monotonic() < deadline:
            with contextlib.suppress(OSError, ValueError):
                return json.loads(self.file.read_bytes())["address"]
            time.sleep(0.05)
        pytest.fail((self.folder / "log").read_text())

    def stop(self) -> None:
        for process in reversed(self.processes):
            process.terminate()
        for process in self.processes:
            try:
                process.wait(10)
            except subprocess.TimeoutExpired:
                process.kill()
                process.wait()
        self.log.close()


@contextlib.contextmanager
def running_cluster(folder: Path) -> Iterator[Cluster]:
    """Give a cluster with nothing started yet, and stop what was started."""
    folder.mkdir()
    started = Cluster(folder)
    try:
        yield started
    finally:
        started.stop()
