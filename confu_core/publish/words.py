"""What a benchmark says of its dataset; everything else on a card follows from the manifest."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

from confu_core.escaping import escape_markdown, markdown_code

__all__ = ["Code", "Edition", "Figure", "Words", "code", "markdown_table"]


@dataclass(frozen=True)
class Figure:
    """A drawing on a card.

    Attributes
    ----------
    name : str
        Of its files, without suffix.
    caption : str
        What it shows.
    svg, png : bytes
        Contents.
    """

    name: str
    caption: str
    svg: bytes
    png: bytes


@dataclass(frozen=True)
class Words:
    """What a card says that no manifest knows.

    Attributes
    ----------
    title : str
        What readers call the dataset.
    what, made, structure, limits : tuple of str
        Paragraphs in Markdown: what it is, how it was made, its interaction structure, and what it is not good for.
    figure : Figure or None
        Of the structure.
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
    """

    title: str
    what: tuple[str, ...]
    made: tuple[str, ...] = ()
    structure: tuple[str, ...] = ()
    limits: tuple[str, ...] = ()
    figure: Figure | None = None
    tags: tuple[str, ...] = ()
    tasks: tuple[str, ...] = ()
    languages: tuple[str, ...] = ()
    dials: Mapping[str, str] = field(default_factory=dict)
    columns: Mapping[str, str] = field(default_factory=dict)
    authors: tuple[str, ...] = ("confu-bench",)
    sources: tuple[Mapping[str, object], ...] = ()
    real: bool = False


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


class Code(str):
    """Markdown that stays as it is; of text of others, `code` makes it."""


def code(text: object) -> Code:
    """Return what stands in a table or between words as it is typed.

    Parameters
    ----------
    text : object
        Of anybody.

    Returns
    -------
    Code
        Markdown.

    Examples
    --------
    >>> code("my_column")
    '`my_column`'
    """
    return Code(markdown_code(str(text)))


def markdown_table(columns: Sequence[str], rows: Sequence[Sequence[object]]) -> str:
    r"""Return a table in Markdown.

    Parameters
    ----------
    columns : sequence of str
        Headings.
    rows : sequence of sequence
        One entry per column: text, or `Code`.

    Returns
    -------
    str
        In which no text is taken for markup.

    Examples
    --------
    >>> print(markdown_table(["split", "rows"], [["a|b", 3]]))
    | split | rows |
    | --- | --- |
    | a\|b | 3 |
    """
    lines = [columns, [Code("---")] * len(columns), *rows]
    return "\n".join(f"| {' | '.join(_cell(value) for value in line)} |" for line in lines)


def _cell(value: object) -> str:
    return value if isinstance(value, Code) else escape_markdown(str(value))
