"""The contact sheet: all pictures of a preview on one, with small labels."""

from __future__ import annotations

import io
from collections.abc import Iterator, Sequence
from itertools import groupby

import numpy as np
from PIL import Image, ImageDraw, ImageFont

from birdmml.preview.choose import Card

__all__ = ["contact_sheet", "labelled_sheet"]

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


def labelled_sheet(pictures: Sequence[tuple[np.ndarray, Sequence[str]]]) -> bytes:
    """Lay out pictures in a grid, each with lines below.

    Parameters
    ----------
    pictures : sequence of (ndarray of uint8, shape (height, width, 3); sequence of str)
        At least one, with at most three lines each, the first of which is dark.

    Returns
    -------
    bytes
        A PNG.

    Examples
    --------
    >>> Image.open(io.BytesIO(labelled_sheet([(np.zeros((8, 8, 3), np.uint8), ["black"])]))).width
    208
    """
    columns = min(COLUMNS, len(pictures))
    height = -(-len(pictures) // columns) * CELL[1]
    sheet = Image.new("RGB", (2 * MARGIN + columns * CELL[0] - GAP, 2 * MARGIN + height), PAPER)
    draw = ImageDraw.Draw(sheet)
    for place, (pixels, lines) in enumerate(pictures):
        row, column = divmod(place, columns)
        labels = [(line, QUIET if number else INK) for number, line in enumerate(lines)]
        image = Image.fromarray(np.ascontiguousarray(pixels))
        _place(sheet, draw, image, labels, MARGIN + column * CELL[0], MARGIN + row * CELL[1])
    buffer = io.BytesIO()
    sheet.save(buffer, "PNG", compress_level=6)
    return buffer.getvalue()


def _cell(sheet: Image.Image, draw: ImageDraw.ImageDraw, card: Card, left: int, top: int) -> None:
    picture = Image.open(io.BytesIO(card.image)).convert("RGB")
    _place(sheet, draw, picture, list(_labels(card)), left, top)


def _place(
    sheet: Image.Image,
    draw: ImageDraw.ImageDraw,
    picture: Image.Image,
    labels: Sequence[tuple[str, tuple[int, int, int]]],
    left: int,
    top: int,
) -> None:
    sheet.paste(picture.resize((PICTURE, PICTURE), Image.Resampling.LANCZOS), (left, top))
    for line, (text, colour) in enumerate(labels):
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
