"""Datasets to publish, and what their cards say."""

from __future__ import annotations

import re
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

# The recipe and the S3 server of the tests of shards. Their folder must not stay where modules are looked for: it has a
# conftest of its own.
sys.path.insert(0, str(Path(__file__).parents[1] / "shards"))
import object_store  # noqa: F401
from recipe_for_shards import BOTH, MediaRecipe

sys.path.pop(0)

from confu_core.publish import Edition, Release, Words, assemble
from confu_core.shards import build, open_dataset


@pytest.fixture(scope="session")
def data(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Pictures and sounds of noise, which no test may change: 5 shards in each format."""
    root = tmp_path_factory.mktemp("published") / "noise"
    build(MediaRecipe(), root, formats=BOTH, shard_rows=2)
    return root


@pytest.fixture(scope="session")
def release_of() -> Callable[..., Release]:
    """Put a release together, with a card that says little."""

    def make(root: Path, *, place: str = ".", date: str = "2026-01-02", **options: object) -> Release:
        words = Words("Noise", ("Pictures and sounds of noise.",), tags=("noise",), languages=("en",))
        return assemble(open_dataset(root), words, Edition(date, place=place), **options)  # type: ignore[arg-type]

    return make


@pytest.fixture(scope="session")
def release(data: Path, release_of: Callable[..., Release]) -> Release:
    return release_of(data)


@pytest.fixture
def loaded(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> Callable[[Release, str, Path], None]:
    """Run what the card says of a library, in a folder, and look at what it loads."""

    def load(release: Release, library: str, folder: Path) -> None:
        if library == "datasets":
            datasets = pytest.importorskip("datasets")
            monkeypatch.setattr(datasets.config, "HF_DATASETS_CACHE", str(tmp_path / "cache"))
            # Of a store on this machine it would say as well that it must not be reached.
            monkeypatch.setattr(datasets.config, "HF_HUB_OFFLINE", False)
        monkeypatch.chdir(folder)
        card = release.part("README.md")
        assert card is not None and isinstance(card.source, bytes)
        blocks = dict(re.findall(r"### (\w+)\n\n```python\n(.*?)```", card.source.decode(), re.S))
        found: dict[str, Any] = {}
        exec(compile(blocks[library], library, "exec"), found)
        if library == "webdataset":
            sample = found["sample"]
            assert sample["png"].size == (8, 8) and len(sample["flac"][0]) == 300 and sample["json"]["p"] == 0.5
        elif library == "torch":
            assert found["batch"]["image"].shape == (4, 3, 8, 8) and found["batch"]["audio"].shape == (4, 300)
        else:
            assert found["image"].size == (8, 8) and len(found["audio"]) == 300 and found["audio_rate"] == 22050
            assert found["row"]["p"] == 0.5 and len(found["dataset"] if library == "datasets" else found["frame"]) in (
                2,
                7,
            )

    return load
