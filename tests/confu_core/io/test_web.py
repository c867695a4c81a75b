"""Files at a web server as servers are: odd names, no lengths, redirects, keys in queries, no end."""

from __future__ import annotations

import gzip
import http.server
import io
import tarfile
import threading
import urllib.parse
from collections.abc import Iterator
from pathlib import Path
from typing import ClassVar

import pytest

from birdmml.ingest.files import RemoteFiles, Unreadable, open_roots
from confu_core.errors import DatasetError, InvalidValue
from confu_core.io import storage
from confu_core.io.storage import RemotePath, fetched, location

NAMES = ["a bird.jpg", "a#1.jpg", "100%.jpg", "a%20b.jpg", "a b.jpg", "q?x=1.jpg", "ü.jpg", "a+b&c=d;e.jpg", "x::y.jpg"]


def tar_of(names: list[str]) -> bytes:
    file = io.BytesIO()
    with tarfile.open(fileobj=file, mode="w:gz") as tar:
        for name in names:
            content = name.encode()
            member = tarfile.TarInfo(name)
            member.size = len(content)
            tar.addfile(member, io.BytesIO(content))
    return file.getvalue()


class Server(http.server.BaseHTTPRequestHandler):
    """Names are their own content; the first folder says how it is sent."""

    protocol_version = "HTTP/1.1"
    asked: ClassVar[list[str]] = []

    def do_HEAD(self) -> None:
        self.do_GET(head=True)

    def do_GET(self, head: bool = False) -> None:
        self.asked.append(self.path)
        path, _, _query = self.path.partition("?")
        _, how, name = urllib.parse.unquote(path).split("/", 2)
        if how == "moved":
            self.send_response(302)
            self.send_header("Location", path.replace("/moved/", "/plain/"))
            self.send_header("Content-Length", "0")
            self.end_headers()
            return
        content = tar_of(NAMES) if name.endswith(".tar.gz") else name.encode() if name in (*NAMES, "m.csv") else None
        self.send_response(404 if content is None else 200)
        content = content or b""
        if how == "gzip":
            content = gzip.compress(content)
            self.send_header("Content-Encoding", "gzip")
        if how == "chunked":
            self.send_header("Transfer-Encoding", "chunked")
        elif how in ("plain", "gzip"):
            self.send_header("Content-Length", str(len(content)))
        else:
            self.send_header("Connection", "close")
            self.close_connection = True
        self.end_headers()
        if not head:
            self._send(how, content)

    def _send(self, how: str, content: bytes) -> None:
        if how == "chunked":
            content = b"%x\r\n%s\r\n0\r\n\r\n" % (len(content), content)
        try:
            self.wfile.write(content)
            while how == "endless":
                self.wfile.write(bytes(1 << 16))
        except OSError:
            self.close_connection = True

    def log_message(self, *_: object) -> None:
        """Say nothing."""


@pytest.fixture(scope="module")
def web() -> Iterator[str]:
    server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), Server)
    server.daemon_threads = True
    thread = threading.Thread(target=server.serve_forever)
    thread.start()
    yield f"http://127.0.0.1:{server.server_port}"
    server.shutdown()
    thread.join()
    server.server_close()


@pytest.mark.parametrize("how", ["plain", "gzip", "chunked", "none", "moved"])
def test_every_name_is_the_right_file_however_it_is_sent(web: str, how: str, tmp_path: Path) -> None:
    files = RemoteFiles(RemotePath.parse(f"{web}/{how}"))
    for name in NAMES:
        assert files.read(name) == name.encode()
        quoted = f"{web}/{how}/{urllib.parse.quote(name)}"
        assert files.read(quoted) == name.encode()  # As a manifest may have it.
        place = RemotePath.parse(f"{web}/{how}") / name
        assert (place.name, place.parent.url, place.is_file()) == (name, f"{web}/{how}", True)
        with fetched(place) as copy:
            assert copy.read_bytes() == name.encode()
    with pytest.raises(Unreadable) as found:
        files.read("none.jpg")
    assert found.value.reason == "missing"
    roots, (state,) = open_roots([f"{web}/{how}/x.tar.gz?download=1"], tmp_path, tmp_path / "cache")
    assert (state.name, state.files, state.complete) == ("x.tar.gz", len(NAMES), True)
    assert roots.read("q?x=1.jpg") == b"q?x=1.jpg"


def test_a_query_goes_along_and_is_not_shown(web: str) -> None:
    root = RemotePath.parse(f"{web}/plain?sig=s3cr3t&download=1")
    Server.asked.clear()
    assert (root / "a#1.jpg").read_bytes() == b"a#1.jpg"
    assert set(Server.asked) == {"/plain/a%231.jpg?sig=s3cr3t&download=1"}
    assert str(root / "a b.jpg") == f"{web}/plain/a%20b.jpg?...&download=1"
    assert "s3cr3t" not in repr(root)
    with pytest.raises(DatasetError) as found:
        (root / "none").read_bytes()
    assert "s3cr3t" not in str(found.value) and found.value.__cause__ is None


def test_a_stream_without_end_is_one_line(web: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("birdmml.ingest.files.MOST_FILE_BYTES", 1 << 20)
    with pytest.raises(Unreadable) as found:
        RemoteFiles(RemotePath.parse(f"{web}/endless")).read("a b.jpg")
    assert (found.value.reason, found.value.detail) == ("too large", "more than 1048576 bytes")
    monkeypatch.setattr(storage, "_MOST_IN_MEMORY", 1 << 20)
    with pytest.raises(DatasetError, match="it has more than 1048576 bytes, the most that are read"):
        (RemotePath.parse(f"{web}/endless") / "m.csv").read_bytes()


def test_a_server_that_sends_next_to_nothing_is_given_up(web: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(storage, "_PATIENCE", -1.0)
    monkeypatch.setattr(storage, "_SLOWEST", 1 << 40)
    with pytest.raises(DatasetError, match=r"m.csv cannot be read: \d+ bytes came in \d+ s, too slow to wait for"):
        (RemotePath.parse(f"{web}/plain") / "m.csv").read_bytes()


@pytest.mark.parametrize(
    ("url", "line"),
    [
        ("ftp://127.0.0.1:9/birds", "^ftp://127.0.0.1:9/birds cannot be reached: "),
        ("htpp://a/b", "htpp://a/b cannot be reached: Protocol not known: htpp"),
        ("https:/host/birds", "two slashes: https://host/birds$"),
        ("s3:bucket/birds", "two slashes: s3://bucket/birds$"),
    ],
)
def test_schemes_that_are_mistyped_or_do_not_answer_are_one_line(url: str, line: str) -> None:
    with pytest.raises((DatasetError, InvalidValue), match=line) as found:
        location(url)
    assert "\n" not in str(found.value)


def test_what_only_looks_like_a_scheme_is_a_path(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    (tmp_path / "file:x").touch()
    for name in ("file:x", "C:/birds", "birds/a:b", "data"):
        assert location(name) == Path(name)
