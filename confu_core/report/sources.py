"""The results folders of one report: read, compared, and named so that no two are called the same."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

from confu_core.errors import ResultsError
from confu_core.runs.results import Results, read_results

__all__ = ["check_place", "folder_labels", "read_sources"]

REPORT = "report"


def read_sources(folders: Sequence[Path], hint: str) -> list[Results]:
    """Read results folders that are to be shown together.

    Parameters
    ----------
    folders : sequence of Path
        At least one, each once, all of one benchmark.
    hint : str
        What to do if there are no results, for the message.

    Returns
    -------
    list of Results
        In the order given; each has a finished cell.

    Raises
    ------
    ResultsError
        If a folder cannot be read, is there twice, is of another benchmark, or has no finished cell.

    Examples
    --------
    >>> read_sources([Path("no-such-folder")], "make some first")
    Traceback (most recent call last):
    confu_core.errors.ResultsError: no-such-folder does not exist; make some first
    """
    if not folders:
        raise ResultsError(f"a report needs at least one results folder; got none; {hint}")
    seen: set[Path] = set()
    sources: list[Results] = []
    for folder in folders:
        if folder.resolve() in seen:
            raise ResultsError(f"{folder} is given twice; name each results folder once")
        seen.add(folder.resolve())
        results = read_results(folder, hint=hint)
        _check(results, sources[0] if sources else results, hint)
        sources.append(results)
    return sources


def folder_labels(folders: Sequence[Path]) -> list[str]:
    """Name folders as briefly as tells them apart.

    Parameters
    ----------
    folders : sequence of Path
        No two the same.

    Returns
    -------
    list of str
        The last part of each path, with as many parents as it takes.

    Examples
    --------
    >>> folder_labels([Path("runs/paper"), Path("runs/mine")])
    ['paper', 'mine']
    >>> folder_labels([Path("/today/runs"), Path("/yesterday/runs")])
    ['today/runs', 'yesterday/runs']
    """
    parts = [folder.resolve().parts for folder in folders]
    for depth in range(1, max(map(len, parts)) + 1):
        labels = ["/".join(path[-depth:]) for path in parts]
        if len(set(labels)) == len(labels):
            break
    return labels


def check_place(out: Path) -> None:
    """Refuse a place for a report that would hurt a results folder.

    A sweep goes on only in a folder that holds nothing foreign, and what it leaves room for is ``report/``.

    Parameters
    ----------
    out : Path
        Where the report is to be written.

    Raises
    ------
    ResultsError
        If it is a file, a results folder, or within one but not within its ``report/``.

    Examples
    --------
    >>> check_place(Path("no-such-folder/report"))
    """
    if out.exists() and not out.is_dir():
        raise ResultsError(f"{out} is not a folder; choose another --out")
    place = out.resolve()
    for folder in (place, *place.parents):
        inner = place.relative_to(folder).parts
        if (folder / "results.parquet").is_file() and inner[:1] != (REPORT,):
            raise ResultsError(
                f"{out} lies in the results folder {folder.name}, which must hold nothing but results; "
                f"choose {folder.name}/{REPORT} or an --out elsewhere"
            )


def _check(results: Results, first: Results, hint: str) -> None:
    if results.benchmark != first.benchmark:
        raise ResultsError(
            f"{results.folder} holds results of the benchmark {results.benchmark!r}, {first.folder} of "
            f"{first.benchmark!r}; report each benchmark on its own"
        )
    status = results.table["status"].to_pylist()
    if "done" not in status:
        errors = [error for error in results.table["error"].to_pylist() if error]
        failed = f" ({len(errors)} failed: {errors[0]})" if errors else ""
        raise ResultsError(f"{results.folder} holds no finished cell{failed}; {hint}")
