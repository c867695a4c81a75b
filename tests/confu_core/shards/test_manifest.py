"""The manifest: the same bytes for the same build, and no trust in one that somebody else wrote."""

from __future__ import annotations

import json
import os
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from recipe_for_shards import altered

from confu_core.errors import DatasetError
from confu_core.shards import Manifest, load_manifest, open_dataset, verify

JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False) | st.text(),
    lambda inner: st.lists(inner) | st.dictionaries(st.text(), inner),
    max_leaves=5,
)


def test_a_manifest_is_read_as_it_was_written(built: Path) -> None:
    manifest = load_manifest(built / "manifest.json")
    assert manifest.to_bytes() == (built / "manifest.json").read_bytes()
    assert manifest == manifest.fingerprinted()


def test_a_manifest_says_what_was_built(built: Path) -> None:
    manifest = load_manifest(built / "manifest.json")
    assert (manifest.name, manifest.config, manifest.seed) == ("noise", {"p": 0.5}, 0)
    assert (manifest.splits, manifest.shard_rows) == ({"train": 7, "test": 2}, 2)
    assert manifest.information == {"entropy": 1.5, "undefined": None}
    assert manifest.versions.keys() == {
        "python",
        "confu-bench",
        "numpy",
        "pyarrow",
        "pillow",
        "soundfile",
    }
    assert manifest.schema["image"] == "struct<bytes: binary, path: string>"
    assert [shard.rows for shard in manifest.shards if shard.format == "parquet"] == [2, 2, 2, 2, 1]
    for shard in manifest.shards:
        assert shard.bytes == (built / shard.path).stat().st_size


@pytest.mark.parametrize(
    "change", [{"name": "hiss"}, {"config": {"p": 0.6}}, {"seed": 1}, {"splits": {"train": 7, "test": 3}}]
)
def test_the_fingerprint_covers_what_decides_the_samples(built: Path, change: dict[str, Any]) -> None:
    manifest = load_manifest(built / "manifest.json")
    assert replace(manifest, **change).fingerprinted().fingerprint != manifest.fingerprint


def test_the_fingerprint_ignores_the_order_of_settings_and_how_they_are_stored(built: Path) -> None:
    manifest = replace(load_manifest(built / "manifest.json"), config={"p": 0.5, "bits": 3})
    other = replace(manifest, config={"bits": 3, "p": 0.5}, shard_rows=9, formats=("parquet",), versions={})
    assert other.fingerprinted().fingerprint == manifest.fingerprinted().fingerprint


@pytest.mark.parametrize("path", ["../x", "/etc/passwd", "data/../../x", "data", "data/.x", "data\\x", ""])
def test_no_shard_lies_outside_the_dataset(noise: Path, path: str) -> None:
    altered(noise, lambda data: data["shards"][0].update(path=path))
    for reader in (open_dataset, verify):
        with pytest.raises(DatasetError, match="shard path must be folder/file inside the dataset"):
            reader(noise)


@pytest.mark.parametrize(
    ("change", "line"),
    [
        (lambda data: data.update(schema_version=2), "is of format 2, this version reads 1; update confu"),
        (lambda data: data.update(schema_version="1"), "'schema_version' of the manifest must be a JSON int"),
        (lambda data: data.pop("seed"), "the manifest lacks 'seed'"),
        (lambda data: data.update(seed=True), "'seed' of the manifest must be a JSON int; got True"),
        (lambda data: data.update(shards={}), "'shards' of the manifest must be a JSON list"),
        (lambda data: data.update(shards=[1]), "the shard is not a JSON object"),
        (lambda data: data["shards"][0].pop("rows"), "the shard lacks 'rows'"),
        (lambda data: data["shards"][0].update(rows=1.0), "'rows' of the shard must be a JSON int; got 1.0"),
        (lambda data: data["shards"][0].update(rows=-1), "rows and bytes of at least 0"),
        (lambda data: data["shards"][0].update(sha256="00"), "and a SHA-256"),
        (lambda data: data["shards"][0].update(split="dev"), "is of split 'dev'"),
        (lambda data: data["shards"].append(data["shards"][0]), "a shard is listed twice"),
        (lambda data: data.update(splits={}), "at least one format, and one split"),
        (lambda data: data.update(splits={"train": 0}), "at least one row"),
        (lambda data: data.update(splits={"train": "7"}), "'splits' must hold JSON int values; got '7'"),
        (lambda data: data.update(formats=["parket"]), "did you mean 'parquet'?"),
        (lambda data: data.update(formats=[[]]), "'formats' must hold JSON str values"),
        (lambda data: data.update(schema={"key": 1}), "'schema' must hold JSON str values; got 1"),
    ],
)
def test_each_damage_is_one_line_that_names_it(noise: Path, change: Any, line: str) -> None:
    path = altered(noise, change)
    with pytest.raises(DatasetError) as caught:
        open_dataset(noise)
    assert str(caught.value).startswith(str(path))
    assert line in str(caught.value)
    assert "\n" not in str(caught.value)


@pytest.mark.parametrize(
    "content", [b"", b"{", b"\xff\xfe", b"[" * 100_000, b'{"seed": ' + b"9" * 5000 + b"}", b"NaN", b"[1e999]"]
)
def test_what_is_not_json_is_damage(noise: Path, content: bytes) -> None:
    (noise / "manifest.json").write_bytes(content)
    with pytest.raises(DatasetError, match=r"is damaged: it is not valid JSON; restore it"):
        open_dataset(noise)


def test_a_manifest_that_cannot_be_read_is_named(tmp_path: Path) -> None:
    (tmp_path / "manifest.json").mkdir()
    with pytest.raises(DatasetError, match=r"manifest\.json cannot be read: Is a directory"):
        open_dataset(tmp_path)


@settings(deadline=None)
@given(name=st.sampled_from(list(Manifest.__annotations__)), value=JSON)
def test_any_json_in_any_place_is_read_or_refused(built: Path, tmp_path_factory: Any, name: str, value: Any):
    data = json.loads((built / "manifest.json").read_bytes())
    data.pop("digest")
    path = tmp_path_factory.mktemp("any") / "manifest.json"
    path.write_text(json.dumps({**data, name: value}))
    try:
        manifest = load_manifest(path)
    except DatasetError:
        return
    assert json.loads(manifest.to_bytes()).get(name, "") == value


@settings(deadline=None, max_examples=30)
@given(place=st.integers(0, 10_000), bit=st.integers(0, 7))
def test_no_flipped_bit_of_a_manifest_changes_what_is_read(built: Path, tmp_path_factory: Any, place: int, bit: int):
    content = bytearray((built / "manifest.json").read_bytes())
    content[place % len(content)] ^= 1 << bit
    path = tmp_path_factory.mktemp("flipped") / "manifest.json"
    path.write_bytes(content)
    try:
        read = load_manifest(path)
    except DatasetError:
        return
    # A blank may become another blank; and without its own name the digest is not known.
    assert replace(read, digest="") == replace(load_manifest(built / "manifest.json"), digest="")


def test_a_changed_ceiling_is_refused_wherever_the_dataset_is_opened(noise: Path) -> None:
    path = noise / "manifest.json"
    path.write_text(path.read_text().replace('"entropy": 1.5', '"entropy": 1.25'))
    for reader in (open_dataset, verify):
        with pytest.raises(DatasetError, match=r"manifest\.json is damaged: its content is not what was written"):
            reader(noise)


def test_a_manifest_without_a_digest_is_read(noise: Path) -> None:
    before = load_manifest(noise / "manifest.json")
    altered(noise, lambda data: None)
    assert load_manifest(noise / "manifest.json") == replace(before, digest="")


def test_endless_and_waiting_manifests_are_one_line(noise: Path) -> None:
    path = noise / "manifest.json"
    path.unlink()
    os.mkfifo(path)
    with pytest.raises(DatasetError, match=r"manifest\.json is a pipe, where a plain file must be"):
        open_dataset(noise)
    path.unlink()
    with path.open("wb") as file:
        file.truncate(1 << 40)
    with pytest.raises(DatasetError, match=r"manifest\.json is larger than 67,108,864 bytes"):
        open_dataset(noise)
