"""What a preview draws: spectrograms, whose axes take the colours of the page, and the contact sheet."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from PIL import Image, ImageDraw, ImageFont

from birdmml.song import log_mel
from confu_core.inputs.picture import encode_image
from confu_core.inputs.sound import BANDS, HIGH_HZ, HOP, LOW_HZ
from confu_core.page.html import data_uri, templates

RANGE_DB = 60.0  # Shown below the loudest; what is fainter is as dark as can be.
COLOUR_MAP = "magma"  # Perceptual: equal steps look equal.
WIDTH, HEIGHT = 310, 130  # Of the picture within the drawing, in its units.
LEFT, TOP, RIGHT, BOTTOM = 28, 18, 20, 20  # Room for the axes.
KILOHERTZ = (0.5, 1.0, 2.0, 4.0, 8.0)
STEPS = (0.1, 0.25, 0.5, 1.0, 2.0, 5.0, 10.0)
MOST_TICKS = 7

# Of the contact sheet, in pixels.
PICTURE, GAP, MARGIN = 160, 14, 24
LINE = 15
LABEL_LINES = 3
HEADING = 56
COLUMNS = 8
PAPER, INK, QUIET = (255, 255, 255), (31, 35, 40), (89, 99, 110)
CELL = (PICTURE + GAP, PICTURE + LABEL_LINES * LINE + GAP)
Labelled = tuple[Image.Image, Sequence[str]]  # A picture, and at most three lines, the first of which is dark.


def spectrogram_png(levels: np.ndarray) -> bytes:
    """Encode a spectrogram in dB, of shape (bands, frames), as a PNG with a palette, the lowest band at the bottom.

    >>> import io
    >>> Image.open(io.BytesIO(spectrogram_png(np.zeros((128, 44), np.float32)))).size
    (44, 128)
    """
    from matplotlib import colormaps  # Slow to load, and not needed to generate.

    shade = np.clip(1 + (levels - levels.max()) / RANGE_DB, 0, 1)
    picture = Image.fromarray(np.rint(shade[::-1] * 255).astype(np.uint8))
    picture.putpalette((colormaps[COLOUR_MAP](np.arange(256))[:, :3] * 255).astype(np.uint8).tobytes())
    return encode_image(picture, "PNG", optimize=True)


def frequency_ticks(sample_rate: int) -> dict[str, float]:
    """Return where frequencies lie on the mel axis: label in kHz to height, from 0 at the bottom to 1 at the top."""
    import librosa

    high = min(HIGH_HZ, sample_rate / 2)
    low_mel, high_mel = librosa.hz_to_mel([LOW_HZ, high])
    ticks = [tick for tick in KILOHERTZ if tick * 1000 <= high]
    share = (librosa.hz_to_mel([tick * 1000 for tick in ticks]) - low_mel) / (high_mel - low_mel)
    # Bands have their centres at 1, 2 ... of BANDS + 1 equal steps.
    heights = np.clip((share * (BANDS + 1) - 0.5) / BANDS, 0, 1)
    return {f"{tick:g}": float(height) for tick, height in zip(ticks, heights, strict=True)}


def time_ticks(seconds: float) -> list[float]:
    """Return times, at most seven, to write below the spectrogram of a recording of so many seconds.

    >>> time_ticks(3.0)
    [0.0, 0.5, 1.0, 1.5, 2.0, 2.5, 3.0]
    """
    step = next((step for step in STEPS if seconds / step <= MOST_TICKS - 1), STEPS[-1])
    return [step * i for i in range(int(seconds / step + 1e-9) + 1)]


def spectrogram_svg(samples: np.ndarray, sample_rate: int) -> str:
    """Draw the log-mel spectrogram of samples in [-1, 1] as ``svg``, with frequencies in kHz and times in seconds.

    Its text takes the colour of the page.
    """
    levels = log_mel(samples, sample_rate)
    seconds = len(samples) / sample_rate
    heights = frequency_ticks(sample_rate).items()
    # A frame is centred on its time.
    shares = ((t, min(1, (t * sample_rate / HOP + 0.5) / levels.shape[1])) for t in time_ticks(seconds))
    drawn = templates("birdmml.preview").get_template("spectrogram.svg.j2")
    return drawn.render(
        picture=data_uri(spectrogram_png(levels)),
        box=(LEFT, TOP, WIDTH, HEIGHT, RIGHT, BOTTOM),
        frequencies=[(label, TOP + (1 - height) * HEIGHT) for label, height in heights],
        times=[(f"{t:g}", LEFT + share * WIDTH) for t, share in shares],
    ).replace("\n", "")


def contact_sheet(blocks: Sequence[tuple[str, Sequence[Labelled]]]) -> bytes:
    """Lay out blocks of at least one picture each in a grid, as a PNG, each block under its heading if it has one.

    >>> import io
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
    return encode_image(sheet, "PNG", compress_level=6)


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
