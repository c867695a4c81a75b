"""Claims of a paper: differences over the same seeds, like with like, and whether they hold."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from typing import Any

from confu_core.report.sections import Section, section
from confu_core.report.sections.zero_shot import TEST, ceilings_of, widest
from confu_core.report.tables import Column, Table, paired
from confu_core.report.tidy import Measures, Point
from confu_core.report.words import Claims
from confu_core.statistics.intervals import Interval

GIVEN, ALIKE, APART = "as given", "chosen by the same search", "searched differently"
COLUMNS = (
    Column("difference", "difference in zero-shot accuracy"),
    Column("asked", "claimed"),
    Column("mean", "found"),
    Column("half_width_95"),
    Column("seeds", "seeds", None),
    Column("settings", "settings"),
    Column("verdict", "verdict"),
)
WHERE: dict[str, Any] = {"metric": "accuracy"}
NOTE = (
    "Mean difference over seeds that both have, with its paired 95% interval (Student t); to an exact ceiling, that "
    "of the seeds. Holds: all of the interval lies above what is claimed; does not: none of it; else open. "
    "> -{0:g} asks for a loss of less than {0:g}. Settings as given: each method ran with one, and "
    "a search of both may change the difference. Where a method ran with several, its best on validation stands for "
    "it: chosen by the same search, if both had the same choice."
)


@dataclass(frozen=True)
class Claim:
    """A difference over seeds that must exceed something, and how the settings of its two sides came about."""

    what: str
    least: float
    found: Interval
    settings: str = ""


def verdict(claim: Claim) -> str:
    """Say whether a claim holds: the whole interval exceeds what was asked; with a single seed it is always open.

    >>> [verdict(Claim("", 0.0, Interval(3, 0.1, 0.0, 0.2, half_width))) for half_width in (0.05, 0.2)]
    ['holds', 'open']
    """
    if claim.found.half_width is None:
        return "open"
    return "holds" if claim.found.low > claim.least else "does not" if claim.found.high <= claim.least else "open"


@section(10)
def claims(measured: Measures, shown: Measures) -> Section | None:
    """Check what a paper claims of its method, if that is among those that ran, with more than one seed."""
    asked = measured.words.claims
    found = list(_claims(measured, asked)) if asked and len(measured.rows("zero_shot", **WHERE)) else []
    if asked is None or all(claim.found.half_width is None for claim in found):
        return None
    rows = tuple(
        (each.what, f"> {each.least:g}", each.found, each.found.half_width, each.found.n, each.settings, verdict(each))
        for each in found
    )
    table = Table("claims", "Claims of the paper, differences over equal seeds", COLUMNS, rows)
    notes = (NOTE.format(asked.tolerance),)
    return Section("claims", "Claims of the paper", asked.lede, tables=(table,), notes=notes)


def _claims(measured: Measures, asked: Claims) -> Iterator[Claim]:
    fused = widest(measured, "zero_shot")
    singles = fused.split("+") if "+" in fused else []
    test = {query: _at(measured, query, TEST) for query in (fused, *singles)}
    chosen = _chosen(measured, fused)
    ceiling = ceilings_of(measured, fused).get("pairwise_ceiling")
    compared = [
        *((rival, fused, 0.0) for rival in asked.rivals),
        *((asked.baseline, query, -asked.tolerance) for query in singles),
    ]
    for own in (at for (*_, group), at in chosen.items() if group == asked.subject):
        label = measured.groups[own].label
        point = test[fused][own]
        known = None if point is None or ceiling is None else replace(point, values=(ceiling,) * len(point.values))
        yield from _claim(f"{label} {fused} - pairwise ceiling", 0.0, point, known)
        best = max(singles, key=lambda query: _mean(test[query][own]), default=None)
        if best is not None:
            yield from _claim(f"{label} {fused} - {label} {best}", 0.0, point, test[best][own])
        for rival, query, least in compared:
            for other in _rivals(measured, chosen, own, rival):
                what = f"{label} {query} - {measured.groups[other].label} {query}"
                settings = _settings(measured, own, other)
                yield from _claim(what, least, test[query][own], test[query][other], settings)


def _at(measured: Measures, query: str, split: str) -> list[Point | None]:
    return [one.at(None) for one in measured.series("zero_shot", subject=query, condition=split, **WHERE)]


def _chosen(measured: Measures, query: str) -> dict[tuple[object, ...], int]:
    """Return by folder, place and method the group that is best on validation, or the only one there is.

    Where several groups have no validation accuracy to choose by, none stands for the method.
    """
    validation = _at(measured, query, "validation")
    found: dict[tuple[object, ...], list[int]] = {}
    for at, one in enumerate(measured.groups):
        found.setdefault((one.folder, measured.places[at], one.group), []).append(at)
    return {
        key: max(held, key=lambda at: _mean(validation[at]))
        for key, held in found.items()
        if len(held) == 1 or all(validation[at] is not None for at in held)
    }


def _rivals(measured: Measures, chosen: dict[tuple[object, ...], int], own: int, rival: str) -> list[int]:
    """Return what stands for a method in the same folder, at the same place or without one."""
    folder = measured.groups[own].folder
    keys = dict.fromkeys([(folder, measured.places[own], rival), (folder, None, rival)])
    return [chosen[key] for key in keys if key in chosen]


def _settings(measured: Measures, own: int, other: int) -> str:
    one, two = (_choice(measured, at) for at in (own, other))
    return GIVEN if len(one) == len(two) == 1 else ALIKE if _common(one, two) == _common(two, one) else APART


def _choice(measured: Measures, at: int) -> list[frozenset[str]]:
    """Return the settings that a method ran with at the same place, as readers are told of each."""
    own = measured.groups[at]
    if own.tried:
        return list(own.tried)
    told = [
        one.variant
        for number, one in enumerate(measured.groups)
        if (one.folder, one.group, measured.places[number]) == (own.folder, own.group, measured.places[at])
    ]
    return [frozenset(variant.split(", ")[1:]) for variant in told]


def _common(one: Sequence[frozenset[str]], other: Sequence[frozenset[str]]) -> set[frozenset[str]]:
    """Return the choice among the settings that both methods have: an anchor of one is nothing to another."""
    known = {setting.rpartition(" ")[0] for settings in other for setting in settings}
    return {frozenset(each for each in settings if each.rpartition(" ")[0] in known) for settings in one}


def _mean(point: Point | None) -> float:
    return -1.0 if point is None or point.mean is None else point.mean


def _claim(what: str, least: float, first: Point | None, second: Point | None, settings: str = "") -> Iterator[Claim]:
    """Yield a claim if both sides share a seed."""
    if (interval := paired(first, second)) is not None:
        yield Claim(what, least, interval, settings)
