"""A small dataset of birds, built once, copies of it to damage, and what runs on it share."""

from __future__ import annotations

import shutil
from collections.abc import Iterator
from pathlib import Path

import pytest

from birdmml.data import BirdRecipe
from birdmml.settings import Settings
from confu_core.runs.environment import threads
from confu_core.shards import build

BOTH = ("parquet", "webdataset")
SHARD_ROWS = 24


@pytest.fixture(scope="session")
def recipe() -> BirdRecipe:
    """80 triplets of 20 species, in 5 shards of each format."""
    return BirdRecipe(Settings(species=20, per_species=4, size=32, seconds=0.5, p=0.6, image_noise=0.2))


@pytest.fixture(scope="session")
def built(recipe: BirdRecipe, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A dataset that no test may change."""
    root = tmp_path_factory.mktemp("built") / "birds"
    build(recipe, root, formats=BOTH, shard_rows=SHARD_ROWS)
    return root


@pytest.fixture
def birds(built: Path, tmp_path: Path) -> Path:
    """A copy to damage."""
    return Path(shutil.copytree(built, tmp_path / "birds"))


@pytest.fixture(scope="module")
def cache(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tmp_path_factory.mktemp("cache")


@pytest.fixture(scope="module")
def one_core() -> Iterator[None]:
    """As the runs of a sweep compute, so that numbers are equal to the last bit."""
    with threads(1):
        yield
