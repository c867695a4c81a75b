"""Dials: what a user can set, said once at the field of a dataclass; checks, options and cards follow from it."""

from __future__ import annotations

import math
from dataclasses import MISSING, dataclass, field, fields, is_dataclass, replace
from functools import partial
from numbers import Integral, Real
from typing import Any

from confu_core.errors import InvalidValue, nearest

_KEY = "dial"  # In the metadata of a field.


@dataclass(frozen=True)
class Dial:
    """What a setting may be, and what it is called.

    Attributes
    ----------
    kind : {int, float, None}
        What a number must be and becomes; None takes any as it is.
    low, high : float, optional
        Lowest and highest value, both allowed.
    above, below : float, optional
        The same, but not allowed themselves; below infinity is finite.
    choices : sequence of str
        The words that it may be.
    help : str
        Of its option, to which the default is added; empty where there is no option.
    shown : str
        What the help says of the default, where it is not the value itself.
    meaning : str
        What a card says of it, where that is not the help.
    none, unit : str
        The word for None, and the unit of numbers.
    option, metavar : str
        The option where it is not named as the field; and its value, where the option may be given several times.
    """

    kind: type[int] | type[float] | None = None
    low: float | None = None
    high: float | None = None
    above: float | None = None
    below: float | None = None
    choices: tuple[str, ...] = ()
    help: str = ""
    shown: str = ""
    meaning: str = ""
    none: str = ""
    unit: str = ""
    option: str = ""
    metavar: str = ""

    @property
    def said(self) -> str:
        """What a card says of it: the help as part of a sentence, unless it has a meaning of its own."""
        return self.meaning or (self.help[:1].lower() + self.help[1:]).rstrip(".")

    def checked(self, name: str, value: Any) -> Any:
        """Return a value that keeps to the constraint, as a plain number where a kind is asked for.

        >>> Dial(int, low=1).checked("epochs", 0)
        Traceback (most recent call last):
        confu_core.errors.InvalidValue: epochs must be a whole number of at least 1; got 0
        """
        if self.none and value in (None, self.none):
            return None
        if self.choices:
            if value not in self.choices:
                hint = nearest(str(value), self.choices)
                raise InvalidValue(f"{name} must be one of {', '.join(self.choices)}; got {value!r}: {hint}")
            return value
        if self.low is self.above is None:
            return value
        if not self._holds(value):
            raise InvalidValue(f"{name} must be {self.wanted}; got {value if isinstance(value, Real) else repr(value)}")
        return value if self.kind is None else self.kind(value)

    def _holds(self, value: Any) -> Any:
        number = isinstance(value, Integral if self.kind is int else Real) and not isinstance(value, bool)
        low, high = (-math.inf if self.low is None else self.low), (math.inf if self.high is None else self.high)
        within = number and low <= value <= high and (self.above is None or value > self.above)
        return within and (self.below is None or value < self.below)

    @property
    def wanted(self) -> str:
        """Say what a number must be.

        >>> Dial(float, low=0, below=1).wanted, Dial(above=0, below=math.inf).wanted
        ('in [0, 1)', 'above 0 and finite')
        """
        first = self.low if self.above is None else self.above
        last = self.high if self.below is None else self.below
        if last in (None, math.inf):
            limits = f"{'at least' if self.above is None else 'above'} {first}{' and finite' if last else ''}"
            return f"a whole number of {limits}" if self.kind is int else limits
        ends = ", ".join(f"{end:g}" if isinstance(end, float) else str(end) for end in (first, last))
        limits = f"in {'[' if self.above is None else '('}{ends}{']' if self.below is None else ')'}"
        unit, none = f" {self.unit}" if self.unit else "", f", or {self.none}" if self.none else ""
        return f"{'a whole number ' if self.kind is int else ''}{limits}{unit}{none}"


def dial(default: Any = MISSING, help: str = "", *, factory: Any = MISSING, **said: Any) -> Any:
    """Return the field of a dataclass that is a `Dial`, with its default or what makes one."""
    how: Any = {"default": default, "default_factory": factory}
    return field(**how, metadata={_KEY: Dial(help=help, **said)})


real, whole = partial(dial, kind=float), partial(dial, kind=int)
share = partial(real, low=0, high=1)


def like(kind: type, name: str, help: str = "", **said: Any) -> Any:
    """Return a field with default and constraint of one of another dataclass, and with an option if it has own help."""
    other = next(one for one in fields(kind) if one.name == name)
    return field(default=other.default, metadata={_KEY: replace(other.metadata[_KEY], help=help, **said)})


def dials(kind: type) -> dict[str, Dial]:
    """Return the dials of a dataclass by field."""
    return {one.name: one.metadata[_KEY] for one in fields(kind) if _KEY in one.metadata}


def check_dials(settings: Any) -> None:
    """Check every dial of a dataclass that is being made; None may stay where it is the default."""
    for one in fields(settings):
        value = getattr(settings, one.name)
        if _KEY in one.metadata and not (value is None and one.default is None):
            object.__setattr__(settings, one.name, one.metadata[_KEY].checked(one.name, value))


def meanings(kind: type) -> dict[str, str]:
    """Return what a card says of the dials of a dataclass, and of those of records among them by dotted name."""
    said: dict[str, str] = {}
    for one in fields(kind):
        inner = type(one.default) if one.default_factory is MISSING else one.default_factory
        if is_dataclass(inner):
            said |= {f"{one.name}.{name}": meaning for name, meaning in meanings(inner).items()}
        elif _KEY in one.metadata and (meaning := one.metadata[_KEY].said):
            said[one.name] = meaning
    return said
