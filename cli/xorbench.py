"""The command `xorbench`."""

from __future__ import annotations

import time
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from confu_cli.datasets import build_dataset, manifest_dict, print_dataset, say_computed, verify_command
from confu_cli.group import Group
from confu_cli.options import (
    BUILDING,
    METHODS,
    ListOf,
    PathOrUrl,
    as_json,
    build_options,
    debug,
    given,
    key_values,
    method_options,
    results_folder,
    setting_options,
    trained_method,
    workers,
)
from confu_cli.publishing import publish_command
from confu_cli.results import CEILINGS as RUN_CEILINGS
from confu_cli.results import UNDEFINED, captured, report_command, run_grid, run_settings, say_ours
from confu_cli.show import echo, number, print_json, print_table, progress_bar, size

if TYPE_CHECKING:
    from confu_core.publish import Words
    from confu_core.report.words import ReportWords
    from confu_core.shards import Dataset
    from xor_bench.data import XorData, XorRecipe

__all__ = ["xorbench"]

TASK, SETTINGS = "xor_bench.task:XorTask", "xor_bench.settings:Settings"


@click.group(cls=Group, epilog="Example: xorbench run --p 0.5 --method confu")
@click.version_option(package_name="confu-bench")
def xorbench() -> None:
    """The XOR synergy task: does a method capture what only several modalities together reveal?"""  # noqa: D400, D401


def _recipe_of(dataset: Dataset) -> XorRecipe:
    from xor_bench.data import recipe_of

    return recipe_of(dataset.manifest)


def _words_of(dataset: Dataset) -> Words:
    from xor_bench.card import words_of

    return words_of(dataset)


xorbench.add_command(verify_command("xorbench", _recipe_of))
xorbench.add_command(publish_command("xorbench", _words_of))


@xorbench.command(epilog="Example: xorbench build --p 0.1,0.5,0.9 --out data/xor --format parquet,webdataset")
@click.option("--out", required=True, type=PathOrUrl(), help="Folder of the dataset, or a URL such as s3://bucket/xor.")
@setting_options("xor_bench.data:XorRecipe", "* seed")
@click.option("--train", type=int, default=10_000, show_default=True, help="Training rows per p.")
@click.option("--validation", type=int, default=1_000, show_default=True, help="Validation rows per p.")
@click.option("--test", type=int, default=10_000, show_default=True, help="Test rows per p.")
@build_options(
    "parquet",
    "parquet, webdataset.",
    10_000,
    click.option("--workers", type=int, default=1, show_default=True, help="Number of processes."),
)
@as_json
@debug
def build(out: str | Path, train: int, validation: int, test: int, as_json: bool, **options: Any) -> None:
    """Generate the task into Parquet or WebDataset shards, with splits, manifest and checksums.

    The same command on the same folder finishes an interrupted build.
    """
    from xor_bench.data import XorRecipe

    how = {name: options.pop(name) for name in BUILDING}
    rows = {"train": train, "validation": validation, "test": test}
    recipe = XorRecipe(rows_per_p=rows, **given(options))
    manifest = build_dataset(recipe, out, "rows", how)
    if as_json:
        print_json({"path": str(out), **manifest_dict(manifest)})
    else:
        written = size(sum(shard.bytes for shard in manifest.shards))
        echo(f"{out}: {sum(recipe.splits.values()):,} rows in {len(manifest.shards)} shards, {written}")


@xorbench.command(epilog="Example: xorbench info --p 0.5 --bits 5")
@click.argument("path", type=PathOrUrl(), required=False)
@setting_options(TASK)
@as_json
@debug
def info(path: str | Path | None, as_json: bool, **task: Any) -> None:
    """Show what a dataset holds, or without one the exact information and ceilings of a task."""
    from confu_core.shards import open_dataset
    from xor_bench.data import exact, open_xor
    from xor_bench.task import XorTask

    if path is not None and given(task):
        raise click.UsageError("give either a dataset or the parameters of a task, not both")
    if path is None:
        wanted = XorTask(**given(task))
        known = {f"{wanted.p:g}": exact(wanted, additive=True)}
        if as_json:
            print_json({"task": vars(wanted), **next(iter(known.values()))})
            return
    else:
        manifest = open_xor(path).dataset.manifest
        known = manifest.information
        if as_json:
            print_json({**manifest_dict(manifest), "information": known})
            return
        print_dataset(path, manifest)
        say_computed(known != open_dataset(path).manifest.information)
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
    known = any(c.get("additive_ceiling") is not None for c in open_to)
    kept = {key: name for key, name in CEILINGS.items() if known or key != "additive_ceiling"}
    print_table(
        f"Ceilings at p = {p}",
        ["direction", *kept.values()],
        [[name, *(number(c.get(key)) for key in kept)] for name, c in said["ceilings"].items()],
    )


@xorbench.command(epilog="Example: xorbench run --p 0.5 --method confu --json")
@trained_method
@click.option("--data", type=PathOrUrl(), help="Train and test on a built dataset instead of sampling.")
@setting_options(TASK)
@setting_options(SETTINGS, "seed *")
@method_options()
@click.option("--plain", is_flag=True, help="Take every sample by itself; slower, the same numbers.")
@as_json
@debug
def run(data: str | Path | None, plain: bool, as_json: bool, other: tuple[str, ...], **options: Any) -> None:
    """Train and evaluate one method, and show what it reached beside what can be reached."""
    started = time.monotonic()
    values = given(options)
    dataset = _open(data, values) if data is not None else None
    from confu_core.runs.sweep import peak_memory
    from xor_bench.run import run as run_once
    from xor_bench.settings import Settings

    settings = run_settings(Settings, values, other)
    with progress_bar(f"training {settings.method}", "steps") as bar:
        row = run_once(settings, data=dataset, watch=lambda done, total: bar(done, total, ""), reduce=not plain)
    row["seconds"] = round(time.monotonic() - started, 3)
    row["peak_memory_bytes"] = peak_memory()
    if as_json:
        print_json(row)
    else:
        _print_run(row)


def _open(path: str | Path, values: dict[str, Any]) -> XorData:
    """Open a dataset, and take from it what the user left out."""
    from confu_core.errors import DatasetError, InvalidValue
    from xor_bench.data import open_xor

    data = open_xor(path)
    if "p" not in values and len(data.p) > 1:
        raise InvalidValue(f"--p must pick one of {', '.join(f'{p:g}' for p in data.p)}, which {path} holds")
    rows = data.rows_per_p
    for split in ("train", "test"):
        if split not in rows:
            raise DatasetError(f"{path} has no split {split!r}, which a run needs; it has {', '.join(rows)}")
    fixed = {
        "bits": data.bits,
        "modalities": data.modalities,
        "noise": data.noise,
        "parity": data.parity,
        "train_samples": rows["train"],
        "test_samples": rows["test"],
    }
    for name, value in fixed.items():
        if values.setdefault(name, value) != value:
            raise InvalidValue(f"--{name.replace('_', '-')} is {value} in {path}; got {values[name]}")
    values.setdefault("p", data.p[0])
    values.setdefault("seed", data.seed)
    return data


def _print_run(row: dict[str, Any]) -> None:
    print_table(
        f"{row['method']} at p = {row['p']:g} ({row['bits']} bits, {row['modalities']} modalities, seed {row['seed']})",
        ["direction", "accuracy", *RUN_CEILINGS.values(), "capture"],
        [
            [
                d["direction"],
                number(d["accuracy"] if d["defined"] else None),
                *(number(d[name]) for name in RUN_CEILINGS),
                captured(d),
            ]
            for d in row["directions"]
        ],
    )
    if not all(d["defined"] for d in row["directions"]):
        echo(UNDEFINED)
    say_ours(row["method"])
    bound, exact = row["total_correlation_bound"], row["total_correlation"]
    echo(f"Total correlation: at least {bound:.3f} nats by this method's scores; exactly {exact:.3f}.")
    echo(f"{row['seconds']:.1f} s, {size(row['peak_memory_bytes'])} of memory at most.")


@xorbench.command(epilog="Example: xorbench check-method examples/own_method.py:LowRankTensor")
@click.argument("method")
@click.option("--modalities", type=int, default=3, show_default=True, help="How many modalities the method is given.")
@click.option("-o", "--option", "other", multiple=True, metavar="NAME=VALUE", help="An option of the method.")
@as_json
@debug
def check_method(method: str, modalities: int, other: tuple[str, ...], as_json: bool) -> int:
    """Say whether METHOD keeps what training and evaluation rely on: a built-in name, or path/to/file.py:Class.

    Exit status 1 if something does not hold.
    """
    from confu_core.contract import check_method as examine
    from confu_core.methods import load_method, method_options
    from confu_core.methods.registry import check_options
    from confu_core.runs.options import option_value

    asked, known = key_values(other), method_options(load_method(method))
    check_options(method, dict(asked))
    checks = examine(
        method,
        modalities=modalities,
        options={name: option_value(name, text, known[name]) for name, text in asked.items()},
    )
    if as_json:
        print_json({"method": method, "checks": [vars(check) for check in checks]})
    else:
        marks = {True: "yes", False: "NO", None: "-"}
        for check in checks:
            echo(f"{marks[check.holds]:>3}  {check.name}" + (f" ({check.detail})" if check.detail else ""))
        say_ours(method)
    return int(any(check.holds is False for check in checks))


@xorbench.command(
    epilog="Example: xorbench sweep --method clip,confu --p 0:1:0.25 --seed 0,1 --epochs 10 --out runs/quick"
)
@results_folder
@click.option("--preset", help="A known grid: codings, depth2, figure3, modalities, robustness. Options change it.")
@click.option("--method", type=ListOf(str), default=None, help=f"{METHODS[0].upper()}{METHODS[1:]}.")
@setting_options(TASK, many=True)
@setting_options(SETTINGS, "seed *", many=True)
@method_options(many=True)
@workers
@click.option("--stack", type=int, default=11, show_default=True, help="Most cells trained together.")
@as_json
@debug
def sweep(
    out: Path, preset: str | None, workers: int, stack: int, as_json: bool, other: tuple[str, ...], **options: Any
) -> int:
    """Run a grid of settings, each cell once, and keep every cell as soon as it is finished.

    Every option with a list is an axis of the grid. The same command on the same folder goes on where it stopped;
    a cell that failed is tried again. Exit status 1 if a cell failed.
    """
    from xor_bench.sweep import preset_grid, run_sweep

    grid = {"method": ["confu"], **preset_grid(preset), **given(options)}
    return run_grid(run_sweep, grid, other, out, as_json, preset=preset, workers=workers, stack_size=stack)


def _report_words() -> ReportWords:
    from confu_core.report.words import ReportWords

    return ReportWords(name="XOR task")


xorbench.add_command(report_command("xorbench", "xorbench sweep --out FOLDER", _report_words))
