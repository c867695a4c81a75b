"""VB100 as its authors distribute it."""

from __future__ import annotations

from pathlib import Path

import pytest
from known_sets import all_rows, write_vb100

from confu_core.datasets import contents_of, open_source
from confu_core.datasets.sources import open_place
from confu_core.errors import DatasetError, InvalidValue
from confu_core.inputs.picture import decode_frames
from confu_core.media.opened import media_data
from confu_core.shards import build, open_dataset


@pytest.fixture(scope="module")
def vb100(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """One that no test may change."""
    return write_vb100(tmp_path_factory.mktemp("birds") / "vb100")


def test_vb100_by_its_lists(vb100: Path, tmp_path: Path) -> None:
    recipe = open_source(f"vb100:{vb100}?frames=2")
    assert dict(recipe.splits) == {"train": 4, "validation": 2, "test": 2}
    # In the order of the numbers of the lists, 3 before 7.
    assert recipe.information()["contents"]["classes"] == ["Rock Wren", "American Avocet"]
    for row in all_rows(recipe):
        species, number = row["recording"].rsplit("_", 1)
        assert row["species"] == species.replace("_", " ")
        assert decode_frames(row["image"]["bytes"], 8, 2)[0, 0, 4, 4] == pytest.approx(40 * int(number), abs=4)
        assert row["audio"]["bytes"][:4] == b"fLaC"
    assert {row["recording"][-1] for row in recipe.rows("test", 0, 2).to_pylist()} == {"4"}
    manifest = build(recipe, tmp_path / "out")
    assert contents_of(manifest).prompts[0] == ("a photo of a Rock Wren", 0)
    assert open_dataset(tmp_path / "out").table("train").equals(recipe.rows("train", 0, 4))


def test_all_videos_to_test_on_and_a_frame_at_some_seconds(vb100: Path) -> None:
    plain = open_source(f"vb100:{vb100}?frames=2")
    recipe = open_source(f"vb100:{vb100}?frames=2&every=0.2&splits=all")
    assert dict(recipe.splits) == {"test": 8}
    recordings = [row["recording"] for row in all_rows(recipe)]
    assert recordings == [row["recording"] for row in all_rows(plain)]
    assert recipe.information()["contents"]["inputs"]["image"]["every"] == 0.2
    # What was not asked for is no part of what a dataset is.
    assert set(recipe.config) - set(plain.config) == {"splits", "every"}
    with pytest.raises(InvalidValue, match="splits must be one of theirs, all; got 'none'"):
        open_source(f"vb100:{vb100}?splits=none")


def test_captions_are_names_to_those_who_train_on_them_alone(vb100: Path) -> None:
    data = media_data(open_place(f"vb100:{vb100}"))
    assert data.contents.named and data.columns["told_by"] == "names"
    met = data.known_by("descriptions")  # By a model that was trained elsewhere.
    assert not met.contents.named and met.columns["told_by"] == "descriptions"
    assert data.known_by("names") == data and met.known_by(None) == met
    assert "named" not in met.contents.as_dict() and contents_of(data.dataset.manifest) == data.contents


@pytest.mark.parametrize(
    ("lines", "line"),
    [
        ("a/1.mp4\n", "line 1: must have 2 words; got 'a/1.mp4'"),
        ("a/1.mp4 x\n", "must be a whole number; got 'x'"),
        ("a/1.mp4 1\nb/2.mp4 1\n", "every class must be one folder of videos; class 1 is 'a' and 'b'"),
        ("a/1.mp4 1\na/2.mp4 2\n", "every folder of videos must be one class; got 2 classes"),
        ("1.mp4 1\n", "every class must be one folder of videos"),
        ("../a/1.mp4 1\n../a/2.mp4 1\n", "must be a path below"),
        ("a/1.mp4 1\na/2.mp4 1\n", "2 of 2 files of VB100 are missing, first a/1.mp4"),
    ],
)
def test_wrong_lists_of_vb100(tmp_path: Path, lines: str, line: str) -> None:
    (tmp_path / "train_video.txt").write_text(lines)
    (tmp_path / "test_video.txt").write_text("")
    with pytest.raises(DatasetError, match=line):
        open_source(f"vb100:{tmp_path}")
