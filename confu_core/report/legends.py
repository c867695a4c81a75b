"""One legend above all axes of a figure, and looks whose markers are all large enough for it."""

from __future__ import annotations

import itertools
from collections.abc import Sequence
from dataclasses import replace
from typing import TYPE_CHECKING, Any

from confu_core.report.bars import bar_style
from confu_core.report.panel import Reference
from confu_core.report.series import Series
from confu_core.report.style import Look, looks, plain

if TYPE_CHECKING:
    from matplotlib.figure import Figure

__all__ = ["WIDTH", "even_looks", "legend_height", "put_legend", "reference_legend"]

# In inches: the width of a figure; of a legend, the height of an entry, the width of its line and of a letter.
WIDTH = 7.2
LINE, KEY, LETTER = 0.21, 0.6, 0.07
LARGEST, SMALLEST, STEP, SMALL = 5.6, 4.4, 0.2, 0.6


def even_looks(groups: Sequence[Series], *, small: bool = False) -> list[Look]:
    """Choose looks whose markers are all large enough to be told apart.

    Parameters
    ----------
    groups : sequence of Series
        All that a report shows.
    small : bool
        For many points.

    Returns
    -------
    list of Look
        Later ones a little smaller, so that those beneath still show.
    """
    scale = SMALL if small else 1.0
    return [replace(look, size=scale * max(SMALLEST, LARGEST - STEP * at)) for at, look in enumerate(looks(groups))]


def legend_height(groups: Sequence[Series], references: Sequence[Reference]) -> float:
    """Return how high a legend is.

    Parameters
    ----------
    groups : sequence of Series
        Methods.
    references : sequence of Reference
        Exact lines.

    Returns
    -------
    float
        In inches.
    """
    names = _names(groups, references)
    return LINE * -(-len(names) // _across(names))


def put_legend(
    figure: Figure,
    chosen: Sequence[Look],
    groups: Sequence[Series],
    references: Sequence[Reference],
    *,
    bars: bool = False,
) -> None:
    """Put one legend above all axes.

    Parameters
    ----------
    figure : matplotlib.figure.Figure
        With its axes drawn.
    chosen, groups : sequence
        As many of each.
    references : sequence of Reference
        They come last.
    bars : bool
        Whether methods are bars.
    """
    from matplotlib.lines import Line2D

    names = _names(groups, references)
    keys = [*(_key(look, bars=bars) for look in chosen), *(Line2D([], [], **each.line) for each in references)]
    # A label that begins with an underscore would be left out; a text that is set afterwards is not.
    labels = [str(at) for at in range(len(names))]
    made = figure.legend(keys, labels, loc="outside upper center", ncols=_across(names), columnspacing=1.4)
    for entry, text in zip(made.get_texts(), names, strict=True):
        entry.set_text(plain(text))


def reference_legend(figure: Figure, references: Sequence[Reference]) -> None:
    """Put a legend of exact lines alone beneath all axes."""
    from matplotlib.lines import Line2D

    keys = [Line2D([], [], **each.line) for each in references]
    if keys:
        names = [each.label for each in references]
        figure.legend(keys, names, loc="outside lower center", ncols=len(keys), handlelength=2.6)


def _names(groups: Sequence[Series], references: Sequence[Reference]) -> list[str]:
    return [*(group.label for group in groups), *(reference.label for reference in references)]


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


def _key(look: Look, *, bars: bool) -> Any:
    from matplotlib.lines import Line2D
    from matplotlib.patches import Patch

    if bars:
        return Patch(**bar_style(look))
    return Line2D([], [], color=look.colour, linestyle=look.dash, **look.marker_style())
