"""Bird-MML as a dataset on disk: the recipe that builds it."""

from __future__ import annotations

from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path
from typing import TYPE_CHECKING, Any, ClassVar

import numpy as np
import pyarrow as pa

from birdmml.columns import COLUMNS
from birdmml.design import Design
from birdmml.placement import look_vector, make_design, song_vector
from birdmml.presets import preset
from birdmml.settings import SPLITS, UNSAID, Settings
from birdmml.species import Species, load_species, select_species
from birdmml.theory import structure
from confu_core.errors import DatasetError, InvalidValue
from confu_core.information import entropy
from confu_core.random import generator
from confu_core.shards import Dataset, Manifest, Recipe, open_dataset
from confu_core.shards.parquet import MEDIA, with_features
from confu_core.shards.read import with_exact_information

if TYPE_CHECKING:
    from birdmml.sample import SampleKey

NAME = "birdmml"
# Of the benchmark: raise it when the same settings and seed give other pictures, songs, captions or designs, so that
# numbers on them cannot be compared with earlier ones.
VERSION = 2
MEDIA_PARTS = {"image": "jpg", "audio": "flac"}
BATCH_ROWS = 25


def schema(sample_rate: int) -> pa.Schema:
    """Return the columns of a row, with recordings of so many samples per second.

    >>> schema(22050).names[:4]
    ['key', 'image', 'audio', 'caption']
    """
    types = {"bool": pa.bool_(), "int32": pa.int32(), "double": pa.float64(), "image": MEDIA, "audio": MEDIA}
    columns = [(column.name, types.get(column.type, pa.string())) for column in COLUMNS]
    media: dict[str, dict[str, Any]] = {
        "image": {"_type": "Image"},
        "audio": {"_type": "Audio", "sampling_rate": sample_rate},
    }
    return with_features(pa.schema(columns), media)


@lru_cache(maxsize=8)
def species_of(settings: Settings) -> tuple[Species, ...]:
    """Return the species of a dataset, in taxonomic order: those named, or so many, spread evenly over the table.

    >>> len(species_of(Settings(species=15)))
    15
    """
    if isinstance(settings.species, tuple):
        return select_species(settings.species)
    table = load_species()
    if settings.species > len(table):
        raise InvalidValue(f"species must be in [2, {len(table)}], which the table has; got {settings.species}")
    return tuple(table[int(i * len(table) / settings.species)] for i in range(settings.species))


@lru_cache(maxsize=8)
def design_of(settings: Settings) -> Design:
    """Return how the species of a dataset are told apart, which follows from the settings."""
    species = species_of(settings)
    return make_design(
        np.stack([look_vector(one.plumage) for one in species]),
        np.stack([song_vector(one.song) for one in species]),
        [one.common_name for one in species],
        shares=settings.shares,
        weights=_weights(settings),
        group_weights=dict(settings.group_weights),
        p=settings.p,
        image_noise=settings.image_noise,
        audio_noise=settings.audio_noise,
    )


@dataclass(frozen=True)
class BirdRecipe(Recipe):
    """What `confu_core.shards.build` needs to write Bird-MML into shards.

    Parameters
    ----------
    settings : Settings
        The dials.

    Examples
    --------
    >>> recipe = BirdRecipe(Settings(species=20, per_species=4, size=32, seconds=0.5))
    >>> recipe.rows("test", 0, 2).num_rows
    2
    """

    settings: Settings

    name = NAME
    description = "Pictures, songs and captions of birds whose interaction structure is known exactly."
    libraries = ("pillow", "scipy", "soundfile")
    parts: ClassVar = {**MEDIA_PARTS, "caption": "txt"}

    @property
    def seed(self) -> int:
        """The user's seed."""
        return self.settings.seed

    @property
    def splits(self) -> dict[str, int]:
        """Rows of each split."""
        return self.settings.splits

    @property
    def config(self) -> dict[str, Any]:
        """All dials but the seed."""
        return self.settings.as_dict()

    @property
    def schema(self) -> pa.Schema:
        """Columns of a row."""
        return schema(self.settings.sample_rate)

    def rows(self, split: str, start: int, stop: int) -> pa.Table:
        """Return a range of rows; a row does not depend on the range."""
        # Only here: the process that hands out ranges of rows does not wait for SciPy.
        from birdmml.sample import draw_sample

        species, design = species_of(self.settings), design_of(self.settings)
        places = _places(self.settings, split, start, stop)
        tables = [pa.Table.from_batches([], self.schema)]
        # In small batches, so that few rows are held twice while they become columns.
        for batch in (places[first : first + BATCH_ROWS] for first in range(0, len(places), BATCH_ROWS)):
            keys = [f"{split}-{place.row:07d}" for place in batch]
            samples = [draw_sample(place, self.settings, design, species) for place in batch]
            tables.append(_table(keys, samples, self.schema))
        return pa.concat_tables(tables)

    def information(self) -> dict[str, Any]:
        """Return the exact information structure, and which species share which types."""
        design = design_of(self.settings)
        units = [
            {
                "group": unit.group,
                **{name: [design.names[row] for row in getattr(unit, name)] for name in ("species", "looks", "songs")},
            }
            for unit in design.units
        ]
        told = {group: _told_by_captions(self.settings, design, group) for group in design.types}
        return {"version": VERSION, **structure(design).as_dict(), "captions": told, "units": units}


def _told_by_captions(settings: Settings, design: Design, group: str) -> dict[str, Any]:
    """Return what captions of a group share with pictures and songs beyond the species.

    A caption that tells of the bird in its own picture can share with it no more than the type is uncertain given the
    species, in nats; and besides, what is true of the one bird: its pose, its place, the marks that can be seen.
    """
    dials, law = settings.caption_of(group), design.law(group)
    law = law / law.sum()
    species = entropy(law.sum((1, 2)))
    picture, song = dials.marks > 0, dials.song > 0
    return {
        "picture": picture,
        "song": song,
        "look_given_species_at_most": max(0.0, entropy(law.sum(2)) - species) if picture else 0.0,
        "song_given_species_at_most": max(0.0, entropy(law.sum(1)) - species) if song else 0.0,
    }


def _table(keys: list[str], samples: list[dict[str, Any]], schema: pa.Schema) -> pa.Table:
    columns = []
    for field in schema:
        values = keys if field.name == "key" else [sample[field.name] for sample in samples]
        if part := MEDIA_PARTS.get(field.name):
            paths = _column([f"{key}.{part}" for key in keys], pa.string())
            columns.append(pa.StructArray.from_arrays([_column(values, pa.binary()), paths], fields=list(MEDIA)))
        else:
            columns.append(_column(values, field.type))
    return pa.Table.from_arrays(columns, schema=schema)


def _column(values: list[Any], kind: pa.DataType) -> pa.Array:
    """Return a column by its buffers: Arrow's builder imports pandas first, and takes twice the memory as it grows."""
    if kind in (pa.string(), pa.binary()):
        contents = [value.encode() if isinstance(value, str) else value for value in values]
        buffers = [np.cumsum([0, *map(len, contents)], dtype=np.int32), b"".join(contents)]
    elif kind == pa.bool_():
        buffers = [np.packbits(values, bitorder="little")]
    else:
        buffers = [np.array(values, kind.to_pandas_dtype())]
    return pa.Array.from_buffers(kind, len(values), [None, *map(pa.py_buffer, buffers)])


def _weights(settings: Settings) -> np.ndarray:
    """Return how frequent each species is: geometric, in an order drawn by the seed."""
    rank = generator(settings.seed, "birdmml", "balance").permutation(settings.species_count)
    return settings.imbalance ** -(rank / max(1, settings.species_count - 1))


def _places(settings: Settings, split: str, start: int = 0, stop: int | None = None) -> list[SampleKey]:
    """List what a range of rows of a split is drawn from."""
    from birdmml.sample import SampleKey

    drawn, ordinals = (column[start:stop].tolist() for column in _order(settings, split))
    return [
        SampleKey(split, row, species, ordinal)
        for row, (species, ordinal) in enumerate(zip(drawn, ordinals, strict=True), start)
    ]


@lru_cache(maxsize=4)
def _order(settings: Settings, split: str) -> tuple[np.ndarray, np.ndarray]:
    """Return species and ordinal of every row of a split, as balanced as whole numbers allow, in an order drawn."""
    assert split in SPLITS
    rows, weights = settings.splits[split], np.array(design_of(settings).weights)
    exact = weights / weights.sum() * rows
    counts = np.floor(exact).astype(int)
    # Who gets one of the rows left over is drawn for each split, so that nobody goes short in all of them.
    tie = generator(settings.seed, "birdmml", split, "remainder").random(settings.species_count)
    order = np.lexsort((tie, -(exact - counts)))
    counts[order[: rows - counts.sum()]] += 1
    drawn = generator(settings.seed, "birdmml", split, "order").permutation(np.repeat(np.arange(len(counts)), counts))
    ordinals = np.empty(rows, dtype=int)
    for species in range(len(counts)):
        mine = np.flatnonzero(drawn == species)
        ordinals[mine] = np.arange(len(mine))
    return drawn, ordinals


@dataclass(frozen=True)
class BirdData:
    """A Bird-MML dataset on disk."""

    dataset: Dataset

    @classmethod
    def of(cls, dataset: Dataset) -> BirdData:
        """Return an opened dataset as one of birds, with the exact information that its settings imply."""
        if dataset.manifest.name != NAME:
            raise DatasetError(f"{dataset.root} holds the dataset {dataset.manifest.name!r}, not {NAME!r}")
        version = dataset.manifest.information.get("version", 1)  # The first generators did not say which they were.
        if type(version) is not int:
            raise DatasetError(f"{dataset.root} is damaged: its version must be a whole number; got {version!r:.60}")
        computed = {**recipe_of(dataset.manifest).information(), "version": version}
        return cls(with_exact_information(dataset, computed))

    @property
    def manifest(self) -> Manifest:
        """What it holds, and its exact information structure."""
        return self.dataset.manifest

    def distinct_captions(self) -> dict[str, int]:
        """Count the ``distinct`` captions and their ``total``, over all splits."""
        import pyarrow.compute as pc

        name = "caption" if "parquet" in self.manifest.formats else "txt"
        captions = [pc.cast(self.dataset.table(split, [name])[name], pa.string()) for split in self.manifest.splits]
        together = pa.chunked_array([chunk for column in captions for chunk in column.chunks])
        return {"distinct": pc.count_distinct(together).as_py(), "total": len(together)}


def recipe_of(manifest: Manifest) -> BirdRecipe:
    """Return the recipe that builds a dataset again; a DatasetError says that its manifest describes no birds."""
    if manifest.name != NAME:
        raise DatasetError(f"the dataset is {manifest.name!r}, not {NAME!r}; use the command that built it")
    try:
        return BirdRecipe(preset("small", {**UNSAID, **manifest.config, "seed": manifest.seed}))
    except (InvalidValue, TypeError) as error:
        raise DatasetError(f"the manifest does not describe a dataset of birds: {error}; restore it") from error


def open_birds(path: str | Path) -> BirdData:
    """Open a dataset of `BirdRecipe`, of which nothing but the manifest is read yet; any other is a DatasetError."""
    return BirdData.of(open_dataset(path))
