"""Draw why pairs of modalities cannot show XOR: flat pairwise laws beside a joint law that is not flat.

Run it from anywhere; it writes ``pairwise_blind.svg`` beside itself:

    python docs/figures/pairwise_blind.py
"""

from __future__ import annotations

from itertools import product
from pathlib import Path

import matplotlib
import numpy as np
from matplotlib.axes import Axes
from matplotlib.colors import LinearSegmentedColormap
from matplotlib.figure import Figure

from xor_bench.theory import information

# One hue from light to dark, and a number in every cell: the picture reads without colour too.
SHADES = LinearSegmentedColormap.from_list("shades", ["#ffffff", "#0072b2"])
ZERO, ONE = "#ffffff", "#e69f00"
INK = "#222222"
WIDTH, HEIGHT, SIDE, BOTTOM = 11.8, 3.3, 1.25, 0.85  # Inches; SIDE is that of every table.


def joint_law() -> np.ndarray:
    """Return P(a, b, c) for one bit and p = 1, shape (2, 2, 2)."""
    law = np.zeros((2, 2, 2))
    for a, b in product(range(2), repeat=2):
        law[a, b, a ^ b] = 1 / 4
    return law


def grid(axes: Axes, colors: list[list[str]], texts: list[list[str]], row: str, column: str) -> None:
    """Draw a 2 x 2 table whose row and column are values of two modalities."""
    for i, j in product(range(2), repeat=2):
        axes.add_patch(matplotlib.patches.Rectangle((j, 1 - i), 1, 1, facecolor=colors[i][j], edgecolor=INK, lw=1))
        axes.text(j + 0.5, 1.5 - i, texts[i][j], ha="center", va="center", fontsize=13, color=INK)
    axes.set(xlim=(-0.03, 2.03), ylim=(-0.03, 2.03), aspect="equal")
    axes.set_xticks([0.5, 1.5], ["0", "1"])
    axes.set_yticks([1.5, 0.5], ["0", "1"])
    axes.set_xlabel(column, fontsize=12, fontstyle="italic", labelpad=1)
    axes.set_ylabel(row, fontsize=12, fontstyle="italic", rotation=0, labelpad=7, va="center")
    axes.tick_params(length=0, labelsize=10)
    for side in axes.spines.values():
        side.set_visible(False)


def probabilities(axes: Axes, law: np.ndarray, row: str, column: str) -> None:
    """Draw a 2 x 2 table of probabilities, all tables on one scale from 0 to 1/2."""
    shades = [[matplotlib.colors.to_hex(SHADES(float(2 * value))) for value in line] for line in law]
    texts = [["0" if value == 0 else "¼" for value in line] for line in law]
    grid(axes, shades, texts, row, column)


def draw() -> Figure:
    """Return the figure."""
    law, exact = joint_law(), information(1, 1)
    figure = Figure(figsize=(WIDTH, HEIGHT), facecolor="white")

    def place(left: float) -> Axes:
        return figure.add_axes((left / WIDTH, BOTTOM / HEIGHT, SIDE / WIDTH, SIDE / HEIGHT))

    def write(x: float, y: float, text: str, size: int = 11) -> None:
        figure.text(x / WIDTH, y / HEIGHT, text, ha="center", va="center", fontsize=size, color=INK)

    values = [[a ^ b for b in range(2)] for a in range(2)]
    colors = [[(ZERO, ONE)[value] for value in line] for line in values]
    grid(place(0.5), colors, [[f"c = {value}" for value in line] for line in values], "a", "b")
    write(0.5 + SIDE / 2, 2.95, "The rule\nc = a XOR b", 12)

    pairs = [("a", "b", 2, 0.0), ("a", "c", 1, exact.mi_ac), ("b", "c", 0, exact.mi_bc)]
    for left, (row, column, summed, nats) in zip((2.75, 4.5, 6.25), pairs, strict=True):
        probabilities(place(left), law.sum(axis=summed), row, column)
        write(left + SIDE / 2, BOTTOM + SIDE + 0.2, f"P({row}, {column})")
        write(left + SIDE / 2, 0.2, f"I({row}; {column}) = {nats:g}")
    write(4.5 + SIDE / 2, 2.95, "What pairs show\nevery table is flat: nothing to align", 12)

    for left, value in ((8.55, 0), (10.3, 1)):
        probabilities(place(left), law[:, :, value], "a", "b")
        write(left + SIDE / 2, BOTTOM + SIDE + 0.2, f"P(a, b, c = {value})")
    write(9.425 + SIDE / 2, 0.2, f"total correlation = ln 2 = {exact.total_correlation:.2f} nats")
    write(9.425 + SIDE / 2, 2.95, "What all three show\nhalf of the cells never occur", 12)

    for x in (2.15, 7.95):
        figure.add_artist(matplotlib.lines.Line2D([x / WIDTH] * 2, [0.04, 0.97], color="#bbbbbb", lw=0.8))
    return figure


def main() -> None:
    """Write the figure."""
    # Equal files from equal runs: fixed names within the file, and no date.
    with matplotlib.rc_context({"svg.hashsalt": "pairwise_blind", "font.family": "DejaVu Sans"}):
        draw().savefig(Path(__file__).with_suffix(".svg"), metadata={"Date": None})


if __name__ == "__main__":
    main()
