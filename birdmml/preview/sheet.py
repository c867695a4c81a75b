"""The contact sheet: all pictures of a preview on one, with small labels."""

from __future__ import annotations

import io
from collections.abc import Sequence

from PIL import Image, ImageDraw, ImageFont

PICTURE, GAP, MARGIN = 160, 14, 24  # Pixels.
LINE = 15
LABEL_LINES = 3
HEADING = 56
COLUMNS = 8
PAPER, INK, QUIET = (255, 255, 255), (31, 35, 40), (89, 99, 110)
CELL = (PICTURE + GAP, PICTURE + LABEL_LINES * LINE + GAP)

Labelled = tuple[Image.Image, Sequence[str]]  # A picture, and at most three lines, the first of which is dark.


def contact_sheet(blocks: Sequence[tuple[str, Sequence[Labelled]]]) -> bytes:
    """Lay out blocks of at least one picture each in a grid, as a PNG, each block under its heading if it has one.

    >>> Image.open(io.BytesIO(contact_sheet([("", [(Image.new("RGB", (8, 8)), ["black"])])]))).width
    208
    """
    columns = min(COLUMNS, max(len(pictures) for _, pictures in blocks))
    heights = [HEADING * bool(heading) + -(-len(pictures) // columns) * CELL[1] for heading, pictures in blocks]
    sheet = Image.new("RGB", (2 * MARGIN + columns * CELL[0] - GAP, 2 * MARGIN + sum(heights)), PAPER)
    draw, top = ImageDraw.Draw(sheet), MARGIN
    for (heading, pictures), height in zip(blocks, heights, strict=True):
        first = top + HEADING * bool(heading)
        draw.text((MARGIN, top + 16), heading, INK, ImageFont.load_default(20))
        for number, (picture, lines) in enumerate(pictures):
            row, column = divmod(number, columns)
            _put(sheet, draw, picture, lines, MARGIN + column * CELL[0], first + row * CELL[1])
        top += height
    buffer = io.BytesIO()
    sheet.save(buffer, "PNG", compress_level=6)
    return buffer.getvalue()


def _put(
    sheet: Image.Image, draw: ImageDraw.ImageDraw, picture: Image.Image, lines: Sequence[str], left: int, top: int
) -> None:
    sheet.paste(picture.resize((PICTURE, PICTURE), Image.Resampling.LANCZOS), (left, top))
    font = ImageFont.load_default(12)
    for number, line in enumerate(lines):
        colour = QUIET if number else INK
        draw.text((left, top + PICTURE + 3 + number * LINE), _cut(line, draw, font), colour, font)


def _cut(text: str, draw: ImageDraw.ImageDraw, font: ImageFont.FreeTypeFont | ImageFont.ImageFont) -> str:
    """Shorten a text to the width of a picture."""
    if draw.textlength(text, font) <= PICTURE:
        return text
    while draw.textlength(f"{text}…", font) > PICTURE:
        text = text[:-1]
    return f"{text}…"
