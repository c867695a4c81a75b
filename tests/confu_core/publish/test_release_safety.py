"""What publishing leaves alone, takes along, and refuses to take along."""

from __future__ import annotations

import json
import re
import shutil
import subprocess
from pathlib import Path

import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from confu_core.errors import ConfuError, DatasetError
from confu_core.escaping import escape_markdown, markdown_code
from confu_core.publish import Release, markdown_table, plan, publish
from confu_core.publish.croissant import description_findings
from confu_core.publish.private import private_in
from confu_core.shards import TableRecipe, build, verify


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
    from confu_core.io.storage import location

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


def words_of(tmp_path: Path, **columns: list[object]) -> Path:
    build(TableRecipe("words", {"train": pa.table({"key": ["a", "b"], **columns})}), tmp_path / "words")
    return tmp_path / "words"


@pytest.mark.parametrize(
    ("value", "shown"),
    [
        ("/home/ada/birds/0.jpg", "/home/ada/birds/0.jpg"),
        (r"C:\Users\Ada\birds\0.jpg", r"C:\Users\Ada\birds\0.jpg"),
        (r"\\server\birds\0.jpg", r"\\server\birds\0.jpg"),
        ("see file:///Users/ada/notes.txt", "file:///Users/ada/notes.txt"),
        ("~/birds/0.jpg", "~/birds/0.jpg"),
        ("https://me:secret@x.org/1", "https://...@x.org/1"),
        ("https://x.org/1?X-Amz-Signature=0a1b", "https://x.org/1?..."),
    ],
)
def test_what_is_not_to_be_told_stops_a_release_and_is_named(
    release_of, tmp_path: Path, value: str, shown: str
) -> None:
    with pytest.raises(DatasetError) as caught:
        release_of(words_of(tmp_path, photo=["photos/1.jpg", value]))
    assert str(caught.value).startswith(f"column 'photo' of 'b' holds {shown!r}, which is not to be told to others; ")
    assert private_in("secret@x and a/b/c and https://x.org/home/ada?a=1 and 1/2 and s3://bucket/tmp/x and C:") is None


def test_a_report_that_tells_where_it_was_made_is_refused(data: Path, release_of, tmp_path: Path) -> None:
    (tmp_path / "report").mkdir()
    (tmp_path / "report/index.html").write_text(f"<p>made from {tmp_path}/runs</p>")
    with pytest.raises(DatasetError, match=r"^report/index.html holds '/.*/runs', which is not to be told to others"):
        release_of(data, report=tmp_path / "report")


def test_what_was_left_out_is_no_link_to_a_file_of_elsewhere(release_of, tmp_path: Path) -> None:
    root = words_of(tmp_path)
    pq.write_table(pa.table({"detail": ["secret"]}), tmp_path / "mine.parquet")
    (root / "rejects.parquet").symlink_to(tmp_path / "mine.parquet")
    with pytest.raises(DatasetError, match="rejects.parquet is a link, which would bring along a file of elsewhere"):
        release_of(root)
    (root / "rejects.parquet").unlink()
    (root / "rejects.parquet").write_bytes(b"PAR1")
    with pytest.raises(DatasetError, match="rejects.parquet cannot be read as a table, so it is not published; remove"):
        release_of(root)


HEADINGS = ["Recording quality", "a%20b", "a b", "a~20~b", "..", "a/b", "#1", "?x=1", "é", "x:y", "<b>|`", "@id", "- a"]


@pytest.mark.filterwarnings("ignore::DeprecationWarning", "ignore::FutureWarning")
def test_croissant_knows_any_heading(release_of, tmp_path: Path) -> None:
    root = words_of(tmp_path, **{name: ["x", f"value of {name}"] for name in HEADINGS})
    said = json.loads(release_of(root).part("croissant.json").source)
    fields = {field["name"]: field for field in said["recordSet"][1]["field"]}
    assert [fields[name]["source"]["extract"]["column"] for name in HEADINGS] == HEADINGS
    ids = [field["@id"] for field in fields.values()]
    assert len({*ids}) == len(ids) and all(re.fullmatch("rows/[A-Za-z0-9_.~-]+", one) for one in ids)
    publish(release_of(root), tmp_path / "release")
    assert description_findings(tmp_path / "release") == []
    mlcroissant = pytest.importorskip("mlcroissant")
    dataset = mlcroissant.Dataset(jsonld=str(tmp_path / "release/croissant.json"))
    (row,) = [row for row in dataset.records("rows") if row["rows/key"] == b"b"]
    assert {row[fields[name]["@id"]] for name in HEADINGS} == {f"value of {name}".encode() for name in HEADINGS}


def test_a_description_that_readers_refuse_is_found(release: Release, tmp_path: Path) -> None:
    publish(release, tmp_path / "release")
    path = tmp_path / "release/croissant.json"
    said = json.loads(path.read_text())
    for change, line in (
        ({"@id": "rows/a b"}, "the name 'rows/a b' must be without blanks"),
        ({"@id": "rows/a%20b"}, "the name 'rows/a%20b' must be without blanks"),
        ({"@id": "rows/key"}, "two things have the name 'rows/key'"),
    ):
        fields = [field | (change if field["name"] == "label" else {}) for field in said["recordSet"][1]["field"]]
        path.write_text(
            json.dumps(said | {"recordSet": [said["recordSet"][0], said["recordSet"][1] | {"field": fields}]})
        )
        (finding,) = description_findings(tmp_path / "release")
        assert finding.path == "croissant.json" and finding.problem.startswith(line)
    path.write_text("{}")
    assert [one.problem for one in description_findings(tmp_path / "release")] == [
        "is no description of files and columns"
    ]


HOSTILE = "<img src=x onerror=alert(1)> [a](javascript:1) `x` ![b](https://x.org/p.png) www.x.org | # *c* \x1b[2J\u202e"


def test_nothing_that_others_wrote_is_markup_on_a_card() -> None:
    for text in (escape_markdown(HOSTILE), escape_markdown(f"1. {HOSTILE}"), markdown_table(["a"], [[HOSTILE]])):
        assert not re.search(r"<img|(?<!\\)[\[\]`*#]|(?<!\\)\.x\.|(?<!\\)://|[\x00-\x09\x0b-\x1f\u202e]", text)
    fenced = markdown_code("a```b`c")
    assert fenced == "```` a```b`c ````"
