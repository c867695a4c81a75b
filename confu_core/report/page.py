"""The page of a report: one HTML file that needs no other."""

from __future__ import annotations

from collections.abc import Sequence
from importlib.metadata import version
from importlib.resources import files

from confu_core.report.best import BOLD
from confu_core.report.content import Content, Part
from confu_core.report.facts import Facts
from confu_core.report.html_table import data_table
from confu_core.report.markup import facts, figure, matrix, table, text
from confu_core.report.section_page import UNDEFINED, contents_list, section_html, section_style
from confu_core.report.wording import capitalised, definitions_of

__all__ = ["page"]

MEANS = "Mean ± half-width of the 95% confidence interval over seeds."
TINT = f"Tinted by closeness to the Bayes accuracy. {BOLD}"


def page(content: Content, downloads: Sequence[str]) -> str:
    """Write a report as HTML.

    Parameters
    ----------
    content : Content
        What it says.
    downloads : sequence of str
        Names of the files beside the page.

    Returns
    -------
    str
        A whole document without external resources, for light and dark screens and for print.
    """
    sections = [
        *(piece for part in content.parts for piece in _part(content, part)),
        _section("How to read it", _definitions(content)),
        _failures(content.facts, several=len(content.facts.machines) > 1),
        _section("Settings", *_settings(content.facts)),
        _section("Cost and machine", *_cost(content.facts)),
        _section("Files", _downloads(downloads)),
    ]
    body = "\n".join(section for section in sections if section)
    return f"""<!DOCTYPE html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<meta name="generator" content="confu-bench report">
<title>{text(content.title)}</title>
<style>
{_style(content)}</style>
</head>
<body>
<header>
<p class="kicker">Results · {text(content.benchmark)}</p>
<h1>{text(content.title)}</h1>
<p class="lede">{text(content.lede)}</p>
{_lacks(content.lacks)}{_warning(content.facts)}{contents_list(content.sections)}</header>
<main>
{body}
</main>
<footer>Written by confu-bench {text(version("confu-bench"))}. This page needs no other file.</footer>
</body>
</html>
"""


def _style(content: Content) -> str:
    common = files("confu_core.report").joinpath("page.css").read_text(encoding="utf-8")
    return common + (section_style() if content.sections else "")


def _section(title: str, *parts: str) -> str:
    return f"<section>\n<h2>{text(title)}</h2>\n" + "\n".join(parts) + "\n</section>" if parts else ""


def _part(content: Content, part: Part) -> list[str]:
    """Everything about one dataset."""
    headline, *others = part.images
    beyond = [figure(image) for image in others if not image.name.startswith("directions")]
    return [
        f"<h2>{text(part.name)}</h2>" if part.name else "",
        figure(headline, heading=False),
        _matrix(content, part),
        _section(_of("Beyond pairs", part), *beyond),
        *map(section_html, part.sections),
        _directions(content, part),
    ]


def _of(title: str, part: Part) -> str:
    return f"{part.name}: {title}" if part.name else title


def _lacks(said: Sequence[str]) -> str:
    return "".join(f'<p class="note">{text(each)}</p>\n' for each in said)


def _warning(stands: Facts) -> str:
    if not stands.failures:
        return ""
    count = f"{len(stands.failures)} of {stands.cells} cells failed"
    return f'<div class="box note"><p>{count} and are in no mean: <a href="#failed">which, and why</a>.</p></div>\n'


def _matrix(content: Content, part: Part) -> str:
    view, by_method = content.view, part.table("matrix")
    shown, note = matrix(part.matrix, view.x_label), f"{MEANS} {TINT}"
    if content.by_method and by_method is not None:
        shown, note = data_table(by_method), f"{MEANS} {BOLD}"
    return _section(_of(capitalised(view.y_label), part), shown, f'<p class="note">{note}</p>')


def _directions(content: Content, part: Part) -> str:
    drawn = [figure(image, heading=False) for image in part.images if image.name.startswith("directions")]
    if not drawn:
        return ""
    parts = [
        f"<details><summary>{text(name)}</summary>{matrix(values, content.view.x_label)}</details>"
        if name
        else matrix(values, "direction")
        for name, values in part.directions
    ]
    folded = [table for name in ("direction_accuracy", "fallbacks") if (table := part.table(name)) is not None]
    parts += [f"<details><summary>{text(rows.title)}</summary>{data_table(rows)}</details>" for rows in folded]
    note = [f'<p class="note">{UNDEFINED}</p>'] if any(rows.marked for rows in folded) else []
    return _section(_of("Every direction", part), *drawn, *parts, *note)


def _definitions(content: Content) -> str:
    meanings = definitions_of(measures=bool(content.sections), exact=content.view.ceiling is not None)
    items = "".join(f"<dt>{text(name)}</dt><dd>{text(meaning)}</dd>" for name, meaning in meanings.items())
    return f'<dl class="reading">{items}</dl>'


def _failures(stands: Facts, *, several: bool) -> str:
    if not stands.failures:
        return ""
    rows = [
        (*([each.folder] if several else []), each.group, each.where, each.cell, each.error) for each in stands.failures
    ]
    headings = [*(["folder"] if several else []), "method", "settings", "cell", "error"]
    listing = table(headings, rows, words=True, last="error")
    note = "<p>These cells are in no mean and no figure. The same sweep, run again, tries them again.</p>"
    return _section("Failed cells", note, listing).replace("<h2>", '<h2 id="failed">', 1)


def _settings(stands: Facts) -> list[str]:
    parts = ["<h3>What varies</h3>", facts(stands.axes, "wide")]
    if stands.differing:
        rows = [(name, *values) for name, values in stands.differing]
        parts += ["<h3>What differs between methods</h3>", table(["", *stands.groups], rows)]
    return [*parts, "<h3>What is fixed</h3>", facts(stands.common)] if stands.common else parts


def _cost(stands: Facts) -> list[str]:
    headings = ["", "cells", "computing time", "per cell", "peak memory"]
    note = "Cells that were trained together share their time equally; peak memory is that of a whole process."
    parts = [table(headings, stands.costs), f'<p class="note">{note}</p>']
    for folder, machine in stands.machines:
        if machine:
            title = f"Computed on ({folder})" if len(stands.machines) > 1 else "Computed on"
            parts += [f"<h3>{text(title)}</h3>", facts(machine)]
    return parts


def _downloads(names: Sequence[str]) -> str:
    stems = list(dict.fromkeys(name.partition(".")[0] for name in names))
    items = []
    for stem in stems:
        own = [name for name in names if name.partition(".")[0] == stem]
        links = ", ".join(f'<a href="{text(name)}">{text(name.partition(".")[2])}</a>' for name in own)
        items.append(f"<div><dt>{text(stem.replace('_', ' '))}</dt><dd>{links}</dd></div>")
    return f'<dl class="facts">{"".join(items)}</dl>'
