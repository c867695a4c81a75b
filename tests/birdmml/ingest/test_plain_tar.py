"""Tars of every kind, hostile, lying and damaged: as much as is complete, and nothing outside of them."""

from __future__ import annotations

import io
import tarfile
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from real_files import refused, tar_of

from birdmml.ingest.files import open_roots
from birdmml.ingest.plain_tar import index_tar
from confu_core.errors import DatasetError

LONG = "photos/" + "long-" * 40 + ".jpg"
MEMBERS = {"photos/a.jpg": b"picture", "audio/a.wav": b"sound" * 500, LONG: b"far", "é.txt": b"accent"}


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
