"""What all tests share: one outcome on machines of any speed, in any locale, and from a folder that is read-only."""

from __future__ import annotations

import io
import os
import tempfile
from pathlib import Path

import pytest
from hypothesis import configuration, settings

# One core for every process, read when PyTorch and the libraries of NumPy are loaded: as many processes as cores run
# the tests, and threads that wait for each other on busy cores take many times the time of the work itself.
os.environ.setdefault("OMP_NUM_THREADS", "1")


def pytest_configure(config: pytest.Config) -> None:
    # Files of the toolkit are UTF-8 everywhere; tests that read them back need not say so each time.
    io.text_encoding = lambda encoding, stacklevel=2: encoding or "utf-8"
    settings.register_profile("suite", deadline=None)
    settings.load_profile("suite")
    if not os.access(config.rootpath, os.W_OK):
        configuration.set_hypothesis_home_dir(Path(tempfile.gettempdir()) / "hypothesis-of-confu-bench")
