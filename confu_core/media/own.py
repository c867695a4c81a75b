"""Of the user's own: measures, and what a model is measured on in place of the test split."""

from __future__ import annotations

import math
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import replace
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

from confu_core.errors import DatasetError, InvalidValue, MethodError, nearest
from confu_core.media.findings import Findings
from confu_core.media.task import TEST, TRAIN, VALIDATION, ArraysBy, MediaTask
from confu_core.runs.measures import Measure
from confu_core.shards import Dataset
from confu_core.shards.rows import label_columns
from confu_core.user_code import one_line, user_attribute

if TYPE_CHECKING:
    import pandas as pd

FILES = (".csv", ".parquet", ".txt")
SEEN = (TRAIN, VALIDATION)
OWN = "own:"  # What the families of own measures begin with, whose names follow.


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
    found = user_attribute(place, "split", callable, "function", must="no function of a table of samples")
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


def tested_on(task: MediaTask, split: str) -> MediaTask:
    """Return a task with another of its splits in the place of the test split, which then is none of its own."""
    if split == TEST:
        return task
    choices = [name for name in task.splits if name != TRAIN]
    if split not in choices:
        raise InvalidValue(f"split must be one of {', '.join(choices)}; got {split!r}")
    return _tested(task, {split: slice(None)}, [name for name in task.splits if name not in (TEST, split)])


def measured_on(task: MediaTask, keys: frozenset[str]) -> MediaTask:
    """Return a task whose test split are samples of some keys, of any split that nothing is trained or chosen on."""
    assert task.keys is not None, "a dataset that is read has keys"
    own = task.keys
    places = {split: np.flatnonzero([key in keys for key in own(split)]) for split in task.splits if split not in SEEN}
    chosen = {split: rows for split, rows in places.items() if len(rows)}
    if not chosen:
        raise DatasetError("no sample of the split can be decoded")
    return _tested(task, chosen, [name for name in task.splits if name in SEEN])


Places = Mapping[str, Any]  # By split, the rows of it that are chosen: their numbers, or a slice.


def _tested(task: MediaTask, chosen: Places, others: Sequence[str]) -> MediaTask:
    """Return a task whose test split are chosen rows, beside other splits as they are."""
    arrays = task.arrays

    def array(split: str, modality: str) -> np.ndarray:
        return _joined(lambda each: arrays.array(each, modality), chosen, split)

    return replace(
        task,
        arrays=ArraysBy(array, arrays.tokenizer),
        labels=partial(_joined, task.labels, chosen),
        keys=task.keys and partial(_keys, task.keys, chosen),
        samples=task.samples and partial(_samples, task, chosen),
        degraded=task.degraded and partial(_degraded, task.degraded, chosen),
        strings={name: partial(_joined, texts, chosen) for name, texts in task.strings.items()},
        splits=(*others, TEST),
    )


def _joined(rows: Callable[[str], np.ndarray], chosen: Places, split: str) -> np.ndarray:
    if split != TEST:
        return rows(split)
    return _together([rows(each)[places] for each, places in chosen.items()])


def _together(parts: Sequence[np.ndarray]) -> np.ndarray:
    return parts[0] if len(parts) == 1 else np.concatenate(parts)  # A split that is taken whole stays on disk.


def _keys(keys: Callable[[str], list[str]], chosen: Places, split: str) -> list[str]:
    return _joined(lambda each: np.array(keys(each), dtype=object), chosen, split).tolist()


def _samples(task: MediaTask, chosen: Places, split: str, rows: Sequence[int]) -> list[dict[str, Any]]:
    assert task.samples is not None
    if split != TEST:
        return task.samples(split, rows)
    numbers = {each: np.arange(len(task.labels(each)))[places] for each, places in chosen.items()}
    every = [(each, int(place)) for each, places in numbers.items() for place in places]
    return [sample for each, place in (every[row] for row in rows) for sample in task.samples(each, [place])]


def _degraded(
    degraded: Callable[[str], Iterable[tuple[str, str, float, np.ndarray]]], chosen: Places, split: str
) -> Iterator[tuple[str, str, float, np.ndarray]]:
    assert split == TEST, "damage is done to what is tested"
    # Every split is damaged in the same ways, in the same order.
    for same in zip(*(degraded(each) for each in chosen), strict=True):
        kind, name, level, _ = same[0]
        parts = [rows[places] for (_, _, _, rows), places in zip(same, chosen.values(), strict=True)]
        yield kind, name, level, _together(parts)


def check_measures(places: Sequence[str]) -> None:
    """Refuse, before hours of training, what is no function of the user's."""
    for place in places:
        _function(place)


def own_measures(place: str, findings: Findings) -> Iterator[Measure]:
    """Yield what a function of the user's measures, as a family under its name."""
    family = OWN + place.rpartition(":")[2]
    with one_line(f"measure {place} raised"):
        found = list(_function(place)(findings))
    for one in found:
        if not isinstance(one, Measure):
            raise MethodError(f"measure {place} must yield Measures; got {type(one).__name__}")
        value = None if one.value is None else float(one.value)
        if value is not None and not math.isfinite(value):
            raise MethodError(f"measure {place} must yield finite values, or None; got {value} for {one.metric!r}")
        yield replace(one, family=family, value=value)


def _function(place: str) -> Callable[[Findings], Any]:
    if ":" not in place:
        raise InvalidValue(f"a measure must be path/to/file.py:NAME or package.module:NAME; got {place!r}")
    found: Callable[[Findings], Any] = user_attribute(
        place, "measure", callable, "function", must="no function of findings"
    )
    return found
