"""`birdmml cache`: what is listed, removed, or left since somebody reads it."""

from __future__ import annotations

import sys
from pathlib import Path

import pytest
from calls import Calls, assert_one_line

from confu_cli.birdmml import birdmml

calls = Calls(birdmml)
NAME = "ab" * 32


@pytest.fixture
def root(tmp_path: Path) -> Path:
    (tmp_path / NAME).mkdir()
    (tmp_path / NAME / "train-image.npy").write_bytes(bytes(2000))
    (tmp_path / NAME / "index.json").write_bytes(b"{")
    (tmp_path / "ingest/found").mkdir(parents=True)
    (tmp_path / "ingest/found/one.json").write_bytes(bytes(3000))
    return tmp_path


def test_caches_are_listed_and_removed(root: Path) -> None:
    said = calls.said("cache", "list", "--cache", root)
    assert [(one["name"], one["bytes"]) for one in said["caches"]] == [(NAME[:12], 2001)]
    assert (said["path"], said["ingest_bytes"]) == (str(root), 3000)
    text = calls.succeed("cache", "list", "--cache", root)
    assert "unfinished or damaged" in text and f"{root}: 1 caches, 2.0 kB" in text and "clear leaves it" in text
    assert_one_line(calls.invoke("cache", "clear", "x", "--cache", root), 2, f"holds no cache 'x': known: {NAME[:12]}")
    assert "1 caches removed, 2.0 kB" in calls.succeed("cache", "clear", NAME[:5], "--cache", root)
    assert [path.name for path in root.iterdir()] == ["ingest"]
    assert calls.said("cache", "clear", "--cache", root) == {"path": str(root), "removed": [], "in_use": []}


def test_the_default_is_the_folder_of_the_user(root: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (root / "confu-bench").mkdir()
    (root / NAME).rename(root / "confu-bench" / NAME)
    monkeypatch.setenv("XDG_CACHE_HOME", str(root))
    assert len(calls.said("cache", "list")["caches"]) == 1


@pytest.mark.skipif(sys.platform == "win32", reason="files are locked by fcntl")
def test_a_cache_that_is_read_is_left_and_named(root: Path) -> None:
    import fcntl

    with (root / NAME / "index.json").open("rb") as file:
        fcntl.flock(file, fcntl.LOCK_SH)
        result = calls.invoke("cache", "clear", "--cache", root)
    assert result.exit_code == 1 and f"{NAME[:12]} is in use by another process and stays" in result.stderr
    assert "0 caches removed" in result.stdout and (root / NAME / "train-image.npy").is_file()


def test_an_unknown_verb_of_cache_is_one_line() -> None:
    assert_one_line(calls.invoke("cache", "lst"), 2, "no verb 'lst': did you mean 'list'?")
