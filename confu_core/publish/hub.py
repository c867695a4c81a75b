"""Publish to the Hugging Face hub: everything in one commit, so that readers see all of it or nothing."""

from __future__ import annotations

import contextlib
import hashlib
import json
import re
import tempfile
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from confu_core.errors import DatasetError, InvalidValue
from confu_core.io.refusal import refusal, tellable
from confu_core.publish.card import HUB
from confu_core.publish.release import Part, Release
from confu_core.publish.send import Sent
from confu_core.shards.manifest import MANIFEST, SUMS

__all__ = ["HubFile", "hub_files", "repository", "send_to_hub"]

_REPOSITORY = re.compile(r"[\w.-]+/[\w.-]+")
_KIND = "dataset"
# What the hub itself puts into a new repository.
_ITS_OWN = {".gitattributes", "README.md"}


@dataclass(frozen=True)
class HubFile:
    """A file as the hub describes it.

    Attributes
    ----------
    size : int
        In bytes.
    digest : str
        SHA-256 of a large file, or the name that Git gives to the content of a small one.
    """

    size: int
    digest: str

    def holds(self, part: Part) -> bool:
        """Return whether it has the content of a part."""
        if len(self.digest) == hashlib.sha256().digest_size * 2:
            return self.digest == part.sha256
        return self.size == part.size and self.digest == _git_name(part)


def repository(url: str) -> str:
    """Return the repository that a URL names.

    Parameters
    ----------
    url : str
        Such as ``hf://datasets/user/name``.

    Returns
    -------
    str
        User and name.

    Raises
    ------
    InvalidValue
        If it is not of that form.

    Examples
    --------
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


def send_to_hub(release: Release, url: str, *, client: Any = None) -> Sent:
    """Publish to the hub, with the login of its own tools: this project neither reads nor keeps a token.

    Large files go first, and are not sent again after an interruption; the one commit that shows them comes last.
    Then the checksums that the hub has of every file are compared with those of the release.

    Parameters
    ----------
    release : Release
        What to send.
    url : str
        Such as ``hf://datasets/user/name``; the repository is made where it is missing.
    client : huggingface_hub.HfApi, optional
        To use in place of the default one.

    Returns
    -------
    Sent
        What was sent and what was there.

    Raises
    ------
    DatasetError
        If there is another dataset, the hub refuses, or a file there is not the one that was sent.
    InvalidValue
        If the URL names no repository, or huggingface_hub is not installed.
    """
    name = repository(url)
    hub = _library()
    client = client if client is not None else hub.HfApi()
    with _translated(url), contextlib.ExitStack() as stack:
        client.create_repo(name, repo_type=_KIND, exist_ok=True)
        there = hub_files(name, client)
        stale = _survey(release, url, there, client)
        missing = [part for part in release.parts if part.name not in there or not there[part.name].holds(part)]
        operations = [hub.CommitOperationDelete(path_in_repo=one) for one in stale]
        for part in missing:
            content = part.source if isinstance(part.source, bytes) else str(stack.enter_context(part.local()))
            operations.append(hub.CommitOperationAdd(path_in_repo=part.name, path_or_fileobj=content))
        if operations:
            message = f"{release.name} {release.fingerprint[:12]}"
            client.create_commit(name, operations, commit_message=message, repo_type=_KIND)
            _check(release, url, hub_files(name, client))
    kept = tuple(part.name for part in release.parts if part not in missing)
    return Sent(tuple(part.name for part in missing), kept, stale, sum(part.size for part in missing))


def hub_files(name: str, client: Any = None) -> dict[str, HubFile]:
    """List the files of a repository.

    Parameters
    ----------
    name : str
        User and name.
    client : huggingface_hub.HfApi, optional
        To use in place of the default one.

    Returns
    -------
    dict of str to HubFile
        Empty where there is no such repository.
    """
    hub = _library()
    client = client if client is not None else hub.HfApi()
    try:
        found = list(client.list_repo_tree(name, recursive=True, repo_type=_KIND))
    except hub.errors.RepositoryNotFoundError:
        return {}
    return {
        one.path: HubFile(one.size, one.lfs.sha256 if one.lfs else one.blob_id)
        for one in found
        if hasattr(one, "blob_id")
    }


def _survey(release: Release, url: str, there: dict[str, HubFile], client: Any) -> tuple[str, ...]:
    """Refuse another dataset; return the files that an earlier publication left and this one does not hold."""
    if MANIFEST not in there:
        if others := sorted(there.keys() - _ITS_OWN):
            raise DatasetError(f"{url} holds other files ({others[0]}); choose another repository")
        return ()
    found = json.loads(_text(repository(url), MANIFEST, client))
    if (found.get("name"), found.get("fingerprint")) != (release.name, release.fingerprint):
        what = f"{found.get('name')!r} ({str(found.get('fingerprint'))[:12]} there, {release.fingerprint[:12]} here)"
        raise DatasetError(f"{url} holds another dataset, {what}; choose another repository")
    listed = _text(repository(url), SUMS, client).splitlines() if SUMS in there else []
    own = {part.name for part in release.parts}
    return tuple(sorted(name for line in listed if (name := line[66:]) in there and name not in own))


def _text(name: str, path: str, client: Any) -> str:
    # Not into the hub's cache, from which an older version might come.
    with tempfile.TemporaryDirectory() as folder:
        return Path(client.hf_hub_download(name, path, repo_type=_KIND, local_dir=folder)).read_text(encoding="utf-8")


def _check(release: Release, url: str, there: dict[str, HubFile]) -> None:
    for part in release.parts:
        if part.name not in there or not there[part.name].holds(part):
            raise DatasetError(f"{url}/{part.name} is not what was sent: the hub has another checksum; run it again")


def _git_name(part: Part) -> str:
    digest = hashlib.sha1(b"blob %d\0" % part.size, usedforsecurity=False)
    with part.local() as path, path.open("rb") as file:
        while piece := file.read(1 << 20):
            digest.update(piece)
    return digest.hexdigest()


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
