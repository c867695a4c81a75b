"""One dataset built once, and copies of it to damage."""

from __future__ import annotations

import shutil
from pathlib import Path

import pytest
from recipe_for_shards import BOTH, MediaRecipe

from confu_core.shards import build


@pytest.fixture(scope="session")
def built(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A dataset that no test may change: shards of 2 rows in both formats."""
    root = tmp_path_factory.mktemp("built") / "noise"
    build(MediaRecipe(), root, formats=BOTH, shard_rows=2)
    return root


@pytest.fixture
def noise(built: Path, tmp_path: Path) -> Path:
    """A copy of the dataset, to damage."""
    return Path(shutil.copytree(built, tmp_path / "noise"))
