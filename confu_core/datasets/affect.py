"""MultiBench's affect datasets: MOSI, MOSEI, UR-FUNNY and MUStARD, as pickles of features."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from functools import lru_cache
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow as pa

from confu_core.datasets.contents import CONTENTS, Contents
from confu_core.datasets.restricted_pickle import load_pickle
from confu_core.datasets.sources import check_one_of
from confu_core.errors import DatasetError, nearest
from confu_core.inputs import spec
from confu_core.inputs.decode import encode_sequence
from confu_core.io.atomic import sha256_of
from confu_core.shards.recipe import Recipe
from confu_core.shards.tar import flat_json

MODALITIES = ("vision", "audio", "text")
SPLITS = {"train": "train", "valid": "validation", "test": "test"}
SENTIMENT = ("negative", "positive")
ZERO = ("negative", "positive", "leave_out")
BINARY = "binary"
RANGE = 3.0
NONFINITE = ("leave_out", "zero")

_VECTORS = pa.list_(pa.list_(pa.float32()))
_BLOCK = 512  # Rows that are looked at together.
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
    steps, flat, notes = {}, {}, Counter[str]()
    for split, part in parts.items():
        positive, kept = _classes(part.labels, zero, f"{file}, {split}")
        steps[split], counts = steps_of(part, kept, nonfinite == "zero")
        notes.update(counts)
        rows = steps[split].rows
        ids = [part.ids[row] for row in rows]
        columns = {
            "key": [f"{split}-{at:06d}" for at in range(len(rows))],
            label: [classes[number] for number in positive[rows].astype(int)],
            "segment": ["_".join(one) for one in ids],
            "video": [one[0] if len(one) > 1 else _SEGMENT.sub("", one[0]) for one in ids],
            "score": part.labels[rows],
        }
        flat[split] = pa.table(columns)
    shapes = {one: np.array([part.arrays[one].shape for part in parts.values()]) for one in MODALITIES}
    widest = {one: spec.Sequence(one, *found.max(axis=0)[1:].tolist()) for one, found in shapes.items()}
    options = {"nonfinite": nonfinite} | ({} if zero == BINARY else {"zero": zero})
    config = {**options, "sha256": sha256_of(file)}
    return AffectRecipe(name, config, file, Contents(spec.InputSpec(widest), label, classes), steps, flat, dict(notes))


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
class AffectRecipe(Recipe):
    """Sequences of features with a class; see `confu_core.shards.recipe.Recipe`."""

    name: str
    config: dict[str, Any]
    file: Path  # The pickle.
    contents: Contents
    steps: dict[str, Steps] = field(repr=False)  # Which rows and steps of each split are read.
    flat: dict[str, pa.Table] = field(repr=False)  # The other columns of these rows.
    notes: dict[str, Any]  # What was found of the values.

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
        table = self.flat[split].slice(start, stop - start)
        for name in set(names) & set(MODALITIES):
            vectors = _lists(self.steps[split], _parts(self.file)[split], name, range(start, stop))
            table = table.append_column(name, vectors)
        return table.select(list(names))

    def members(self, row: dict[str, Any]) -> dict[str, bytes]:
        """Return the features as NumPy files, and all else as one flat JSON part."""
        rest = {name: value for name, value in row.items() if name not in ("key", *MODALITIES)}
        return {**{f"{name}.npy": encode_sequence(row[name]) for name in MODALITIES}, "json": flat_json(rest)}

    def information(self) -> dict[str, Any]:
        """Return what the columns are to training, and what was found of the values."""
        return {CONTENTS: self.contents.as_dict(), **self.notes}


def _lists(steps: Steps, part: PublishedSplit, name: str, rows: range) -> pa.ListArray:
    found = [steps.values(part, name, at) for at in rows]
    width = part.arrays[name].shape[2]
    counts = np.cumsum([0, *map(len, found)])
    flat = np.concatenate(found).reshape(-1) if found else np.zeros(0, np.float32)
    inner = pa.ListArray.from_arrays(pa.array(np.arange(counts[-1] + 1) * width, pa.int32()), pa.array(flat))
    return pa.ListArray.from_arrays(pa.array(counts, pa.int32()), inner)


def _parts(file: Path) -> dict[str, PublishedSplit]:
    state = file.stat()
    return _read_parts(file, state.st_size, state.st_mtime_ns)


@lru_cache(maxsize=2)
def _read_parts(file: Path, size: int, changed: int) -> dict[str, PublishedSplit]:
    return read_parts(file)


@dataclass(frozen=True)
class PublishedSplit:
    """One split of the pickle, of n rows."""

    arrays: Mapping[str, np.ndarray]  # By modality, shape (n, steps, width); views of the file where they can be.
    labels: np.ndarray  # As they are published, float64 of shape (n,).
    ids: list[list[str]]  # The parts of each row's name.


def read_parts(file: Path) -> dict[str, PublishedSplit]:
    """Read ``train``, ``validation`` and ``test`` out of a pickle, or say what is wrong with it.

    It must be a dictionary of ``train``, ``valid`` and ``test``, each with ``vision``, ``audio``, ``text``, ``labels``
    and, where there are names, ``id``.
    """
    content, parts = load_pickle(file), {}
    for published, split in SPLITS.items():
        where = f"{file}, {published}"
        inside = _taken(content, published, f"{file}")
        arrays = {name: _vectors(_taken(inside, name, where), f"{where}, {name}") for name in MODALITIES}
        labels = _numbers(_taken(inside, "labels", where), f"{where}, labels")
        ids = _ids(inside.get("id"), len(labels), f"{where}, id")
        for name, array in arrays.items():
            if len(array) != len(labels):
                raise DatasetError(f"{where}: {name} has {len(array)} rows and labels {len(labels)}")
        parts[split] = PublishedSplit(arrays, labels, ids)
    for name in MODALITIES:
        if len(widths := {part.arrays[name].shape[2] for part in parts.values()}) > 1:
            raise DatasetError(f"{file}: {name} must have one width in all splits; got {sorted(widths)}")
    return parts


def _taken(inside: Any, name: str, where: str) -> Any:
    if type(inside) is not dict:
        raise DatasetError(f"{where} must be a dictionary; got {type(inside).__name__}")
    if name not in inside:
        raise DatasetError(f"{where} has no {name!r}; {nearest(name, [str(one) for one in inside])}")
    return inside[name]


def _vectors(value: Any, where: str) -> np.ndarray:
    if not isinstance(value, np.ndarray) or value.ndim != 3 or value.dtype.kind not in "fiu" or 0 in value.shape[1:]:
        got = f"{value.dtype} of {value.shape}" if isinstance(value, np.ndarray) else type(value).__name__
        raise DatasetError(f"{where} must be numbers of shape (n, steps, width); got {got}")
    return np.asarray(value)


def _numbers(value: Any, where: str) -> np.ndarray:
    if isinstance(value, list) and all(isinstance(one, int | float | np.generic) for one in value):
        value = np.array(value)
    if not isinstance(value, np.ndarray) or value.dtype.kind not in "fiub":
        raise DatasetError(f"{where} must be numbers, one per row; got {type(value).__name__}")
    if not value.ndim or value.size != len(value) or not np.isfinite(value).all():
        raise DatasetError(f"{where} must be finite numbers, one per row; got an array of shape {value.shape}")
    return np.asarray(value).reshape(-1).astype(np.float64)


def _ids(value: Any, rows: int, where: str) -> list[list[str]]:
    if value is None:
        return [[str(row)] for row in range(rows)]
    # Not np.ndim, which would make an array of a list whose parts differ.
    several = isinstance(value, list | tuple) or (isinstance(value, np.ndarray) and value.ndim > 0)
    listed = list(value) if several else []
    if len(listed) != rows:
        raise DatasetError(f"{where} must name {rows} rows; got {len(listed)}")
    return [[_text(part, where) for part in _flat(one)] for one in listed]


def _flat(one: Any) -> list[Any]:
    return one.reshape(-1).tolist() if isinstance(one, np.ndarray) else one if isinstance(one, list) else [one]


def _text(part: Any, where: str) -> str:
    if isinstance(part, bytes):
        return part.decode("utf-8", "backslashreplace")
    if not isinstance(part, str | int | float | np.generic):
        raise DatasetError(f"{where} must hold text or numbers; got {type(part).__name__}")
    return str(part).encode("utf-8", "backslashreplace").decode()


def _classes(scores: np.ndarray, zero: str, where: str) -> tuple[np.ndarray, np.ndarray]:
    """Return which rows are of the second class, and which are of any; `zero` tells where a score of 0 belongs."""
    kept = np.ones(len(scores), dtype=bool)
    if zero == BINARY:
        if not np.isin(scores, (0, 1)).all() and not np.isin(scores, (-1, 1)).all():
            raise DatasetError(f"{where}: labels must be 0 and 1, or -1 and 1; got {np.unique(scores)[:5].tolist()}")
    else:
        check_one_of("zero", zero, ZERO)
        if scores.size and np.abs(scores).max() > RANGE:
            raise DatasetError(f"{where}: labels must be in [-3, 3]; got {scores[np.abs(scores).argmax()]:g}")
        kept = (scores != 0) | (zero != "leave_out")
    return (scores >= 0) if zero == "positive" else (scores > 0), kept


@dataclass(frozen=True)
class Steps:
    """What is read of a split."""

    rows: np.ndarray  # Numbers of the rows that are read, shape (kept,).
    first: np.ndarray  # By modality, shape (modalities, kept): the first step of each,
    last: np.ndarray  # and the step after the last.
    zeroed: bool  # Whether values that are not finite are read as 0.

    def values(self, part: PublishedSplit, name: str, at: int) -> np.ndarray:
        """Return the steps of one kept row in one modality, float32 of shape (steps, width)."""
        place = MODALITIES.index(name), at
        values = _single(part.arrays[name][self.rows[at], self.first[place] : self.last[place]])
        return np.where(np.isfinite(values), values, np.float32(0)) if self.zeroed else values


def steps_of(part: PublishedSplit, kept: np.ndarray, zeroed: bool) -> tuple[Steps, dict[str, int]]:
    """Find the rows, of those kept, and the steps of a split that are read, and count what is left out or replaced.

    Counted are rows that are left out or have values that are not finite, by reason, and these values.

    Features are padded with zeros, mostly in front. Where all modalities have equally many steps they are aligned to
    the words: the steps before the first word are left off in all three, and so are those at the end that are zero in
    all. Otherwise each modality loses its own padding. A row without any text, or without any step in another
    modality, is left out, as MultiBench does. So is a row with values that are not finite, unless it is `zeroed`.
    """
    seen = [_seen(part.arrays[name]) for name in MODALITIES]
    first, last, bad = (np.stack(found) for found in zip(*seen, strict=True))
    if len({part.arrays[name].shape[1] for name in MODALITIES}) == 1:
        first[:], last[:] = first[MODALITIES.index("text")], last.max(axis=0)
    empty, spoiled = (last <= first).any(axis=0), bad.any(axis=0)
    whole = kept & ~empty
    rows = np.flatnonzero(whole & (~spoiled | zeroed))
    counts = {
        "without_class": int((~kept).sum()),
        "without_steps": int((kept & empty).sum()),
        f"nonfinite_{'replaced' if zeroed else 'left_out'}_rows": int((whole & spoiled).sum()),
        **{f"nonfinite_values_{name}": int(found[whole].sum()) for name, found in zip(MODALITIES, bad, strict=True)},
    }
    return Steps(rows, first[:, rows], last[:, rows], zeroed), counts


def _seen(array: np.ndarray) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Return of each row the first step that is not zero, the step after the last, how many values are not finite."""
    rows, steps, _ = array.shape
    there, bad = np.zeros((rows, steps), dtype=bool), np.zeros(rows, dtype=np.int64)
    for start in range(0, rows, _BLOCK):
        block = _single(array[start : start + _BLOCK])
        there[start : start + _BLOCK] = (block != 0).any(-1)
        bad[start : start + _BLOCK] = (~np.isfinite(block)).sum((1, 2))
    some = there.any(1)
    return np.where(some, there.argmax(1), steps), np.where(some, steps - there[:, ::-1].argmax(1), 0), bad


def _single(values: np.ndarray) -> np.ndarray:
    with np.errstate(over="ignore", invalid="ignore"):  # What is too large becomes infinite, and is counted.
        return values.astype(np.float32)
