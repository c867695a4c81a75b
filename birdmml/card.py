"""What a card says of Bird-MML: generated birds, in the sentences of ``card.toml``, or real media."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from typing import TYPE_CHECKING, Any

from birdmml.caption import CaptionDials
from birdmml.columns import COLUMNS as SAMPLE_COLUMNS
from birdmml.data import NAME, BirdData
from birdmml.describe import describe
from birdmml.design import GROUPS
from birdmml.settings import Settings
from confu_core.errors import DatasetError
from confu_core.page.drawing import PALETTE, render, stack_bars
from confu_core.publish.words import Words, markdown_table, media_words, words_from
from confu_core.settings import meanings
from confu_core.shards.manifest import Manifest
from confu_core.shards.read import Dataset

if TYPE_CHECKING:
    from matplotlib.figure import Figure

DIALS = meanings(Settings)
DIALS |= {
    f"group_captions.{group}.{name}": f"{meaning}, in {group}"
    for group in GROUPS
    for name, meaning in meanings(CaptionDials).items()
}
DIALS |= {f"group_weights.{group}": f"how many times as frequent the species of {group} are" for group in GROUPS}
COLUMNS = {column.name: column.meaning for column in SAMPLE_COLUMNS}
ACCURACIES = {
    "bayes_image": "picture",
    "bayes_audio": "song",
    "pairwise_ceiling": "pairs",
    "bayes_both": "both",
    "headroom": "headroom",
    "higher_order_headroom": "higher-order headroom",
}
# What is drawn, and in which colour of the palette.
BARS = {"bayes_image": 0, "bayes_audio": 1, "pairwise_ceiling": 4, "bayes_both": 2}
ATOMS = {
    "redundancy": ("redundant", 4),
    "unique_image": ("picture alone", 0),
    "unique_audio": ("song alone", 1),
    "synergy": ("synergy", 3),
}


def words_of(dataset: Dataset) -> Words:
    """Return what the card of generated birds or of real media says; a DatasetError if a dataset is neither."""
    known = describe(dataset)
    if known.generated:
        return bird_words(BirdData.of(dataset).manifest)
    if not known.real:
        name = dataset.manifest.name
        raise DatasetError(f"the dataset is {name!r}, not {NAME!r} or real media; use the command that built it")
    return media_words(dataset)


def bird_words(manifest: Manifest) -> Words:
    """Return what the card of generated birds says, from a manifest that holds all that is known exactly of them."""
    said = manifest.information
    words = words_from(
        "birdmml",
        "card.toml",
        **manifest.config | {"species": said["overall"]["species"]},
        triplets=sum(manifest.splits.values()),
        groups=_table({**said["groups"], "all": said["overall"]}),
    )
    caption = "Best accuracy of the species in each group, and what picture and song tell about it in nats"
    figure = render(
        "structure", "Interaction structure", caption, (9, 3.4), lambda drawing: _paint(drawing, said["groups"])
    )
    held = replace(words, label="species", picture="image", texts=("caption",))
    return replace(held, figure=figure, dials=DIALS, columns=COLUMNS)


def _paint(drawing: Figure, groups: Mapping[str, Any]) -> None:
    left, right = drawing.subplots(1, 2)
    places = range(len(groups))
    for at, (name, colour) in enumerate(BARS.items()):
        heights = [group[name] for group in groups.values()]
        left.bar([x + (at - 1.5) * 0.2 for x in places], heights, 0.18, color=PALETTE[colour], label=ACCURACIES[name])
    left.set_ylabel("best accuracy")
    left.set_ylim(0, 1.05)
    atoms = [
        (label, PALETTE[at], [group["atoms"][name] for group in groups.values()]) for name, (label, at) in ATOMS.items()
    ]
    stack_bars(right, 0.6, atoms)
    right.set_ylabel("information about the species (nats)")
    for axes in (left, right):
        axes.set_xticks(list(places), [name.replace("-", "-\n") for name in groups])
        axes.grid(False, axis="x")
        axes.legend(loc="lower center", bbox_to_anchor=(0.5, 1), ncols=4, handlelength=1, columnspacing=1)


def _table(groups: Mapping[str, Any]) -> str:
    rows = []
    for name, group in groups.items():
        accuracies = [f"{abs(round(group[key], 4)):.3f}" for key in ACCURACIES]
        beyond = group["connected_information"]["3"]
        rows.append([name, group["species"], *accuracies, f"{group['total_correlation']:.3f}", f"{beyond:.3f}"])
    columns = ["group", "species", *ACCURACIES.values(), "total correlation (nats)", "of order 3"]
    return markdown_table(columns, rows)
