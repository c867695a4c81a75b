"""Publish a dataset: into a folder, to a store, to the hub, or just to see what would go."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

from confu_core.errors import InvalidValue
from confu_core.io.refusal import without_secrets
from confu_core.io.storage import Location, location
from confu_core.publish.hub import HUB, hub_files, missing_parts, repository, send_to_hub
from confu_core.publish.release import Release
from confu_core.publish.send import Sent, send, survey, write_release

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
