"""Pickles of NumPy arrays in plain containers: nothing else is called, and another process tries them first."""

from __future__ import annotations

import contextlib
import io
import math
import os
import pickle
import re
import stat
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any, BinaryIO

import numpy as np

from confu_core.errors import DatasetError

__all__ = ["FILE_LIMIT", "load_pickle", "parse_pickle"]

FILE_LIMIT = 1 << 35  # Bytes.
_SECONDS, _BYTES_PER_SECOND = 5, 2_000_000  # Of the processor.
_MEMORY, _MEMORY_PER_BYTE = 1 << 30, 3
_ONLY = "only numpy arrays and plain containers are read"
_KIND = re.compile(r"\?|b1|[iu][1248]|f[248]|c(8|16)|[SU]\d{1,9}|O8?")
_DIMENSIONS = 32
_DEPTH = 200  # Of containers in each other.


def load_pickle(path: Path) -> Any:
    """Read a pickle that holds NumPy arrays and plain containers, and nothing else.

    What a file names is not imported or called, but for functions of our own in place of the few that arrays need. A
    pickle can still be made to take any time and memory. So a process of its own reads it first, within limits that
    follow from the size of the file; macOS and Windows do not limit memory.

    Parameters
    ----------
    path : Path
        A file of any protocol, 0 to 5, written by Python 2 or 3, of at most `FILE_LIMIT` bytes.

    Returns
    -------
    object
        Numbers, text, bytes, lists, tuples, sets, dictionaries and arrays. Text of Python 2 is read as Latin-1.

    Raises
    ------
    DatasetError
        If the file is missing, cut, damaged, asks for anything else, or for too much; the line names what it asks for.

    Examples
    --------
    >>> load_pickle(Path("no.pkl"))
    Traceback (most recent call last):
    confu_core.errors.DatasetError: no.pkl cannot be read: No such file or directory
    """
    try:
        about = path.stat()
        if not stat.S_ISREG(about.st_mode):
            raise DatasetError(f"{path} cannot be read: it is no file")
        if not 0 < about.st_size <= FILE_LIMIT:
            what = f"has {about.st_size} bytes; at most {FILE_LIMIT} are read" if about.st_size else "is empty"
            raise DatasetError(f"{path} {what}")
        _try_apart(path, about.st_size)
        with path.open("rb") as file:
            return _parsed(file, str(path))
    except OSError as error:
        raise DatasetError(f"{path} cannot be read: {error.strerror or error}") from error


def parse_pickle(data: bytes, where: str = "the pickle") -> Any:
    r"""Read a pickle from its bytes as `load_pickle` does, without limits of time and memory.

    Parameters
    ----------
    data : bytes
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
    return _parsed(io.BytesIO(data), where)


def _parsed(file: BinaryIO, where: str) -> Any:
    try:
        return _filled(_Reader(file).load(), {})
    except DatasetError as error:
        raise DatasetError(f"{where} {error}") from error
    except RecursionError as error:
        raise DatasetError(f"{where} holds containers in each other more than {_DEPTH} deep") from error
    # Whatever a damaged file can cause: an empty stack, a missing memo entry, text that is none, wrong arguments.
    except Exception as error:
        reason = str(error).partition("\n")[0] or type(error).__name__
        raise DatasetError(f"{where} is cut or damaged: {reason:.120}") from error


class _Reader(pickle.Unpickler):
    def __init__(self, file: BinaryIO) -> None:
        super().__init__(file, encoding="latin1")

    def find_class(self, module: str, name: str) -> Any:
        if (make := _GLOBALS.get((module, name))) is None:
            asked = f"{module!s:.60}.{name!s:.60}".encode("unicode_escape").decode()
            raise DatasetError(f"asks for {asked}; {_ONLY}")
        return _Named(make)

    def persistent_load(self, name: Any) -> Any:
        raise DatasetError(f"asks for an object from elsewhere; {_ONLY}")


class _Named:
    """What a global stands for; nothing of it can be changed."""

    __slots__ = ("_make",)
    _make: Callable[..., Any]

    def __init__(self, make: Callable[..., Any]) -> None:
        object.__setattr__(self, "_make", make)

    def __setattr__(self, *_: Any) -> None:
        raise DatasetError("is damaged: a global is given a state")

    def __call__(self, *arguments: Any) -> Any:
        return self._make(*arguments)


class _Unfilled:
    """An array or a type whose state is still to come, or has come."""

    __slots__ = ("value",)
    value: Any

    def __init__(self) -> None:
        object.__setattr__(self, "value", None)

    def __setattr__(self, *_: Any) -> None:
        raise DatasetError("is damaged: an array is given a state that is none")

    def __setstate__(self, state: Any) -> None:
        if self.value is not None or not isinstance(state, tuple):
            raise DatasetError("is damaged: an array is given a state that is none")
        object.__setattr__(self, "value", self._built(*state))

    def _built(self, *state: Any) -> Any:
        raise NotImplementedError


class _Array(_Unfilled):
    __slots__ = ()

    def _built(self, _: Any, shape: Any, dtype: Any, fortran: Any, content: Any) -> np.ndarray:
        return _array(content, dtype, shape, "F" if fortran else "C")


class _DType(_Unfilled):
    __slots__ = ("_kind",)
    _kind: str

    def __init__(self, kind: str) -> None:
        super().__init__()
        object.__setattr__(self, "_kind", kind)

    def _built(self, _: Any, order: Any, *parts: Any) -> np.dtype[Any]:
        if order not in ("<", ">", "=", "|") or any(part is not None for part in parts[:3]):
            raise DatasetError("holds an array of records; numbers, text and objects are read")
        return np.dtype(self._kind).newbyteorder(order)


def _reconstruct(kind: Any, shape: Any, code: Any) -> _Array:
    if not (isinstance(kind, _Named) and kind._make is _not_called):
        raise DatasetError("holds an array of a kind of its own; only numpy.ndarray is read")
    return _Array()


def _not_called(*_: Any) -> Any:
    raise DatasetError("is damaged: numpy.ndarray is called")


def _dtype(kind: Any, *_: Any) -> _DType:
    if not isinstance(kind, str) or not _KIND.fullmatch(kind):
        raise DatasetError(f"holds an array of type {kind!r:.40}; numbers, text and objects are read")
    return _DType(kind)


def _from_buffer(content: Any, dtype: Any, shape: Any, order: Any, axes: Any = None) -> np.ndarray:
    if axes is not None:
        raise DatasetError("holds an array whose axes are in an order of their own")
    return _array(content, dtype, shape, order)


def _scalar(dtype: Any, content: Any = b"") -> Any:
    return _array(content, dtype, (), "C")[()]


def _array(content: Any, kind: Any, shape: Any, order: Any) -> np.ndarray:
    dtype = kind.value if isinstance(kind, _DType) else None
    if dtype is None or order not in ("C", "F"):
        raise DatasetError("is damaged: an array has no type or order")
    if not dtype.itemsize and shape:  # NumPy gives text of no width a width.
        raise DatasetError("is damaged: an array has elements of no width")
    whole = isinstance(shape, tuple) and all(type(one) is int and 0 <= one < 1 << 62 for one in shape)
    if not whole or len(shape) > _DIMENSIONS:
        raise DatasetError(f"is damaged: the shape of an array is {shape!r:.60}")
    if dtype.hasobject:
        return _objects(content, shape, order)
    data = content.encode("latin1") if isinstance(content, str) else content  # Text is how Python 2 wrote bytes.
    if not isinstance(data, bytes | bytearray):
        raise DatasetError(f"is damaged: an array holds a {type(content).__name__}")
    # Compared before anything is made of it: a shape beyond the file reserves nothing.
    if (size := math.prod(shape) * dtype.itemsize) != len(data):
        raise DatasetError(f"is damaged: an array of {size} bytes holds {len(data)}")
    if not size:
        return np.empty(shape, dtype, order)
    array = np.frombuffer(data, dtype).reshape(shape, order=order)
    array.flags.writeable = False
    return array


def _objects(content: Any, shape: tuple[int, ...], order: Any) -> np.ndarray:
    if type(content) is not list or math.prod(shape) != len(content):
        raise DatasetError(f"is damaged: an array of shape {shape} holds other than a list of as many")
    array = np.empty(len(content), object)
    for place, one in enumerate(content):  # One by one: NumPy would look into lists and arrays.
        array[place] = one
    return array.reshape(shape, order=order)


def _encode(text: Any, encoding: Any = "latin1") -> bytes:
    if not isinstance(text, str) or encoding != "latin1":
        raise DatasetError(f"is damaged: text is encoded as {encoding!r:.40}")
    return text.encode("latin1")


def _empty_bytes(*arguments: Any) -> bytes:
    if arguments:
        raise DatasetError("is damaged: bytes are made of something else than text")
    return b""


def _set(items: Any) -> set[Any]:
    if type(items) is not list:
        raise DatasetError("is damaged: a set is made of other than a list")
    return set(items)


_MAKERS: dict[str, Callable[..., Any]] = {"_reconstruct": _reconstruct, "scalar": _scalar}
_GLOBALS: dict[tuple[str, str], Callable[..., Any]] = {
    **{(f"numpy.{core}.multiarray", name): make for core in ("core", "_core") for name, make in _MAKERS.items()},
    **{(f"numpy.{core}.numeric", "_frombuffer"): _from_buffer for core in ("core", "_core")},
    ("numpy", "ndarray"): _not_called,
    ("numpy", "dtype"): _dtype,
    ("_codecs", "encode"): _encode,
    **{(module, "bytes"): _empty_bytes for module in ("builtins", "__builtin__")},
    **{(module, "set"): _set for module in ("builtins", "__builtin__")},
}


def _filled(value: Any, known: dict[int, Any], depth: int = 0) -> Any:
    """Put arrays where they still stand as what they were made of; a part that occurs often is looked at once."""
    if depth > _DEPTH:
        raise RecursionError
    if isinstance(value, _Named | _DType) or (isinstance(value, _Array) and value.value is None):
        raise DatasetError(f"holds a {type(value).__name__.strip('_').lower()} that is no value")
    if isinstance(value, _Array):
        value = value.value
    if not isinstance(value, list | dict | tuple | set | frozenset | np.ndarray):
        return value
    if id(value) in known:
        return known[id(value)][1]
    known[id(value)] = value, value  # Kept, so that no other takes its number.
    found = _filled_container(value, known, depth + 1)
    known[id(value)] = value, found
    return found


def _filled_container(value: Any, known: dict[int, Any], depth: int) -> Any:
    if isinstance(value, list):
        value[:] = [_filled(one, known, depth) for one in value]
    elif isinstance(value, dict):
        for key, one in value.items():
            if _filled(key, known, depth) is not key:
                raise DatasetError("has an array as a key")
            value[key] = _filled(one, known, depth)
    elif isinstance(value, tuple):
        parts = [_filled(one, known, depth) for one in value]
        return value if all(a is b for a, b in zip(value, parts, strict=True)) else tuple(parts)
    elif isinstance(value, np.ndarray):
        if value.dtype.hasobject:
            flat = value.reshape(-1)
            for place, one in enumerate(flat):
                flat[place] = _filled(one, known, depth)
    elif any(_filled(one, known, depth) is not one for one in value):
        raise DatasetError("has an array in a set")
    return value


def _try_apart(path: Path, size: int) -> None:
    """Read a pickle in another process, within limits, and throw away what comes of it."""
    seconds = _SECONDS + size // _BYTES_PER_SECOND
    # This file alone, which starts faster than its package; and nothing of the folder that one stands in.
    start = "import sys; sys.path.pop(0); import runpy; runpy.run_path(sys.argv.pop(1), run_name='__main__')"
    command = [sys.executable, "-c", start, __file__]
    limits = [str(path.absolute()), str(path), str(seconds), str(_MEMORY + _MEMORY_PER_BYTE * size)]
    place = os.pathsep.join([str(Path(__file__).parents[2]), *filter(None, [os.environ.get("PYTHONPATH")])])
    try:
        done = subprocess.run(
            [*command, *limits],
            stdin=subprocess.DEVNULL,
            capture_output=True,
            timeout=4 * seconds + 60,  # Of a busy machine.
            env={**os.environ, "PYTHONPATH": place, "OPENBLAS_NUM_THREADS": "1", "OMP_NUM_THREADS": "1"},
        )
    except subprocess.TimeoutExpired as error:
        raise DatasetError(f"{path} takes more than {seconds} s to be read; it is not read further") from error
    said = done.stdout.decode("utf-8", "replace").strip()
    if done.returncode == 0 and said == "whole":
        return
    if said.startswith("refused: "):
        raise DatasetError(said.partition(": ")[2])
    how = f"takes more time or memory than its size allows, or breaks its reader (status {done.returncode})"
    raise DatasetError(f"{path} {how}; it is not read")


def _tried() -> None:
    """Do the work of the other process."""
    place, shown, seconds, memory = sys.argv[1:]
    _limit(int(seconds), int(memory))
    try:
        with Path(place).open("rb") as file:
            _parsed(file, shown)
    except (DatasetError, OSError) as error:
        _say(f"refused: {error}", 1)
    _say("whole", 0)


def _say(outcome: str, status: int) -> None:
    sys.stdout.buffer.write(outcome.encode("utf-8", "backslashreplace"))
    sys.stdout.flush()
    os._exit(status)  # Without taking apart what may be nested a million deep.


def _limit(seconds: int, memory: int) -> None:
    try:
        import resource
    except ImportError:  # Windows.
        return
    taken = 0
    with contextlib.suppress(OSError):  # Just Linux tells.
        taken = int(Path("/proc/self/statm").read_text().split()[0]) * os.sysconf("SC_PAGE_SIZE")
    limits = {resource.RLIMIT_CPU: seconds, resource.RLIMIT_AS: taken + memory, resource.RLIMIT_CORE: 0}
    for what, limit in limits.items():
        _, most = resource.getrlimit(what)
        least = limit if most == resource.RLIM_INFINITY else min(limit, most)
        with contextlib.suppress(ValueError, OSError):  # macOS knows some of them and refuses.
            resource.setrlimit(what, (least, least))


if __name__ == "__main__":
    _tried()
