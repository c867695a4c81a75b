"""Recordings that several files of tests read."""

from __future__ import annotations

from pathlib import Path

import pytest
from digit_sounds import folder_per_digit


@pytest.fixture(scope="session")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Four speakers, two takes each; no test may change them."""
    return folder_per_digit(tmp_path_factory.mktemp("sounds"), ("anna", "bert", "carl", "dora"), takes=2)
