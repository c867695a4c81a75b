"""SSW60, VB100 and CUB-200-2011 as their authors distribute them."""

from __future__ import annotations

import io
import pickle
import shutil
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import soundfile
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from known_sets import grey_of, write_csv, write_cub200, write_picture, write_ssw60, write_vb100, write_video

from confu_core.datasets import contents_of, open_source
from confu_core.errors import ConfuError, DatasetError, InvalidValue
from confu_core.inputs.picture import decode_frames
from confu_core.shards import build, open_dataset
from confu_core.shards.parquet import features
from confu_core.shards.verify import verify

NAMES = ("Canada Goose", "American Robin")


@pytest.fixture(scope="module")
def ssw60(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """One that no test may change."""
    return write_ssw60(tmp_path_factory.mktemp("birds") / "ssw60")


@pytest.fixture(scope="module")
def vb100(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """One that no test may change."""
    return write_vb100(tmp_path_factory.mktemp("birds") / "vb100")


@pytest.fixture(scope="module")
def cub200(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """One that no test may change."""
    return write_cub200(tmp_path_factory.mktemp("birds") / "cub200", texts=True)


def all_rows(recipe: Any) -> list[dict[str, Any]]:
    return [row for split, rows in recipe.splits.items() for row in recipe.rows(split, 0, rows).to_pylist()]


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


def test_missing_files_are_counted_in_one_line(tmp_path: Path) -> None:
    root = write_ssw60(tmp_path / "ssw60", videos=False)
    for asset in (4001, 4012):
        (root / f"images_nabirds/{asset}.jpg").unlink()
    whole = "missing, first images_nabirds/4001.jpg; restore them, or read the rest with missing=leave_out"
    recipe = open_source(f"ssw60:{root}?pair=nabirds&missing=leave_out")
    assert sum(recipe.splits.values()) == 12  # Other pictures are drawn in their place.
    used = {row["picture"] for row in all_rows(recipe)}
    assert used and not used & {"images_nabirds/4001.jpg", "images_nabirds/4012.jpg"}
    with pytest.raises(DatasetError, match=f"2 of 24 files of SSW60 are {whole}"):
        open_source(f"ssw60:{root}?pair=nabirds")
    with pytest.raises(InvalidValue, match="missing must be one of refuse, leave_out; got 'x'"):
        open_source(f"ssw60:{root}?pair=nabirds&missing=x")


def test_content_and_not_place_tells_datasets_apart(ssw60: Path, tmp_path: Path) -> None:
    other = Path(shutil.copytree(ssw60, tmp_path / "other"))
    here, there = (open_source(f"ssw60:{root}?pair=images") for root in (ssw60, other))
    assert here.config == there.config and str(ssw60) not in str(here.config)
    write_picture(other / "images_inat/3000.jpg", (1, 2, 3))
    with (other / "images_inat/3000.jpg").open("ab") as file:
        file.write(b"\0" * 10)
    changed = open_source(f"ssw60:{other}?pair=images")
    used = {row["picture"] for row in all_rows(changed)}
    assert (changed.config != here.config) == ("images_inat/3000.jpg" in used)
    (other / "taxa.csv").write_text((other / "taxa.csv").read_text() + "\n")
    assert open_source(f"ssw60:{other}?pair=images").config != here.config


OUTSIDE = ["../secret", "/etc/hostname", "a\\b", "x" * 300, "", "\x1b", "link/hostname"]


@pytest.mark.parametrize("asset", OUTSIDE, ids=["up", "absolute", "backslash", "long", "none", "control", "link"])
def test_nothing_outside_the_root_is_read(tmp_path: Path, asset: str) -> None:
    root = write_ssw60(tmp_path / "ssw60", videos=False)
    write_picture(tmp_path / "ssw60/secret.jpg", (0, 0, 0))
    (root / "audio_ml/link").symlink_to("/etc")
    header = ["asset_id", "label", "split"]
    write_csv(root / "audio_ml.csv", header, [(asset, 0, "train"), (asset, 0, "train"), (asset, 0, "test")])
    with pytest.raises(DatasetError, match="is not read|files of SSW60 are missing") as found:
        open_source(f"ssw60:{root}?pair=inat")
    assert "\n" not in str(found.value) and "\x1b" not in str(found.value)


WRONG_TABLES = {
    "no column": ("video_ml.csv", "asset,label,split\n", "has no column 'asset_id'; did you mean 'asset'"),
    "empty": ("video_ml.csv", "", "has no column 'asset_id'; it is empty"),
    "short row": ("video_ml.csv", "asset_id,label,split\n1,0\n", "line 2: 2 of 3 values"),
    "label": ("video_ml.csv", "asset_id,label,split\n1,x,train\n", "label must be a whole number; got 'x'"),
    "unknown label": ("video_ml.csv", "asset_id,label,split\n1,7,train\n", "label 7 must be in taxa.csv"),
    "split": ("video_ml.csv", "asset_id,label,split\n1,0,dev\n", "the split known; got 'dev'"),
    "no rows": ("video_ml.csv", "asset_id,label,split\n", "no class has two training samples"),
    "quote": ("video_ml.csv", 'asset_id,label,split\n"1,0,train\n', "line .*: "),
    "taxa": ("taxa.csv", "label,common_name\n", "has no column 'scientific_name'"),
    "taxa twice": (
        "taxa.csv",
        "label,common_name,scientific_name,family,order\n0,a,b,c,d\n0,a,b,c,d\n",
        "must have each label once; got 2 rows",
    ),
}


@pytest.mark.parametrize("name", WRONG_TABLES)
def test_wrong_tables_are_told_in_one_line(tmp_path: Path, name: str) -> None:
    root = write_ssw60(tmp_path / "ssw60", videos=False)
    table, text, line = WRONG_TABLES[name]
    (root / table).write_text(text)
    with pytest.raises(DatasetError, match=line) as found:
        open_source(f"ssw60:{root}")
    assert "\n" not in str(found.value)


def test_what_is_no_such_folder(tmp_path: Path) -> None:
    with pytest.raises(DatasetError, match="is not SSW60: taxa.csv, video_ml.csv, video_ml missing"):
        open_source(f"ssw60:{tmp_path}")
    with pytest.raises(DatasetError, match="is not VB100: train_video.txt, test_video.txt missing"):
        open_source(f"vb100:{tmp_path}")
    with pytest.raises(DatasetError, match="has neither images.txt nor a folder of JPEG files per class"):
        open_source(f"cub200:{tmp_path}")
    for scheme in ("ssw60", "vb100", "cub200", "avmnist"):
        with pytest.raises(DatasetError, match="none is no folder; give the one that holds"):
            open_source(f"{scheme}:{tmp_path}/none")
    root = write_ssw60(tmp_path / "ssw60", videos=False)
    (root / "taxa.csv").write_bytes(b"label,\xff")
    with pytest.raises(DatasetError, match="taxa.csv is not UTF-8: byte 6 is 0xff"):
        open_source(f"ssw60:{root}")


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


def test_cub200_by_its_lists(cub200: Path, tmp_path: Path) -> None:
    recipe = open_source(f"cub200:{cub200}")
    assert dict(recipe.splits) == {"train": 6, "validation": 2, "test": 4}
    assert recipe.information()["contents"]["classes"] == ["Black footed Albatross", "Laysan Albatross"]
    for row in all_rows(recipe):
        number = int(row["picture"].rsplit("_", 1)[1][:-4]) + 6 * ("Laysan" in row["picture"])
        assert row["caption"] == f"bird number {number} has a beak."
        assert row["image"]["bytes"] == (cub200 / row["picture"]).read_bytes()
        assert row["species"] == ("Laysan Albatross" if number >= 6 else "Black footed Albatross")
    assert {int(row["picture"][-5]) for row in recipe.rows("test", 0, 4).to_pylist()} == {4, 5}
    named = open_source(f"cub200:{cub200}?caption=name").rows("test", 0, 1).to_pylist()[0]
    assert named["caption"] == f"a photo of a {named['species']}"
    build(recipe, tmp_path / "out", formats=("parquet", "webdataset"))
    assert open_dataset(tmp_path / "out").table("test").equals(recipe.rows("test", 0, 4))
    assert verify(tmp_path / "out", deep=True).ok


@pytest.mark.parametrize("inside", [True, False])
def test_a_folder_per_class_without_lists(tmp_path: Path, inside: bool) -> None:
    root = write_cub200(tmp_path, lists=False)
    recipe = open_source(f"cub200:{root if inside else root / 'images'}")
    rows = all_rows(recipe)
    assert len({row["picture"] for row in rows}) == len(rows) == 12
    assert dict(recipe.splits) == {"train": 4, "validation": 2, "test": 6}
    assert {row["species"] for row in recipe.rows("test", 0, 6).to_pylist()} == {row["species"] for row in rows}
    assert all(row["caption"] == f"a photo of a {row['species']}" for row in rows)
    assert grey_of(rows[0]["image"]) >= 0


def test_what_systems_and_links_put_beside_pictures_is_counted_and_no_class(tmp_path: Path) -> None:
    root = write_cub200(tmp_path, lists=False)
    images = root / "images"
    plain = open_source(f"cub200:{root}")
    one = images / "001.Black_footed_Albatross"
    for folder in (images / ".hidden", images / "__MACOSX", images / "003.Empty", one / "inner"):
        folder.mkdir()
        (folder / "x.png").touch()
    for name in ("._0.jpg", ".DS_Store", "Thumbs.db", "more.png", "more.webp"):
        (one / name).write_bytes(b"x")
    (images / "004.Linked").symlink_to(one)
    (one / "link.jpg").symlink_to(images / "002.Laysan_Albatross")
    (images / "notes.txt").touch()
    recipe = open_source(f"cub200:{root}")
    assert all_rows(recipe) == all_rows(plain) and recipe.contents.classes == plain.contents.classes
    counted = {name: count for name, count in recipe.information().items() if type(count) is int and count}
    assert counted == {
        "hidden": 5,
        "links": 2,
        "files_of_other_kinds": 3,
        "folders_within_classes": 1,
        "folders_without_pictures": 1,
        "files_beside_the_classes": 1,
    }


def test_wrong_lists_of_cub200(tmp_path: Path) -> None:
    root = write_cub200(tmp_path)
    (root / "classes.txt").rename(root / "kept.txt")
    with pytest.raises(DatasetError, match="is not CUB-200-2011: classes.txt missing; remove the other lists"):
        open_source(f"cub200:{root}")
    (root / "classes.txt").write_text("1 001.Black_footed_Albatross\n")
    with pytest.raises(DatasetError, match="image_class_labels.txt: image '7' has no class of classes.txt"):
        open_source(f"cub200:{root}")
    (root / "kept.txt").rename(root / "classes.txt")
    (root / "train_test_split.txt").write_text("1 2\n")
    with pytest.raises(DatasetError, match="train_test_split.txt: image '1' must be 0 or 1"):
        open_source(f"cub200:{root}")
    with pytest.raises(InvalidValue, match="caption must be one of auto, text, name; got 'x'"):
        open_source(f"cub200:{root}?caption=x")


def test_captions_that_cannot_be_read(tmp_path: Path) -> None:
    root = write_cub200(tmp_path, texts=True)
    path = root / "text_c10/001.Black_footed_Albatross/Black_footed_Albatross_0000_0.txt"
    for content, line in ((b"\xff", "is not UTF-8: byte 0"), (b"\n \n", "has no line of text"), (b"", "has 0 bytes")):
        path.write_bytes(content)
        with pytest.raises(DatasetError, match=line):
            open_source(f"cub200:{root}")
    path.unlink()
    with pytest.raises(DatasetError, match="1 of 24 files of CUB-200-2011 are missing"):
        open_source(f"cub200:{root}")
    assert open_source(f"cub200:{root}?missing=leave_out").information()["left_out"] == 1


@given(st.sampled_from(["taxa.csv", "audio_ml.csv", "images_inat.csv"]), st.binary(max_size=80), st.integers(0, 200))
@settings(deadline=None, max_examples=60, suppress_health_check=[HealthCheck.function_scoped_fixture])
def test_changed_tables_raise_nothing_of_their_own(ssw60: Path, tmp_path: Path, name: str, put: bytes, at: int) -> None:
    root = tmp_path / "ssw60"
    root.mkdir(exist_ok=True)
    for one in ssw60.iterdir():
        if one.suffix == ".csv":
            shutil.copy(one, root)
        elif not (root / one.name).exists():
            shutil.copytree(one, root / one.name)
    whole = (root / name).read_bytes()
    (root / name).write_bytes(whole[:at] + put + whole[at + len(put) :])
    try:
        open_source(f"ssw60:{root}?pair=inat&missing=leave_out").rows("test", 0, 1)
    except ConfuError as error:
        assert "\n" not in str(error)
