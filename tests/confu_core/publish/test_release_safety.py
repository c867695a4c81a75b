"""What publishing leaves alone, takes along, and refuses to take along."""

from __future__ import annotations

import shutil
import subprocess
from pathlib import Path

import pytest

from confu_core.errors import ConfuError, DatasetError
from confu_core.publish import Release, plan, publish
from confu_core.shards import verify


def listing(root: Path) -> dict[str, tuple[int, int, int, bytes]]:
    """Return everything that shows whether a folder was touched."""
    paths = [root, *sorted(root.rglob("*"))]
    stats = {path: path.lstat() for path in paths}
    return {
        str(path): (one.st_ino, one.st_mtime_ns, one.st_mode, path.read_bytes() if path.is_file() else b"")
        for path, one in stats.items()
    }


@pytest.fixture
def copied(data: Path, tmp_path: Path) -> Path:
    """A dataset that a test may change."""
    return Path(shutil.copytree(data, tmp_path / "copied"))


def test_a_dry_run_touches_nothing(copied: Path, release_of, tmp_path: Path) -> None:
    release = release_of(copied)
    publish(release, tmp_path / "current")
    publish(release_of(copied, date="2020-01-01"), tmp_path / "older")
    (tmp_path / "older/data/test-00000-of-00001.parquet").unlink()
    (tmp_path / "thesis").mkdir()
    (tmp_path / "thesis/chapter.txt").write_text("years of work")
    before = listing(tmp_path)
    assert plan(release, tmp_path / "new").bytes == release.size
    assert plan(release, tmp_path / "current").bytes == 0
    shard = (copied / "data/test-00000-of-00001.parquet").stat().st_size
    assert shard < plan(release, tmp_path / "older").bytes < shard + 50_000
    for place in (tmp_path / "thesis", copied, copied / "within"):
        with pytest.raises(ConfuError, match=r"holds other files \(chapter.txt\)|must lie outside the dataset"):
            plan(release, place, copied)
    assert listing(tmp_path) == before


def test_a_store_that_is_the_dataset_itself_is_refused(release: Release) -> None:
    from confu_core.shards.storage import location

    with pytest.raises(ConfuError, match="must lie outside the dataset memory://own/data; got memory://own/data/there"):
        publish(release, "memory://own/data/there", location("memory://own/data"))
    assert location("memory://own").files() == {}  # type: ignore[union-attr]


def test_a_report_travels_with_any_printable_names(data: Path, release_of, tmp_path: Path) -> None:
    names = [
        "a b.txt",
        "-dash",
        "100%.txt",
        "\u00e9\u00f6.html",
        "x#y?&[1]*.txt",
        "'quoted' \"twice\".txt",
        "deep/er/p.svg",
    ]
    for name in names:
        path = tmp_path / "report" / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(name)
    publish(release_of(data, report=tmp_path / "report"), tmp_path / "release")
    assert {name: (tmp_path / "release/report" / name).read_text() for name in names} == {name: name for name in names}
    check = ["sha256sum", "--check", "--strict", "--quiet", "SHA256SUMS"]
    assert subprocess.run(check, cwd=tmp_path / "release", check=True, capture_output=True).stderr == b""
    assert verify(tmp_path / "release").ok
    # What is written into a report later must not change what was published.
    assert not (tmp_path / "release/report/-dash").samefile(tmp_path / "report/-dash")


@pytest.mark.parametrize("name", ["a\nb.txt", "a\\b.txt", "\x1b[2J.txt", "\udcff.txt", "dir\n/x.txt"])
def test_a_report_with_a_name_that_no_list_can_hold_is_refused(data: Path, release_of, tmp_path: Path, name) -> None:
    path = tmp_path / "report" / name
    path.parent.mkdir(parents=True)
    path.write_text("x")
    with pytest.raises(DatasetError, match="must be printable") as caught:
        release_of(data, report=tmp_path / "report")
    assert str(caught.value).isprintable()


@pytest.mark.parametrize("kind", ["file", "folder", "nothing"])
def test_a_report_takes_no_file_of_elsewhere_along(data: Path, release_of, tmp_path: Path, kind: str) -> None:
    (tmp_path / "home").mkdir()
    (tmp_path / "home/secret").write_text("password")
    (tmp_path / "report").mkdir()
    (tmp_path / "report/index.html").write_text("results")
    target = {"file": "home/secret", "folder": "home", "nothing": "gone"}[kind]
    (tmp_path / "report/more").symlink_to(tmp_path / target)
    with pytest.raises(DatasetError, match="'more' is a link; put the file itself there"):
        release_of(data, report=tmp_path / "report")


def test_a_release_holds_files_where_the_dataset_has_links(copied: Path, release_of, tmp_path: Path) -> None:
    shard = "data/test-00000-of-00001.parquet"
    (copied / shard).rename(tmp_path / "elsewhere")
    (copied / shard).symlink_to("../../elsewhere")
    publish(release_of(copied), tmp_path / "deep/er/release")
    there = tmp_path / "deep/er/release" / shard
    assert there.is_file() and not there.is_symlink() and verify(tmp_path / "deep/er/release").ok


def test_a_link_in_a_release_is_replaced_and_what_it_leads_to_left_alone(release: Release, tmp_path: Path) -> None:
    publish(release, tmp_path / "release")
    card = tmp_path / "release/README.md"
    card.rename(tmp_path / "kept")
    card.symlink_to(tmp_path / "kept")
    before = (tmp_path / "kept").read_bytes()
    assert publish(release, tmp_path / "release").sent == ("README.md", "manifest.json")
    assert not card.is_symlink() and card.read_bytes() == before == (tmp_path / "kept").read_bytes()


def test_what_changes_while_it_is_published_is_not_taken(data: Path, release_of, tmp_path: Path) -> None:
    (tmp_path / "index.html").write_text("results")
    release = release_of(data, report=tmp_path / "index.html")
    (tmp_path / "index.html").write_text("changed")
    with pytest.raises(DatasetError, match=r"index.html changed while it was published; run the same command again"):
        publish(release, tmp_path / "release")
    assert sorted(path.name for path in tmp_path.iterdir()) == ["index.html"]


def test_what_a_killed_process_left_is_removed(release: Release, tmp_path: Path) -> None:
    out = tmp_path / "release"
    (tmp_path / ".release.partial/data").mkdir(parents=True)
    (tmp_path / ".release.partial/data/.x.parquet.7.partial").write_bytes(b"half")
    publish(release, out)
    (out / "README.md").unlink()
    (out / "data/.x.parquet.7.partial").write_bytes(b"half")
    (out / ".README.md.0123.partial").write_bytes(b"half")
    publish(release, out)
    assert verify(out).ok and not list(tmp_path.rglob(".*"))
