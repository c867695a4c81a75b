"""What already lies where a release is to go: nothing, the same dataset, or what must not be touched."""

from __future__ import annotations

from dataclasses import dataclass

from confu_core.errors import DatasetError
from confu_core.io.atomic import sha256_of
from confu_core.io.lock import LOCK, OWNER
from confu_core.io.storage import Location, files_under, sizes
from confu_core.publish.ledger import LEDGER, Ledger
from confu_core.publish.release import Release
from confu_core.shards.layout import FOLDERS
from confu_core.shards.manifest import MANIFEST, SUMS, legible_sums, load_manifest

__all__ = ["Survey", "survey"]


@dataclass(frozen=True)
class Survey:
    """What lies at a place.

    Attributes
    ----------
    sizes : dict of str to int
        Of the files there that a release would hold, by name.
    sums : dict of str to str
        The SHA-256 that is written down for each, which proves nothing by itself.
    stale : tuple of str
        Files of an earlier publication of the same dataset that this one does not hold.
    whole : bool
        Whether there is a manifest.
    """

    sizes: dict[str, int]
    sums: dict[str, str]
    stale: tuple[str, ...]
    whole: bool


def survey(root: Location, release: Release) -> Survey:
    """Look at a place, and refuse it where something else lies there.

    Parameters
    ----------
    root : Path or RemotePath
        Where the release is to go; need not exist.
    release : Release
        What is to go there.

    Returns
    -------
    Survey
        Read, and nothing else.

    Raises
    ------
    DatasetError
        If another dataset or other files are there, or the place cannot be read.
    """
    there = [name for name in files_under(root) if name not in (LEDGER, LOCK, OWNER)]
    sums = {**legible_sums(root), SUMS: sha256_of(root / SUMS)} if SUMS in there else {}
    ledger = Ledger.of(root)
    whole = MANIFEST in there
    if whole:
        found = load_manifest(root / MANIFEST)
        _check_same(root, release, found.name, found.fingerprint)
        sums |= {shard.path: shard.sha256 for shard in found.shards}
    elif ledger is not None:
        _check_same(root, release, ledger.get("name"), ledger.get("fingerprint"))
        sums |= {name: str(said[0]) for name, said in ledger["arrived"].items() if isinstance(said, list) and said}
    elif there:
        raise DatasetError(f"{root} holds other files ({there[0]}); choose another place, or empty this one")
    own = {part.name for part in release.parts}
    stale = tuple(name for name in there if name not in own and name in sums)
    _check_strangers(root, [name for name in there if name not in own and name not in sums])
    return Survey(sizes(root, own & set(there)), sums, stale, whole)


def _check_same(root: Location, release: Release, name: object, fingerprint: object) -> None:
    if (name, fingerprint) != (release.name, release.fingerprint):
        what = f"{name!r} ({str(fingerprint)[:12]} there, {release.fingerprint[:12]} here)"
        raise DatasetError(f"{root} holds another dataset, {what}; choose another place, or empty this one")


def _check_strangers(root: Location, names: list[str]) -> None:
    # Readers take every file in these folders for a part of the dataset.
    for name in names:
        if name.partition("/")[0] in FOLDERS.values() and not name.rpartition("/")[2].startswith("."):
            raise DatasetError(f"{root / name} is not part of the dataset, but readers would take it; remove it first")
