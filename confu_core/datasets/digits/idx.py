"""Idx: the files of MNIST, plain or gzipped, and the same arrays in a NumPy archive; no file of them is trusted."""

from __future__ import annotations

import gzip
import math
import zipfile
import zlib
from pathlib import Path
from typing import IO

import numpy as np

from confu_core.errors import DatasetError

__all__ = ["BYTE_LIMIT", "read_idx", "read_npz"]

BYTE_LIMIT = 1 << 29  # Three times the largest published file of this form, unpacked.

_MAGIC = b"\x00\x00\x08"  # Two zeros, and the code of unsigned bytes; the number of dimensions follows.
_GZIP = b"\x1f\x8b"
_DAMAGE = (EOFError, OSError, zipfile.BadZipFile, zlib.error, NotImplementedError, RuntimeError, ValueError, KeyError)


def read_idx(path: Path, dimensions: int) -> np.ndarray:
    """Read an array of unsigned bytes from an idx file.

    The header promises a size. It is compared with the file before anything is reserved for it, and what a gzipped
    file unpacks to is read no further than it promised.

    Parameters
    ----------
    path : Path
        Such as ``train-images-idx3-ubyte`` or the same with ``.gz``.
    dimensions : int
        3 for pictures, 1 for labels.

    Returns
    -------
    ndarray of uint8
        With that many dimensions.

    Raises
    ------
    DatasetError
        If it is no such file, is cut, holds more than it says, or says more than `BYTE_LIMIT`.

    Examples
    --------
    >>> import tempfile
    >>> with tempfile.TemporaryDirectory() as folder:
    ...     path = Path(folder) / "labels"
    ...     _ = path.write_bytes(bytes([0, 0, 8, 1, 0, 0, 0, 3, 7, 2, 1]))
    ...     read_idx(path, 1)
    array([7, 2, 1], dtype=uint8)
    """
    try:
        with path.open("rb") as file:
            packed = file.read(2) == _GZIP
        if packed:
            with gzip.open(path, "rb") as unpacked:
                return _array(unpacked, path, dimensions, None)
        with path.open("rb") as file:
            return _array(file, path, dimensions, path.stat().st_size)
    except _DAMAGE as error:
        raise DatasetError(f"{path.name} cannot be read: {_said(error)}") from error


def read_npz(path: Path, names: tuple[str, ...]) -> dict[str, np.ndarray]:
    """Read arrays of whole numbers from a NumPy archive; nothing in it is run.

    Parameters
    ----------
    path : Path
        Such as ``mnist.npz``.
    names : tuple of str
        Arrays that it must hold.

    Returns
    -------
    dict of str to ndarray of uint8
        Under these names.

    Raises
    ------
    DatasetError
        If one is missing, is not of whole numbers in [0, 255], is cut, or is larger than `BYTE_LIMIT`.

    Examples
    --------
    >>> import tempfile
    >>> with tempfile.TemporaryDirectory() as folder:
    ...     path = Path(folder) / "mnist.npz"
    ...     np.savez(path, y_test=np.array([7, 2]))
    ...     read_npz(path, ("y_test",))
    {'y_test': array([7, 2], dtype=uint8)}
    """
    try:
        with zipfile.ZipFile(path) as archive:
            members = {name.removesuffix(".npy") for name in archive.namelist()}
            missing = [name for name in names if name not in members]
            if missing:
                raise DatasetError(f"{path.name} must hold arrays {', '.join(names)}; it lacks {', '.join(missing)}")
            return {name: _member(archive, f"{name}.npy", path) for name in names}
    except _DAMAGE as error:
        raise DatasetError(f"{path.name} cannot be read: {_said(error)}") from error


def _said(error: Exception) -> str:
    return (str(error) or type(error).__name__).splitlines()[0][:120]


def _array(file: IO[bytes] | gzip.GzipFile, path: Path, dimensions: int, size: int | None) -> np.ndarray:
    start = 4 + 4 * dimensions
    header = file.read(start)
    if header[:4] != _MAGIC + bytes([dimensions]) or len(header) < start:
        raise DatasetError(
            f"{path.name} must be an idx file of bytes in {dimensions} dimensions; its header is another"
        )
    shape = tuple(int(edge) for edge in np.frombuffer(header[4:], ">u4"))
    count = math.prod(shape)
    if count > BYTE_LIMIT:
        raise DatasetError(f"{path.name} says that it holds {count} bytes; at most {BYTE_LIMIT} are read")
    if size is not None and size != start + count:
        raise DatasetError(f"{path.name} must have {start + count} bytes, as its header says; it has {size}")
    data = file.read(count + 1)
    if len(data) != count:
        raise DatasetError(f"{path.name} must hold {count} bytes, as its header says; it holds {_amount(data, count)}")
    return np.frombuffer(data, np.uint8).reshape(shape)


def _amount(data: bytes, count: int) -> str:
    return "more" if len(data) > count else str(len(data))


def _member(archive: zipfile.ZipFile, name: str, path: Path) -> np.ndarray:
    entry = archive.getinfo(name)
    if entry.file_size > BYTE_LIMIT:
        raise DatasetError(f"{name} in {path.name} has {entry.file_size} bytes; at most {BYTE_LIMIT} are read")
    with archive.open(entry) as file:
        version = np.lib.format.read_magic(file)
        readers = {(1, 0): np.lib.format.read_array_header_1_0, (2, 0): np.lib.format.read_array_header_2_0}
        if version not in readers:
            raise DatasetError(f"{name} in {path.name} must be of NumPy's format 1 or 2; got {version[0]}")
        shape, by_column, dtype = readers[version](file)
        # Objects would be unpickled, which runs code: they are refused by their type, before a byte of them is read.
        if dtype.kind not in "iu" or by_column:
            raise DatasetError(f"{name} in {path.name} must hold whole numbers, row by row; got {dtype}")
        data = file.read()
    if len(data) != math.prod(shape) * dtype.itemsize:
        raise DatasetError(
            f"{name} in {path.name} must hold {shape} numbers, as its header says; it has {len(data)} bytes"
        )
    array = np.frombuffer(data, dtype).reshape(shape)
    if array.size and not 0 <= int(array.min()) <= int(array.max()) <= 255:
        raise DatasetError(f"{name} in {path.name} must hold numbers in [0, 255]; got {array.min()} to {array.max()}")
    return array.astype(np.uint8)
