"""Bars over words: the methods beside each other at each, with exact values as ticks across them."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

from confu_core.report.marks import draw_interval, draw_seeds
from confu_core.report.panel import Panel
from confu_core.report.series import Series, x_values
from confu_core.report.style import INK, Look, plain
from confu_core.report.wording import show_setting

if TYPE_CHECKING:
    from matplotlib.axes import Axes

__all__ = ["bar_style", "draw_bars"]

# Of the space between two words: how much bars share, and at most how much one takes.
SHARED, WIDEST = 0.82, 0.3
LONG = 8  # Letters of a word that may not fit beneath its bars.
PALE = 0.35


def bar_style(look: Look) -> dict[str, Any]:
    """Return keywords of matplotlib for a bar.

    Parameters
    ----------
    look : Look
        Of the method; that of a further folder is pale.

    Returns
    -------
    dict
        For ``bar`` and for ``Patch``.
    """
    from matplotlib.colors import to_rgba

    return {
        "facecolor": to_rgba(look.colour, PALE if look.hollow else 1.0),
        "edgecolor": look.colour,
        "linewidth": 0.8,
    }


def broken(word: str) -> str:
    r"""Break a long word where it is joined, so that it fits beneath its bars.

    Parameters
    ----------
    word : str
        A query or a group.

    Returns
    -------
    str
        On one line or two.

    Examples
    --------
    >>> broken("image+audio"), broken("image-unique"), broken("audio")
    ('image\n+ audio', 'image-\nunique', 'audio')
    """
    if len(word) <= LONG:
        return word
    return word.replace("+", "\n+ ", 1) if "+" in word else word.replace("-", "-\n", 1)


def draw_bars(axes: Axes, series: Sequence[Series], looks: Sequence[Look], panel: Panel) -> None:
    """Draw a metric over words as bars.

    Parameters
    ----------
    axes : matplotlib.axes.Axes
        Empty.
    series, looks : sequence
        As many of each.
    panel : Panel
        What to show.
    """
    values = x_values(series)
    width = min(SHARED / len(series), WIDEST)
    for column, x in enumerate(values):
        points = [one.at(x) for one in series]
        for at, (point, look) in enumerate(zip(points, looks, strict=True)):
            interval = None if point is None else point.interval(panel.column)
            if point is None or interval is None:
                continue
            place = column + (at - (len(series) - 1) / 2) * width
            axes.bar(place, interval.mean, width * 0.88, zorder=2, **bar_style(look))
            draw_interval(axes, interval, place, panel.ends, color=INK, linewidth=0.8)
            draw_seeds(axes, point, panel.column, place, color=INK, markersize=3, zorder=3)
        reach = len(series) * width / 2 + 0.04
        for reference in panel.references:
            for level in reference.levels(points):
                axes.plot([column - reach, column + reach], [level, level], **reference.line)
    axes.set_xticks(range(len(values)), [plain(broken(show_setting(x))) for x in values])
    axes.set_xlim(-0.6, len(values) - 0.4)
    axes.tick_params(axis="x", length=0)
    axes.grid(False, axis="x")
