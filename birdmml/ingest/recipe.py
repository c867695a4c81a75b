"""Real media as a recipe: every file looked at, every row decided, and shards like those of any other dataset."""

from __future__ import annotations

import hashlib
from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, ClassVar

import pyarrow as pa

from birdmml.data import MEDIA_PARTS
from birdmml.ingest.archive import ArchiveState
from birdmml.ingest.files import Files, Unreadable, open_roots
from birdmml.ingest.inspect import LIBRARIES, Inspection, forget, inspect
from birdmml.ingest.media import prepared_picture, prepared_sound
from birdmml.ingest.names import class_names
from birdmml.ingest.plan import Plan, Planned, make_plan
from birdmml.ingest.rows import FILES, LABEL, REJECTS, SourceManifest, cell_rejects, manifest_of, reject_bytes
from birdmml.ingest.table import read_source_table
from birdmml.ingest_settings import IngestSettings, settings_from
from confu_core.datasets.contents import CONTENTS, Contents
from confu_core.errors import DatasetError
from confu_core.inputs.spec import Input, InputSpec, Picture, Sound, Text
from confu_core.io.storage import Location, location
from confu_core.parallel.workers import Progress
from confu_core.shards import MEDIA, Manifest, Recipe, with_features
from confu_core.shards.cache import cache_folder
from confu_core.typed import check_keys

NAME, NEUTRAL = "birdmml-real", "own-media"
# Roles that are columns of a sample, under their own names.
KEPT_ROLES = (
    *("common_name", "family", "individual", "recording", "author", "licence", "source_url", "duration"),
    *FILES.values(),
)
_KINDS = {bool: pa.bool_(), int: pa.int64(), float: pa.float64()}
# Of the information in manifests: what is said of it to users. Versions before these were counted wrote no such keys.
_UNCOUNTED: dict[str, Any] = {"blank_lines": 0, "inner_lines": 0, "spellings": {}, "alike": []}
_SAID: dict[str, Any] = {
    "source": {
        **dict.fromkeys(("rows", "rejected_rows", "groups", "crossing", "blank_lines", "inner_lines"), int),
        "splits": str,
        "findings": dict[str, int],
        "spellings": dict[str, list[str]],
        "alike": list[list[str]],
    },
    "licences": dict[str, int],
    "columns_left_out": list[str],
    "archives": list[dict[str, Any]],
}


@dataclass(frozen=True)
class RealRecipe(Recipe):
    """What `confu_core.shards.build` needs to write real media into shards; `real_recipe` makes it.

    `archives` say how much of each can be read; what was found in the first pass and is not true any more is removed
    from the folder of `findings`.
    """

    manifest: SourceManifest
    settings: IngestSettings
    plan: Plan
    files: Files
    archives: tuple[ArchiveState, ...] = ()
    findings: Path | None = None

    libraries = LIBRARIES
    parts: ClassVar = {**MEDIA_PARTS, "caption": "txt"}

    @property
    def name(self) -> str:
        """Of the dataset; what is labelled by something else than species is called nothing of birds."""
        return NEUTRAL if self.manifest.label == LABEL else NAME

    @property
    def description(self) -> str:
        """One sentence."""
        of = "" if self.manifest.label == LABEL else " of birds"
        return f"Photographs, recordings and captions{of}, from files that others made."

    @property
    def seed(self) -> int:
        """Of splits and order."""
        return self.settings.seed

    @property
    def splits(self) -> dict[str, int]:
        """Rows of each split."""
        return {split: len(samples) for split, samples in self.plan.samples.items()}

    @property
    def config(self) -> dict[str, Any]:
        """All dials, and checksums of the manifest and of the files that are used; no path."""
        source = {"manifest_sha256": self.manifest.table.sha256, "samples_sha256": self.plan.digest}
        return {**self.settings.as_dict(), **source, "columns": dict(self.manifest.roles)}

    @property
    def schema(self) -> pa.Schema:
        """Key, media, caption, class, and the other columns of the manifest."""
        columns = [("key", pa.string()), ("image", MEDIA), ("audio", MEDIA)]
        columns += [(name, pa.string()) for name in ("caption", self.manifest.label, *self._roles)]
        for heading, name in self.manifest.extras.items():
            columns.append((name, _KINDS.get(type(self.manifest.table.columns[heading][0]), pa.string())))
        sound = {"_type": "Audio", "sampling_rate": self.settings.sample_rate}
        return with_features(pa.schema(columns), {"image": {"_type": "Image"}, "audio": sound})

    @property
    def _roles(self) -> list[str]:
        return [role for role in KEPT_ROLES if role in self.manifest.roles]

    def rows(self, split: str, start: int, stop: int) -> pa.Table:
        """Return a range of rows; a row does not depend on the range."""
        samples = [self._sample(planned) for planned in self.plan.samples[split][start:stop]]
        columns = [pa.array([sample[field.name] for sample in samples], field.type) for field in self.schema]
        return pa.Table.from_arrays(columns, schema=self.schema)

    def files_beside(self) -> dict[str, bytes]:
        """Return the list of what was left out."""
        return {REJECTS: reject_bytes(self.plan.rejects)}

    def information(self) -> dict[str, Any]:
        """Return what the columns are, and what became of the manifest; ceilings of real media are not known."""
        numbers = sorted(one.number for samples in self.plan.samples.values() for one in samples)
        rows = [self.manifest.row(number - 1).values for number in numbers]
        roles = self.manifest.roles
        return {
            CONTENTS: self._contents(rows).as_dict(),
            "ceilings": None,
            "prompts": f"names of the {'classes' if self.manifest.label == LABEL else 'species'}",
            "source": dict(self.plan.facts),
            "licences": _counted(values.get("licence", "") for values in rows) if "licence" in roles else {},
            "authors": len({values["author"] for values in rows}) if "author" in roles else None,
            "columns_left_out": list(self.manifest.table.left_out),
            "archives": [archive.as_dict() for archive in self.archives],
            "rejects_sha256": hashlib.sha256(reject_bytes(self.plan.rejects)).hexdigest(),
        }

    def _contents(self, rows: Sequence[Mapping[str, str]]) -> Contents:
        inputs: dict[str, Input] = {
            "image": Picture("image"),
            "audio": Sound("audio", self.settings.sample_rate, self.settings.seconds),
            "caption": Text("caption"),
        }
        return Contents(InputSpec(inputs), self.manifest.label, *class_names(rows))

    def _sample(self, planned: Planned) -> dict[str, Any]:
        row, dials = self.manifest.row(planned.number - 1), self.settings
        photo = self._content(row.file("picture"), planned.photo)
        audio = self._content(row.file("sound"), planned.audio)
        image = prepared_picture(photo, dials.size, dials.jpeg_quality)
        window: dict[str, Any] = {"window": dials.window, "place": planned.place, "places": planned.places}
        sound = prepared_sound(audio, dials.sample_rate, dials.seconds, loudness=dials.loudness, **window)
        return {
            **{role: row.values[role] for role in self._roles},
            **row.extras,
            "key": row.key,
            "image": {"bytes": image, "path": f"{row.key}.jpg"},
            "audio": {"bytes": sound, "path": f"{row.key}.flac"},
            "caption": row.values["combined_caption"],
            self.manifest.label: row.values["scientific_name"],
        }

    def _content(self, name: str, digest: str) -> bytes:
        try:
            data = self.files.read(name)
        except Unreadable as error:
            raise self._outdated(name, f"could be read before and cannot now: {error.detail}") from error
        if hashlib.sha256(data).hexdigest() != digest:
            raise self._outdated(name, "has changed since it was looked at")
        return data

    def _outdated(self, name: str, how: str) -> DatasetError:
        if self.findings is not None:
            forget(self.findings, name)
        return DatasetError(f"{name} {how}; run the same build again, with another --out: it looks at the file anew")


@dataclass(frozen=True)
class Source:
    """Where real media come from: a CSV or Parquet manifest, and folders, URLs and archives, by default its folder.

    `columns` are role to heading, where they differ from the published names.
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
    progress: Progress | None = None,
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
    names = {kind: list(dict.fromkeys(values[role] for values in usable)) for kind, role in FILES.items()}
    inspection = Inspection(roots, settings.sample_rate, settings.seconds, folder / "found")
    plan = make_plan(manifest, settings, inspect(inspection, names, workers=workers, progress=progress))
    return RealRecipe(manifest, settings, plan, roots, tuple(archives), inspection.folder)


def settings_of(manifest: Manifest) -> IngestSettings:
    """Return the dials that a dataset of real media was built with; of another kind it is a DatasetError."""
    if manifest.name not in (NAME, NEUTRAL):
        raise DatasetError(f"the dataset is {manifest.name!r}, not {NAME!r}: it was not built from a manifest of files")
    own = {*IngestSettings.__dataclass_fields__} - {"seed"}
    return settings_from({"seed": manifest.seed, **{name: one for name, one in manifest.config.items() if name in own}})


def checked_information(manifest: Manifest) -> dict[str, Any]:
    """Return what a manifest of real media says of its source; what an older version did not count is 0.

    A DatasetError names a key that is missing, or whose value is of another type than is written.
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


def _counted(licences: Iterable[str]) -> dict[str, int]:
    """Count licences, the most frequent first."""
    found = Counter(licence or "not stated" for licence in licences)
    return dict(sorted(found.items(), key=lambda one: (-one[1], one[0])))
