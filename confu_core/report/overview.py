"""The first figure of a report on media: who captures what, against what one modality, pairs, and all together tell."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any

from matplotlib.axes import Axes
from matplotlib.figure import Figure

from confu_core.evaluation.overlap import letters_of
from confu_core.page.drawing import QUIET, Image, plain, render
from confu_core.page.numbers import show
from confu_core.report import panels
from confu_core.report.exact import BAYES, CEILINGS, PAIRWISE, PLAIN, Reference, distinct
from confu_core.report.panels import Look, Panel, draw_interval, draw_seeds, looks
from confu_core.report.sections.zero_shot import TEST, captured, ceilings_of, group_title, plain_of, widest
from confu_core.report.tidy import Measures, Point, Series
from confu_core.report.words import show_interval

NAME = "who_captures_what"
FAMILIES = ("zero_shot", "probe")  # Where the class may be told.
MOST_METHODS, MOST_GROUPS = 12, 6  # More would not fit a figure that is understood at a glance.
# In inches: a method in the upper and in the lower row of panels, and all around them.
ROW, LOW_ROW, AROUND = 0.46, 0.19, 1.75
# Of a row: where the fused query and the single ones lie in it.
FUSED, SINGLES, ASIDE = -0.2, (0.13, 0.36), 0.13
SHARE = (-0.02, 1.04)
CAPTURE = (-0.35, 1.15)  # What lies beyond is an arrow at the edge, with its number beneath.
# Of a letter and of the first panel, the width in inches, for labels that must not touch; and the share of a letter.
LETTER, MAIN = 0.053, 4.8
LETTER_SHARE = LETTER * ((SHARE[1] - SHARE[0]) / MAIN)
BEYOND = (
    "Right of the pairwise ceiling lies what only all modalities together tell: higher-order capture is 0 at that line "
    "and 1 at the Bayes accuracy."
)
ZONES = ("one modality tells", "pairs tell", "only together")


@dataclass(frozen=True)
class _Told:
    """How well methods tell the class: from all that is seen and from each modality, over all and by group.

    Series are one per method, from the best to the worst; `levels` are the ceilings of each group, and of all under an
    empty name; `singles` are by modality, with the letter of each.
    """

    query: str
    how: str
    fused: Sequence[Series]
    singles: Mapping[str, tuple[str, Sequence[Series]]]
    capture: Sequence[Series]
    by_group: Sequence[Series]
    levels: Mapping[str, Point]
    plain: float | None
    looks: Sequence[Look]

    @property
    def groups(self) -> list[str]:
        """The groups of classes that have a panel each."""
        names = [name for name in self.levels if name]
        return names if 1 < len(names) <= MOST_GROUPS else []


def overview(measures: Measures, headline: Sequence[Series]) -> tuple[Image, ...]:
    """Draw how well each method tells the class from all that is seen and from each alone, and what it captures."""
    told = _told(measures, headline)
    if told is None or len(measures.groups) > MOST_METHODS:
        return ()
    rows, several = len(told.fused), bool(told.groups)
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
        keys = panels.reference_keys(_lines(told))
        panels.put_legend(figure, keys, loc="outside lower center", ncols=max(len(keys), 1), handlelength=2.6)

    title = f"Who captures what: the {measures.words.label} from {_in_words(told.query)}"
    return (render(NAME, title, _caption(told, measures.note), (panels.WIDTH, height), paint),)


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
    levels = {"": whole, **{name: ceilings_of(measures, query, name) for name in groups}}
    means = [0.0 if (point := one.at(None)) is None else point.mean or 0.0 for one in found[query]]
    order = sorted(range(len(means)), key=lambda at: -means[at])

    def in_order(series: Sequence[Any]) -> list[Any]:
        return [series[at] for at in order]

    return _Told(
        query=query,
        how=measures.words.zero_shot if family == "zero_shot" else family,
        fused=in_order(found[query]),
        singles={name: (letter, in_order(found[name])) for name, letter in zip(members, letters, strict=True)},
        capture=in_order(captured(found[query], whole)),
        by_group=in_order(measures.series("zero_shot_group", "condition", subject=query, **where)),
        levels={name: Point(None, (), levels=known) for name, known in levels.items()},
        plain=plain_of(measures).get(query),
        looks=in_order(looks(measures.groups, even=True)),
    )


def _kind(measures: Measures, query: str) -> dict[str, str]:
    """Return which probe stands for a query: bilinear, linear for one modality; none where kinds are not told apart."""
    kinds = measures.values("probe", "condition", metric="accuracy", subject=query)
    return {"condition": next((kind for kind in ("bilinear", "linear") if kind in kinds), kinds[0])} if kinds else {}


def _in_words(query: str) -> str:
    *first, last = query.split("+")
    return f"{', '.join(first)} and {last}" if first else last


def _caption(told: _Told, note: str) -> str:
    drawn = [*told.fused, *(one for _, series in told.singles.values() for one in series)]
    letters = ", ".join(f"{letter}: from {name} alone" for name, (letter, _) in told.singles.items())
    parts = [
        BEYOND if BAYES.level(told.levels[""]) is not None else "",
        f"Large markers: from {_in_words(told.query)}; {letters}." if letters else "",
        panels.spread_phrase([Panel("", drawn, "", "")]),
        note,
    ]
    return " ".join(filter(None, parts))


def _lines(told: _Told) -> list[Reference]:
    """Return the lines of the panels below the first, whose own lines have their names beside them."""
    known = [line for line in CEILINGS if any(line.level(told.levels[name]) is not None for name in told.groups)]
    plain_label = f"{PLAIN.label}, with labels {show(told.plain, 2)}"
    return known if told.plain is None else [*known, replace(PLAIN, label=plain_label)]


def _draw_main(axes: Axes, told: _Told) -> None:
    rows = len(told.fused)
    _rows(axes, told, names=True)
    axes.set_ylim(rows - 0.22, -0.55)
    axes.set_xlim(*SHARE)
    axes.set_xlabel(plain(f"accuracy ({told.how})"), fontsize=9)
    if told.plain is not None:
        axes.axvline(told.plain, **PLAIN.line)
    _draw_levels(axes, told.levels[""])
    name = "+".join(letter for letter, _ in told.singles.values())
    style: dict[str, Any] = {"ha": "right", "va": "center", "fontsize": 7, "fontweight": "bold"}
    for row, (one, look) in enumerate(zip(told.fused, told.looks, strict=True)):
        _draw_point(axes, point := one.at(None), look, row + FUSED, seeds=row + FUSED + ASIDE)
        if point is not None and (interval := point.interval) is not None:
            left = interval.low if interval.drawn else interval.mean
            where = (left, row + FUSED)
            axes.annotate(plain(name), where, (-6, 0), textcoords="offset points", color=look.colour, **style)
    for (letter, series), aside in zip(told.singles.values(), SINGLES, strict=False):
        for row, (one, look) in enumerate(zip(series, told.looks, strict=True)):
            _draw_letter(axes, one.at(None), look, row + aside, letter)


def _draw_capture(axes: Axes, told: _Told) -> None:
    _rows(axes, told, names=False)
    axes.set_xlim(*CAPTURE)
    axes.set_xticks([0, 0.5, 1])
    axes.set_xlabel("higher-order capture", fontsize=9)
    for line, level in ((PAIRWISE, 0.0), (BAYES, 1.0)):
        axes.axvline(level, **line.line)
    for row, (one, look) in enumerate(zip(told.capture, told.looks, strict=True)):
        _draw_point(axes, point := one.at(None), look, row + FUSED, seeds=row + FUSED + ASIDE, ends=CAPTURE)
        if point is not None and (interval := point.interval) is not None:
            # There is no room for the ends of an interval over samples.
            known = interval.drawn and interval.half_width is not None
            said = show_interval(interval, 2) if known else show(interval.mean, 2)
            axes.text(0.5, row + 0.33, said, color=QUIET, fontsize=8, ha="center", va="center")


def _draw_groups(figure: Figure, grid: Any, told: _Told) -> None:
    first = None
    for at, name in enumerate(told.groups):
        axes, levels = figure.add_subplot(grid[at], sharey=first), told.levels[name]
        first = first or axes
        _rows(axes, told, names=at == 0, size=8)
        _draw_beyond(axes, levels)
        axes.set_ylim(len(told.fused) - 0.4, -0.6)
        axes.set_xlim(*SHARE)
        axes.set_xticks([0, 0.5, 1], ["0", ".5", "1"])
        axes.set_title(plain(group_title(name)), fontweight="bold", pad=4)
        for line in distinct(CEILINGS, [levels]):
            axes.axvline(line.level(levels) or 0.0, **line.line)
        for row, (one, look) in enumerate(zip(told.by_group, told.looks, strict=True)):
            _draw_point(axes, one.at(name), look, float(row), seeds=row + 0.3, scale=0.8)


def _rows(axes: Axes, told: _Told, *, names: bool, size: float = 9) -> None:
    """Give every method a row, every second with a ground."""
    panels.shade_rows(axes, len(told.fused))
    if names:  # Axes that share these ticks would take them away.
        axes.set_yticks(range(len(told.fused)), [plain(one.label) for one in told.fused], fontsize=size)
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


def _draw_letter(axes: Axes, point: Point | None, look: Look, place: float, letter: str) -> None:
    if point is None or (interval := point.interval) is None:
        axes.text(0.0, place, f"{letter}: not defined", color=QUIET, fontsize=7, va="center", style="italic")
        return
    draw_seeds(axes, point, place, sideways=True, color=look.colour, alpha=0.4, markersize=4)
    draw_interval(axes, interval, place, (0.0, 1.0), sideways=True, color=look.colour, linewidth=0.9)
    box = {"boxstyle": "circle,pad=0.12", "facecolor": "#ffffff", "edgecolor": look.colour, "linewidth": 0.9}
    style: dict[str, Any] = {"ha": "center", "va": "center", "fontsize": 6, "fontweight": "bold", "zorder": 4}
    axes.text(interval.mean, place, plain(letter), color=look.colour, bbox=box, **style)


def _draw_levels(axes: Axes, levels: Point) -> None:
    """Draw exact lines with their names above, and say between them what tells that much."""
    ends: list[float] = []  # Of the labels in each tier, from the lowest.
    for line in distinct(CEILINGS, [levels]):
        level = line.level(levels) or 0.0
        axes.axvline(level, **line.line)
        first, last = line.label.rsplit(" ", 1)
        said = f"{first}\n{last} {show(level, 2)}"
        half = LETTER_SHARE * max(map(len, said.split("\n"))) / 2
        middle = min(level, SHARE[1] + 0.03 - half)
        tier = next((at for at, end in enumerate(ends) if end < middle - half), len(ends))
        ends[tier : tier + 1] = [middle + half]
        colour = line.line["color"]
        _say(axes, said, (middle, 1.0), 3 + 21 * tier, fontsize=8, color=colour, annotation_clip=False)
    single, pairwise, bayes = (line.level(levels) for line in CEILINGS)
    if single is None or pairwise is None or bayes is None:
        return
    _draw_beyond(axes, levels)
    for said, low, high in zip(ZONES, (0.0, single, pairwise), (single, pairwise, bayes), strict=True):
        if high - low > LETTER_SHARE * len(said):
            _say(axes, said, ((low + high) / 2, 0.0), 1, fontsize=7, style="italic", color=QUIET)


def _say(axes: Axes, said: str, where: tuple[float, float], above: float, **style: Any) -> None:
    """Write above a place along the axis."""
    along: Any = axes.get_xaxis_transform()
    axes.annotate(said, where, (0, above), along, "offset points", ha="center", va="bottom", **style)


def _draw_beyond(axes: Axes, levels: Point) -> None:
    """Give what lies between pairs and all together a ground."""
    pairwise, bayes = PAIRWISE.level(levels), BAYES.level(levels)
    if pairwise is not None and bayes is not None and bayes > pairwise:
        axes.axvspan(pairwise, bayes, color=QUIET, alpha=0.1, linewidth=0, zorder=0)
