"""The first figure of a report on media: who captures what, against what one modality, pairs, and all together tell."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any

from confu_core.evaluation.overlap import letters_of
from confu_core.page.drawing import QUIET, Image, plain, render
from confu_core.page.numbers import show
from confu_core.report.exact import BAYES, CEILINGS, PAIRWISE, PLAIN, Reference, distinct
from confu_core.report.panels import (
    WIDTH,
    Look,
    Panel,
    draw_interval,
    draw_seeds,
    even_looks,
    put_legend,
    reference_keys,
    shade_rows,
    spread_phrase,
)
from confu_core.report.sections.zero_shot import TEST, captured, ceilings_of, group_title, plain_of, widest
from confu_core.report.tidy import Measures, Point, Series
from confu_core.report.words import show_interval

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure

NAME = "who_captures_what"
FAMILIES = ("zero_shot", "probe")  # Where the class may be told.
MOST_METHODS, MOST_GROUPS = 12, 6  # More would not fit a figure that is understood at a glance.
# In inches: a method in the upper and in the lower row of panels, and all around them.
ROW, LOW_ROW, AROUND = 0.46, 0.19, 1.75
# Of a row: where the fused query and the single ones lie in it.
FUSED, SINGLES, ASIDE = -0.2, (0.13, 0.36), 0.13
SHARE = (-0.02, 1.04)
CAPTURE = (-0.35, 1.15)  # What lies beyond is an arrow at the edge, with its number beneath.
LETTER, MAIN = 0.053, 4.8  # Of a letter and of the first panel, the width in inches, for labels that must not touch.
BEYOND = (
    "Right of the pairwise ceiling lies what only all modalities together tell: higher-order capture is 0 at that line "
    "and 1 at the Bayes accuracy."
)
ZONES = ("one modality tells", "pairs tell", "only together")
Text = dict[str, Any]


@dataclass(frozen=True)
class _Told:
    """How well methods tell the class: from all that is seen and from each modality, over all and by group.

    Series are one per method; `levels` are the ceilings of each group, and of all under an empty name; `order` has the
    methods from the best to the worst.
    """

    query: str
    how: str
    fused: Sequence[Series]
    singles: Mapping[str, Sequence[Series]]
    letters: Mapping[str, str]
    capture: Sequence[Series]
    by_group: Sequence[Series]
    levels: Mapping[str, Mapping[str, float]]
    plain: float | None
    looks: Sequence[Look]
    order: Sequence[int]

    @property
    def groups(self) -> list[str]:
        """The groups of classes that have a panel each."""
        names = [name for name in self.levels if name]
        return names if 1 < len(names) <= MOST_GROUPS else []

    def ceilings(self, group: str) -> Point:
        """Return what is known exactly of a group, as a point."""
        return Point(None, (), levels=self.levels[group])

    def points(self, series: Sequence[Series], x: Any = None) -> list[Point | None]:
        """Return the points of series in the order of rows."""
        return [series[at].at(x) for at in self.order]


def overview(measures: Measures, headline: Sequence[Series]) -> tuple[Image, ...]:
    """Draw how well each method tells the class from all that is seen and from each alone, and what it captures."""
    told = _told(measures, headline)
    if told is None or len(measures.groups) > MOST_METHODS:
        return ()
    rows, several = len(told.order), bool(told.groups)
    height = ROW * rows + AROUND + ((LOW_ROW * rows + 1.05) if several else 0.0)

    def paint(figure: Figure) -> None:
        tall, low = ROW * rows + 0.9, LOW_ROW * rows + 0.55
        grid = figure.add_gridspec(2 if several else 1, 1, height_ratios=[tall, low] if several else None)
        known = any(one.points for one in told.capture)
        upper = grid[0].subgridspec(1, 2 if known else 1, width_ratios=[3.1, 1] if known else None)
        main = figure.add_subplot(upper[0])
        _draw_main(main, told)
        if known:
            _draw_capture(figure.add_subplot(upper[1], sharey=main), told)
        if several:
            _draw_groups(figure, grid[1].subgridspec(1, len(told.groups)), told)
        keys = reference_keys(_lines(told))
        put_legend(figure, keys, loc="outside lower center", ncols=max(len(keys), 1), handlelength=2.6)

    title = f"Who captures what: the {measures.words.label} from {in_words(told.query)}"
    return (render(NAME, title, _caption(told, measures.note), (WIDTH, height), paint),)


def _told(measures: Measures, headline: Sequence[Series]) -> _Told | None:
    """Collect how well the class is told, beside the ceilings of the rows of results; None where nothing tells it."""
    where: dict[str, Any] = {"metric": "accuracy"}
    family = next((name for name in FAMILIES if len(measures.rows(name, **where))), None)
    if family is None:
        return None
    query = widest(measures, family)
    members = query.split("+") if "+" in query else []
    found = {}
    for name in (query, *members):
        how: dict[str, Any] = {"condition": TEST} if family == "zero_shot" else _kind(measures, name)
        found[name] = measures.series(family, subject=name, **where, **how)
    letters = letters_of(*members) if len(members) == 2 else [name[:1].upper() for name in members]
    points = [point for one in headline for point in one.points]
    overall = {line.column: next(iter(line.levels(points)), None) for line in CEILINGS}
    whole = {**ceilings_of(measures, query), **{name: value for name, value in overall.items() if value is not None}}
    groups = measures.values("zero_shot_group", "condition", subject=query, **where)
    means = [0.0 if (point := one.at(None)) is None else point.mean or 0.0 for one in found[query]]
    return _Told(
        query,
        measures.words.zero_shot if family == "zero_shot" else family,
        found[query],
        {name: found[name] for name in members},
        dict(zip(members, letters, strict=True)),
        captured(found[query], whole),
        measures.series("zero_shot_group", "condition", subject=query, **where),
        {"": whole, **{name: ceilings_of(measures, query, name) for name in groups}},
        plain_of(measures).get(query),
        even_looks(measures.groups),
        sorted(range(len(means)), key=lambda at: -means[at]),
    )


def _kind(measures: Measures, query: str) -> dict[str, str]:
    """Return which probe stands for a query: bilinear, linear for one modality; none where kinds are not told apart."""
    kinds = measures.values("probe", "condition", metric="accuracy", subject=query)
    return {"condition": next((kind for kind in ("bilinear", "linear") if kind in kinds), kinds[0])} if kinds else {}


def in_words(query: str) -> str:
    """Return a query in words, such as ``"image and audio"``."""
    *first, last = query.split("+")
    return f"{', '.join(first)} and {last}" if first else last


def _caption(told: _Told, note: str) -> str:
    drawn = [*told.fused, *(one for each in told.singles.values() for one in each)]
    letters = ", ".join(f"{letter}: from {name} alone" for name, letter in told.letters.items())
    parts = [
        BEYOND if BAYES.column in told.levels[""] else "",
        f"Large markers: from {in_words(told.query)}; {letters}." if letters else "",
        spread_phrase([Panel("", drawn, "", "")]),
        note,
    ]
    return " ".join(filter(None, parts))


def _lines(told: _Told) -> list[Reference]:
    """Return the lines of the panels below the first, whose own lines have their names beside them."""
    points = [told.ceilings(name) for name in told.groups]
    known = [line for line in CEILINGS if any(line.level(point) is not None for point in points)]
    plain_label = f"{PLAIN.label}, with labels {show(told.plain, 2)}"
    return known if told.plain is None else [*known, replace(PLAIN, label=plain_label)]


def _draw_main(axes: Axes, told: _Told) -> None:
    rows = len(told.order)
    _rows(axes, told, names=True)
    axes.set_ylim(rows - 0.22, -0.55)
    axes.set_xlim(*SHARE)
    axes.set_xlabel(plain(f"accuracy ({told.how})"), fontsize=9)
    if told.plain is not None:
        axes.axvline(told.plain, **PLAIN.line)
    _draw_levels(axes, told.ceilings(""))
    for row, point in enumerate(told.points(told.fused)):
        look = told.looks[told.order[row]]
        _draw_point(axes, point, look, row + FUSED, seeds=row + FUSED + ASIDE)
        _name_point(axes, point, look, row + FUSED, "+".join(told.letters.values()))
    for (name, series), aside in zip(told.singles.items(), SINGLES, strict=False):
        for row, point in enumerate(told.points(series)):
            _draw_letter(axes, point, told.looks[told.order[row]], row + aside, told.letters[name])


def _draw_capture(axes: Axes, told: _Told) -> None:
    _rows(axes, told, names=False)
    axes.set_xlim(*CAPTURE)
    axes.set_xticks([0, 0.5, 1])
    axes.set_xlabel("higher-order capture", fontsize=9)
    for line, level in ((PAIRWISE, 0.0), (BAYES, 1.0)):
        axes.axvline(level, **line.line)
    for row, point in enumerate(told.points(told.capture)):
        look = told.looks[told.order[row]]
        _draw_point(axes, point, look, row + FUSED, seeds=row + FUSED + ASIDE, ends=CAPTURE)
        if point is not None and (interval := point.interval) is not None:
            # There is no room for the ends of an interval over samples.
            known = interval.drawn and interval.half_width is not None
            said = show_interval(interval, 2) if known else show(interval.mean, 2)
            axes.text(0.5, row + 0.33, said, color=QUIET, fontsize=8, ha="center", va="center")


def _draw_groups(figure: Figure, grid: Any, told: _Told) -> None:
    first = None
    for at, name in enumerate(told.groups):
        axes = figure.add_subplot(grid[at], sharey=first)
        first = first or axes
        _rows(axes, told, names=at == 0, size=8)
        _draw_beyond(axes, told.ceilings(name))
        axes.set_ylim(len(told.order) - 0.4, -0.6)
        axes.set_xlim(*SHARE)
        axes.set_xticks([0, 0.5, 1], ["0", ".5", "1"])
        axes.set_title(plain(group_title(name)), fontweight="bold", pad=4)
        for line in distinct(CEILINGS, [told.ceilings(name)]):
            axes.axvline(line.level(told.ceilings(name)) or 0.0, **line.line)
        for row, point in enumerate(told.points(told.by_group, name)):
            look = told.looks[told.order[row]]
            _draw_point(axes, point, look, float(row), seeds=row + 0.3, scale=0.8)


def _rows(axes: Axes, told: _Told, *, names: bool, size: float = 9) -> None:
    """Give every method a row, every second with a ground."""
    shade_rows(axes, len(told.order))
    if names:  # Axes that share these ticks would take them away.
        labels = [plain(told.fused[at].label) for at in told.order]
        axes.set_yticks(range(len(labels)), labels, fontsize=size)
    axes.tick_params(axis="y", length=0, labelleft=names)
    axes.grid(False, axis="y")


def _draw_point(
    axes: Axes,
    point: Point | None,
    look: Look,
    place: float,
    *,
    seeds: float,
    ends: tuple[float, float] = (0.0, 1.0),
    scale: float = 1.25,
) -> None:
    if point is None or (interval := point.interval) is None:
        return
    draw_seeds(axes, point, seeds, sideways=True, color=look.colour)
    draw_interval(axes, interval, place, ends, sideways=True, color=look.colour, linewidth=1.4)
    style = {**look.style, "markersize": scale * look.size}
    if not ends[0] <= interval.mean <= ends[1]:
        style |= {"marker": "<" if interval.mean < ends[0] else ">", "clip_on": False}
    axes.plot(min(max(interval.mean, ends[0]), ends[1]), place, zorder=4, **style)


def _name_point(axes: Axes, point: Point | None, look: Look, place: float, name: str) -> None:
    if point is not None and (interval := point.interval) is not None:
        left = interval.low if interval.drawn else interval.mean
        where: Text = {"ha": "right", "va": "center", "fontsize": 7, "fontweight": "bold", "color": look.colour}
        axes.annotate(plain(name), (left, place), (-6, 0), textcoords="offset points", **where)


def _draw_letter(axes: Axes, point: Point | None, look: Look, place: float, letter: str) -> None:
    if point is None or (interval := point.interval) is None:
        axes.text(0.0, place, f"{letter}: not defined", color=QUIET, fontsize=7, va="center", style="italic")
        return
    draw_seeds(axes, point, place, sideways=True, color=look.colour, alpha=0.4, markersize=4)
    draw_interval(axes, interval, place, (0.0, 1.0), sideways=True, color=look.colour, linewidth=0.9)
    box = {"boxstyle": "circle,pad=0.12", "facecolor": "#ffffff", "edgecolor": look.colour, "linewidth": 0.9}
    where: Text = {"ha": "center", "va": "center", "fontsize": 6, "fontweight": "bold", "zorder": 4}
    axes.text(interval.mean, place, plain(letter), color=look.colour, bbox=box, **where)


def _draw_levels(axes: Axes, point: Point) -> None:
    """Draw exact lines with their names above, and say between them what tells that much."""
    ends: list[float] = []  # Of the labels in each tier, from the lowest.
    inch = (SHARE[1] - SHARE[0]) / MAIN
    for line in distinct(CEILINGS, [point]):
        level = line.level(point) or 0.0
        axes.axvline(level, **line.line)
        first, last = line.label.rsplit(" ", 1)
        said = f"{first}\n{last} {show(level, 2)}"
        half = LETTER * inch * max(map(len, said.split("\n"))) / 2
        middle = min(level, SHARE[1] + 0.03 - half)
        tier = next((at for at, end in enumerate(ends) if end < middle - half), len(ends))
        ends[tier : tier + 1] = [middle + half]
        axes.annotate(
            said,
            (middle, 1.0),
            (0, 3 + 21 * tier),
            xycoords=axes.get_xaxis_transform(),
            textcoords="offset points",
            ha="center",
            va="bottom",
            fontsize=8,
            color=line.line["color"],
            annotation_clip=False,
        )
    _draw_zones(axes, point, inch)


def _draw_beyond(axes: Axes, point: Point) -> None:
    """Give what lies between pairs and all together a ground."""
    pairwise, bayes = PAIRWISE.level(point), BAYES.level(point)
    if pairwise is not None and bayes is not None and bayes > pairwise:
        axes.axvspan(pairwise, bayes, color=QUIET, alpha=0.1, linewidth=0, zorder=0)


def _draw_zones(axes: Axes, point: Point, inch: float) -> None:
    single, pairwise, bayes = (line.level(point) for line in CEILINGS)
    if single is None or pairwise is None or bayes is None:
        return
    _draw_beyond(axes, point)
    for said, low, high in zip(ZONES, (0.0, single, pairwise), (single, pairwise, bayes), strict=True):
        if high - low > LETTER * inch * len(said):
            where: Text = {"ha": "center", "va": "bottom", "fontsize": 7, "style": "italic", "color": QUIET}
            axes.annotate(
                said,
                ((low + high) / 2, 0.0),
                (0, 1),
                xycoords=axes.get_xaxis_transform(),
                textcoords="offset points",
                **where,
            )
