"""Reports: tables and figures of finished runs, as one page, as Markdown, CSV, LaTeX, SVG and PNG."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from confu_core.report.words import ReportWords

__all__ = ["write_report"]


def write_report(
    folders: Sequence[Path], out: Path, hint: str = "make some with a sweep first", words: ReportWords | None = None
) -> list[Path]:
    """Write the report of results folders.

    Parameters
    ----------
    folders : sequence of Path
        One, or several of the same benchmark to compare. The first decides what is plotted over what.
    out : Path
        Where to write; made where it is missing. In a results folder only its ``report/`` will do.
    hint : str
        What to do if there are no results, for the message.
    words : confu_core.report.words.ReportWords or None
        What the benchmark calls things, such as `birdmml.bench.report_words()`; None speaks of classes.

    Returns
    -------
    list of Path
        The files, ``index.html`` first. Equal results give equal bytes.

    Raises
    ------
    ResultsError
        If a folder cannot be read or compared, or `out` cannot be written.

    Examples
    --------
    >>> write_report([Path("no-such-folder")], Path("report"))
    Traceback (most recent call last):
    confu_core.errors.ResultsError: no-such-folder does not exist; make some with a sweep first
    """
    # Only now: whoever imports this package for its name does not pay for pandas, scipy and matplotlib.
    from confu_core.report.words import ReportWords
    from confu_core.report.write import write

    return write(folders, out, hint, words or ReportWords())
