"""Folders of datasets: what leads outside of them, and tables that are not what they must be."""

from __future__ import annotations

import shutil
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from known_sets import write_csv, write_picture, write_ssw60

from confu_core.datasets import open_source
from confu_core.errors import ConfuError, DatasetError

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
