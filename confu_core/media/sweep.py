"""Sweeps over media: the cells of a grid over datasets, and what a results folder says of them."""

from __future__ import annotations

import functools
from collections import deque
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import Any

from confu_core.errors import InvalidValue
from confu_core.media.opened import PROBE, MediaData, described_by, open_media
from confu_core.media.run import Measured, MediaResult
from confu_core.media.settings import MediaSettings
from confu_core.parallel.cluster import engine_in_use
from confu_core.runs.environment import threads
from confu_core.runs.grid import Cell, grid_cells
from confu_core.runs.sweep import SweepSummary, sweep
from confu_core.training.processes import check_device, chosen_device

CHECKPOINTS = "checkpoints"
Known = Mapping[str, MediaData]


def media_cells(
    grid: Mapping[str, Sequence[Any]], fixed: Mapping[str, Any], known: Callable[[str], MediaData]
) -> tuple[list[Cell[MediaSettings]], dict[str, MediaData]]:
    """List the cells of a grid of runs."""
    axes = {axis: values for axis, values in grid.items() if axis != "data"}
    cells, opened = [], {}
    for place in _places(grid, fixed):  # Settings do not know their data, so that each dataset has a grid of its own.
        opened[place] = known(place)
        columns = opened[place].columns
        for cell in grid_cells(MediaSettings, axes, {**fixed, "data": place}):
            identity = cell.settings.cell_on(columns)
            cells.append(Cell(identity, cell.shape, {**cell.columns, **columns}, cell.settings))
    return cells, opened


def run_cells(
    cells: Sequence[Cell[MediaSettings]],
    known: Known,
    out: str | Path,
    *,
    run: Callable[..., MediaResult],
    plan: dict[str, Any],
    cache: str | Path | None = None,
    workers: int = 1,
    device: str = "cpu",
    decoding: Callable[[int, int], None] | None = None,
    written: Callable[[dict[str, Any], float], None] | None = None,
    **how: Any,
) -> SweepSummary:
    """Run every cell that a folder does not hold yet; `how` is what `confu_core.runs.sweep.sweep` takes."""
    check_device(chosen_device(device))
    # Decoded and damaged once, on all cores, before the processes would each do it.
    with engine_in_use(how.get("engine", "local"), how.get("scheduler")):
        every = (cell.settings for cell in cells)
        for settings in {(one.data, one.side, one.tokens): one for one in every}.values():  # One for each cache.
            task = open_media(known[settings.data], settings, cache=cache, workers=workers, progress=decoding)
            if task.degraded is not None:
                deque(task.degraded("test"), maxlen=0)
    columns = {place: dict(data.columns) for place, data in known.items()}
    checkpoints = Path(out) / CHECKPOINTS
    run = functools.partial(run, cache=cache, device=device)
    compute = functools.partial(_compute, run=run, columns=columns, checkpoints=checkpoints)

    def told(row: dict[str, Any], seconds: float) -> None:
        if row["status"] == "done":
            (checkpoints / f"{row['cell']}.pt").unlink(missing_ok=True)  # Not before: the disk may be full.
        if written is not None:
            written(row, seconds)

    return sweep(cells, compute, out, plan=plan, workers=workers, stack_size=1, written=told, **how)


def media_plan(
    grid: Mapping[str, Sequence[Any]],
    fixed: Mapping[str, Any],
    cells: Sequence[Cell[MediaSettings]],
    known: Known,
) -> dict[str, Any]:
    """Return what ``sweep.json`` says of a grid."""
    data = list(known.values())
    names = list(dict.fromkeys(one.benchmark for one in data))
    labels = {one.contents.label for one in data}
    label = labels.pop() if len(labels) == 1 else "class"
    seen = {_seen(one) for one in data}
    described = seen.pop() if len(seen) == 1 else "all that is seen"
    told = "by a bilinear probe" if all(one.columns.get("told_by") == PROBE for one in data) else ""
    return {
        **benchmark_of(data),
        "preset": None,
        "title": f"{', '.join(names)}: {label} from {described}",
        "label": label,
        "grid": {axis: list(values) for axis, values in grid.items() if axis != "data"},
        "settings": {name: _shown(value) for name, value in fixed.items() if name != "data"},
        "view": {
            **_axis(grid, cells),
            "y": "accuracy",
            "y_label": f"accuracy, {label} from {described} {told}".rstrip(),
            "group": "method",
            "ceiling": "bayes_accuracy" if any(one.ceilings for one in data) else None,
            "floor": "pairwise_ceiling" if any(one.ceilings for one in data) else "chance",
        },
    }


def benchmark_of(data: Sequence[MediaData]) -> dict[str, str]:
    """Return whose results runs on data are, and of which version; two versions of one benchmark are refused."""
    versions: dict[str, int] = {}
    for one in data:
        if versions.setdefault(one.benchmark, one.version) != one.version:
            raise InvalidValue(
                f"data must be of one version of a benchmark; got {one.benchmark}-{versions[one.benchmark]} and "
                f"{one.benchmark}-{one.version}, whose numbers cannot be compared; sweep each on its own"
            )
    names = sorted(versions)
    return {"benchmark": "+".join(names), "version": "+".join(f"{name}-{versions[name]}" for name in names)}


def kept(found: Measured) -> dict[str, Any]:
    """Return a run as a results folder keeps it: its row, with the rows of its measures and examples."""
    cell = found.row["cell"]
    measures = [measure.row(cell) for measure in found.measures]
    return {**found.row, "measures": measures, "examples": [{"cell": cell, **one} for one in found.examples]}


def _compute(
    cells: list[MediaSettings],
    *,
    run: Callable[..., MediaResult],
    columns: Mapping[str, Mapping[str, Any]],
    checkpoints: Path,
) -> list[dict[str, Any]]:
    checkpoints.mkdir(exist_ok=True)
    names = [f"{settings.cell_on(columns[settings.data])}.pt" for settings in cells]
    with threads(1):
        return [kept(run(one, checkpoint=checkpoints / name)) for one, name in zip(cells, names, strict=True)]


def _axis(grid: Mapping[str, Sequence[Any]], cells: Sequence[Cell[MediaSettings]]) -> dict[str, Any]:
    """Say along what a report of the sweep shows accuracy: by method, or over the first axis that varies."""
    varying = [axis for axis in grid if axis not in ("method", "seed", "data") and len(grid[axis]) > 1]
    held = {name: {cell.columns.get(name) for cell in cells} for name in ("p", "dataset", "data")}
    telling = [name for name in ("p", "dataset") if len(held[name]) > 1 and None not in held[name]]
    # Datasets that differ in no name and no mixing probability are told apart by their fingerprint alone.
    last = ["data"] if None in held["p"] and len(held["data"]) > 1 else []
    x = [*telling, *last, *varying, "method"][0]
    return {"x": x, "x_label": {"p": "mixing probability p̂", "method": "method"}.get(x, x)}


def _seen(data: MediaData) -> str:
    """Name the modalities that the class is told from."""
    *others, last = (name for name in data.contents.inputs.names if name != described_by(data.contents))
    return f"{', '.join(others)} and {last}" if others else last


def _shown(value: Any) -> Any:
    return dict(value) if isinstance(value, Mapping) else list(value) if isinstance(value, tuple) else value


def _places(grid: Mapping[str, Sequence[Any]], fixed: Mapping[str, Any]) -> list[str]:
    places = [str(place) for place in grid.get("data", [fixed.get("data", "")])]
    if not places:
        raise InvalidValue("data must have at least one value; got none")
    return places
