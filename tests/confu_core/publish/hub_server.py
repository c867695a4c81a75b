"""As much of the Hugging Face hub as publishing needs, on this machine: repositories, large files, commits."""

from __future__ import annotations

import base64
import contextlib
import hashlib
import json
import threading
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any
from urllib.parse import urlsplit

LARGE = (".parquet", ".tar", ".png")
COMMIT = "a" * 40


class Hub(ThreadingHTTPServer):
    """Its state.

    Attributes
    ----------
    token : str
        The only one that it knows.
    files : dict of str to bytes, or None
        Of its one repository, as its last commit shows them; None where it does not exist.
    large : dict of str to bytes
        What was uploaded, by SHA-256, whether a commit shows it or not.
    uploads, commits : int
        How often.
    uploads_left : int or None
        How many more it takes before it refuses them.
    refuses : int or None
        A status that it answers everything with.
    """

    daemon_threads = True

    def __init__(self) -> None:
        super().__init__(("127.0.0.1", 0), _Handler)
        self.token = "hf_" + "TestTokenThatNobodyMaySee"
        self.files: dict[str, bytes] | None = None
        self.large: dict[str, bytes] = {}
        self.uploads = self.commits = 0
        self.uploads_left: int | None = None
        self.refuses: int | None = None
        self.endpoint = f"http://127.0.0.1:{self.server_address[1]}"

    def entry(self, path: str) -> dict[str, Any]:
        content = (self.files or {})[path]
        oid = hashlib.sha1(b"blob %d\0" % len(content) + content).hexdigest()
        said: dict[str, Any] = {"type": "file", "path": path, "size": len(content), "oid": oid}
        if path.endswith(LARGE):
            sha256 = hashlib.sha256(content).hexdigest()
            said["lfs"] = {"oid": sha256, "size": len(content), "pointerSize": 130}
        return said


class _Handler(BaseHTTPRequestHandler):
    server: Hub
    protocol_version = "HTTP/1.1"

    def log_message(self, *arguments: object) -> None:
        """Say nothing."""

    def _answer(self, value: Any, status: int = 200, **headers: str) -> None:
        body = value if isinstance(value, bytes) else json.dumps(value).encode()
        self.send_response(status)
        for name, said in {"Content-Length": str(len(body)), **headers}.items():
            self.send_header(name.replace("_", "-"), said)
        self.end_headers()
        if self.command != "HEAD":
            self.wfile.write(body)

    def _body(self) -> bytes:
        return self.rfile.read(int(self.headers.get("Content-Length") or 0))

    def _stopped(self, body: bytes) -> bool:
        if self.server.refuses is not None:
            self._answer({"error": "refused"}, self.server.refuses)
        elif self.headers.get("Authorization") != f"Bearer {self.server.token}" and not self.path.startswith("/lfs/"):
            self._answer({"error": "Invalid credentials"}, 401)
        else:
            return False
        return True

    def do_PUT(self) -> None:
        body, hub = self._body(), self.server
        if self._stopped(body):
            return
        if hub.uploads_left == 0:
            self._answer({"error": "no"}, 403)
            return
        if hub.uploads_left is not None:
            hub.uploads_left -= 1
        hub.uploads += 1
        assert hashlib.sha256(body).hexdigest() == urlsplit(self.path).path.rpartition("/")[2]
        hub.large[hashlib.sha256(body).hexdigest()] = body
        self._answer({})

    def do_POST(self) -> None:
        body, hub, path = self._body(), self.server, urlsplit(self.path).path
        if self._stopped(body):
            return
        if path == "/api/repos/create":
            status = 200 if hub.files is None else 409
            hub.files = hub.files or {}
            self._answer({"url": f"{hub.endpoint}/datasets/ada/noise", "error": "You already created it"}, status)
        elif path == "/api/validate-yaml":
            self._answer({"warnings": [], "errors": []})
        elif "/preupload/" in path:
            names = [file["path"] for file in json.loads(body)["files"]]
            modes = {name: "lfs" if name.endswith(LARGE) else "regular" for name in names}
            self._answer({"files": [{"path": n, "uploadMode": m, "shouldIgnore": False} for n, m in modes.items()]})
        elif path.endswith("/info/lfs/objects/batch"):
            self._answer({"transfer": "basic", "objects": [self._upload(one) for one in json.loads(body)["objects"]]})
        elif "/paths-info/" in path:
            self._answer([hub.entry(name) for name in json.loads(body)["paths"] if name in (hub.files or {})])
        elif "/commit/" in path:
            self._commit([json.loads(line) for line in body.splitlines()])
        else:
            self._answer({"error": path}, 404)

    def _upload(self, one: dict[str, Any]) -> dict[str, Any]:
        if one["oid"] in self.server.large:
            return one
        # A link that is itself a secret, as the hub's are.
        href = f"{self.server.endpoint}/lfs/{one['oid']}?X-Amz-Signature=SecretSignature"
        return {**one, "actions": {"upload": {"href": href}}}

    def _commit(self, lines: list[dict[str, Any]]) -> None:
        files = dict(self.server.files or {})
        for line in lines:
            said = line["value"]
            if line["key"] == "file":
                files[said["path"]] = base64.b64decode(said["content"])
            elif line["key"] == "lfsFile":
                files[said["path"]] = self.server.large[said["oid"]]
            elif line["key"] == "deletedFile":
                del files[said["path"]]
        self.server.files = files
        self.server.commits += 1
        self._answer({"commitUrl": f"{self.server.endpoint}/datasets/ada/noise/commit/{COMMIT}", "commitOid": COMMIT})

    def do_GET(self) -> None:
        hub, path = self.server, urlsplit(self.path).path
        if self._stopped(b""):
            return
        if hub.files is None:
            self._answer({"error": "Repository not found"}, 404, X_Error_Code="RepoNotFound")
        elif "/tree/" in path:
            under = path.partition("/tree/main")[2].strip("/")
            found = [hub.entry(name) for name in sorted(hub.files) if name.startswith(f"{under}/" if under else "")]
            self._answer(found if found or not under else {"error": "no"}, 200 if found or not under else 404)
        elif "/resolve/" in path:
            self._resolve(path.partition("/resolve/")[2].partition("/")[2])
        else:
            self._answer({"id": "ada/noise", "sha": COMMIT, "siblings": []})

    do_HEAD = do_GET

    def _resolve(self, name: str) -> None:
        if name not in (self.server.files or {}):
            self._answer({"error": "no"}, 404, X_Error_Code="EntryNotFound")
            return
        content = (self.server.files or {})[name]
        status, more = 200, {"ETag": f'"{self.server.entry(name)["oid"]}"', "X_Repo_Commit": COMMIT}
        if (asked := self.headers.get("Range")) is not None:
            first, _, last = asked.removeprefix("bytes=").partition("-")
            stop = min(int(last) if last else len(content) - 1, len(content) - 1)
            more["Content_Range"] = f"bytes {first}-{stop}/{len(content)}"
            content, status = content[int(first) : stop + 1], 206
        self._answer(content, status, **more)


@contextlib.contextmanager
def hub_server() -> Iterator[Hub]:
    with Hub() as hub:
        thread = threading.Thread(target=hub.serve_forever, args=(0.05,), daemon=True)
        thread.start()
        try:
            yield hub
        finally:
            hub.shutdown()
            thread.join()
