"""Draw the figures of the page of XOR results and write its tables, from the runs of its sweeps or from what was kept.

    python docs/figures/xor.py runs/codings runs/depth2 runs/modalities runs/robustness runs/search

adds to ``xor.csv``, one line per run, to ``xor_modalities.csv``, one line per direction of the runs with other bits
than five, as those of the preset ``modalities``, and to ``xor_unreliable.csv`` the runs with unreliable modalities;
draws, and puts each table below its mark in ``docs/xor-results.md``. Without folders it takes all three as they stand.
The page says how the runs are made.
"""

from __future__ import annotations

import sys
from collections.abc import Mapping, Sequence
from functools import partial
from math import isnan, nan
from pathlib import Path
from typing import Any

import pandas as pd
from matplotlib import rc_context
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from searches import DIALS, dials_said
from tables import HERE, interval, kept_with, put_tables, signed, spread, table

from confu_core.page.drawing import INK, SETTINGS
from confu_core.report.panels import METHODS as LOOKS
from xor_bench.run import untrained
from xor_bench.settings import Settings
from xor_bench.sweep import PRESETS
from xor_bench.theory import bayes_accuracy, chance

KEPT, BY_MODALITIES, UNRELIABLE = HERE / "xor.csv", HERE / "xor_modalities.csv", HERE / "xor_unreliable.csv"
RUN = ["inputs", "dim", "depth", "warmup", *DIALS, "method", "p", "seed"]
DIRECTIONS = ("ac->b", "ab->c", "bc->a")
SIZE = ["parity", "modalities", "method", "seed"]
SHARE = ["unreliable", "method", "part", "seed"]
CLOSED = -1000.0  # The strength at which the gate of Gated Symile is closed for good.
UNGATED = f"strength={CLOSED:g}"
METHODS = ("confu", "symile", "gram", "triangle", "clip")
NAMES = {"confu": "ConFu", "symile": "Symile", "gram": "GRAM", "triangle": "TRIANGLE", "clip": "pairwise CLIP"}
NAMES |= {"hub": "hub CLIP"}
CODINGS = {"bits": "bits as -1 and 1", "bits01": "bits as 0 and 1"}
# Read off the figure of arXiv 2511.21331, to about 0.01.
PUBLISHED_GRAM = {0.1: 0.05, 0.3: 0.11, 0.4: 0.08, 0.5: 0.07, 0.6: 0.145, 0.7: 0.13, 0.8: 0.07, 1.0: 0.07}
BITS, SPREAD = 5, 0.008
DEFAULTS = {"depth": 1, "warmup": 0.3, "lr": 0.005, "temperature": 0.07, "anchor": 0}
SEARCHED = {"inputs": "bits01", "dim": 16}
VALIDATION_SEEDS = (10, 11)
Setting = dict[str, Any]


def collect(folders: Sequence[str]) -> None:
    """Keep the numbers of the finished runs of results folders, in place of those of the same runs."""
    runs, larger, unreliable = [], [], []
    for folder in folders:
        rows = pd.read_parquet(Path(folder, "results.parquet"))
        costs = pd.read_parquet(Path(folder, "costs.parquet"))[["cell", "seconds"]]
        rows = (
            rows[rows.status == "done"]
            .reindex(columns=[*{*rows.columns, *RUN, "learn_temperature"}])
            .merge(costs, on="cell")
        )
        # A temperature that is learned has no value to search.
        rows.loc[rows.learn_temperature.eq(True), "temperature"] = float("nan")
        for row in rows.to_dict("records"):
            if row.get("unreliable"):
                levels = {name: round(row[name], 5) for name in ("pairwise_ceiling", "bayes_accuracy")}
                row["part"] = UNGATED if row.get("strength") == CLOSED else ""
                unreliable.append({name: row[name] for name in SHARE} | levels | accuracies(row["directions"]))
            elif row["bits"] == BITS:
                runs.append({name: row[name] for name in RUN} | accuracies(row["directions"]))
            else:
                larger += [
                    {name: row[name] for name in SIZE} | direction_numbers(each) | {"seconds": round(row["seconds"], 1)}
                    for each in row["directions"]
                ]
    for rows, keys, path in (
        (runs, RUN, KEPT),
        (larger, [*SIZE, "direction"], BY_MODALITIES),
        (unreliable, SHARE, UNRELIABLE),
    ):
        frame = kept_with(path, pd.DataFrame(rows), keys)
        frame.to_csv(path, index=False, lineterminator="\n")


def accuracies(directions: Sequence[dict[str, Any]]) -> dict[str, float]:
    """Return the accuracy of the directions from two modalities, and how far the worst of all is from its best."""
    reached = {each["direction"]: each["accuracy"] for each in directions}
    worst = min(each["accuracy"] - each["bayes_accuracy"] for each in directions if each["defined"])
    return {name: round(value, 5) for name, value in {**{d: reached[d] for d in DIRECTIONS}, "worst": worst}.items()}


def direction_numbers(direction: dict[str, Any]) -> dict[str, Any]:
    """Return what is kept of one direction of a run."""
    numbers = {
        name: direction[name] for name in ("direction", "order", "bayes_accuracy", "pairwise_ceiling", "defined")
    }
    return {**numbers, "accuracy": round(direction["accuracy"], 5)}


def chosen(runs: pd.DataFrame, **wanted: Any) -> pd.DataFrame:
    """Return the runs with these settings; a dial that a method lacks agrees with any."""
    for name, value in wanted.items():
        runs = runs[(runs[name] == value) | (runs[name].isna() if name in DIALS else False)]
    return runs


def dots(axes: Axes, runs: pd.DataFrame, column: str, x: str = "p", spread: float = SPREAD) -> None:
    """Draw every seed as a dot, and a line through the medians where seeds do not part into branches."""
    methods = [method for method in METHODS if method in set(runs.method)]
    for at, method in enumerate(methods):
        own = chosen(runs, method=method)
        color, marker = LOOKS[method]
        look = {"color": color, "zorder": 3}
        places = own[x] + (at - (len(methods) - 1) / 2) * spread / 2
        axes.scatter(places, own[column], s=13, marker=marker, alpha=0.65, linewidths=0, label=NAMES[method], **look)
        if method != "gram":
            line = own.groupby(x)[column].median()
            axes.plot(line.index, line.to_numpy(), lw=0.8, alpha=0.6, **look)


def accuracy_panel(axes: Axes, runs: pd.DataFrame, title: str) -> None:
    """Draw the accuracy of `ac->b` over p between chance and the Bayes accuracy."""
    ends = [0.0, 1.0]
    axes.plot(
        ends, [bayes_accuracy(p, BITS, ("a", "c"), "b") for p in ends], "--", color=INK, lw=1, label="Bayes accuracy"
    )
    axes.plot(ends, [chance(BITS)] * 2, ":", color=INK, lw=1, label="chance and pairwise ceiling")
    dots(axes, runs, "ac->b")
    look = {"marker": "x", "s": 34, "color": "#7a0177", "linewidths": 1.3, "zorder": 4}
    axes.scatter(list(PUBLISHED_GRAM), list(PUBLISHED_GRAM.values()), label="GRAM as published (read off)", **look)
    axes.set_title(title)


def titled(figure: Figure, columns: int, y: str, x: str = r"mixing probability $\hat{p}$") -> None:
    """Add what panels share: labels and one legend."""
    handles, labels = figure.axes[0].get_legend_handles_labels()
    figure.legend(handles, labels, loc="outside lower center", ncols=columns)
    for axes in figure.axes:
        if axes.get_subplotspec().is_last_row():
            axes.set_xlabel(x)
    figure.supylabel(y, fontsize=10)


def settings_of(runs: pd.DataFrame) -> list[Setting]:
    """List the codings, widths and depths that every method was run with."""
    pairs = [(inputs, dim, depth) for depth in (1, 2) for inputs in reversed(CODINGS) for dim in (16, 32)]
    found = [{**DEFAULTS, **dict(zip(("inputs", "dim", "depth"), each, strict=True))} for each in pairs]
    return [one for one in found if {*chosen(runs, **one, p=0.2).method} >= {*METHODS}]


def named(setting: Setting) -> str:
    """Say what a panel or a column is of."""
    layers = ", two layers" if setting["depth"] == 2 else ""
    return f"{CODINGS[setting['inputs']]}, {setting['dim']} dimensions{layers}"


def figure3(runs: pd.DataFrame) -> Figure:
    """Draw the paper's figure under both codings of the bits, in the widths that there are runs of."""
    settings = [one for one in settings_of(runs) if one["depth"] == 1]
    figure, panels = paneled(len(settings))
    for axes, setting in zip(panels, settings, strict=True):
        accuracy_panel(axes, chosen(runs, **setting), named(setting))
    titled(figure, 4, "accuracy, ac → b; a dot is a seed")
    return figure


def worst(runs: pd.DataFrame) -> Figure:
    """Draw how far each method stays below the Bayes accuracy in the worst direction that it defines."""
    settings = [one for one in settings_of(runs) if (one["inputs"], one["dim"]) in (("bits01", 16), ("bits", 32))]
    figure, panels = paneled(len(settings), columns=len(settings))
    for axes, setting in zip(panels, settings, strict=True):
        axes.axhline(0, ls="--", color=INK, lw=1, label="Bayes accuracy")
        dots(axes, chosen(runs, **setting), "worst")
        axes.set_title(named(setting))
    titled(figure, 6, "accuracy less Bayes accuracy, worst direction")
    return figure


def growing(numbers: pd.DataFrame) -> Figure:
    """Draw the accuracy of predicting b from all others over the number of modalities."""
    figure, panels = paneled(2)
    titles = {"all": "the last is the parity of all others", "pair": "the last is the parity of the first two"}
    main = numbers[(numbers.order == numbers.modalities - 1) & numbers.direction.str.endswith("->b")]
    for axes, (parity, title) in zip(panels, titles.items(), strict=True):
        own = main[main.parity == parity]
        exact = own.drop_duplicates("modalities").sort_values("modalities")
        axes.plot(exact.modalities, exact.bayes_accuracy, "--", color=INK, lw=1, label="Bayes accuracy")
        axes.plot(exact.modalities, exact.pairwise_ceiling, ":", color=INK, lw=1, label="pairwise ceiling")
        dots(axes, own, "accuracy", x="modalities", spread=0.06)
        axes.set_xticks(exact.modalities.tolist())
        axes.set_title(title)
    titled(figure, 4, "accuracy, all others → b; a dot is a seed", "modalities")
    return figure


def paneled(count: int, columns: int = 2) -> tuple[Figure, list[Axes]]:
    """Return a figure with rows of panels, which share their axes."""
    rows = -(-count // columns)
    figure = Figure(figsize=(4.7 * columns, 1.1 + 3.2 * rows), layout="constrained")
    panels = list(figure.subplots(rows, columns, sharex=True, sharey=True, squeeze=False).flat)
    for axes in panels[count:]:
        axes.remove()
    return figure, panels[:count]


def by_p(runs: pd.DataFrame, inputs: str, dim: int) -> str:
    """Write the accuracies of `ac->b` of all methods over p, of all seeds the least and the greatest."""
    own, rows = chosen(runs, **DEFAULTS, inputs=inputs, dim=dim), []
    for p in PRESETS["codings"]["p"]:
        cells = [spread(chosen(own, method=method, p=p)["ac->b"]) for method in METHODS]
        rows.append([f"{p:g}", *cells, f"{bayes_accuracy(p, BITS, ('a', 'c'), 'b'):.3f}"])
    return table(["p̂", *(NAMES[method] for method in METHODS), "Bayes"], rows, words=0)


def misses(runs: pd.DataFrame) -> str:
    """Write how far the worst seed of ConFu and Symile stays below the Bayes accuracy of `ac->b`, and where."""
    rows = []
    for method in ("confu", "symile"):
        for setting in settings_of(runs):
            own = chosen(runs, method=method, **setting)
            gaps = own["ac->b"] - [bayes_accuracy(p, BITS, ("a", "c"), "b") for p in own.p]
            far, where = f"{(gaps < -0.02).sum()} of {len(gaps)}", own.p[gaps.idxmin()]
            task = [f"`{setting['inputs']}`", str(setting["dim"]), str(setting["depth"])]
            rows.append([NAMES[method], *task, f"{gaps.min():.3f}", f"{where:g}", far])
    return table(["method", "inputs", "dim", "depth", "worst", "at p̂", "runs below by 0.02"], rows, words=2)


def branches(runs: pd.DataFrame) -> str:
    """Write the accuracies of GRAM in ascending order, beside the published ones."""
    own = chosen(runs, **DEFAULTS | SEARCHED, method="gram")
    rows = []
    for p, published in PUBLISHED_GRAM.items():
        seeds = sorted(own[(own.p == p) & ~own.seed.isin(VALIDATION_SEEDS)]["ac->b"])
        rows.append([f"{p:g}", f"{published:g}", ", ".join(f"{value:.3f}" for value in seeds)])
    return table(["p̂", "published", "here, five seeds"], rows, words=0)


def other_directions(runs: pd.DataFrame) -> str:
    """Write the accuracies of the three directions from two modalities, for encoders of one layer and of two."""
    rows = []
    for method in ("confu", "symile"):
        for depth in (1, 2):
            for p in (0.1, 0.5, 1.0):
                own = chosen(runs, **{**DEFAULTS, "depth": depth}, inputs="bits", dim=32, method=method, p=p)
                best = [bayes_accuracy(p, BITS, query, key) for query, key in ((("a", "c"), "b"), (("a", "b"), "c"))]
                cells = [f"{p:g}", *(spread(own[one]) for one in DIRECTIONS), *(f"{value:.3f}" for value in best)]
                rows.append([NAMES[method], str(depth), *cells])
    heads = [*(f"`{one}`" for one in DIRECTIONS), "Bayes of `ac->b`", "Bayes of the other two"]
    return table(["method", "depth", "p̂", *heads], rows)


def plateau(runs: pd.DataFrame) -> str:
    """Write the accuracy of `ac->b` less the Bayes accuracy around the default rate, of all seeds the worst."""
    grid, rows = PRESETS["robustness"], []
    for method in grid["method"]:
        for depth in grid["depth"]:
            for inputs in grid["inputs"]:
                for dim in grid["dim"]:
                    setting = {**DEFAULTS, "inputs": inputs, "dim": dim, "depth": depth, "method": method}
                    cells = []
                    for lr in grid["lr"]:
                        own = chosen(runs, **{**setting, "lr": lr})
                        own = own[own.p.isin(grid["p"]) & own.seed.isin(grid["seed"])]
                        gaps = own["ac->b"] - [bayes_accuracy(p, BITS, ("a", "c"), "b") for p in own.p]
                        cells.append(f"{gaps.min():.3f}")
                    rows.append([NAMES[method], f"`{inputs}`", str(dim), str(depth), *cells])
    return table(["method", "inputs", "dim", "depth", *(f"rate {lr:g}" for lr in grid["lr"])], rows, words=2)


def lines(runs: pd.DataFrame, method: str) -> pd.DataFrame:
    """Return the mean accuracy of `ac->b` over the searched p and seeds, by what was searched, best first."""
    own = chosen(runs[runs.seed.isin(VALIDATION_SEEDS)], **SEARCHED, method=method)
    return own.groupby([*DIALS], dropna=False)["ac->b"].mean().reset_index().sort_values("ac->b", ascending=False)


def of_setting(tested: pd.DataFrame, method: str, setting: Mapping[str, float]) -> pd.DataFrame:
    """Return the runs of a method with the dials of a setting, and else the defaults."""
    dials = {name: setting[name] for name in DIALS if not isnan(setting.get(name, nan))}
    return chosen(tested, **{**DEFAULTS, **dials}, method=method)


def search(runs: pd.DataFrame) -> str:
    """Write what was searched, one dial at a time around the defaults."""
    rows = []
    for method in NAMES:
        found, cells = lines(runs, method), []
        for name in DIALS:
            others = {other: DEFAULTS[other] for other in DIALS if other != name}
            line = chosen(found, **others).dropna(subset=[name]).sort_values(name)
            written = [f"{at:g}: {value:.3f}" for at, value in zip(line[name], line["ac->b"], strict=True)]
            cells.append(", ".join(written) if len(written) > 1 else "")
        rows.append([NAMES[method], str(len(found)), *cells])
    return table(["method", "settings", *DIALS.values()], rows)


def best_settings(runs: pd.DataFrame) -> str:
    """Write the accuracy of `ac->b`, mean over p and by seed, of the defaults and of what was best in the search."""
    tested = chosen(runs[~runs.seed.isin(VALIDATION_SEEDS)], **SEARCHED)
    found = {}
    for method in NAMES:
        for key, setting in (("default", DEFAULTS), ("chosen", lines(runs, method).iloc[0])):
            found[method, key] = of_setting(tested, method, setting).groupby("seed")["ac->b"].mean()
    rows = []
    for method in NAMES:
        best = lines(runs, method).iloc[0]
        said = dials_said(best)
        paired = (found["confu", "chosen"] - found[method, "chosen"]).dropna()
        last = "" if method == "confu" else signed(interval(paired))
        rows.append([NAMES[method], said, *(interval(found[method, key]) for key in ("default", "chosen")), last])
    return table(["method", "chosen", "default", "chosen, accuracy", "ConFu's less this"], rows, words=2)


def by_modalities(numbers: pd.DataFrame) -> str:
    """Write accuracy and capture of the headline direction, and what it costs, over the number of modalities."""
    rows = []
    for parity in PRESETS["modalities"]["parity"]:
        for modalities in PRESETS["modalities"]["modalities"]:
            for method in PRESETS["modalities"]["method"]:
                own = numbers.query("parity == @parity and modalities == @modalities and method == @method")
                main = own[(own.order == modalities - 1) & own.direction.str.endswith("->b")]
                model = untrained(Settings(method=method, modalities=modalities, bits=1, parity=parity))
                cells = [
                    interval(main.accuracy),
                    f"{main.bayes_accuracy.iloc[0]:.3f}",
                    *(captured(own[own.order == order]) for order in (2, 3, 4, 5)),
                    f"{own.groupby('seed').seconds.first().median():.0f}",
                    f"{sum(each.numel() for each in model.parameters()):,}",
                ]
                rows.append([parity, str(modalities), NAMES[method], *cells])
    orders = [f"capture, {order} -> 1" for order in (2, 3, 4, 5)]
    return table(["parity of", "M", "method", "accuracy", "Bayes", *orders, "seconds", "parameters"], rows, words=3)


def captured(own: pd.DataFrame) -> str:
    """Write the share of the way from the pairwise ceiling to the Bayes accuracy, over directions that leave any."""
    own = own[own.defined & (own.bayes_accuracy - own.pairwise_ceiling > 1e-9)]
    if own.empty:
        return ""
    return f"{((own.accuracy - own.pairwise_ceiling) / (own.bayes_accuracy - own.pairwise_ceiling)).mean():.2f}"


def main() -> None:
    """Collect what is given, draw, and write."""
    if sys.argv[1:]:
        collect(sys.argv[1:])
    runs, numbers = pd.read_csv(KEPT), pd.read_csv(BY_MODALITIES)
    # Of three modalities, the first two are all others.
    numbers = pd.concat([numbers, numbers[numbers.modalities == 3].assign(parity="pair")])
    drawn = runs[~runs.seed.isin(VALIDATION_SEEDS)]
    with rc_context(SETTINGS):
        for name, draw in (
            ("figure3", figure3(drawn)),
            ("xor_worst", worst(drawn)),
            ("xor_modalities", growing(numbers)),
        ):
            draw.savefig(HERE / f"{name}.png", dpi=130)
    tables = {
        one.__name__.replace("_", "-"): partial(one, drawn) for one in (misses, branches, other_directions, plateau)
    }
    tables |= {
        "published-coding": partial(by_p, drawn, "bits01", 16),
        "default-coding": partial(by_p, drawn, "bits", 32),
        "search": partial(search, runs),
        "best-settings": partial(best_settings, runs),
        "by-modalities": partial(by_modalities, numbers),
    }
    put_tables("xor-results.md", tables)


if __name__ == "__main__":
    main()
