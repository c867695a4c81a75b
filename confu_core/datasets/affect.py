"""MultiBench's affect datasets: MOSI, MOSEI, UR-FUNNY and MUStARD, as pickles of features."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from functools import lru_cache
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow as pa

from confu_core.datasets.affect_labels import BINARY, SENTIMENT, Labels, labels_of
from confu_core.datasets.affect_pickle import MODALITIES, Part, read_parts
from confu_core.datasets.affect_steps import Steps, steps_of
from confu_core.datasets.contents import CONTENTS, Contents
from confu_core.errors import DatasetError, InvalidValue
from confu_core.inputs.sequence import encode_sequence
from confu_core.inputs.spec import InputSpec
from confu_core.inputs.spec import Sequence as Sequences
from confu_core.io.atomic import sha256_of
from confu_core.shards.recipe import Recipe
from confu_core.shards.tar import flat_json

__all__ = ["AffectRecipe", "open_mosei", "open_mosi", "open_mustard", "open_urfunny"]

NONFINITE = ("leave_out", "zero")
_VECTORS = pa.list_(pa.list_(pa.float32()))


@dataclass(frozen=True)
class AffectRecipe(Recipe):
    """Sequences of features with a class; see `confu_core.shards.recipe.Recipe`.

    Attributes
    ----------
    name, config
        As for any recipe.
    file : Path
        The pickle.
    contents : Contents
        What the columns are to training.
    steps : mapping of str to Steps
        Which rows and steps of each split are read.
    labels : mapping of str to Labels
        Classes and scores of all rows of each split.
    notes : mapping
        What was found of the values.
    """

    name: str
    config: dict[str, Any]
    file: Path
    contents: Contents
    steps: dict[str, Steps] = field(repr=False)
    labels: dict[str, Labels] = field(repr=False)
    notes: dict[str, Any]

    def __post_init__(self) -> None:
        for split, rows in self.splits.items():
            if not rows:
                raise DatasetError(f"{self.file} has no sample in its split {split!r} that can be read")

    @property
    def description(self) -> str:
        """What it is, and what was left out or replaced."""
        counted = ", ".join(f"{name.replace('_', ' ')}: {count}" for name, count in self.notes.items() if count)
        told = f" ({counted})" if counted else ""
        return f"{self.name}: features of vision, audio and text, as MultiBench distributes them{told}."

    @property
    def splits(self) -> dict[str, int]:
        """Rows of each split."""
        return {split: len(steps.rows) for split, steps in self.steps.items()}

    @property
    def schema(self) -> pa.Schema:
        """Key, features, class, score, and the segment's name."""
        text = [(name, pa.string()) for name in (self.contents.label, "segment", "video")]
        vectors = [(name, _VECTORS) for name in MODALITIES]
        return pa.schema([("key", pa.string()), *vectors, *text, ("score", pa.float64())])

    def rows(self, split: str, start: int, stop: int) -> pa.Table:
        """Return a range of rows."""
        return self.columns(split, start, stop, self.schema.names)

    def columns(self, split: str, start: int, stop: int, names: Sequence[str]) -> pa.Table:
        """Return some columns of a range of rows."""
        steps, labels = self.steps[split], self.labels[split]
        numbers = [int(row) for row in steps.rows[start:stop]]
        flat = {
            "key": [f"{split}-{at:06d}" for at in range(start, stop)],
            self.contents.label: [self.contents.classes[labels.classes[row]] for row in numbers],
            "segment": [labels.segments[row] for row in numbers],
            "video": [labels.videos[row] for row in numbers],
            "score": [float(labels.scores[row]) for row in numbers],
        }
        part = _parts(self.file)[split] if set(names) & set(MODALITIES) else None
        made = {
            name: flat[name] if part is None or name in flat else _vectors(steps, part, name, start, stop)
            for name in names
        }
        return pa.table(made, schema=pa.schema([self.schema.field(name) for name in names]))

    def members(self, row: dict[str, Any]) -> dict[str, bytes]:
        """Return the features as NumPy files, and all else as one flat JSON part."""
        rest = {name: value for name, value in row.items() if name not in ("key", *MODALITIES)}
        return {**{f"{name}.npy": encode_sequence(row[name]) for name in MODALITIES}, "json": flat_json(rest)}

    def information(self) -> dict[str, Any]:
        """Return what the columns are to training, and what was found of the values."""
        return {CONTENTS: self.contents.as_dict(), **self.notes}


def open_mosi(path: str, zero: str = "negative", nonfinite: str = "leave_out") -> AffectRecipe:
    """Open CMU-MOSI: opinions in monologues, with sentiment from -3 to 3.

    Parameters
    ----------
    path : str
        ``mosi_raw.pkl`` or ``mosi_data.pkl``, or their folder.
    zero : {"negative", "positive", "leave_out"}
        Where a sentiment of exactly 0 belongs; MultiBench counts it as negative.
    nonfinite : {"leave_out", "zero"}
        What becomes of samples with values that are not finite. They are counted either way.

    Returns
    -------
    AffectRecipe
        Columns ``vision``, ``audio``, ``text``, ``sentiment``, ``score`` and the segment's name.

    Raises
    ------
    InvalidValue
        If an option is out of its range.
    DatasetError
        If the file is missing, is no pickle of arrays, or does not hold such a dataset.

    Examples
    --------
    >>> open_mosi("no.pkl")
    Traceback (most recent call last):
    confu_core.errors.DatasetError: no.pkl does not exist; give mosi_raw.pkl or mosi_data.pkl, or its folder
    """
    return _opened("mosi", path, ("mosi_raw.pkl", "mosi_data.pkl"), "sentiment", SENTIMENT, zero, nonfinite)


def open_mosei(path: str, zero: str = "negative", nonfinite: str = "leave_out") -> AffectRecipe:
    """Open CMU-MOSEI: as `open_mosi`, with ``mosei_senti_data.pkl`` or ``mosei_raw.pkl``.

    Parameters
    ----------
    path, zero, nonfinite : str
        As for `open_mosi`.

    Returns
    -------
    AffectRecipe
        As for `open_mosi`.

    Examples
    --------
    >>> open_mosei("no.pkl")
    Traceback (most recent call last):
    confu_core.errors.DatasetError: no.pkl does not exist; give mosei_senti_data.pkl or mosei_raw.pkl, or its folder
    """
    return _opened("mosei", path, ("mosei_senti_data.pkl", "mosei_raw.pkl"), "sentiment", SENTIMENT, zero, nonfinite)


def open_urfunny(path: str, nonfinite: str = "leave_out") -> AffectRecipe:
    """Open UR-FUNNY: whether the audience of a talk laughed, from ``humor.pkl``.

    Parameters
    ----------
    path, nonfinite : str
        As for `open_mosi`.

    Returns
    -------
    AffectRecipe
        With the column ``humor``.

    Examples
    --------
    >>> open_urfunny("no.pkl")
    Traceback (most recent call last):
    confu_core.errors.DatasetError: no.pkl does not exist; give humor.pkl, or its folder
    """
    return _opened("urfunny", path, ("humor.pkl",), "humor", ("not funny", "funny"), BINARY, nonfinite)


def open_mustard(path: str, nonfinite: str = "leave_out") -> AffectRecipe:
    """Open MUStARD: whether an utterance is sarcastic, from ``sarcasm.pkl``.

    Parameters
    ----------
    path, nonfinite : str
        As for `open_mosi`.

    Returns
    -------
    AffectRecipe
        With the column ``sarcasm``.

    Examples
    --------
    >>> open_mustard("no.pkl")
    Traceback (most recent call last):
    confu_core.errors.DatasetError: no.pkl does not exist; give sarcasm.pkl, or its folder
    """
    return _opened("mustard", path, ("sarcasm.pkl",), "sarcasm", ("sincere", "sarcastic"), BINARY, nonfinite)


def _opened(
    name: str, path: str, files: Sequence[str], label: str, classes: tuple[str, str], zero: str, nonfinite: str
) -> AffectRecipe:
    if nonfinite not in NONFINITE:
        raise InvalidValue(f"nonfinite must be one of {', '.join(NONFINITE)}; got {nonfinite!r}")
    file = _file(path, files)
    parts = _parts(file)
    labels = {split: labels_of(part, zero, f"{file}, {split}") for split, part in parts.items()}
    steps = {split: steps_of(part, labels[split].kept, nonfinite == "zero") for split, part in parts.items()}
    notes = {what: sum(one.counts[what] for one in steps.values()) for what in next(iter(steps.values())).counts}
    first = parts["train"].arrays
    lengths = {one: max(part.arrays[one].shape[1] for part in parts.values()) for one in MODALITIES}
    spec = InputSpec({one: Sequences(one, lengths[one], first[one].shape[2]) for one in MODALITIES})
    options = {"nonfinite": nonfinite} | ({} if zero == BINARY else {"zero": zero})
    config = {**options, "sha256": sha256_of(file)}
    return AffectRecipe(name, config, file, Contents(spec, label, classes), steps, labels, notes)


def _file(path: str, names: Sequence[str]) -> Path:
    given = Path(path)
    if not given.is_dir():
        if not given.is_file():
            raise DatasetError(f"{path} does not exist; give {' or '.join(names)}, or its folder")
        return given.resolve()
    there = [given / name for name in names if (given / name).is_file()]
    if not there:
        raise DatasetError(f"{path} holds no {' or '.join(names)}")
    return there[0].resolve()


def _parts(file: Path) -> dict[str, Part]:
    state = file.stat()
    return _read_parts(file, state.st_size, state.st_mtime_ns)


@lru_cache(maxsize=2)
def _read_parts(file: Path, size: int, changed: int) -> dict[str, Part]:
    return read_parts(file)


def _vectors(steps: Steps, part: Part, name: str, start: int, stop: int) -> pa.ListArray:
    found = [steps.values(part, name, at) for at in range(start, stop)]
    width = part.arrays[name].shape[2]
    counts = np.cumsum([0, *map(len, found)])
    flat = np.concatenate(found).reshape(-1) if found else np.zeros(0, np.float32)
    inner = pa.ListArray.from_arrays(pa.array(np.arange(counts[-1] + 1) * width, pa.int32()), pa.array(flat))
    return pa.ListArray.from_arrays(pa.array(counts, pa.int32()), inner)
