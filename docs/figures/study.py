"""Write the page of results of all methods on all benchmarks, and its figure, from what is kept of their runs.

    python docs/figures/study.py

reads the files that `xor.py`, `bird_results.py` and `av_results.py` keep, puts the tables below their marks in
``docs/results.md``, and draws ``all-on-all.png``. Of every method the setting stands for it that was best on
validation; settings are never chosen on what is shown.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import partial
from itertools import combinations

import numpy as np
import pandas as pd
from bird_results import BY_PART, FUSED, GROUPS, PROBES, Runs
from matplotlib import rc_context
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from tables import HERE, dials_said, interval, put_tables, signed, table
from xor import BITS, SEARCHED, VALIDATION_SEEDS, lines, of_setting
from xor import chosen as with_settings

from confu_core.methods import load_method
from confu_core.page.drawing import INK, SETTINGS
from confu_core.statistics.agreement import rank_agreement
from confu_core.statistics.intervals import student_interval
from xor_bench.run import untrained
from xor_bench.settings import Settings
from xor_bench.theory import bayes_accuracy, chance

PS, XOR_BIRDS = (0.1, 0.3, 0.5, 0.7, 0.9), (0.5, 0.75, 1.0)
METHODS = ("confu", "eao", "gated-symile", "symile", "gram", "triangle", "pmrl", "comm", "infmasking", "clip", "hub")
GROUPED = ("gated-symile", "symile", "confu", "eao")  # Of which accuracies by group are compared.
ENOUGH = 8  # Methods, to compare orders: of six, four of which tie, an interval need not hold the value.
NOISY = ("confu", "symile", "gated-symile", "clip")  # What ran with unreliable modalities.
BASELINES = ("bimodal", "supervised")
NAMES = {"confu": "ConFu", "eao": "EAO", "gated-symile": "Gated Symile", "symile": "Symile", "gram": "GRAM"}
NAMES |= {"triangle": "TRIANGLE", "pmrl": "PMRL", "comm": "CoMM", "infmasking": "InfMasking", "clip": "pairwise CLIP"}
NAMES |= {"hub": "hub CLIP", "bimodal": "bimodal CLIP", "supervised": "supervised, with labels"}


@dataclass(frozen=True)
class Benchmark:
    """What the methods reach on one benchmark with the settings that were chosen for them.

    `accuracies` are by method and seed, `settings` what was chosen, of how many; levels are None where they are not
    known. Of `fallbacks` the method does not define the score.
    """

    name: str
    accuracies: dict[str, dict[int, float]]
    settings: dict[str, tuple[str, int]]
    chance: float | None = None
    pairwise: float | None = None
    bayes: float | None = None
    fallbacks: frozenset[str] = frozenset()

    def mean(self, method: str) -> float:
        """Return the mean over seeds."""
        return float(np.mean(list(self.accuracies[method].values())))

    def captured(self, method: str) -> list[float]:
        """Return the higher-order capture of each seed; none where the ceilings are not known."""
        if self.pairwise is None or self.bayes is None:
            return []
        return [(each - self.pairwise) / (self.bayes - self.pairwise) for each in self.accuracies[method].values()]


def chosen_of_xor() -> dict[str, tuple[pd.DataFrame, str, int]]:
    """Return the test runs of the paper's figure by method, what was chosen for it, and of how many settings."""
    runs = pd.read_csv(HERE / "xor.csv")
    runs = runs[runs.p.isin(PS)]
    tested = with_settings(runs[~runs.seed.isin(VALIDATION_SEEDS)], **SEARCHED)
    found = {}
    for method in METHODS + BASELINES:
        searched, own = lines(runs, method), tested[tested.method == method]
        if not own.empty:
            setting = (own if searched.empty else searched).iloc[0]
            own = of_setting(own, method, setting)
            found[method] = own, "defaults" if searched.empty else dials_said(setting), max(len(searched), 1)
    return found


def figure3() -> Benchmark:
    """Return the XOR task of the paper's figure: the accuracy of `ac->b`, mean over five values of p."""
    accuracies, settings = {}, {}
    for method, (own, said, count) in chosen_of_xor().items():
        own = own[own.groupby("seed").p.transform("nunique") == len(PS)]
        if not own.empty:
            accuracies[method] = own.groupby("seed")["ac->b"].mean().to_dict()
            settings[method] = said, count
    levels = [bayes_accuracy(p, BITS, ("a", "c"), "b") for p in PS]
    none = chance(BITS)
    others = frozenset(method for method in accuracies if not _defined(method))
    return Benchmark("XOR, figure 3", accuracies, settings, none, none, float(np.mean(levels)), others)


def _defined(method: str) -> bool:
    return untrained(Settings(method=method)).method.defines((0, 2), (1,))


def mixing() -> str:
    """Write what is reached of the paper's figure at each p, beside the Bayes accuracy."""
    rows = []
    for method, (own, _, _) in chosen_of_xor().items():
        by_p = {p: at["ac->b"] for p, at in own.groupby("p")}
        mark = "†" * (not _defined(method))
        rows.append([named(method), *(interval(by_p[p]) + mark if p in by_p else "" for p in PS)])
    rows.append(["Bayes accuracy", *(f"{bayes_accuracy(p, BITS, ('a', 'c'), 'b'):.3f}" for p in PS)])
    return table(["method", *(f"p̂ = {p:g}" for p in PS)], rows)


def parity(modalities: int) -> Benchmark:
    """Return the XOR task of some modalities at p = 0.5: the accuracy of the second from all others, at defaults."""
    numbers = pd.read_csv(HERE / "xor_modalities.csv").query("parity == 'all' and modalities == @modalities")
    main = numbers[(numbers.order == modalities - 1) & numbers.direction.str.endswith("->b")]
    accuracies = {method: own.set_index("seed").accuracy.to_dict() for method, own in main.groupby("method")}
    level = main.iloc[0]
    settings = dict.fromkeys(accuracies, ("defaults", 1))
    levels = level.pairwise_ceiling, level.bayes_accuracy
    return Benchmark(
        f"XOR, M = {modalities}", accuracies, settings, 0.5, *levels, frozenset(main[~main.defined].method)
    )


def birds() -> Benchmark:
    """Return the default build of Bird-MML: species from picture and song, zero-shot."""
    runs = Runs(pd.read_csv(HERE / "bird_results.csv"), pd.read_csv(HERE / "bird_search.csv"))
    accuracies, settings = {}, {}
    for method in METHODS + BASELINES:
        if not (found := runs.lines(method)).empty:
            accuracies[method] = runs.chosen(method)
            settings[method] = (dials_said(found.iloc[0]), len(found))
    levels = [runs.exact(name) for name in ("pairwise_ceiling", "bayes_accuracy")]
    return Benchmark("Bird-MML", accuracies, settings, 0.05, *levels)


def xor_birds() -> Benchmark:
    """Return the preset `xor` of Bird-MML: species from picture and song, mean over three values of p, at defaults."""
    kept = pd.read_csv(HERE / "bird_xor.csv").query("p in @XOR_BIRDS")
    whole = kept[kept.groupby(["method", "seed"]).p.transform("nunique") == len(XOR_BIRDS)]
    accuracies = {m: own.groupby("seed").accuracy.mean().to_dict() for m, own in whole.groupby("method")}
    levels = kept.groupby("p")[["pairwise_ceiling", "bayes_accuracy"]].first().mean()
    settings = dict.fromkeys(accuracies, ("defaults", 1))
    return Benchmark("Bird-MML, xor", accuracies, settings, 0.25, levels.pairwise_ceiling, levels.bayes_accuracy)


def av_mnist() -> Benchmark:
    """Return digits and voices: the digit from picture and sound, by its name, at defaults."""
    kept = pd.read_csv(HERE / "av_results.csv")
    kept = kept.query("family == 'zero_shot' and subject == 'image+audio' and condition == 'test'")
    accuracies = {method: own.set_index("seed").value.to_dict() for method, own in kept.groupby("method")}
    return Benchmark("AV-MNIST", accuracies, dict.fromkeys(accuracies, ("defaults", 1)), 0.1)


def by_method(
    methods: Sequence[str], benchmarks: list[Benchmark], cell: Callable[[Benchmark, str], str]
) -> list[list[str]]:
    """Write a row per method and a cell per benchmark, empty where the method was not run, marked as the page says."""
    return [
        [named(m), *(cell(b, m) + "†" * (m in b.fallbacks) if m in b.accuracies else "" for b in benchmarks)]
        for m in methods
    ]


def named(method: str) -> str:
    """Name a method, marked where scores of it are this toolkit's."""
    return NAMES[method] + " ‡" * bool(load_method(method).ours)


def reached(benchmarks: list[Benchmark]) -> str:
    """Write what every method reaches on every benchmark, beside what can be reached."""
    rows = by_method(METHODS + BASELINES, benchmarks, lambda b, method: interval(b.accuracies[method].values()))
    for name in ("chance", "pairwise", "bayes"):
        levels = [getattr(b, name) for b in benchmarks]
        words = {"chance": "chance", "pairwise": "pairwise ceiling", "bayes": "Bayes accuracy"}[name]
        rows.append([words, *("" if level is None else f"{level:.3f}" for level in levels)])
    return table(["method", *(b.name for b in benchmarks)], rows)


def capture(benchmarks: list[Benchmark]) -> str:
    """Write which share of what only several modalities together say each method gets."""
    known = [b for b in benchmarks if b.pairwise is not None]
    rows = by_method(METHODS + BASELINES, known, lambda b, method: interval(b.captured(method)))
    return table(["method", *(b.name for b in known)], rows)


def behind(benchmarks: list[Benchmark]) -> str:
    """Write what ConFu reaches less what another does, over the same seeds."""

    def paired(b: Benchmark, method: str) -> str:
        first, second = b.accuracies["confu"], b.accuracies[method]
        return signed(interval(first[seed] - second[seed] for seed in sorted(first.keys() & second.keys())))

    rows = by_method(METHODS[1:], benchmarks, paired)
    return table(["ConFu less", *(b.name for b in benchmarks)], rows)


def agreement(benchmarks: list[Benchmark]) -> str:
    """Write Kendall's tau between benchmarks over the methods that both have."""
    rows = []
    for first, second in combinations(benchmarks, 2):
        shared = [method for method in METHODS if method in first.accuracies and method in second.accuracies]
        if len(shared) >= ENOUGH:
            found = rank_agreement(*([b.mean(method) for method in shared] for b in (first, second)))
            ends = f"{found.low:+.2f} to {found.high:+.2f}"
            rows.append([first.name, second.name, str(len(shared)), f"{found.value:+.2f}", ends])
    return table(["benchmark", "and", "methods", "tau", "95% interval"], rows, words=2)


def settings(benchmarks: list[Benchmark]) -> str:
    """Write which settings stand for a method, of how many."""
    searched = [b for b in benchmarks if any(count > 1 for _, count in b.settings.values())]
    rows = by_method(METHODS + BASELINES, searched, lambda b, method: "{} (of {})".format(*b.settings[method]))
    return table(["method", *(b.name for b in searched)], rows, words=1 + len(searched))


def seeds(benchmarks: list[Benchmark]) -> str:
    """Write how many seeds stand for a method."""
    rows = [
        [named(method), *(str(len(b.accuracies[method])) if method in b.accuracies else "" for b in benchmarks)]
        for method in METHODS + BASELINES
    ]
    return table(["method", *(b.name for b in benchmarks)], rows)


def parts() -> str:
    """Write what methods reach of each group of Bird-MML as they are, and with one part in place of another."""
    runs = Runs(pd.read_csv(HERE / "bird_results.csv"), pd.read_csv(HERE / "bird_search.csv"))
    tried, rows = pd.read_csv(BY_PART), []
    for method in GROUPED:
        usual = [runs.by_seed(method, "zero_shot", FUSED, metric="accuracy", condition="test")]
        usual += [runs.by_seed(method, "zero_shot_group", FUSED, metric="accuracy", condition=one) for one in GROUPS]
        rows.append([NAMES[method], *(interval(one.values()) if one else "" for one in usual)])
        for part, own in tried[tried.method == method].groupby("part", sort=False):
            found = [own[own.condition == condition].value for condition in ("test", *GROUPS)]
            rows.append([f"{NAMES[method]}, `{part}`", *map(interval, found)])
    names = ("pairwise ceiling", "Bayes accuracy")
    for name in names:
        exact = [runs.exact(name.lower().replace(" ", "_"), group) for group in ("all", *GROUPS)]
        rows.append([name, *(f"{one:.3f}" for one in exact)])
    return table(["method", "all", *(f"`{group}`" for group in GROUPS)], rows)


def probes() -> str:
    """Write what classifiers read of picture and song from the frozen embeddings of Bird-MML, at the defaults."""
    runs = Runs(pd.read_csv(HERE / "bird_results.csv"), pd.read_csv(HERE / "bird_search.csv"))
    rows = [[NAMES[method], *(runs.cell(method, "probe", condition=kind) for kind in PROBES)] for method in METHODS]
    drawn, tried = [], pd.read_csv(BY_PART).query("part == 'epochs=1'")
    for kind in PROBES:
        values = tried[tried.condition == kind].value
        drawn.append(interval(values) if len(values) else "")
    rows = [row for row in [*rows, ["encoders as they were drawn", *drawn]] if any(row[1:])]
    return table(["method", *PROBES.values()], rows)


def unreliable() -> str:
    """Write what is reached of XOR where one modality of some samples is noise, over the share of these samples."""
    kept, rows = pd.read_csv(HERE / "xor_unreliable.csv"), []
    for share, own in kept.groupby("unreliable"):
        cells = [interval(own[own.method == method]["ac->b"]) for method in NOISY]
        levels = [f"{own[name].iloc[0]:.3f}" for name in ("pairwise_ceiling", "bayes_accuracy")]
        rows.append([f"{share:g}", *cells, *levels])
    return table(["share", *(NAMES[method] for method in NOISY), "pairwise ceiling", "Bayes accuracy"], rows)


def costs() -> str:
    """Write what an epoch of Bird-MML takes, and how many numbers are trained."""
    kept = pd.read_csv(HERE / "study_costs.csv").set_index("method")
    rows = [
        [NAMES[method], f"{kept.seconds[method]:.1f}", f"{kept.parameters[method]:,}"]
        for method in METHODS + BASELINES
        if method in kept.index
    ]
    return table(["method", "seconds an epoch", "parameters"], rows)


def panel(axes: Axes, benchmark: Benchmark) -> None:
    """Draw every seed as a dot, a row per method, against the levels that are known."""
    for at, method in enumerate(METHODS + BASELINES):
        values = list(benchmark.accuracies.get(method, {}).values())
        found = student_interval(values) if len(values) > 1 else None  # One seed says nothing of its own spread.
        captures = found is not None and benchmark.pairwise is not None and found.low > benchmark.pairwise
        color = "#b2182b" if captures else INK
        filled = "none" if method in benchmark.fallbacks else color
        axes.scatter(values, [at] * len(values), s=14, alpha=0.7, linewidths=0.6, color=color, facecolors=filled)
    for level, look in ((benchmark.chance, ":"), (benchmark.pairwise, "--"), (benchmark.bayes, "-")):
        if level is not None:
            axes.axvline(level, ls=look, color=INK, lw=0.8, zorder=1)
    axes.set_title(benchmark.name)
    axes.set_xlim(-0.03, 1.03)


def drawn(benchmarks: list[Benchmark]) -> Figure:
    """Draw all methods on all benchmarks."""
    figure = Figure(figsize=(1.2 + 1.75 * len(benchmarks), 3.9), layout="constrained")
    every = METHODS + BASELINES
    for axes, benchmark in zip(figure.subplots(1, len(benchmarks), sharey=True), benchmarks, strict=True):
        panel(axes, benchmark)
    first = figure.axes[0]
    first.set_yticks(range(len(every)), [NAMES[method] for method in every])
    first.set_ylim(len(every) - 0.5, -0.5)
    figure.supxlabel(
        "accuracy; dotted: chance, dashed: pairwise ceiling, solid: Bayes accuracy; "
        "red: interval above the ceiling; hollow: a fallback",
        fontsize=SETTINGS["axes.labelsize"],
    )
    return figure


def main() -> None:
    """Read, draw, and write."""
    benchmarks = [figure3(), parity(4), parity(5), birds(), xor_birds(), av_mnist()]
    with rc_context(SETTINGS):
        drawn(benchmarks).savefig(HERE / "all-on-all.png", dpi=130)
    tables: list[Callable[[list[Benchmark]], str]] = [reached, capture, behind, agreement, settings, seeds]
    compared = {one.__name__: partial(one, benchmarks) for one in tables}
    put_tables("results.md", compared | {one.__name__: one for one in (mixing, parts, probes, unreliable, costs)})


if __name__ == "__main__":
    main()
