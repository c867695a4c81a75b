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
from itertools import product
from pathlib import Path
from statistics import median
from typing import Any

from matplotlib import rc_context
from matplotlib.axes import Axes
from matplotlib.figure import Figure

from confu_core.page.drawing import INK, SETTINGS
from confu_core.report.panels import METHODS as LOOKS
from confu_core.runs.results import read_results
from xor_bench.theory import bayes_accuracy, chance

HERE = Path(__file__).parent
KEPT = HERE / "xor.csv"
TASK, WHAT = ("inputs", "dim", "depth", "warmup"), ("accuracy", "worst")
COLUMNS = (*TASK, "method", "p", "seed", *WHAT)
METHODS = ("confu", "symile", "gram", "triangle", "clip")
NAMES = {"confu": "ConFu", "symile": "Symile", "gram": "GRAM", "triangle": "TRIANGLE", "clip": "pairwise CLIP"}
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
        color, marker = LOOKS[method]
        look = {"color": color, "zorder": 3}
        shift = (at - (len(methods) - 1) / 2) * SPREAD / 2
        places = [run["p"] + shift for run in own]
        axes.scatter(
            places, [run[column] for run in own], s=13, marker=marker, alpha=0.65, linewidths=0, **look,
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


def titled(figure: Figure, columns: int, y: str) -> None:
    """Add what panels share: labels and one legend."""
    handles, labels = figure.axes[0].get_legend_handles_labels()
    figure.legend(handles, labels, loc="outside lower center", ncols=columns)
    for axes in figure.axes[-2:]:
        axes.set_xlabel(r"mixing probability $\hat{p}$")
    figure.supylabel(y, fontsize=10)


def settings_of(runs: Sequence[Run]) -> list[dict[str, Any]]:
    """List the codings, widths and depths that every method was run with."""
    pairs = [(inputs, dim, depth) for depth in (1, 2) for inputs in reversed(CODINGS) for dim in (16, 32)]
    found = [dict(zip(("inputs", "dim", "depth"), each, strict=True)) for each in pairs]
    return [one for one in found if {run["method"] for run in chosen(runs, **one)} == set(METHODS)]


def named(setting: dict[str, Any]) -> str:
    """Say what a panel or a column is of."""
    layers = ", two layers" if setting["depth"] == 2 else ""
    return f"{CODINGS[setting['inputs']]}, {setting['dim']} dimensions{layers}"


def figure3(runs: Sequence[Run]) -> Figure:
    """Draw the paper's figure under both codings of the bits, in the widths that there are runs of."""
    settings = [one for one in settings_of(runs) if one["depth"] == 1]
    figure, panels = paneled(len(settings))
    for axes, setting in zip(panels, settings, strict=True):
        accuracy_panel(axes, chosen(runs, **setting), named(setting))
    titled(figure, 4, "accuracy, ac → b; a dot is a seed")
    return figure


def worst(runs: Sequence[Run]) -> Figure:
    """Draw how far each method stays below the Bayes accuracy in the worst direction that it defines."""
    settings = settings_of(runs)
    figure, panels = paneled(len(settings))
    for axes, setting in zip(panels, settings, strict=True):
        axes.axhline(0, ls="--", color=INK, lw=1, label="Bayes accuracy")
        dots(axes, chosen(runs, **setting), "worst")
        axes.set_title(named(setting))
    titled(figure, 6, "accuracy less Bayes accuracy, worst direction")
    return figure


def paneled(count: int) -> tuple[Figure, list[Axes]]:
    """Return a figure with two panels a row, which share their axes."""
    rows = (count + 1) // 2
    figure = Figure(figsize=(9.4, 1.1 + 3.2 * rows), layout="constrained")
    panels = list(figure.subplots(rows, 2, sharex=True, sharey=True, squeeze=False).flat)
    for axes in panels[count:]:
        axes.remove()
    return figure, panels[:count]


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
    lines = ["| method | inputs | dim | worst | at p̂ | runs below by 0.02 |", "| --- | --- | --: | --: | --: | --: |"]
    for method, setting in product(("confu", "symile"), settings_of(runs)):
        if setting["depth"] == 1:
            own = chosen(runs, method=method, **setting)
            gaps = [(run["accuracy"] - bayes_accuracy(run["p"], BITS, ("a", "c"), "b"), run["p"]) for run in own]
            low, where = min(gaps)
            far = f"{sum(gap < -0.02 for gap, _ in gaps)} of {len(gaps)}"
            cells = (NAMES[method], f"`{setting['inputs']}`", setting["dim"], f"{low:.3f}", f"{where:g}", far)
            lines.append(f"| {' | '.join(map(str, cells))} |")
    return "\n".join(lines)


def main() -> None:
    """Collect what is given, draw, and print."""
    if sys.argv[1:]:
        keep(collected(sys.argv[1:]))
    runs = kept()
    with rc_context(SETTINGS):
        for name, draw in (("figure3", figure3), ("xor_worst", worst)):
            draw(runs).savefig(HERE / f"{name}.png", dpi=130)
    for setting in settings_of(runs):
        print(f"\n{named(setting)}\n{by_p(runs, **setting)}")
    print(f"\n{misses(runs)}")


if __name__ == "__main__":
    main()
