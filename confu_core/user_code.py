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

__all__ = ["RAISED", "describe", "in_evaluation", "one_line", "user_attribute"]

# What code of the user's may raise: `sys.exit` there must not end a run without a word.
RAISED = (Exception, SystemExit)


def user_attribute(place: str, kind: str, fits: Callable[[object], bool]) -> Any:
    """Load a file or module, and return what it has under a name."""
    origin, _, attribute = place.rpartition(":")
    module = _from_file(Path(origin), kind) if origin.endswith(".py") else _from_module(origin)
    found = getattr(module, attribute, None)
    if found is None:
        names = [key for key, value in vars(module).items() if fits(value)]
        hint = nearest(attribute, names) if names else f"it defines no {kind}"
        raise MethodError(f"{origin} has no class {attribute!r}: {hint}")
    return found


def describe(error: BaseException) -> str:
    """Say in one line what was raised and where."""
    frames = traceback.extract_tb(error.__traceback__)
    if isinstance(error, SyntaxError):
        where = f" (line {error.lineno})"
        text = error.msg
    else:
        where = f" ({Path(frames[-1].filename).name}, line {frames[-1].lineno})" if frames else ""
        text = " ".join(str(error).split())
    return f"{type(error).__name__}: {text}{where}"


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
