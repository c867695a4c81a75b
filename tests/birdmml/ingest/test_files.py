"""Files in folders, tars and behind URLs: nothing outside of the roots."""

from __future__ import annotations

import os
from pathlib import Path

import pytest
from real_files import refused, tar_of

from birdmml.ingest.files import FolderFiles, Unreadable, open_roots
from confu_core.errors import DatasetError
from confu_core.io.storage import RemotePath


def test_no_name_leads_out_of_a_folder(tmp_path: Path) -> None:
    root = tmp_path / "root"
    (root / "inner").mkdir(parents=True)
    (root / "inner/a.jpg").write_bytes(b"inside")
    (tmp_path / "secret.jpg").write_bytes(b"outside")
    (root / "link.jpg").symlink_to(tmp_path / "secret.jpg")
    (root / "inner/same.jpg").symlink_to(root / "inner/a.jpg")
    (root / "loop").symlink_to(root / "loop")
    os.mkfifo(root / "pipe.jpg")
    files = FolderFiles(root.resolve())
    assert files.read("inner/a.jpg") == files.read("inner/same.jpg") == files.read(f"{root}/inner/a.jpg") == b"inside"
    for name in ("../secret.jpg", "inner/../../secret.jpg", f"{tmp_path}/secret.jpg", "link.jpg"):
        assert refused(files, name) == "outside"
    assert refused(files, "inner/none.jpg") == refused(files, "inner/a.jpg/b") == "missing"
    assert refused(files, "pipe.jpg") == refused(files, "inner") == refused(files, "a\0b") == "unreadable"
    assert refused(files, "loop") in ("unreadable", "missing")


def test_links_lead_into_what_was_named_and_into_snapshots_of_hugging_face(tmp_path: Path) -> None:
    (tmp_path / "disk").mkdir()
    (tmp_path / "disk/a.jpg").write_bytes(b"there")
    (tmp_path / "birds").mkdir()
    (tmp_path / "birds/photos").symlink_to(tmp_path / "disk")
    alone, _ = open_roots([tmp_path / "birds"], tmp_path / "m.csv", tmp_path / "cache")
    with pytest.raises(Unreadable, match="photos is a link; name the folder that it leads to by --root too"):
        alone.read("photos/a.jpg")
    both, _ = open_roots([tmp_path / "birds", tmp_path / "disk"], tmp_path / "m.csv", tmp_path / "cache")
    assert both.read("photos/a.jpg") == b"there" and both.inner(f"{tmp_path}/birds/photos/a.jpg") == "photos/a.jpg"
    snapshot, blobs = (tmp_path / f"hub/datasets--ada--birds/{name}" for name in ("snapshots/0123abcd", "blobs"))
    for folder in (snapshot / "photos", blobs):
        folder.mkdir(parents=True)
    (blobs / "f00d").write_bytes(b"stored")
    (snapshot / "photos/a.jpg").symlink_to("../../../blobs/f00d")
    (snapshot / "photos/b.jpg").symlink_to(tmp_path / "disk/a.jpg")
    for root in (snapshot, snapshot / "photos"):
        files, _ = open_roots([root], tmp_path / "m.csv", tmp_path / "cache")
        inside = "photos/" if root == snapshot else ""
        assert files.read(f"{inside}a.jpg") == b"stored"
        assert refused(files, f"{inside}b.jpg") == "outside"
    # A store that is a link itself may lead anywhere.
    blobs.rename(tmp_path / "elsewhere")
    blobs.symlink_to(tmp_path / "elsewhere")
    files, _ = open_roots([snapshot], tmp_path / "m.csv", tmp_path / "cache")
    assert refused(files, "photos/a.jpg") == "outside"


@pytest.mark.parametrize(("name", "message"), [("", "a root is empty"), ("x" * 300, "a root cannot be .*too long")])
def test_names_that_are_no_root_are_one_line(tmp_path: Path, name: str, message: str) -> None:
    with pytest.raises(DatasetError, match=message):
        open_roots([name], tmp_path / "m.csv", tmp_path / "cache")


def test_roots_are_looked_through_in_order_and_urls_stay_below_theirs(tmp_path: Path) -> None:
    (tmp_path / "photos").mkdir()
    (tmp_path / "photos/a.jpg").write_bytes(b"near")
    (RemotePath("memory://ingest-roots") / "audio/a.wav").write_bytes(b"far")
    archive = tar_of(tmp_path / "more.tar", {"a.jpg": b"second", "b.jpg": b"third"})
    roots = [tmp_path / "photos", archive, "memory://ingest-roots"]
    files, states = open_roots(roots, tmp_path / "m.csv", tmp_path / "cache")
    assert [files.read(n) for n in ("a.jpg", "b.jpg", "audio/a.wav")] == [b"near", b"third", b"far"]
    assert files.read("memory://ingest-roots/audio/a.wav") == b"far"
    assert refused(files, "memory://elsewhere/a.wav") in ("outside", "missing")
    assert refused(files, "file:///etc/passwd") in ("outside", "missing")
    assert len(states) == 1
    (RemotePath("memory://ingest-roots") / "more.tar").write_bytes(archive.read_bytes())
    files, _ = open_roots(["memory://ingest-roots/more.tar"], tmp_path / "m.csv", tmp_path / "cache")
    assert files.read("b.jpg") == b"third"
    RemotePath("memory://ingest-roots").remove_tree()


@pytest.mark.parametrize(
    ("name", "message"),
    [("none", "does not exist; give the folder"), ("none.tar", "nor do parts of it"), ("file", "is no folder, .tar")],
)
def test_a_root_that_is_not_there_is_one_line(tmp_path: Path, name: str, message: str) -> None:
    (tmp_path / "file").touch()
    with pytest.raises(DatasetError, match=message):
        open_roots([tmp_path / name], tmp_path / "m.csv", tmp_path / "cache")
