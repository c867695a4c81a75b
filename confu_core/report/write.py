"""Write a report: each file whole or not at all."""

from __future__ import annotations

import contextlib
import gc
import re
from collections.abc import Collection, Iterator, Sequence
from pathlib import Path

from confu_core.errors import ResultsError
from confu_core.io.atomic import read_small, remove_partials, write_whole, writing
from confu_core.report.page import Content, content_of, markdown_page, page
from confu_core.report.tables import to_csv, to_latex, to_markdown
from confu_core.report.words import ReportWords
from confu_core.runs.results import RESULTS
from confu_core.runs.sealed import writing_results

REPORT = "report"  # The one folder in a results folder that is ours.
PAGE, MARKDOWN = "index.html", "report.md"
GENERATOR = '<meta name="generator" content="confu-bench report">'


def write_report(
    folders: Sequence[Path],
    out: Path,
    hint: str = "make some with a sweep first",
    words: ReportWords | None = None,
    select: str = "validation",
    reference: Path | None = None,
    whole: bool = True,
) -> list[Path]:
    """Write the report of results folders, of several settings of a method with the best on validation, or all.

    `reference` is a results folder whose rows on the same data stand beside them, marked; unless `whole`, a line says
    what baselines among them reach.
    """
    _check_place(out)
    _check_ours(out, {PAGE, MARKDOWN})  # Before minutes of drawing.
    with _no_collection():
        content = content_of(folders, hint, words or ReportWords(), select, reference, whole)
        files = _files(content)
        # The page last, so that it never links to what is not there yet.
        files[PAGE] = page(content, sorted(files)).encode()
    with writing_results(), writing(out):
        out.mkdir(parents=True, exist_ok=True)
        _check_ours(out, files.keys())
        remove_partials(out)
        for name, held in files.items():
            write_whole(out / name, held)
    return [out / PAGE, *(out / name for name in files if name != PAGE)]


@contextlib.contextmanager
def _no_collection() -> Iterator[None]:
    """Look for no cycles: of the millions of rows that a report makes none is in one, and the search takes long."""
    with contextlib.ExitStack() as stack:
        if gc.isenabled():
            stack.callback(gc.enable)
            gc.disable()
        yield


def _check_place(out: Path) -> None:
    """Refuse a place for a report that would hurt a results folder, or a dataset."""
    if out.exists() and not out.is_dir():
        raise ResultsError(f"{out} is not a folder; choose another --out")
    if (out / "manifest.json").exists():
        raise ResultsError(f"{out} holds a dataset; choose another --out")
    place = out.resolve()
    for folder in (place, *place.parents):
        inner = place.relative_to(folder).parts
        if (folder / RESULTS).is_file() and inner[:1] != (REPORT,):
            raise ResultsError(
                f"{out} lies in the results folder {folder.name}, which must hold nothing but results; "
                f"choose {folder.name}/{REPORT} or an --out elsewhere"
            )


def _check_ours(out: Path, names: Collection[str]) -> None:
    """Refuse to overwrite files that no report has written: those that its page does not link to."""
    if out.name == REPORT and (out.parent / RESULTS).is_file():
        return  # The place within results that sweeps leave to reports.
    try:
        page = read_small(out / PAGE).decode(errors="replace")
    except (FileNotFoundError, NotADirectoryError):
        page = ""
    except OSError as error:
        raise ResultsError(f"{out / PAGE} cannot be read: {error.strerror}") from error
    known = {PAGE, *re.findall(r'href="([^"/]+)"', page)} if GENERATOR in page else set()
    for name in sorted(set(names) - known):
        if (out / name).exists() or (out / name).is_symlink():
            raise ResultsError(f"{out / name} is not of a report, and is not overwritten; choose another --out")


def _files(content: Content) -> dict[str, bytes]:
    """Return all files but the page, by name."""
    files: dict[str, str | bytes] = {}
    sections = [section for part in content.parts for section in part.sections]
    for image in (image for section in sections for image in section.images):
        files |= {f"{image.name}.svg": image.svg, f"{image.name}.png": image.png}
    tables = [table for section in sections for table in (*section.tables, *section.folded) if table.name]
    chosen = [content.chosen] if content.chosen else []
    for table in (*chosen, *tables, *(table for part in content.parts for table in part.appendix)):
        files |= {f"{table.name}.csv": to_csv(table), f"{table.name}.md": to_markdown(table) + "\n"}
        files[f"{table.name}.tex"] = to_latex(table)
    for table in (*content.exports, *(table for part in content.parts for table in part.exports)):
        files[f"{table.name}.csv"] = to_csv(table)
    files[MARKDOWN] = markdown_page(content)
    return {name: held.encode() if isinstance(held, str) else held for name, held in files.items()}
