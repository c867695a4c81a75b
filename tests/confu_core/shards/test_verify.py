"""Verifying: every kind of damage is found, and every damaged file is named."""

from __future__ import annotations

import hashlib
import io
import json
import tarfile
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq
import pytest
import soundfile
from hypothesis import example, given, settings
from hypothesis import strategies as st
from PIL import Image
from recipe_for_shards import BOTH, PARQUET, TAR, MediaRecipe, altered, flipped

from confu_core.errors import DatasetError
from confu_core.shards import Report, build, verify
from confu_core.shards.parquet import write_parquet
from confu_core.shards.tar import read_tar, write_tar
from confu_core.shards.verify import IMAGE, media_problem

ANY_SHARD = pytest.mark.parametrize("shard", [PARQUET, TAR])


def named(report: Report) -> set[str]:
    return {finding.path for finding in report.findings}


def problems(report: Report) -> str:
    return "\n".join(map(str, report.findings))


def reseal(root: Path, shard: str, **changes: Any) -> None:
    """Make manifest and checksums agree with a shard that was changed, as a careful forger would."""
    content = (root / shard).read_bytes()
    digest = hashlib.sha256(content).hexdigest()

    def change(data: dict[str, Any]) -> None:
        entry = next(entry for entry in data["shards"] if entry["path"] == shard)
        entry.update(bytes=len(content), sha256=digest, **changes)

    altered(root, change)
    lines = (root / "SHA256SUMS").read_text().splitlines()
    sums = dict(line.split("  ")[::-1] for line in lines)
    sums[shard] = digest
    sums["manifest.json"] = hashlib.sha256((root / "manifest.json").read_bytes()).hexdigest()
    (root / "SHA256SUMS").write_text("".join(f"{sum}  {path}\n" for path, sum in sums.items()))


def rewrite_tar(path: Path, change: Callable[[int, dict[str, bytes]], dict[str, bytes]]) -> None:
    samples = [(key, change(index, parts)) for index, (key, parts) in enumerate(read_tar(path))]
    write_tar(({"key": key, "parts": parts} for key, parts in samples), lambda row: row["parts"], path)


@pytest.mark.parametrize("deep", [False, True])
def test_a_whole_dataset_has_no_findings(built: Path, deep: bool) -> None:
    calls: list[tuple[int, int]] = []
    report = verify(built, deep=deep, progress=lambda rows, size: calls.append((rows, size)))
    assert report.ok and not report.findings
    assert (report.deep, report.shards, report.rows) == (deep, 10, 18)
    assert report.bytes == sum(path.stat().st_size for path in built.glob("*/*"))
    assert calls[-1] == (report.rows, report.bytes) and len(calls) == 10
    assert json.loads(json.dumps(report.as_dict()))["ok"] is True


@pytest.mark.parametrize("deep", [False, True])
@ANY_SHARD
@settings(max_examples=30, deadline=None)
@given(data=st.data())
def test_one_flipped_bit_anywhere_is_found(built: Path, shard: str, deep: bool, data: Any) -> None:
    bit = data.draw(st.integers(0, 8 * (built / shard).stat().st_size - 1))
    with flipped(built / shard, bit):
        report = verify(built, deep=deep)
    assert named(report) == {shard}
    assert "its SHA-256 is not that of the manifest" in problems(report)
    assert all("\n" not in finding.problem for finding in report.findings)


@pytest.mark.parametrize("file", ["manifest.json", "SHA256SUMS"])
@settings(max_examples=30, deadline=None)
@given(data=st.data())
def test_one_flipped_bit_beside_the_shards_is_found(built: Path, file: str, data: Any) -> None:
    bit = data.draw(st.integers(0, 8 * (built / file).stat().st_size - 1))
    with flipped(built / file, bit):
        try:
            found = not verify(built).ok
        except DatasetError as error:
            found = "manifest.json" in str(error)
    assert found


def test_every_bad_shard_is_named_and_no_other(noise: Path) -> None:
    (noise / PARQUET).unlink()
    (noise / TAR).write_bytes((noise / TAR).read_bytes()[:-512])
    with (noise / "data/test-00000-of-00001.parquet").open("ab") as file:
        file.write(b"more")
    (noise / "data/train-00009-of-00004.parquet").write_bytes(b"extra")
    report = verify(noise)
    assert named(report) == {
        PARQUET,
        TAR,
        "data/test-00000-of-00001.parquet",
        "data/train-00009-of-00004.parquet",
    }
    assert f"{PARQUET}: is missing" in problems(report)
    assert "train-00009-of-00004.parquet: is not in the manifest" in problems(report)
    assert not report.ok


def test_a_tar_cut_between_samples_is_found_even_if_its_checksum_is_forged(noise: Path) -> None:
    with tarfile.open(noise / TAR) as tar:
        second = next(info for info in tar if info.name.startswith("train-00003"))
    (noise / TAR).write_bytes((noise / TAR).read_bytes()[: second.offset])
    reseal(noise, TAR)
    report = verify(noise)
    assert named(report) == {TAR}
    assert "is cut: the end mark of the tar is missing" in problems(report)


def test_a_sample_left_out_is_found_even_if_the_checksum_is_forged(noise: Path) -> None:
    first = next(read_tar(noise / TAR))
    write_tar([{"key": first[0]}], lambda row: first[1], noise / TAR)
    write_parquet(pq.read_table(noise / PARQUET).slice(1), noise / PARQUET)
    for shard in (TAR, PARQUET):
        reseal(noise, shard)
    assert [str(finding) for finding in verify(noise).findings] == [
        f"{PARQUET}: holds 1 rows, the manifest says 2",
        f"{TAR}: holds 1 rows, the manifest says 2",
    ]


def test_a_changed_count_in_the_manifest_is_found(noise: Path) -> None:
    altered(noise, lambda data: data["shards"][1].update(rows=3))
    report = verify(noise)
    assert "manifest.json: its SHA-256 is not that in SHA256SUMS" in problems(report)
    assert "manifest.json: split 'train' has 7 rows, its parquet shards 8" in problems(report)
    assert "holds 2 rows, the manifest says 3" in problems(report)


def test_a_changed_setting_in_the_manifest_is_found(noise: Path) -> None:
    altered(noise, lambda data: data["config"].update(p=0.9))
    assert "its fingerprint is not that of its name, config, seed and splits" in problems(verify(noise))


def test_other_columns_are_found(noise: Path) -> None:
    write_parquet(pq.read_table(noise / PARQUET).drop_columns("label"), noise / PARQUET)
    reseal(noise, PARQUET)
    assert [finding.path for finding in verify(noise).findings] == [PARQUET]
    assert "its columns are {'key': 'string', 'p': 'double'," in problems(verify(noise))


def test_samples_of_other_parts_are_found(noise: Path) -> None:
    with tarfile.open(noise / TAR, "a") as tar:
        info = tarfile.TarInfo("extra.txt")
        tar.addfile(info, io.BytesIO())
    reseal(noise, TAR, rows=3)
    assert "sample 'extra' has the parts {'txt': 'bytes'}, the first has {'flac'" in problems(verify(noise))


@pytest.mark.parametrize(
    ("change", "line"),
    [
        (lambda lines: lines[1:], f"{'data/test-00000-of-00001.parquet'}: is not listed in SHA256SUMS"),
        (lambda lines: ["0" * 64 + lines[0][64:], *lines[1:]], "SHA256SUMS and the manifest disagree"),
        (lambda lines: [*lines, "0" * 64 + "  README.md\n"], "README.md: is listed in SHA256SUMS but missing"),
        (lambda lines: [*lines, "0" * 64 + "  ../x\n"], "../x: is listed in SHA256SUMS but lies outside"),
        (lambda lines: [*lines, "0" * 64 + "  /etc/passwd\n"], "but lies outside the dataset"),
        (lambda lines: [*lines, "?\n"], "SHA256SUMS: is damaged: line 12 is not a checksum and a path"),
        (lambda lines: [lines[0][:-1] + "\v", *lines[1:]], "SHA256SUMS: is damaged: line 1 is not a checksum"),
        (lambda lines: [], "SHA256SUMS: is damaged: line 1 is not a checksum"),
        (lambda lines: ["\udcff"], "SHA256SUMS: is damaged: it is not text"),
    ],
)
def test_checksums_that_disagree_are_found(noise: Path, change: Any, line: str) -> None:
    path = noise / "SHA256SUMS"
    lines = change(path.read_text().splitlines(keepends=True))
    path.write_bytes("".join(lines).encode("utf-8", "surrogateescape"))
    report = verify(noise)
    assert line in problems(report)
    assert len(report.findings) == 1


def test_missing_checksums_are_found(noise: Path) -> None:
    (noise / "SHA256SUMS").unlink()
    assert problems(verify(noise)) == "SHA256SUMS: cannot be read: No such file or directory"


def test_files_that_were_added_with_their_checksums_are_compared(noise: Path) -> None:
    (noise / "README.md").write_text("card")
    with (noise / "SHA256SUMS").open("a") as file:
        file.write(f"{hashlib.sha256(b'card').hexdigest()}  README.md\n")
    (noise / "data" / ".hidden").touch()
    assert verify(noise).ok
    (noise / "README.md").write_text("cart")
    assert problems(verify(noise)) == "README.md: its SHA-256 is not that in SHA256SUMS"


@pytest.mark.parametrize(("part", "keep"), [("png", 60), ("png", 0), ("flac", 90), ("flac", 0)])
def test_only_a_deep_look_finds_media_that_cannot_be_decoded(noise: Path, part: str, keep: int) -> None:
    def cut(index: int, parts: dict[str, bytes]) -> dict[str, bytes]:
        return {**parts, part: parts[part][:keep]} if index == 1 else parts

    rewrite_tar(noise / TAR, cut)
    reseal(noise, TAR)
    assert verify(noise).ok
    report = verify(noise, deep=True)
    assert named(report) == {TAR}
    assert f"sample 'train-00003': {part} {'is cut' if keep > 60 else 'cannot be decoded'}: " in problems(report)
    assert len(report.findings) == 1


@pytest.mark.parametrize(("column", "content"), [("image", b"no png"), ("audio", b""), ("audio", None)])
def test_only_a_deep_look_finds_bad_media_in_parquet(noise: Path, column: str, content: bytes | None) -> None:
    table = pq.read_table(noise / PARQUET)
    values = table[column].to_pylist()
    values[1] = {**values[1], "bytes": content} if content is not None else None
    index = table.column_names.index(column)
    write_parquet(table.set_column(index, table.schema.field(column), pa.array(values)), noise / PARQUET)
    reseal(noise, PARQUET)
    assert verify(noise).ok
    report = verify(noise, deep=True)
    assert [finding.path for finding in report.findings] == [PARQUET]
    assert f"row 1, column {column!r}: " in problems(report)


def test_a_recipe_that_writes_no_picture_is_found_by_a_deep_look(tmp_path: Path) -> None:
    class NoPicture(MediaRecipe):
        def members(self, row: dict[str, Any]) -> dict[str, bytes]:
            return {**super().members(row), "png": b"no picture"}

    build(NoPicture(), tmp_path, formats=BOTH)
    assert named(verify(tmp_path, deep=True)) == {"webdataset/train-000000.tar", "webdataset/test-000000.tar"}


@pytest.mark.parametrize("extension", ["png", "jpeg", "webp", "flac", "wav", "ogg"])
def test_a_medium_that_is_cut_is_found(extension: str) -> None:
    file = io.BytesIO()
    noise = np.random.default_rng(0).integers(0, 256, (64, 64, 3), dtype=np.uint8)
    if extension in IMAGE:
        Image.fromarray(noise).save(file, extension)
    else:
        soundfile.write(file, noise[..., 0].ravel() / 256 - 0.5, 22050, format=extension.upper())
    whole = file.getvalue()
    assert media_problem(whole, extension) is None
    for name in (extension, extension.upper()):
        problem = str(media_problem(whole[: len(whole) // 2], name))
        assert problem.startswith((f"{name} cannot be decoded: ", f"{name} is cut: "))


@settings(deadline=None)
@given(st.binary(max_size=200), st.sampled_from(["png", "jpg", "webp", "flac", "wav", "ogg"]))
@example(b"OggS", "flac")
def test_noise_is_no_medium(data: bytes, extension: str) -> None:
    problem = media_problem(data, extension)
    # Noise may begin as a container does, and is then cut.
    assert problem is not None and problem.startswith((f"{extension} cannot be decoded: ", f"{extension} is cut: "))
    assert "\n" not in problem


def test_without_a_manifest_there_is_nothing_to_verify(noise: Path) -> None:
    (noise / "manifest.json").unlink()
    with pytest.raises(DatasetError, match=r"manifest\.json is missing"):
        verify(noise)
