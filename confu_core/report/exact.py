"""What is known exactly beside what was measured: ceilings, chance, and lines that coincide."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Any

from confu_core.page.drawing import INK, QUIET
from confu_core.page.numbers import show
from confu_core.report.tidy import REFERENCE, Point, Series, x_values
from confu_core.report.words import label_of

SAME = 1e-12  # Two exact values this close are one: they differ by the rounding of a formula.
DRAWN = 1e-9  # Levels this close are one line.


@dataclass(frozen=True)
class Reference:
    """A line that is exact and not measured: a level of points, or one value everywhere; with dashes of matplotlib."""

    label: str
    dash: Any
    column: str = ""
    value: float | None = None

    @property
    def line(self) -> dict[str, Any]:
        """Keywords of matplotlib for the line: above the lines of series, beneath their markers."""
        colour = QUIET if self.column in (CHANCE.column, PLAIN.column) else INK
        return {"color": colour, "linewidth": 1.3, "linestyle": self.dash, "zorder": 2.2}

    def level(self, point: Point) -> float | None:
        """Return the value at a point; None where it is not known."""
        return point.levels.get(self.column) if self.value is None else self.value

    def levels(self, points: Sequence[Point | None]) -> list[float]:
        """Return the distinct values at one x, the lowest first."""
        if self.value is not None:
            return [self.value]
        levels: list[float] = []
        for exact in sorted(value for point in points if point and (value := self.level(point)) is not None):
            if not levels or exact - levels[-1] > SAME:
                levels.append(exact)
        return levels

    def entry(self, points: Sequence[Point | None]) -> float | str | None:
        """Return the values at one x as an entry of a table: several where runs differ in it."""
        levels = self.levels(points)
        return " / ".join(map(show, levels)) if len(levels) > 1 else next(iter(levels), None)


# The same lines in every figure, from what any one modality tells to what all together do.
SINGLE = Reference("single ceiling", (0, (1, 1.6)), "single_ceiling")
PAIRWISE = Reference("pairwise ceiling", (0, (4, 2)), "pairwise_ceiling")
BAYES = Reference("Bayes accuracy", "solid", "bayes_accuracy")
CEILINGS = (SINGLE, PAIRWISE, BAYES)
CHANCE = Reference("chance", (0, (1, 3)), "chance")
PLAIN = Reference("plain features", (0, (3, 1.5, 1, 1.5)), "plain")
# The best accuracy beside a measure, in the look that it has everywhere.
BEST = replace(BAYES, column=REFERENCE)


def references_of(ceiling: str | None, floor: str | None = None) -> tuple[Reference, ...]:
    """Return the exact lines beside a metric, from the lowest: chance, every ceiling, and what else was asked for."""
    known = {one.column: one for one in (CHANCE, *CEILINGS)}
    ceilings = [one.column for one in CEILINGS]
    below = [] if floor is None or (ceiling == BAYES.column and floor in ceilings) else [floor]
    above = ceilings if ceiling == BAYES.column else [ceiling] if ceiling else []
    return tuple(known.get(name, Reference(label_of(name), "solid", name)) for name in (*below, *above))


def distinct(references: Sequence[Reference], points: Sequence[Point]) -> tuple[Reference, ...]:
    """Return the exact lines that are known, each once: those that coincide everywhere are one, with a joint name."""
    kept: list[Reference] = []
    for reference in references:
        if all(reference.level(point) is None for point in points):
            continue
        if kept and all(_same(kept[-1].level(point), reference.level(point)) for point in points):
            kept[-1] = replace(reference, label=_joint(kept[-1].label, reference.label))
        else:
            kept.append(reference)
    return tuple(kept)


def reference_curves(series: Sequence[Series], reference: Reference) -> list[list[tuple[Any, float]]]:
    """Return the distinct curves of an exact line over x: one if all series share it."""
    curves: list[dict[Any, float]] = []
    for one in series if reference.value is None else ():
        curve = {point.x: value for point in one.points if (value := reference.level(point)) is not None}
        fits = (known for known in curves if all(abs(known.get(x, y) - y) <= SAME for x, y in curve.items()))
        if (known := next(fits, None)) is not None:
            known.update(curve)
        elif curve:
            curves.append(curve)
    places = [*x_values(series), None]
    return [[(x, curve[x]) for x in dict.fromkeys(places) if x in curve] for curve in curves]


def _same(one: float | None, other: float | None) -> bool:
    return one is other if one is None or other is None else abs(one - other) <= DRAWN


def _joint(first: str, second: str) -> str:
    return f"{first.removesuffix(' ceiling') if second.endswith(' ceiling') else first} = {second}"
