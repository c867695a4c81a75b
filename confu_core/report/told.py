"""How well the class is told: from all that is seen and from each modality, over all and by group, beside ceilings."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from typing import Any

from confu_core.ceilings import COINCIDE
from confu_core.evaluation.overlap import letters_of
from confu_core.report.measured import REFERENCE, VALUE, Measured
from confu_core.report.panel import BAYES, CEILINGS, PAIRWISE
from confu_core.report.series import Point, Row, Series

__all__ = ["ALL", "TEST", "Told", "captured", "ceilings_of", "plain_of", "told_of", "widest"]

ALL, TEST = "all", "test"
FAMILIES = ("zero_shot", "probe")
BILINEAR = "bilinear"


@dataclass(frozen=True)
class Told:
    """How well methods tell the class.

    Attributes
    ----------
    query : str
        All that is seen, such as ``"image+audio"``.
    how : str
        By what the class is told.
    fused : tuple of Series
        By method, from all that is seen, one point each.
    singles : dict of str to tuple of Series
        The same from one modality.
    letters : dict of str to str
        By modality, what stands for it.
    capture : tuple of Series
        By method, the higher-order capture.
    by_group : tuple of Series
        By method, from all that is seen, a point per group of classes.
    group_names : tuple of str
        In the order of the data.
    levels : dict of str to dict of str to float
        Exact ceilings by group; those of all under the empty name.
    plain : float or None
        What plain features reach.
    """

    query: str
    how: str
    fused: tuple[Series, ...]
    singles: dict[str, tuple[Series, ...]]
    letters: dict[str, str]
    capture: tuple[Series, ...]
    by_group: tuple[Series, ...]
    group_names: tuple[str, ...]
    levels: dict[str, dict[str, float]]
    plain: float | None

    @property
    def exact(self) -> bool:
        """Whether ceilings are known."""
        return str(BAYES.column) in self.levels[""]

    def ceilings(self, group: str) -> Point:
        """Return what is known exactly of a group, as a point with a row."""
        return Point(None, ({**self.levels.get(group, {})},))


def told_of(measured: Measured, series: Sequence[Series]) -> Told | None:
    """Collect how well the class is told, beside the ceilings of the rows of results; None where nothing tells it."""
    family = next((name for name in FAMILIES if measured.rows(name, metric="accuracy")), None)
    if family is None:
        return None
    condition = {"condition": TEST} if family == "zero_shot" else None
    query = widest(measured, family)
    members = query.split("+") if "+" in query else []
    found: dict[str, list[Series]] = {}
    for name in (query, *members):
        where: dict[str, Any] = condition or _kind(measured, name)
        found[name] = measured.series(family, metric="accuracy", subject=name, **where)
    letters = dict(zip(members, _letters(members), strict=True))
    groups = measured.values("zero_shot_group", "condition", metric="accuracy", subject=query)
    plain = plain_of(measured).get(query)
    points = [point for one in series for point in one.points]
    overall = {str(line.column): next(iter(line.levels(points)), None) for line in CEILINGS}
    whole = {**ceilings_of(measured, query), **{name: value for name, value in overall.items() if value is not None}}
    levels = {"": whole if plain is None else {**whole, "plain": plain}}
    return Told(
        query,
        "zero-shot" if family == "zero_shot" else "probe",
        tuple(found[query]),
        {name: tuple(found[name]) for name in members},
        letters,
        tuple(captured(found[query], whole)),
        tuple(measured.series("zero_shot_group", "condition", metric="accuracy", subject=query)),
        tuple(groups),
        levels | {name: ceilings_of(measured, query, name) for name in groups},
        plain,
    )


def widest(measured: Measured, family: str) -> str:
    """Return the query of the most modalities."""
    return max(measured.values(family, "subject", metric="accuracy"), key=lambda query: query.count("+"))


def plain_of(measured: Measured) -> dict[str, float]:
    """Return by query what plain features reach; the same for all methods of a dataset."""
    return {row["subject"]: row[VALUE] for row in measured.rows("plain", metric="accuracy") if row[VALUE] is not None}


def ceilings_of(measured: Measured, query: str, group: str = ALL) -> dict[str, float]:
    """Return the exact ceilings of a query, over all or within a group, as far as they are known."""
    known = {row["metric"]: row[VALUE] for row in measured.rows("ceiling", subject=query, condition=group)}
    family, condition = ("zero_shot", TEST) if group == ALL else ("zero_shot_group", group)
    where = {"metric": "accuracy", "condition": condition}
    bayes = {
        name: _first(row[REFERENCE] for row in measured.rows(family, subject=name, **where)) for name in _with(query)
    }
    singles = [bayes[name] for name in query.split("+")]
    if "+" in query and None not in singles:
        known.setdefault("single_ceiling", max(value for value in singles if value is not None))
    if bayes[query] is not None:
        known.setdefault("bayes_accuracy", bayes[query])
    return {name: value for name, value in known.items() if value is not None}


def captured(series: Sequence[Series], levels: dict[str, float]) -> list[Series]:
    """Return accuracies as higher-order capture, intervals too; without points where there is nothing to capture.

    Parameters
    ----------
    series : sequence of Series
        Of accuracies at one place, whose ceilings are these.
    levels : dict of str to float
        From `ceilings_of`.
    """
    low, high = (levels.get(str(line.column)) for line in (PAIRWISE, BAYES))
    if low is None or high is None or high - low <= COINCIDE:
        return [replace(one, points=()) for one in series]

    def share(row: Row) -> Row:
        found = {name: row.get(name) for name in (VALUE, "low", "high")}
        return {**row, **{name: None if at is None else (at - low) / (high - low) for name, at in found.items()}}

    return [replace(one, points=tuple(Point(p.x, tuple(map(share, p.rows))) for p in one.points)) for one in series]


def _with(query: str) -> list[str]:
    return [query, *query.split("+")]


def _kind(measured: Measured, query: str) -> dict[str, str]:
    """Return which probe stands for a query: bilinear, linear for one modality; none where kinds are not told apart."""
    kinds = measured.values("probe", "condition", metric="accuracy", subject=query)
    return {"condition": next((kind for kind in (BILINEAR, "linear") if kind in kinds), kinds[0])} if kinds else {}


def _letters(members: list[str]) -> list[str]:
    return list(letters_of(*members)) if len(members) == 2 else [name[:1].upper() for name in members]


def _first(values: Iterable[float | None]) -> float | None:
    return next((value for value in values if value is not None), None)
