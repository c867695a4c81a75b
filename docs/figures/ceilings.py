"""Draw the three ceilings on six species that look and song tell apart in two ways.

Run it from anywhere; it writes ``ceilings.svg`` beside itself:

    python docs/figures/ceilings.py
"""

from __future__ import annotations

from pathlib import Path

import matplotlib
import numpy as np
from matplotlib.axes import Axes
from matplotlib.colors import LinearSegmentedColormap
from matplotlib.figure import Figure

from confu_core.ceilings import Ceilings
from confu_core.orders import connected_information, law_ceilings, order_law

# Species by look and song: A to D by what both narrow down together, E and F by whether the two agree.
GRID = ("AB  ", "CD  ", "  EF", "  FE")
SPECIES = "ABCDEF"
SHADES = LinearSegmentedColormap.from_list("shades", ["#ffffff", "#0072b2"])
SINGLE, PAIRS, BAYES, METHOD = "#e69f00", "#009e73", "#0072b2", "#cc3311"
INK, EMPTY = "#222222", "#f0f0f0"
WIDTH, HEIGHT, SIDE, BOTTOM = 11.8, 3.9, 2.25, 0.85  # Inches; SIDE is that of every table.
REACHED = 0.9  # By the method that serves as the example.


def law() -> np.ndarray:
    """Return the law of (species, look, song); every filled cell of the grid is equally likely."""
    table = np.zeros((6, 4, 4))
    for look, row in enumerate(GRID):
        for song, species in enumerate(row):
            if species != " ":
                table[SPECIES.index(species), look, song] = 1
    return table / table.sum()


def panel(axes: Axes, table: np.ndarray, guess: np.ndarray) -> None:
    """Draw for every look and song what is guessed, shaded by how often that is right."""
    for look, song in np.ndindex(4, 4):
        true, said = table[:, look, song], guess[:, look, song]
        color, text = EMPTY, ""
        if true.sum():
            best = np.flatnonzero(said > said.max() * (1 - 1e-9))
            color = matplotlib.colors.to_hex(SHADES(0.55 * true[best].mean() / true.sum()))
            text = " | ".join(SPECIES[i] for i in best)
        axes.add_patch(matplotlib.patches.Rectangle((song, 3 - look), 1, 1, facecolor=color, edgecolor=INK, lw=0.8))
        axes.text(song + 0.5, 3.5 - look, text, ha="center", va="center", fontsize=12, color=INK)
    axes.set(xlim=(-0.03, 4.03), ylim=(-0.03, 4.03), aspect="equal")
    axes.set_xticks([i + 0.5 for i in range(4)], list("1234"))
    axes.set_yticks([3.5 - i for i in range(4)], list("1234"))
    axes.set_xlabel("song", fontsize=11, labelpad=1)
    axes.set_ylabel("look", fontsize=11, labelpad=2)
    axes.tick_params(length=0, labelsize=9)
    for side in axes.spines.values():
        side.set_visible(False)


def ruler(axes: Axes, known: Ceilings) -> None:
    """Draw the ceilings on a scale, and how much of the room between them a method fills."""
    levels = ((known.single, SINGLE, "single"), (known.pairwise, PAIRS, "pairwise"), (known.bayes, BAYES, "Bayes"))
    for value, color, name in levels:
        axes.plot([0, 1.55], [value, value], color=color, lw=2)
        axes.text(-0.05, value, f"{name} {value:.2f}", ha="right", va="center", fontsize=10, color=INK)
    for x, floor, share, name in (
        (0.25, known.single, known.fusion_gain_captured(REACHED), "fusion gain\ncaptured"),
        (1.32, known.pairwise, known.capture(REACHED), "higher-order\ncapture"),
    ):
        axes.plot([x, x], [floor, known.bayes], color="#bbbbbb", lw=7, solid_capstyle="butt")
        axes.plot([x, x], [floor, REACHED], color=METHOD, lw=7, solid_capstyle="butt")
        axes.text(x, 0.45, f"{name}\n{share:.2f}", ha="center", va="top", fontsize=9, color=INK)
    axes.text(1.6, REACHED, f"a method\n{REACHED:.2f}", ha="left", va="center", fontsize=10, color=METHOD)
    axes.plot([0, 1.55], [REACHED, REACHED], color=METHOD, lw=1, linestyle="dotted")
    axes.set(xlim=(-0.05, 1.6), ylim=(0.25, 1.02))
    axes.axis("off")


def draw() -> Figure:
    """Return the figure."""
    table = law()
    known, added = law_ceilings(table, [1, 2], 0), connected_information(table)
    figure = Figure(figsize=(WIDTH, HEIGHT), facecolor="white")

    def place(left: float, width: float = SIDE) -> Axes:
        return figure.add_axes((left / WIDTH, BOTTOM / HEIGHT, width / WIDTH, SIDE / HEIGHT))

    def write(x: float, y: float, text: str, size: int = 11) -> None:
        figure.text(x / WIDTH, y / HEIGHT, text, ha="center", va="center", fontsize=size, color=INK)

    by_look = np.repeat(table.sum(2, keepdims=True), 4, axis=2)
    shown = (
        ("From the look alone", by_look, f"single ceiling {known.single:.2f}"),
        ("From all pairs: the law P$_2$", order_law(table, 2), f"pairwise ceiling {known.pairwise:.2f}"),
        ("From everything: the law P", table, f"Bayes accuracy {known.bayes:.2f}"),
    )
    for left, (title, guess, below) in zip((0.45, 3.2, 5.95), shown, strict=True):
        panel(place(left), table, guess)
        write(left + SIDE / 2, BOTTOM + SIDE + 0.35, title, 12)
        write(left + SIDE / 2, 0.22, below, 12)
    ruler(place(9.45, 1.45), known)
    write(10.15, BOTTOM + SIDE + 0.35, "What a method fills", 12)
    write(10.15, 0.22, f"C$_2$ = {added[2]:.2f}, C$_3$ = {added[3]:.2f} nats", 11)
    return figure


def main() -> None:
    """Write the figure."""
    # Equal files from equal runs: fixed names within the file, and no date.
    with matplotlib.rc_context({"svg.hashsalt": "ceilings", "font.family": "DejaVu Sans"}):
        draw().savefig(Path(__file__).with_suffix(".svg"), metadata={"Date": None})


if __name__ == "__main__":
    main()
