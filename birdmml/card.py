"""What a card says of Bird-MML: generated birds, or real media whose columns are named in the manifest."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

from birdmml.caption import CaptionDials
from birdmml.columns import COLUMNS as SAMPLE_COLUMNS
from birdmml.data import NAME, BirdData
from birdmml.describe import describe
from birdmml.design import GROUPS
from birdmml.settings import Settings
from confu_core.errors import DatasetError
from confu_core.publish.media_words import media_words
from confu_core.publish.words import Figure, Words, markdown_table
from confu_core.settings import meanings
from confu_core.shards.manifest import Manifest
from confu_core.shards.read import Dataset

if TYPE_CHECKING:
    from matplotlib.figure import Figure as Drawing

__all__ = ["bird_words", "structure_figure", "words_of"]

DIALS = meanings(Settings)
DIALS |= {
    f"group_captions.{group}.{name}": f"{meaning}, in {group}"
    for group in GROUPS
    for name, meaning in meanings(CaptionDials).items()
}
DIALS |= {f"group_weights.{group}": f"how many times as frequent the species of {group} are" for group in GROUPS}
COLUMNS = {column.name: column.meaning for column in SAMPLE_COLUMNS}
LIMITS = (
    "The birds are drawn and the songs synthesised. A model that does well here need not recognise a real bird.",
    "Ceilings are those of the latents: pictures may be too blurred and recordings too noisy to reach them.",
    "Who shares looks and songs is set by the design, not by nature; read nothing about real species from it.",
    "Captions come from a grammar in English, with less variety than people's.",
)
ACCURACIES = {
    "bayes_image": "picture",
    "bayes_audio": "song",
    "pairwise_ceiling": "pairs",
    "bayes_both": "both",
    "headroom": "headroom",
    "higher_order_headroom": "higher-order headroom",
}
ATOMS = {"redundancy": "redundant", "unique_image": "picture alone", "unique_audio": "song alone", "synergy": "synergy"}


def words_of(dataset: Dataset) -> Words:
    """Return what the card of a dataset says.

    Parameters
    ----------
    dataset : Dataset
        Generated birds, or real media.

    Returns
    -------
    Words
        With its figure.

    Raises
    ------
    DatasetError
        If it is neither.
    """
    known = describe(dataset)
    if known.generated:
        return bird_words(BirdData.of(dataset).manifest)
    if not known.real:
        name = dataset.manifest.name
        raise DatasetError(f"the dataset is {name!r}, not {NAME!r} or real media; use the command that built it")
    return media_words(dataset)


def bird_words(manifest: Manifest) -> Words:
    """Return what the card of generated birds says.

    Parameters
    ----------
    manifest : Manifest
        With all that is known exactly, as `birdmml.data.open_birds` returns it.

    Returns
    -------
    Words
        With a figure of the ceilings and atoms of each group.
    """
    said, config = manifest.information, manifest.config
    whole = said["overall"]
    return Words(
        title=f"Bird-MML, {whole['species']} species",
        what=(
            f"{sum(manifest.splits.values()):,} triplets of a picture, a song and a caption of {whole['species']} "
            "North American bird species, all generated. How the three complement each other is not measured but "
            "set: the Bayes accuracy of the species from the picture, from the song and from both is known exactly.",
            "It is for methods that align three modalities and claim to capture what only several of them reveal "
            "together: contrastive learning, retrieval from two modalities, zero-shot classification.",
        ),
        made=(
            f"Pictures of {config['size']} x {config['size']} pixels are drawn from outlines, feather tracts and a "
            f"camera; songs of {config['seconds']:g} s at {config['sample_rate']:,} samples per second are "
            "synthesised syllable by syllable in a recorded scene; captions come from a grammar over the facts of "
            "picture, song and species. Nothing was downloaded, and nothing of it was taken from anybody's pictures "
            "or recordings.",
            "`birdmml build` of [confu-bench](https://pypi.org/project/confu-bench/) makes it again from the "
            "settings below.",
        ),
        structure=_structure(said),
        limits=LIMITS,
        figure=structure_figure(said),
        tags=("multimodal", "synthetic", "birds", "bioacoustics", "contrastive-learning", "higher-order", "benchmark"),
        tasks=("zero-shot-image-classification", "image-classification", "audio-classification"),
        languages=("en",),
        dials=DIALS,
        columns=COLUMNS,
    )


def structure_figure(said: Mapping[str, Any]) -> Figure:
    """Draw the Bayes accuracies of each group, and its atoms.

    Parameters
    ----------
    said : mapping
        The manifest's information.

    Returns
    -------
    Figure
        The same bytes for the same numbers.
    """
    from confu_core.page.drawing import render

    caption = "Best accuracy of the species in each group, and what picture and song tell about it in nats"
    drawn = render(
        "structure", "Interaction structure", caption, (9, 3.4), lambda drawing: _paint(drawing, said["groups"])
    )
    return Figure(drawn.name, drawn.caption, drawn.svg, drawn.png)


def _paint(drawing: Drawing, groups: Mapping[str, Any]) -> None:
    from confu_core.page.drawing import PALETTE

    left, right = drawing.subplots(1, 2)
    places = range(len(groups))
    for at, name in enumerate(("bayes_image", "bayes_audio", "pairwise_ceiling", "bayes_both")):
        heights = [group[name] for group in groups.values()]
        colour = PALETTE[(0, 1, 4, 2)[at]]
        left.bar([x + (at - 1.5) * 0.2 for x in places], heights, 0.18, color=colour, label=ACCURACIES[name])
    left.set_ylabel("best accuracy")
    left.set_ylim(0, 1.05)
    below = [0.0] * len(groups)
    for at, (name, label) in enumerate(ATOMS.items()):
        heights = [group["atoms"][name] for group in groups.values()]
        right.bar(places, heights, 0.6, bottom=below, color=PALETTE[(4, 0, 1, 3)[at]], label=label)
        below = [low + height for low, height in zip(below, heights, strict=True)]
    right.set_ylabel("information about the species (nats)")
    for axes in (left, right):
        axes.set_xticks(list(places), [name.replace("-", "-\n") for name in groups])
        axes.grid(False, axis="x")
        axes.legend(loc="lower center", bbox_to_anchor=(0.5, 1), ncols=4, handlelength=1, columnspacing=1)


def _structure(said: Mapping[str, Any]) -> tuple[str, ...]:
    rows = []
    for name, group in {**said["groups"], "all": said["overall"]}.items():
        accuracies = [f"{abs(round(group[key], 4)):.3f}" for key in ACCURACIES]
        beyond = group["connected_information"]["3"]
        rows.append([name, group["species"], *accuracies, f"{group['total_correlation']:.3f}", f"{beyond:.3f}"])
    columns = ["group", "species", *ACCURACIES.values(), "total correlation (nats)", "of order 3"]
    return (
        "Species are told apart in different ways, one per group. For each, the table has the best accuracy of the "
        "species from the picture, from the song, from both by what all pairs of species, look and song tell, and "
        "from both by everything (Bayes accuracy). The headroom is what both add to the better one; the higher-order "
        "headroom is the part of it that no pairs tell. The law of the latents is finite, so these are exact.",
        markdown_table(columns, rows),
        "`manifest.json` holds under `information` the mutual informations and the decomposition into redundant, "
        "unique and synergistic information as well, and which species share which types.",
    )
