"""One dataset that several files of tests read."""

from __future__ import annotations

from pathlib import Path

import pytest
from known_sets import write_ssw60


@pytest.fixture(scope="session")
def ssw60(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """One that no test may change."""
    return write_ssw60(tmp_path_factory.mktemp("birds") / "ssw60")
