"""From a manifest to a recipe: look at every file, decide about every row, and build what can be used."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from birdmml.ingest.inspect import Inspection, inspect
from birdmml.ingest.open_root import open_roots
from birdmml.ingest.plan import make_plan
from birdmml.ingest.recipe import NAME, RealRecipe
from birdmml.ingest.rows import cell_rejects, manifest_of
from birdmml.ingest.table import read_source_table
from birdmml.ingest_settings import IngestSettings, settings_from
from confu_core.errors import DatasetError
from confu_core.io.storage import Location, location
from confu_core.shards import Manifest
from confu_core.shards.cache import cache_folder
from confu_core.typed import check_keys

__all__ = ["Source", "checked_information", "real_recipe", "settings_of"]

Watch = Callable[[int, int], None]
# Of the information in manifests: what is said of it to users. Versions before these were counted wrote no such keys.
_UNCOUNTED: dict[str, Any] = {"blank_lines": 0, "inner_lines": 0, "spellings": {}, "alike": []}
_SOURCE: dict[str, Any] = {
    **dict.fromkeys(("rows", "rejected_rows", "groups", "crossing", "blank_lines", "inner_lines"), int),
    "splits": str,
    "findings": dict[str, int],
    "spellings": dict[str, list[str]],
    "alike": list[list[str]],
}
_SAID: dict[str, Any] = {
    "source": _SOURCE,
    "licences": dict[str, int],
    "columns_left_out": list[str],
    "archives": list[dict[str, Any]],
}


@dataclass(frozen=True)
class Source:
    """Where real media come from.

    Attributes
    ----------
    manifest : str, Path or RemotePath
        CSV or Parquet.
    roots : tuple of str, Path or RemotePath
        Folders, URLs and archives; none is the folder of the manifest.
    columns : mapping of str to str
        Role to heading, where they differ from the published names.
    """

    manifest: str | Location
    roots: tuple[str | Location, ...] = ()
    columns: Mapping[str, str] | None = None


def real_recipe(
    source: Source,
    settings: IngestSettings,
    *,
    cache: Path | None = None,
    workers: int = 1,
    progress: Watch | None = None,
) -> RealRecipe:
    """Look at all files of a manifest, and decide what becomes of each row.

    Parameters
    ----------
    source : Source
        The manifest and its files.
    settings : IngestSettings
        The dials.
    cache : Path, optional
        Where findings, and archives that had to be unpacked, are kept; by default ``ingest`` among the caches.
    workers : int
        Number of processes.
    progress : callable, optional
        Called with the files looked at and all of them.

    Returns
    -------
    RealRecipe
        To be built, or read in place.

    Raises
    ------
    ConfuError
        If the manifest, a column or a root is missing or damaged, or no row can be used.
    """
    folder = (cache_folder() if cache is None else cache) / "ingest"
    manifest = manifest_of(read_source_table(location(source.manifest)), source.columns or {}, settings.na)
    roots, archives = open_roots(source.roots, location(source.manifest), folder)
    manifest = manifest.without_folders(roots)
    given = "split" in manifest.roles and settings.split is None
    usable = [row.values for row in manifest if not cell_rejects(manifest, row, split_needed=given)]
    names = {role: list(dict.fromkeys(values[role] for values in usable)) for role in ("photo_file", "audio_file")}
    inspection = Inspection(roots, settings.sample_rate, settings.seconds, folder / "found")
    pictures, sounds = inspect(inspection, *names.values(), workers=workers, progress=progress)
    plan = make_plan(manifest, settings, pictures, sounds)
    return RealRecipe(manifest, settings, plan, roots, tuple(archives), inspection.folder)


def settings_of(manifest: Manifest) -> IngestSettings:
    """Return the dials that a dataset of real media was built with.

    Parameters
    ----------
    manifest : Manifest
        Of the dataset.

    Returns
    -------
    IngestSettings
        To build the same again from the same source.

    Raises
    ------
    DatasetError
        If it is another kind of dataset.
    """
    if manifest.name != NAME:
        raise DatasetError(f"the dataset is {manifest.name!r}, not {NAME!r}: it was not built from a manifest of files")
    own = {*IngestSettings.__dataclass_fields__} - {"seed"}
    return settings_from({"seed": manifest.seed, **{name: one for name, one in manifest.config.items() if name in own}})


def checked_information(manifest: Manifest) -> dict[str, Any]:
    """Return what a manifest of real media says of its source, if every value is of the type that is written.

    Parameters
    ----------
    manifest : Manifest
        Of the dataset.

    Returns
    -------
    dict
        Its `information`; what an older version did not count is 0.

    Raises
    ------
    DatasetError
        If a key is missing or its value is of another type; the line names it.
    """
    said = dict(manifest.information)
    if isinstance(said.get("source"), dict):
        said["source"] = {**_UNCOUNTED, **said["source"]}
    try:
        check_keys(said, _SAID, "information")
        for place, archive in enumerate(said["archives"]):
            check_keys(archive, {"summary": str}, f"information.archives[{place}]")
        if said["source"]["splits"] not in ("given", "made"):
            raise ValueError(f"information.source.splits must be given or made; got {said['source']['splits']!r:.60}")
        if any(len(pair) != 2 for pair in said["source"]["alike"]):
            raise ValueError("information.source.alike must hold pairs of names")
    except ValueError as error:
        raise DatasetError(f"the manifest is damaged: {error}; restore it, or build the dataset again") from error
    return said
