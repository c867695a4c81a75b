"""The files of a cache: arrays whose rows are written at their places, and the index that says what they are."""

from __future__ import annotations

import functools
import json
import os
import zlib
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

import numpy as np

from confu_core.errors import DatasetError
from confu_core.io.plain import marked, read_small, unmarked

__all__ = [
    "INDEX",
    "TOKENIZER",
    "VERSION",
    "Index",
    "allocate",
    "array_path",
    "checksum",
    "compact",
    "labels_path",
    "put",
    "sync",
]

INDEX, TOKENIZER = "index.json", "tokenizer.json"
VERSION = 2  # Goes into the key of a cache: raise it when the same spec means other numbers.

_BLOCK_ROWS = 1024
_PIECE = 1 << 22


@dataclass(frozen=True)
class Index:
    """What `index.json` says.

    Attributes
    ----------
    version : int
        Of the cache's own format.
    spec : dict
        The spec, with the lengths of all sounds.
    rows : dict of str to int
        Split name to rows kept.
    corrupt : dict of str to list
        Split name to row, key, modality and reason of those that were left out.
    sizes, sums : dict of str to int
        File name to bytes, and to CRC-32 of its content.
    versions : dict of str to str
        Of the libraries that decoded.
    """

    version: int
    spec: dict[str, Any]
    rows: dict[str, int]
    corrupt: dict[str, list[list[Any]]]
    sizes: dict[str, int]
    sums: dict[str, int]
    versions: dict[str, str]

    def to_bytes(self) -> bytes:
        """Return the content of the file: on its first line what the CRC-32 of all others is."""
        return marked((json.dumps(asdict(self), indent=1) + "\n").encode())

    @classmethod
    def load(cls, folder: Path) -> Index | None:
        """Return the index of a cache, or None where it is missing, damaged, or names files that are not whole."""
        try:
            index = cls(**json.loads(unmarked(read_small(folder / INDEX))))
            whole = all((folder / name).stat().st_size == size for name, size in index.sizes.items())
            return index if whole and index.version == VERSION else None
        except (DatasetError, OSError, ValueError, TypeError, AttributeError, RecursionError):
            return None

    def is_unaltered(self, folder: Path) -> bool:
        """Tell whether every file holds what was written; each is read for it once per process."""
        return all(checksum(folder / name) == value for name, value in self.sums.items())


def checksum(path: Path) -> int:
    """Return the CRC-32 of a file; it is read again only where its size or its time of change is another."""
    found = path.stat()
    return _checksum(path, found.st_size, found.st_mtime_ns, found.st_ino)


@functools.lru_cache(maxsize=1024)
def _checksum(path: Path, *state: int) -> int:
    value = 0
    with path.open("rb") as file:
        while piece := file.read(_PIECE):
            value = zlib.crc32(piece, value)
    return value


def array_path(folder: Path, split: str, modality: str) -> Path:
    """Return where the array of a modality lies."""
    return folder / f"{split}-{modality}.npy"


def labels_path(folder: Path, split: str, part: int | None = None) -> Path:
    """Return where the labels of a split lie, or those of one of its shards while they are gathered."""
    return folder / (f"{split}.parquet" if part is None else f"{split}.{part}.parquet")


def allocate(path: Path, shape: Sequence[int], dtype: np.dtype[Any]) -> None:
    """Make an array file of its full size, which holds nothing yet.

    Parameters
    ----------
    path : Path
        Its name, which ends in ``.npy``.
    shape : sequence of int
        Rows first.
    dtype : dtype
        Of the values.

    Examples
    --------
    >>> import tempfile
    >>> with tempfile.TemporaryDirectory() as folder:
    ...     path = Path(folder) / "x.npy"
    ...     allocate(path, (3, 2), np.dtype(np.int16))
    ...     put(path, 1, np.array([[1, 2]], dtype=np.int16))
    ...     np.load(path).tolist()
    [[0, 0], [1, 2], [0, 0]]
    """
    header = {"descr": np.lib.format.dtype_to_descr(dtype), "fortran_order": False, "shape": tuple(shape)}
    with path.open("wb") as file:
        np.lib.format.write_array_header_1_0(file, header)
        file.truncate(file.tell() + int(np.prod(shape, dtype=np.int64)) * dtype.itemsize)


def put(path: Path, row: int, values: np.ndarray) -> None:
    """Write rows into an array file.

    Parameters
    ----------
    path : Path
        What `allocate` made.
    row : int
        The first of them.
    values : ndarray
        Of the type and the row shape of the file.

    Raises
    ------
    OSError
        Such as where the disk is full. Written through a memory map, that would be a signal that ends the process.
    """
    mapped = np.load(path, mmap_mode="r")
    assert mapped.dtype == values.dtype and mapped.shape[1:] == values.shape[1:], "rows must fit their file"
    with path.open("r+b") as file:
        file.seek(mapped.offset + row * mapped[:1].nbytes)
        file.write(np.ascontiguousarray(values).data)


def compact(path: Path, keep: np.ndarray) -> None:
    """Leave out rows of an array file.

    Parameters
    ----------
    path : Path
        What `allocate` made.
    keep : ndarray of int64, shape (kept,)
        The rows that stay, at least one, in order.
    """
    mapped = np.load(path, mmap_mode="r")
    fresh = path.with_suffix(".kept")
    allocate(fresh, (len(keep), *mapped.shape[1:]), mapped.dtype)
    for start in range(0, len(keep), _BLOCK_ROWS):
        put(fresh, start, mapped[keep[start : start + _BLOCK_ROWS]])
    fresh.replace(path)


def sync(folder: Path) -> Mapping[str, tuple[int, int]]:
    """See that all files of a folder are on the disk, and return their sizes and checksums by name."""
    for path in sorted(folder.iterdir()):
        with path.open("rb") as file:
            os.fsync(file.fileno())
    return {path.name: (path.stat().st_size, checksum(path)) for path in sorted(folder.iterdir())}
