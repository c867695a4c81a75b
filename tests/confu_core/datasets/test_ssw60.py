"""Sapsucker Woods 60 as its authors distribute it."""

from __future__ import annotations

import io
import pickle
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import soundfile
from known_sets import all_rows, write_ssw60, write_video

from confu_core.datasets import contents_of, open_source
from confu_core.errors import DatasetError, InvalidValue
from confu_core.inputs.picture import decode_frames
from confu_core.shards import build, open_dataset
from confu_core.shards.parquet import features
from confu_core.shards.verify import verify

NAMES = ("Canada Goose", "American Robin")


def test_videos_give_frames_and_sound_of_one_bird(ssw60: Path) -> None:
    recipe = open_source(f"ssw60:{ssw60}?frames=2&validation=0.25")
    assert dict(recipe.splits) == {"train": 6, "validation": 2, "test": 4}
    rows = all_rows(recipe)
    assert sorted(int(row["recording"]) for row in rows) == [1000 + 10 * a + b for a in (0, 1) for b in range(6)]
    for row in rows:
        asset = int(row["recording"])
        species = NAMES[asset // 10 % 10]
        assert row["species"] == species
        assert row["caption"] == f"a photo of a{'n' * (species[0] == 'A')} {species}"
        grey = decode_frames(row["image"]["bytes"], 8, 2)[:, 0, 4, 4]
        np.testing.assert_allclose(grey, asset % 10 * 20 + 5 * (asset // 10 % 10), atol=4)
        samples, rate = soundfile.read(io.BytesIO(row["audio"]["bytes"]))
        loudest = np.abs(np.fft.rfft(samples)).argmax() * rate / len(samples)
        assert loudest == pytest.approx(440 * (1 + asset // 10 % 10), abs=4)
    for split in ("validation", "test"):
        assert set(recipe.columns(split, 0, 2, ["species"])["species"].to_pylist()) <= set(NAMES)
    assert {int(row["recording"]) % 10 for row in recipe.rows("test", 0, 4).to_pylist()} == {4, 5}


def test_contents_of_videos(ssw60: Path) -> None:
    recipe = open_source(f"ssw60:{ssw60}")
    said = recipe.information()["contents"]
    assert said["classes"] == list(NAMES)
    assert said["groups"] == ["Anatidae (Ducks, Geese, and Waterfowl)", "Turdidae (Thrushes and Allies)"]
    assert said["prompts"] == [["a photo of a Canada Goose", 0], ["a photo of an American Robin", 1]]
    assert said["inputs"]["image"] == {"kind": "frames", "column": "image", "side": 64, "count": 8}
    assert features(recipe.schema)["image"] == {"_type": "Image"}


def test_videos_build_into_shards_that_verify(ssw60: Path, tmp_path: Path) -> None:
    recipe = open_source(f"ssw60:{ssw60}?frames=2")
    manifest = build(pickle.loads(pickle.dumps(recipe)), tmp_path / "out", formats=("parquet", "webdataset"))
    assert contents_of(manifest).label == "species"
    assert open_dataset(tmp_path / "out").table("test").equals(recipe.rows("test", 0, 4))
    assert verify(tmp_path / "out", deep=True).ok


def test_all_videos_may_be_tested_on(ssw60: Path) -> None:
    plain, whole = (open_source(f"ssw60:{ssw60}?frames=2{more}") for more in ("", "&splits=all&every=0.1"))
    assert dict(whole.splits) == {"test": sum(plain.splits.values())}
    assert (whole.config["splits"], whole.config["every"]) == ("all", 0.1)
    assert not {"splits", "every"} & set(plain.config)
    assert dict(open_source(f"ssw60:{ssw60}?pair=images&splits=all").splits) == {"test": 12}


def test_only_videos_whose_sound_is_reliable(ssw60: Path) -> None:
    recipe = open_source(f"ssw60:{ssw60}?audio=reliable")
    recordings = [row for split, rows in recipe.splits.items() for row in listed(recipe, split, rows)]
    assert sorted(recordings) == sorted(str(1000 + 10 * a + b) for a in (0, 1) for b in (0, 2, 3, 4, 5))


def listed(recipe: Any, split: str, rows: int) -> list[str]:
    return recipe.columns(split, 0, rows, ["recording"])["recording"].to_pylist()


def test_videos_without_sound_are_left_out_and_damaged_ones_are_not(tmp_path: Path) -> None:
    root = write_ssw60(tmp_path / "ssw60")
    write_video(root / "video_ml/1004.mp4", [80] * 24)
    for options in ("frames=1", "frames=1&audio=reliable"):
        recipe = open_source(f"ssw60:{root}?{options}")
        assert recipe.information()["without_sound"] == 1 and recipe.splits["test"] == 3
    assert "1004" not in listed(recipe, "test", 3)
    build(recipe, tmp_path / "out", formats=("parquet", "webdataset"))
    assert verify(tmp_path / "out", deep=True).ok
    (root / "video_ml/1005.mp4").write_bytes(b"no video")
    damaged = open_source(f"ssw60:{root}?frames=1")
    assert damaged.splits == recipe.splits | {"train": damaged.splits["train"], "validation": 2}
    with pytest.raises(DatasetError, match="1005.mp4 cannot be decoded: .*; restore the file, or remove it and read"):
        build(damaged, tmp_path / "damaged")


@pytest.mark.parametrize("pair", ["images", "inat", "nabirds"])
def test_recordings_get_pictures_of_their_species_and_split(ssw60: Path, pair: str) -> None:
    recipe = open_source(f"ssw60:{ssw60}?pair={pair}")
    folders = {"images": ("images_inat", "images_nabirds"), "inat": ("images_inat",), "nabirds": ("images_nabirds",)}
    splits: dict[str, set[str]] = {}
    for split, rows in recipe.splits.items():
        for row in recipe.rows(split, 0, rows).to_pylist():
            folder, picture = row["picture"].removesuffix(".jpg").split("/")
            assert folder in folders[pair]
            label = int(row["recording"]) // 10 % 10
            assert row["species"] == NAMES[label] and int(picture) // 10 % 10 == label
            assert row["image"]["bytes"] == (ssw60 / row["picture"]).read_bytes()
            assert row["audio"]["bytes"] == (ssw60 / f"audio_ml/{row['recording']}.wav").read_bytes()
            assert row["author"] == ("A. Author" if folder == "images_inat" else "P. Photographer")
            splits.setdefault(row["picture"], set()).add(split)
            if split == "test":
                assert int(picture) % 10 in (4, 5)
            elif folder == "images_inat" and int(picture) % 10 == 3:
                assert split == "validation"
    assert all(len(there) == 1 for there in splits.values())
    assert "paired by a draw and not by their authors" in recipe.description


def test_a_species_uses_all_of_its_pictures_before_one_twice(ssw60: Path) -> None:
    recipe = open_source(f"ssw60:{ssw60}?pair=nabirds")
    pictures = [row["picture"] for row in recipe.rows("test", 0, 4).to_pylist()]
    assert len(set(pictures)) == 4


def test_the_seed_draws_pairs_and_validation(ssw60: Path) -> None:
    def pairs(seed: int) -> list[tuple[str, str, str]]:
        recipe = open_source(f"ssw60:{ssw60}?pair=images&seed={seed}")
        assert recipe.seed == seed
        return [(row["key"], row["recording"], row["picture"]) for row in all_rows(recipe)]

    assert pairs(3) == pairs(3)
    assert len({tuple(pairs(seed)) for seed in range(4)}) > 1


def test_recordings_of_a_species_without_pictures_are_counted(tmp_path: Path) -> None:
    root = write_ssw60(tmp_path / "ssw60", videos=False)
    path = root / "images_nabirds.csv"
    kept = [line for line in path.read_text().splitlines() if ",1,test" not in line]
    path.write_text("\n".join(kept))
    recipe = open_source(f"ssw60:{root}?pair=nabirds")
    assert recipe.information()["recordings_without_picture"] == 2
    assert recipe.splits["test"] == 2


@pytest.mark.parametrize(
    ("options", "line"),
    [
        ("pair=x", "pair must be one of videos, images, inat, nabirds; got 'x'"),
        ("audio=x", "audio must be one of present, reliable; got 'x'"),
        ("validation=0", r"validation must be a share in \(0, 0.5\]; got 0"),
        ("validation=nan", r"validation must be a share in \(0, 0.5\]; got nan"),
        ("seed=-1", "seed must be a whole number of at least 0; got -1"),
        ("frames=0", r"frames must be in \[1, 64\]; got 0"),
        ("frame=1", "ssw60: has no option 'frame'; did you mean 'frames'?"),
    ],
)
def test_options_outside_their_range(ssw60: Path, options: str, line: str) -> None:
    with pytest.raises(InvalidValue, match=line):
        open_source(f"ssw60:{ssw60}?{options}")
