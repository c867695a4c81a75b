"""What all tests share: one outcome on machines of any speed, in any locale, and from a folder that is read-only."""

from __future__ import annotations

import contextlib
import io
import os
import tempfile
from pathlib import Path

import pytest
from hypothesis import configuration, settings

# One core for every process, read when PyTorch and the libraries of NumPy are loaded: as many processes as cores run
# the tests, and threads that wait for each other on busy cores take many times the time of the work itself.
os.environ.setdefault("OMP_NUM_THREADS", "1")
# And one core for each of the processes that run the tests, so that what takes a process per core where nothing is
# said starts none here. Tests of several processes say how many.
if (runner := os.environ.get("PYTEST_XDIST_WORKER", "")) and hasattr(os, "sched_setaffinity"):
    with contextlib.suppress(OSError, ValueError):  # Not allowed, or a runner of another name.
        cores, number = sorted(os.sched_getaffinity(0)), int(runner.removeprefix("gw"))
        os.sched_setaffinity(0, {cores[number * len(cores) // int(os.environ["PYTEST_XDIST_WORKER_COUNT"])]})


def pytest_configure(config: pytest.Config) -> None:
    # Files of the toolkit are UTF-8 everywhere; tests that read them back need not say so each time.
    io.text_encoding = lambda encoding, stacklevel=2: encoding or "utf-8"
    settings.register_profile("suite", deadline=None)
    settings.load_profile("suite")
    if not os.access(config.rootpath, os.W_OK):
        configuration.set_hypothesis_home_dir(Path(tempfile.gettempdir()) / "hypothesis-of-confu-bench")
