"""Evaluation splits of the user's own: which of the samples that nothing was trained on a model is measured on."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

from confu_core.errors import DatasetError, InvalidValue, MethodError, nearest
from confu_core.inputs.text import Tokenizer
from confu_core.media.task import TEST, TRAIN, Arrays, MediaTask
from confu_core.shards import Dataset
from confu_core.shards.rows import label_columns
from confu_core.user_code import one_line, user_attribute

if TYPE_CHECKING:
    import pandas as pd

__all__ = ["chosen_keys", "is_own_split", "measured_on"]

FILES = (".csv", ".parquet", ".txt")
SEEN = (TRAIN, "validation")


def is_own_split(place: str) -> bool:
    """Return whether a split is none of the data's: ``FILE.py:function``, ``column=value`` or a file of keys."""
    return ":" in place or "=" in place or place.endswith(FILES)


def chosen_keys(place: str, dataset: Dataset) -> frozenset[str]:
    """Return the keys of the samples in a split of the user's, none of them of a split that is trained or chosen on."""
    rows = _rows(dataset)
    if ":" in place:
        chosen = _by_function(place, rows)
    elif "=" in place:
        chosen = _by_column(place, rows)
    else:
        chosen = _from_file(place)
        if strange := sorted(chosen - set(rows["key"])):
            raise DatasetError(f"{place} holds {len(strange)} keys of no split to test on, first {strange[0]!r}")
    if not chosen:
        raise InvalidValue(f"split {place} has no sample; choose at least one")
    return chosen


def _rows(dataset: Dataset) -> pd.DataFrame:
    import pandas as pd

    splits = [str(split) for split in dataset.manifest.splits if split not in SEEN]
    columns = label_columns(dataset.manifest)
    tables = [dataset.table(split, columns).to_pandas().assign(split=split) for split in splits]
    return pd.concat(tables, ignore_index=True)


def _by_function(place: str, rows: pd.DataFrame) -> frozenset[str]:
    found = user_attribute(place, "split", callable, "function")
    if not callable(found):
        raise MethodError(f"{place} is no function of a table of samples")
    with one_line(f"split {place} raised"):
        chosen = np.asarray(found(rows.copy()))
    if chosen.dtype != bool or chosen.shape != (len(rows),):
        wanted = f"whether each of {len(rows)} samples is in it"
        raise MethodError(f"split {place} must return {wanted}; got {chosen.dtype} of shape {chosen.shape}")
    return frozenset(rows["key"][chosen])


def _by_column(place: str, rows: pd.DataFrame) -> frozenset[str]:
    column, _, value = place.partition("=")
    if column not in rows:
        raise InvalidValue(f"split {place}: the data have no column {column!r}; {nearest(column, rows.columns)}")
    return frozenset(rows["key"][rows[column].astype(str) == value])


def _from_file(place: str) -> frozenset[str]:
    """Read keys: the column ``key``, or the lines of a text."""
    import pyarrow as pa
    import pyarrow.csv
    import pyarrow.parquet

    path = Path(place)
    try:
        if path.suffix == ".txt":
            return frozenset(filter(None, map(str.strip, path.read_text(encoding="utf-8").splitlines())))
        read = pyarrow.csv.read_csv if path.suffix == ".csv" else pyarrow.parquet.read_table
        return frozenset(map(str, read(path)["key"].to_pylist()))
    except (OSError, ValueError, KeyError, pa.ArrowException) as error:
        raise DatasetError(f"split {place} cannot be read as keys: {str(error).splitlines()[0]}") from None


def measured_on(task: MediaTask, keys: frozenset[str]) -> MediaTask:
    """Return a task whose test split are samples of some keys, of any split that nothing is trained or chosen on."""
    assert task.keys is not None, "a dataset that is read has keys"
    own = task.keys
    places = {split: np.flatnonzero([key in keys for key in own(split)]) for split in task.splits if split not in SEEN}
    chosen = {split: rows for split, rows in places.items() if len(rows)}
    if not chosen:
        raise DatasetError("no sample of the split can be decoded")
    return replace(
        task,
        arrays=_Chosen(task.arrays, chosen),
        labels=partial(_joined, task.labels, chosen),
        keys=partial(_keys, own, chosen),
        samples=None if task.samples is None else partial(_samples, task.samples, chosen),
        degraded=None if task.degraded is None else partial(_degraded, task.degraded, chosen),
        strings={name: partial(_joined, texts, chosen) for name, texts in task.strings.items()},
        splits=(*(name for name in task.splits if name in SEEN), TEST),
    )


Places = Mapping[str, np.ndarray]  # By split, the rows of it that are chosen.


@dataclass(frozen=True)
class _Chosen:
    arrays: Arrays
    chosen: Places

    def array(self, split: str, modality: str) -> np.ndarray:
        return _joined(lambda each: self.arrays.array(each, modality), self.chosen, split)

    @property
    def tokenizer(self) -> Tokenizer | None:
        return self.arrays.tokenizer


def _joined(rows: Callable[[str], np.ndarray], chosen: Places, split: str) -> np.ndarray:
    if split != TEST:
        return rows(split)
    return np.concatenate([np.asarray(rows(each)[places]) for each, places in chosen.items()])


def _keys(keys: Callable[[str], list[str]], chosen: Places, split: str) -> list[str]:
    return _joined(lambda each: np.array(keys(each), dtype=object), chosen, split).tolist()


def _samples(
    samples: Callable[[str, Sequence[int]], list[dict[str, Any]]], chosen: Places, split: str, rows: Sequence[int]
) -> list[dict[str, Any]]:
    if split != TEST:
        return samples(split, rows)
    every = [(each, int(place)) for each, places in chosen.items() for place in places]
    return [sample for each, place in (every[row] for row in rows) for sample in samples(each, [place])]


def _degraded(
    degraded: Callable[[str], Iterable[tuple[str, str, float, np.ndarray]]], chosen: Places, split: str
) -> Iterator[tuple[str, str, float, np.ndarray]]:
    assert split == TEST, "damage is done to what is tested"
    # Every split is damaged in the same ways, in the same order.
    for same in zip(*(degraded(each) for each in chosen), strict=True):
        kind, name, level, _ = same[0]
        parts = [rows[places] for (_, _, _, rows), places in zip(same, chosen.values(), strict=True)]
        yield kind, name, level, np.concatenate(parts)
