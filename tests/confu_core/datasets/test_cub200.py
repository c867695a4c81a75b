"""CUB-200-2011 as its authors distribute it, and folders per class."""

from __future__ import annotations

from pathlib import Path

import pytest
from known_sets import all_rows, grey_of, write_cub200

from confu_core.datasets import open_source
from confu_core.errors import DatasetError, InvalidValue
from confu_core.shards import build, open_dataset
from confu_core.shards.verify import verify


@pytest.fixture(scope="module")
def cub200(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """One that no test may change."""
    return write_cub200(tmp_path_factory.mktemp("birds") / "cub200", texts=True)


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
