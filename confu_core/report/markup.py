"""Pieces of HTML: escaped text, tables, lists of facts, and figures that follow the colours of the page."""

from __future__ import annotations

import html
import re
from collections.abc import Iterable, Sequence

from confu_core.report.matrix import Levels, Matrix
from confu_core.report.rendering import Image
from confu_core.report.style import INK, PALETTE, PAPER, QUIET, RULE
from confu_core.report.wording import show, show_setting

__all__ = ["facts", "figure", "inline_svg", "matrix", "table", "text"]

MANY = 6
COLOURS = {
    INK: "currentColor",
    RULE: "var(--rule)",
    PAPER: "var(--paper)",
    QUIET: "var(--quiet)",
    **{colour: f"var(--series-{at})" for at, colour in enumerate(PALETTE)},
}


def text(value: object) -> str:
    """Escape text of a user; arrows become arrows.

    Parameters
    ----------
    value : object
        Shown as text.

    Returns
    -------
    str
        HTML, also fit for an attribute in quotation marks.

    Examples
    --------
    >>> text('ac->b <script>"')
    'ac → b &lt;script&gt;&quot;'
    """
    return html.escape(str(value).replace("->", " → "))


def inline_svg(image: Image) -> str:
    """Return a figure as a part of a page, in the page's colours.

    Parameters
    ----------
    image : Image
        As rendered.

    Returns
    -------
    str
        An ``svg`` element whose identifiers no other figure of the page has.

    Examples
    --------
    >>> svg = b'<?xml version="1.0"?><svg width="4pt"><metadata>m</metadata><g id="a"/><use xlink:href="#a"/></svg>'
    >>> inline_svg(Image("f", "Title", "", svg, b""))
    '<svg role="img" aria-label="Title"><g id="f-a"/><use xlink:href="#f-a"/></svg>'
    """
    drawn = image.svg.decode()
    drawn = re.sub(r"<metadata>.*?</metadata>\s*", "", drawn[drawn.index("<svg") :], flags=re.DOTALL).strip()
    opening, closing, rest = drawn.partition(">")
    opening = re.sub(r'\s(width|height)="[^"]*"', "", opening)
    opening = opening.replace("<svg", f'<svg role="img" aria-label="{text(image.title)}"', 1)
    rest = re.sub(r'\b(id="|xlink:href="#|url\(#)', rf"\g<1>{image.name}-", rest)
    for colour, variable in COLOURS.items():
        # As a style and not as an attribute, which would not know variables.
        rest = rest.replace(f": {colour}", f": {variable}")
    return opening + closing + rest


def figure(image: Image, *, heading: bool = True) -> str:
    """Return a figure with its caption.

    Parameters
    ----------
    image : Image
        As rendered.
    heading : bool
        Whether the caption begins with the title.

    Returns
    -------
    str
        A ``figure`` element.
    """
    title = f"<b>{text(image.title)}.</b> " if heading else ""
    width = "" if image.name.startswith("directions") else ' class="single"'
    return f"<figure{width}>\n{inline_svg(image)}\n<figcaption>{title}{text(image.caption)}</figcaption>\n</figure>"


def table(headings: Sequence[str], rows: Iterable[Sequence[str]], *, words: bool = False, last: str = "") -> str:
    """Return a table of text.

    Parameters
    ----------
    headings : sequence of str
        One per column; not escaped yet.
    rows : iterable of sequence of str
        As many entries as headings; not escaped yet. The first names the row.
    words : bool
        Whether entries are words, and so begin at the left.
    last : str
        Class of the entries of the last column.

    Returns
    -------
    str
        A ``table`` element that scrolls where the window is narrow.

    Examples
    --------
    >>> "<td>&lt;b&gt;</td>" in table(["a", "b"], [("x", "<b>")])
    True
    """
    head = "".join(f'<th scope="col">{text(heading)}</th>' for heading in headings)
    body = []
    for first, *others in rows:
        cells = [f"<td>{text(value)}</td>" for value in others]
        if last and cells:
            cells[-1] = f'<td class="{last}">{text(others[-1])}</td>'
        body.append(f'<tr><th scope="row">{text(first)}</th>{"".join(cells)}</tr>')
    kind = ' class="words"' if words else ""
    lines = "\n".join(body)
    return (
        f'<div class="scroll"><table{kind}>\n<thead><tr>{head}</tr></thead>\n<tbody>\n{lines}\n</tbody></table></div>'
    )


def facts(pairs: Iterable[tuple[str, str]], kind: str = "") -> str:
    """Return names with values.

    Parameters
    ----------
    pairs : iterable of (str, str)
        Not escaped yet.
    kind : str
        A further class.

    Returns
    -------
    str
        A ``dl`` element.
    """
    items = "".join(f"<div><dt>{text(name)}</dt><dd>{text(value)}</dd></div>" for name, value in pairs)
    return f'<dl class="facts {kind}">{items}</dl>'.replace(' "', '"', 1)


def matrix(values: Matrix, axis: str) -> str:
    """Return a matrix, tinted by closeness to the ceiling, what stands out of each column bold.

    Parameters
    ----------
    values : Matrix
        What to show.
    axis : str
        What x is.

    Returns
    -------
    str
        A ``table`` element that scrolls where the window is narrow.
    """
    named = values.x != (None,)
    x = "".join(f'<th scope="col">{text(show_setting(value)) if named else ""}</th>' for value in values.x)
    body = []
    for label, row in zip(values.labels, values.entries, strict=True):
        cells = []
        for entry in row:
            style = "" if entry.closeness is None else f' style="--closeness: {entry.closeness:.3f}"'
            best = ' class="best"' if entry.best else ""
            spread = f"<small>{entry.spread}</small>" if entry.spread else ""
            cells.append(f"<td{best}{style}>{entry.mean}{spread}</td>")
        body.append(f'<tr><th scope="row">{text(label)}</th>{"".join(cells)}</tr>')
    body += [_exact_row(line.label, levels, first=at == 0) for at, (line, levels) in enumerate(values.exact)]
    lines = "\n".join(body)
    # A few columns over the whole width would be hard to read across.
    kind = "matrix many" if len(values.x) >= MANY else "matrix"
    corner = f'<th scope="col" class="axis">{text(axis)}</th>' if named else "<th></th>"
    return (
        f'<div class="scroll"><table class="{kind}">\n<thead><tr>{corner}{x}</tr></thead>\n'
        f"<tbody>\n{lines}\n</tbody></table></div>"
    )


def _exact_row(name: str, levels: Levels, *, first: bool) -> str:
    cells = "".join(f"<td>{' / '.join(map(show, each)) or show(None)}</td>" for each in levels)
    return f'<tr class="exact{" first" if first else ""}"><th scope="row">{text(name)}</th>{cells}</tr>'
