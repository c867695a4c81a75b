"""Write the page of results of all methods on all benchmarks, and its figure, from what is kept of their runs.

    python docs/figures/study.py

reads the files that `xor.py`, `bird_results.py` and `av_results.py` keep, and ``trifeature_results.csv``, puts the
tables below their marks in ``docs/results.md``, and draws ``all-on-all.png``. Of every method the setting stands for it
that was best on validation; settings are never chosen on what is shown.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field, replace
from functools import partial
from itertools import combinations

import numpy as np
import pandas as pd
from bird_results import BY_PART, GROUPS, PROBES, Runs
from matplotlib import rc_context
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from searches import FUSED, Search, dials_said
from tables import HERE, interval, put_tables, signed, table
from xor import BITS, DIRECTIONS, SEARCHED, UNGATED, VALIDATION_SEEDS, lines, of_setting
from xor import chosen as with_settings

from birdmml.data import design_of
from birdmml.presets import preset
from birdmml.settings import Settings as BirdSettings
from birdmml.theory import additive_ceilings, structure
from confu_core.datasets.trifeature.law import structure as trifeature_structure
from confu_core.datasets.trifeature.pairs import TrifeatureSettings
from confu_core.methods import load_method
from confu_core.page.drawing import INK, SETTINGS
from confu_core.statistics.agreement import rank_agreement
from confu_core.statistics.intervals import student_interval
from xor_bench.run import untrained
from xor_bench.settings import Settings
from xor_bench.theory import additive_ceiling, additive_limit, bayes_accuracy, chance, pairwise_ceiling

PS, XOR_BIRDS = (0.1, 0.3, 0.5, 0.7, 0.9), (0.75, 1.0)  # Of birds those at which anything is left to capture.
METHODS = ("confu", "eao", "gated-symile", "symile", "gram", "triangle", "pmrl", "comm", "infmasking", "clip", "hub")
GROUPED = ("gated-symile", "symile", "confu", "eao")  # Of which accuracies by group are compared.
ENOUGH = 8  # Methods, to compare orders: of six, four of which tie, an interval need not hold the value.
GATED = (("gated-symile", ""), ("gated-symile", UNGATED))
NOISY = (("confu", ""), ("symile", ""), *GATED, ("clip", ""))  # What ran with unreliable modalities.
BASELINES = ("bimodal", "supervised")
CAPTURES = (("pairwise", "#e08214"), ("additive", "#b2182b"))  # The levels that an interval may lie above, and colours.
LEVELS = {"chance": "chance", "pairwise": "pairwise ceiling", "additive": "additive bound", "bayes": "Bayes accuracy"}
NAMES = {"confu": "ConFu", "eao": "EAO", "gated-symile": "Gated Symile", "symile": "Symile", "gram": "GRAM"}
NAMES |= {"triangle": "TRIANGLE", "pmrl": "PMRL", "comm": "CoMM", "infmasking": "InfMasking", "clip": "pairwise CLIP"}
NAMES |= {"hub": "hub CLIP", "bimodal": "bimodal CLIP", "supervised": "supervised, with labels"}


@dataclass(frozen=True)
class Benchmark:
    """What the methods reach on one benchmark with the settings that were chosen for them.

    `accuracies` are by method and seed; levels are None where they are not known. `settings` are what was chosen and of
    how many, where anything was searched. Of `fallbacks` the method does not define the score. `limit` says that the
    additive bound is at most so high.
    """

    name: str
    accuracies: dict[str, dict[int, float]]
    chance: float | None = None
    pairwise: float | None = None
    additive: float | None = None
    bayes: float | None = None
    settings: dict[str, tuple[str, int]] = field(default_factory=dict)
    fallbacks: frozenset[str] = frozenset()
    limit: bool = False

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
            found[method] = own, dials_said(setting), len(searched)
    return found


def figure3() -> Benchmark:
    """Return the XOR task of the paper's figure: the accuracy of `ac->b`, mean over five values of p."""
    accuracies, settings = {}, {}
    for method, (own, said, count) in chosen_of_xor().items():
        own = own[own.groupby("seed").p.transform("nunique") == len(PS)]
        if not own.empty:
            accuracies[method] = own.groupby("seed")["ac->b"].mean().to_dict()
            settings |= {method: (said, count)} if count > 1 else {}
    levels = [bayes_accuracy(p, BITS, ("a", "c"), "b") for p in PS]
    limits = [additive_limit(p, BITS) for p in PS]
    exact = chance(BITS), chance(BITS), float(np.mean(limits)), float(np.mean(levels))
    others = frozenset(method for method in accuracies if _fallback(method, "ac->b"))
    return Benchmark("XOR, figure 3", accuracies, *exact, settings, others, limit=True)


def _fallback(method: str, direction: str) -> bool:
    """Say whether a method does not define the score of a direction of three modalities."""
    query, key = (tuple("abc".index(letter) for letter in side) for side in direction.split("->"))
    return not untrained(Settings(method=method)).method.defines(query, key)


def mixing() -> str:
    """Write what is reached of the paper's figure at each p, beside the Bayes accuracy."""
    rows = []
    for method, (own, _, _) in chosen_of_xor().items():
        by_p = {p: at["ac->b"] for p, at in own.groupby("p")}
        mark = "†" * _fallback(method, "ac->b")
        rows.append([named(method), *(interval(by_p[p]) + mark if p in by_p else "" for p in PS)])
    rows.append(["Bayes accuracy", *(f"{bayes_accuracy(p, BITS, ('a', 'c'), 'b'):.3f}" for p in PS)])
    return table(["method", *(f"p̂ = {p:g}" for p in PS)], rows)


def directions() -> str:
    """Write what is reached of the paper's figure in all three directions from two modalities, at p = 0.5."""
    rows = []
    for method, (own, _, _) in chosen_of_xor().items():
        cells = [interval(own[own.p == 0.5][one]) + "†" * _fallback(method, one) for one in DIRECTIONS]
        rows.append([named(method), *cells])
    for name, exact in (("pairwise ceiling", pairwise_ceiling), ("Bayes accuracy", bayes_accuracy)):
        rows.append([name, *(f"{exact(0.5, BITS, tuple(one[:2]), one[-1]):.3f}" for one in DIRECTIONS)])
    return table(["method", *(f"`{one}`" for one in DIRECTIONS)], rows)


def parity(modalities: int) -> Benchmark:
    """Return the XOR task of some modalities at p = 0.5: the accuracy of the second from all others, at defaults."""
    numbers = pd.read_csv(HERE / "xor_modalities.csv").query("parity == 'all' and modalities == @modalities")
    main = numbers[(numbers.order == modalities - 1) & numbers.direction.str.endswith("->b")]
    accuracies = {method: own.set_index("seed").accuracy.to_dict() for method, own in main.groupby("method")}
    level, others = main.iloc[0], frozenset(main[~main.defined].method)
    additive = additive_ceiling(0.5, 1, tuple("acde"[: modalities - 1]), "b", modalities=modalities)
    levels = 0.5, level.pairwise_ceiling, additive, level.bayes_accuracy
    return Benchmark(f"XOR, M = {modalities}", accuracies, *levels, fallbacks=others)


def birds(*, defaults: bool = False) -> Benchmark:
    """Return the default build of Bird-MML: species from picture and song, zero-shot."""
    known = structure(design_of(BirdSettings())).overall
    additive = additive_ceilings(design_of(BirdSettings()))["all"]
    found = _searched("Bird-MML", "bird_search.csv", defaults)
    return replace(found, chance=0.05, pairwise=known.pairwise_ceiling, additive=additive, bayes=known.bayes_both)


def _searched(name: str, file: str, defaults: bool) -> Benchmark:
    """Return what methods reach as chosen on validation, or at their defaults."""
    search, accuracies, settings = Search(pd.read_csv(HERE / file)), {}, {}
    for method in METHODS + BASELINES:
        found = search.lines(method)
        one = defaults or len(found) < 2
        if own := search.usual(method) if one else search.chosen(method):
            accuracies[method] = own
            settings |= {} if one else {method: (dials_said(found.iloc[0]), len(found))}
    return Benchmark(name + ", defaults" * defaults, accuracies, settings=settings)


def xor_birds() -> Benchmark:
    """Return the preset `xor` of Bird-MML: species from picture and song, mean over two values of p, at defaults."""
    kept = pd.read_csv(HERE / "bird_xor.csv").query("p in @XOR_BIRDS")
    whole = kept[kept.groupby(["method", "seed"]).p.transform("nunique") == len(XOR_BIRDS)]
    accuracies = {m: own.groupby("seed").accuracy.mean().to_dict() for m, own in whole.groupby("method")}
    exact = kept.groupby("p")[["pairwise_ceiling", "bayes_accuracy"]].first().mean()
    additive = [additive_ceilings(design_of(preset("xor", {"p": p})))["all"] for p in XOR_BIRDS]
    levels = 0.25, exact.pairwise_ceiling, float(np.mean(additive)), exact.bayes_accuracy
    return Benchmark("Bird-MML, xor", accuracies, *levels)


def av_mnist(*, defaults: bool = False) -> Benchmark:
    """Return digits and voices: the digit from picture and sound, by its name."""
    return replace(_searched("AV-MNIST", "av_search.csv", defaults), chance=0.1)


def trifeature() -> Benchmark:
    """Return the synergy of Trifeature by its published protocol: what a probe reads of both pictures, by class."""
    kept = pd.read_csv(HERE / "trifeature_results.csv").query("task == 'synergy'")
    accuracies = {method: own.set_index("seed").value.to_dict() for method, own in kept.groupby("method")}
    known = trifeature_structure(TrifeatureSettings(split="published"))["tasks"]["synergy"]["macro"]
    levels = 0.5, known["pairwise_ceiling"], known["additive_ceiling"], known["bayes_both"]
    return Benchmark("Trifeature, S", accuracies, *levels)


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
    for name, words in LEVELS.items():
        levels = [(getattr(b, name), "≤ " * (b.limit and name == "additive")) for b in benchmarks]
        rows.append([words, *("" if level is None else f"{mark}{level:.3f}" for level, mark in levels)])
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

    beside = [b for b in benchmarks if "confu" in b.accuracies]
    rows = by_method(METHODS[1:], beside, paired)
    return table(["ConFu less", *(b.name for b in beside)], rows)


def agreement(benchmarks: list[Benchmark]) -> str:
    """Write Kendall's tau between benchmarks over the methods that both have, and over those with published scores."""
    rows = []
    for first, second in [*combinations(benchmarks, 2), (birds(defaults=True), av_mnist(defaults=True))]:
        shared = [method for method in METHODS if method in first.accuracies and method in second.accuracies]
        if len(shared) >= ENOUGH:
            published = [method for method in shared if not load_method(method).ours]
            taus = [tau for some in (shared, published) for tau in _taus(first, second, some)]
            rows.append([first.name, second.name, *taus])
    own = ["methods", "tau", "95% interval"]
    return table(["benchmark", "and", *own, *(f"{word}, published scores" for word in own)], rows, words=2)


def _taus(first: Benchmark, second: Benchmark, methods: Sequence[str]) -> list[str]:
    if len(methods) < ENOUGH:
        return ["", "", ""]
    found = rank_agreement(*([b.mean(method) for method in methods] for b in (first, second)))
    return [str(len(methods)), f"{found.value:+.2f}", f"{found.low:+.2f} to {found.high:+.2f}"]


def settings(benchmarks: list[Benchmark]) -> str:
    """Write which settings stand for a method, of how many, where any were searched."""
    searched = [b for b in benchmarks if b.settings]

    def cell(b: Benchmark, method: str) -> str:
        return "{} (of {})".format(*b.settings[method]) if method in b.settings else "defaults"

    rows = by_method(METHODS + BASELINES, searched, cell)
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
        counts = sorted({len(one) for one in usual if one})
        said = " or ".join(map(str, counts))
        rows.append([NAMES[method], said, *(interval(one.values()) if one else "" for one in usual)])
        for part, own in tried[tried.method == method].groupby("part", sort=False):
            found = [own[own.condition == condition].value for condition in ("test", *GROUPS)]
            rows.append([f"{NAMES[method]}, `{part}`", str(own.seed.nunique()), *map(interval, found)])
    names = ("pairwise ceiling", "Bayes accuracy")
    for name in names:
        exact = [runs.exact(name.lower().replace(" ", "_"), group) for group in ("all", *GROUPS)]
        rows.append([name, "", *(f"{one:.3f}" for one in exact)])
    return table(["method", "seeds", "all", *(f"`{group}`" for group in GROUPS)], rows)


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
    """Write what is reached of XOR where one modality of some samples is noise, and what the gate adds to it."""
    kept, rows = pd.read_csv(HERE / "xor_unreliable.csv").fillna({"part": ""}), []
    for share, own in kept.groupby("unreliable"):
        for direction in DIRECTIONS:
            runs = {
                one: own[(own.method == one[0]) & (own.part == one[1])].set_index("seed")[direction] for one in NOISY
            }
            gain = signed(interval(runs[GATED[0]] - runs[GATED[1]]))
            query, key = tuple(direction[:2]), direction[-1]
            exact = [of(0.5, BITS, query, key, unreliable=share) for of in (pairwise_ceiling, bayes_accuracy)]
            levels = (f"{one:.3f}" for one in exact)
            rows.append([f"{share:g}", f"`{direction}`", *map(interval, runs.values()), gain, *levels])
    names = (NAMES[method] + f", `{part}`" * bool(part) for method, part in NOISY)
    return table(["share", "direction", *names, "the gate adds", "pairwise ceiling", "Bayes accuracy"], rows, words=2)


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
        bounds = ((getattr(benchmark, level), color) for level, color in CAPTURES)
        passed = [color for bound, color in bounds if found and bound is not None and found.low > bound]
        color = passed[-1] if passed else INK
        filled = "none" if method in benchmark.fallbacks else color
        axes.scatter(values, [at] * len(values), s=14, alpha=0.7, linewidths=0.6, color=color, facecolors=filled)
    looks = {"chance": ":", "pairwise": "--", "additive": "-.", "bayes": "-"}
    for level, look in looks.items():
        if (at := getattr(benchmark, level)) is not None:
            axes.axvline(at, ls=look, color=INK, lw=0.8, zorder=1)
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
        "accuracy; dotted: chance, dashed: pairwise ceiling, dash-dotted: additive bound, solid: Bayes accuracy; "
        "interval above the ceiling: orange, above the bound too: red; hollow: a fallback",
        fontsize=SETTINGS["axes.labelsize"],
    )
    return figure


def main() -> None:
    """Read, draw, and write."""
    benchmarks = [figure3(), parity(4), parity(5), birds(), xor_birds(), av_mnist(), trifeature()]
    with rc_context(SETTINGS):
        drawn(benchmarks).savefig(HERE / "all-on-all.png", dpi=130)
    tables: list[Callable[[list[Benchmark]], str]] = [reached, capture, behind, agreement, settings, seeds]
    compared = {one.__name__: partial(one, benchmarks) for one in tables}
    put_tables(
        "results.md", compared | {one.__name__: one for one in (mixing, directions, parts, probes, unreliable, costs)}
    )


if __name__ == "__main__":
    main()
