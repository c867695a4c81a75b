"""The splits of an affect pickle: looked at before anything is made of them, and which rows and steps are read."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np

from confu_core.datasets.restricted_pickle import load_pickle
from confu_core.errors import DatasetError, nearest

__all__ = ["MODALITIES", "Part", "Steps", "read_parts", "steps_of"]

MODALITIES = ("vision", "audio", "text")
SPLITS = {"train": "train", "valid": "validation", "test": "test"}

_BLOCK = 512  # Rows that are looked at together.


@dataclass(frozen=True)
class Part:
    """One split of the pickle.

    Attributes
    ----------
    arrays : mapping of str to ndarray, shape (n, steps, width)
        By modality; views of the file where its protocol allows.
    labels : ndarray of float64, shape (n,)
        As they are published.
    ids : list of list of str
        The parts of each row's name.
    """

    arrays: Mapping[str, np.ndarray]
    labels: np.ndarray
    ids: list[list[str]]


def read_parts(file: Path) -> dict[str, Part]:
    """Read ``train``, ``validation`` and ``test`` out of a pickle, or say what is wrong with it.

    It must be a dictionary of ``train``, ``valid`` and ``test``, each with ``vision``, ``audio``, ``text``, ``labels``
    and, where there are names, ``id``.
    """
    content = _named(load_pickle(file), f"{file}")
    parts = {}
    for published, split in SPLITS.items():
        where = f"{file}, {published}"
        inside = _named(_taken(content, published, f"{file}"), where)
        arrays = {name: _vectors(_taken(inside, name, where), f"{where}, {name}") for name in MODALITIES}
        labels = _numbers(_taken(inside, "labels", where), f"{where}, labels")
        ids = _ids(inside.get("id"), len(labels), f"{where}, id")
        for name, array in arrays.items():
            if len(array) != len(labels):
                raise DatasetError(f"{where}: {name} has {len(array)} rows and labels {len(labels)}")
        parts[split] = Part(arrays, labels, ids)
    for name in MODALITIES:
        if len(widths := {part.arrays[name].shape[2] for part in parts.values()}) > 1:
            raise DatasetError(f"{file}: {name} must have one width in all splits; got {sorted(widths)}")
    return parts


@dataclass(frozen=True)
class Steps:
    """What is read of a split.

    Attributes
    ----------
    rows : ndarray of int64, shape (kept,)
        Numbers of the rows that are read.
    first, last : dict of str to ndarray of int64, shape (kept,)
        By modality: the range of steps of each.
    zeroed : bool
        Whether values that are not finite are read as 0.
    counts : dict of str to int
        Rows without a class, rows without text or another modality, rows with values that are not finite, and these
        values.
    """

    rows: np.ndarray
    first: dict[str, np.ndarray]
    last: dict[str, np.ndarray]
    zeroed: bool
    counts: dict[str, int]

    def values(self, part: Part, name: str, at: int) -> np.ndarray:
        """Return the steps of one kept row in one modality, float32 of shape (steps, width)."""
        values = _single(part.arrays[name][self.rows[at], self.first[name][at] : self.last[name][at]])
        return np.where(np.isfinite(values), values, np.float32(0)) if self.zeroed else values


def steps_of(part: Part, kept: np.ndarray, zeroed: bool) -> Steps:
    """Find the rows, of those kept, and the steps of a split that are read, and count what is left out or replaced.

    Features are padded with zeros, mostly in front. Where all modalities have equally many steps they are aligned to
    the words: the steps before the first word are left off in all three, and so are those at the end that are zero in
    all. Otherwise each modality loses its own padding. A row without any text, or without any step in another
    modality, is left out, as MultiBench does. So is a row with values that are not finite, unless it is `zeroed`.
    """
    seen = {name: _seen(part.arrays[name]) for name in MODALITIES}
    first, last, bad = ({name: seen[name][at] for name in MODALITIES} for at in range(3))
    if len({part.arrays[name].shape[1] for name in MODALITIES}) == 1:
        first = dict.fromkeys(MODALITIES, first["text"])
        last = dict.fromkeys(MODALITIES, np.max(list(last.values()), axis=0))
    empty = np.any([last[name] <= first[name] for name in MODALITIES], axis=0)
    spoiled = np.any(list(bad.values()), axis=0)
    whole = kept & ~empty
    rows = np.flatnonzero(whole & (~spoiled | zeroed))
    counts = {
        "without_class": int((~kept).sum()),
        "without_steps": int((kept & empty).sum()),
        f"nonfinite_{'replaced' if zeroed else 'left_out'}_rows": int((whole & spoiled).sum()),
        **{f"nonfinite_values_{name}": int(bad[name][whole].sum()) for name in MODALITIES},
    }
    starts, stops = ({name: one[name][rows] for name in MODALITIES} for one in (first, last))
    return Steps(rows, starts, stops, zeroed, counts)


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


def _named(value: Any, where: str) -> dict[Any, Any]:
    if type(value) is not dict:
        raise DatasetError(f"{where} must be a dictionary; got {type(value).__name__}")
    return value


def _taken(inside: Mapping[Any, Any], name: str, where: str) -> Any:
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
