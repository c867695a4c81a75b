"""Reports: tables and figures of finished runs, as one page, as Markdown, CSV, LaTeX, SVG and PNG."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from confu_core.report.words import ReportWords

__all__ = ["write_report"]


def write_report(
    folders: Sequence[Path],
    out: Path,
    hint: str = "make some with a sweep first",
    words: ReportWords | None = None,
    select: str = "validation",
    reference: Path | None = None,
) -> list[Path]:
    """Write the report of results folders, of several settings of a method with the best on validation, or all.

    `reference` is a results folder whose rows on the same data stand beside them, marked.
    """
    # Only now: whoever imports this package for its name does not pay for pandas, scipy and matplotlib.
    from confu_core.report.words import ReportWords
    from confu_core.report.write import write

    return write(folders, out, hint, words or ReportWords(), select, reference)
