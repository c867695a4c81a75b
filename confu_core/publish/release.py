"""A release: the files that make up a published dataset, whole before any of them is sent anywhere."""

from __future__ import annotations

import contextlib
import hashlib
import tempfile
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from confu_core.io.storage import Location, fetched
from confu_core.shards.manifest import MANIFEST

__all__ = ["Part", "Release", "made"]


@dataclass(frozen=True)
class Part:
    """One file.

    Attributes
    ----------
    name : str
        Relative to the release, with forward slashes.
    size : int
        In bytes.
    sha256 : str
        64 hexadecimal digits.
    source : bytes, Path or RemotePath
        The content, or where it lies.
    """

    name: str
    size: int
    sha256: str
    source: bytes | Location

    @property
    def listed(self) -> tuple[str, int, str]:
        """Name, size and SHA-256."""
        return self.name, self.size, self.sha256

    @contextlib.contextmanager
    def local(self) -> Iterator[Path]:
        """Give a local file with the content, for as long as the block lasts; it is not to be altered."""
        if not isinstance(self.source, bytes):
            with fetched(self.source) as path:
                yield path
            return
        with tempfile.TemporaryDirectory() as folder:
            # Stores guess the type of a file by its name.
            path = Path(folder) / self.name.rpartition("/")[2]
            path.write_bytes(self.source)
            yield path


@dataclass(frozen=True)
class Release:
    """All files of a published dataset.

    Attributes
    ----------
    name, fingerprint : str
        Of the dataset.
    parts : tuple of Part
        In the order in which they are sent: shards first, the manifest last, since it is what makes a folder a dataset.
    notes : tuple of str
        What whoever publishes should know, such as which items name several licences.
    """

    name: str
    fingerprint: str
    parts: tuple[Part, ...]
    notes: tuple[str, ...] = ()

    @property
    def size(self) -> int:
        """Bytes of all parts."""
        return sum(part.size for part in self.parts)

    @property
    def manifest(self) -> Part:
        """The last part."""
        assert self.parts[-1].name == MANIFEST
        return self.parts[-1]

    def part(self, name: str) -> Part | None:
        """Return a part by name, or None."""
        return next((part for part in self.parts if part.name == name), None)


def made(name: str, content: bytes) -> Part:
    """Return a part whose content is at hand.

    Parameters
    ----------
    name : str
        Of the file.
    content : bytes
        Of the file.

    Returns
    -------
    Part
        With its size and checksum.

    Examples
    --------
    >>> made("LICENSE", b"free").size
    4
    """
    return Part(name, len(content), hashlib.sha256(content).hexdigest(), content)
