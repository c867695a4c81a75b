"""Tables as CSV for machines, as Markdown for repositories, as LaTeX for papers."""

from __future__ import annotations

import csv
import io
import re
from collections.abc import Callable, Sequence
from typing import Any

from confu_core import escaping
from confu_core.report.table import Table, cell_text
from confu_core.statistics.intervals import Interval

__all__ = ["escape_latex", "escape_markdown", "to_csv", "to_latex", "to_markdown"]

# Longer tables break over pages.
PAGE_ROWS = 40
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
    """Write a table with all its digits.

    Parameters
    ----------
    table : Table
        What to write. Of an `Interval` the mean is written.

    Returns
    -------
    str
        Comma-separated, with a heading; what is undefined is empty, and a text that a spreadsheet would take for a
        formula has an apostrophe before it.

    Examples
    --------
    >>> from confu_core.report.table import Column
    >>> print(to_csv(Table("t", "", (Column("p"), Column("x")), ((0.1, None), (1 / 3, "a,b")))).rstrip())
    p,x
    0.1,
    0.3333333333333333,"a,b"
    """
    text = io.StringIO()
    writer = csv.writer(text, lineterminator="\n")
    writer.writerow([escaping.spreadsheet_cell(column.name) for column in table.columns])
    for row in table.rows:
        cells = (value.mean if isinstance(value, Interval) else value for value in row)
        writer.writerow(map(escaping.spreadsheet_cell, cells))
    return text.getvalue()


def to_markdown(table: Table) -> str:
    r"""Write a table for a repository.

    Parameters
    ----------
    table : Table
        What to write; columns without a label are left out.

    Returns
    -------
    str
        A pipe table, numbers to the right.

    Examples
    --------
    >>> from confu_core.report.table import Column
    >>> print(to_markdown(Table("t", "", (Column("m", "method"), Column("a", "accuracy")), (("a|b", 0.51562),))))
    | method | accuracy |
    | :-- | --: |
    | a\|b | 0.516 |
    """
    # A dash is no list where a cell begins.
    headings, rows, numeric = _readable(
        table, lambda text: text if text == "-" else escape_markdown(text), "**{}**".format
    )
    rule = ["--:" if right else ":--" for right in numeric]
    return "\n".join("| " + " | ".join(line) + " |" for line in (headings, rule, *rows))


def _cell(text: str) -> str:
    return text if text == "-" else escape_markdown(text)  # A dash begins no list inside a table.


def to_latex(table: Table) -> str:
    r"""Write a table for a paper, with the rules of the package booktabs.

    Parameters
    ----------
    table : Table
        What to write; columns without a label are left out.

    Returns
    -------
    str
        A ``table``, or for many rows a ``longtable``, with caption and label.

    Examples
    --------
    >>> from confu_core.report.table import Column
    >>> text = to_latex(Table("t", "Results", (Column("m", "method"), Column("a", "acc_1")), (("clip", 0.5),)))
    >>> print("\n".join(text.splitlines()[-6:-2]))
    method & acc\_1 \\
    \midrule
    clip & 0.500 \\
    \bottomrule
    """
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
    r"""Escape text for LaTeX.

    Parameters
    ----------
    text : str
        Of a user.

    Returns
    -------
    str
        With arrows as arrows, and letters with a hat as formulas.

    Examples
    --------
    >>> print(escape_latex("my_file.py: 5% of ac->b"))
    my\_file.py: 5\% of ac $\rightarrow$ b
    """
    parts = HAT.split(" ".join(text.split()).replace("->", " → "))
    # Every second part is a letter that had a hat.
    return "".join(
        rf"$\hat{{{part}}}$" if at % 2 else "".join(LATEX.get(letter, letter) for letter in part)
        for at, part in enumerate(parts)
    )


def escape_markdown(text: str) -> str:
    r"""Escape text for Markdown.

    Parameters
    ----------
    text : str
        Of a user.

    Returns
    -------
    str
        On one line, with nothing that Markdown or HTML would take for markup.

    Examples
    --------
    >>> print(escape_markdown("my_file.py | <b> a->b"))
    my\_file.py \| &lt;b&gt; a → b
    """
    return escaping.escape_markdown(text.replace("->", " → "))


def _readable(
    table: Table, escape: Callable[[str], str], strong: Callable[[str], str]
) -> tuple[list[str], list[list[str]], list[bool]]:
    """Headings, escaped rows, and which columns are numbers, of the columns that readers see."""
    seen = [at for at, column in enumerate(table.columns) if column.label]
    headings = [escape(table.columns[at].label) for at in seen]
    rows = []
    for number in range(len(table.rows)):
        texts = [escape(cell_text(table, number, at)) for at in seen]
        rows.append(
            [strong(text) if (number, at) in table.bold else text for at, text in zip(seen, texts, strict=True)]
        )
    return headings, rows, [_is_numeric([row[at] for row in table.rows]) for at in seen]


def _is_numeric(values: Sequence[Any]) -> bool:
    return not any(isinstance(value, str | bool) for value in values)
