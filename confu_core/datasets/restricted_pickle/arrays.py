"""What the globals of NumPy's pickles stand for: functions of our own, which look at every argument."""

from __future__ import annotations

import math
import re
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any, Protocol

import numpy as np

from confu_core.errors import DatasetError

__all__ = ["GLOBALS", "Maker", "Unbuilt"]

_KIND = re.compile(r"\?|b1|[iu][1248]|f[248]|c(8|16)|[SU]\d{1,9}|O8?")
_ORDERS = ("<", ">", "=", "|")
_DIMENSIONS = 32


class Spending(Protocol):
    """What counts the bytes and the keys that are made."""

    def spend(self, size: int) -> None:
        """Count bytes before they are taken, and refuse too many."""

    def keys(self, items: list[Any]) -> list[Any]:
        """Return what is to be keys of a dictionary or a set, if these take bounded time."""


@dataclass(eq=False)
class Unbuilt:
    """An array or a type whose state is still to come.

    Attributes
    ----------
    build : callable
        Returns the finished one, of what counts bytes and the state.
    places : list of int
        Where the memo has it.
    """

    build: Callable[[Any, tuple[Any, ...]], Any]
    places: list[int] = field(default_factory=list)


@dataclass(frozen=True, eq=False)
class Maker:
    """A global that may be called; or one that may only be named, such as ``numpy.ndarray``."""

    make: Callable[..., Any]


def _not_called(spending: Spending, *_: Any) -> Any:
    raise DatasetError("is damaged: numpy.ndarray is called")


def _reconstruct(spending: Spending, kind: Any, shape: Any, code: Any) -> Unbuilt:
    if kind is not NDARRAY:
        raise DatasetError("holds an array of a kind of its own; only numpy.ndarray is read")
    return Unbuilt(_array_of_state)


def _array_of_state(spending: Spending, state: tuple[Any, ...]) -> np.ndarray:
    _, shape, dtype, fortran, content = state
    return _array(spending, content, dtype, shape, "F" if fortran else "C")


def _from_buffer(spending: Spending, content: Any, dtype: Any, shape: Any, order: Any, axes: Any = None) -> np.ndarray:
    if axes is not None:
        raise DatasetError("holds an array whose axes are in an order of their own")
    return _array(spending, content, dtype, shape, order)


def _array(spending: Spending, content: Any, dtype: Any, shape: Any, order: Any) -> np.ndarray:
    if not isinstance(dtype, np.dtype) or order not in ("C", "F"):
        raise DatasetError("is damaged: an array has no type or order")
    if not dtype.itemsize and shape:  # NumPy gives text of no width a width.
        raise DatasetError("is damaged: an array has elements of no width")
    whole = isinstance(shape, tuple) and all(type(one) is int and 0 <= one < 1 << 62 for one in shape)
    if not whole or len(shape) > _DIMENSIONS:
        raise DatasetError(f"is damaged: the shape of an array is {shape!r:.60}")
    if dtype.hasobject:
        return _objects(spending, content, shape, order)
    data = _raw(spending, content)
    # Compared before anything is made of it: a shape beyond the file reserves nothing.
    if (size := math.prod(shape) * dtype.itemsize) != len(data):
        raise DatasetError(f"is damaged: an array of {size} bytes holds {len(data)}")
    if not size:
        return np.empty(shape, dtype, order)
    array = np.frombuffer(data, dtype).reshape(shape, order=order)
    array.flags.writeable = False
    return array


def _objects(spending: Spending, content: Any, shape: tuple[int, ...], order: Any) -> np.ndarray:
    if type(content) is not list or math.prod(shape) != len(content):
        raise DatasetError(f"is damaged: an array of shape {shape} holds other than a list of as many")
    spending.spend(len(content))
    array = np.empty(len(content), object)
    for place, one in enumerate(content):  # One by one: NumPy would look into lists and arrays.
        array[place] = one
    return array.reshape(shape, order=order)


def _raw(spending: Spending, content: Any) -> bytes | memoryview:
    if isinstance(content, str):  # Written by Python 2, whose bytes were text.
        return _encode(spending, content, "latin1")
    if not isinstance(content, bytes | memoryview):
        raise DatasetError(f"is damaged: an array holds a {type(content).__name__}")
    return content


def _dtype(spending: Spending, kind: Any, *_: Any) -> Unbuilt:
    if not isinstance(kind, str) or not _KIND.fullmatch(kind):
        raise DatasetError(f"holds an array of type {kind!r:.40}; numbers, text and objects are read")

    def ordered(spending: Spending, state: tuple[Any, ...]) -> np.dtype[Any]:
        order, parts = state[1], state[2:5]
        if order not in _ORDERS or any(part is not None for part in parts):
            raise DatasetError("holds an array of records; numbers, text and objects are read")
        return np.dtype(kind).newbyteorder(order)

    return Unbuilt(ordered)


def _scalar(spending: Spending, dtype: Any, content: Any = b"") -> Any:
    if not isinstance(dtype, np.dtype) or dtype.hasobject:
        raise DatasetError("is damaged: a number has no type")
    return _array(spending, content, dtype, (), "C")[()]


def _encode(spending: Spending, text: Any, encoding: Any = "latin1") -> bytes:
    if not isinstance(text, str) or encoding != "latin1":
        raise DatasetError(f"is damaged: text is encoded as {encoding!r:.40}")
    spending.spend(len(text))
    return text.encode("latin1")


def _empty_bytes(spending: Spending, *arguments: Any) -> bytes:
    if arguments:
        raise DatasetError("is damaged: bytes are made of something else than text")
    return b""


def _set(spending: Spending, items: Any) -> set[Any]:
    if type(items) is not list:
        raise DatasetError("is damaged: a set is made of other than a list")
    found = set(spending.keys(items))
    items.clear()  # So that one list cannot become any number of sets, which are larger than it.
    return found


NDARRAY = Maker(_not_called)

_ARRAYS = {"_reconstruct": Maker(_reconstruct), "scalar": Maker(_scalar)}
GLOBALS = {
    **{(f"numpy.{core}.multiarray", name): maker for core in ("core", "_core") for name, maker in _ARRAYS.items()},
    **{(f"numpy.{core}.numeric", "_frombuffer"): Maker(_from_buffer) for core in ("core", "_core")},
    ("numpy", "ndarray"): NDARRAY,
    ("numpy", "dtype"): Maker(_dtype),
    ("_codecs", "encode"): Maker(_encode),
    **{(module, "bytes"): Maker(_empty_bytes) for module in ("builtins", "__builtin__")},
    **{(module, "set"): Maker(_set) for module in ("builtins", "__builtin__")},
}
