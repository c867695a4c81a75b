"""Claims of the paper: differences between methods on the same seeds, and whether they hold."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

from confu_core.report.intervals import Interval, student_interval
from confu_core.report.measured import VALUE, Measured
from confu_core.report.sections.section import Section
from confu_core.report.series import Series
from confu_core.report.table import Column, Table
from confu_core.report.view import SEED

__all__ = ["Claim", "claims", "verdict"]

SUBJECT, BASELINE, RIVALS = "confu", "clip", ("gram", "triangle", "symile", "clip")
FUSED, SINGLES = "image+audio", ("image", "audio")
TOLERANCE = 0.02
COLUMNS = (
    Column("difference", "difference in zero-shot accuracy"),
    Column("asked", "claimed"),
    Column("mean", "found"),
    Column("half_width_95"),
    Column("seeds", "seeds", None),
    Column("holds", "holds"),
)
WHERE = {"metric": "accuracy", "condition": "test"}


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
    """

    what: str
    least: float
    found: Interval


def verdict(claim: Claim) -> str:
    """Say whether a claim holds.

    Parameters
    ----------
    claim : Claim
        With its interval.

    Returns
    -------
    str
        ``yes`` if the whole interval exceeds what was asked, ``no`` if none of it does, else ``undecided``; with
        a single seed, which has no interval, always ``undecided``.

    Examples
    --------
    >>> verdict(Claim("", 0.0, Interval(3, 0.1, 0.0, 0.2, 0.05)))
    'yes'
    >>> verdict(Claim("", 0.0, Interval(3, 0.1, 0.0, 0.2, 0.2)))
    'undecided'
    """
    if claim.found.half_width is None:
        return "undecided"
    return "yes" if claim.found.low > claim.least else "no" if claim.found.high <= claim.least else "undecided"


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
    found = list(_claims(measured))
    if all(claim.found.half_width is None for claim in found):
        return None
    rows = tuple(
        (each.what, _asked(each), each.found, each.found.half_width, each.found.n, verdict(each)) for each in found
    )
    return Section(
        "claims",
        "Claims of the paper",
        "ConFu's fused query is better than its own single ones and than the fused queries of other methods, and its "
        "single queries lose next to nothing against pairwise CLIP.",
        tables=(Table("claims", "Claims of the paper, differences over equal seeds", COLUMNS, rows),),
        notes=(
            "Mean difference over seeds that both have, with its paired 95% interval (Student t). Holds: yes if all "
            "of the interval lies above what is claimed, no if none of it does, else undecided. "
            f"> -{TOLERANCE:g} asks for a loss of less than {TOLERANCE:g}.",
        ),
    )


def _claims(measured: Measured) -> Iterator[Claim]:
    by_query = {query: measured.series("zero_shot", subject=query, **WHERE) for query in (FUSED, *SINGLES)}
    for at, own in enumerate(measured.groups):
        if own.group != SUBJECT:
            continue
        best = _best_single(by_query, at)
        if best is not None:
            sides = (by_query[FUSED][at], by_query[best][at])
            yield from _claim(f"{own.label} {FUSED} - {own.label} {best}", 0.0, *sides)
        for rival, query, least in _comparisons():
            for other in _like(measured, at, rival):
                sides = (by_query[query][at], by_query[query][other])
                yield from _claim(f"{own.label} {query} - {measured.groups[other].label} {query}", least, *sides)


def _asked(claim: Claim) -> str:
    return f"> {claim.least:g}"


def _comparisons() -> list[tuple[str, str, float]]:
    return [*((rival, FUSED, 0.0) for rival in RIVALS), *((BASELINE, query, -TOLERANCE) for query in SINGLES)]


def _best_single(by_query: dict[str, list[Series]], at: int) -> str | None:
    """Return the better of the single queries on the mean of all seeds."""
    means = {query: by_query[query][at].at(None) for query in SINGLES}
    known = {query: value for query, point in means.items() if point and (value := point.exact(VALUE)) is not None}
    return max(known, key=lambda query: known[query]) if known else None


def _like(measured: Measured, at: int, rival: str) -> list[int]:
    """Return the groups of a method in the same folder and at the same x."""
    folder, x = measured.groups[at].folder, measured.places[at]
    return [
        other
        for other, (one, place) in enumerate(zip(measured.groups, measured.places, strict=True))
        if one.group == rival and one.folder == folder and place in (x, None)
    ]


def _claim(what: str, least: float, first: Series, second: Series) -> Iterator[Claim]:
    """Yield a claim if both sides share a seed."""
    one, other = _by_seed(first), _by_seed(second)
    interval = student_interval(one[seed] - other[seed] for seed in one if seed in other)
    if interval is not None:
        yield Claim(what, least, interval)


def _by_seed(one: Series) -> dict[object, float]:
    point = one.at(None)
    rows = () if point is None else point.rows
    return {row[SEED]: row[VALUE] for row in rows if row[VALUE] is not None}
