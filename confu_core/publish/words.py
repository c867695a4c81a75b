"""What a benchmark says of its dataset; everything else on a card follows from the manifest."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace

import pyarrow as pa

from confu_core.data_files import read_data, record
from confu_core.escaping import escape_markdown
from confu_core.page.drawing import Image
from confu_core.publish.terms import Terms
from confu_core.shards.manifest import Manifest


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
        return tuple(text.format_map(values) for text in texts)

    what, made, structure = map(filled, (words.what, words.made, words.structure))
    return replace(words, title=words.title.format_map(values), what=what, made=made, structure=structure)


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
    return Code("\n".join(f"| {' | '.join(_cell(value) for value in line)} |" for line in lines))


def _cell(value: object) -> str:
    return value if isinstance(value, Code) else escape_markdown(str(value))
