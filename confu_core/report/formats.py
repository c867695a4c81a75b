"""Tables as CSV for machines, as Markdown for repositories, as LaTeX for papers."""

from __future__ import annotations

import csv
import io
import re
from collections.abc import Callable
from typing import Any

from confu_core import escaping
from confu_core.report.tables import Table
from confu_core.statistics.intervals import Interval

PAGE_ROWS = 40  # Longer tables break over pages.
LATEX = {
    "\\": r"\textbackslash{}",
    "{": r"\{",
    "}": r"\}",
    "$": r"\$",
    "&": r"\&",
    "%": r"\%",
    "#": r"\#",
    "_": r"\_",
    "~": r"\textasciitilde{}",
    "^": r"\textasciicircum{}",
    "<": r"\textless{}",
    ">": r"\textgreater{}",
    "|": r"\textbar{}",
    '"': "''",
    "±": r"$\pm$",
    "→": r"$\rightarrow$",
    "\u2212": "$-$",
    "\u2013": "--",
    "†": r"\textdagger{}",
    "²": "$^2$",
}
HAT = re.compile("(.)\u0302")


def to_csv(table: Table) -> str:
    """Write a table with all its digits, means without their intervals, and nothing that a spreadsheet would run."""
    text = io.StringIO()
    writer = csv.writer(text, lineterminator="\n")
    writer.writerow([escaping.spreadsheet_cell(column.name) for column in table.columns])
    for row in table.rows:
        cells = (value.mean if isinstance(value, Interval) else value for value in row)
        writer.writerow(map(escaping.spreadsheet_cell, cells))
    return text.getvalue()


def to_markdown(table: Table) -> str:
    """Write a table for a repository."""
    # A dash begins no list inside a table.
    headings, rows, numeric = _readable(
        table, lambda text: text if text == "-" else escape_markdown(text), "**{}**".format
    )
    rule = ["--:" if right else ":--" for right in numeric]
    return "\n".join("| " + " | ".join(line) + " |" for line in (headings, rule, *rows))


def to_latex(table: Table) -> str:
    """Write a table for a paper, with the rules of the package booktabs; a long one breaks over pages."""
    headings, rows, numeric = _readable(table, escape_latex, r"\textbf{{{}}}".format)
    align = "".join("r" if right else "l" for right in numeric)
    head = [r"\toprule", " & ".join(headings) + r" \\", r"\midrule"]
    body = [" & ".join(row) + r" \\" for row in rows]
    caption = rf"\caption{{{escape_latex(table.title)}.}}"
    label = rf"\label{{tab:{table.name}}}"
    if len(rows) > PAGE_ROWS:
        lines = [
            r"% Needs \usepackage{booktabs,longtable}.",
            r"\begingroup\footnotesize\setlength{\tabcolsep}{4pt}",
            rf"\begin{{longtable}}{{{align}}}",
            caption + label + r" \\",
            *head,
            r"\endfirsthead",
            *head,
            r"\endhead",
            *body,
            r"\bottomrule",
            r"\end{longtable}",
            r"\endgroup",
        ]
    else:
        lines = [
            r"% Needs \usepackage{booktabs}.",
            r"\begin{table}[t]",
            r"\centering\small\setlength{\tabcolsep}{4pt}",
            caption + label,
            rf"\begin{{tabular}}{{{align}}}",
            *head,
            *body,
            r"\bottomrule",
            r"\end{tabular}",
            r"\end{table}",
        ]
    return "\n".join(lines) + "\n"


def escape_latex(text: str) -> str:
    r"""Escape text for LaTeX, letters with a hat as formulas.

    >>> print(escape_latex("50% of a_b -> p\u0302"))
    50\% of a\_b $\rightarrow$ $\hat{p}$
    """
    parts = HAT.split(" ".join(text.split()).replace("->", " → "))
    # Every second part is a letter that had a hat.
    return "".join(
        rf"$\hat{{{part}}}$" if at % 2 else "".join(LATEX.get(letter, letter) for letter in part)
        for at, part in enumerate(parts)
    )


def escape_markdown(text: str) -> str:
    """Escape text for Markdown; arrows become arrows."""
    return escaping.escape_markdown(text.replace("->", " → "))


def _readable(
    table: Table, escape: Callable[[str], str], strong: Callable[[str], str]
) -> tuple[list[str], list[list[str]], list[bool]]:
    """Return headings, escaped rows, and which columns are numbers, of the columns that readers see."""
    seen = table.shown

    def entry(row: int, at: int) -> str:
        text = escape(table.text(row, at))
        return strong(text) if (row, at) in table.bold else text

    rows = [[entry(row, at) for at in seen] for row in range(len(table.rows))]
    numeric = [not any(_is_text(row[at]) for row in table.rows) for at in seen]
    return [escape(table.columns[at].label) for at in seen], rows, numeric


def _is_text(value: Any) -> bool:
    return isinstance(value, str | bool)
