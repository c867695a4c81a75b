"""Claims of the paper: differences over the same seeds, like with like, and whether they hold."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Any

from confu_core.report.best import paired
from confu_core.report.measured import VALUE, Measured
from confu_core.report.sections.section import Section
from confu_core.report.series import Point
from confu_core.report.table import Column, Table
from confu_core.report.told import ceilings_of, widest
from confu_core.statistics.intervals import Interval, student_interval

__all__ = ["Claim", "claims", "verdict"]

SUBJECT, BASELINE, RIVALS = "confu", "clip", ("gram", "triangle", "symile", "hub", "clip")
TOLERANCE = 0.02
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
    f"> -{TOLERANCE:g} asks for a loss of less than {TOLERANCE:g}. Settings as given: each method ran with one, and "
    "a search of both may change the difference. Where a method ran with several, its best on validation stands for "
    "it: chosen by the same search, if both had the same choice."
)


@dataclass(frozen=True)
class Claim:
    """A difference that is claimed to be larger than something.

    Attributes
    ----------
    what : str
        Which difference.
    least : float
        What it must exceed.
    found : Interval
        Over seeds that both sides have.
    settings : str
        How those of the two sides came about; empty where there is one side.
    """

    what: str
    least: float
    found: Interval
    settings: str = ""


def verdict(claim: Claim) -> str:
    """Say whether a claim holds.

    Parameters
    ----------
    claim : Claim
        With its interval.

    Returns
    -------
    str
        ``holds`` if the whole interval exceeds what was asked, ``does not`` if none of it does, else ``open``; with a
        single seed, which has no interval, always ``open``.

    Examples
    --------
    >>> verdict(Claim("", 0.0, Interval(3, 0.1, 0.0, 0.2, 0.05)))
    'holds'
    >>> verdict(Claim("", 0.0, Interval(3, 0.1, 0.0, 0.2, 0.2)))
    'open'
    """
    if claim.found.half_width is None:
        return "open"
    return "holds" if claim.found.low > claim.least else "does not" if claim.found.high <= claim.least else "open"


def claims(measured: Measured, shown: Measured) -> Section | None:
    """Check what the paper claims of its method.

    Parameters
    ----------
    measured : Measured
        All runs.
    shown : Measured
        Not used: there is no figure, and tables have all.

    Returns
    -------
    Section or None
        None where the paper's method is not among those that ran, or with no more than one seed.
    """
    found = list(_claims(measured)) if measured.rows("zero_shot", **WHERE) else []
    if all(claim.found.half_width is None for claim in found):
        return None
    rows = tuple(
        (each.what, _asked(each), each.found, each.found.half_width, each.found.n, each.settings, verdict(each))
        for each in found
    )
    return Section(
        "claims",
        "Claims of the paper",
        "ConFu's fused query goes beyond what pairs tell, beyond its own single queries and the fused queries of other "
        "methods, and its single queries lose next to nothing against pairwise CLIP.",
        tables=(Table("claims", "Claims of the paper, differences over equal seeds", COLUMNS, rows),),
        notes=(NOTE,),
    )


def _claims(measured: Measured) -> Iterator[Claim]:
    fused = widest(measured, "zero_shot")
    singles = fused.split("+") if "+" in fused else []
    test = {query: _at(measured, query, "test") for query in (fused, *singles)}
    chosen = _chosen(measured, fused)
    ceiling = ceilings_of(measured, fused).get("pairwise_ceiling")
    for own in (at for (*_, group), at in chosen.items() if group == SUBJECT):
        label = measured.groups[own].label
        yield from _beyond(f"{label} {fused} - pairwise ceiling", test[fused][own], ceiling)
        best = max(singles, key=lambda query: _mean(test[query][own]), default=None)
        if best is not None:
            yield from _claim(f"{label} {fused} - {label} {best}", 0.0, test[fused][own], test[best][own])
        for rival, query, least in _comparisons(fused, singles):
            for other in _rivals(measured, chosen, own, rival):
                what = f"{label} {query} - {measured.groups[other].label} {query}"
                settings = _settings(measured, own, other)
                yield from _claim(what, least, test[query][own], test[query][other], settings)


def _comparisons(fused: str, singles: Sequence[str]) -> list[tuple[str, str, float]]:
    return [*((rival, fused, 0.0) for rival in RIVALS), *((BASELINE, query, -TOLERANCE) for query in singles)]


def _at(measured: Measured, query: str, split: str) -> list[Point | None]:
    return [one.at(None) for one in measured.series("zero_shot", subject=query, condition=split, **WHERE)]


def _chosen(measured: Measured, query: str) -> dict[tuple[object, ...], int]:
    """Return by folder, place and method the group that is best on validation, or the only one there is.

    Where several groups have no validation accuracy to choose by, none stands for the method.
    """
    validation = _at(measured, query, "validation")
    found: dict[tuple[object, ...], list[int]] = {}
    for at, (one, place) in enumerate(zip(measured.groups, measured.places, strict=True)):
        found.setdefault((one.folder, place, one.group), []).append(at)
    return {
        key: max(held, key=lambda at: _mean(validation[at]))
        for key, held in found.items()
        if len(held) == 1 or all(validation[at] is not None for at in held)
    }


def _rivals(measured: Measured, chosen: dict[tuple[object, ...], int], own: int, rival: str) -> list[int]:
    """Return what stands for a method in the same folder, at the same place or without one."""
    folder, place = measured.groups[own].folder, measured.places[own]
    keys = dict.fromkeys([(folder, place, rival), (folder, None, rival)])
    return [chosen[key] for key in keys if key in chosen]


def _settings(measured: Measured, own: int, other: int) -> str:
    one, two = (_choice(measured, at) for at in (own, other))
    return GIVEN if len(one) == len(two) == 1 else ALIKE if _common(one, two) == _common(two, one) else APART


def _choice(measured: Measured, at: int) -> list[frozenset[str]]:
    """Return the settings that a method ran with at the same place, as readers are told of each."""
    own, place = measured.groups[at], measured.places[at]
    like = zip(measured.groups, measured.places, strict=True)
    told = [one.variant for one, there in like if (one.folder, one.group, there) == (own.folder, own.group, place)]
    return [frozenset(variant.split(", ")[1:]) for variant in told]


def _common(one: list[frozenset[str]], other: list[frozenset[str]]) -> set[frozenset[str]]:
    """Return the choice among the settings that both methods have: an anchor of one is nothing to another."""
    known = {setting.rpartition(" ")[0] for settings in other for setting in settings}
    return {frozenset(each for each in settings if each.rpartition(" ")[0] in known) for settings in one}


def _mean(point: Point | None) -> float:
    found = None if point is None else point.exact(VALUE)
    return -1.0 if found is None else found


def _beyond(what: str, point: Point | None, level: float | None) -> Iterator[Claim]:
    """Yield a claim against an exact level, if that is known."""
    rows = () if point is None or level is None else point.rows
    interval = student_interval(row[VALUE] - level for row in rows if row[VALUE] is not None and level is not None)
    if interval is not None:
        yield Claim(what, 0.0, interval)


def _claim(what: str, least: float, first: Point | None, second: Point | None, settings: str = "") -> Iterator[Claim]:
    """Yield a claim if both sides share a seed."""
    interval = paired(first, second, VALUE)
    if interval is not None:
        yield Claim(what, least, interval, settings)


def _asked(claim: Claim) -> str:
    return f"> {claim.least:g}"
