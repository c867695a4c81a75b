"""Turn drawings into files: the same bytes for the same numbers."""

from __future__ import annotations

import io
import warnings
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from confu_core.report.panel import Reference
from confu_core.report.series import Series
from confu_core.report.style import SETTINGS, Look, plain

if TYPE_CHECKING:
    from matplotlib.figure import Figure

__all__ = ["RESOLUTION", "Image", "legend", "render"]

RESOLUTION = 200
LONG = 20  # Letters of a joint name that takes two lines beside the axes.


@dataclass(frozen=True)
class Image:
    """A figure as files.

    Attributes
    ----------
    name : str
        Of the files, without suffix.
    title, caption : str
        For readers.
    svg, png : bytes
        Contents.
    """

    name: str
    title: str
    caption: str
    svg: bytes
    png: bytes


def render(name: str, title: str, caption: str, size: tuple[float, float], paint: Callable[[Figure], None]) -> Image:
    """Draw a figure and return it as SVG and PNG.

    Parameters
    ----------
    name, title, caption : str
        As for `Image`.
    size : (float, float)
        Width and height in inches.
    paint : callable
        Draws on an empty figure.

    Returns
    -------
    Image
        Equal bytes for equal drawings: no dates, no random names.

    Examples
    --------
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
        FigureCanvasAgg(figure)
        paint(figure)
        svg, png = io.BytesIO(), io.BytesIO()
        figure.savefig(svg, format="svg", metadata={"Date": None, "Creator": None})
        # The layout is found: to find it once more would take as long as drawing.
        figure.set_layout_engine("none")
        figure.savefig(png, format="png", dpi=RESOLUTION, metadata={"Software": None})
    return Image(name, title, caption, svg.getvalue(), png.getvalue())


def legend(
    figure: Figure, named: Sequence[tuple[Series, Look]], references: Sequence[Reference], **placing: Any
) -> None:
    """Put a legend beside the axes of a figure.

    Parameters
    ----------
    figure : matplotlib.figure.Figure
        With its axes drawn.
    named : sequence of (Series, Look)
        The measured ones; none where the axes name them.
    references : sequence of Reference
        The exact lines; they come last.
    **placing
        Keywords of matplotlib.
    """
    from matplotlib.lines import Line2D

    handles = [Line2D([], [], color=look.colour, linestyle=look.dash, **look.marker_style()) for _, look in named]
    handles += [Line2D([], [], **reference.line) for reference in references]
    names = [one.label for one, _ in named] + [reference.label for reference in references]
    if handles:
        # A label that begins with an underscore would be left out; a text that is set afterwards is not.
        made = figure.legend(handles, [str(at) for at in range(len(names))], handlelength=2.6, **placing)
        for entry, name in zip(made.get_texts(), names, strict=True):
            first, joint, last = name.rpartition(" = ")
            entry.set_text(plain(f"{first}\n= {last}" if joint and len(name) > LONG else name))
