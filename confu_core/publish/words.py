"""What a card says of a dataset in words: those of a benchmark, and for media those that follow from the manifest."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING, Any

import pyarrow as pa

from confu_core.cells import is_nothing
from confu_core.data_files import read_data, record
from confu_core.datasets.contents import ceilings_of, contents_of
from confu_core.escaping import escape_markdown, markdown_code
from confu_core.inputs.spec import Picture, Text
from confu_core.page.drawing import PALETTE, Image, plain, render, stack_bars
from confu_core.publish.terms import Terms
from confu_core.shards.manifest import Manifest
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


@dataclass(frozen=True)
class Words:
    """What a card says that no manifest knows.

    Attributes
    ----------
    title : str
        What readers call the dataset.
    what, made, structure, limits : tuple of str
        Paragraphs in Markdown: what it is, how it was made, its interaction structure, and what it is not good for.
    figure : Image or None
        Of the structure, as `confu_core.page.drawing.render` draws it.
    tags, tasks, languages : tuple of str
        As the Hugging Face hub names them.
    dials : mapping of str to str
        What each setting means.
    columns : mapping of str to str
        What each column holds.
    authors : tuple of str
        Who is to be cited where who publishes names nobody.
    sources : tuple of mapping
        Where it is from: ``name``, ``what``, ``licence``, ``url``, ``items``.
    real : bool
        Whether its media were made by others.
    label, picture : str
        Columns of the class and of a picture, for statistics and samples; empty where there is none.
    texts : tuple of str
        Columns of texts.
    datasheet : mapping of str to str
        What the sections of a datasheet say, in Markdown, by the names of `SECTIONS`.
    """

    title: str
    what: tuple[str, ...]
    made: tuple[str, ...] = ()
    structure: tuple[str, ...] = ()
    limits: tuple[str, ...] = ()
    figure: Image | None = None
    tags: tuple[str, ...] = ()
    tasks: tuple[str, ...] = ()
    languages: tuple[str, ...] = ()
    dials: Mapping[str, str] = field(default_factory=dict)
    columns: Mapping[str, str] = field(default_factory=dict)
    authors: tuple[str, ...] = ("confu-bench",)
    sources: tuple[Mapping[str, object], ...] = ()
    real: bool = False
    label: str = ""
    picture: str = ""
    texts: tuple[str, ...] = ()
    datasheet: Mapping[str, str] = field(default_factory=dict)


# Sections of a datasheet (arXiv 1803.09010), and how the RAI vocabulary of Croissant calls what they say.
SECTIONS = {
    "motivation": "",
    "composition": "",
    "collection": "rai:dataCollection",
    "uses": "rai:dataUseCases",
    "biases": "rai:dataBiases",
    "people": "rai:personalSensitiveInformation",
    "maintenance": "rai:dataReleaseMaintenancePlan",
}


@dataclass(frozen=True)
class Edition:
    """What whoever publishes says of one publication.

    Attributes
    ----------
    date : str
        Of publication, as YYYY-MM-DD.
    version : str
        Of the publication.
    authors : tuple of str
        To be cited; those of `Words` if there are none.
    place : str
        Where readers find it: a URL, or ``"."`` for the folder of the card.
    """

    date: str
    version: str = "1.0.0"
    authors: tuple[str, ...] = ()
    place: str = "."


@dataclass(frozen=True)
class About:
    """All that is said of a dataset in one publication; the schema is that of its Parquet shards, if it has any.

    `statistics` and `baselines` are tables in Markdown: of classes and texts, and of the scores in a report beside it.
    """

    manifest: Manifest
    schema: pa.Schema | None
    words: Words
    terms: Terms
    edition: Edition
    statistics: Code | str = ""
    baselines: Code | str = ""

    @property
    def authors(self) -> tuple[str, ...]:
        """Who is to be cited: whom the edition names, else those of the words."""
        return self.edition.authors or self.words.authors


class Code(str):
    """Markdown that stays as it is, such as `confu_core.escaping.markdown_code` makes of text of others."""


def words_from(package: str, file: str, /, **values: object) -> Words:
    """Return the words in a TOML file of a package, with values in place of the names that stand there in braces."""
    words = record(Words, read_data(package, file), file)

    def filled(texts: Iterable[str]) -> tuple[str, ...]:
        """Return texts with the values in place of the names."""
        return tuple(text.format_map(values) for text in texts)

    what, made, structure = map(filled, (words.what, words.made, words.structure))
    return replace(words, title=words.title.format_map(values), what=what, made=made, structure=structure)


def media_words(dataset: Dataset) -> Words:
    """Return what the card says of a dataset whose manifest has `Contents`, with a figure of its classes.

    It stands in ``media.toml``, or in ``known.toml`` where the manifest tells ceilings.
    """
    manifest, contents = dataset.manifest, contents_of(dataset.manifest)
    label, inputs = contents.label, contents.inputs.inputs
    counts = {split: Counter(map(str, dataset.table(split, [label])[label].to_pylist())) for split in manifest.splits}
    total = sum(counts.values(), Counter[str]())
    frequent = [name for name, _ in total.most_common()]
    shown = frequent[:_MOST_ROWS]
    kinds = [(name, one.column, *_KINDS[type(one).__name__.lower()]) for name, one in inputs.items()]
    sources = tuple(one for one in manifest.information.get("sources", ()) if isinstance(one, Mapping))
    names = dict.fromkeys(name for one in sources if not is_nothing(name := str(one.get("name") or "")))
    known = ceilings_of(manifest).get("all", {})
    levels = [[query, *(f"{one:.3f}" for one in (of.single, of.pairwise, of.bayes))] for query, of in known.items()]
    words = words_from(
        "confu_core.publish",
        "known.toml" if known else "media.toml",
        name=manifest.name,
        classes=len(contents.classes),
        description=escape_markdown(manifest.description),
        samples=sum(manifest.splits.values()),
        label=markdown_code(label),
        modalities=", ".join(
            f"{escape_markdown(name)} ({many}, column {markdown_code(column)})" for name, column, many, _, _ in kinds
        ),
        ceilings=markdown_table(["query", "single", "pairs", "Bayes"], levels),
        balance=markdown_table(["class", *counts], [[name, *(c[name] for c in counts.values())] for name in shown]),
    )
    return replace(
        words,
        structure=(*words.structure, *_unlisted(contents.classes, total)),
        limits=(*words.limits, *(escape_markdown(str(one)) for one in manifest.information.get("limits", ()))),
        figure=_balance(counts, frequent[:_MOST_BARS], label),
        tasks=tuple(dict.fromkeys(task for *_, task in kinds if task)),
        columns={**words.columns, **{column: held for _, column, _, held, _ in kinds}, label: "class"},
        authors=tuple(names) or words.authors,
        sources=sources,
        real=not known,
        label=label,
        picture=next((one.column for one in inputs.values() if isinstance(one, Picture)), ""),
        texts=tuple(one.column for one in inputs.values() if isinstance(one, Text)),
    )


def _unlisted(classes: Sequence[str], total: Counter[str]) -> Iterator[str]:
    """Say how many classes the table of the most frequent leaves out, and which have no sample."""
    if (further := len(total) - _MOST_ROWS) > 0:
        yield f"and {further} further classes"
    if empty := [name for name in classes if not total[name]]:
        yield f"Classes without any sample: {escape_markdown(', '.join(empty[:_MOST_ROWS]))}."


def _balance(counts: Mapping[str, Counter[str]], shown: Sequence[str], label: str) -> Image:
    """Draw how often each of some classes is met in each split."""
    series = [
        (plain(split), PALETTE[at % len(PALETTE)], [found[name] for name in shown])
        for at, (split, found) in enumerate(counts.items())
    ]

    def paint(drawing: Figure) -> None:
        """Draw the bars and name the classes, if there are few."""
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

    caption = f"Samples of each class (column {label}) in each split, the most frequent first"
    return render("balance", "Class balance", caption, (7.5, 3.4), paint)


def markdown_table(columns: Sequence[str], rows: Sequence[Sequence[object]]) -> Code:
    r"""Return a table in Markdown.

    Parameters
    ----------
    columns : sequence of str
        Headings.
    rows : sequence of sequence
        One entry per column: text, or `Code`.

    Returns
    -------
    Code
        In which no text is taken for markup.

    Examples
    --------
    >>> print(markdown_table(["split", "rows"], [["a|b", 3]]))
    | split | rows |
    | --- | --- |
    | a\|b | 3 |
    """
    lines = [columns, [Code("---")] * len(columns), *rows]
    return Code("\n".join(f"| {' | '.join(map(escaped, line))} |" for line in lines))


def escaped(value: object) -> str:
    """Return a value as Markdown that shows it, or as it is where it is `Code`."""
    return value if isinstance(value, Code) else escape_markdown(str(value))
