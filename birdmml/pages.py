"""Pages that need no other file: templates whose text is escaped, the style of all pages, and media as addresses."""

from __future__ import annotations

import base64
from functools import cache
from importlib.resources import files
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from jinja2 import Environment

__all__ = ["data_uri", "style", "templates"]


@cache
def templates(package: str) -> Environment:
    """Return the templates of a package, which may import ``parts.html.j2``, the macros that all pages share."""
    from jinja2 import ChoiceLoader, Environment, PackageLoader, StrictUndefined
    from markupsafe import Markup

    def with_arrows(value: Any) -> Any:
        return value if isinstance(value, Markup) else str(value).replace("->", " → ")

    made = Environment(
        loader=ChoiceLoader([PackageLoader(name) for name in (package, "birdmml")]),
        autoescape=True,
        finalize=with_arrows,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )
    made.filters["data_uri"] = data_uri
    return made


def style(*names: tuple[str, str]) -> str:
    """Return the style of all pages and those of further (package, file)."""
    sheets = [("confu_core.report", "page.css"), *names]
    return "".join(files(package).joinpath(name).read_text(encoding="utf-8") for package, name in sheets)


def data_uri(content: bytes, otherwise: str = "image/jpeg") -> str:
    """Return a picture or a sound as an address that holds it; what begins like none of the known is `otherwise`."""
    heads = {b"\x89PNG": "image/png", b"RIFF": "audio/wav", b"OggS": "audio/ogg"}
    return f"data:{heads.get(content[:4], otherwise)};base64,{base64.b64encode(content).decode()}"
