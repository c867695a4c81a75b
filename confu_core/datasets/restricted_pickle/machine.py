"""The machine that a pickle is a program for, with the few instructions that containers and arrays need."""

from __future__ import annotations

import mmap
import pickletools
from typing import Any

from confu_core.datasets.restricted_pickle.arrays import GLOBALS, Maker, Unbuilt
from confu_core.datasets.restricted_pickle.reader import Reader
from confu_core.datasets.restricted_pickle.scalars import SCALARS
from confu_core.errors import DatasetError

__all__ = ["INSTRUCTION_LIMIT", "NUMBER_KEYS_LIMIT", "Machine"]

INSTRUCTION_LIMIT = 4_000_000  # An instruction of one byte makes up to 216 bytes: together less than a gigabyte.

NUMBER_KEYS_LIMIT = 10_000  # Numbers can be chosen to have one hash; the time that these take grows as their square.

_MARK = object()
_KEYS = (str, bytes, int, float, bool, type(None))
_NAMES = {ord(op.code): op.name for op in pickletools.opcodes}


class Machine:
    """Runs one pickle.

    Its memory is bounded by the size of the file: numbers, text and bytes are no longer than what states them, arrays
    have just the bytes that are there, and what a pickle has made again and again from one part of it is counted. Its
    time is bounded by the number of instructions, and by that of keys whose hashes a file could choose.

    Parameters
    ----------
    data : bytes or mmap
        The program.
    """

    def __init__(self, data: bytes | mmap.mmap) -> None:
        self.reader = Reader(data)
        self.budget = len(data)
        self.number_keys = 0
        self.stack: list[Any] = []
        self.memo: dict[int, Any] = {}

    def run(self) -> Any:
        """Return what the pickle holds."""
        for _ in range(INSTRUCTION_LIMIT):
            code = self.reader.byte()
            if code in SCALARS:
                self.stack.append(SCALARS[code](self.reader))
            elif code in _ACTIONS:
                _ACTIONS[code](self)
            elif code == ord("."):
                return self.stack.pop()
            else:
                name = _NAMES.get(code, f"byte {code:#04x}")
                asked = f" for {self._named_global()}" if name == "INST" else ""
                what = "only numpy arrays and plain containers are read"
                raise DatasetError(f"uses the instruction {name}{asked}; {what}")
        raise DatasetError(f"has more than {INSTRUCTION_LIMIT} instructions, the most that are followed")

    def spend(self, size: int) -> None:
        """Count bytes that are made of others which the file holds once."""
        self.budget -= size
        if self.budget < 0:
            raise DatasetError("makes more of its content than the file has bytes; it is not read further")

    def keys(self, items: list[Any]) -> list[Any]:
        """Return what is to be keys of a dictionary or a set, if these take bounded time."""
        for key in items:
            # The hash of nested tuples that share their parts takes time without bound.
            if not isinstance(key, _KEYS):
                raise DatasetError(f"has a {type(key).__name__} as a key; keys must be text, bytes or numbers")
            self.number_keys += not isinstance(key, str | bytes)
        if self.number_keys > NUMBER_KEYS_LIMIT:
            raise DatasetError(f"has more than {NUMBER_KEYS_LIMIT} numbers as keys, the most that are read")
        return items

    def marked(self) -> list[Any]:
        """Take all that was pushed since the last mark."""
        at = len(self.stack) - 1
        while self.stack[at] is not _MARK:
            at -= 1
            if at < 0:
                raise DatasetError("is damaged: a mark is missing")
        items = self.stack[at + 1 :]
        del self.stack[at:]
        return items

    def remember(self, place: int) -> None:
        """Note the top of the stack."""
        value = self.stack[-1]
        self.memo[place] = value
        if isinstance(value, Unbuilt):
            value.places.append(place)

    def named(self, module: Any, name: Any) -> None:
        """Push what a global stands for here."""
        if (found := GLOBALS.get((module, name))) is None:
            asked = f"{module!s:.60}.{name!s:.60}".encode("unicode_escape").decode()
            raise DatasetError(f"asks for {asked}; only numpy arrays and plain containers are read")
        self.stack.append(found)

    def reduce(self) -> None:
        """Make what a global makes of its arguments."""
        arguments, maker = self.stack.pop(), self.stack.pop()
        if not isinstance(maker, Maker) or not isinstance(arguments, tuple):
            raise DatasetError(f"is damaged: a {type(maker).__name__} is called")
        self.stack.append(maker.make(self, *arguments))

    def build(self) -> None:
        """Fill what was made empty, and put it wherever the empty one stands."""
        state, empty = self.stack.pop(), self.stack[-1]
        if not isinstance(empty, Unbuilt) or not isinstance(state, tuple):
            raise DatasetError(f"is damaged: a {type(empty).__name__} is given a state")
        self.stack[-1] = built = empty.build(self, state)
        self.memo.update(dict.fromkeys(empty.places, built))

    def _named_global(self) -> str:
        return ".".join(self.reader.line().decode("latin-1") for _ in range(2))[:120]


def _extend(machine: Machine, items: list[Any]) -> None:
    target = machine.stack[-1]
    if type(target) is not list:
        raise DatasetError(f"is damaged: a {type(target).__name__} is appended to")
    target.extend(items)


def _set_items(machine: Machine, items: list[Any]) -> None:
    target = machine.stack[-1]
    if type(target) is not dict or len(items) % 2:
        raise DatasetError(f"is damaged: a {type(target).__name__} is given {len(items)} keys and values")
    target.update(zip(machine.keys(items[::2]), items[1::2], strict=True))


def _add_items(machine: Machine, items: list[Any]) -> None:
    target = machine.stack[-1]
    if type(target) is not set:
        raise DatasetError(f"is damaged: a {type(target).__name__} is added to")
    target.update(machine.keys(items))


def _dictionary(machine: Machine) -> None:
    items = machine.marked()
    machine.stack.append({})
    _set_items(machine, items)


def _tuple(size: int) -> Any:
    def make(machine: Machine) -> None:
        if len(machine.stack) < size:
            raise DatasetError("is damaged: the stack is empty")
        items = tuple(machine.stack[-size:])
        machine.stack[-size:] = [items]

    return make


_ACTIONS = {
    ord("("): lambda m: m.stack.append(_MARK),
    ord("0"): lambda m: m.stack.pop(),
    ord("1"): lambda m: m.marked(),
    ord("2"): lambda m: m.stack.append(m.stack[-1]),
    ord("]"): lambda m: m.stack.append([]),
    ord("l"): lambda m: m.stack.append(m.marked()),
    ord("a"): lambda m: _extend(m, [m.stack.pop()]),
    ord("e"): lambda m: _extend(m, m.marked()),
    ord("}"): lambda m: m.stack.append({}),
    ord("d"): _dictionary,
    ord("s"): lambda m: _set_items(m, [m.stack.pop(-2), m.stack.pop()]),
    ord("u"): lambda m: _set_items(m, m.marked()),
    0x8F: lambda m: m.stack.append(set()),
    0x90: lambda m: _add_items(m, m.marked()),
    0x91: lambda m: m.stack.append(frozenset(m.keys(m.marked()))),
    ord("t"): lambda m: m.stack.append(tuple(m.marked())),
    0x85: _tuple(1),
    0x86: _tuple(2),
    0x87: _tuple(3),
    ord("p"): lambda m: m.remember(int(m.reader.line())),
    ord("q"): lambda m: m.remember(m.reader.byte()),
    ord("r"): lambda m: m.remember(m.reader.size(4)),
    0x94: lambda m: m.remember(len(m.memo)),
    ord("g"): lambda m: m.stack.append(m.memo[int(m.reader.line())]),
    ord("h"): lambda m: m.stack.append(m.memo[m.reader.byte()]),
    ord("j"): lambda m: m.stack.append(m.memo[m.reader.size(4)]),
    ord("c"): lambda m: m.named(m.reader.line().decode("latin-1"), m.reader.line().decode("latin-1")),
    0x93: lambda m: m.named(m.stack.pop(-2), m.stack.pop()),
    ord("R"): Machine.reduce,
    ord("b"): Machine.build,
    0x80: lambda m: m.reader.byte(),
    0x95: lambda m: m.reader.size(8),
}
