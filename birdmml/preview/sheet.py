"""The contact sheet: all pictures of a preview on one, with small labels."""

from __future__ import annotations

import io
from collections.abc import Iterator, Sequence
from itertools import groupby

from PIL import Image, ImageDraw, ImageFont

from birdmml.preview.choose import Card

__all__ = ["contact_sheet"]

PICTURE, GAP, MARGIN = 160, 14, 24  # Pixels.
LINE = 15
LABEL_LINES = 3
HEADING = 56
COLUMNS = 8
PAPER, INK, QUIET = (255, 255, 255), (31, 35, 40), (89, 99, 110)
CELL = (PICTURE + GAP, PICTURE + LABEL_LINES * LINE + GAP)


def contact_sheet(cards: Sequence[Card]) -> bytes:
    """Lay out the pictures of cards in a grid, one block per group.

    Parameters
    ----------
    cards : sequence of Card
        At least one, those of a group next to each other.

    Returns
    -------
    bytes
        A PNG.
    """
    blocks = [(group, list(members)) for group, members in groupby(cards, lambda card: str(card.values["group"]))]
    columns = min(COLUMNS, max(len(members) for _, members in blocks))
    heights = [HEADING + -(-len(members) // columns) * CELL[1] for _, members in blocks]
    sheet = Image.new("RGB", (2 * MARGIN + columns * CELL[0] - GAP, 2 * MARGIN + sum(heights)), PAPER)
    draw, top = ImageDraw.Draw(sheet), MARGIN
    for (group, members), height in zip(blocks, heights, strict=True):
        draw.text((MARGIN, top + 16), group, INK, ImageFont.load_default(20))
        for place, card in enumerate(members):
            row, column = divmod(place, columns)
            _cell(sheet, draw, card, MARGIN + column * CELL[0], top + HEADING + row * CELL[1])
        top += height
    buffer = io.BytesIO()
    sheet.save(buffer, "PNG", compress_level=6)
    return buffer.getvalue()


def _cell(sheet: Image.Image, draw: ImageDraw.ImageDraw, card: Card, left: int, top: int) -> None:
    picture = Image.open(io.BytesIO(card.image)).convert("RGB")
    sheet.paste(picture.resize((PICTURE, PICTURE), Image.Resampling.LANCZOS), (left, top))
    for line, (text, colour) in enumerate(_labels(card)):
        font = ImageFont.load_default(12)
        draw.text((left, top + PICTURE + 3 + line * LINE), _cut(text, draw, font), colour, font)


def _labels(card: Card) -> Iterator[tuple[str, tuple[int, int, int]]]:
    yield card.species, INK
    if card.values["shown_look"] != card.species:
        yield f"looks: {card.values['shown_look']}", QUIET
    yield f"{card.split}, {card.values['sex']}, {card.values['activity']}", QUIET


def _cut(text: str, draw: ImageDraw.ImageDraw, font: ImageFont.FreeTypeFont | ImageFont.ImageFont) -> str:
    """Shorten a text to the width of a picture."""
    if draw.textlength(text, font) <= PICTURE:
        return text
    while draw.textlength(f"{text}…", font) > PICTURE:
        text = text[:-1]
    return f"{text}…"
