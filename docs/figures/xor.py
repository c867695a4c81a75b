"""Draw the figures of the page of XOR results, from the runs of its sweeps or from what was kept of them.

    python docs/figures/xor.py runs/codings runs/depth2

writes ``xor.csv``, one line per run, draws, and prints the tables of the page; without folders it takes ``xor.csv`` as
it stands.
"""

from __future__ import annotations

import csv
import sys
from collections import defaultdict
from collections.abc import Iterable, Sequence
from pathlib import Path
from statistics import median
from typing import Any

from matplotlib import rc_context
from matplotlib.axes import Axes
from matplotlib.figure import Figure

from confu_core.report.style import INK, PALETTE, QUIET, SETTINGS
from confu_core.runs.results import read_results
from xor_bench.theory import bayes_accuracy, chance

HERE = Path(__file__).parent
KEPT = HERE / "xor.csv"
TASK, WHAT = ("inputs", "dim", "depth", "warmup"), ("accuracy", "worst")
COLUMNS = (*TASK, "method", "p", "seed", *WHAT)
METHODS = ("confu", "symile", "gram", "triangle", "clip")
NAMES = {"confu": "ConFu", "symile": "Symile", "gram": "GRAM", "triangle": "TRIANGLE", "clip": "pairwise CLIP"}
MARKERS = dict(zip(METHODS, "osD^v", strict=True))
CODINGS = {"bits": "bits as -1 and 1", "bits01": "bits as 0 and 1"}
# Read off the figure of arXiv 2511.21331, to about 0.01.
PUBLISHED_GRAM = {0.1: 0.05, 0.3: 0.11, 0.4: 0.08, 0.5: 0.07, 0.6: 0.145, 0.7: 0.13, 0.8: 0.07, 1.0: 0.07}
BITS, SPREAD = 5, 0.008
Run = dict[str, Any]


def collected(folders: Iterable[str]) -> list[Run]:
    """Read the finished runs of results folders; each run once."""
    found = {}
    for folder in folders:
        for row in read_results(folder).rows():
            if row["status"] == "done":
                worst = min(each["accuracy"] - each["bayes_accuracy"] for each in row["directions"] if each["defined"])
                numbers = {"accuracy": round(row["accuracy"], 5), "worst": round(worst, 5)}
                found[row["cell"]] = {**{name: row[name] for name in COLUMNS[:-2]}, **numbers}
    return sorted(found.values(), key=lambda run: [str(run[name]) for name in COLUMNS])


def keep(runs: Sequence[Run]) -> None:
    """Write the runs for the next time."""
    with KEPT.open("w", newline="", encoding="utf-8") as file:
        writer = csv.DictWriter(file, COLUMNS, lineterminator="\n")
        writer.writeheader()
        writer.writerows(runs)


def kept() -> list[Run]:
    """Read the runs that were kept."""
    whole, text = ("dim", "depth", "seed"), ("inputs", "method")
    with KEPT.open(encoding="utf-8") as file:
        return [
            {
                name: value if name in text else int(value) if name in whole else float(value)
                for name, value in row.items()
            }
            for row in csv.DictReader(file)
        ]


def chosen(runs: Iterable[Run], **wanted: Any) -> list[Run]:
    """Return the runs with these settings."""
    return [run for run in runs if all(run[name] == value for name, value in wanted.items())]


def dots(axes: Axes, runs: Sequence[Run], column: str, methods: Sequence[str] = METHODS) -> None:
    """Draw every seed as a dot, and a line through the medians where seeds do not part into branches."""
    for at, method in enumerate(methods):
        own = chosen(runs, method=method)
        by_p = defaultdict(list)
        for run in own:
            by_p[run["p"]].append(run[column])
        look = {"color": PALETTE[METHODS.index(method)], "zorder": 3}
        shift = (at - (len(methods) - 1) / 2) * SPREAD / 2
        places = [run["p"] + shift for run in own]
        axes.scatter(
            places, [run[column] for run in own], s=13, marker=MARKERS[method], alpha=0.65, linewidths=0, **look,
            label=NAMES[method],
        )  # fmt: skip
        if method != "gram":
            line = sorted(by_p.items())
            axes.plot([p for p, _ in line], [median(each) for _, each in line], lw=0.8, alpha=0.6, **look)


def accuracy_panel(axes: Axes, runs: Sequence[Run], title: str) -> None:
    """Draw the accuracy of `ac->b` over p between chance and the Bayes accuracy."""
    ends = [0.0, 1.0]
    axes.plot(
        ends, [bayes_accuracy(p, BITS, ("a", "c"), "b") for p in ends], "--", color=INK, lw=1, label="Bayes accuracy"
    )
    axes.plot(ends, [chance(BITS)] * 2, ":", color=INK, lw=1, label="chance and pairwise ceiling")
    dots(axes, runs, "accuracy")
    look = {"marker": "x", "s": 34, "color": "#7a0177", "linewidths": 1.3, "zorder": 4}
    axes.scatter(list(PUBLISHED_GRAM), list(PUBLISHED_GRAM.values()), label="GRAM as published (read off)", **look)
    axes.set_title(title)


def titled(figure: Figure, axes: Axes, columns: int, x: str, y: str) -> None:
    """Add what panels share: labels and one legend."""
    handles, labels = axes.get_legend_handles_labels()
    for handle in handles:
        handle.set_alpha(1)
    figure.legend(handles, labels, loc="outside lower center", ncols=columns)
    figure.supxlabel(x, fontsize=10)
    figure.supylabel(y, fontsize=10)


def figure3(runs: Sequence[Run]) -> Figure:
    """Draw the paper's figure under both codings and two widths of the space."""
    figure = Figure(figsize=(9.4, 7.2), layout="constrained")
    panels = figure.subplots(2, 2, sharex=True, sharey=True)
    for row, inputs in zip(panels, CODINGS, strict=True):
        for axes, dim in zip(row, (16, 32), strict=True):
            part = chosen(runs, inputs=inputs, dim=dim, depth=1)
            accuracy_panel(axes, part, f"{CODINGS[inputs]}, {dim} dimensions")
    titled(figure, panels[0, 0], 4, r"mixing probability $\hat{p}$", "accuracy, ac → b; a dot is a seed")
    return figure


def worst(runs: Sequence[Run]) -> Figure:
    """Draw how far each method stays below the Bayes accuracy in its worst direction, by depth of the encoders."""
    figure = Figure(figsize=(9.4, 4.2), layout="constrained")
    panels = figure.subplots(1, 2, sharex=True, sharey=True)
    for axes, depth in zip(panels, (1, 2), strict=True):
        axes.axhline(0, ls="--", color=INK, lw=1, label="Bayes accuracy")
        dots(axes, chosen(runs, inputs="bits", dim=32, depth=depth), "worst")
        axes.set_title(f"encoders of {depth} layer{'s' * (depth > 1)}")
        axes.tick_params(colors=QUIET)
    titled(
        figure,
        panels[0],
        6,
        r"mixing probability $\hat{p}$",
        "accuracy less Bayes accuracy,\nworst direction that is defined",
    )
    return figure


def spread(values: Sequence[float]) -> str:
    """Write the least and the greatest of some numbers, once where they are written alike."""
    ends = [f"{value + 0.0:.3f}" for value in (min(values), max(values))]
    return ends[0] if ends[0] == ends[1] else " to ".join(ends)


def by_p(runs: Sequence[Run], **wanted: Any) -> str:
    """Write the accuracies of all methods over p as a Markdown table, of all seeds the least and the greatest."""
    lines = [f"| p̂ | {' | '.join(map(NAMES.get, METHODS))} | Bayes |", "| --: |" + " --: |" * (len(METHODS) + 1)]
    for p in sorted({run["p"] for run in runs}):
        cells = [[run["accuracy"] for run in chosen(runs, method=method, p=p, **wanted)] for method in METHODS]
        best = bayes_accuracy(p, BITS, ("a", "c"), "b")
        lines.append(f"| {p:g} | {' | '.join(map(spread, cells))} | {best:.3f} |")
    return "\n".join(lines)


def misses(runs: Sequence[Run]) -> str:
    """Write how far the worst seed of ConFu and Symile stays below the Bayes accuracy of `ac->b`, and where."""
    lines = ["| method | inputs | dim | worst | at p̂ | seeds below by 0.02 |", "| --- | --- | --: | --: | --: | --: |"]
    for method in ("confu", "symile"):
        for inputs in CODINGS:
            for dim in (16, 32):
                own = chosen(runs, method=method, inputs=inputs, dim=dim, depth=1)
                gaps = [(run["accuracy"] - bayes_accuracy(run["p"], BITS, ("a", "c"), "b"), run["p"]) for run in own]
                low, where = min(gaps)
                far = sum(gap < -0.02 for gap, _ in gaps)
                cells = (NAMES[method], f"`{inputs}`", dim, f"{low:.3f}", f"{where:g}", f"{far} of {len(gaps)}")
                lines.append(f"| {' | '.join(map(str, cells))} |")
    return "\n".join(lines)


def published(runs: Sequence[Run]) -> str:
    """Write the published values of GRAM beside the least and the greatest of our seeds."""
    lines = ["| p̂ | published | 0/1, 16 | 0/1, 32 | -1/1, 16 | -1/1, 32 |", "| --: |" + " --: |" * 5]
    for p, value in PUBLISHED_GRAM.items():
        cells = [
            spread([run["accuracy"] for run in chosen(runs, method="gram", depth=1, p=p, inputs=inputs, dim=dim)])
            for inputs in reversed(CODINGS)
            for dim in (16, 32)
        ]
        lines.append(f"| {p:g} | {value:g} | {' | '.join(cells)} |")
    return "\n".join(lines)


def main() -> None:
    """Collect what is given, draw, and print."""
    if sys.argv[1:]:
        keep(collected(sys.argv[1:]))
    runs = kept()
    with rc_context(SETTINGS):
        for name, draw in (("figure3", figure3), ("xor_worst", worst)):
            draw(runs).savefig(HERE / f"{name}.png", dpi=130)
    for inputs, dim in (("bits01", 16), ("bits", 32)):
        print(f"\n{inputs}, {dim}\n{by_p(runs, inputs=inputs, dim=dim, depth=1)}")
    print(f"\n{published(runs)}\n\n{misses(runs)}")


if __name__ == "__main__":
    main()
