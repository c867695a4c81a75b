"""Which part of a model an error comes from, of its encoders and its method, and where in the user's code."""

from __future__ import annotations

import contextlib
import re
import sys
import traceback
import warnings
from collections.abc import Callable, Iterator

import torch
from torch import nn

from confu_core.encoders import AveragedFrames, encoder_name
from confu_core.errors import ConfuError, MethodError
from confu_core.model import Model
from confu_core.training.processes import ranks
from confu_core.user_code import RAISED, describe, is_own, own_place

__all__ = ["blamed"]

_FRAME = re.compile(r'File "(.+)", line (\d+), in')  # As tracebacks are written.


@contextlib.contextmanager
def blamed(model: Model, doing: str, again: Callable[[], object] | None = None) -> Iterator[None]:
    """Turn what is raised within a block into a MethodError of one line that names the part of the model, and where.

    A gradient is computed where no code of the user's runs: `again` computes it once more, watched by PyTorch, which
    then knows the line that asked for it.
    """
    try:
        yield
    except ConfuError:
        raise
    except RAISED as error:  # A user's code may raise anything; the user sees what and where.
        place = own_place(error) or (again and _asked_at(again))
        part = _part(model, error, place[0] if place else "")
        raise MethodError(f"{part} raised {doing}: {describe(error, place)}") from error


def _part(model: Model, error: BaseException, file: str) -> str:
    """Name the part in whose call the error was raised, and of a method the own head in it; else that of the file."""
    called = [frame.f_locals.get("self") for frame, _ in traceback.walk_tb(error.__traceback__)]
    parts: list[nn.Module] = [*model.encoders, model.method]
    found = [one for one in parts if any(one is each for each in called)]
    blamed = (found or [one for one in reversed(parts) if _file(one) == file] or [model.method])[0]
    if blamed is not model.method:
        return f"encoder {encoder_name(blamed)}"
    method = f"method {type(blamed).__name__}"
    heads = [each for each in called if isinstance(each, nn.Module) and each is not blamed and _file(each) == file]
    return f"{type(heads[0]).__name__} of {method}" if heads and _file(blamed) != file else method


def _file(part: nn.Module) -> str:
    part = part.encoder if isinstance(part, AveragedFrames) else part
    return getattr(sys.modules[type(part).__module__], "__file__", None) or "-"


def _asked_at(again: Callable[[], object]) -> tuple[str, int] | None:
    """Return file and line of the user's code whose gradient fails; None with several processes, which would wait."""
    if ranks()[1] > 1:
        return None
    with warnings.catch_warnings(record=True) as told, contextlib.suppress(*RAISED):
        warnings.simplefilter("always")
        with torch.autograd.detect_anomaly(check_nan=False):
            again()
    frames = [found for one in told for found in _FRAME.findall(str(one.message)) if is_own(found[0])]
    return (frames[-1][0], int(frames[-1][1])) if frames else None
