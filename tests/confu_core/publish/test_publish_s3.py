"""Publishing to a real S3 server on this machine, over a connection that is cut; and loading from there."""

from __future__ import annotations

import os
import uuid
from collections.abc import Callable, Iterator
from pathlib import Path

import pyarrow as pa
import pytest
from cut_connection import cut_connection
from object_store import BUCKET, READER, object_store

from confu_core.errors import DatasetError
from confu_core.io.storage import RemotePath
from confu_core.publish import Release, publish
from confu_core.shards import TableRecipe, build, open_dataset, verify

pytestmark = pytest.mark.slow
KEYS = ("owner-key", "owner-secret-1234567890")
SHARDS, SHARD = 8, 300_000


@pytest.fixture(scope="module")
def s3() -> Iterator[dict[str, str]]:
    """A server that knows one pair of keys."""
    pytest.importorskip("s3fs").S3FileSystem.clear_instance_cache()
    with object_store(KEYS) as environment:
        yield environment
    pytest.importorskip("s3fs").S3FileSystem.clear_instance_cache()


@pytest.fixture
def url(s3: dict[str, str]) -> str:
    return f"s3://{BUCKET}/{uuid.uuid4().hex}"


@pytest.fixture(scope="module")
def large(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Shards of 300 kB that do not compress."""
    root = tmp_path_factory.mktemp("large") / "bytes"
    rows = {"key": [f"k{i}" for i in range(SHARDS)], "noise": [os.urandom(SHARD) for _ in range(SHARDS)]}
    build(TableRecipe("bytes", {"train": pa.table(rows)}), root, shard_rows=1)
    return root


@pytest.fixture
def through(s3: dict[str, str], monkeypatch: pytest.MonkeyPatch) -> Iterator[Callable[..., None]]:
    """Say which server s3:// leads to, and with which keys."""
    import s3fs

    # A client tries again and again, and waits for longer each time; here the first time is enough.
    monkeypatch.setattr(s3fs.S3FileSystem, "retries", 1)
    monkeypatch.setenv("AWS_MAX_ATTEMPTS", "1")

    def change(**environment: str) -> None:
        s3fs.S3FileSystem.clear_instance_cache()
        for name, value in environment.items():
            monkeypatch.setenv(name, value)

    yield change
    s3fs.S3FileSystem.clear_instance_cache()


def test_a_published_dataset_is_verified_where_it_lies(data: Path, release_of, url: str) -> None:
    release = release_of(data, place=url)
    assert publish(release, url).bytes == release.size
    assert verify(url, deep=True).ok
    assert RemotePath(url).files() == {part.name: part.size for part in release.parts}
    again = publish(release, url)
    assert again.sent == () and len(again.kept) == len(release.parts)


def test_after_a_cut_only_the_rest_is_sent(large: Path, release_of, url: str, s3, through) -> None:
    release: Release = release_of(large, place=url)
    with cut_connection(s3["AWS_ENDPOINT_URL"]) as cut:
        through(AWS_ENDPOINT_URL=cut.endpoint)
        # Four go at a time, so that three at least have arrived by then.
        cut.left = int(6.5 * SHARD)
        with pytest.raises(DatasetError, match=f"^(cannot write )?{url}/") as caught:
            publish(release, url)
        assert "\n" not in str(caught.value)
        cut.left = None
        through()
        with pytest.raises(DatasetError, match="is being published, or that was interrupted; publish it again"):
            open_dataset(url)
        there = {name: size for name, size in RemotePath(url).files().items() if name.startswith("data/")}
        assert 1 <= len(there) < SHARDS and there.items() <= {part.name: part.size for part in release.parts}.items()
        before = cut.sent
        done = publish(release, url)
        kept = [name for name in done.kept if name.startswith("data/")]
        assert set(there) <= set(kept)
        # What went over the wire is the rest, and what is said about it.
        assert (SHARDS - len(kept)) * SHARD < cut.sent - before < (SHARDS - len(kept) + 0.5) * SHARD
        assert verify(url).ok
        assert not [name for name in RemotePath(url).files() if name.startswith(".publish/")]


def test_a_wrong_secret_is_one_line_and_leaves_nothing(release: Release, url: str, s3, through) -> None:
    through(AWS_SECRET_ACCESS_KEY="wrong-secret-0987654321")
    with pytest.raises(DatasetError, match=r"the secret key is wrong; check AWS_SECRET_ACCESS_KEY$") as caught:
        publish(release, url)
    assert "wrong-secret" not in str(caught.value)
    through(AWS_ACCESS_KEY_ID="stranger", AWS_SECRET_ACCESS_KEY=KEYS[1])
    with pytest.raises(DatasetError, match=r"does not know the access key; check AWS_ACCESS_KEY_ID$"):
        publish(release, url)
    through(AWS_ACCESS_KEY_ID=KEYS[0])
    assert RemotePath(url).files() == {}


def test_keys_that_may_only_read_are_one_line(release: Release, url: str, s3, through) -> None:
    through(AWS_ACCESS_KEY_ID=READER)
    with pytest.raises(
        DatasetError, match=r"^cannot write .*ledger.json: the store refuses \(403\): these keys may not"
    ):
        publish(release, url)
    assert RemotePath(url).files() == {}


def test_a_server_that_is_not_there_is_one_line(release: Release, url: str, through) -> None:
    through(AWS_ENDPOINT_URL="http://127.0.0.1:1")
    with pytest.raises(DatasetError, match="cannot be read: .*check the address and the network$"):
        publish(release, url)


# webdataset leaves it to the garbage collector to close the tars; clients of S3 end with their loops.
@pytest.mark.filterwarnings("ignore::ResourceWarning", "ignore::pytest.PytestUnraisableExceptionWarning")
@pytest.mark.parametrize("library", ["pandas", "datasets", "webdataset", "torch"])
def test_the_card_loads_from_there(data: Path, release_of, s3, library: str, loaded) -> None:
    url = f"s3://{BUCKET}/loaded"
    release = release_of(data, place=url)
    publish(release, url)
    loaded(release, library, Path.cwd())
