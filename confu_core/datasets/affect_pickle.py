"""The content of an affect pickle, looked at before anything is made of it."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np

from confu_core.datasets.restricted_pickle import load_pickle
from confu_core.errors import DatasetError, nearest

__all__ = ["MODALITIES", "Part", "read_parts"]

MODALITIES = ("vision", "audio", "text")
SPLITS = {"train": "train", "valid": "validation", "test": "test"}


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
    """Read an affect pickle.

    Parameters
    ----------
    file : Path
        A dictionary of ``train``, ``valid`` and ``test``, each with ``vision``, ``audio``, ``text``, ``labels`` and,
        where there are names, ``id``.

    Returns
    -------
    dict of str to Part
        By split: ``train``, ``validation``, ``test``.

    Raises
    ------
    DatasetError
        If it is anything else.

    Examples
    --------
    >>> read_parts(Path("no.pkl"))
    Traceback (most recent call last):
    confu_core.errors.DatasetError: no.pkl cannot be read: No such file or directory
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
    if not isinstance(value, np.ndarray) or value.dtype.kind not in "fiub" or value.size != len(value.reshape(-1)):
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
