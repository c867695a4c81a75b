"""What the scripts of this folder share: numbers written, and tables put below their marks in a page."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Mapping, Sequence
from pathlib import Path

import pandas as pd

from confu_core.statistics.intervals import student_interval

HERE = Path(__file__).parent


def table(head: Sequence[str], rows: Iterable[Sequence[str]], words: int = 1) -> str:
    """Write a Markdown table whose first columns are words, and whose others are numbers."""
    lines = [head, ["---"] * words + ["--:"] * (len(head) - words), *rows]
    return "\n".join(f"| {' | '.join(line)} |" for line in lines)


def interval(values: Iterable[float]) -> str:
    """Write a mean over seeds, with the half of its interval where there are several."""
    values = list(values)
    if len(values) < 2:
        return f"{values[0]:.3f}"
    found = student_interval(values)
    return f"{found.mean:.3f} ± {(found.high - found.low) / 2:.3f}"


def spread(values: Iterable[float]) -> str:
    """Write the least and the greatest of some numbers, once where they are written alike."""
    values = list(values)
    ends = [f"{value + 0.0:.3f}" for value in (min(values), max(values))]
    return ends[0] if ends[0] == ends[1] else " to ".join(ends)


def signed(text: str) -> str:
    """Write a difference with its sign."""
    return text if text.startswith("-") else f"+{text}"


def kept_with(path: Path, rows: pd.DataFrame, keys: Sequence[str]) -> pd.DataFrame:
    """Return what a file keeps and some rows beside it, in order; of equal keys the new row stands."""
    every = pd.concat([pd.read_csv(path), rows])
    # Where there is none a file has nothing, and pandas reads that as NaN.
    every = every.fillna({name: "" for name in ("condition", "part") if name in every})
    return every.drop_duplicates(keys, keep="last").sort_values(keys, kind="stable")


def put_tables(page: str, tables: Mapping[str, Callable[[], str]]) -> None:
    """Put each table below its mark in a page of the documentation, as in ``<!-- table: groups -->``."""
    path = HERE.parent / page
    text = re.sub(
        r"(<!-- table: ([a-z-]+) -->\n)\n(?:\|.*\n)*\n*",
        lambda found: f"{found[1]}\n{tables[found[2]]()}\n\n" if found[2] in tables else found[0],
        path.read_text(encoding="utf-8"),
    )
    path.write_text(text, encoding="utf-8")
