"""The sections of measures as parts of the page: a list of them, figures, tables and cards."""

from __future__ import annotations

import base64
from collections.abc import Sequence
from importlib.resources import files

from confu_core.report.best import BOLD
from confu_core.report.html_table import data_table
from confu_core.report.markup import figure, text
from confu_core.report.sections.section import Card, Section
from confu_core.report.table import Table

__all__ = ["UNDEFINED", "contents_list", "notes_of", "section_html", "section_style"]

UNDEFINED = "† The method defines no score of its own for this; the number is what a fallback reaches in its place."


def section_style() -> str:
    """Return what the sections add to the style of the page.

    Returns
    -------
    str
        CSS.
    """
    return files("confu_core.report").joinpath("sections.css").read_text(encoding="utf-8")


def contents_list(sections: Sequence[Section]) -> str:
    """List the sections, to jump to.

    Parameters
    ----------
    sections : sequence of Section
        On the page.

    Returns
    -------
    str
        A ``nav`` element; nothing without sections.

    Examples
    --------
    >>> contents_list([Section("probe", "Linear <probes>", "")])
    '<nav aria-label="Sections"><a href="#section-probe">Linear &lt;probes&gt;</a></nav>'
    """
    links = "".join(f'<a href="#section-{text(each.name)}">{text(each.title)}</a>' for each in sections)
    return f'<nav aria-label="Sections">{links}</nav>' if links else ""


def section_html(section: Section) -> str:
    """Write a section.

    Parameters
    ----------
    section : Section
        What it says.

    Returns
    -------
    str
        A ``section`` element; pictures and songs are in it.
    """
    several = len(section.tables) > 1
    parts = [
        f'<section>\n<h2 id="section-{text(section.name)}">{text(section.title)}</h2>',
        f"<p>{text(section.lede)}</p>",
        *(figure(image) for image in section.images),
        *(_open(table, titled=several) for table in section.tables),
        _cards(section.cards),
        *(f"<details><summary>{text(table.title)}</summary>{data_table(table)}</details>" for table in section.folded),
        *(f'<p class="note">{text(note)}</p>' for note in notes_of(section)),
        "</section>",
    ]
    return "\n".join(part for part in parts if part)


def notes_of(section: Section) -> list[str]:
    """Return what is to be known of the numbers of a section: its own notes, and what marks in its tables mean."""
    tables = (*section.tables, *section.folded)
    bold = any(table.bold for table in tables)
    marked = any(table.marked for table in tables)
    return [*section.notes, *([BOLD] if bold else []), *([UNDEFINED] if marked else [])]


def card_html(card: Card) -> str:
    """Write a sample.

    Parameters
    ----------
    card : Card
        What is known of it.

    Returns
    -------
    str
        An ``article`` element.
    """
    picture = f'<img src="{_data(_kind(card.image), card.image)}" alt="{text(card.label)}" loading="lazy">'
    sound = (
        f'<audio controls preload="none" aria-label="Sound: {text(card.label)}" '
        f'src="{_data(_sound_kind(card.audio), card.audio)}"></audio>'
    )
    remark = f'<p class="remark">{text(card.remark)}</p>\n' if card.remark else ""
    said = "".join(
        f"<div><dt>{text(query)}</dt><dd>{_verdict(right)} {text(species)}</dd></div>"
        for query, species, right in card.predicted
    )
    return (
        f'<article class="card">\n<span class="kind">{text(card.kind)}</span>\n'
        f"{picture if card.image else ''}\n{sound if card.audio else ''}\n"
        f'<h4>{text(card.label)}</h4>\n<p class="caption">{text(card.caption)}</p>\n'
        f"{remark}"
        f'<dl>{said}</dl>\n<p class="key">{text(card.key)}</p>\n</article>'
    )


def _open(table: Table, *, titled: bool) -> str:
    return (f"<h3>{text(table.title)}</h3>\n" if titled else "") + data_table(table)


def _cards(cards: Sequence[Card]) -> str:
    by_method: dict[str, list[Card]] = {}
    for card in cards:
        by_method.setdefault(card.method, []).append(card)
    return "\n".join(
        f'<h3>{text(method)}</h3>\n<div class="cards">{"".join(map(card_html, held))}</div>'
        for method, held in by_method.items()
    )


def _verdict(right: bool) -> str:
    # A sign and a word for who listens, not a colour alone.
    sign, word = ("✓", "right") if right else ("✗", "wrong")
    return f'<span class="{word}" title="{word}" role="img" aria-label="{word}">{sign}</span>'


def _sound_kind(audio: bytes) -> str:
    heads = {b"RIFF": "audio/wav", b"OggS": "audio/ogg"}
    return heads.get(audio[:4], "audio/flac")


def _kind(image: bytes) -> str:
    return "image/png" if image.startswith(b"\x89PNG") else "image/jpeg"


def _data(kind: str, content: bytes) -> str:
    return f"data:{kind};base64,{base64.b64encode(content).decode()}"
