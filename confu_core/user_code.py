"""Code of the user's: a name in a Python file or an installed module, and what it raises, in one line."""

from __future__ import annotations

import contextlib
import hashlib
import importlib
import importlib.util
import sys
import traceback
from collections.abc import Callable, Iterator
from pathlib import Path
from types import ModuleType
from typing import Any

from confu_core.errors import ConfuError, MethodError, nearest

# What code of the user's may raise: `sys.exit` there must not end a run without a word.
RAISED = (Exception, SystemExit)
_FILES: set[str] = set()  # That something was loaded from by its place.


def user_attribute(place: str, kind: str, fits: Callable[[object], bool], what: str = "class", must: str = "") -> Any:
    """Load a file or module, and return what it has under a name; refuse what does not fit, as `must` says of it."""
    origin, _, attribute = place.rpartition(":")
    module = _from_file(Path(origin), kind) if origin.endswith(".py") else _from_module(origin)
    _FILES.add(getattr(module, "__file__", None) or "")
    found = getattr(module, attribute, None)
    if found is None:
        names = [key for key, value in vars(module).items() if fits(value)]
        hint = nearest(attribute, names) if names else f"it defines no {kind}"
        raise MethodError(f"{origin} has no {what} {attribute!r}: {hint}")
    if must and not fits(found):
        raise MethodError(f"{place} is {must}")
    return found


def defined_in(path: Path, kind: str, fits: Callable[[object], bool]) -> list[str]:
    """Load a file, and list what it defines of a kind; what it imports is not its own."""
    module = _from_file(path, kind)
    return [name for name, value in vars(module).items() if fits(value) and value.__module__ == module.__name__]


def describe(error: BaseException, place: tuple[str, int] | None = None) -> str:
    """Say in one line what was raised and where: at a place, or the last of the user's files, or else of any."""
    if isinstance(error, SyntaxError):
        return f"{type(error).__name__}: {error.msg} (line {error.lineno})"
    place = place or own_place(error) or next(reversed(_places(error)), None)
    where = f" ({Path(place[0]).name}, line {place[1]})" if place else ""
    return f"{type(error).__name__}: {' '.join(str(error).split())}{where}"


def own_place(error: BaseException) -> tuple[str, int] | None:
    """Return file and line that an error last passed through of the user's files, if it did."""
    return next((place for place in reversed(_places(error)) if is_own(place[0])), None)


def _places(error: BaseException) -> list[tuple[str, int]]:
    return [(frame.filename, frame.lineno or 0) for frame in traceback.extract_tb(error.__traceback__)]


def is_own(file: str) -> bool:
    """Return whether something of the user's was loaded from a file."""
    return file in _FILES


def _from_file(path: Path, kind: str) -> ModuleType:
    if not path.is_file():
        raise MethodError(f"no file {str(path)!r} to load {'an' if kind[0] in 'aeiou' else 'a'} {kind} from")
    # One module per file, whichever name it is asked for by: its classes stay the same classes.
    name = "_user_code_" + hashlib.blake2b(str(path.resolve()).encode(), digest_size=8).hexdigest()
    if name in sys.modules:
        return sys.modules[name]
    spec = importlib.util.spec_from_file_location(name, path)
    assert spec is not None and spec.loader is not None  # Given for every path that ends in .py.
    module = importlib.util.module_from_spec(spec)
    sys.modules[name] = module
    try:
        spec.loader.exec_module(module)
    except RAISED as error:  # Whatever the user's file raises is the user's to see, in one line.
        del sys.modules[name]
        raise MethodError(f"{path} cannot be loaded: {describe(error)}") from error
    return module


def _from_module(name: str) -> ModuleType:
    try:
        return importlib.import_module(name)
    except RAISED as error:
        raise MethodError(f"module {name!r} cannot be loaded: {describe(error)}") from error


@contextlib.contextmanager
def one_line(said: str) -> Iterator[None]:
    """Turn what code of the user's raises within a block into a MethodError of one line: what is said, and where."""
    try:
        yield
    except ConfuError:
        raise
    except RAISED as error:  # It may raise anything; the user sees what and where.
        raise MethodError(f"{said}: {describe(error)}") from error


def in_evaluation(method: object) -> contextlib.AbstractContextManager[None]:
    """Turn what a method raises within a block into a MethodError of one line."""
    return one_line(f"method {type(method).__name__} raised in evaluation")
