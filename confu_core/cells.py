"""What a cell says: its letters without what cannot be seen, and whether it says that nothing is known."""

from __future__ import annotations

import unicodedata
from collections.abc import Collection

MOST_MARKER = 100  # Characters.
# How tables write that nothing is known, in lower case; empty cells say it too. Ingest, audit and publishing have this
# list alone. Not "other": as a licence it says that there is one.
NOTHING = (
    *("na", "n/a", "n.a.", "#n/a", "#na", "<na>", "nan", "nat", "null", "none", "\\n"),
    *("-", "--", "\u2013", "\u2014", "?", ".", "unknown", "unspecified", "not specified", "notspecified", "not stated"),
    *("tbd", "anonymous", "anonym", "nobody"),
)


def cleaned(text: str) -> str:
    r"""Return a text with each accent in one way, without characters that cannot be seen, and with single spaces."""
    if not text.isascii():
        composed = unicodedata.normalize("NFC", text)
        text = "".join(one for one in composed if unicodedata.category(one) != "Cf")
    return " ".join(text.split())


def is_nothing(text: str, markers: Collection[str] = NOTHING) -> bool:
    """Return whether a cell says that nothing is known."""
    if len(text) > MOST_MARKER:
        return not cleaned(text[:MOST_MARKER]) and not cleaned(text)
    said = cleaned(text).casefold()
    return not said or said in markers
