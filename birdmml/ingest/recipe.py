"""Real media as a recipe: the second pass, which builds shards like those of any other dataset."""

from __future__ import annotations

import hashlib
from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, ClassVar

import pyarrow as pa

from birdmml.data import MEDIA_PARTS
from birdmml.ingest.files import Files, Unreadable
from birdmml.ingest.inspect import LIBRARIES, forget
from birdmml.ingest.names import class_names
from birdmml.ingest.open_root import ArchiveState
from birdmml.ingest.picture import prepared_picture
from birdmml.ingest.plan import Plan, Planned
from birdmml.ingest.reasons import REJECTS, reject_bytes
from birdmml.ingest.rows import Manifest, Row
from birdmml.ingest.sound import prepared_sound
from birdmml.ingest_settings import IngestSettings
from confu_core.datasets.contents import CONTENTS, Contents
from confu_core.errors import DatasetError
from confu_core.inputs.spec import Input, InputSpec, Picture, Sound, Text
from confu_core.shards.parquet import MEDIA, with_features
from confu_core.shards.recipe import Recipe

__all__ = ["NAME", "RealRecipe"]

NAME = "birdmml-real"
# Roles that are columns of a sample, under their own names.
KEPT_ROLES = (
    *("common_name", "family", "individual", "recording", "author", "licence", "source_url", "duration"),
    *("photo_file", "audio_file"),
)


@dataclass(frozen=True)
class RealRecipe(Recipe):
    """What `confu_core.shards.build` needs to write real media into shards.

    Parameters
    ----------
    manifest : Manifest
        The rows.
    settings : IngestSettings
        The dials.
    plan : Plan
        Which rows, in which split.
    files : Files
        Where the media are.
    archives : tuple of ArchiveState
        How much of each archive can be read.
    findings : Path, optional
        Where the first pass keeps what it found; what is not true any more is removed from there.
    """

    manifest: Manifest
    settings: IngestSettings
    plan: Plan
    files: Files
    archives: tuple[ArchiveState, ...] = ()
    findings: Path | None = None

    name = NAME
    description = "Photographs, recordings and captions of birds, from files that others made."
    libraries = LIBRARIES
    parts: ClassVar = {**MEDIA_PARTS, "caption": "txt"}

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
        """Key, media, caption, species, and the other columns of the manifest."""
        columns = [("key", pa.string()), ("image", MEDIA), ("audio", MEDIA)]
        columns += [(name, pa.string()) for name in ("caption", "species", *self._roles)]
        columns += [
            (name, _kind(self.manifest.table.columns[heading])) for heading, name in self.manifest.extras.items()
        ]
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
        rows = [self.manifest.row(one.number - 1) for samples in self.plan.samples.values() for one in samples]
        return {
            CONTENTS: self._contents(rows).as_dict(),
            "ceilings": None,
            "prompts": "names of the species",
            "source": dict(self.plan.facts),
            "licences": _counted(rows, "licence") if "licence" in self.manifest.roles else {},
            "authors": len({row.values["author"] for row in rows}) if "author" in self.manifest.roles else None,
            "columns_left_out": list(self.manifest.table.left_out),
            "archives": [archive.as_dict() for archive in self.archives],
            "rejects_sha256": hashlib.sha256(reject_bytes(self.plan.rejects)).hexdigest(),
        }

    def _contents(self, rows: Sequence[Row]) -> Contents:
        inputs: dict[str, Input] = {
            "image": Picture("image"),
            "audio": Sound("audio", self.settings.sample_rate, self.settings.seconds),
            "caption": Text("caption"),
        }
        names = class_names(rows)
        return Contents(InputSpec(inputs), "species", names.classes, names.prompts, names.families)

    def _sample(self, planned: Planned) -> dict[str, Any]:
        row, dials = self.manifest.row(planned.number - 1), self.settings
        photo = self._content(row.values["photo_file"], planned.photo)
        audio = self._content(row.values["audio_file"], planned.audio)
        image = prepared_picture(photo, dials.size, dials.jpeg_quality)
        sound = prepared_sound(
            audio,
            dials.sample_rate,
            dials.seconds,
            window=dials.window,
            place=planned.place,
            places=planned.places,
            loudness=dials.loudness,
        )
        return {
            **{role: row.values[role] for role in self._roles},
            **row.extras,
            "key": row.key,
            "image": {"bytes": image, "path": f"{row.key}.jpg"},
            "audio": {"bytes": sound, "path": f"{row.key}.flac"},
            "caption": row.values["combined_caption"],
            "species": row.values["scientific_name"],
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


def _kind(values: Sequence[Any]) -> pa.DataType:
    return {bool: pa.bool_(), int: pa.int64(), float: pa.float64()}.get(type(values[0]), pa.string())


def _counted(rows: Sequence[Row], role: str) -> dict[str, int]:
    found: Mapping[str, int] = Counter(row.values.get(role, "") or "not stated" for row in rows)
    return dict(sorted(found.items(), key=lambda one: (-one[1], one[0])))
