"""A section of a report: figures, tables and examples under one heading, before they have a format."""

from __future__ import annotations

from dataclasses import dataclass

from confu_core.report.rendering import Image
from confu_core.report.table import Table

__all__ = ["Card", "Section"]


@dataclass(frozen=True)
class Card:
    """A sample to look at and listen to.

    Attributes
    ----------
    method, kind, key : str
        Which run chose it, for what, and its name.
    image, audio : bytes
        JPEG or PNG, and FLAC; empty for none.
    caption, label : str
        What is written about it, and what it is.
    predicted : tuple of (str, str, bool)
        By query: what it was taken for, and whether that is right.
    remark : str
        What a reader might take for a mistake; empty for nothing.
    """

    method: str
    kind: str
    key: str
    image: bytes
    audio: bytes
    caption: str
    label: str
    predicted: tuple[tuple[str, str, bool], ...]
    remark: str = ""


@dataclass(frozen=True)
class Section:
    """A section of a report.

    Attributes
    ----------
    name, title : str
        Of its place in the page, and above it.
    lede : str
        What it shows.
    images : tuple of Image
        Its figures.
    tables, folded : tuple of Table
        Those that are open, and those that a reader unfolds.
    notes : tuple of str
        What to know about the numbers.
    cards : tuple of Card
        Samples.
    """

    name: str
    title: str
    lede: str
    images: tuple[Image, ...] = ()
    tables: tuple[Table, ...] = ()
    folded: tuple[Table, ...] = ()
    notes: tuple[str, ...] = ()
    cards: tuple[Card, ...] = ()
