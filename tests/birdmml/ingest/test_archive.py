"""Archives in parts, packed and kept: what lies before a gap, and never what has changed."""

from __future__ import annotations

import gzip
import os
from pathlib import Path

import pytest
from real_files import tar_of

from birdmml.ingest.archive import find_parts
from birdmml.ingest.files import Unreadable, open_roots
from birdmml.ingest.plain_tar import opened
from confu_core.errors import DatasetError


def cut(path: Path, size: int, marks: list[str], join: str = ".part-") -> None:
    """Divide a file as `split` does, and remove it."""
    data = path.read_bytes()
    for place, mark in enumerate(marks):
        last = place == len(marks) - 1
        path.with_name(f"{path.name}{join}{mark}").write_bytes(
            data[place * size : None if last else (place + 1) * size]
        )
    path.unlink()


@pytest.mark.parametrize(
    ("marks", "join", "missing"),
    [
        (["aa", "ab", "ac", "ad", "ae"], ".part-", "ac"),
        (["aa", "ab", "ac", "ad", "ae"], ".part_", "ac"),
        (["aa", "ab", "ac", "ad", "ae"], ".", "ac"),
        (["001", "002", "003", "004", "005"], ".", "003"),
        (["00", "01", "02", "03", "04"], ".part", "02"),
    ],
)
@pytest.mark.parametrize("packed", [True, False])
def test_an_archive_without_one_of_its_parts_gives_what_lies_before(
    tmp_path: Path, marks: list[str], join: str, missing: str, packed: bool
) -> None:
    random = os.urandom(20_000)  # Does not shrink, so that the parts divide the files evenly.
    members = {f"audio/{i:02d}.wav": random[i * 1000 : (i + 1) * 1000] for i in range(20)}
    path = tar_of(tmp_path / "audio.tar", members)
    if packed:
        (tmp_path / "audio.tar.gz").write_bytes(gzip.compress(path.read_bytes()))
        path.unlink()
        path = tmp_path / "audio.tar.gz"
    cut(path, path.stat().st_size // 5, marks, join)
    whole, (state,) = open_roots([path], tmp_path, tmp_path / "cache")
    assert (state.complete, state.files, state.missing) == (True, 20, ())
    assert all(whole.read(name) == data for name, data in members.items())
    (tmp_path / f"{path.name}{join}{missing}").unlink()
    files, (state,) = open_roots([path], tmp_path, tmp_path / "cache")
    assert (state.complete, state.missing, state.parts) == (False, (missing,), 4)
    assert 6 <= state.files <= 10  # Two fifths of twenty, and what pads the end of a tar.
    assert all(files.read(f"audio/{i:02d}.wav") == members[f"audio/{i:02d}.wav"] for i in range(state.files))
    assert state.last == f"audio/{state.files - 1:02d}.wav"
    with pytest.raises(Unreadable) as found:
        files.read("audio/19.wav")
    assert found.value.detail == f"no such file in {path.name}, which can be read up to '{state.last}'"
    said = f"{path.name}: {state.files} files can be read; of its parts {missing} is missing; it is cut behind"
    assert str(state) == f"{said} '{state.last}'"


def test_without_the_first_part_nothing_can_be_read(tmp_path: Path) -> None:
    for mark in ("ab", "ac"):
        (tmp_path / f"x.tar.gz.part-{mark}").write_bytes(b"x")
    with pytest.raises(DatasetError, match="the first part, aa, is missing: nothing of it can be read"):
        open_roots([tmp_path / "x.tar.gz"], tmp_path, tmp_path / "cache")
    assert find_parts(tmp_path / "y.tar.gz") is None


def test_an_archive_that_grows_beyond_measure_is_refused(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("birdmml.ingest.archive.FREE_GROWTH", 1 << 20)
    (tmp_path / "x.tar.gz").write_bytes(gzip.compress(bytes(8 << 20)))
    with pytest.raises(DatasetError, match="unpacks to more than 100 times its size"):
        open_roots([tmp_path / "x.tar.gz"], tmp_path, tmp_path / "cache")
    assert [one for one in (tmp_path / "cache").iterdir() if one.suffix != ".lock"] == []


def packed(folder: Path) -> tuple[Path, dict[str, bytes]]:
    members = {f"audio/{i}.wav": os.urandom(70_000) for i in range(3)}
    path = tar_of(folder / "audio.tar", members)
    (folder / "audio.tar.gz").write_bytes(gzip.compress(path.read_bytes(), 1))
    return folder / "audio.tar.gz", members


def test_a_changed_bit_of_an_unpacked_copy_is_found_wherever_it_is(tmp_path: Path) -> None:
    path, members = packed(tmp_path)
    for place in (0.0, 0.001, 0.3, 0.65, 0.97, 1.0):
        files, _ = open_roots([path], tmp_path, tmp_path / "cache")
        (copy,) = (tmp_path / "cache").glob("*.tar")
        data = bytearray(copy.read_bytes())
        data[round(place * (len(data) - 1))] ^= 4
        copy.write_bytes(data)
        with pytest.raises(DatasetError, match="the copy of an archive, has changed on the disk"):
            for found in (files, open_roots([path], tmp_path, tmp_path / "cache")[0]):
                assert {name: found.read(name) for name in members} == members
            opened(copy, kept=True).read()  # Of what pads the end nothing else is read.
        again, _ = open_roots([path], tmp_path, tmp_path / "cache")
        assert {name: again.read(name) for name in members} == members
    (copy,) = (tmp_path / "cache").glob("*.tar")
    os.truncate(copy, 1000)
    with pytest.raises(DatasetError, match="run the same build again"):
        open_roots([path], tmp_path, tmp_path / "cache")


def test_what_a_killed_process_left_of_a_copy_goes(tmp_path: Path) -> None:
    path, _ = packed(tmp_path)
    open_roots([path], tmp_path, tmp_path / "cache")
    (copy,) = (tmp_path / "cache").glob("*.tar")
    copy.unlink()
    left = tmp_path / "cache" / f".{copy.name}.0123abcd.partial"
    left.write_bytes(bytes(1000))
    open_roots([path], tmp_path, tmp_path / "cache")
    assert copy.exists() and not left.exists()


def test_an_archive_that_does_not_fit_its_checksum_is_one_line(tmp_path: Path) -> None:
    path, _ = packed(tmp_path)
    data = bytearray(path.read_bytes())
    data[-8] ^= 1
    path.write_bytes(data)
    with pytest.raises(DatasetError, match=r"audio.tar.gz is damaged: its content is not what was packed; fetch"):
        open_roots([path], tmp_path, tmp_path / "cache")
