"""What a card says of the XOR synergy task; its sentences stand in ``card.toml``."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, Any

import numpy as np

from confu_core.page.drawing import INK, PALETTE, render
from confu_core.publish.words import Words, markdown_table, words_from
from confu_core.settings import meanings
from confu_core.shards.read import Dataset
from xor_bench.data import SPLITS, XorData, XorRecipe, recipe_of
from xor_bench.task import LAW, direction_name, names
from xor_bench.theory import information

if TYPE_CHECKING:
    from matplotlib.figure import Figure

DIALS = {**meanings(XorRecipe), **{f"rows_per_p.{split}": f"rows of {split} for every p" for split in SPLITS}}
CURVES = {
    "total_correlation": "total correlation",
    "mi_ac": "I(first; last)",
    "mi_bc_given_a": "I(last; another | the rest)",
}
# What a column of a code holds, by what follows its letter.
OF_A_CODE = {
    "": "observed code, in [0, 2^bits)",
    "_bits": "the same in binary, highest bit first",
    "_clean": "the code before noise",
}
UNRELIABLE = (
    " In {share:.0%} of the samples one modality ({which}) is noise: an independent uniform code stands in its place."
)
POINTS = 41


def words_of(dataset: Dataset) -> Words:
    """Return what the card of an XOR dataset says; a DatasetError if it is another."""
    manifest = dataset.manifest
    recipe = recipe_of(manifest)
    said = XorData.of(dataset).dataset.manifest.information
    letters = names(recipe.modalities)
    target, query = letters[1], (letters[0], *letters[2:])
    headline = direction_name(query, target)
    best = {"single_ceiling": "best single code", "pairwise_ceiling": "pairs", "bayes_accuracy": "everything"}
    informations = [
        [p, *(f"{abs(round(one['information'][name], 4)):.4f}" for name in CURVES)] for p, one in said.items()
    ]
    ceilings = [[p, *(f"{one['ceilings'][headline][name]:.4f}" for name in best)] for p, one in said.items()]
    words = words_from(
        "xor_bench",
        "card.toml",
        modalities=recipe.modalities,
        bits=recipe.bits,
        ps=", ".join(f"{p:g}" for p in recipe.p),
        samples=sum(manifest.splits.values()),
        unreliable=_unreliable(recipe),
        others="all the others" if recipe.parity == "all" else "the first two",
        informations=markdown_table(["p", *(f"{label} (nats)" for label in CURVES.values())], informations),
        target=target,
        query=" and ".join(query),
        ceilings=markdown_table(["p", *best.values()], ceilings),
    )
    of_codes = {f"{letter}{suffix}": said for letter in letters for suffix, said in OF_A_CODE.items()}
    caption = "Exact information of the task over p, in nats; dotted lines are the p of this dataset"
    figure = render("structure", "Interaction structure", caption, (6, 3.6), lambda drawing: _paint(drawing, recipe))
    return replace(words, figure=figure, dials=DIALS, columns={**words.columns, **of_codes})


def _unreliable(recipe: XorRecipe) -> str:
    """Say which modalities are noise, and how often."""
    which = "any" if recipe.unreliable_of == "all" else " or ".join(recipe.unreliable_of)
    return UNRELIABLE.format(share=recipe.unreliable, which=which) if recipe.unreliable else ""


def _paint(drawing: Figure, recipe: XorRecipe) -> None:
    axes = drawing.subplots()
    grid = np.linspace(0, 1, POINTS)
    task: dict[str, Any] = {name: getattr(recipe, name) for name in LAW}
    found = [information(float(p), recipe.bits, **task).as_dict() for p in grid]
    for colour, (name, label) in zip(PALETTE, CURVES.items(), strict=False):
        axes.plot(grid, [one[name] for one in found], color=colour, label=label)
    for p in recipe.p:
        axes.axvline(p, color=INK, linestyle="dotted", linewidth=1)
    axes.set_xlabel("p")
    axes.set_ylabel("nats")
    axes.legend(loc="lower center", bbox_to_anchor=(0.5, 1), ncols=3, handlelength=1.5, columnspacing=1)
