"""What a card says of real media, from what their manifest says of them."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

from confu_core.cells import is_nothing
from confu_core.datasets.contents import Contents, contents_of
from confu_core.escaping import escape_markdown
from confu_core.publish.words import Figure, Words, code, markdown_table
from confu_core.shards.manifest import Manifest
from confu_core.shards.read import Dataset

if TYPE_CHECKING:
    from matplotlib.figure import Figure as Drawing

__all__ = ["SOURCES", "balance_figure", "media_words"]

SOURCES, LIMITS = "sources", "limits"

_KINDS = {
    "picture": "pictures",
    "frames": "frames of videos",
    "sound": "sounds",
    "text": "texts",
    "sequence": "sequences of vectors",
}
_HOLDS = {
    "picture": "picture",
    "frames": "frames of a video, as one animated picture",
    "sound": "sound",
    "text": "text",
    "sequence": "sequence of vectors, one for each step in time",
}
_TASKS = {
    "picture": "image-classification",
    "frames": "video-classification",
    "sound": "audio-classification",
    "text": "text-classification",
}
_NOBODY = "The authors of its items"
_MADE = (
    "Items were decoded and prepared as the settings below say, and written into shards with their labels. What could "
    "not be used was left out."
)
_LIMITS = (
    "The interaction structure of real media is not known: what a score could reach at best is not known either.",
    "Labels, captions and licences are those of the sources.",
)
_COLUMNS = {
    "key": "name of the sample",
    "author": "who made it",
    "licence": "of the item",
    "source_url": "where it is from",
    "individual": "who or what is shown or heard",
    "recording": "which recording",
    "video": "which video",
    "common_name": "of the species",
    "scientific_name": "of the species",
    "family": "of the species",
    "order": "of the species",
}
_MOST_BARS, _MOST_NAMED, _MOST_ROWS = 400, 40, 60


def media_words(dataset: Dataset) -> Words:
    """Return what the card of real media says.

    Parameters
    ----------
    dataset : Dataset
        Whose manifest has `Contents`.

    Returns
    -------
    Words
        With a figure of how often each class is met.

    Raises
    ------
    DatasetError
        If the manifest does not say which columns are modalities and classes, or a shard is missing or altered.
    """
    manifest, contents = dataset.manifest, contents_of(dataset.manifest)
    counts = _counts(dataset, contents)
    inputs = contents.inputs.inputs
    kinds = {name: type(one).__name__.lower() for name, one in inputs.items()}
    sources = tuple(one for one in manifest.information.get(SOURCES, ()) if isinstance(one, Mapping))
    return Words(
        title=f"{manifest.name}, {len(contents.classes)} classes",
        what=(escape_markdown(manifest.description), _what(manifest, contents, kinds)),
        made=(_MADE,),
        structure=_structure(manifest, contents, counts),
        limits=(*_LIMITS, *(escape_markdown(str(one)) for one in manifest.information.get(LIMITS, ()))),
        figure=balance_figure(counts, contents),
        tags=("multimodal", "contrastive-learning", "benchmark"),
        tasks=tuple(dict.fromkeys(_TASKS[kind] for kind in kinds.values() if kind in _TASKS)),
        columns=_COLUMNS
        | {one.column: _HOLDS[kinds[name]] for name, one in inputs.items()}
        | {contents.label: "class"},
        authors=tuple(dict.fromkeys(name for one in sources if not is_nothing(name := str(one.get("name") or ""))))
        or (_NOBODY,),
        sources=sources,
        real=True,
    )


def balance_figure(counts: Mapping[str, Counter[str]], contents: Contents) -> Figure:
    """Draw how often each class is met in each split.

    Parameters
    ----------
    counts : mapping of str to Counter
        Split to class to number of samples.
    contents : Contents
        Of the dataset.

    Returns
    -------
    Figure
        The same bytes for the same numbers; of many classes the most frequent ones.
    """
    from confu_core.page.drawing import render

    caption = f"Samples of each class (column {contents.label}) in each split, the most frequent first"
    drawn = render("balance", "Class balance", caption, (7.5, 3.4), lambda one: _paint(one, counts))
    return Figure(drawn.name, drawn.caption, drawn.svg, drawn.png)


def _paint(drawing: Drawing, counts: Mapping[str, Counter[str]]) -> None:
    from confu_core.page.drawing import PALETTE, plain

    total = sum(counts.values(), Counter[str]())
    shown = [name for name, _ in total.most_common(_MOST_BARS)]
    axes = drawing.subplots()
    below = [0] * len(shown)
    for at, (split, found) in enumerate(counts.items()):
        heights = [found[name] for name in shown]
        axes.bar(range(len(shown)), heights, 0.8, bottom=below, color=PALETTE[at % len(PALETTE)], label=plain(split))
        below = [low + height for low, height in zip(below, heights, strict=True)]
    axes.set_ylabel("samples")
    axes.grid(False, axis="x")
    if len(shown) <= _MOST_NAMED:
        turned = 0 if len(shown) <= 12 and all(len(name) < 8 for name in shown) else 60
        axes.set_xticks(
            range(len(shown)), [plain(name[:24]) for name in shown], rotation=turned, ha="right" if turned else "center"
        )
    else:
        axes.set_xticks([])
        axes.set_xlabel(f"{len(shown)} classes")
    axes.legend()


def _counts(dataset: Dataset, contents: Contents) -> dict[str, Counter[str]]:
    return {
        split: Counter(map(str, dataset.table(split, [contents.label])[contents.label].to_pylist()))
        for split in dataset.manifest.splits
    }


def _what(manifest: Manifest, contents: Contents, kinds: Mapping[str, str]) -> str:
    modalities = ", ".join(
        f"{escape_markdown(name)} ({_KINDS[kinds[name]]}, column {code(one.column)})"
        for name, one in contents.inputs.inputs.items()
    )
    samples = f"{sum(manifest.splits.values()):,} samples of {len(contents.classes)} classes"
    return f"{samples} (column {code(contents.label)}), with these modalities: {modalities}."


def _structure(manifest: Manifest, contents: Contents, counts: Mapping[str, Counter[str]]) -> tuple[str, ...]:
    total = sum(counts.values(), Counter[str]())
    rows: list[list[Any]] = [
        [name, *(found[name] for found in counts.values())] for name, _ in total.most_common(_MOST_ROWS)
    ]
    more = f"and {len(total) - len(rows)} further classes" if len(total) > len(rows) else ""
    empty = [name for name in contents.classes if not total[name]]
    return tuple(
        filter(
            None,
            [
                "What each modality tells about the class, alone and together, has to be measured; `birdmml audit` "
                "does, with linear probes. Known is how often each class is met:",
                markdown_table(["class", *counts], rows),
                more,
                f"Classes without any sample: {escape_markdown(', '.join(empty[:_MOST_ROWS]))}." if empty else "",
            ],
        )
    )
