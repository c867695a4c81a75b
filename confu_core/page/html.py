"""Pages from templates: text is escaped wherever it stands, and figures follow the colours of the page."""

from __future__ import annotations

import base64
import html
import re
from functools import cache
from importlib.resources import files
from typing import TYPE_CHECKING, Any

from confu_core.page.drawing import FURTHER, INK, PALETTE, PAPER, QUIET, RULE, Image
from confu_core.page.numbers import show, show_setting

if TYPE_CHECKING:
    from jinja2 import Environment


COLOURS = {
    INK: "currentColor",
    RULE: "var(--rule)",
    PAPER: "var(--paper)",
    QUIET: "var(--quiet)",
    **{colour: f"var(--series-{at})" for at, colour in enumerate((*PALETTE, *FURTHER))},
}


@cache
def templates(package: str = "confu_core.page") -> Environment:
    """Return the templates of a package, which may import ``parts.html.j2``, the macros that all pages share."""
    from jinja2 import ChoiceLoader, Environment, PackageLoader, StrictUndefined
    from markupsafe import Markup

    def escaped(value: Any) -> Any:
        return value if isinstance(value, Markup) else str(value).replace("->", " → ")

    made = Environment(
        loader=ChoiceLoader([PackageLoader(name) for name in dict.fromkeys([package, "confu_core.page"])]),
        autoescape=lambda name: name is None or name.endswith(".html.j2"),
        finalize=escaped,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )
    made.filters |= {"show": show, "setting": show_setting, "data_uri": data_uri}
    made.filters["svg"] = lambda image: Markup(_inline_svg(image))
    return made


def filled(package: str, template: str, /, **values: Any) -> str:
    """Return a template of a package with its values; what is no HTML escapes for itself what it is given."""
    return templates(package).get_template(template).render(values)


def style(*names: tuple[str, str]) -> str:
    """Return the style of all pages and those of further (package, file)."""
    return "".join(
        files(package).joinpath(name).read_text(encoding="utf-8")
        for package, name in [("confu_core.page", "page.css"), *names]
    )


def data_uri(content: bytes, otherwise: str = "image/jpeg") -> str:
    """Return a picture or a sound as an address that holds it; what begins like none of the known is `otherwise`."""
    heads = {b"\x89PNG": "image/png", b"RIFF": "audio/wav", b"OggS": "audio/ogg"}
    return f"data:{heads.get(content[:4], otherwise)};base64,{base64.b64encode(content).decode()}"


def _inline_svg(image: Image) -> str:
    """Return a figure as a part of a page, in the page's colours; its names are told apart from those of others."""
    drawn, title = image.svg.decode(), html.escape(image.title.replace("->", " → "))
    drawn = re.sub(r"<metadata>.*?</metadata>\s*", "", drawn[drawn.index("<svg") :], flags=re.DOTALL).strip()
    opening, closing, rest = drawn.partition(">")
    opening = re.sub(r'\s(width|height)="[^"]*"', "", opening)
    opening = opening.replace("<svg", f'<svg role="img" aria-label="{title}"', 1)
    rest = re.sub(r'\b(id="|xlink:href="#|url\(#)', rf"\g<1>{image.name}-", rest)
    for colour, variable in COLOURS.items():
        # As a style and not as an attribute, which would not know variables.
        rest = rest.replace(f": {colour}", f": {variable}")
    return opening + closing + rest
