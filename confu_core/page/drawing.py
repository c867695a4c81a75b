"""Drawings as files: colours that colour-blind readers tell apart, and the same bytes for the same numbers."""

from __future__ import annotations

import io
import warnings
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from matplotlib.figure import Figure


# Okabe and Ito's palette, without yellow (too pale for lines on paper) and black (kept for what is exact).
PALETTE = ("#0072b2", "#d55e00", "#009e73", "#cc79a7", "#e69f00", "#56b4e9")
# Paul Tol's indigo, wine and olive, and a grey: for what six colours do not reach, told from them by lightness too.
FURTHER = ("#332288", "#882255", "#999933", "#8a8a8a")
# The page turns these into colours of its own, so that figures follow a dark page.
INK, RULE, PAPER, QUIET = "#222222", "#d9d9d9", "#ffffff", "#59636e"
RESOLUTION = 200  # Pixels per inch.

SETTINGS: dict[Any, Any] = {
    **{"font.family": "DejaVu Sans", "mathtext.fontset": "dejavusans"},  # Come with matplotlib: the same everywhere.
    **dict.fromkeys(("font.size", "axes.titlesize", "legend.fontsize", "xtick.labelsize", "ytick.labelsize"), 9),
    "axes.labelsize": 10,
    **dict.fromkeys(("text.color", "axes.edgecolor", "axes.labelcolor", "xtick.color", "ytick.color"), INK),
    **{"axes.facecolor": "none", "figure.facecolor": PAPER, "legend.frameon": False},
    **{"axes.spines.top": False, "axes.spines.right": False, "axes.linewidth": 0.8},
    **{"axes.grid": True, "axes.axisbelow": True, "grid.color": RULE, "grid.linewidth": 0.6},
    "lines.linewidth": 1.5,
    # Text as shapes: the same look without the font. No random names: the same bytes for the same drawing.
    **{"svg.fonttype": "path", "svg.hashsalt": "confu-bench"},
}


@dataclass(frozen=True)
class Image:
    """A figure as files: its name without suffix, a title and a caption for readers, and both contents."""

    name: str
    title: str
    caption: str
    svg: bytes
    png: bytes


def render(name: str, title: str, caption: str, size: tuple[float, float], paint: Callable[[Figure], None]) -> Image:
    """Draw a figure of a width and height in inches; equal drawings give equal bytes: no dates, no random names.

    >>> image = render("empty", "Nothing", "", (1, 1), lambda figure: None)
    >>> image.svg[:5], image.png[1:4]
    (b'<?xml', b'PNG')
    """
    import matplotlib
    from matplotlib.backends.backend_agg import FigureCanvasAgg
    from matplotlib.figure import Figure

    with matplotlib.rc_context(), warnings.catch_warnings():
        # Names of methods may be in any script; what the font lacks shows as a box.
        warnings.filterwarnings("ignore", message="Glyph .* missing from font")
        # A user's matplotlibrc has no say in a report.
        matplotlib.rcdefaults()
        matplotlib.rcParams.update(SETTINGS)
        figure = Figure(figsize=size, layout="constrained")
        canvas = FigureCanvasAgg(figure)
        paint(figure)
        svg, png = io.BytesIO(), io.BytesIO()
        figure.savefig(svg, format="svg", metadata={"Date": None, "Creator": None})
        # The layout is found: to find it once more would take as long as drawing, and `savefig` draws for that alone.
        figure.set_layout_engine("none")
        figure.set_dpi(RESOLUTION)
        canvas.print_png(png, metadata={"Software": None})
    return Image(name, title, caption, svg.getvalue(), png.getvalue())


def plain(text: str) -> str:
    r"""Return text of a user so that matplotlib shows it as it is, and letters with a hat as in formulas.

    >>> print(plain("ac->b costs $5"), plain("p\u0302"))
    ac → b costs \$5 $\mathdefault{\hat{p}}$
    """
    shown = text.replace("->", " → ")
    if "\u0302" not in shown or "$" in shown:
        return shown.replace("$", r"\$")
    at = shown.index("\u0302")
    return plain(shown[: at - 1]) + rf"$\mathdefault{{\hat{{{shown[at - 1]}}}}}$" + plain(shown[at + 1 :])


def stack_bars(axes: Any, width: float, series: Iterable[tuple[str, str, Sequence[float]]]) -> None:
    """Draw bars that stand on each other: label, colour and heights of each series, from the ground up."""
    below: list[float] = []
    for label, colour, heights in series:
        below = below or [0.0] * len(heights)
        axes.bar(range(len(heights)), heights, width, bottom=below, color=colour, label=label)
        below = [low + height for low, height in zip(below, heights, strict=True)]
