"""Runs and sweeps of `birdmml`: on Bird-MML, whose ceilings are known, on real media, and on any mix of them."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import Any

from birdmml.data import NAME
from birdmml.describe import data_columns, describe
from confu_core.data_files import read_data, record
from confu_core.datasets.sources import open_place
from confu_core.errors import InvalidValue
from confu_core.media.arrays import StreamedArrays, StreamedEpochs, augmentations
from confu_core.media.evaluate import families_of
from confu_core.media.opened import MediaData, open_media
from confu_core.media.run import MediaResult, run_media
from confu_core.media.settings import MediaSettings
from confu_core.media.sweep import kept, media_cells, media_plan, run_cells
from confu_core.media.task import MediaTask
from confu_core.report.words import ReportWords
from confu_core.runs.grid import Cell
from confu_core.runs.sweep import SweepSummary
from confu_core.training.fit import Progress
from confu_core.training.processes import chosen_device, ranks

__all__ = [
    "BENCHMARK",
    "data_columns",
    "kept",
    "open_data",
    "open_task",
    "plan_of",
    "report_words",
    "run",
    "run_sweep",
    "sweep_cells",
]

BENCHMARK = NAME
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


def open_task(
    settings: MediaSettings,
    *,
    cache: str | Path | None = None,
    stream: bool = False,
    workers: int = 1,
    progress: Callable[[int, int], None] | None = None,
) -> MediaTask:
    """Open a dataset as a task: tell the species, or another class, from what is seen of a sample.

    Parameters and errors are those of `open_data` and `confu_core.media.opened.open_media`.
    """
    data = open_data(settings.data)
    return open_media(data, settings, cache=cache, stream=stream, workers=workers, progress=progress)


def run(
    settings: MediaSettings,
    *,
    cache: str | Path | None = None,
    stream: bool = False,
    workers: int = 1,
    device: str = "cpu",
    checkpoint: Path | None = None,
    watch: Callable[[Progress], None] | None = None,
    progress: Callable[[int, int], None] | None = None,
    predicted: Path | None = None,
) -> MediaResult:
    """Train and evaluate one method once; return row, measures, examples and model.

    `cache`, `stream`, `workers` and `progress` are as for `open_task`; `device`, `checkpoint`, `watch` and
    `predicted` as for
    `confu_core.media.run.run_media`. Whatever can be wrong with data, settings, method or training is a ConfuError.
    """
    device = chosen_device(device)
    if stream:
        _check_streamed(settings)
    task = open_task(settings, cache=cache, stream=stream, workers=workers, progress=progress)
    source, families = None, None
    if stream:
        assert isinstance(task.arrays, StreamedArrays)
        rank, count = ranks()
        augment = augmentations(settings.augment, task.inputs, settings.seed)
        source = StreamedEpochs(task.arrays, settings.seed, settings.batch_size, augment, rank, count, device)
        source.labels = task.labels("train")
        families = families_of(task, streamed=True)
    return run_media(
        task,
        settings,
        source=source,
        device=device,
        checkpoint=checkpoint,
        watch=watch,
        # Where several processes train together, one of them measures.
        families=() if ranks()[0] else families,
        predicted=predicted,
    )


def sweep_cells(grid: Mapping[str, Sequence[Any]], fixed: Mapping[str, Any]) -> list[Cell[MediaSettings]]:
    """List the cells of a grid of runs; see `confu_core.media.sweep.media_cells`."""
    return media_cells(grid, fixed, open_data)[0]


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
