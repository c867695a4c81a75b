"""One page from many results folders: methods by dataset and measure, who ran them and when, and what to doubt."""

from __future__ import annotations

import math
import sys
from collections import Counter
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from importlib.metadata import version
from itertools import combinations
from pathlib import Path
from typing import Any

import pyarrow as pa

from confu_core.data_files import record
from confu_core.errors import DatasetError, ResultsError
from confu_core.io.atomic import check_writable, read_small, write_whole
from confu_core.page.html import filled, style
from confu_core.report.exact import CEILINGS
from confu_core.report.headline import direction_series, headline_series
from confu_core.report.selection import VALIDATION, Selection, selected
from confu_core.report.sources import BASELINES, ReportView, check_each_once, folder_labels, shown_together, view_of
from confu_core.report.tidy import DIRECTION, Measures, Series, read_tidy
from confu_core.report.words import ReportWords, capitalised, file_stem, label_of, show_spread
from confu_core.runs.merge import check_results
from confu_core.runs.results import Results, read_results
from confu_core.runs.sealed import writing_results
from confu_core.runs.store import SUBMISSION
from confu_core.statistics.agreement import FEWEST, rank_agreement
from confu_core.statistics.bootstrap import Estimate

if sys.version_info >= (3, 11):
    import tomllib
else:
    import tomli as tomllib

GENERATOR = '<meta name="generator" content="confu-bench leaderboard">'
SCHEMES = ("https://", "http://", "mailto:")
LONGEST = 200  # Letters of a name or an address.
HEADLINE_MEASURES = ("accuracy", "higher_order_capture")
# Every dataset is one of its own, and every method a row.
VIEW = ReportView("method", "accuracy", "method", "accuracy", "method", "bayes_accuracy", None)


@dataclass(frozen=True)
class Submission:
    """A results folder as the page tells of it: who and when, as far as they are said, and what makes one doubt.

    `elsewhere` are cells that a larger folder has too, with equal content: how many count there, by its label.
    """

    label: str
    results: Results
    name: str = ""
    url: str = ""
    findings: Sequence[str] = ()
    elsewhere: Mapping[str, int] = field(default_factory=dict)

    @property
    def day(self) -> str:
        """When it was last written to, in UTC."""
        return str(self.results.environment.get("date", ""))

    @property
    def anchor(self) -> str:
        """Where it stands on the page."""
        return f"folder-{file_stem(self.label)}"


@dataclass(frozen=True)
class Entry:
    """A method in a table: its mean with the interval, over how many seeds, and the settings that were chosen.

    `group` is the method as the results name it, `method` as a reader is told.
    """

    group: str
    method: str
    mean: float | None
    spread: str
    seeds: int
    chosen: str
    submission: Submission


@dataclass(frozen=True)
class Board:
    """A measure on a dataset: methods from the best, beside what is known exactly."""

    title: str
    entries: Sequence[Entry]
    exact: Mapping[str, float]


@dataclass(frozen=True)
class Chapter:
    """A dataset of one version of a benchmark: its headline measures, and every direction.

    `ranked` are the methods that are compared, each with its mean.
    """

    version: str
    name: str
    headline: Sequence[Board]
    directions: Sequence[Board]
    ranked: Mapping[str, float]
    note: str = ""


@dataclass(frozen=True)
class Agreement:
    """Kendall's tau between the orders in which two datasets put the methods that both have."""

    first: Chapter
    second: Chapter
    methods: int
    tau: Estimate


@dataclass(frozen=True)
class _Said:
    """What `submission.toml` says."""

    name: str = ""
    url: str = ""


def write_leaderboard(
    folders: Sequence[Path],
    out: Path,
    *,
    truth: Callable[[str], Any] = lambda benchmark: None,
    words: Callable[[str], ReportWords] = lambda benchmark: ReportWords(),
) -> Path:
    """Write the page; `truth` and `words` give by benchmark what is known exactly of a row, and how it speaks.

    Folders may be of any benchmarks and versions, each of which has tables of its own. Raises ResultsError where one
    cannot be read, or `out` is a file of somebody else's.
    """
    _check_ours(out)
    check_each_once(folders)
    sources = [read_results(folder) for folder in folders]
    labels = folder_labels(folders)
    submissions = [
        _submission(results, label, truth(results.benchmark), {labels[at]: cells for at, cells in elsewhere.items()})
        for (results, elsewhere), label in zip(_each_cell_once(sources), labels, strict=True)
    ]
    versions = dict.fromkeys(results.version for results in sources)
    chapters = [
        chapter
        for name in sorted(versions)
        for own in [[one for one in submissions if one.results.version == name]]
        for chapter in _chapters(own, words(own[0].results.benchmark))
    ]
    text = filled(
        "confu_core.report",
        "leaderboard.html.j2",
        chapters=chapters,
        agreements=list(_agreements(chapters)),
        fewest=FEWEST,
        submissions=submissions,
        style=style(("confu_core.report", "leaderboard.css")),
        version=version("confu-bench"),
    )
    with writing_results():
        write_whole(out, text.encode())
    return out


def _check_ours(out: Path) -> None:
    """Refuse, before anything is read, to write over what no leaderboard is."""
    with writing_results():
        check_writable(out)
        ours = not out.exists() or GENERATOR in read_small(out).decode(errors="replace")
    if not ours:
        raise ResultsError(f"{out} is no leaderboard, and is not overwritten; choose another --out")


def _each_cell_once(sources: Sequence[Results]) -> list[tuple[Results, Counter[int]]]:
    """Leave each cell in the largest of the folders that hold it alike, and count for each folder where others went."""
    owner: dict[str, int] = {}
    found: dict[int, tuple[Results, Counter[int]]] = {}
    for at in sorted(range(len(sources)), key=lambda at: -len(sources[at].table)):
        results = sources[at]
        rows = [{name: value for name, value in row.items() if value is not None} for row in results.rows()]
        places = [owner.setdefault(repr((results.version, sorted(row.items()))), at) for row in rows]
        own = results.table.filter(pa.array([place == at for place in places], pa.bool_()))
        found[at] = replace(results, table=own), Counter(place for place in places if place != at)
    return [found[at] for at in range(len(sources))]


def _submission(results: Results, label: str, truth: Any, elsewhere: Mapping[str, int]) -> Submission:
    said = _said(results.folder / SUBMISSION)
    return Submission(label, results, said.name, said.url, check_results(results.folder, truth), elsewhere)


def _said(path: Path) -> _Said:
    """Read who submits a folder; raises ResultsError where the file says anything else."""
    try:
        said = record(_Said, tomllib.loads(read_small(path).decode()), str(path))
    except FileNotFoundError:
        return _Said()
    except (DatasetError, OSError, ValueError) as error:
        raise ResultsError(f"{error}; {SUBMISSION} holds name and url") from error
    for name, value in (("name", said.name), ("url", said.url)):
        if len(value) > LONGEST:
            raise ResultsError(f"{path}: {name} must have at most {LONGEST} letters; got {len(value)}")
    if said.url and not said.url.startswith(SCHEMES):
        raise ResultsError(f"{path}: url must start with {', '.join(SCHEMES)}; got {said.url!r}")
    return said


def _chapters(submissions: Sequence[Submission], words: ReportWords) -> Iterator[Chapter]:
    shown = [one for one in submissions if not one.elsewhere or "done" in one.results.table["status"].to_pylist()]
    sources = shown_together([one.results for one in shown], "submit folders with finished cells")
    labels = [one.label for one in shown]
    selection = selected(sources, labels, VIEW, VALIDATION)
    measures = read_tidy(selection.sources, labels, VIEW, words.told_by(sources), selection.tried)
    title = view_of(sources[0]).y_label
    by_label = {one.label: one for one in submissions}
    for dataset in dict.fromkeys(one.dataset for one in measures.groups):
        own = measures.kept([at for at, one in enumerate(measures.groups) if one.dataset == dataset])
        yield _chapter(own, dataset, title, selection, by_label)


def _chapter(
    measures: Measures, dataset: str, title: str, selection: Selection, submissions: Mapping[str, Submission]
) -> Chapter:
    chosen = _chosen(selection)

    def board(name: str, series: Sequence[Series], *, exact: bool = True) -> Board:
        # What a fallback reaches is no result of the method.
        found = [_entry(one, chosen, submissions) for one in series if all(point.defined for point in one.points)]
        entries = sorted(found, key=lambda one: -math.inf if one.mean is None else one.mean, reverse=True)
        points = [point for one in series for point in one.points]
        known = {line.label: levels[0] for line in CEILINGS if exact and len(levels := line.levels(points)) == 1}
        return Board(name, [one for one in entries if one.mean is not None], known)

    headline = [
        board(
            capitalised(title if name == VIEW.y else label_of(name)),
            headline_series(measures, VIEW, name),
            exact=name == VIEW.y,
        )
        for name in HEADLINE_MEASURES
    ]
    directions = [
        board(f"Accuracy {name}", direction_series(measures, VIEW, name))
        for name in measures.values(DIRECTION, "subject")
    ]
    main, others = ([one for one in boards if one.entries] for boards in (headline, directions))
    note = "" if selection.table else selection.note
    return Chapter(selection.sources[0].version, dataset, main, others, _ranked(headline[0].entries), note)


def _ranked(entries: Sequence[Entry]) -> dict[str, float]:
    """Return the mean of each method where it stands first, baselines aside."""
    found: dict[str, float] = {}
    for one in entries:
        if one.mean is not None and one.group not in BASELINES:
            found.setdefault(one.group, one.mean)
    return found


def _agreements(chapters: Sequence[Chapter]) -> Iterator[Agreement]:
    for first, second in combinations(chapters, 2):
        shared = [method for method in first.ranked if method in second.ranked]
        means = [[chapter.ranked[method] for method in shared] for chapter in (first, second)]
        # Where most are equal, as at chance or at the top, there is no order to speak of.
        if min(len(set(side)) for side in means) >= FEWEST:
            yield Agreement(first, second, len(shared), rank_agreement(*means))


def _chosen(selection: Selection) -> dict[tuple[str, str], str]:
    """Return what was chosen, by folder and method; several conditions are told one after the other."""
    found: dict[tuple[str, str], list[str]] = {}
    for label, method, where, setting, _, settings, _ in selection.table.rows if selection.table else ():
        found.setdefault((label, method), []).append(f"{f'{where}: ' if where else ''}{setting} (of {settings})")
    return {key: "; ".join(dict.fromkeys(said)) for key, said in found.items()}


def _entry(one: Series, chosen: Mapping[tuple[str, str], str], submissions: Mapping[str, Submission]) -> Entry:
    found = one.points[0].interval if one.points else None
    method = one.variant.partition(", ")[0]
    return Entry(
        one.group,
        one.variant,
        None if found is None else found.mean,
        "" if found is None else show_spread(found),
        0 if found is None else found.n,
        chosen.get((one.folder, method), ""),
        submissions[one.folder],
    )
