"""How figures look: colours that colour-blind readers tell apart, markers, and settings that make files repeatable."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from itertools import cycle
from typing import Any

from confu_core.report.series import Series

__all__ = ["INK", "METHODS", "PALETTE", "PAPER", "QUIET", "RULE", "SETTINGS", "Look", "looks", "plain"]

# Okabe and Ito's palette, without yellow (too pale for lines on paper) and black (kept for what is exact).
PALETTE = ("#0072b2", "#d55e00", "#009e73", "#cc79a7", "#e69f00", "#56b4e9")
MARKERS = ("o", "s", "D", "^", "v", "P")
SPARE_MARKER = "X"  # No known method has it.
# Colour and marker of the methods that come with the package: the same in every figure of every report.
METHODS = dict(
    zip(("confu", "symile", "gram", "triangle", "clip", "hub"), zip(PALETTE, MARKERS, strict=True), strict=True)
)
DASHES: tuple[Any, ...] = ("solid", (0, (5, 1.5)), (0, (1.2, 1.2)), (0, (6, 1.5, 1.2, 1.5)))
LARGEST, SMALLEST, STEP = 8.6, 4.4, 0.85
# Markers and lines of small multiples, relative to those of a figure with one pair of axes.
SMALL = 0.68
# The page turns these into colours of its own, so that figures follow a dark page.
INK, RULE, PAPER = "#222222", "#d9d9d9", "#ffffff"
QUIET = "#59636e"

SETTINGS: dict[Any, Any] = {
    "font.family": "DejaVu Sans",  # Comes with matplotlib: the same everywhere.
    "font.size": 9,
    "mathtext.fontset": "dejavusans",
    "axes.titlesize": 9,
    "axes.labelsize": 10,
    "legend.fontsize": 9,
    "xtick.labelsize": 9,
    "ytick.labelsize": 9,
    "text.color": INK,
    "axes.edgecolor": INK,
    "axes.labelcolor": INK,
    "xtick.color": INK,
    "ytick.color": INK,
    "axes.facecolor": "none",
    "figure.facecolor": PAPER,
    "axes.spines.top": False,
    "axes.spines.right": False,
    "axes.linewidth": 0.8,
    "axes.grid": True,
    "axes.axisbelow": True,
    "grid.color": RULE,
    "grid.linewidth": 0.6,
    "lines.linewidth": 1.5,
    "legend.frameon": False,
    "svg.fonttype": "path",  # Text as shapes: the same look without the font.
    "svg.hashsalt": "confu-bench",
}


@dataclass(frozen=True)
class Look:
    """How one series is drawn.

    Attributes
    ----------
    colour, marker : str
        The same for a method in every folder.
    dash : object
        A line style of matplotlib; one per folder.
    size : float
        Of the marker, in points. Series drawn later are smaller, so that those beneath still show.
    hollow : bool
        Whether the marker is open: so it is for every folder but the first.
    """

    colour: str
    marker: str
    dash: Any
    size: float
    hollow: bool

    def marker_style(self, *, hollow: bool | None = None) -> dict[str, Any]:
        """Return keywords of matplotlib for the marker."""
        is_open = self.hollow if hollow is None else hollow
        return {
            "marker": self.marker,
            "markersize": self.size,
            "markerfacecolor": PAPER if is_open else self.colour,
            "markeredgecolor": self.colour if is_open else PAPER,
            "markeredgewidth": (0.15 if is_open else 0.08) * self.size,
        }


def looks(series: Sequence[Series], *, small: bool = False) -> list[Look]:
    """Choose how each series is drawn: colour and marker tell methods apart, dashes tell folders apart.

    A known method looks the same in every report, and so does the first of its variants; the others, and methods of the
    user's own, get the colours and markers that are left.

    Parameters
    ----------
    series : sequence of Series
        All that a report shows, so that one look holds for all its figures.
    small : bool
        For small multiples.

    Returns
    -------
    list of Look
        As many.

    Examples
    --------
    >>> here = [Series("runs", name, name, name, ()) for name in ("confu", "clip")]
    >>> [(look.colour, look.marker) for look in looks(here)]
    [('#0072b2', 'o'), ('#e69f00', 'v')]
    """
    chosen = _by_variant(series)
    folders = list(dict.fromkeys(one.folder for one in series))
    found = []
    scale = SMALL if small else 1.0
    for at, one in enumerate(series):
        folder = folders.index(one.folder)
        size = max(SMALLEST, LARGEST - STEP * at) * scale
        found.append(Look(*chosen[one.variant], DASHES[folder % len(DASHES)], size, folder > 0))
    return found


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
    return {**known, **dict(zip(others, cycle(left), strict=False))}


def plain(text: str) -> str:
    r"""Return text of a user so that matplotlib shows it as it is, and letters with a hat as in formulas.

    Parameters
    ----------
    text : str
        A label.

    Returns
    -------
    str
        For matplotlib.

    Examples
    --------
    >>> print(plain("ac->b costs $5"), plain("p\u0302"))
    ac → b costs \$5 $\mathdefault{\hat{p}}$
    """
    shown = text.replace("->", " → ")
    if "\u0302" not in shown or "$" in shown:
        return shown.replace("$", r"\$")
    at = shown.index("\u0302")
    return plain(shown[: at - 1]) + rf"$\mathdefault{{\hat{{{shown[at - 1]}}}}}$" + plain(shown[at + 1 :])
