"""Pickles of NumPy arrays in plain containers: nothing they name is run, and a process with limits reads them first."""

from __future__ import annotations

import contextlib
import importlib
import io
import math
import os
import pickle
import re
import signal
import stat
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any, BinaryIO

import numpy as np

from confu_core.errors import DatasetError

FILE_LIMIT = 1 << 35  # Bytes.
_SECONDS, _BYTES_PER_SECOND = 2, 2_000_000  # Of the processor.
_CLOCK = 4  # Times as long by the clock.
_START = 60  # Seconds that a busy machine may take to start a process.
_MEMORY, _MEMORY_PER_BYTE = 1 << 30, 3
_STACK = 1 << 18  # Bytes, fewer than any thread has: what the other process can follow, this one can.
_ONLY = "only numpy arrays and plain containers are read"
_DIMENSIONS = 32
_KIND = re.compile(r"\?|b1|[iu][1248]|f[248]|c(8|16)|[SU]\d{1,9}|O8?")


def load_pickle(path: Path) -> Any:
    """Read a pickle of NumPy arrays and plain containers, of any protocol, written by Python 2 or 3.

    What a file names is not imported or called, but for functions of our own in place of the few that arrays need. A
    pickle can still be made to take any time and memory. So a process of its own reads it first, within limits that
    follow from the size of the file. macOS limits time alone; Windows neither memory nor the processor's time, but it
    waits for no more than a minute and four times as long.

    Arrays cannot be written to, and text of Python 2 is read as Latin-1. A file that is missing, cut, damaged, or asks
    for anything else or for too much is a `DatasetError`, which names what it asks for.
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

    Examples
    --------
    >>> import pickle
    >>> parse_pickle(pickle.dumps({"train": [1, 2], "id": ["a"]}))
    {'train': [1, 2], 'id': ['a']}
    >>> parse_pickle(b"cos\nsystem\n(Vls\ntR.")
    Traceback (most recent call last):
    confu_core.errors.DatasetError: the pickle asks for os.system; only numpy arrays and plain containers are read
    """
    return _parsed(io.BytesIO(data), where)


def _parsed(file: BinaryIO, where: str) -> Any:
    try:
        return _Unpickler(file, encoding="latin1").load()
    except DatasetError as error:
        raise DatasetError(f"{where} {error}") from error
    # Whatever a damaged file can cause: an empty stack, a missing memo entry, text that is none, wrong arguments.
    except Exception as error:
        reason = str(error).partition("\n")[0] or type(error).__name__
        raise DatasetError(f"{where} is cut or damaged: {reason:.120}") from error


class _Unpickler(pickle.Unpickler):
    def find_class(self, module: str, name: str) -> Any:
        """Return our own function in place of one that is named, if it is among those few."""
        if (found := _ADMITTED.get((module, name))) is None:
            asked = f"{module!s:.60}.{name!s:.60}".encode("unicode_escape").decode()
            raise DatasetError(f"asks for {asked}; {_ONLY}")
        return found

    def persistent_load(self, name: Any) -> Any:
        """Refuse what a pickle keeps elsewhere."""
        raise DatasetError(f"asks for an object from elsewhere; {_ONLY}")


class _Named:
    """A function of our own in place of one that pickles name: they call it, and cannot change it."""

    def __init__(self, function: Callable[..., Any]) -> None:
        self._function = function

    def __call__(self, *arguments: Any) -> Any:
        return self._function(*arguments)

    def __setstate__(self, state: Any) -> None:
        raise DatasetError("is damaged: a global is given a state")


class _DType:
    """A type of numbers, text or objects."""

    def __init__(self, kind: Any, *_: Any) -> None:
        if not isinstance(kind, str) or not _KIND.fullmatch(kind):
            raise DatasetError(f"holds an array of type {kind!r:.40}; numbers, text and objects are read")
        self.value = np.dtype(kind)

    def __setstate__(self, state: Any) -> None:
        _, order, *parts = state
        if any(part is not None for part in parts[:3]):
            raise DatasetError("holds an array of records; numbers, text and objects are read")
        self.value = self.value.newbyteorder(order)


class _Array(np.ndarray):
    """An array that believes of its state what fits together."""

    def __setstate__(self, state: Any) -> None:
        _, shape, dtype, fortran, content = state
        if not self.flags.writeable:
            raise DatasetError("is damaged: an array is given two states")
        held: Any = (1, shape, getattr(dtype, "value", None), bool(fortran), _fitting(content, dtype, shape))
        super().__setstate__(held)
        self.flags.writeable = False

    def __reduce_ex__(self, protocol: Any) -> Any:  # It is written as any other array is.
        return np.asarray(self).__reduce_ex__(protocol)


def _reconstruct(kind: Any, *_: Any) -> _Array:
    if kind is not _NDARRAY:
        raise DatasetError("holds an array of a kind of its own; only numpy.ndarray is read")
    return _Array(0, np.int8)  # Whatever shape is asked for: the state that follows has the true one.


def _from_buffer(content: Any, dtype: Any, shape: Any, order: Any, axes: Any = None) -> np.ndarray:
    if axes is not None:
        raise DatasetError("holds an array whose axes are in an order of their own")
    data = _fitting(content, dtype, shape)
    # NumPy gives text of no width a width, which nothing fills.
    array = np.frombuffer(data, dtype.value).reshape(shape, order=order) if data else np.zeros(shape, dtype.value)
    array.flags.writeable = False
    return array


def _scalar(dtype: Any, content: Any = b"") -> Any:
    return _from_buffer(content, dtype, (), "C")[()]


def _fitting(content: Any, dtype: Any, shape: Any) -> Any:
    """Return the content of an array, if its bytes are as many as its shape needs: no other shape reserves anything."""
    if not isinstance(dtype, _DType):
        raise DatasetError("is damaged: an array has no type")
    whole = isinstance(shape, tuple) and all(type(one) is int and 0 <= one < 1 << 62 for one in shape)
    if not whole or len(shape) > _DIMENSIONS or (shape and not dtype.value.itemsize):
        raise DatasetError(f"is damaged: the shape of an array is {shape!r:.60}")
    if isinstance(content, str):  # As Python 2 wrote bytes.
        content = content.encode("latin1")
    if not isinstance(content, list if dtype.value.hasobject else bytes | bytearray):
        raise DatasetError(f"is damaged: an array holds a {type(content).__name__}")
    wanted = math.prod(shape) * (1 if dtype.value.hasobject else dtype.value.itemsize)
    if wanted != len(content):
        raise DatasetError(f"is damaged: an array of {wanted} bytes or objects holds {len(content)}")
    return content


def _encode(text: Any, encoding: Any = "latin1") -> bytes:
    if not isinstance(text, str) or encoding != "latin1":
        raise DatasetError(f"is damaged: text is encoded as {encoding!r:.40}")
    return text.encode("latin1")


def _no_bytes() -> bytes:
    return b""


def _set(items: Any) -> set[Any]:
    if type(items) is not list:
        raise DatasetError("is damaged: a set is made of other than a list")
    return set(items)


def _not_called(*_: Any) -> Any:
    raise DatasetError("is damaged: numpy.ndarray is called")


_NDARRAY = _Named(_not_called)
_ADMITTED = {
    ("numpy", "ndarray"): _NDARRAY,
    ("numpy", "dtype"): _Named(_DType),
    ("_codecs", "encode"): _Named(_encode),
    **{(module, "bytes"): _Named(_no_bytes) for module in ("builtins", "__builtin__")},
    **{(module, "set"): _Named(_set) for module in ("builtins", "__builtin__")},
    **{(f"numpy.{core}.multiarray", "_reconstruct"): _Named(_reconstruct) for core in ("core", "_core")},
    **{(f"numpy.{core}.multiarray", "scalar"): _Named(_scalar) for core in ("core", "_core")},
    **{(f"numpy.{core}.numeric", "_frombuffer"): _Named(_from_buffer) for core in ("core", "_core")},
}


def _try_apart(path: Path, size: int) -> None:
    """Read a pickle in another process, within limits, and throw away what comes of it."""
    seconds = _SECONDS + size // _BYTES_PER_SECOND
    # This file alone, which starts faster than its package; and nothing of the folder that it stands in.
    start = "import sys; sys.path.pop(0); import runpy; runpy.run_path(sys.argv.pop(1), run_name='__main__')"
    limits = [str(path.absolute()), str(path), str(seconds), str(_MEMORY + _MEMORY_PER_BYTE * size)]
    place = os.pathsep.join([str(Path(__file__).parents[2]), *filter(None, [os.environ.get("PYTHONPATH")])])
    try:
        done = subprocess.run(
            [sys.executable, "-c", start, __file__, *limits],
            stdin=subprocess.DEVNULL,
            capture_output=True,
            timeout=_START + _CLOCK * seconds,
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
            _parsed(file, shown)  # What comes of it is let go of, which can take a deep stack too.
    except (DatasetError, OSError) as error:
        _say(f"refused: {error}", 1)
    _say("whole", 0)


def _say(outcome: str, status: int) -> None:
    sys.stdout.buffer.write(outcome.encode("utf-8", "backslashreplace"))
    sys.stdout.flush()
    os._exit(status)  # Without taking apart what may be nested a million deep.


def _limit(seconds: int, memory: int) -> None:
    try:
        resource = importlib.import_module("resource")
    except ImportError:  # Windows.
        return
    signal.alarm(_CLOCK * seconds)
    taken = 0
    with contextlib.suppress(OSError):  # Just Linux tells.
        taken = int(Path("/proc/self/statm").read_text().split()[0]) * os.sysconf("SC_PAGE_SIZE")
    limits = {"CPU": seconds, "AS": taken + memory, "STACK": _STACK, "CORE": 0}
    for name, limit in limits.items():
        _, most = resource.getrlimit(number := getattr(resource, f"RLIMIT_{name}"))
        least = limit if most == resource.RLIM_INFINITY else min(limit, most)
        with contextlib.suppress(ValueError, OSError):  # macOS knows some of them and refuses.
            resource.setrlimit(number, (least, least))


if __name__ == "__main__":
    _tried()
