"""A release in a folder: what is in it, that it loads as its card says, and what becomes of what is already there."""

from __future__ import annotations

import http.server
import json
import os
import subprocess
import threading
from collections.abc import Iterator
from functools import partial
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from confu_core.errors import DatasetError, InvalidValue
from confu_core.publish import Release, publish
from confu_core.publish.card import card_features
from confu_core.publish.card import yaml as write_yaml
from confu_core.publish.croissant import check_croissant
from confu_core.shards import MEDIA, TableRecipe, build, open_dataset, verify, with_features


def tree(root: Path) -> dict[str, bytes]:
    return {p.relative_to(root).as_posix(): p.read_bytes() for p in sorted(root.rglob("*")) if p.is_file()}


@pytest.fixture
def out(release: Release, tmp_path: Path) -> Path:
    publish(release, tmp_path / "release")
    return tmp_path / "release"


def test_a_release_is_the_dataset_and_what_is_said_of_it(data: Path, out: Path) -> None:
    before, after = tree(data), tree(out)
    shards = {name: content for name, content in before.items() if "/" in name}
    assert shards.items() <= after.items() and after["manifest.json"] == before["manifest.json"]
    beside = {"README.md", "LICENSE", "CITATION.cff", "SHA256SUMS", "croissant.json", "manifest.json"}
    assert set(after) == {*shards, *beside}
    assert verify(out, deep=True).ok
    assert sorted(p.name for p in out.parent.iterdir()) == ["release"]


def test_shards_are_linked_and_not_copied(data: Path, out: Path) -> None:
    for name in ("data/train-00000-of-00004.parquet", "webdataset/train-000000.tar"):
        assert (out / name).samefile(data / name)


def test_shards_are_copied_where_they_cannot_be_linked(
    data: Path, release: Release, tmp_path: Path, monkeypatch
) -> None:
    def refuse(*names: object) -> None:
        raise OSError("Invalid cross-device link")

    monkeypatch.setattr(os, "link", refuse)
    publish(release, tmp_path / "copied")
    name = "webdataset/train-000000.tar"
    assert not (tmp_path / "copied" / name).samefile(data / name) and verify(tmp_path / "copied").ok


def test_the_checksums_are_those_of_the_system_tool(out: Path) -> None:
    done = subprocess.run(["sha256sum", "--check", "--strict", "SHA256SUMS"], cwd=out, capture_output=True, text=True)
    assert done.returncode == 0, done.stdout
    assert done.stdout.count(": OK\n") == len(tree(out)) - 1


def test_a_damaged_card_is_found(out: Path) -> None:
    for name in ("README.md", "croissant.json", "LICENSE"):
        (out / name).write_bytes((out / name).read_bytes() + b"!")
    assert {finding.path for finding in verify(out).findings} == {"README.md", "croissant.json", "LICENSE"}


# webdataset leaves it to the garbage collector to close the tars.
@pytest.mark.filterwarnings("ignore::ResourceWarning", "ignore::pytest.PytestUnraisableExceptionWarning")
@pytest.mark.parametrize("library", ["pandas", "datasets", "webdataset", "torch"])
def test_the_card_says_how_to_load_it(release: Release, out: Path, library: str, loaded) -> None:
    loaded(release, library, out)


def test_the_head_of_the_card_is_what_the_hub_reads(release: Release, data: Path) -> None:
    yaml = pytest.importorskip("yaml")
    features = pytest.importorskip("datasets").Features
    card = release.part("README.md")
    assert card is not None and isinstance(card.source, bytes)
    _, text, rest = card.source.decode().split("---\n", 2)
    head = yaml.safe_load(text)
    assert head["license"] == "cc-by-4.0" and head["size_categories"] == ["n<1K"] and head["pretty_name"] == "Noise"
    files = {file["split"]: file["path"] for file in head["configs"][0]["data_files"]}
    assert files == {"train": "data/train-*.parquet", "test": "data/test-*.parquet"}
    counts = {split["name"]: (split["num_examples"], split["num_bytes"]) for split in head["dataset_info"]["splits"]}
    stored = {s: sum(p.stat().st_size for p in (data / "data").glob(f"{s}-*")) for s in ("train", "test")}
    assert counts == {"train": (7, stored["train"]), "test": (2, stored["test"])}
    types = {name: str(kind) for name, kind in features._from_yaml_list(head["dataset_info"]["features"]).items()}
    assert types["audio"].startswith("Audio(sampling_rate=22050") and types["image"].startswith("Image(")
    assert types["bits"] == "List(Value('int8'))" and types["p"] == "Value('float64')"
    assert "Pictures and sounds of noise." in rest and "`p`" in rest and "| train | 7 | 4 (" in rest


def test_types_are_pinned_as_the_hub_itself_would_write_them() -> None:
    yaml, datasets = pytest.importorskip("yaml"), pytest.importorskip("datasets")
    kinds = [pa.string(), pa.large_string(), pa.bool_(), pa.int8(), pa.float16(), pa.float32(), pa.float64()]
    kinds += [
        pa.binary(),
        pa.date32(),
        pa.timestamp("us"),
        pa.list_(pa.list_(pa.float32(), 3)),
        pa.large_list(pa.int8()),
    ]
    kinds += [pa.struct([("x", pa.int8()), ("y", pa.list_(pa.string()))])]
    schema = pa.schema([(f"c{at}", kind) for at, kind in enumerate(kinds)])
    written = yaml.safe_load(write_yaml({"features": card_features(schema)}))["features"]
    assert datasets.Features._from_yaml_list(written) == datasets.Features.from_arrow_schema(schema)


@pytest.mark.parametrize("rate", [{}, {"sampling_rate": 22050}])
def test_sounds_are_pinned_with_their_rate_where_they_have_one(rate: dict[str, int]) -> None:
    yaml, datasets = pytest.importorskip("yaml"), pytest.importorskip("datasets")
    schema = with_features(pa.schema([("call", MEDIA)]), {"call": {"_type": "Audio", **rate}})
    written = yaml.safe_load(write_yaml({"features": card_features(schema)}))["features"]
    assert datasets.Features._from_yaml_list(written) == datasets.Features({"call": datasets.Audio(**rate)})


def test_the_citation_is_yaml_with_what_its_format_wants(release_of, data: Path) -> None:
    yaml = pytest.importorskip("yaml")
    part = release_of(data).part("CITATION.cff")
    said = yaml.safe_load(part.source)
    assert said["cff-version"] == "1.2.0" and said["authors"] == [{"name": "confu-bench"}]
    assert said["license"] == "CC-BY-4.0" and str(said["date-released"]) == "2026-01-02" and said["type"] == "dataset"


@pytest.mark.filterwarnings("ignore::DeprecationWarning", "ignore::FutureWarning")
def test_croissant_is_valid_and_loads_the_rows(out: Path, data: Path) -> None:
    mlcroissant = pytest.importorskip("mlcroissant")
    dataset = mlcroissant.Dataset(jsonld=str(out / "croissant.json"))
    assert not dataset.metadata.issues.errors and not dataset.metadata.issues.warnings
    rows = {row["rows/key"].decode(): row for row in dataset.records("rows")}
    known = {split: list(open_dataset(data).rows(split)) for split in ("train", "test")}
    assert len(rows) == 9
    for split, wanted in known.items():
        for row in wanted:
            found = rows[row["key"]]
            assert found["rows/split"] == split.encode() and found["rows/label"] == row["label"]
            assert found["rows/audio"] == row["audio"]["bytes"] and found["rows/image"].size == (8, 8)


def test_what_the_validator_lets_pass_is_checked(release: Release) -> None:
    part = release.part("croissant.json")
    assert part is not None and isinstance(part.source, bytes)
    others = [one.listed for one in release.parts if one.name not in ("croissant.json", "README.md", "SHA256SUMS")]
    check_croissant(part.source, others)
    said = json.loads(part.source)
    shard = next(one for one in said["distribution"] if one["@id"].startswith("data/"))
    for change, line in (
        ({"sha256": ""}, "must be 64 hexadecimal digits; got ''"),
        ({"sha256": "0" * 64}, "is not the one that is described"),
        ({"contentUrl": "data/lost.parquet"}, "is missing"),
        ({"@id": "rows"}, "two things have the name 'rows'"),
    ):
        changed = [one if one is not shard else {**one, **change} for one in said["distribution"]]
        with pytest.raises(DatasetError, match=f"^croissant.json: .*{line}"):
            check_croissant(json.dumps({**said, "distribution": changed}).encode(), others)
    fewer = [one for one in said["distribution"] if one is not shard]
    with pytest.raises(DatasetError, match="is not described"):
        check_croissant(json.dumps({**said, "distribution": fewer}).encode(), others)


def test_publishing_again_changes_nothing(release: Release, out: Path) -> None:
    before = {path: path.stat().st_ino for path in out.rglob("*")}
    done = publish(release, out)
    assert done.sent == () and set(done.kept) == {part.name for part in release.parts}
    assert {path: path.stat().st_ino for path in out.rglob("*")} == before


def test_a_later_publication_brings_the_release_up_to_date(data: Path, release_of, out: Path, tmp_path: Path) -> None:
    (tmp_path / "report").mkdir()
    (tmp_path / "report/index.html").write_text("<p>results")
    (tmp_path / "report/.hidden").write_text("not this")
    (out / "notes.txt").write_text("of the user")
    publish(release_of(data, report=tmp_path / "report"), out)
    assert (out / "report/index.html").read_text() == "<p>results" and verify(out).ok
    done = publish(release_of(data, date="2027-01-01"), out)
    assert done.removed == ("report/index.html",) and not (out / "report/index.html").exists()
    assert (out / "notes.txt").read_text() == "of the user" and verify(out).ok
    assert "2027-01-01" in (out / "CITATION.cff").read_text()


def test_a_damaged_release_is_mended(data: Path, release: Release, out: Path) -> None:
    shard = out / "webdataset/train-000000.tar"
    content = shard.read_bytes()
    shard.unlink()
    shard.write_bytes(content[:-1] + b"x")
    assert publish(release, out).sent == ("webdataset/train-000000.tar", "manifest.json")
    assert verify(out).ok and verify(data).ok


@pytest.mark.parametrize("when", ["new", "old"])
def test_nothing_half_published_stands_under_the_name(data: Path, release_of, tmp_path: Path, when: str) -> None:
    release, out = release_of(data), tmp_path / "release"
    if when == "old":
        publish(release, out)
        for path in out.glob("data/*"):
            path.unlink()

    def stop(done: int, total: int) -> None:
        if done:
            raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        publish(release, out, progress=stop)
    assert not (out / "manifest.json").exists() and not list(tmp_path.glob(".*"))
    assert out.exists() == (when == "old")
    publish(release, out)
    assert verify(out).ok


@pytest.mark.parametrize("written", ["files", "arrived"])
def test_an_interrupted_publication_is_known_by_its_ledger_and_what_arrived_is_read_again(
    release: Release, out: Path, written: str
) -> None:
    (out / "manifest.json").unlink()
    card = (out / "README.md").read_bytes()
    (out / "README.md").write_bytes(card[:-1] + b"x")
    (out / "report").mkdir()
    (out / "report/index.html").write_text("<p>of another day")
    # As it is written now, and as older versions did, with a state of the store.
    said: object = "0" * 64 if written == "files" else ["0" * 64, "17 1"]
    (out / ".publish").mkdir()
    ledger = {"name": release.name, "fingerprint": release.fingerprint, written: {"report/index.html": said}}
    (out / ".publish/ledger.json").write_text(json.dumps(ledger))
    with pytest.raises(DatasetError, match="is being published, or that was interrupted"):
        open_dataset(out)
    done = publish(release, out)
    assert done.sent == ("README.md", "manifest.json") and done.removed == ("report/index.html",)
    assert (out / "README.md").read_bytes() == card and not (out / ".publish").exists() and verify(out).ok


def test_what_is_to_come_is_written_down_before_it_comes(data: Path, release_of, out: Path) -> None:
    release = release_of(data, date="2027-01-01")

    def look(done: int, total: int) -> None:
        said = json.loads((out / ".publish/ledger.json").read_text())
        assert said["files"] == {part.name: part.sha256 for part in release.parts}

    publish(release, out, progress=look)
    said = {"name": release.name, "fingerprint": "0" * 64, "files": {}}
    (out / "manifest.json").unlink()
    (out / ".publish").mkdir()
    (out / ".publish/ledger.json").write_text(json.dumps(said))
    with pytest.raises(DatasetError, match=f"holds another dataset, 'noise' \\({'0' * 12} there"):
        publish(release, out)


def test_what_others_put_there_is_refused(release: Release, tmp_path: Path, data: Path, out: Path) -> None:
    (tmp_path / "thesis").mkdir()
    (tmp_path / "thesis/chapter.txt").write_text("years of work")
    other = tmp_path / "other"
    build(TableRecipe("words", {"train": pa.table({"key": ["a"]})}), other)
    (out / "data/stranger.parquet").write_bytes(b"")
    for place, line in (
        (tmp_path / "thesis", r"holds other files \(chapter.txt\)"),
        (other, "holds another dataset, 'words'"),
        (out, "stranger.parquet is not part of the dataset, but readers would take it; remove it first"),
    ):
        before = tree(place)
        with pytest.raises(DatasetError, match=line):
            publish(release, place)
        assert tree(place) == before
    for place, line in (
        (data / "release", "must lie outside the dataset"),
        (tmp_path / "thesis/chapter.txt", "must be a folder"),
    ):
        with pytest.raises(InvalidValue, match=line):
            publish(release, place, data)


def test_a_dataset_that_is_not_whole_is_not_published(release_of, tmp_path: Path) -> None:
    rows = pa.table({"key": ["a", "b"], "x": [1, 2]})
    build(TableRecipe("words", {"train": rows}), tmp_path / "words")
    (tmp_path / "words/data/train-00000-of-00001.parquet").unlink()
    with pytest.raises(
        DatasetError, match=r"^what is not whole is not published: .*train-00000-of-00001.parquet: is missing; "
    ):
        release_of(tmp_path / "words")


def test_items_are_attributed_and_rejects_travel_along(release_of, tmp_path: Path) -> None:
    columns = {"licence": ["CC BY-NC 4.0", "cc0"], "author": ["Ada, L.", None], "source_url": ["https://x/1", ""]}
    rows = pa.table({"key": ["a", "b"], **columns})
    build(TableRecipe("words", {"train": rows}), tmp_path / "words")
    why = pa.table({"row": [3, 4], "detail": ["no file /home/ada/birds/3.jpg", None]})
    pq.write_table(why, tmp_path / "words/rejects.parquet")
    release = release_of(tmp_path / "words")
    part = release.part("attribution.csv")
    assert part.source.decode().splitlines() == [
        "key,split,licence,author,source_url",
        'a,train,CC BY-NC 4.0,"Ada, L.",https://x/1',
        "b,train,cc0,,",
    ]
    told = pq.read_table(pa.BufferReader(release.part("rejects.parquet").source)).to_pylist()
    assert told == [{"row": 3, "detail": "no file 3.jpg"}, {"row": 4, "detail": None}]
    card, licence = release.part("README.md").source.decode(), release.part("LICENSE").source.decode()
    assert "license: cc-by-nc-4.0\n" in card and "**Not for commercial use**" in card and "| CC0-1.0 | 1 |" in card
    assert "SPDX-License-Identifier: CC-BY-NC-4.0\n" in licence and "Not for commercial use.\n" in licence


def test_a_licence_that_forbids_publishing_names_the_items(release_of, tmp_path: Path) -> None:
    rows = pa.table({"key": ["a", "b"], "licence": ["CC BY-ND 4.0", "cc0"]})
    build(TableRecipe("words", {"train": rows}), tmp_path / "words")
    with pytest.raises(DatasetError, match=r"^the licence 'CC BY-ND 4.0' of 1 items \(a\) forbids publishing"):
        release_of(tmp_path / "words")


def test_tars_alone_are_published_as_tars(release_of, tmp_path: Path) -> None:
    build(
        TableRecipe("words", {"train": pa.table({"key": ["a"], "x": [1]})}), tmp_path / "words", formats=("webdataset",)
    )
    card = release_of(tmp_path / "words").part("README.md").source.decode()
    assert 'path: "webdataset/train-*.tar"' in card and "dataset_info" not in card and "### pandas" not in card


def test_sequences_of_any_length_load_with_torch(release_of, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    rows = pa.table({"key": ["a", "b"], "x": pa.array([[[1, 2]], [[3, 4], [5, 6]]], pa.list_(pa.list_(pa.float32())))})
    build(TableRecipe("walks", {"train": rows}), tmp_path / "walks")
    release = release_of(tmp_path / "walks")
    publish(release, tmp_path / "release")
    monkeypatch.chdir(tmp_path / "release")
    card = release.part("README.md").source.decode()
    assert "`croissant.json` leaves out `x`: it cannot describe nested lists." in card
    assert '"rows/x"' not in release.part("croissant.json").source.decode()
    code = card.partition("### torch\n\n```python\n")[2].partition("```")[0]
    found: dict[str, Any] = {}
    exec(compile(code, "torch", "exec"), found)
    assert [row["x"].tolist() for row in found["batch"]] == [[[1, 2]], [[3, 4], [5, 6]]]


class _Quiet(http.server.SimpleHTTPRequestHandler):
    def log_message(self, *arguments: object) -> None:
        """Say nothing."""


class _Closed(_Quiet):
    def list_directory(self, path: object) -> None:
        self.send_error(403)


@pytest.fixture
def served(out: Path, request: pytest.FixtureRequest) -> Iterator[str]:
    """The release behind a plain web server, whose folders are lists of links, or are not listed."""
    handler = getattr(request, "param", _Quiet)
    with http.server.ThreadingHTTPServer(("127.0.0.1", 0), partial(handler, directory=str(out))) as server:
        thread = threading.Thread(target=server.serve_forever, args=(0.05,), daemon=True)
        thread.start()
        yield f"http://127.0.0.1:{server.server_address[1]}"
        server.shutdown()
        thread.join()


def test_a_release_behind_a_web_server_is_verified(served: str, out: Path) -> None:
    pytest.importorskip("aiohttp")
    assert verify(served, deep=True).ok
    (out / "webdataset/train-000000.tar").unlink()
    (out / "README.md").write_text("altered")
    (out / "data/stranger.parquet").write_bytes(b"")
    found = {finding.path: finding.problem for finding in verify(served).findings}
    assert found["README.md"].startswith("its SHA-256") and found["webdataset/train-000000.tar"] == "is missing"
    assert found["data/stranger.parquet"] == "is not in the manifest" and len(found) == 3


@pytest.mark.parametrize("served", [_Closed], indirect=True, ids=["closed"])
def test_a_web_server_need_not_list_its_folders(served: str, out: Path) -> None:
    pytest.importorskip("aiohttp")
    assert verify(served).ok
    (out / "LICENSE").unlink()
    assert [str(finding) for finding in verify(served).findings] == ["LICENSE: is listed in SHA256SUMS but missing"]


def test_a_web_server_cannot_be_written_to(release: Release) -> None:
    with pytest.raises(InvalidValue, match="must be a store that files appear in whole"):
        publish(release, "https://example.org/x")
