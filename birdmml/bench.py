"""Training and evaluation on Bird-MML: the task that a built dataset is, one run, and sweeps."""

from __future__ import annotations

import functools
from collections import deque
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import Any

import numpy as np

from birdmml.data import design_of, open_birds, recipe_of, species_of
from birdmml.prompts import reference_descriptions
from confu_core.errors import InvalidValue
from confu_core.inputs import InputSpec, Picture, Sound, Text
from confu_core.media.arrays import StreamedArrays, StreamedEpochs, with_features
from confu_core.media.augment import augmentations
from confu_core.media.degraded import degraded_inputs
from confu_core.media.run import MediaResult, run_media
from confu_core.media.settings import MediaSettings
from confu_core.media.task import Ceilings, Kind, MediaTask
from confu_core.runs.grid import grid_cells
from confu_core.runs.measures import Measure
from confu_core.runs.sweep import Cell, SweepSummary, sweep
from confu_core.runs.threads import threads
from confu_core.shards import Dataset, Manifest
from confu_core.shards.cache import Cached, open_cache
from confu_core.shards.prepare import tokenizer_of, with_lengths
from confu_core.training.fit import Progress
from confu_core.training.gather import ranks
from confu_core.training.processes import check_device

__all__ = ["BENCHMARK", "data_columns", "kept", "open_task", "plan_of", "run", "run_sweep", "sweep_cells"]

BENCHMARK = "birdmml"
IMAGE, AUDIO, CAPTION = "image", "audio", "caption"
# Query, to what the manifest calls its Bayes accuracy.
BAYES = {IMAGE: "bayes_image", AUDIO: "bayes_audio", f"{IMAGE}+{AUDIO}": "bayes_both"}
CHECKPOINTS = "checkpoints"
NEEDED = ("train", "validation", "test")
STREAMED_FAMILIES = ("retrieval", "zero_shot", "zero_shot_group", "overlap", "complementarity", "dependence", "missing")


def open_task(
    settings: MediaSettings,
    *,
    cache: str | Path | None = None,
    stream: bool = False,
    workers: int = 1,
    progress: Callable[[int, int], None] | None = None,
) -> MediaTask:
    """Open a built dataset as a task: tell the species from picture, recording, or both.

    Parameters
    ----------
    settings : MediaSettings
        Its data, and what is read of them.
    cache : str or Path, optional
        Folder of caches; see `confu_core.shards.cache.open_cache`.
    stream : bool
        Whether to read the shards themselves, without a cache.
    workers : int
        Processes or threads that decode.
    progress : callable, optional
        Called with the samples decoded, and those in all.

    Returns
    -------
    MediaTask
        With exact ceilings.

    Raises
    ------
    DatasetError
        If there is no such dataset, it is damaged, or a file of features does not fit.
    InvalidValue
        If features are for a modality that there is not.
    """
    dataset = open_birds(settings.data).dataset
    for split in NEEDED:
        dataset.shards(split)  # One that is missing is found before hours of training.
    recipe = recipe_of(dataset.manifest)
    kinds: dict[str, Kind] = {
        IMAGE: Picture("image", settings.side),
        AUDIO: Sound("audio", recipe.settings.sample_rate, recipe.settings.seconds),
        CAPTION: Text("caption", settings.tokens),
    }
    spec = InputSpec(kinds)  # type: ignore[arg-type]
    splits = tuple(dataset.manifest.splits)
    if stream:
        spec = with_lengths(dataset, spec)
        source: Cached | StreamedArrays = StreamedArrays(dataset, spec, tokenizer_of(dataset, spec), workers)
    else:
        source = open_cache(dataset, spec, folder=cache, workers=workers, progress=progress)
    keys = {str(split): source.keys(split) for split in splits} if settings.feature_files else {}
    arrays, kinds = with_features(source, kinds, settings.feature_files, keys, CAPTION)
    design, species = design_of(recipe.settings), species_of(recipe.settings)
    return MediaTask(
        benchmark=BENCHMARK,
        inputs=kinds,
        arrays=arrays,
        labels=_Labels(dataset, source, design.names),
        classes=design.names,
        groups=tuple(design.place[row][0].group for row in range(len(species))),
        prompts=reference_descriptions(recipe.settings, design, species),
        ceilings=_ceilings(dataset.manifest),
        total_correlation=dataset.manifest.information["overall"]["total_correlation"],
        columns=data_columns(dataset.manifest),
        degraded=None if isinstance(source, StreamedArrays) else _degraded(dataset, source, kinds, workers),
        samples=functools.partial(_samples, dataset, source),
        notes=[] if isinstance(source, StreamedArrays) else _notes(source),
        splits=splits,
    )


def data_columns(manifest: Manifest) -> dict[str, Any]:
    """Return what results say of a dataset.

    Parameters
    ----------
    manifest : Manifest
        Of the dataset.

    Returns
    -------
    dict of str to object
        ``data``, the start of its fingerprint; the number of ``species``, mixing parameter ``p``, ``triplets``, and
        ``data_seed``.
    """
    return {
        "data": manifest.fingerprint[:12],
        "species": int(manifest.information["overall"]["species"]),
        "p": float(manifest.config["p"]),
        "triplets": sum(manifest.splits.values()),
        "data_seed": manifest.seed,
    }


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
) -> MediaResult:
    """Train and evaluate one method once.

    Parameters
    ----------
    settings : MediaSettings
        What to run.
    cache, stream, workers, progress
        As for `open_task`.
    device, checkpoint, watch
        As for `confu_core.media.run.run_media`.

    Returns
    -------
    MediaResult
        Row, measures, examples and model.

    Raises
    ------
    DatasetError, InvalidValue, MethodError, TrainingError
        See these.
    """
    if stream:
        _check_streamed(settings)
    task = open_task(settings, cache=cache, stream=stream, workers=workers, progress=progress)
    source = None
    if stream:
        assert isinstance(task.arrays, StreamedArrays)
        rank, count = ranks()
        augment = augmentations(settings.augment, task.inputs, settings.seed)
        source = StreamedEpochs(task.arrays, settings.seed, settings.batch_size, augment, rank, count, device)
    return run_media(
        task,
        settings,
        source=source,
        device=device,
        checkpoint=checkpoint,
        watch=watch,
        # Where several processes train together, one of them measures.
        families=() if ranks()[0] else STREAMED_FAMILIES if stream else None,
    )


def sweep_cells(grid: Mapping[str, Sequence[Any]], fixed: Mapping[str, Any]) -> list[Cell[MediaSettings]]:
    """List the cells of a grid of runs.

    Parameters
    ----------
    grid, fixed
        As for `confu_core.runs.grid.grid_cells`; ``data`` may be an axis.

    Returns
    -------
    list of Cell
        Each once; what a cell is follows from what its data hold, and not from where they lie.

    Raises
    ------
    DatasetError
        If there is no such dataset.
    InvalidValue
        As for `grid_cells`.
    """
    axes = {axis: values for axis, values in grid.items() if axis != "data"}
    cells = []
    for place in _places(grid, fixed):  # Settings do not know their data, so that each dataset has a grid of its own.
        data = data_columns(open_birds(place).manifest)
        for cell in grid_cells(MediaSettings, axes, {**fixed, "data": place}):
            columns = {**cell.columns, **data}
            cells.append(Cell(cell.settings.cell_on(data), cell.shape, columns, cell.settings))
    return cells


def run_sweep(
    grid: Mapping[str, Sequence[Any]],
    out: str | Path,
    *,
    fixed: Mapping[str, Any] | None = None,
    cache: str | Path | None = None,
    workers: int = 1,
    device: str = "cpu",
    progress: Callable[[int, int, int], None] | None = None,
    decoding: Callable[[int, int], None] | None = None,
) -> SweepSummary:
    """Run every cell of a grid that a folder does not hold yet.

    Parameters
    ----------
    grid, fixed
        As for `sweep_cells`.
    out : str or Path
        Results folder; what it holds is kept and not computed again. A cell that was interrupted goes on from its
        last epoch.
    cache : str or Path, optional
        Folder of caches.
    workers : int
        Number of processes.
    device : str
        Where to train.
    progress : callable, optional
        Called with the cells finished, those in all, and those failed.
    decoding : callable, optional
        Called while the cache is made, with the samples decoded and those in all.

    Returns
    -------
    SweepSummary
        Counts, failures and time.

    Raises
    ------
    DatasetError, InvalidValue, MethodError, ResultsError
        See these.
    """
    check_device(device)
    fixed = dict(fixed or {})
    cells = sweep_cells(grid, fixed)
    # Decoded and damaged once, on all cores, before the processes would each do it.
    for settings in {_decoded(cell.settings): cell.settings for cell in cells}.values():
        task = open_task(settings, cache=cache, workers=workers, progress=decoding)
        if task.degraded is not None:
            deque(task.degraded("test"), maxlen=0)
    plan = plan_of(grid, fixed, cells)
    compute = functools.partial(_compute, checkpoints=Path(out) / CHECKPOINTS, cache=cache, device=device)
    return sweep(cells, compute, out, plan=plan, workers=workers, stack_size=1, progress=progress)


def plan_of(
    grid: Mapping[str, Sequence[Any]], fixed: Mapping[str, Any], cells: Sequence[Cell[MediaSettings]]
) -> dict[str, Any]:
    """Return what ``sweep.json`` says of a grid.

    Parameters
    ----------
    grid, fixed
        As for `sweep_cells`.
    cells : sequence of Cell
        Of the grid.

    Returns
    -------
    dict
        JSON values. Where data lie is not among them.
    """
    return {
        "benchmark": BENCHMARK,
        "preset": None,
        "title": "Bird-MML: species from picture and song",
        "grid": {axis: list(values) for axis, values in grid.items() if axis != "data"},
        "settings": {name: _shown(value) for name, value in fixed.items() if name != "data"},
        "view": _view(grid, cells),
    }


def kept(found: MediaResult) -> dict[str, Any]:
    """Return a run as a results folder keeps it: its row, with the rows of its measures and examples.

    Parameters
    ----------
    found : MediaResult
        The run.

    Returns
    -------
    dict
        For `confu_core.runs.sweep.keep`.
    """
    cell = found.row["cell"]
    measures = [measure.row(cell) for measure in found.measures]
    return {**found.row, "measures": measures, "examples": [{"cell": cell, **one} for one in found.examples]}


def _compute(
    cells: list[MediaSettings], *, checkpoints: Path, cache: str | Path | None, device: str
) -> list[dict[str, Any]]:
    rows = []
    for settings in cells:
        checkpoints.mkdir(exist_ok=True)
        checkpoint = checkpoints / f"{settings.cell_on(data_columns(open_birds(settings.data).manifest))}.pt"
        with threads(1):
            found = run(settings, cache=cache, device=device, checkpoint=checkpoint)
        rows.append(kept(found))
        checkpoint.unlink(missing_ok=True)
    return rows


def _view(grid: Mapping[str, Sequence[Any]], cells: Sequence[Cell[MediaSettings]]) -> dict[str, Any]:
    """Say what a report of the sweep shows: accuracy by method, or over the first axis that varies."""
    varying = [axis for axis in grid if axis not in ("method", "seed", "data") and len(grid[axis]) > 1]
    if len({cell.columns["p"] for cell in cells}) > 1:
        varying.insert(0, "p")
    x = varying[0] if varying else "method"
    return {
        "x": x,
        "y": "accuracy",
        "x_label": {"p": "mixing probability p̂", "method": "method"}.get(x, x),
        "y_label": "accuracy, species from picture and song",
        "group": "method",
        "ceiling": "bayes_accuracy",
        "floor": "pairwise_ceiling",
    }


def _check_streamed(settings: MediaSettings) -> None:
    if settings.feature_files:
        raise InvalidValue("--features cannot be streamed: their rows are looked up by key; leave out --stream")
    if settings.balance != "instance":
        raise InvalidValue(f"balance must be instance for a stream, which has no labels; got {settings.balance!r}")


def _decoded(settings: MediaSettings) -> tuple[str, int, int]:
    """Return what runs share that have the same cache."""
    return settings.data, settings.side, settings.tokens


class _Labels:
    """The species of every row of a split, as numbers of a design's names."""

    def __init__(self, dataset: Dataset, source: Cached | StreamedArrays, names: Sequence[str]) -> None:
        self.dataset, self.source = dataset, source
        self.number = {name: row for row, name in enumerate(names)}
        self.known: dict[str, np.ndarray] = {}

    def __call__(self, split: str) -> np.ndarray:
        if split not in self.known:
            table = self.dataset.table(split, ["key", "species"])
            by_key = dict(zip(table["key"].to_pylist(), table["species"].to_pylist(), strict=True))
            self.known[split] = np.array([self.number[by_key[key]] for key in self.source.keys(split)])
        return self.known[split]


def _ceilings(manifest: Manifest) -> dict[str, Ceilings]:
    said = manifest.information
    known = {"all": said["overall"], **said["groups"]}
    return {
        group: Ceilings({query: float(values[name]) for query, name in BAYES.items()})
        for group, values in known.items()
    }


def _degraded(dataset: Dataset, cached: Cached, kinds: Mapping[str, Kind], workers: int) -> Any:
    def damaged(split: str) -> Any:
        for kind, name, strength, rows in degraded_inputs(dataset, cached, split, workers=workers):
            # Features that were computed elsewhere cannot be spoiled here.
            if name in kinds and kinds[name].shape == cached.spec.inputs[name].shape:
                yield kind, name, strength, rows

    return damaged


def _samples(
    dataset: Dataset, source: Cached | StreamedArrays, split: str, rows: Sequence[int]
) -> list[dict[str, Any]]:
    """Return the media of some rows of a split."""
    keys = source.keys(split)
    wanted = [keys[row] for row in rows]
    image, audio, caption = _columns(dataset.manifest)
    found: dict[str, dict[str, Any]] = {}
    for sample in dataset.rows(split, ["key", image, audio, caption]):
        if sample["key"] in wanted:
            found[sample["key"]] = {
                "key": sample["key"],
                "image": _bytes(sample[image]),
                "audio": _bytes(sample[audio]),
                "caption": sample[caption] if isinstance(sample[caption], str) else sample[caption].decode(),
            }
            if len(found) == len(set(wanted)):
                break
    return [found[key] for key in wanted]


def _notes(cached: Cached) -> list[Measure]:
    return [
        Measure("data", "", "samples left out", float(len(found)), split) for split, found in cached.corrupt.items()
    ]


def _columns(manifest: Manifest) -> tuple[str, str, str]:
    """Return the names of picture, song and caption: columns of Parquet, or parts of a tar's samples."""
    return ("image", "audio", "caption") if "parquet" in manifest.formats else ("jpg", "flac", "txt")


def _bytes(value: Any) -> bytes:
    return value["bytes"] if isinstance(value, dict) else value


def _places(grid: Mapping[str, Sequence[Any]], fixed: Mapping[str, Any]) -> list[str]:
    places = [str(place) for place in grid.get("data", [fixed.get("data", "")])]
    if not places:
        raise InvalidValue("data must have at least one value; got none")
    return places


def _shown(value: Any) -> Any:
    return dict(value) if isinstance(value, Mapping) else list(value) if isinstance(value, tuple) else value
