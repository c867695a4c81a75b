"""What a card says of the XOR synergy task."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

import numpy as np

from confu_core.publish.words import Figure, Words, markdown_table
from confu_core.settings import meanings
from confu_core.shards.read import Dataset
from xor_bench.data import SPLITS, XorData, XorRecipe, recipe_of
from xor_bench.task import direction_name, names
from xor_bench.theory import information

if TYPE_CHECKING:
    from matplotlib.figure import Figure as Drawing

__all__ = ["information_figure", "words_of"]

DIALS = {**meanings(XorRecipe), **{f"rows_per_p.{split}": f"rows of {split} for every p" for split in SPLITS}}
LIMITS = (
    "The codes are abstract: what a method does here says what it can capture, not how it does on pictures and sounds.",
    "A split holds the rows of all p one after the other: filter by the column `p`, and shuffle.",
)
CURVES = {
    "total_correlation": "total correlation",
    "mi_ac": "I(first; last)",
    "mi_bc_given_a": "I(last; another | the rest)",
}
POINTS = 41


def words_of(dataset: Dataset) -> Words:
    """Return what the card of a dataset says.

    Parameters
    ----------
    dataset : Dataset
        An XOR dataset.

    Returns
    -------
    Words
        With a figure of its information over p.

    Raises
    ------
    DatasetError
        If it is another.
    """
    manifest = dataset.manifest
    recipe = recipe_of(manifest)
    others = "all the others" if recipe.parity == "all" else "the first two"
    said = XorData.of(dataset).dataset.manifest.information
    letters = names(recipe.modalities)
    ps = ", ".join(f"{p:g}" for p in recipe.p)
    return Words(
        title=f"XOR synergy task, {recipe.modalities} modalities of {recipe.bits} bits, p {ps}",
        what=(
            f"{sum(manifest.splits.values()):,} samples of {recipe.modalities} codes of {recipe.bits} bits. With "
            f"probability p the last code is the parity (XOR) of {others}, else it is a copy of the first. At p = 1 "
            "no two codes say anything about each other, and those of the parity determine each one of them: pure "
            "synergy.",
            "It is for methods that align several modalities and claim to capture what only several of them reveal "
            "together: their accuracy can be read against the best possible one, which is known exactly.",
        ),
        made=(
            "`xorbench build` of [confu-bench](https://pypi.org/project/confu-bench/) makes it from the settings "
            "below.",
        ),
        structure=_structure(said, letters),
        limits=LIMITS,
        figure=information_figure(recipe.p, recipe.bits, recipe.modalities, recipe.noise, recipe.parity),
        tags=("multimodal", "synthetic", "xor", "synergy", "contrastive-learning", "higher-order", "benchmark"),
        dials=DIALS,
        columns=_columns(letters),
    )


def information_figure(p: Sequence[float], bits: int, modalities: int, noise: float, parity: str = "all") -> Figure:
    """Draw the information of the task over p, with the dataset's own p marked.

    Parameters
    ----------
    p : sequence of float
        Of the dataset.
    bits, modalities, noise, parity : int, int, float, str
        Of the task.

    Returns
    -------
    Figure
        The same bytes for the same numbers.
    """
    from confu_core.page.drawing import render

    caption = "Exact information of the task over p, in nats; dotted lines are the p of this dataset"
    drawn = render(
        "structure",
        "Interaction structure",
        caption,
        (6, 3.6),
        lambda one: _paint(one, p, bits, modalities, noise, parity),
    )
    return Figure(drawn.name, drawn.caption, drawn.svg, drawn.png)


def _paint(drawing: Drawing, p: Sequence[float], bits: int, modalities: int, noise: float, parity: str) -> None:
    from confu_core.page.drawing import INK, PALETTE

    axes = drawing.subplots()
    grid = np.linspace(0, 1, POINTS)
    found = [information(float(one), bits, modalities=modalities, noise=noise, parity=parity).as_dict() for one in grid]
    for colour, (name, label) in zip(PALETTE, CURVES.items(), strict=False):
        axes.plot(grid, [one[name] for one in found], color=colour, label=label)
    for one in p:
        axes.axvline(one, color=INK, linestyle="dotted", linewidth=1)
    axes.set_xlabel("p")
    axes.set_ylabel("nats")
    axes.legend(loc="lower center", bbox_to_anchor=(0.5, 1), ncols=3, handlelength=1.5, columnspacing=1)


def _structure(said: dict[str, dict[str, dict[str, Any]]], letters: Sequence[str]) -> tuple[str, ...]:
    kept = list(CURVES)
    rows = [[p, *(f"{abs(round(one['information'][name], 4)):.4f}" for name in kept)] for p, one in said.items()]
    all_but = [letter for letter in letters if letter != letters[1]]
    headline = direction_name(tuple(all_but), letters[1])
    best = {"single_ceiling": "best single code", "pairwise_ceiling": "pairs", "bayes_accuracy": "everything"}
    ceilings = [[p, *(f"{one['ceilings'][headline][name]:.4f}" for name in best)] for p, one in said.items()]
    return (
        "All of it is exact. The first and the last code share what a copy leaves; what the last says about another, "
        "given the rest, is what only all of them together reveal.",
        markdown_table(["p", *(f"{CURVES[name]} (nats)" for name in kept)], rows),
        f"The best accuracy of predicting {letters[1]} from {' and '.join(all_but)}: by the best single one of them, "
        "by all that pairs tell, and by everything (Bayes accuracy):",
        markdown_table(["p", *best.values()], ceilings),
        "`manifest.json` holds those of every direction under `information`.",
    )


def _columns(letters: Sequence[str]) -> dict[str, str]:
    said = {"key": "split and row number", "p": "mixing parameter of the row"}
    said["gate"] = "1 where the last code is the parity of the others, 0 where it copies the first"
    for letter in letters:
        said[letter] = "observed code, in [0, 2^bits)"
        said[f"{letter}_bits"] = "the same in binary, highest bit first"
        said[f"{letter}_clean"] = "the code before noise"
    return said
