"""What a cache holds: arrays by split and modality, the labels beside them, and what had to be left out."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from functools import cached_property
from pathlib import Path

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq

from confu_core.errors import DatasetError, nearest
from confu_core.inputs.decode import Corrupt
from confu_core.inputs.spec import InputSpec
from confu_core.inputs.text import Tokenizer
from confu_core.shards.cache_files import TOKENIZER, Index, array_path, labels_path

__all__ = ["Cached"]


@dataclass(frozen=True)
class Cached:
    """A dataset that was decoded into arrays.

    Attributes
    ----------
    folder : Path
        Where they lie.
    index : Index
        What they are.
    """

    folder: Path
    index: Index = field(repr=False)

    @cached_property
    def spec(self) -> InputSpec:
        """The spec, with the lengths of all sounds."""
        return InputSpec.from_dict(self.index.spec)

    @property
    def splits(self) -> dict[str, int]:
        """Rows of each split, without the corrupt ones."""
        return dict(self.index.rows)

    @property
    def bytes(self) -> int:
        """Size of its files."""
        return sum(self.index.sizes.values())

    @cached_property
    def corrupt(self) -> dict[str, list[Corrupt]]:
        """The samples of each split that were left out."""
        return {split: [Corrupt(*why[1:]) for why in found] for split, found in self.index.corrupt.items()}

    @cached_property
    def tokenizer(self) -> Tokenizer | None:
        """The tokenizer of its texts; None where it has none."""
        return Tokenizer.load(self.folder / TOKENIZER) if self.spec.vocabulary else None

    def array(self, split: str, modality: str) -> np.ndarray:
        """Return the samples of a split in one modality, memory-mapped.

        Parameters
        ----------
        split, modality : str
            Which.

        Returns
        -------
        memmap, shape (rows, ...)
            Pictures uint8 (rows, 3, side, side), sounds float16 (rows, bands, frames) in dB, texts int16 (rows,
            tokens).

        Raises
        ------
        DatasetError
            If there is no such split or modality.
        """
        self._check(split)
        if modality not in self.spec.inputs:
            raise DatasetError(f"the cache has no modality {modality!r}; {nearest(modality, self.spec.inputs)}")
        return np.load(array_path(self.folder, split, modality), mmap_mode="r", allow_pickle=False)

    def rows(self, split: str) -> np.ndarray:
        """Return which rows of the dataset's split were kept, int64, in order."""
        self._check(split)
        left_out = [why[0] for why in self.index.corrupt[split]]
        return np.setdiff1d(np.arange(self.index.rows[split] + len(left_out)), left_out)

    def keys(self, split: str) -> list[str]:
        """Return the keys of the rows of `array`."""
        return self.labels(split, ["key"])["key"].to_pylist()

    def labels(self, split: str, columns: Sequence[str] | None = None) -> pa.Table:
        """Return columns that hold no media, row by row as in `array`.

        Parameters
        ----------
        split : str
            Which.
        columns : sequence of str, optional
            All by default.

        Returns
        -------
        pyarrow.Table
            Read from the cache, so that it costs the same wherever the dataset lies.

        Raises
        ------
        DatasetError
            If there is no such split or column.
        """
        self._check(split)
        path = labels_path(self.folder, split)
        try:
            known = pq.read_schema(path).names
            for name in columns or ():
                if name not in known:
                    raise DatasetError(f"the dataset has no label column {name!r}; {nearest(name, known)}")
            table = pq.read_table(path, columns=None if columns is None else list(columns))
        except (pa.ArrowException, OSError) as error:
            raise DatasetError(f"the cache {self.folder} is damaged; remove that folder and run again") from error
        return table if columns is None else table.select(list(columns))

    def _check(self, split: str) -> None:
        if split not in self.index.rows:
            raise DatasetError(f"the dataset has no split {split!r}; {nearest(split, self.index.rows)}")
