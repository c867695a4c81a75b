"""The report as a Markdown page, for a repository."""

from __future__ import annotations

from urllib.parse import quote

from confu_core.report.best import BOLD
from confu_core.report.content import Content, Part
from confu_core.report.formats import escape_markdown, to_markdown
from confu_core.report.rendering import Image
from confu_core.report.section_page import notes_of
from confu_core.report.sections import Section
from confu_core.report.table import Table
from confu_core.report.wording import capitalised, definitions_of

__all__ = ["markdown_page"]


def markdown_page(content: Content) -> str:
    """Write a report as Markdown.

    Parameters
    ----------
    content : Content
        What it says.

    Returns
    -------
    str
        With relative links to the figures and the tables beside it.
    """
    meanings = definitions_of(measures=bool(content.sections), exact=content.view.ceiling is not None)
    parts = [
        f"# {escape_markdown(content.title)}",
        escape_markdown(content.lede),
        *map(escape_markdown, content.lacks),
        *(piece for part in content.parts for piece in _part(content, part)),
        *_failures(content),
        "## How to read it",
        "\n".join(f"- **{name}**: {escape_markdown(meaning)}" for name, meaning in meanings.items()),
        "## Settings",
        "\n".join(f"- {_pair(name, value)}" for name, value in content.facts.axes),
        ", ".join(_pair(name, value) for name, value in content.facts.common),
    ]
    return "\n\n".join(part for part in parts if part) + "\n"


def _part(content: Content, part: Part) -> list[str]:
    """Everything about one dataset."""
    headline, *others = part.images
    matrix = part.table("matrix")
    title = capitalised(content.view.y_label)
    return [
        *([f"# {escape_markdown(part.name)}"] if part.name else []),
        _image(headline),
        f"## {escape_markdown(f'{part.name}: {title}' if part.name else title)}",
        to_markdown(matrix) if matrix else "",
        f"Mean ± half-width of the 95% confidence interval over seeds. {BOLD}",
        *(piece for image in others for piece in (f"## {escape_markdown(image.title)}", _image(image))),
        *(piece for section in part.sections for piece in _section(section)),
        *(_folded(table) for table in part.tables if table is not matrix),
    ]


def _image(image: Image) -> str:
    return f"![{escape_markdown(image.title)}]({quote(image.name)}.svg)\n\n{escape_markdown(image.caption)}"


def _section(section: Section) -> list[str]:
    return [
        f"## {escape_markdown(section.title)}",
        escape_markdown(section.lede),
        *map(_image, section.images),
        *(f"**{escape_markdown(table.title)}**\n\n{to_markdown(table)}" for table in section.tables),
        *map(_folded, section.folded),
        *map(escape_markdown, notes_of(section)),
    ]


def _folded(table: Table) -> str:
    return f"<details><summary>{escape_markdown(table.title)}</summary>\n\n{to_markdown(table)}\n\n</details>"


def _failures(content: Content) -> list[str]:
    failures = content.facts.failures
    if not failures:
        return []
    lines = [
        f"- {escape_markdown(f'{each.group}, {each.where} (cell {each.cell})')}: {escape_markdown(each.error)}"
        for each in failures
    ]
    return [
        "## Failed cells",
        f"{len(failures)} of {content.facts.cells} cells failed and are in no mean:",
        "\n".join(lines),
    ]


def _pair(name: str, value: str) -> str:
    return f"{escape_markdown(name)}: {escape_markdown(value)}"
