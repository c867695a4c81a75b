"""Panels of figures: a measure over numbers as lines or over words as marks, looks of methods, and legends."""

from __future__ import annotations

import itertools
import math
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Any

from matplotlib.axes import Axes
from matplotlib.colors import to_rgba
from matplotlib.figure import Figure
from matplotlib.lines import Line2D
from matplotlib.patches import Patch

from confu_core.page.drawing import FURTHER, INK, PALETTE, PAPER, Image, plain, render
from confu_core.page.numbers import show_setting
from confu_core.report.exact import Reference, reference_curves
from confu_core.report.tidy import Point, Series, x_values
from confu_core.report.words import spread_words
from confu_core.statistics.intervals import Interval
from confu_core.typed import is_number

MARKERS = ("o", "s", "D", "^", "v", "P")
SPARE_MARKER = "X"  # No known method has it.
# Colour and marker of the methods that come with the package: the same in every figure of every report.
METHODS = dict(
    zip(("confu", "symile", "gram", "triangle", "clip", "hub"), zip(PALETTE, MARKERS, strict=True), strict=True)
)
METHODS |= dict(zip(("eao", "comm", "pmrl", "supervised"), zip(FURTHER, "hpd8", strict=True), strict=True))
# What is made of another method has its colour.
for _own, _made_of in {"gated-symile": "symile", "infmasking": "comm", "bimodal": "clip"}.items():
    METHODS[_own] = METHODS[_made_of][0], "d"
DASHES: tuple[Any, ...] = ("solid", (0, (5, 1.5)), (0, (1.2, 1.2)), (0, (6, 1.5, 1.2, 1.5)))
SMALL = 0.68  # Markers of small multiples, relative to those of a figure with one pair of axes.
SEED: dict[str, Any] = {"marker": ".", "linestyle": "none", "markersize": 5, "markeredgewidth": 0, "alpha": 0.6}
ARROWS = {True: ("<", ">"), False: ("v", "^")}
# More values than these show no seeds, but a band for the interval of the mean.
MANY, BAND, MEAN = 12, 0.18, 1.0
# Of the space between two values: how much the methods share, so that dots of one do not hide those of another.
SHARED, DOT = 0.36, 0.62
SPAN = 8.0  # Values of x that span this factor and are spread evenly in their logarithms have a logarithmic axis.
LONG = 8  # Letters of a word that may not fit beneath its bars.
# In inches: the width of a figure; of a legend, the height of an entry, the width of its line and of a letter.
WIDTH = 7.2
LINE, KEY, LETTER = 0.21, 0.6, 0.07
MARKER, ROW = 0.085, 0.3  # In inches: the height of a marker among words, and of a row at least.
MOST_ROOM = 0.3  # Of the range of means, how far intervals may widen the axes.


@dataclass(frozen=True)
class Look:
    """How a series is drawn: colour and marker are of its method, dashes and an open marker tell folders apart."""

    colour: str
    marker: str
    dash: Any
    size: float
    hollow: bool

    @property
    def style(self) -> dict[str, Any]:
        """Keywords of matplotlib for the marker."""
        return {
            "marker": self.marker,
            "markersize": self.size,
            "markerfacecolor": PAPER if self.hollow else self.colour,
            "markeredgecolor": self.colour if self.hollow else PAPER,
            "markeredgewidth": (0.15 if self.hollow else 0.08) * self.size,
        }

    @property
    def bar(self) -> dict[str, Any]:
        """Keywords of matplotlib for a bar; that of a further folder is pale."""
        face = to_rgba(self.colour, 0.35 if self.hollow else 1.0)
        return {"facecolor": face, "edgecolor": self.colour, "linewidth": 0.8}


def looks(series: Sequence[Series], *, small: bool = False, even: bool = False) -> list[Look]:
    """Choose how each series is drawn, of all that a report shows, so that one look holds for all its figures.

    A known method looks the same in every report, and so does the first of its variants; the others, and methods of the
    user's own, get the colours and markers that are left. Later ones are smaller, so that all show; `even` ones are all
    large enough to be told apart.

    >>> [(look.colour, look.marker) for look in looks([Series("runs", name, name, name) for name in ("confu", "clip")])]
    [('#0072b2', 'o'), ('#e69f00', 'v')]
    """
    largest, step, scale = (5.6, 0.2, 0.6) if even else (8.6, 0.85, SMALL)
    sizes = [(scale if small else 1.0) * max(4.4, largest - step * at) for at in range(len(series))]
    chosen, folders = _by_variant(series), list(dict.fromkeys(one.folder for one in series))
    places = [folders.index(one.folder) for one in series]
    return [
        Look(*chosen[one.variant], DASHES[place % len(DASHES)], size, place > 0)
        for one, place, size in zip(series, places, sizes, strict=True)
    ]


def _by_variant(series: Sequence[Series]) -> dict[str, tuple[str, str]]:
    """Return colour and marker of each variant."""
    first = {one.group: one.variant for one in reversed(series) if one.group in METHODS}
    known = {variant: METHODS[group] for group, variant in first.items()}
    colours, markers = ([look[at] for look in known.values()] for at in (0, 1))
    all_markers = (SPARE_MARKER, *MARKERS)
    free = zip(
        [one for one in PALETTE if one not in colours], [one for one in all_markers if one not in markers], strict=False
    )
    # Their numbers have no common factor: in turns, every colour meets every marker.
    pairs = [*free, *zip(PALETTE * len(all_markers), all_markers * len(PALETTE), strict=True)]
    left = [pair for pair in dict.fromkeys(pairs) if pair not in known.values()]
    others = dict.fromkeys(one.variant for one in series if one.variant not in known)
    return {**known, **dict(zip(others, itertools.cycle(left), strict=False))}


@dataclass(frozen=True)
class Panel:
    """What one pair of axes shows: series, labels, the exact lines beside them, and the limits of the measure."""

    title: str
    series: Sequence[Series]
    x_label: str
    y_label: str
    references: tuple[Reference, ...] = ()
    proportion: bool = False
    limits: tuple[float, float] | None = None

    @property
    def ends(self) -> tuple[float, float]:
        """Where intervals are cut: a proportion at 0 and 1, everything at the axis."""
        low, high = self.limits or (-math.inf, math.inf)
        return (max(low, 0.0), min(high, 1.0)) if self.proportion else (low, high)


@dataclass(frozen=True)
class Marks:
    """How marks stand over a word: the space that methods share and one takes at most, and styles of what is drawn."""

    shared: float
    widest: float
    fewest: int = 1  # Methods among which the space is shared at least.
    aside: float = 0.0  # How far seeds lie beside their mean, of the space of a method.
    bars: bool = False
    sideways: bool = False
    seeds: Mapping[str, Any] = field(default_factory=dict)
    interval: Mapping[str, Any] = field(default_factory=dict)


BARS = Marks(
    0.82, 0.3, bars=True, seeds={"color": INK, "markersize": 3, "zorder": 3}, interval={"color": INK, "linewidth": 0.8}
)
COLUMNS = Marks(0.8, 0.16, aside=0.38)
ROWS = Marks(0.74, 1.0, fewest=3, sideways=True, seeds={"markersize": 3.5}, interval={"linewidth": 1})


def draw_categories(axes: Axes, panel: Panel, chosen: Sequence[Look], marks: Marks = BARS) -> None:
    """Draw a measure over words: the methods beside each other at each, with exact values as ticks across them."""
    words, count = x_values(panel.series), len(panel.series)
    width = min(marks.shared / max(count, marks.fewest), marks.widest)
    reach = count * width / 2 + 0.04 if marks.bars else marks.shared / 2
    for middle, word in enumerate(words):
        points = [one.at(word) for one in panel.series]
        for at, (point, look) in enumerate(zip(points, chosen, strict=True)):
            if point is None or point.interval is None:
                continue
            place = middle + (at - (count - 1) / 2) * width
            colour = {"color": look.colour}
            if marks.bars:
                axes.bar(place, point.interval.mean, width * 0.88, zorder=2, **look.bar)
            style = {**colour, **marks.interval}
            draw_interval(axes, point.interval, place, panel.ends, sideways=marks.sideways, **style)
            beside = place + marks.aside * width
            draw_seeds(axes, point, beside, sideways=marks.sideways, **{**colour, **marks.seeds})
            if not marks.bars:
                _plot(axes, [point.interval.mean], [place], marks.sideways, zorder=3, linestyle="none", **look.style)
        for reference in panel.references:
            for level in reference.levels(points):
                _plot(axes, [level] * 2, [middle - reach, middle + reach], marks.sideways, **reference.line)
    if marks.sideways:
        _name_rows(axes, words)
        return
    names = [plain(broken(show_setting(word)) if marks.bars else show_setting(word)) for word in words]
    axes.set_xticks(range(len(words)), names)
    axes.set_xlim(-0.6, len(words) - 0.4)
    axes.grid(False, axis="x")
    if marks.bars:
        axes.tick_params(axis="x", length=0)


def draw_methods(axes: Axes, panel: Panel, chosen: Sequence[Look]) -> None:
    """Draw a measure at the only x there is: one row per method, the measure to the right, small dots for seeds."""
    points = [one.points[0] if one.points else None for one in panel.series]
    for reference in panel.references:
        for level in reference.levels(points):
            axes.axvline(level, **reference.line)
    for row, (point, look) in enumerate(zip(points, chosen, strict=True)):
        if point is not None and point.interval is not None:
            draw_seeds(axes, point, row + COLUMNS.aside, sideways=True, color=look.colour)
            draw_interval(axes, point.interval, row, panel.ends, sideways=True, color=look.colour)
            axes.plot(point.interval.mean, row, zorder=3, **look.style)
    _name_rows(axes, [one.label for one in panel.series])
    axes.set_ylim(len(points) - 0.4, -0.6)


def draw_lines(axes: Axes, panel: Panel, chosen: Sequence[Look]) -> None:
    """Draw a measure over numbers: every seed as a dot, a thin line through the means, exact curves.

    A method whose x is None is the same at every x.
    """
    series, values = panel.series, x_values(panel.series)
    for reference in panel.references:
        if reference.value is not None:
            axes.axhline(reference.value, **reference.line)
        for curve in reference_curves(series, reference):
            axes.plot(*_stretched(curve, values), **reference.line)
    geometric = is_geometric(values)
    for at, (one, look) in enumerate(zip(series, chosen, strict=True)):
        _draw_mean(axes, one, look, panel, values)
        if len(values) <= MANY:
            aside = SHARED * (at - (len(series) - 1) / 2) / max(len(series), 3)
            _draw_dots(axes, one, look, panel, _aside(values, aside, geometric=geometric))
    if geometric:
        axes.set_xscale("log")
        axes.set_xticks(values, [f"{value:g}" for value in values])
        axes.minorticks_off()
    else:
        # The same extent in every figure, also where a metric is undefined at the ends.
        axes.set_xlim(*padded(values[0], values[-1]))


def _draw_mean(axes: Axes, one: Series, look: Look, panel: Panel, values: list[Any]) -> None:
    """Draw the line through the means, and around many of them a band."""
    found = [(point.x, point.interval) for point in one.points if point.interval is not None]
    if not found:
        return
    x, means = _stretched([(x, interval.mean) for x, interval in found], values)
    axes.plot(x, means, color=look.colour, linestyle=look.dash, linewidth=MEAN, zorder=2.0)
    if len(values) > MANY and all(interval.drawn for _, interval in found):
        _, lows = _stretched([(x, max(interval.low, panel.ends[0])) for x, interval in found], values)
        _, highs = _stretched([(x, min(interval.high, panel.ends[1])) for x, interval in found], values)
        axes.fill_between(x, lows, highs, color=look.colour, alpha=BAND, linewidth=0, zorder=1.5)


def _draw_dots(axes: Axes, one: Series, look: Look, panel: Panel, places: dict[Any, float]) -> None:
    """Draw every seed, and the interval of a single one over its samples."""
    style = {**look.style, "markersize": DOT * look.size, "alpha": 0.85, "zorder": 3.0}
    for x, place in places.items():
        point = one.at(x)
        if point is not None and point.interval is not None:
            draw_seeds(axes, point, place, alone=True, **style)
            if point.interval.ends is not None:
                draw_interval(axes, point.interval, place, panel.ends, color=look.colour, linewidth=0.9, zorder=2.5)


def _aside(values: Sequence[float], share: float, *, geometric: bool) -> dict[Any, float]:
    """Return where dots lie beside values, by a share of the space between two."""
    if len(values) < 2:
        return {x: x + share * 0.5 for x in values}
    pairs = list(itertools.pairwise(values))
    if geometric:
        factor = min(after / before for before, after in pairs) ** share
        return {x: x * factor for x in values}
    step = min(after - before for before, after in pairs)
    return {x: x + share * step for x in values}


def padded(low: float, high: float) -> tuple[float, float]:
    """Return the limits of an axis; a single place, such as one epoch, has something at both sides."""
    around = 0.04 * (high - low) or 0.5
    return low - around, high + around


def _stretched(curve: list[tuple[Any, float]], values: list[Any]) -> tuple[list[Any], list[float]]:
    """Return a curve as coordinates; a value without x is stretched over all of them."""
    known = [(x, y) for x, y in curve if x is not None]
    if not known:
        known = [(x, y) for x in (values[0], values[-1]) for _, y in curve[:1]]
    return [x for x, _ in known], [y for _, y in known]


def is_geometric(values: Sequence[float]) -> bool:
    """Return whether sorted values are rather powers of a number than multiples of one; False for fewer than three.

    >>> is_geometric([8, 16, 32, 64]), is_geometric([0.1, 0.3, 0.5, 0.7, 0.9])
    (True, False)
    """
    if len(values) < 3 or values[0] <= 0 or values[-1] / values[0] < SPAN:
        return False
    pairs = list(itertools.pairwise(values))
    steps = [after - before for before, after in pairs]
    ratios = [after / before for before, after in pairs]
    return max(ratios) / min(ratios) < max(steps) / min(steps)


def is_line_plot(series: Sequence[Series]) -> bool:
    """Return whether lines over x make sense: at least two values, all numbers."""
    values = x_values(series)
    return len(values) > 1 and all(map(is_number, values))


def broken(word: str) -> str:
    r"""Break a long word where it is joined, so that it fits beneath its bars.

    >>> broken("image+audio"), broken("image-unique"), broken("audio")
    ('image\n+ audio', 'image-\nunique', 'audio')
    """
    if len(word) <= LONG:
        return word
    return word.replace("+", "\n+ ", 1) if "+" in word else word.replace("-", "-\n", 1)


def draw_interval(
    axes: Axes, interval: Interval, place: float, ends: tuple[float, float], *, sideways: bool = False, **line: Any
) -> None:
    """Draw an interval as a line that ends where the axis or what is possible ends, there with an arrow."""
    low, high = (min(max(end, ends[0]), ends[1]) for end in (interval.low, interval.high))
    if not interval.drawn or low >= high:
        return
    style = {"linewidth": 1.2, "zorder": 3, "solid_capstyle": "butt", **line}
    _plot(axes, [low, high], [place, place], sideways, **style)
    cuts = (interval.low < ends[0], interval.high > ends[1])
    for end, cut, arrow in zip((low, high), cuts, ARROWS[sideways], strict=True):
        if cut:
            mark = {"marker": arrow, "markersize": 4, "markeredgewidth": 0, "color": style.get("color")}
            _plot(axes, [end], [place], sideways, linestyle="none", zorder=style["zorder"], clip_on=False, **mark)


def draw_seeds(
    axes: Axes, point: Point, place: float, *, sideways: bool = False, alone: bool = False, **style: Any
) -> None:
    """Draw every seed as a small dot; a single one only if it is to stand alone."""
    values = [value for value in point.values if value is not None]
    if len(values) > 1 or alone:
        _plot(axes, values, [place] * len(values), sideways, **{**SEED, **style})


def _plot(axes: Axes, values: list[float], places: list[float], sideways: bool, **style: Any) -> None:
    axes.plot(*((values, places) if sideways else (places, values)), **style)


def _name_rows(axes: Axes, names: Sequence[str]) -> None:
    axes.set_yticks(range(len(names)), [plain(name) for name in names])
    axes.tick_params(axis="y", length=0)
    axes.grid(False, axis="y")


def shade_rows(axes: Axes, count: int) -> None:
    """Give every second row a ground."""
    for row in range(1, count, 2):
        axes.axhspan(row - 0.5, row + 0.5, color="#888888", alpha=0.07, linewidth=0, zorder=0)


def method_keys(series: Sequence[Series], chosen: Sequence[Look], *, bars: bool = False) -> list[tuple[str, Any]]:
    """Return the entries of a legend for methods."""

    def key(look: Look) -> Any:
        return Patch(**look.bar) if bars else Line2D([], [], color=look.colour, linestyle=look.dash, **look.style)

    return [(one.label, key(look)) for one, look in zip(series, chosen, strict=True)]


def reference_keys(references: Sequence[Reference]) -> list[tuple[str, Any]]:
    """Return the entries of a legend for exact lines."""
    return [(each.label, Line2D([], [], **each.line)) for each in references]


def put_legend(figure: Figure, keys: Sequence[tuple[str, Any]], **placing: Any) -> None:
    """Put one legend outside all axes; unless it is placed otherwise above them, as broad as fits."""
    if not keys:
        return
    names = [name for name, _ in keys]
    wanted = placing or {"loc": "outside upper center", "ncols": _across(names), "columnspacing": 1.4}
    # A label that begins with an underscore would be left out; a text that is set afterwards is not.
    made = figure.legend([key for _, key in keys], [str(at) for at in range(len(keys))], **wanted)
    for entry, name in zip(made.get_texts(), names, strict=True):
        entry.set_text(plain(name))


def _across(names: Sequence[str]) -> int:
    """Return how many columns of a legend fit beside each other; they are filled from top to bottom."""
    for lines in range(1, len(names)):
        columns = -(-len(names) // lines)  # As even as can be: no entry stands alone in the last line.
        rows, longer = divmod(len(names), columns)
        sizes = [rows + (at < longer) for at in range(columns)]
        ends = itertools.accumulate(sizes)
        parts = [names[end - size : end] for end, size in zip(ends, sizes, strict=True)]
        if sum(KEY + LETTER * max(map(len, part)) for part in parts) <= WIDTH:
            return columns
    return 1


def spread_phrase(panels: Sequence[Panel], *, lines: bool = False) -> str:
    """Say what stands behind each point of panels, and what its interval is."""
    found = [point.interval for panel in panels for one in panel.series for point in one.points]
    many = lines and max(len(x_values(panel.series)) for panel in panels) > MANY
    return spread_words([each for each in found if each is not None], lines=lines, many=many)


def draw_rows(axes: Axes, panel: Panel, chosen: Sequence[Look]) -> None:
    """Draw a measure to the right, over words from top to bottom, every second on a ground."""
    count = len(x_values(panel.series))
    shade_rows(axes, count)
    limits = panel.limits if panel.proportion else (0.0, math.inf)
    draw_categories(axes, replace(panel, limits=limits), chosen, ROWS)
    axes.set_xlim(*((-0.03, 1.03) if panel.proportion else (0, None)))
    axes.set_ylim(count - 0.5, -0.5)


def draw_facets(
    name: str,
    title: str,
    panels: Sequence[Panel],
    painter: Callable[[Axes, Panel, Sequence[Look]], None] = draw_categories,
    *,
    spread: str = "",
    remarks: Sequence[str] = (),
    columns: int = 3,
    height: float = 1.9,
    finish: Callable[[Axes, Panel], None] = lambda axes, panel: None,
) -> tuple[Image, ...]:
    """Draw small multiples, if there are any: one pair of axes each, one legend for all; rows share their words.

    The caption says what their intervals mean, in the words of `spread` if they are given, and then the remarks.
    """
    if not panels:
        return ()
    bars, rows, groups = painter is draw_categories, painter is draw_rows, panels[0].series
    values = list(dict.fromkeys(x for panel in panels for x in x_values(panel.series)))
    columns = len(panels) if rows else min(columns, len(panels))
    lines = math.ceil(len(panels) / columns)
    wanted = [(line, one.points) for panel in panels for line in panel.references for one in panel.series]
    known = {line for line, points in wanted if line.levels(points)}
    references = [line for line in dict.fromkeys(line for line, _ in wanted) if line in known]
    small = not rows and max(len(x_values(panel.series)) for panel in panels) > MANY
    chosen = looks(groups, small=small, even=True)

    def paint(figure: Figure) -> None:
        grid = figure.subplots(lines, columns, squeeze=False, sharey=rows)
        for at, (axes, panel) in enumerate(itertools.zip_longest(grid.flat, panels)):
            if panel is None:
                axes.set_visible(False)
                continue
            if rows:  # Every panel has all words, in the order of the figure.
                panel = replace(panel, series=[one.over(values) for one in panel.series])
            limits = panel.limits or _limits(panel, zero=bars)
            painter(axes, panel if rows else replace(panel, limits=limits), chosen)
            axes.set_title(plain(panel.title), fontweight="bold", pad=4)
            axes.set_xlabel(plain(panel.x_label), fontsize=9)
            said = at % columns and panel.y_label == panels[at - 1].y_label
            axes.set_ylabel("" if said else plain(panel.y_label), fontsize=9)
            if not rows:
                axes.set_ylim(*limits)
            finish(axes, panel)
        put_legend(figure, [*method_keys(groups, chosen, bars=bars), *reference_keys(references)])

    names = [*(one.label for one in groups), *(reference.label for reference in references)]
    if rows:
        height = len(values) * max(ROW, MARKER * len(groups) + 0.08) + 1.1
    else:
        height = lines * height + LINE * -(-len(names) // _across(names)) + 0.2
    caption = " ".join(filter(None, [spread or spread_phrase(panels, lines=not (bars or rows)), *remarks]))
    return (render(name, title, caption, (WIDTH, height), paint),)


def _limits(panel: Panel, *, zero: bool) -> tuple[float, float]:
    """Return limits that keep a wide interval of few seeds from pressing all means together."""
    if panel.proportion:
        return (0.0 if zero else -0.03), 1.03
    points = [point for one in panel.series for point in one.points]
    intervals = [point.interval for point in points if point.interval is not None]
    exact = [value for point in points for line in panel.references if (value := line.level(point)) is not None]
    seen = [*(interval.mean for interval in intervals), *exact, *([0.0] if zero else [])]
    room = MOST_ROOM * (max(seen) - min(seen)) or 0.1
    low = max(min([*seen, *(interval.low for interval in intervals)]), min(seen) - room)
    high = min(max([*seen, *(interval.high for interval in intervals)]), max(seen) + room)
    margin = 0.06 * (high - low) or room
    return (low if zero and low == 0 else low - margin, high + margin)
