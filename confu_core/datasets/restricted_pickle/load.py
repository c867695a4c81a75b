"""Open a pickle without running it."""

from __future__ import annotations

import mmap
from pathlib import Path
from typing import Any

from confu_core.datasets.restricted_pickle.machine import Machine
from confu_core.errors import DatasetError

__all__ = ["load_pickle", "parse_pickle"]


def load_pickle(path: Path) -> Any:
    """Read a pickle that holds NumPy arrays and plain containers, and nothing else.

    Nothing that a file says is imported or called. The file is mapped into memory, and arrays of the protocols 3 and
    above are views of it, so that just what is looked at takes memory.

    Parameters
    ----------
    path : Path
        A file of any protocol, 0 to 5, written by Python 2 or 3.

    Returns
    -------
    object
        Numbers, text, bytes (a read-only memoryview where they are long), lists, tuples, sets, dictionaries and
        read-only arrays. Text of Python 2 is read as Latin-1.

    Raises
    ------
    DatasetError
        If the file is missing, cut, damaged, or asks for anything else; the line names what it asks for.

    Examples
    --------
    >>> load_pickle(Path("no.pkl"))
    Traceback (most recent call last):
    confu_core.errors.DatasetError: no.pkl cannot be read: No such file or directory
    """
    try:
        with path.open("rb") as file:
            if path.stat().st_size == 0:
                raise DatasetError(f"{path} is empty")
            mapped = mmap.mmap(file.fileno(), 0, access=mmap.ACCESS_READ)
    except (OSError, ValueError) as error:
        reason = getattr(error, "strerror", None) or error
        raise DatasetError(f"{path} cannot be read: {reason}") from error
    return parse_pickle(mapped, str(path))


def parse_pickle(data: bytes | mmap.mmap, where: str = "the pickle") -> Any:
    r"""Read a pickle from its bytes; see `load_pickle`.

    Parameters
    ----------
    data : bytes or mmap
        The whole pickle.
    where : str
        What errors call it.

    Returns
    -------
    object
        As for `load_pickle`.

    Raises
    ------
    DatasetError
        As for `load_pickle`.

    Examples
    --------
    >>> import pickle, numpy as np
    >>> parse_pickle(pickle.dumps({"train": np.arange(3), "id": ["a"]}))
    {'train': array([0, 1, 2]), 'id': ['a']}
    >>> parse_pickle(b"cos\nsystem\n(Vls\ntR.")
    Traceback (most recent call last):
    confu_core.errors.DatasetError: the pickle asks for os.system; only numpy arrays and plain containers are read
    """
    try:
        return Machine(data).run()
    except DatasetError as error:
        raise DatasetError(f"{where} {error}") from error
    # What a damaged file can cause: an empty stack, a missing memo entry, text that is none, arguments that do not fit.
    except (ArithmeticError, AttributeError, LookupError, MemoryError, TypeError, ValueError) as error:
        reason = str(error).partition("\n")[0] or type(error).__name__
        raise DatasetError(f"{where} is cut or damaged: {reason:.120}") from error
