"""MultiBench's affect datasets: MOSI, MOSEI, UR-FUNNY and MUStARD, as pickles of features."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass, field
from functools import lru_cache
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow as pa

from confu_core.datasets.affect_parts import MODALITIES, Part, Steps, read_parts, steps_of
from confu_core.datasets.contents import CONTENTS, Contents
from confu_core.datasets.sources import check_one_of
from confu_core.errors import DatasetError
from confu_core.inputs import spec
from confu_core.inputs.sequence import encode_sequence
from confu_core.io.atomic import sha256_of
from confu_core.shards.recipe import Recipe
from confu_core.shards.tar import flat_json

__all__ = ["open_mosei", "open_mosi", "open_mustard", "open_urfunny"]

SENTIMENT = ("negative", "positive")
ZERO = ("negative", "positive", "leave_out")
BINARY = "binary"
RANGE = 3.0
NONFINITE = ("leave_out", "zero")

_VECTORS = pa.list_(pa.list_(pa.float32()))
_SEGMENT = re.compile(r"(\[\d+\]|_\d+)$")


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
    """
    return _opened("mosi", path, ("mosi_raw.pkl", "mosi_data.pkl"), "sentiment", SENTIMENT, zero, nonfinite)


def open_mosei(path: str, zero: str = "negative", nonfinite: str = "leave_out") -> AffectRecipe:
    """Open CMU-MOSEI as `open_mosi` does, from ``mosei_senti_data.pkl`` or ``mosei_raw.pkl``."""
    return _opened("mosei", path, ("mosei_senti_data.pkl", "mosei_raw.pkl"), "sentiment", SENTIMENT, zero, nonfinite)


def open_urfunny(path: str, nonfinite: str = "leave_out") -> AffectRecipe:
    """Open UR-FUNNY as `open_mosi` does, from ``humor.pkl``: whether the audience of a talk laughed."""
    return _opened("urfunny", path, ("humor.pkl",), "humor", ("not funny", "funny"), BINARY, nonfinite)


def open_mustard(path: str, nonfinite: str = "leave_out") -> AffectRecipe:
    """Open MUStARD as `open_mosi` does, from ``sarcasm.pkl``: whether an utterance is sarcastic."""
    return _opened("mustard", path, ("sarcasm.pkl",), "sarcasm", ("sincere", "sarcastic"), BINARY, nonfinite)


def _opened(
    name: str, path: str, files: Sequence[str], label: str, classes: tuple[str, str], zero: str, nonfinite: str
) -> AffectRecipe:
    check_one_of("nonfinite", nonfinite, NONFINITE)
    file = _file(path, files)
    parts = _parts(file)
    labels = {split: _labels(part, zero, f"{file}, {split}") for split, part in parts.items()}
    steps = {split: steps_of(part, labels[split].kept, nonfinite == "zero") for split, part in parts.items()}
    notes = {what: sum(one.counts[what] for one in steps.values()) for what in steps["train"].counts}
    shapes = {one: [part.arrays[one].shape for part in parts.values()] for one in MODALITIES}
    lengths = {one: max(steps for _, steps, _ in found) for one, found in shapes.items()}
    inputs = spec.InputSpec({one: spec.Sequence(one, lengths[one], shapes[one][0][2]) for one in MODALITIES})
    options = {"nonfinite": nonfinite} | ({} if zero == BINARY else {"zero": zero})
    config = {**options, "sha256": sha256_of(file)}
    return AffectRecipe(name, config, file, Contents(inputs, label, classes), steps, labels, notes)


def _file(path: str, names: Sequence[str]) -> Path:
    """Return the file that a path is or, if it is a folder, the first of the names in it."""
    given = Path(path)
    there = [file for file in ([given / name for name in names] if given.is_dir() else [given]) if file.is_file()]
    if not there and given.is_dir():
        raise DatasetError(f"{path} holds no {' or '.join(names)}")
    if not there:
        raise DatasetError(f"{path} does not exist; give {' or '.join(names)}, or its folder")
    return there[0].resolve()


@dataclass(frozen=True)
class Labels:
    """Classes and names of the rows of a split.

    Attributes
    ----------
    classes : ndarray of int64, shape (n,)
        0 or 1.
    scores : ndarray of float64, shape (n,)
        The labels as they are published.
    kept : ndarray of bool, shape (n,)
        Whether a row has a class.
    segments, videos : list of str
        The name of each row, and of the video that it is a part of.
    """

    classes: np.ndarray
    scores: np.ndarray
    kept: np.ndarray
    segments: list[str]
    videos: list[str]


def _labels(part: Part, zero: str, where: str) -> Labels:
    """Return the classes of a split, of which `zero` says where a score of 0 belongs, or that scores are binary."""
    scores, kept = part.labels, np.ones(len(part.labels), dtype=bool)
    if zero == BINARY:
        if not np.isin(scores, (0, 1)).all() and not np.isin(scores, (-1, 1)).all():
            raise DatasetError(f"{where}: labels must be 0 and 1, or -1 and 1; got {np.unique(scores)[:5].tolist()}")
    else:
        check_one_of("zero", zero, ZERO)
        if scores.size and np.abs(scores).max() > RANGE:
            raise DatasetError(f"{where}: labels must be in [-3, 3]; got {scores[np.abs(scores).argmax()]:g}")
        kept = (scores != 0) | (zero != "leave_out")
    positive = (scores >= 0) if zero == "positive" else (scores > 0)
    segments = ["_".join(one) for one in part.ids]
    videos = [one[0] if len(one) > 1 else _SEGMENT.sub("", one[0]) for one in part.ids]
    return Labels(positive.astype(np.int64), scores, kept, segments, videos)


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
        """Return some columns of a range of rows; the pickle is read for those that are features alone."""
        steps, labels = self.steps[split], self.labels[split]
        numbers = [int(row) for row in steps.rows[start:stop]]
        made: dict[str, Any] = {
            "key": [f"{split}-{at:06d}" for at in range(start, stop)],
            self.contents.label: [self.contents.classes[labels.classes[row]] for row in numbers],
            "segment": [labels.segments[row] for row in numbers],
            "video": [labels.videos[row] for row in numbers],
            "score": [float(labels.scores[row]) for row in numbers],
        }
        for name in set(names) & set(MODALITIES):
            made[name] = _vectors(steps, _parts(self.file)[split], name, range(start, stop))
        schema = pa.schema([self.schema.field(name) for name in names])
        return pa.table({name: made[name] for name in names}, schema=schema)

    def members(self, row: dict[str, Any]) -> dict[str, bytes]:
        """Return the features as NumPy files, and all else as one flat JSON part."""
        rest = {name: value for name, value in row.items() if name not in ("key", *MODALITIES)}
        return {**{f"{name}.npy": encode_sequence(row[name]) for name in MODALITIES}, "json": flat_json(rest)}

    def information(self) -> dict[str, Any]:
        """Return what the columns are to training, and what was found of the values."""
        return {CONTENTS: self.contents.as_dict(), **self.notes}


def _vectors(steps: Steps, part: Part, name: str, rows: range) -> pa.ListArray:
    found = [steps.values(part, name, at) for at in rows]
    width = part.arrays[name].shape[2]
    counts = np.cumsum([0, *map(len, found)])
    flat = np.concatenate(found).reshape(-1) if found else np.zeros(0, np.float32)
    inner = pa.ListArray.from_arrays(pa.array(np.arange(counts[-1] + 1) * width, pa.int32()), pa.array(flat))
    return pa.ListArray.from_arrays(pa.array(counts, pa.int32()), inner)


def _parts(file: Path) -> dict[str, Part]:
    state = file.stat()
    return _read_parts(file, state.st_size, state.st_mtime_ns)


@lru_cache(maxsize=2)
def _read_parts(file: Path, size: int, changed: int) -> dict[str, Part]:
    return read_parts(file)
