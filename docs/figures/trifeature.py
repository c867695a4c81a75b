"""Draw ``trifeature.png``: every shape in a colour of its own, and every texture on a square; half the size."""

from __future__ import annotations

from pathlib import Path

import numpy as np
from PIL import Image

from confu_core.datasets.trifeature.drawing import COLORS, SHAPES, TEXTURES, Combination, draw_picture
from confu_core.random import generator


def main() -> None:
    """Write the figure beside this file."""
    square, white = list(SHAPES).index("square"), list(COLORS).index("white")
    shapes = [Combination(at, 0, at) for at in range(10)]
    rows = [shapes, [Combination(square, at, white) for at in range(len(TEXTURES))]]
    drawn = [
        np.concatenate([draw_picture(look, generator(0, "figure", row, at)) for at, look in enumerate(looks)], axis=1)
        for row, looks in enumerate(rows)
    ]
    sheet = Image.fromarray(np.concatenate(drawn))
    sheet.reduce(2).save(Path(__file__).with_suffix(".png"), optimize=True)


if __name__ == "__main__":
    main()
