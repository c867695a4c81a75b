"""What all tests share: one outcome on machines of any speed, in any locale, and from a folder that is read-only."""

from __future__ import annotations

import io
import os
import tempfile
from pathlib import Path

import pytest
from hypothesis import configuration, settings

# One thread a process, in the processes that tests start too: on matrices this small, threads of several processes that
# wait for each other take more of the cores than they give. It counts where it stands before NumPy and PyTorch load.
os.environ.setdefault("OMP_NUM_THREADS", "1")


def pytest_configure(config: pytest.Config) -> None:
    # Files of the toolkit are UTF-8 everywhere; tests that read them back need not say so each time.
    io.text_encoding = lambda encoding, stacklevel=2: encoding or "utf-8"
    settings.register_profile("suite", deadline=None)
    settings.load_profile("suite")
    if not os.access(config.rootpath, os.W_OK):
        configuration.set_hypothesis_home_dir(Path(tempfile.gettempdir()) / "hypothesis-of-confu-bench")
