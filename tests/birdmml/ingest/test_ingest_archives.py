"""Files in folders, tars and archives in parts: nothing outside of the root, and as much as is complete."""

from __future__ import annotations

import gzip
import io
import os
import tarfile
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from birdmml.ingest.archive import find_parts
from birdmml.ingest.files import FolderFiles, Roots, Unreadable, open_roots
from birdmml.ingest.plain_tar import index_tar, opened
from confu_core.errors import DatasetError
from confu_core.io.storage import RemotePath

LONG = "photos/" + "long-" * 40 + ".jpg"
MEMBERS = {"photos/a.jpg": b"picture", "audio/a.wav": b"sound" * 500, LONG: b"far", "é.txt": b"accent"}


def tar_of(path: Path, members: dict[str, bytes], format: int = tarfile.GNU_FORMAT) -> Path:
    with tarfile.open(path, "w", format=format, encoding="utf-8") as tar:
        for name, content in members.items():
            info = tarfile.TarInfo(name)
            info.size = len(content)
            tar.addfile(info, io.BytesIO(content))
    return path


def cut(path: Path, size: int, marks: list[str], join: str = ".part-") -> None:
    """Divide a file as `split` does, and remove it."""
    data = path.read_bytes()
    for place, mark in enumerate(marks):
        last = place == len(marks) - 1
        path.with_name(f"{path.name}{join}{mark}").write_bytes(
            data[place * size : None if last else (place + 1) * size]
        )
    path.unlink()


def refused(files: FolderFiles | Roots, name: str) -> str:
    with pytest.raises(Unreadable) as found:
        files.read(name)
    return found.value.reason


@pytest.mark.parametrize("format", [tarfile.USTAR_FORMAT, tarfile.GNU_FORMAT, tarfile.PAX_FORMAT])
def test_tars_of_every_kind_are_read_as_tarfile_reads_them(tmp_path: Path, format: int) -> None:
    members = {name: data for name, data in MEMBERS.items() if format != tarfile.USTAR_FORMAT or name != LONG}
    path = tar_of(tmp_path / "x.tar", members, format)
    files, (state,) = open_roots([path], tmp_path, tmp_path / "cache")
    assert {name: files.read(name) for name in members} == members
    assert (state.files, state.complete, state.refused_count) == (len(members), True, 0)
    assert not (tmp_path / "cache").exists()  # A plain tar is read where it lies.
    with tarfile.open(path, encoding="utf-8") as tar:
        for name, place in index_tar(path, 10_000).members.items():
            assert tar.getmember(name).offset_data == place.offset


def hostile(path: Path) -> Path:
    """A tar with a member of every kind that must not be read."""
    kinds = {
        "link": (tarfile.SYMTYPE, "/etc/passwd"),
        "hard": (tarfile.LNKTYPE, "photos/a.jpg"),
        "device": (tarfile.CHRTYPE, ""),
        "pipe": (tarfile.FIFOTYPE, ""),
    }
    with tarfile.open(path, "w") as tar:
        for name in ("/etc/absolute.jpg", "../upwards.jpg", "a/../../b.jpg", "photos/good.jpg"):
            info = tarfile.TarInfo(name)
            info.size = 3
            tar.addfile(info, io.BytesIO(b"abc"))
        for name, (kind, target) in kinds.items():
            info = tarfile.TarInfo(f"photos/{name}.jpg")
            info.type, info.linkname = kind, target
            tar.addfile(info)
        pax = tarfile.TarInfo("photos/sparse.jpg")
        pax.pax_headers = {"GNU.sparse.major": "1", "GNU.sparse.realsize": str(1 << 50)}
        tar.addfile(pax)
        tar.addfile(tarfile.TarInfo("photos/last.jpg"))
    return path


def test_a_hostile_tar_gives_its_good_files_and_names_the_others(tmp_path: Path) -> None:
    before = sorted(tmp_path.parent.iterdir())
    files, (state,) = open_roots([hostile(tmp_path / "bad.tar")], tmp_path, tmp_path / "cache")
    assert files.read("photos/good.jpg") == b"abc" and files.read("photos/last.jpg") == b""
    assert (state.files, state.refused_count, state.complete) == (2, 8, True)
    said = " ".join(index_tar(tmp_path / "bad.tar", 100).refused)
    for part in ("'/etc/absolute.jpg' is outside", "'../upwards.jpg' is outside", "'a/../../b.jpg' is outside"):
        assert part in said
    for part in ("link.jpg' is a link", "hard.jpg' is a link", "device.jpg' is a device", "pipe.jpg' is a pipe"):
        assert part in said
    assert "sparse.jpg' is a sparse file" in said
    assert refused(files, "photos/link.jpg") == "missing"
    assert refused(files, "../../etc/passwd") == "outside" == refused(files, "/etc/absolute.jpg")
    assert sorted(tmp_path.parent.iterdir()) == before and [p.name for p in tmp_path.iterdir()] == ["bad.tar"]


def test_sizes_that_lie_are_believed_no_further_than_the_file(tmp_path: Path) -> None:
    path = tmp_path / "x.tar"
    huge = tarfile.TarInfo("photos/huge.jpg")
    huge.size = 1 << 45
    good = tarfile.TarInfo("photos/good.jpg")
    path.write_bytes(good.tobuf() + huge.tobuf(tarfile.GNU_FORMAT) + bytes(1024))
    index = index_tar(path, 1 << 29)
    assert (list(index.members), index.complete, index.last) == (["photos/good.jpg"], False, "photos/good.jpg")
    sparse = tarfile.TarInfo("photos/old.jpg")
    sparse.type, sparse.size = tarfile.GNUTYPE_SPARSE, 0
    path.write_bytes(sparse.tobuf(tarfile.GNU_FORMAT) + good.tobuf() + bytes(1024))
    index = index_tar(path, 1 << 29)
    assert (list(index.members), index.refused) == (["photos/good.jpg"], ["'photos/old.jpg' is a sparse file"])


def test_a_header_that_would_fill_the_memory_is_refused(tmp_path: Path) -> None:
    path, long = tmp_path / "x.tar", tarfile.TarInfo("././@LongLink")
    long.type, long.size = tarfile.GNUTYPE_LONGNAME, 4 << 20
    path.write_bytes(long.tobuf(tarfile.GNU_FORMAT) + bytes(5 << 20))
    with pytest.raises(DatasetError, match="holds a header of 4194304 bytes; at most 1048576 are read"):
        index_tar(path, 1 << 29)


def test_what_is_no_tar_is_one_line(tmp_path: Path) -> None:
    (tmp_path / "x.tar").write_bytes(b"no tar" * 200)
    with pytest.raises(DatasetError, match="is no tar, or is cut before its first file"):
        index_tar(tmp_path / "x.tar", 100)


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


@settings(max_examples=80, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(data=st.data())
def test_a_damaged_tar_gives_files_that_lie_in_it_or_one_line(tmp_path: Path, data: st.DataObject) -> None:
    path = tmp_path / "x.tar"
    if not path.exists():
        tar_of(path, MEMBERS, tarfile.PAX_FORMAT)
        path.rename(tmp_path / "seed.tar")
    content = bytearray((tmp_path / "seed.tar").read_bytes()[:8192])
    for _ in range(data.draw(st.integers(0, 4))):
        block = data.draw(st.integers(0, len(content) // 512 - 1)) * 512
        content[block + data.draw(st.integers(0, 511))] = data.draw(st.integers(0, 255))
        # With its checksum mended, a damaged header is believed.
        header = content[block : block + 512]
        header[148:156] = b" " * 8
        content[block + 148 : block + 156] = b"%06o\0 " % sum(header)
    path.write_bytes(content[: data.draw(st.integers(0, len(content)))])
    try:
        index = index_tar(path, 1 << 20)
    except DatasetError as error:
        assert "\n" not in str(error)
        return
    for name, place in index.members.items():
        assert 0 <= place.offset <= place.offset + place.size <= path.stat().st_size
        assert not name.startswith("/") and ".." not in name.split("/")
