"""Measures of the user's own: functions in their files that look at a trained model on a task."""

from __future__ import annotations

import math
from collections.abc import Callable, Iterator, Sequence
from dataclasses import replace
from typing import Any

from confu_core.errors import InvalidValue, MethodError
from confu_core.media.findings import Findings
from confu_core.runs.measures import Measure
from confu_core.user_code import one_line, user_attribute

OWN = "own:"  # What their families begin with, whose names follow.


def check_measures(places: Sequence[str]) -> None:
    """Refuse, before hours of training, what is no function of the user's."""
    for place in places:
        _function(place)


def own_measures(place: str, findings: Findings) -> Iterator[Measure]:
    """Yield what a function of the user's measures, as a family under its name."""
    family = OWN + place.rpartition(":")[2]
    with one_line(f"measure {place} raised"):
        found = list(_function(place)(findings))
    for one in found:
        if not isinstance(one, Measure):
            raise MethodError(f"measure {place} must yield Measures; got {type(one).__name__}")
        value = None if one.value is None else float(one.value)
        if value is not None and not math.isfinite(value):
            raise MethodError(f"measure {place} must yield finite values, or None; got {value} for {one.metric!r}")
        yield replace(one, family=family, value=value)


def _function(place: str) -> Callable[[Findings], Any]:
    if ":" not in place:
        raise InvalidValue(f"a measure must be path/to/file.py:NAME or package.module:NAME; got {place!r}")
    found: Callable[[Findings], Any] = user_attribute(
        place, "measure", callable, "function", must="no function of findings"
    )
    return found
