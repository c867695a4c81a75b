"""Samples that a list names: missing files, and what tells one dataset from another."""

from __future__ import annotations

import shutil
from pathlib import Path

import pytest
from known_sets import all_rows, write_picture, write_ssw60

from confu_core.datasets import open_source
from confu_core.errors import DatasetError, InvalidValue


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
