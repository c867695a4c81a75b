"""Publish a dataset: into a folder, to a store, to the Hugging Face hub, or just to see what would go.

The hub gets everything in one commit, so that readers see all of it or nothing.
"""

from __future__ import annotations

import contextlib
import hashlib
import json
import re
import tempfile
from collections.abc import Callable, Iterator, Mapping
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any, NamedTuple

from confu_core.errors import DatasetError, InvalidValue
from confu_core.io.refusal import refusal, tellable, without_secrets
from confu_core.io.storage import Location, location
from confu_core.publish.release import Part, Release
from confu_core.publish.send import Sent, send, survey, write_release
from confu_core.shards.manifest import MANIFEST, SUMS

HUB = "hf://datasets/"
_REPOSITORY = re.compile(r"[\w.-]+/[\w.-]+")
_REPO_TYPE = "dataset"
# What the hub itself puts into a new repository.
_ITS_OWN = {".gitattributes", "README.md"}
# Web servers take nothing; over FTP passwords go in the clear, and files do not appear whole.
_NO_STORES = ("http", "https", "ftp", "ftps")


@dataclass(frozen=True)
class Plan:
    """What would go to a place.

    Attributes
    ----------
    place : str
        Folder or URL.
    files : tuple of (str, int, bool)
        Name, bytes, and whether a file of that name, size and written-down checksum is there already.
    """

    place: str
    files: tuple[tuple[str, int, bool], ...]

    @property
    def bytes(self) -> int:
        """Of the files that are not there."""
        return sum(size for _, size, there in self.files if not there)

    def as_dict(self) -> dict[str, Any]:
        """Return the same as JSON values."""
        files = [{"name": name, "bytes": size, "there": there} for name, size, there in self.files]
        return {**asdict(self), "files": files, "bytes": self.bytes}


def check_place(place: str | Path) -> None:
    """Refuse a URL that would tell a secret on the card, or where nothing can be published, before anything is read.

    Parameters
    ----------
    place : str or Path
        As for `publish`.

    Raises
    ------
    InvalidValue
        If it does, or nothing can.

    Examples
    --------
    >>> check_place("ftp://example.org/birds")
    Traceback (most recent call last):
    confu_core.errors.InvalidValue: --to must be a store that files appear in whole, such as s3://bucket/name; got ...
    """
    text = str(place)
    if (shown := without_secrets(text)) != text:
        mend = "it would stand on the card; clients read keys from their own files and from the environment"
        raise InvalidValue(f"a URL must hold no password; got {shown}; {mend}")
    if "://" in text and text.partition("://")[0] in _NO_STORES:
        raise InvalidValue(f"--to must be a store that files appear in whole, such as s3://bucket/name; got {text}")


def publish(
    release: Release,
    place: str | Path,
    source: Location | None = None,
    *,
    progress: Callable[[int, int], None] | None = None,
) -> Sent:
    """Bring a release to where it is to be found.

    Parameters
    ----------
    release : Release
        What to publish.
    place : str or Path
        A folder; ``hf://datasets/user/name``; or any URL that fsspec writes to.
    source : Path or RemotePath, optional
        Where the dataset itself lies, which `place` must be outside of.
    progress : callable, optional
        Called with the bytes that are in place and those of all files; the hub does not call it.

    Returns
    -------
    Sent
        What was brought and what was there.

    Raises
    ------
    DatasetError
        If something else lies there, the store refuses, or a file does not arrive as it was sent.
    InvalidValue
        If nothing that is installed writes to the URL, or it leads into the dataset itself.
    """
    check_place(place)
    if _on_hub(place):
        return send_to_hub(release, str(place))
    where = _writable(place, source)
    if isinstance(where, Path):
        return write_release(release, where, progress=progress)
    return send(release, where, progress=progress)


def plan(release: Release, place: str | Path, source: Location | None = None) -> Plan:
    """Say what would be published, and touch nothing.

    Parameters
    ----------
    release : Release
        What would go.
    place, source
        As for `publish`.

    Returns
    -------
    Plan
        Every file. What is there is judged by what is written down; publishing reads it.

    Raises
    ------
    DatasetError
        If something else lies there, or the place cannot be read.
    InvalidValue
        As for `publish`.
    """
    check_place(place)
    if _on_hub(place):
        missing = missing_parts(release, hub_files(repository(str(place))))
        known = {part.name for part in release.parts if part not in missing}
    else:
        found = survey(_writable(place, source), release)
        pairs = ((part, found.sizes.get(part.name), found.sums.get(part.name)) for part in release.parts)
        known = {part.name for part, size, sha256 in pairs if (size, sha256) == (part.size, part.sha256)}
    return Plan(str(place), tuple((part.name, part.size, part.name in known) for part in release.parts))


def _on_hub(place: str | Path) -> bool:
    return str(place).startswith(HUB.partition("//")[0] + "//")


def _writable(place: str | Path, source: Location | None) -> Location:
    where = location(place)
    if source is not None and f"{where.resolve()}/".startswith(f"{source.resolve()}/"):
        raise InvalidValue(f"a release must lie outside the dataset {source}; got {place}; name another place")
    return where


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
        client.create_repo(name, repo_type=_REPO_TYPE, exist_ok=True)
        there = hub_files(name)
        stale = _survey(release, url, there, client)
        missing = missing_parts(release, there)
        operations = [hub.CommitOperationDelete(path_in_repo=one) for one in stale]
        for part in missing:
            content = part.source if isinstance(part.source, bytes) else str(stack.enter_context(part.local()))
            operations.append(hub.CommitOperationAdd(path_in_repo=part.name, path_or_fileobj=content))
        if operations:
            message = f"{release.name} {release.fingerprint[:12]}"
            client.create_commit(name, operations, commit_message=message, repo_type=_REPO_TYPE)
            for part in missing_parts(release, hub_files(name)):
                problem = "is not what was sent: the hub has another checksum; run it again"
                raise DatasetError(f"{url}/{part.name} {problem}")
    kept = tuple(part.name for part in release.parts if part not in missing)
    return Sent(tuple(part.name for part in missing), kept, stale, sum(part.size for part in missing))


def hub_files(name: str) -> dict[str, HubFile]:
    """List the files of a repository; there are none where it does not exist."""
    hub = _library()
    try:
        found = list(hub.HfApi().list_repo_tree(name, recursive=True, repo_type=_REPO_TYPE))
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
        return Path(client.hf_hub_download(name, path, repo_type=_REPO_TYPE, local_dir=folder)).read_text(
            encoding="utf-8"
        )


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
