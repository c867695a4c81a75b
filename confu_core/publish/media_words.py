"""What a card says of media, from what their manifest says; in ``media.toml``, or ``known.toml`` with ceilings."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import replace
from typing import TYPE_CHECKING, Any

from confu_core.ceilings import Ceilings
from confu_core.cells import is_nothing
from confu_core.datasets.contents import ceilings_of, contents_of
from confu_core.escaping import escape_markdown, markdown_code
from confu_core.inputs.spec import Picture, Text
from confu_core.page.drawing import PALETTE, Image, plain, render, stack_bars
from confu_core.publish.words import Words, markdown_table, words_from
from confu_core.shards.read import Dataset

if TYPE_CHECKING:
    from matplotlib.figure import Figure

# Many, one, and the task of the hub.
_KINDS = {
    "picture": ("pictures", "picture", "image-classification"),
    "frames": ("frames of videos", "frames of a video, as one animated picture", "video-classification"),
    "sound": ("sounds", "sound", "audio-classification"),
    "text": ("texts", "text", "text-classification"),
    "sequence": ("sequences of vectors", "sequence of vectors, one for each step in time", ""),
}
_MOST_BARS, _MOST_NAMED, _MOST_ROWS = 400, 40, 60


def media_words(dataset: Dataset) -> Words:
    """Return what the card says of a dataset whose manifest has `Contents`, with a figure of its classes."""
    manifest, contents = dataset.manifest, contents_of(dataset.manifest)
    counts = {
        split: Counter(map(str, dataset.table(split, [contents.label])[contents.label].to_pylist()))
        for split in manifest.splits
    }
    total = sum(counts.values(), Counter[str]())
    frequent = [name for name, _ in total.most_common(_MOST_ROWS)]
    empty = [name for name in contents.classes if not total[name]]
    inputs = contents.inputs.inputs
    kinds = {name: _KINDS[type(one).__name__.lower()] for name, one in inputs.items()}
    columns = {name: one.column for name, one in inputs.items()}
    held = {columns[name]: one for name, (_, one, _) in kinds.items()}
    sources = tuple(one for one in manifest.information.get("sources", ()) if isinstance(one, Mapping))
    names = dict.fromkeys(name for one in sources if not is_nothing(name := str(one.get("name") or "")))
    known = ceilings_of(manifest).get("all", {})
    words = words_from(
        "confu_core.publish",
        "known.toml" if known else "media.toml",
        name=manifest.name,
        classes=len(contents.classes),
        description=escape_markdown(manifest.description),
        samples=sum(manifest.splits.values()),
        label=markdown_code(contents.label),
        modalities=", ".join(
            f"{escape_markdown(name)} ({many}, column {markdown_code(columns[name])})"
            for name, (many, _, _) in kinds.items()
        ),
        ceilings=_ceilings(known),
        balance=markdown_table(["class", *counts], [[name, *(c[name] for c in counts.values())] for name in frequent]),
    )
    more = [f"and {len(total) - len(frequent)} further classes"] if len(total) > len(frequent) else []
    more += [f"Classes without any sample: {escape_markdown(', '.join(empty[:_MOST_ROWS]))}."] if empty else []
    caption = f"Samples of each class (column {contents.label}) in each split, the most frequent first"
    return replace(
        words,
        structure=(*words.structure, *more),
        limits=(*words.limits, *(escape_markdown(str(one)) for one in manifest.information.get("limits", ()))),
        figure=_balance(counts, [name for name, _ in total.most_common(_MOST_BARS)], caption),
        tasks=tuple(dict.fromkeys(task for _, _, task in kinds.values() if task)),
        columns={**words.columns, **held, contents.label: "class"},
        authors=tuple(names) or words.authors,
        sources=sources,
        real=not known,
        label=contents.label,
        picture=next((one.column for one in inputs.values() if isinstance(one, Picture)), ""),
        texts=tuple(one.column for one in inputs.values() if isinstance(one, Text)),
    )


def _ceilings(known: Mapping[str, Ceilings]) -> str:
    """Return a table of what the best guess from each query reaches."""
    levels = [
        (query, *(f"{level:.3f}" for level in (one.single, one.pairwise, one.bayes))) for query, one in known.items()
    ]
    return markdown_table(["query", "single", "pairs", "Bayes"], levels)


def _balance(counts: Mapping[str, Counter[str]], shown: Sequence[str], caption: str) -> Image:
    """Draw how often each of some classes is met in each split."""
    series = [
        (plain(split), PALETTE[at % len(PALETTE)], [found[name] for name in shown])
        for at, (split, found) in enumerate(counts.items())
    ]

    def paint(drawing: Figure) -> None:
        axes = drawing.subplots()
        stack_bars(axes, 0.8, series)
        axes.set_ylabel("samples")
        axes.grid(False, axis="x")
        if len(shown) <= _MOST_NAMED:
            flat = len(shown) <= 12 and all(len(name) < 8 for name in shown)
            look: dict[str, Any] = {"rotation": 0, "ha": "center"} if flat else {"rotation": 60, "ha": "right"}
            axes.set_xticks(range(len(shown)), [plain(name[:24]) for name in shown], **look)
        else:
            axes.set_xticks([])
            axes.set_xlabel(f"{len(shown)} classes")
        axes.legend()

    return render("balance", "Class balance", caption, (7.5, 3.4), paint)
