"""What a check is: a code and a function from facts to findings; and what a finding says."""

from __future__ import annotations

import importlib
import pkgutil
from collections.abc import Callable, Iterable, Iterator
from dataclasses import asdict, dataclass, replace
from functools import lru_cache
from itertools import islice
from typing import Any

import numpy as np

from birdmml.audit.facts import UNITS, Facts
from confu_core.data_files import read_data, record
from confu_core.errors import InvalidValue

SEVERITIES = ("error", "warning", "info")
MOST_EXAMPLES = 5


@dataclass(frozen=True)
class Example:
    """One case of a finding: the keys of its rows, such as ``"test/test-0000003"``, and what is to be seen there."""

    keys: tuple[str, ...]
    what: str


@dataclass(frozen=True)
class Finding:
    """What one check says.

    Attributes
    ----------
    severity : {"error", "warning", "info"}
        Error: results on these data do not mean what they seem to mean. Warning: look before you use them. Info: a
        fact worth knowing.
    summary : str
        One sentence.
    count : int
        Items concerned.
    total : int
        Items looked at.
    unit : str
        What an item is, in the plural.
    advice : str
        What to do; empty where there is nothing to be done.
    examples : tuple of Example
        At most `MOST_EXAMPLES`.
    code : str
        Of the check, for ``--only`` and ``--skip``; the audit fills it in.

    Raises
    ------
    InvalidValue
        If there is no such severity.

    Examples
    --------
    >>> Finding("warning", "Recordings are silent", 3, 12, "recordings", "Leave them out.").share
    0.25
    """

    severity: str
    summary: str
    count: int
    total: int
    unit: str
    advice: str = ""
    examples: tuple[Example, ...] = ()
    code: str = ""

    def __post_init__(self) -> None:
        if self.severity not in SEVERITIES:
            raise InvalidValue(f"severity must be one of {', '.join(SEVERITIES)}; got {self.severity!r}")

    @property
    def share(self) -> float:
        """Count over total; 0 where nothing was looked at."""
        return self.count / self.total if self.total else 0.0

    def as_dict(self) -> dict[str, Any]:
        """Return the same as JSON values."""
        return {"code": self.code, **asdict(self), "share": self.share, "examples": [asdict(e) for e in self.examples]}


class NotApplicable(Exception):
    """Raised by a check over data that have nothing it looks at; the audit says so."""


@dataclass(frozen=True)
class Wording:
    """How a finding is worded in `findings.toml`, with names in braces that are filled in."""

    severity: str
    summary: str
    unit: str = "{unit}"
    advice: str = ""
    example: str = ""


@lru_cache(maxsize=1)
def wordings() -> dict[str, Wording]:
    """Return the words of every finding, by its name."""
    name = "findings.toml"
    return {key: record(Wording, said, f"{name}: {key}") for key, said in read_data("birdmml.audit", name).items()}


def worded(
    key: str, of: str, count: int, total: int, examples: Iterable[Example] = (), *, severity: str = "", **filled: Any
) -> Finding:
    """Return a finding in the words of a key, of a modality, split or column if any; a severity where it varies."""
    words = wordings()[key]
    summary, unit, advice = (text.format(**filled) for text in (words.summary, words.unit, words.advice))
    summary = f"{of}: {summary}" if of else summary
    return Finding(severity or words.severity, summary, count, total, unit, advice, tuple(examples))


@dataclass(frozen=True)
class Check:
    """One kind of finding: `run` takes facts and the name of a modality of `kinds`, or facts alone without kinds."""

    code: str
    kinds: tuple[type, ...]
    run: Callable[..., Iterable[Finding]]

    def findings(self, facts: Facts) -> Iterator[Finding]:
        """Yield what it says of all modalities that it looks at; may raise `NotApplicable`."""
        asked = [(facts, name) for name in facts.names(*self.kinds)] if self.kinds else [(facts,)]
        if not asked:
            raise NotApplicable(f"there are no {' or '.join(UNITS[kind] for kind in self.kinds)}")
        for finding in (finding for arguments in asked for finding in self.run(*arguments)):
            yield replace(finding, code=self.code)


def check(code: str, *kinds: type) -> Callable[[Callable[..., Iterable[Finding]]], Check]:
    """Make a check of a function from facts to findings.

    With kinds of modality, such as `Picture`, it takes the name of a modality as well, and is called for each.
    """
    return lambda run: Check(code, kinds, run)


@lru_cache(maxsize=1)
def all_checks() -> tuple[Check, ...]:
    """Return every check that a module of `birdmml.audit.checks` holds, in the order of their codes."""
    from birdmml.audit import checks

    names = [f"{checks.__name__}.{module.name}" for module in pkgutil.iter_modules(checks.__path__)]
    found = [one for name in names for one in vars(importlib.import_module(name)).values() if isinstance(one, Check)]
    return tuple(sorted(found, key=lambda one: one.code))


def examples_of(facts: Facts, rows: Iterable[int], show: Callable[[int], str]) -> list[Example]:
    """Return the first rows as examples, with what is to be seen in each."""
    return [Example((facts.where(row),), show(row)) for row in islice(rows, MOST_EXAMPLES)]


def row_findings(
    facts: Facts,
    name: str,
    key: str,
    bad: np.ndarray,
    *,
    among: np.ndarray | None = None,
    order: np.ndarray | None = None,
    show: Callable[[int], str] | None = None,
    **filled: Any,
) -> Iterator[Finding]:
    """Yield one finding on the readable rows of a modality that a mask marks; none if there are no such rows.

    Examples come in the order of the rows, or ascending by `order`; `show` says what is to be seen in a row, or else
    the words do by the measures of the row.
    """

    def measured(row: int) -> str:
        """Say what the words of the finding say of a row, by its measures."""
        table = facts.measures[name]
        return wordings()[key].example.format(**dict(zip(table.dtype.names or (), table[row], strict=True)))

    among = facts.readable[name] if among is None else among
    rows = np.flatnonzero(among & bad)
    if len(rows):
        first = rows if order is None else rows[np.argsort(order[rows], kind="stable")]
        examples = examples_of(facts, first.tolist(), show or measured)
        yield worded(key, name, len(rows), int(among.sum()), examples, unit=facts.unit(name), **filled)
