"""Text of others made harmless where it is shown: in terminals, in Markdown, in spreadsheets."""

from __future__ import annotations

import re
from typing import Any

# What a terminal obeys, ends a line, or turns the direction of writing; and halves of letters, which cannot be written.
_UNSEEN = re.compile("[\x00-\x1f\x7f-\x9f\u061c\u200e\u200f\u2028-\u202e\u2066-\u2069\ud800-\udfff]")
# Marks of Markdown anywhere, those of lists and headings at the beginning, and what makes a link of an address.
_MARKUP = re.compile(r"[\\`*_\[\]|#~$]|^[-+=](?=\s|[-+=]*$)|:(?=//)|(?<=www)\.")
_NUMBERED = re.compile(r"^(\d+)([.)])(?=\s|$)")
# The last four are the wide forms of the first four.
_FORMULA = ("=", "+", "-", "@", "\t", "\r", "\n", "\uff1d", "\uff0b", "\uff0d", "\uff20")


def visible(text: str) -> str:
    r"""Return a text on one line, with escapes for what a terminal would obey."""
    return _UNSEEN.sub(lambda found: found[0].encode("unicode_escape").decode(), text)


def spreadsheet_cell(value: Any) -> Any:
    """Return a value that no spreadsheet takes for a formula."""
    if not isinstance(value, str) or not value.lstrip(" ").startswith(_FORMULA):
        return value
    return value if re.fullmatch(r"[+-]?(\d+\.?\d*|\.\d+)([eE][+-]?\d+)?|[+-](inf|nan)|-+", value) else f"'{value}"


def escape_markdown(text: str) -> str:
    r"""Escape text for Markdown."""
    line = " ".join(text.split()).replace("&", "&amp;").replace("<", "&lt;").replace(">", "&gt;")
    return visible(_NUMBERED.sub(r"\1\\\2", _MARKUP.sub(r"\\\g<0>", line)))


def markdown_code(text: str) -> str:
    """Return text as it is typed, for Markdown."""
    line = visible(" ".join(text.split())).replace("|", "\\|")
    fence = "`" * (max(map(len, re.findall("`+", line)), default=0) + 1)
    room = " " if len(fence) > 1 or not line else ""
    return f"{fence}{room}{line}{room}{fence}"
