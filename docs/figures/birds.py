"""Draw the birds of the README: `python docs/figures/birds.py` writes birds.png beside this file."""

from __future__ import annotations

from pathlib import Path

import numpy as np
from PIL import Image

from birdmml.picture import draw_picture
from birdmml.species import find_species
from confu_core.random import generator

ROWS = (
    ("Northern Cardinal", "Mallard", "Blue Jay", "Great Horned Owl", "Belted Kingfisher", "American Goldfinch"),
    ("Great Blue Heron", "Cedar Waxwing", "Downy Woodpecker", "Painted Bunting", "Killdeer", "Red-winged Blackbird"),
)
SEED = 3


def picture(name: str) -> np.ndarray:
    """Return one bird, uint8 of shape (224, 224, 3)."""
    streams = {stream: generator(SEED, "figure", stream, name) for stream in ("individual", "scene", "view")}
    return draw_picture(find_species(name).plumage, **streams)[0]


def main() -> None:
    """Write the figure."""
    sheet = np.concatenate([np.concatenate([picture(name) for name in row], axis=1) for row in ROWS])
    Image.fromarray(sheet).save(Path(__file__).with_name("birds.png"), optimize=True)


if __name__ == "__main__":
    main()
