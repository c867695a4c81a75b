"""The pages of a report: one HTML file that needs no other, and Markdown for a repository."""

from __future__ import annotations

from collections.abc import Sequence
from importlib.metadata import version
from urllib.parse import quote

from confu_core.page.drawing import Image
from confu_core.page.html import style, templates
from confu_core.report.content import Content, DatasetContent
from confu_core.report.formats import escape_markdown, to_markdown
from confu_core.report.sections import Section
from confu_core.report.tables import BOLD, UNDEFINED, Table

MEANS = "Mean ± half-width of the 95% confidence interval over seeds."


def page(content: Content, downloads: Sequence[str]) -> str:
    """Write a report as HTML, with links to the files beside it."""
    stems = list(dict.fromkeys(name.partition(".")[0] for name in downloads))
    by_stem = {stem: [name for name in downloads if name.partition(".")[0] == stem] for stem in stems}
    further = [("confu_core.report", "sections.css")] if content.sections else []
    return (
        templates("confu_core.report")
        .get_template("page.html.j2")
        .render(
            content=content,
            facts=content.facts,
            style=style(*further),
            downloads=by_stem,
            version=version("confu-bench"),
            means=MEANS,
            bold=BOLD,
            undefined=UNDEFINED,
        )
    )


def markdown_page(content: Content) -> str:
    """Write a report as Markdown."""
    facts = content.facts
    failed = "\n".join(
        f"- {escape_markdown(f'{each.group}, {each.where} (cell {each.cell})')}: {escape_markdown(each.error)}"
        for each in facts.failures
    )
    parts = [
        f"# {escape_markdown(content.title)}",
        escape_markdown(content.lede),
        *map(escape_markdown, content.lacks),
        *(piece for part in content.parts for piece in _part(part)),
        "## Failed cells" if failed else "",
        f"{len(facts.failures)} of {facts.cells} cells failed and are in no mean:" if failed else "",
        failed,
        "## How to read it",
        "\n".join(f"- **{name}**: {escape_markdown(meaning)}" for name, meaning in content.meanings.items()),
        "## Settings",
        "\n".join(f"- {_pair(name, value)}" for name, value in facts.axes),
        ", ".join(_pair(name, value) for name, value in facts.common),
    ]
    return "\n\n".join(part for part in parts if part) + "\n"


def _part(part: DatasetContent) -> list[str]:
    """Return everything about one dataset."""
    headline, matrix = part.headline
    return [
        *([f"# {escape_markdown(part.name)}"] if part.name else []),
        _image(headline),
        f"## {escape_markdown(part.heading(part.title))}",
        to_markdown(matrix),
        f"{MEANS} {BOLD}",
        *(piece for image in part.images[1:] for piece in (f"## {escape_markdown(image.title)}", _image(image))),
        *(piece for section in part.sections for piece in _section(section)),
        *map(_folded, part.others),
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
        *map(escape_markdown, section.remarks),
    ]


def _folded(table: Table) -> str:
    return f"<details><summary>{escape_markdown(table.title)}</summary>\n\n{to_markdown(table)}\n\n</details>"


def _pair(name: str, value: str) -> str:
    return f"{escape_markdown(name)}: {escape_markdown(value)}"
