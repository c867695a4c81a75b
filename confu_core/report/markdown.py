"""The report as a Markdown page, for a repository."""

from __future__ import annotations

from confu_core.report.content import Content
from confu_core.report.formats import escape_markdown, to_markdown
from confu_core.report.rendering import Image
from confu_core.report.wording import DEFINITIONS, capitalised

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
    headline, *others = content.images
    tables = {table.name: table for table in content.tables}
    parts = [
        f"# {escape_markdown(content.title)}",
        escape_markdown(content.lede),
        _image(headline),
        f"## {escape_markdown(capitalised(content.view.y_label))}",
        to_markdown(tables["matrix"]),
        "Mean ± half-width of the 95% confidence interval over seeds; bold: the best of each row.",
        *_failures(content),
        *(part for image in others for part in (f"## {escape_markdown(image.title)}", _image(image))),
        *(
            f"<details><summary>{escape_markdown(table.title)}</summary>\n\n{to_markdown(table)}\n\n</details>"
            for table in content.tables
            if table.name != "matrix"
        ),
        "## How to read it",
        "\n".join(f"- **{name}**: {escape_markdown(meaning)}" for name, meaning in DEFINITIONS.items()),
        "## Settings",
        "\n".join(f"- {_pair(name, value)}" for name, value in content.facts.axes),
        ", ".join(_pair(name, value) for name, value in content.facts.common),
    ]
    return "\n\n".join(part for part in parts if part) + "\n"


def _image(image: Image) -> str:
    return f"![{escape_markdown(image.title)}]({image.name}.svg)\n\n{escape_markdown(image.caption)}"


def _failures(content: Content) -> list[str]:
    failures = content.facts.failures
    if not failures:
        return []
    lines = [
        f"- {escape_markdown(f'{each.group}, {each.where}')} (cell {each.cell}): {escape_markdown(each.error)}"
        for each in failures
    ]
    return [
        "## Failed cells",
        f"{len(failures)} of {content.facts.cells} cells failed and are in no mean:",
        "\n".join(lines),
    ]


def _pair(name: str, value: str) -> str:
    return f"{escape_markdown(name)}: {escape_markdown(value)}"
