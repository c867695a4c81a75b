"""The verbs of `birdmml` that train, evaluate and report."""

from __future__ import annotations

import contextlib
import functools
import os
import time
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from confu_cli import options as shared
from confu_cli import results
from confu_cli.config import config_option
from confu_cli.group import Verb
from confu_cli.show import progress_bar, verbose

if TYPE_CHECKING:
    from confu_core.media.run import MediaResult
    from confu_core.media.settings import MediaSettings
    from confu_core.training.fit import Progress


SETTINGS = "confu_core.media.settings:MediaSettings"
ORDER = "seed epochs batch_size lr scale_lr warmup * augment encoders feature_files measures"
# A string and no path: it may be a URL, or a source, in which two slashes or a colon mean something.
COMPARED = ("clip", "confu", "gram", "hub", "symile", "triangle")  # What a sweep runs unless it is told.
WHAT = "Folder or URL of a built dataset; or data of others, read in place, such as ssw60:/data/ssw60"
THREADS = click.option("--threads", default=1, help="Cores to compute on; numbers may differ in their last digits.")
WHERE = shared.together(
    shared.cache_folder_option,
    click.option("--device", default="auto", help="Where to train: cpu, cuda, cuda:1; auto is cuda if there is any."),
)
FEATURES = shared.setting_options(SETTINGS, "feature_files")


@click.command(cls=Verb, epilog="Example: birdmml run --data data/ --method confu --out runs/one")
@click.option("--data", required=True, metavar="DATA", help=f"{WHAT}.")
@shared.trained_method
@shared.name_option
@shared.kept_in
@shared.setting_options(SETTINGS, ORDER)
@shared.method_options()
@WHERE
@click.option("--stream", is_flag=True, help="Read the shards themselves, without a cache.")
@click.option(
    "--checkpoint",
    type=shared.PATH,
    help="Written after every epoch, and gone on from where it exists, to more --epochs too.",
)
@click.option("--model", "model_file", type=shared.PATH, help="Where to save the trained model, with its tokenizer.")
@shared.predictions_option
@click.option("--tensorboard", "logs", type=shared.PATH, help="Folder of a log for TensorBoard.")
@THREADS
@config_option
@shared.diagnostics
def run(data: str, name: str | None, out: Path | None, as_json: bool, **options: Any) -> None:
    """Train one method and evaluate it in every way that the data and the method define.

    What it reached stands beside what can be reached, which is known exactly of generated data. Classes that no text
    describes are told by probes. Several processes train together under torchrun.
    """
    started = time.monotonic()
    how = {name: options.pop(name) for name in ("cache", "device", "stream", "checkpoint", "predicted")}
    model_file, logs, count = (options.pop(name) for name in ("model_file", "logs", "threads"))
    from confu_core.media.settings import MediaSettings

    settings = results.run_settings(MediaSettings, {"data": data, **_values(options)}, options["other"])
    from birdmml.bench import run as run_once
    from confu_core.runs.environment import threads, usable_cores
    from confu_core.training.processes import processes, ranks

    _check_places(settings, out, model_file, how["checkpoint"], how["predicted"])
    with threads(count), processes(how.pop("device")) as device, _watching(settings, logs) as (decoding, watch):
        found = run_once(settings, device=device, workers=usable_cores(), watch=watch, progress=decoding, **how)
        first = ranks()[0] == 0
    if first:
        _finish(found, name, settings, out, model_file, time.monotonic() - started, as_json)


def _check_places(settings: MediaSettings, out: Path | None, *files: Path | None) -> None:
    """Refuse, before hours of training, places that could not be written to after it."""
    from confu_core.io.atomic import check_writable

    if int(os.environ.get("RANK", "0")):
        return  # Of several processes, the first one writes.
    for file in files:
        if file is not None:
            check_writable(file)
    if out is not None:
        results.check_results_folder(out, _plan(settings))


@click.command(cls=Verb, epilog="Example: birdmml sweep --data data/ --method confu,clip --seed 0,1,2 --out runs/birds")
@click.option("--data", required=True, type=shared.ListOf(str), help=f"{WHAT}. Several may be of several kinds.")
@shared.results_folder
@click.option(
    "--method",
    type=shared.ListOf(str),
    help=f"Which methods; also an installed one, or path/to/file.py:Class.  [default: {','.join(COMPARED)}]",
)
@click.option("--preset", help="A known grid: methods, which is all of them with five seeds. Options change it.")
@shared.setting_options(SETTINGS, ORDER, many=True)
@shared.method_options(many=True)
@WHERE
@shared.spread_options
@config_option
@shared.diagnostics
def sweep(out: Path, preset: str | None, as_json: bool, cache: Path | None, device: str, **options: Any) -> int:
    """Run a grid of settings, each cell once, and keep every cell as soon as it is finished.

    Every option with a list is an axis of the grid. The same command on the same folder goes on where it stopped, a
    cell that was interrupted from its last epoch. Exit status 1 if a cell failed.
    """
    from birdmml.bench import SWEEPS, run_sweep
    from confu_core.runs.grid import known_grid

    how = shared.given({name: options.pop(name) for name in shared.SPREAD})
    asked = {name: value if isinstance(value, list) else [value] for name, value in _values(options).items()}
    grid = {"method": list(COMPARED), **known_grid(SWEEPS, preset), **asked}
    return results.run_grid(run_sweep, grid, options["other"], out, as_json, cache=cache, device=device, **how)


report_words = shared.later("birdmml.bench:report_words")  # What pages call the things of Bird-MML.
report = results.report_command("birdmml", "birdmml sweep --data FOLDER --out FOLDER", report_words, "birdmml")


def by_modality(said: Sequence[str], option: str) -> dict[str, str]:
    """Read what is said of modalities, several times or with commas."""
    return shared.key_values([part for value in said for part in value.split(",")], option)


def _values(options: dict[str, Any]) -> dict[str, Any]:
    """Return what the user gave: settings, with what has several parts read."""
    apart = ("other", "augment", "measures")
    values = shared.given({name: value for name, value in options.items() if name not in apart})
    for name in ("encoders", "feature_files"):
        option = "--encoder" if name == "encoders" else "--features"
        if named := by_modality(values.pop(name), option):
            values[name] = named
    if options["augment"] is not None:
        values["augment"] = () if options["augment"] == ["none"] else tuple(options["augment"])
    if options["measures"] is not None:
        values["measures"] = tuple(options["measures"])
    return values


@contextlib.contextmanager
def _watching(settings: MediaSettings, logs: Path | None) -> Iterator[tuple[Any, Any]]:
    """Show how decoding and training go on, and log the training where that is asked for."""
    from confu_core.training.fit import tensorboard

    with contextlib.ExitStack() as stack:
        log = stack.enter_context(tensorboard(logs)) if logs is not None else None
        bar = stack.enter_context(progress_bar(f"training {settings.method}", "steps"))
        epochs = results.Epochs(settings.epochs, bar)

        def watch(progress: Progress) -> None:
            """Tell of a step, and of an epoch that it ends."""
            if progress.epoch is not None:
                epochs.finished(int(progress.epoch["epoch"]) + 1, _losses(progress.epoch))
            terms = "  ".join(f"{name} {value:.2f}" for name, value in progress.losses.items())
            bar(progress.step, progress.steps, terms)
            if log is not None:
                log(progress)

        yield (lambda done, total: bar(done, total, "decoding")), watch


def _losses(record: dict[str, float]) -> dict[str, float]:
    """Return what a line says of an epoch: the losses, and with --verbose their terms."""
    totals = {"loss": record["loss"], "validation": record["validation_loss"]}
    return totals | ({name: value for name, value in record.items() if "->" in name} if verbose() else {})


def _finish(
    found: MediaResult,
    name: str | None,
    settings: MediaSettings,
    out: Path | None,
    model_file: Path | None,
    seconds: float,
    as_json: bool,
) -> None:
    """Print a run, keep it and save its model, as much of it as can be done."""
    from confu_core.media.saved import save_model
    from confu_core.media.sweep import kept
    from confu_core.runs.sweep import keep

    row = {**kept(found), **shared.given({"name": name})}
    steps: list[Callable[[], None]] = []
    if out is not None:
        steps.append(lambda: keep(row, out, plan=_plan(settings), seconds=seconds))
    if model_file is not None:
        steps.append(lambda: save_model(model_file, found))
    results.finish(row, seconds, as_json, functools.partial(results.print_run, label=found.label), *steps)


def _plan(settings: MediaSettings) -> dict[str, Any]:
    """Return what a results folder says of a single run."""
    from birdmml.bench import plan_of

    return plan_of({}, {"data": settings.data, "method": settings.method})
