"""What `run`, `sweep` and `report` of both commands share: axes of a grid, what a run and a sweep say, reports."""

from __future__ import annotations

import time
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from confu_cli.group import Verb
from confu_cli.options import PATH, diagnostics, key_values
from confu_cli.results_folders import reference_folder
from confu_cli.show import Lines, echo, number, print_json, print_table, progress_bar, say, verbose
from confu_core.errors import ConfuError
from confu_core.page.numbers import size

if TYPE_CHECKING:
    from confu_core.report.words import ReportWords
    from confu_core.runs.sweep import SweepSummary

Row = Mapping[str, Any]
HOW = {"descriptions": "by descriptions", "names": "by named classes", "probe": "by probes"}
# Column of a row to its heading; what fits beside a direction in a hundred columns.
CEILINGS = {
    "single_ceiling": "single ceiling",
    "pairwise_ceiling": "pairwise ceiling",
    "bayes_accuracy": "Bayes accuracy",
}
UNDEFINED = "-: the method defines no score of its own for this direction, or there is nothing to capture."


def say_ours(row: Row) -> None:
    """Say which scores of the method of a run are this toolkit's choice; embeddings that were brought have none."""
    from confu_core.methods import load_method

    if not row.get("brought") and (ours := load_method(row["method"]).ours):
        echo(f"Ours, not in its paper: {ours}.")


def run_settings(kind: Any, values: dict[str, Any], other: Sequence[str]) -> Any:
    """Sort options into settings of a run and options of its method."""
    own = {name: value for name, value in values.items() if name in kind.__dataclass_fields__}
    named = {name: value for name, value in values.items() if name not in own}
    kind(**own)  # What is cheap to check comes before the method is loaded.
    return kind(**own, options=method_values(own["method"], other, named))


def method_values(method: str, other: Sequence[str], named: Mapping[str, Any] | None = None) -> dict[str, Any]:
    """Read ``-o NAME=VALUE`` by the types of a method's options, beside those that have a flag of their own."""
    from confu_core.methods import load_method
    from confu_core.methods.registry import check_options, declared_options, value_of

    texts = key_values(other)
    check_options(method, {**(named or {}), **texts})
    has = declared_options(load_method(method))
    return {**(named or {}), **{name: value_of(name, text, has[name].kind) for name, text in texts.items()}}


def run_grid(
    run_sweep: Callable[..., SweepSummary],
    values: dict[str, list[Any]],
    other: Sequence[str],
    out: Path,
    as_json: bool,
    **how: Any,
) -> int:
    """Run what a sweep was asked for, show how it goes on and what it did; 1 if a cell failed."""
    axes, fixed = _grid(values, other)
    with progress_bar("sweep", "cells") as bar:
        told = _Cells(axes, bar)
        summary = run_sweep(axes, out, fixed=fixed, progress=told.progress, written=told.written, **how)
    failed = [{"cell": cell, "error": error} for cell, error in summary.failed]
    line = f"{out}: {summary.cells} cells, {summary.computed} computed in {summary.seconds:.1f} s"
    say(as_json, {"path": str(out), **vars(summary), "failed": failed}, line)
    for cell, error in summary.failed:
        echo(f"cell {cell} failed: {error}", err=True)
    return 1 if summary.failed else 0


class _Cells:
    """What is said of a sweep while it runs: how far it is, and a line on every cell that is kept."""

    def __init__(self, axes: Mapping[str, Any], bar: Lines) -> None:
        self.names = ["dataset" if axis == "data" else axis for axis in axes]
        self.bar, self.told, self.total = bar, 0, 0

    def progress(self, done: int, total: int, failed: int) -> None:
        """Take note of how many cells are done."""
        self.told, self.total = done + failed, total
        self.bar(done, total, f"{failed} failed" if failed else "")

    def written(self, row: Row, seconds: float) -> None:
        """Tell of a cell that was kept."""
        self.told += 1
        what = ", ".join(f"{name} {row[name]}" for name in self.names if row.get(name) is not None)
        reached = f"accuracy {number(row['accuracy'])}" if row["status"] == "done" else "failed"
        self.bar.line(f"cell {self.told} of {self.total}: {what}: {reached}; {seconds:.1f} s")


def _grid(values: dict[str, list[Any]], other: Sequence[str]) -> tuple[dict[str, list[Any]], dict[str, Any]]:
    """Split what a sweep was asked for into what varies and what does not."""
    from confu_core.runs.grid import option_axis

    grid = dict(values)
    for name, text in key_values(other).items():
        grid[name] = option_axis(grid["method"], name, text)
    axes = {name: held for name, held in grid.items() if len(held) > 1 or name == "method"}
    return axes, {name: held[0] for name, held in grid.items() if name not in axes}


class Epochs:
    """What is said of a training while it runs: a line on every epoch, with its time and what is left."""

    def __init__(self, epochs: int, bar: Lines) -> None:
        self.epochs, self.bar, self.done = epochs, bar, 0
        self.began = self.before = time.monotonic()

    def finished(self, epoch: int, losses: Mapping[str, float]) -> None:
        """Tell of an epoch, counted from 1; one that is gone on from is no time of this training."""
        now, self.done = time.monotonic(), self.done + 1
        left = (now - self.began) / self.done * (self.epochs - epoch)
        said = ", ".join(f"{name} {value:.4f}" for name, value in losses.items())
        self.bar.line(f"epoch {epoch} of {self.epochs}: {said}; {now - self.before:.1f} s, {left:.0f} s left")
        self.before = now


def check_results_folder(out: Path, plan: Mapping[str, Any]) -> None:
    """Refuse, before anything is computed, a results folder that could not be written to after it."""
    from confu_core.io.atomic import check_writable
    from confu_core.runs.store import claimed

    with claimed(out, plan, wait=True):
        check_writable(out / "results.parquet")


def _do_each(steps: Sequence[Callable[[], None]]) -> None:
    """Do all that can be done of several things, and raise the first failure then."""
    failed: list[Exception] = []
    for step in steps:
        try:
            step()
        except (ConfuError, OSError) as error:
            failed.append(error)
    if failed:
        raise failed[0]


def report_command(command: str, make: str, words: Callable[[], ReportWords], package: str) -> click.Command:
    """Return the verb; the package is the one with the reference results."""

    @click.command("report", cls=Verb, epilog=f"Example: {command} report runs/quick")
    @click.argument("folders", nargs=-1, required=True, type=PATH)
    @click.option("--out", type=PATH, help="Where to write.  [default: report/ in the first folder]")
    @click.option(
        "--select",
        type=click.Choice(["validation", "none"]),
        default="validation",
        help="Of several settings of a method, which to show: the best on validation, or all.",
    )
    @click.option("--reference", is_flag=True, help="Show the results that come with this command beside, so marked.")
    @diagnostics
    def report(folders: tuple[Path, ...], out: Path | None, select: str, reference: bool, as_json: bool) -> None:
        """Make tables and figures of finished sweeps: Markdown, CSV, LaTeX, SVG, PNG and one HTML page.

        Several folders are compared with each other.
        """
        from confu_core.report import write_report

        known = reference_folder(package)
        place, hint = out or folders[0] / "report", f"make some with {make}"
        written = write_report(
            folders, place, hint=hint, words=words(), select=select, reference=known, whole=reference
        )
        page, *others = written  # The page is first.
        paths = list(map(str, written))
        more = f"{page.parent}: {len(others)} more files, tables and figures of the page"
        say(as_json, {"files": paths}, *(paths if verbose() else [str(page), more]))

    return report


def finish(
    row: dict[str, Any], seconds: float, as_json: bool, tables: Callable[[Row], None], *keep: Callable[[], None]
) -> None:
    """Print a row, by `tables` for readers, with what it took, and keep it, as much of that as can be done."""
    _do_each([lambda: _print_row(row, seconds, as_json, tables), *keep])


def _print_row(row: dict[str, Any], seconds: float, as_json: bool, tables: Callable[[Row], None]) -> None:
    from confu_core.runs.sweep import peak_memory

    if as_json:
        shown = {name: value for name, value in row.items() if name != "examples"}
        print_json({**shown, "seconds": round(seconds, 3), "peak_memory_bytes": peak_memory()})
    else:
        tables(row)
        echo(f"{seconds:.1f} s, {size(peak_memory())} of memory at most.")


def print_run(row: Row, label: str) -> None:
    """Print the tables of a run."""
    _told(row, label)
    columns = ["direction", "R@1", "R@10", "median rank"]
    print_table("Retrieval of one sample among those of the test split", columns, _retrieval(row))
    if not all(d["defined"] for d in row["directions"]):
        echo(UNDEFINED)
    say_ours(row)
    for one in row["measures"]:
        what = (one["family"], one["condition"], one["metric"])
        if what == ("complementarity", "all", "gain") and one["defined"]:
            interval = f"({number(one['low'], 3)} to {number(one['high'], 3)})"
            known = "" if one["reference"] is None else f"; {number(one['reference'], 3)} can be had"
            gain = f"{number(one['value'], 3)} {interval} beyond the best single modality{known}."
            echo(f"Complementarity of {one['subject']}: {gain}")
        if what == ("probe", "norm", "balanced accuracy"):
            echo(f"Norm probe of {one['subject']}: {number(one['value'], 3)}, mean over classes.")
        if what == ("complementarity", "all", "higher-order capture"):
            interval = f"({number(one['low'], 2)} to {number(one['high'], 2)})"
            echo(f"Of what no pair tells, {number(one['value'], 2)} {interval} is captured.")
    if row["total_correlation_bound"] is not None:
        echo(_bound(row))
    for one in row["measures"]:
        if (one["family"], one["metric"]) == ("data", "samples left out") and one["value"]:
            echo(f"{one['value']:.0f} samples of {one['condition']} cannot be decoded and were left out.", err=True)


def _told(row: Row, label: str) -> None:
    told = [d for d in row["directions"] if d["target"] == label]
    if not told:
        echo(f"No text describes the {label}, and a stream has no probes; leave out --stream for them.")
        return
    from confu_core.runs.grid import shown_names

    title = f"{shown_names([row])[0]}: the {label}, {HOW[row.get('told_by') or 'descriptions']} (seed {row['seed']})"
    if any(d[name] is not None for d in told for name in CEILINGS):
        headings = [*CEILINGS.values(), "capture"]
        beside = [[*(number(d[name]) for name in CEILINGS), captured(d)] for d in told]
    else:
        headings = ["95% interval", "chance"]
        beside = [[_interval(row, d), number(row["chance"])] for d in told]
    reached = [[" + ".join(d["query"]), number(d["accuracy"] if d["defined"] else None)] for d in told]
    cells = [[*one, *more] for one, more in zip(reached, beside, strict=True)]
    print_table(title, ["from", "accuracy", *headings], cells)


def _bound(row: Row) -> str:
    """Say what is known of the total correlation, and of which variables."""
    bound = f"Total correlation of the modalities: at least {number(row['total_correlation_bound'], 3)} nats by this "
    exact = [f"exactly {number(row['total_correlation'], 3)}"] if row["total_correlation"] is not None else []
    for one in row["measures"]:
        if (one["family"], one["metric"]) == ("data", "total correlation"):
            exact.append(f"that of {one['subject']} is exactly {number(one['value'], 3)}")
    return "; ".join([f"{bound}method's scores", *exact]) + "."


def captured(direction: Row) -> str:
    """Write the higher-order capture of a direction; a dash where its method does not define it."""
    return number(direction["higher_order_capture"] if direction["defined"] else None, 2)


def _interval(row: Row, direction: Row) -> str:
    if not direction["defined"]:
        return "-"
    kind = "bilinear" if len(direction["query"]) > 1 else "linear"
    told = ("probe", kind) if row.get("told_by") == "probe" else ("zero_shot", "test")
    for one in row["measures"]:
        where = (one["family"], one["condition"], one["metric"], one["subject"])
        if where == (*told, "accuracy", "+".join(direction["query"])):
            return f"{number(one['low'])} to {number(one['high'])}"
    return "-"


def _retrieval(row: Row) -> list[list[str]]:
    found: dict[str, dict[str, Any]] = {}
    for one in row["measures"]:
        if (one["family"], one["condition"]) == ("retrieval", "equal"):
            found.setdefault(one["subject"], {})[one["metric"]] = one["value"] if one["defined"] else None
    return [
        [name, number(values["R@1"]), number(values["R@10"]), number(values["median rank"], 1)]
        for name, values in found.items()
    ]
