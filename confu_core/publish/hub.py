"""Publish to the Hugging Face hub: everything in one commit, so that readers see all of it or nothing."""

from __future__ import annotations

import contextlib
import hashlib
import json
import re
import tempfile
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any, NamedTuple

from confu_core.errors import DatasetError, InvalidValue
from confu_core.io.refusal import refusal, tellable
from confu_core.publish.release import Part, Release
from confu_core.publish.send import Sent
from confu_core.shards.manifest import MANIFEST, SUMS

HUB = "hf://datasets/"
_REPOSITORY = re.compile(r"[\w.-]+/[\w.-]+")
_KIND = "dataset"
# What the hub itself puts into a new repository.
_ITS_OWN = {".gitattributes", "README.md"}


class HubFile(NamedTuple):
    """A file as the hub describes it: its size, and its SHA-256 if it is large, or Git's name for what it holds."""

    size: int
    digest: str

    def holds(self, part: Part) -> bool:
        """Return whether it has the content of a part."""
        if len(self.digest) == hashlib.sha256().digest_size * 2:
            return self.digest == part.sha256
        return self.size == part.size and self.digest == _git_name(part)


def repository(url: str) -> str:
    """Return user and name of the repository that a URL names.

    >>> repository("hf://datasets/ada/birds")
    'ada/birds'
    >>> repository("hf://ada/birds")
    Traceback (most recent call last):
    confu_core.errors.InvalidValue: --to must be hf://datasets/USER/NAME; got 'hf://ada/birds'
    """
    name = url.removeprefix(HUB).rstrip("/")
    if not url.startswith(HUB) or not _REPOSITORY.fullmatch(name):
        raise InvalidValue(f"--to must be {HUB}USER/NAME; got {url!r}")
    return name


def send_to_hub(release: Release, url: str) -> Sent:
    """Publish to the hub, with the login of its own tools: this project neither reads nor keeps a token.

    The repository is made where it is missing. Large files go first, and are not sent again after an interruption; the
    one commit that shows them comes last. Then the checksums that the hub has of every file are compared with those of
    the release.
    """
    name = repository(url)
    hub = _library()
    client = hub.HfApi()
    with _translated(url), contextlib.ExitStack() as stack:
        client.create_repo(name, repo_type=_KIND, exist_ok=True)
        there = hub_files(name)
        stale = _survey(release, url, there, client)
        missing = missing_parts(release, there)
        operations = [hub.CommitOperationDelete(path_in_repo=one) for one in stale]
        for part in missing:
            content = part.source if isinstance(part.source, bytes) else str(stack.enter_context(part.local()))
            operations.append(hub.CommitOperationAdd(path_in_repo=part.name, path_or_fileobj=content))
        if operations:
            message = f"{release.name} {release.fingerprint[:12]}"
            client.create_commit(name, operations, commit_message=message, repo_type=_KIND)
            for part in missing_parts(release, hub_files(name)):
                problem = "is not what was sent: the hub has another checksum; run it again"
                raise DatasetError(f"{url}/{part.name} {problem}")
    kept = tuple(part.name for part in release.parts if part not in missing)
    return Sent(tuple(part.name for part in missing), kept, stale, sum(part.size for part in missing))


def hub_files(name: str) -> dict[str, HubFile]:
    """List the files of a repository; there are none where it does not exist."""
    hub = _library()
    try:
        found = list(hub.HfApi().list_repo_tree(name, recursive=True, repo_type=_KIND))
    except hub.errors.RepositoryNotFoundError:
        return {}
    files = [one for one in found if hasattr(one, "blob_id")]
    return {one.path: HubFile(one.size, one.lfs.sha256 if one.lfs else one.blob_id) for one in files}


def missing_parts(release: Release, there: Mapping[str, HubFile]) -> list[Part]:
    """Return the parts of a release that are not among the files of a repository, or are others there."""
    return [part for part in release.parts if part.name not in there or not there[part.name].holds(part)]


def _survey(release: Release, url: str, there: Mapping[str, HubFile], client: Any) -> tuple[str, ...]:
    """Refuse another dataset; return the files that an earlier publication left and this one does not hold."""
    if MANIFEST not in there:
        if others := sorted(there.keys() - _ITS_OWN):
            raise DatasetError(f"{url} holds other files ({others[0]}); choose another repository")
        return ()
    found = json.loads(_text(repository(url), MANIFEST, client))
    release.check_same(url, found.get("name"), found.get("fingerprint"), "choose another repository")
    listed = _text(repository(url), SUMS, client).splitlines() if SUMS in there else []
    own = {part.name for part in release.parts}
    return tuple(sorted(name for line in listed if (name := line[66:]) in there and name not in own))


def _text(name: str, path: str, client: Any) -> str:
    # Not into the hub's cache, from which an older version might come.
    with tempfile.TemporaryDirectory() as folder:
        return Path(client.hf_hub_download(name, path, repo_type=_KIND, local_dir=folder)).read_text(encoding="utf-8")


def _git_name(part: Part) -> str:
    """Return what Git calls the content of a file, which is one of those that the hub has in Git, and so small."""
    with part.local() as path:
        return hashlib.sha1(b"blob %d\0" % part.size + path.read_bytes(), usedforsecurity=False).hexdigest()


def _library() -> Any:
    try:
        import huggingface_hub
        import huggingface_hub.errors
    except ImportError as error:
        raise InvalidValue(f"{HUB} needs huggingface_hub; pip install 'confu-bench[hf]'") from error
    return huggingface_hub


@contextlib.contextmanager
def _translated(url: str) -> Iterator[None]:
    try:
        yield
    except (DatasetError, InvalidValue):
        raise
    except Exception as error:  # The client has errors of its own and of what it stands on, all for the user to see.
        raise DatasetError(f"cannot publish to {url}: {refusal(error)}") from tellable(error)
