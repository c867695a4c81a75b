"""What `run`, `sweep` and `report` of both commands share: axes of a grid, what a run and a sweep say, reports."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from confu_cli.group import Verb
from confu_cli.options import as_json, debug, key_values
from confu_cli.show import echo, number, print_json, print_table, progress_bar

if TYPE_CHECKING:
    from confu_core.report.words import ReportWords
    from confu_core.runs.sweep import SweepSummary

__all__ = ["CEILINGS", "UNDEFINED", "captured", "print_run", "report_command", "run_grid", "run_settings"]
Row = Mapping[str, Any]
HOW = {"descriptions": "by descriptions", "names": "by named classes", "probe": "by probes"}
# Column of a row to its heading; what fits beside a direction in a hundred columns.
CEILINGS = {
    "single_ceiling": "single ceiling",
    "pairwise_ceiling": "pairwise ceiling",
    "bayes_accuracy": "Bayes accuracy",
}
UNDEFINED = "-: the method defines no score of its own for this direction, or there is nothing to capture."


def run_settings(kind: Any, values: dict[str, Any], other: Sequence[str]) -> Any:
    """Sort options into settings of a run and options of its method."""
    from confu_core.methods import load_method, method_options
    from confu_core.methods.registry import check_options
    from confu_core.runs.options import option_value

    own = {name: value for name, value in values.items() if name in kind.__dataclass_fields__}
    named = {name: value for name, value in values.items() if name not in own}
    texts = key_values(other)
    kind(**own)  # What is cheap to check comes before the method is loaded.
    check_options(own["method"], {**named, **texts})
    has = method_options(load_method(own["method"]))
    return kind(**own, options={**named, **{name: option_value(name, text, has[name]) for name, text in texts.items()}})


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
        summary = run_sweep(
            axes,
            out,
            fixed=fixed,
            progress=lambda done, total, failed: bar(done, total, f"{failed} failed" if failed else ""),
            **how,
        )
    if as_json:
        failed = [{"cell": cell, "error": error} for cell, error in summary.failed]
        print_json({"path": str(out), **vars(summary), "failed": failed})
    else:
        echo(f"{out}: {summary.cells} cells, {summary.computed} computed in {summary.seconds:.1f} s")
    for cell, error in summary.failed:
        echo(f"cell {cell} failed: {error}", err=True)
    return 1 if summary.failed else 0


def _grid(values: dict[str, list[Any]], other: Sequence[str]) -> tuple[dict[str, list[Any]], dict[str, Any]]:
    """Split what a sweep was asked for into what varies and what does not."""
    from confu_core.runs.grid import option_axis

    grid = dict(values)
    for name, text in key_values(other).items():
        grid[name] = option_axis(grid["method"], name, text)
    axes = {name: held for name, held in grid.items() if len(held) > 1 or name == "method"}
    return axes, {name: held[0] for name, held in grid.items() if name not in axes}


def report_command(command: str, make: str, words: Callable[[], ReportWords]) -> click.Command:
    """Return the verb."""

    @click.command("report", cls=Verb, epilog=f"Example: {command} report runs/quick")
    @click.argument("folders", nargs=-1, required=True, type=click.Path(path_type=Path))
    @click.option(
        "--out", type=click.Path(path_type=Path), help="Where to write.  [default: report/ in the first folder]"
    )
    @as_json
    @debug
    def report(folders: tuple[Path, ...], out: Path | None, as_json: bool) -> None:
        """Make tables and figures of finished sweeps: Markdown, CSV, LaTeX, SVG, PNG and one HTML page.

        Several folders are compared with each other.
        """
        from confu_core.report import write_report

        written = write_report(folders, out or folders[0] / "report", hint=f"make some with {make}", words=words())
        if as_json:
            print_json({"files": [str(path) for path in written]})
        else:
            for path in written:
                echo(str(path))

    return report


def print_run(row: Row, label: str) -> None:
    """Print the tables of a run."""
    _told(row, label)
    print_table(
        "Retrieval of one sample among those of the test split",
        ["direction", "R@1", "R@10", "median rank"],
        _retrieval(row),
    )
    if not all(d["defined"] for d in row["directions"]):
        echo(UNDEFINED)
    for one in row["measures"]:
        if (one["family"], one["condition"], one["metric"]) == ("complementarity", "all", "gain") and one["defined"]:
            interval = f"({number(one['low'], 3)} to {number(one['high'], 3)})"
            known = "" if one["reference"] is None else f"; {number(one['reference'], 3)} can be had"
            echo(
                f"Complementarity of {one['subject']}: {number(one['value'], 3)} {interval} "
                f"beyond the best single modality{known}."
            )
        if (one["family"], one["condition"], one["metric"]) == ("complementarity", "all", "higher-order capture"):
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
    title = f"{row['method']}: the {label}, {HOW[row.get('told_by') or 'descriptions']} (seed {row['seed']})"
    if any(d[name] is not None for d in told for name in CEILINGS):
        cells = [[_query(d), _reached(d), *(number(d[name]) for name in CEILINGS), captured(d)] for d in told]
        print_table(title, ["from", "accuracy", *CEILINGS.values(), "capture"], cells)
        return
    cells = [[_query(d), _reached(d), _interval(row, d), number(row["chance"])] for d in told]
    print_table(title, ["from", "accuracy", "95% interval", "chance"], cells)


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


def _query(direction: Row) -> str:
    return " + ".join(direction["query"])


def _reached(direction: Row) -> str:
    return number(direction["accuracy"] if direction["defined"] else None)


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
