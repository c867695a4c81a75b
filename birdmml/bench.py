"""Runs and sweeps of `birdmml`: on Bird-MML, whose ceilings are known, on real media, and on any mix of them."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

from birdmml.data import NAME
from birdmml.describe import describe
from confu_core.data_files import read_data, record
from confu_core.datasets.sources import open_place
from confu_core.errors import InvalidValue
from confu_core.media.opened import MediaData, open_media
from confu_core.media.run import MediaResult, run_media
from confu_core.media.settings import MediaSettings
from confu_core.media.sweep import media_cells, media_plan, run_cells
from confu_core.media.task import MediaTask
from confu_core.report.words import ReportWords
from confu_core.runs.grid import Cell
from confu_core.runs.sweep import SweepSummary
from confu_core.training.fit import Progress
from confu_core.training.processes import chosen_device

BENCHMARK = NAME
SWEEPS: dict[str, dict[str, Any]] = read_data("birdmml", "sweeps.toml")
OWN, NAMES = "own", "names"  # What describes classes: what the data have, or the names alone; else it is other data.
SHOWN = {"title": "Bird-MML: species from picture and song", "y_label": "accuracy, species from picture and song"}


def report_words() -> ReportWords:
    """Return what reports call the things of Bird-MML, for `confu_core.report.write_report`."""
    return record(ReportWords, read_data("birdmml", "report.toml"), "report.toml")


def open_data(place: str | Path) -> MediaData:
    """Open any dataset to train on, without decoding anything; with exact ceilings where it was generated.

    `place` is the folder or URL of a built dataset, generated or real, or a source that is read in place, such as
    ``"ssw60:/data/ssw60"``. A DatasetError says that there is none, that it is damaged or none to train on, an
    InvalidValue that there is no such source, or no such option of it.
    """
    return describe(open_place(place)).media()


def prompted(data: MediaData, prompts: str) -> tuple[MediaData, dict[str, str]]:
    """Return data whose classes are described otherwise, and what results say of it.

    Classes are described by what the data have, by names alone, or by what other data have for the same names, which
    results name by their fingerprint.
    """
    if prompts == OWN:
        return data, {}
    classes, said = data.contents.classes, prompts
    if prompts == NAMES:
        found = tuple((name, number) for number, name in enumerate(classes))
    else:
        other = open_data(prompts)
        found, said = _taken(classes, other, prompts), str(other.columns["data"])
    return replace(data, contents=replace(data.contents, prompts=found)), {"prompts": said}


def _taken(classes: tuple[str, ...], other: MediaData, place: str) -> tuple[tuple[str, int], ...]:
    by_name: dict[str, list[str]] = {}
    for text, number in other.contents.prompts:
        by_name.setdefault(_letters(other.contents.classes[number]), []).append(text)
    lacking = [name for name in classes if _letters(name) not in by_name]
    if lacking:
        what = f"{len(lacking)} of the {len(classes)} classes, first {lacking[0]!r}"
        raise InvalidValue(f"{place} has no description of {what}; give --prompts names, or data that have")
    return tuple((text, number) for number, name in enumerate(classes) for text in by_name[_letters(name)])


def _letters(name: str) -> str:
    """Return a name without case, hyphens and the like, which datasets write differently."""
    return "".join(filter(str.isalnum, name.casefold()))


def open_task(settings: MediaSettings, **reading: Any) -> MediaTask:
    """Open a dataset as a task: tell the species, or another class, from what is seen of a sample.

    `reading` are ``cache``, ``stream``, ``workers`` and ``progress``, as for `confu_core.media.opened.open_media`;
    errors are those of that and of `open_data`.
    """
    return open_media(open_data(settings.data), settings, **reading)


def run(
    settings: MediaSettings,
    *,
    stream: bool = False,
    device: str = "cpu",
    checkpoint: Path | None = None,
    watch: Callable[[Progress], None] | None = None,
    predicted: Path | None = None,
    **reading: Any,
) -> MediaResult:
    """Train and evaluate one method once; return row, measures, examples and model.

    `stream` and `reading` are as for `open_task`; `device`, `checkpoint`, `watch` and `predicted`
    as for `confu_core.media.run.run_media`. Whatever can be wrong with data, settings, method or training is a
    ConfuError.
    """
    device = chosen_device(device)
    if stream:
        _check_streamed(settings)
    task = open_task(settings, stream=stream, **reading)
    return run_media(task, settings, device=device, checkpoint=checkpoint, watch=watch, predicted=predicted)


def run_sweep(
    grid: Mapping[str, Sequence[Any]], out: str | Path, *, fixed: Mapping[str, Any] | None = None, **how: Any
) -> SweepSummary:
    """Run every cell of a grid that a results folder does not hold yet; return counts, failures and time.

    `how` are ``cache``, ``workers``, ``device``, ``decoding`` and ``written``, as for
    `confu_core.media.sweep.run_cells`, and ``part``, ``engine``, ``scheduler`` and ``progress``, as for
    `confu_core.runs.sweep.sweep`; errors are ConfuErrors.
    """
    fixed = dict(fixed or {})
    cells, known = media_cells(grid, fixed, open_data)
    return run_cells(cells, known, out, run=run, plan=_plan(grid, fixed, cells, known), **how)


def plan_of(grid: Mapping[str, Sequence[Any]], fixed: Mapping[str, Any]) -> dict[str, Any]:
    """Return what ``sweep.json`` says of a grid, as JSON values; where data lie is not among them."""
    return _plan(grid, fixed, *media_cells(grid, fixed, open_data))


def _plan(
    grid: Mapping[str, Sequence[Any]],
    fixed: Mapping[str, Any],
    cells: Sequence[Cell[MediaSettings]],
    known: Mapping[str, MediaData],
) -> dict[str, Any]:
    plan = media_plan(grid, fixed, cells, known)
    if not all(one.benchmark == BENCHMARK for one in known.values()):
        return plan
    return {**plan, "title": SHOWN["title"], "view": {**plan["view"], "y_label": SHOWN["y_label"]}}


def _check_streamed(settings: MediaSettings) -> None:
    if settings.feature_files:
        raise InvalidValue("--features cannot be streamed: their rows are looked up by key; leave out --stream")
    if settings.balance != "instance":
        raise InvalidValue(f"balance must be instance for a stream, which has no labels; got {settings.balance!r}")
    if settings.pairing != "sample":
        raise InvalidValue(f"pairing must be sample for a stream, which has no labels; got {settings.pairing!r}")
