"""The command `xorbench`."""

from __future__ import annotations

import contextlib
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from confu_cli import options as shared
from confu_cli import results
from confu_cli.config import config_option
from confu_cli.datasets import (
    build_dataset,
    manifest_dict,
    print_dataset,
    publish_command,
    say_computed,
    verify_command,
)
from confu_cli.group import Group
from confu_cli.results_folders import leaderboard_command, results_command
from confu_cli.show import echo, number, print_json, print_table, progress_bar, say
from confu_core.page.numbers import size

if TYPE_CHECKING:
    from torch import Tensor

    from confu_core.report.words import ReportWords
    from confu_core.shards import Dataset
    from xor_bench.data import XorData, XorRecipe
    from xor_bench.settings import Settings


TASK, SETTINGS = "xor_bench.task:XorTask", "xor_bench.settings:Settings"
GRIDS = "codings, depth2, figure3, methods, modalities, parities, robustness, unreliable"


@click.group(cls=Group, epilog="Example: xorbench run --p 0.5 --method confu")
@click.version_option(package_name="confu-bench")
def xorbench() -> None:
    """The XOR synergy task: does a method capture what only several modalities together reveal?"""  # noqa: D400, D401


def _recipe_of(dataset: Dataset) -> XorRecipe:
    from xor_bench.data import recipe_of

    return recipe_of(dataset.manifest)


xorbench.add_command(verify_command("xorbench", _recipe_of))
xorbench.add_command(publish_command("xorbench", shared.later("xor_bench.card:words_of")))


@xorbench.command(epilog="Example: xorbench build --p 0.1,0.5,0.9 --out data/xor --format parquet,webdataset")
@click.option(
    "--out", required=True, type=shared.PATH_OR_URL, help="Folder of the dataset, or a URL such as s3://bucket/xor."
)
@shared.setting_options("xor_bench.data:XorRecipe", "* seed")
@click.option("--train", default=10_000, help="Training rows per p.")
@click.option("--validation", default=1_000, help="Validation rows per p.")
@click.option("--test", default=10_000, help="Test rows per p.")
@shared.build_options(
    "parquet",
    "parquet, webdataset.",
    10_000,
    click.option("--workers", default=1, help="Number of processes."),
)
@shared.diagnostics
def build(out: str | Path, train: int, validation: int, test: int, as_json: bool, **options: Any) -> None:
    """Generate the task into Parquet or WebDataset shards, with splits, manifest and checksums.

    The same command on the same folder finishes an interrupted build.
    """
    from xor_bench.data import XorRecipe

    how = {name: options.pop(name) for name in shared.BUILDING}
    rows = {"train": train, "validation": validation, "test": test}
    recipe = XorRecipe(rows_per_p=rows, **shared.given(options))
    manifest = build_dataset(recipe, out, "rows", how)
    written = size(sum(shard.bytes for shard in manifest.shards))
    told = f"{out}: {sum(recipe.splits.values()):,} rows in {len(manifest.shards)} shards, {written}"
    say(as_json, {"path": str(out), **manifest_dict(manifest)}, told)


@xorbench.command(epilog="Example: xorbench info --p 0.5 --bits 5")
@click.argument("path", type=shared.PATH_OR_URL, required=False)
@shared.setting_options(TASK)
@shared.diagnostics
def info(path: str | Path | None, as_json: bool, **task: Any) -> None:
    """Show what a dataset holds, or without one the exact information and ceilings of a task."""
    from confu_core.shards import open_dataset
    from xor_bench.data import exact, open_xor
    from xor_bench.task import XorTask

    if path is not None and shared.given(task):
        raise click.UsageError("give either a dataset or the parameters of a task, not both")
    if path is None:
        wanted = XorTask(**shared.given(task))
        known = {f"{wanted.p:g}": exact(wanted, additive=True)}
        if as_json:
            print_json({"task": vars(wanted), **next(iter(known.values()))})
            return
    else:
        opened = open_xor(path)
        manifest = opened.dataset.manifest
        if as_json:
            print_json({**manifest_dict(manifest), "information": manifest.information})
            return
        print_dataset(path, manifest)
        say_computed(manifest.information != open_dataset(path).manifest.information)
        # The same, but for what another version may have added in a form of its own.
        known = opened.recipe.information()
    for p, said in known.items():
        _print_exact(p, said)


# JSON key of a ceiling to its heading; not every task has all of them.
CEILINGS = {
    "single_ceiling": "single ceiling",
    "pairwise_ceiling": "pairwise ceiling",
    "additive_ceiling": "additive ceiling",
    "bayes_accuracy": "Bayes accuracy",
}


def _print_exact(p: str, said: dict[str, Any]) -> None:
    from confu_core.ceilings import COINCIDE

    quantities = dict(said["information"])
    by_order = quantities.pop("connected_information")
    quantities |= {f"connected information of order {order}": value for order, value in by_order.items()}
    print_table(
        f"Information at p = {p}, in nats",
        ["quantity", "value"],
        [[name.replace("_", " "), number(value)] for name, value in quantities.items()],
    )
    # Where pairs are everything, so are their sums: no column for that alone.
    open_to = [c for c in said["ceilings"].values() if c["bayes_accuracy"] - c["pairwise_ceiling"] > COINCIDE]
    known = any(c.get(key) is not None for c in open_to for key in ("additive_ceiling", "additive_limit"))
    kept = {key: name for key, name in CEILINGS.items() if known or key != "additive_ceiling"}

    def cell(ceilings: dict[str, Any], key: str) -> str:
        if key == "additive_ceiling" and (limit := ceilings.get("additive_limit")) is not None:
            return f"at most {number(limit)}"
        return number(ceilings.get(key))

    print_table(
        f"Ceilings at p = {p}",
        ["direction", *kept.values()],
        [[name, *(cell(c, key) for key in kept)] for name, c in said["ceilings"].items()],
    )


@xorbench.command(epilog="Example: xorbench run --p 0.5 --method confu --json")
@shared.trained_method
@click.option("--data", type=shared.PATH_OR_URL, help="Train and test on a built dataset instead of sampling.")
@shared.setting_options(TASK)
@shared.setting_options(SETTINGS, "seed *")
@shared.method_options()
@click.option("--plain", is_flag=True, help="Take every sample by itself; slower, the same numbers.")
@shared.predictions_option
@shared.name_option
@shared.kept_in
@config_option
@shared.diagnostics
def run(
    data: str | Path | None,
    name: str | None,
    out: Path | None,
    plain: bool,
    predicted: Path | None,
    as_json: bool,
    other: tuple[str, ...],
    **options: Any,
) -> None:
    """Train and evaluate one method, and show what it reached beside what can be reached."""
    started = time.monotonic()
    values = shared.given(options)
    dataset = _open(data, values) if data is not None else None
    from confu_core.io.atomic import check_writable
    from confu_core.runs.sweep import keep
    from xor_bench.data import BENCHMARK
    from xor_bench.run import run as run_once
    from xor_bench.settings import Settings
    from xor_bench.sweep import plan_of

    settings = results.run_settings(Settings, values, other)
    if out is not None:
        results.check_results_folder(out, BENCHMARK)
    if predicted is not None:
        check_writable(predicted)
    with _watching(settings) as watch:
        row = run_once(settings, data=dataset, watch=watch, reduce=not plain, predicted=predicted)
    row |= shared.given({"name": name})
    seconds = time.monotonic() - started
    plan = plan_of({}, {"method": settings.method, "p": settings.p}, [])
    keeping = [] if out is None else [lambda: keep(row, out, plan=plan, seconds=seconds)]
    results.finish(row, seconds, as_json, _print_run, *keeping)


@contextlib.contextmanager
def _watching(settings: Settings) -> Iterator[Callable[[int, int, Tensor], None]]:
    """Show how a training goes on."""
    with progress_bar(f"training {settings.method}", "steps") as bar:
        epochs, losses = results.Epochs(settings.epochs, bar), []

        def watch(done: int, total: int, loss: Tensor) -> None:
            """Tell of a step, and of the epoch that it ends."""
            bar(done, total, "")
            losses.append(loss)
            if len(losses) == total // settings.epochs:
                epochs.finished(done // len(losses), {"loss": float(sum(losses) / len(losses))})
                losses.clear()

        yield watch


@xorbench.command(epilog="Example: xorbench evaluate --embeddings mine.parquet --p 0.5 --out runs/mine")
@click.option(
    "--embeddings",
    required=True,
    type=shared.PATH,
    help="Embeddings of all codes: Parquet or npz, with codes as keys and a column or array for each modality.",
)
@click.option("--name", help="What it is called in tables.  [default: the name of the file]")
@shared.setting_options(TASK, "p")
@shared.setting_options(SETTINGS, "seed test_samples")
@shared.setting_options(TASK, "parity")
@shared.kept_in
@shared.diagnostics
def evaluate(embeddings: Path, name: str | None, out: Path | None, as_json: bool, **options: Any) -> None:
    """Measure embeddings of any model in every direction, on the samples that a run of the same seed is tested on."""
    from xor_bench.data import BENCHMARK
    from xor_bench.evaluation import evaluate as measure
    from xor_bench.task import XorTask

    if out is not None:
        results.check_results_folder(out, BENCHMARK)
    found = measure(embeddings, name=name or embeddings.stem, **{"p": XorTask().p, **shared.given(options)})
    saving = [] if out is None else [lambda: found.save(out)]
    results.finish(found.row, found.seconds, as_json, _print_run, *saving)


def _open(path: str | Path, values: dict[str, Any]) -> XorData:
    """Open a dataset, and take from it what the user left out."""
    from confu_core.errors import DatasetError, InvalidValue
    from xor_bench.data import open_xor

    data = open_xor(path)
    built = data.recipe
    if "p" not in values and len(built.p) > 1:
        raise InvalidValue(f"--p must pick one of {', '.join(f'{p:g}' for p in built.p)}, which {path} holds")
    rows = built.rows_per_p
    for split in ("train", "test"):
        if split not in rows:
            raise DatasetError(f"{path} has no split {split!r}, which a run needs; it has {', '.join(rows)}")
    shape = ("bits", "modalities", "noise", "parity", "unreliable", "unreliable_of")
    fixed = {name: getattr(built, name) for name in shape}
    for name, value in {**fixed, "train_samples": rows["train"], "test_samples": rows["test"]}.items():
        if values.setdefault(name, value) != value:
            raise InvalidValue(f"--{name.replace('_', '-')} is {value} in {path}; got {values[name]}")
    values.setdefault("p", built.p[0])
    values.setdefault("seed", built.seed)
    return data


def _print_run(row: results.Row) -> None:
    from confu_core.runs.grid import shown_names

    task = f"{row['bits']} bits, {row['modalities']} modalities"
    print_table(
        f"{shown_names([row])[0]} at p = {row['p']:g} ({task}, seed {row['seed']})",
        ["direction", "accuracy", *results.CEILINGS.values(), "capture"],
        [
            [
                d["direction"],
                number(d["accuracy"] if d["defined"] else None),
                *(number(d[name]) for name in results.CEILINGS),
                results.captured(d),
            ]
            for d in row["directions"]
        ],
    )
    if not all(d["defined"] for d in row["directions"]):
        echo(results.UNDEFINED)
    results.say_ours(row)
    bound, exact = row["total_correlation_bound"], row["total_correlation"]
    echo(f"Total correlation: at least {bound:.3f} nats by this method's scores; exactly {exact:.3f}.")


@xorbench.command(epilog="Example: xorbench check-method examples/own_method.py:LowRankTensor")
@click.argument("method")
@click.option("--modalities", default=3, help="How many modalities the method is given.")
@click.option("-o", "--option", "other", multiple=True, metavar="NAME=VALUE", help="An option of the method.")
@shared.diagnostics
def check_method(method: str, modalities: int, other: tuple[str, ...], as_json: bool) -> int:
    """Say whether METHOD keeps what training and evaluation rely on: a built-in name, or path/to/file.py:Class.

    Of a file that defines one method its path is enough. Exit status 1 if something does not hold.
    """
    from confu_core.contract import check_method as examine
    from confu_core.methods.registry import with_class

    method = with_class(method)
    checks = examine(method, modalities=modalities, options=results.method_values(method, other))
    if as_json:
        print_json({"method": method, "checks": [vars(check) for check in checks]})
    else:
        marks, causes = {True: "yes", False: "NO", None: "-"}, set[str]()
        for check in checks:
            detail = "as above" if check.holds is False and check.detail in causes else check.detail
            causes |= {check.detail} if check.holds is False else set()
            echo(f"{marks[check.holds]:>3}  {check.name}" + (f" ({detail})" if detail else ""))
        results.say_ours({"method": method})
    return int(any(check.holds is False for check in checks))


@xorbench.command(
    epilog="Example: xorbench sweep --method clip,confu --p 0:1:0.25 --seed 0,1 --epochs 10 --out runs/quick"
)
@shared.results_folder
@click.option("--preset", help=f"A known grid: {GRIDS}. Options change it.")
@click.option("--method", type=shared.ListOf(str), default=None, help=shared.METHODS)
@shared.setting_options(TASK, many=True)
@shared.setting_options(SETTINGS, "seed *", many=True)
@shared.method_options(many=True)
@shared.spread_options
@click.option("--stack", default=11, help="Most cells trained together.")
@config_option
@shared.diagnostics
def sweep(out: Path, preset: str | None, stack: int, as_json: bool, other: tuple[str, ...], **options: Any) -> int:
    """Run a grid of settings, each cell once, and keep every cell as soon as it is finished.

    Every option with a list is an axis of the grid. The same command on the same folder goes on where it stopped;
    a cell that failed is tried again. Exit status 1 if a cell failed.
    """
    from xor_bench.sweep import preset_grid, run_sweep

    how = shared.given({name: options.pop(name) for name in shared.SPREAD})
    grid = {"method": ["confu"], **preset_grid(preset), **shared.given(options)}
    return results.run_grid(run_sweep, grid, other, out, as_json, preset=preset, stack_size=stack, **how)


def _report_words() -> ReportWords:
    from confu_core.report.words import ReportWords

    return ReportWords(name="XOR task")


xorbench.add_command(results.report_command("xorbench", "xorbench sweep --out FOLDER", _report_words, "xor_bench"))


def _truth(row: dict[str, Any]) -> dict[str, dict[str, float | None]]:
    """Return the exact ceilings of a row of results, by direction."""
    from xor_bench.data import exact
    from xor_bench.task import XorTask

    found: dict[str, dict[str, float | None]] = exact(
        XorTask(**{name: row[name] for name in XorTask.__dataclass_fields__ if row.get(name) is not None})
    )["ceilings"]
    return found


xorbench.add_command(results_command("xorbench", _truth))
xorbench.add_command(leaderboard_command("xorbench", _report_words, "xor", _truth, package="xor_bench"))
