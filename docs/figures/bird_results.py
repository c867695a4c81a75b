"""Write the tables of the page of results on Bird-MML, from the runs of sweeps or from what was kept of them.

    birdmml sweep --data data/birds --seed 0,1,2,3,4 --out runs/birds
    birdmml sweep --data data/birds --method confu --temperature 0.03,0.15,0.3 --out runs/search
    python docs/figures/bird_results.py runs/birds runs/search

adds to ``bird_results.csv``, one line per number of the first folder that the page needs, and to ``bird_search.csv``,
the zero-shot accuracies of all folders by rate, temperature and anchor; and writes each table below its mark in
``docs/bird-results.md``; without folders it takes both as they stand. Runs on the preset `xor` go to ``bird_xor.csv``,
and those with another part of a method than usual to ``bird_parts.csv``.
"""

from __future__ import annotations

import sys
from collections.abc import Iterable, Sequence
from functools import partial
from pathlib import Path
from typing import Any

import pandas as pd
from searches import DIALS, FUSED, Search, dials_said, searched
from tables import HERE, interval, kept_with, put_tables, signed, table

from birdmml.data import design_of
from birdmml.presets import preset
from birdmml.settings import Settings
from birdmml.theory import structure

KEPT, SEARCHED = HERE / "bird_results.csv", HERE / "bird_search.csv"
XOR, BY_PART = HERE / "bird_xor.csv", HERE / "bird_parts.csv"
RUN, MIXED = ["method", "p", "seed"], preset("xor").species
# What was tried in place of the usual part of a method: an option and its value. That of one epoch had no rate.
PARTS = (
    ("gated-symile", "strength", -1000.0),
    ("gated-symile", "negatives", "n"),
    ("symile", "temperature", 0.01),
    ("confu", "fusion", "shared"),
    ("eao", "dropout", 0.1),
    ("clip", "epochs", 1),
)
METHODS = ("confu", "symile", "clip", "hub", "triangle", "gram")
QUERIES = {"V": "image", "A": "audio", "A+V": FUSED}
GROUPS = ("redundant", "image-unique", "audio-unique", "complement", "xor")
KEYS = ["method", "seed", "family", "subject", "metric", "condition", "x"]
COLUMNS = [*KEYS, "value", "reference", "defined"]
PROBES = {"linear": "linear", "bilinear": "bilinear", "MLP": "MLP", "fused": "own vector, linear"}
TOLD = {"metric": "accuracy", "condition": "test"}
ACCURACIES = ("accuracy", "accuracy, log-mean-exp")


def collected(folder: str) -> pd.DataFrame:
    """Read the numbers that were kept, and those of a results folder that the page needs, in place of the same ones."""
    rows = pd.read_parquet(Path(folder, "results.parquet"), columns=["cell", "method", "seed"])
    found = pd.read_parquet(Path(folder, "measures.parquet")).merge(rows, on="cell")
    accuracy, fused = found.metric.isin(ACCURACIES), found.subject == FUSED
    wanted = (found.family == "zero_shot") & accuracy
    wanted |= found.family.isin(("probe", "plain", "zero_shot_group", "few_shot", "robustness")) & accuracy & fused
    wanted |= found.family.isin(("plain", "ceiling")) & ~found.metric.str.startswith("balanced")
    wanted |= (found.family == "overlap") & fused
    return kept_with(KEPT, found[wanted][COLUMNS], KEYS)


def keep(folders: Sequence[str]) -> None:
    """Keep the numbers of the finished runs of results folders, each where such runs are kept."""
    usual, mixed, parts = [], [], []
    for folder in folders:
        rows = pd.read_parquet(Path(folder, "results.parquet"))
        apart = any(len(_having(rows, *part)) for part in PARTS if part[1] not in DIALS)
        (mixed if rows.species.eq(MIXED).all() else parts if apart else usual).append(folder)
    written = {XOR: over_mixing(mixed), BY_PART: by_part([*parts, *usual])} if mixed or parts else {}
    if usual:
        written |= {KEPT: collected(usual[0]), SEARCHED: searched(SEARCHED, usual)}
    for file, frame in written.items():
        frame.round({"value": 5}).to_csv(file, index=False, lineterminator="\n")


def over_mixing(folders: Iterable[str]) -> pd.DataFrame:
    """Read the accuracies over the mixing parameter that were kept, and those of some folders in their place."""
    columns = [*RUN, "accuracy", "pairwise_ceiling", "bayes_accuracy"]
    rows = [pd.read_parquet(Path(folder, "results.parquet")) for folder in folders]
    # Bimodal CLIP scores no picture with a song.
    found = [one[(one.status == "done") & (one.method != "bimodal")][columns] for one in rows]
    return kept_with(XOR, pd.concat([pd.DataFrame(columns=columns), *found]), RUN)


def by_part(folders: Iterable[str]) -> pd.DataFrame:
    """Read the accuracies of methods with other parts that were kept, and those of some folders in their place."""
    columns = ["method", "part", "seed", "condition", "value"]
    found = [pd.DataFrame(columns=columns)]
    for folder in folders:
        rows = pd.read_parquet(Path(folder, "results.parquet"))
        measures = pd.read_parquet(Path(folder, "measures.parquet"))
        told = measures.family.isin(("zero_shot", "zero_shot_group", "probe")) & (measures.metric == "accuracy")
        told &= (measures.subject == FUSED) & measures.condition.isin(("test", *GROUPS, *PROBES))
        for part in PARTS:
            own = _having(rows, *part)[["cell", "method", "seed"]].assign(part=named(*part))
            found.append(measures[told].merge(own, on="cell")[columns])
    return kept_with(BY_PART, pd.concat(found), columns[:-1])


def _having(rows: pd.DataFrame, method: str, name: str, value: Any) -> pd.DataFrame:
    return rows[(rows.method == method) & rows[name].eq(value)] if name in rows else rows[:0]


def named(method: str, name: str, value: Any) -> str:
    """Write an option as a command has it."""
    return f"{name}={value:g}" if isinstance(value, float) else f"{name}={value}"


class Runs:
    """The kept numbers, asked for by what they are of."""

    def __init__(self, frame: pd.DataFrame, search: pd.DataFrame) -> None:
        self.frame = frame.fillna({"condition": "", "metric": "", "subject": ""})
        self.search = Search(search)

    def by_seed(self, method: str, family: str, subject: str = FUSED, **where: object) -> dict[int, float]:
        """Return a number of each seed; empty where the method does not define it."""
        rows = self.frame.query("method == @method and family == @family and subject == @subject")
        for column, wanted in where.items():
            rows = rows[rows[column] == wanted]
        return {int(seed): value for seed, value, defined in rows[["seed", "value", "defined"]].values if defined}

    def cell(self, method: str, family: str, subject: str = FUSED, **where: object) -> str:
        """Write a number over seeds; empty where the method does not define it."""
        values = self.by_seed(method, family, subject, **where)
        return interval(values.values()) if values else ""

    def exact(self, name: str, group: str = "all") -> float:
        """Return a ceiling of A+V."""
        rows = self.frame.query("family == 'ceiling' and metric == @name and condition == @group")
        return float(rows.value.iloc[0])

    def best(self, query: str) -> float:
        """Return the Bayes accuracy of a query."""
        rows = self.frame.query("family == 'zero_shot' and subject == @query and metric == 'accuracy'")
        return float(rows[rows.condition == "test"].reference.iloc[0])

    def seeds(self, method: str) -> int:
        """Return how many seeds a method was run with."""
        return int(self.frame[self.frame.method == method].seed.nunique())


def headline(runs: Runs) -> str:
    """Write what each method reaches, beside what can be reached."""
    rows = []
    pairwise, bayes = runs.exact("pairwise_ceiling"), runs.exact("bayes_accuracy")
    for method in METHODS:
        told = [runs.by_seed(method, "zero_shot", query, **TOLD) for query in QUERIES.values()]
        captured = [(each - pairwise) / (bayes - pairwise) for each in told[-1].values()]
        cells = [interval(each) if each else "" for each in (*(each.values() for each in told), captured)]
        rows.append([method, str(runs.seeds(method)), *cells])
    alone = [f"{runs.best(query):.3f}" for query in ("image", "audio")]
    for name, share in (("single ceiling", ""), ("pairwise ceiling", "0"), ("Bayes accuracy", "1")):
        rows.append([name, "", *alone, f"{runs.exact(name.lower().replace(' ', '_')):.3f}", share])
    plain = [runs.cell("confu", "plain", query) for query in QUERIES.values()]
    rows.append(["plain features, with labels", "", *(cell.split(" ")[0] for cell in plain), ""])
    return table(["method", "seeds", "picture (V)", "song (A)", "A+V", "higher-order capture"], rows)


def claims(runs: Runs) -> str:
    """Write differences over the same seeds."""

    def told(method: str, query: str = "A+V") -> dict[int, float]:
        return runs.by_seed(method, "zero_shot", QUERIES[query], **TOLD)

    def paired(one: dict[int, float], other: dict[int, float]) -> str:
        return signed(interval(one[seed] - other[seed] for seed in sorted(one.keys() & other.keys())))

    confu, ceiling = told("confu"), runs.exact("pairwise_ceiling")
    rows = [
        [
            f"ConFu's A+V lies above the pairwise ceiling, {ceiling:.3f}",
            signed(interval(each - ceiling for each in confu.values())),
        ]
    ]
    rows += [[f"ConFu's A+V is above that of {other}", paired(confu, told(other))] for other in METHODS[1:]]
    rows += [
        [f"ConFu's {query} is no more than 0.02 below CLIP's", paired(told("confu", query), told("clip", query))]
        for query in "VA"
    ]
    return table(["claim", "found"], rows)


def groups(runs: Runs) -> str:
    """Write accuracy by kind of interaction."""
    rows = [
        [f"`{group}`" if group == "xor" else group]
        + [runs.cell(method, "zero_shot_group", metric="accuracy", condition=group) for method in METHODS]
        + [f"{runs.exact('pairwise_ceiling', group=group):.3f}"]
        for group in GROUPS
    ]
    return table(["group", *METHODS, "pairwise ceiling"], rows)


def readings(runs: Runs) -> str:
    """Write both readings of several descriptions."""
    rows = [
        [method, *(runs.cell(method, "zero_shot", metric=metric, condition="test") for metric in ACCURACIES)]
        for method in METHODS
    ]
    return table(["method", "A+V, mean", "A+V, log-mean-exp"], rows)


def probes(runs: Runs) -> str:
    """Write what classifiers read from frozen embeddings."""
    rows = [[method, *(runs.cell(method, "probe", condition=kind) for kind in PROBES)] for method in METHODS]
    return table(["method", *PROBES.values()], rows)


def few_shot(runs: Runs) -> str:
    """Write accuracy from a few samples of each species, by the embeddings side by side."""
    rows = [
        [f"{shots:g}" if shots else "zero-shot"]
        + [runs.cell(method, "few_shot", x=shots, condition="") for method in METHODS]
        for shots in (0.0, 1.0, 2.0, 5.0, 10.0, 20.0)
    ]
    return table(["samples per species", *METHODS], rows)


def overlap(runs: Runs) -> str:
    """Write which samples either modality, and both, tell."""
    methods = [method for method in METHODS if runs.by_seed(method, "overlap", metric="all")]
    parts = ("A only", "A/V", "AV only", "AV/A", "AV/V", "V only", "all", "none")
    rows = [[part, *(runs.cell(method, "overlap", metric=part) for method in methods)] for part in parts]
    return table(["told by", *methods], rows)


def shift(runs: Runs) -> str:
    """Write accuracy on the split of places, light and recorders that training never showed."""
    rows = [
        [method]
        + [runs.cell(method, "zero_shot", query, metric="accuracy", condition="shift") for query in QUERIES.values()]
        for method in METHODS
    ]
    return table(["method", *QUERIES], rows)


def robustness(runs: Runs) -> str:
    """Write A+V at the worst strength of each kind of damage."""
    damaged = runs.frame[(runs.frame.family == "robustness") & (runs.frame.subject == FUSED)]
    rows = []
    for kind in sorted(set(damaged.condition)):
        levels = sorted(set(damaged[damaged.condition == kind].x))
        worst = levels[0] if kind == "snr" else levels[-1]
        cells = [runs.cell(method, "robustness", condition=kind, x=worst) for method in METHODS]
        rows.append([kind, f"{worst:g}", *cells])
    return table(["damage", "strength", *METHODS], rows)


def search(runs: Runs) -> str:
    """Write what was searched: A+V on validation."""
    return runs.search.table(METHODS)


def chosen(runs: Runs) -> str:
    """Write what each method reaches with the settings that were best on validation, beside the defaults."""
    known = structure(design_of(Settings())).overall
    pairwise, bayes = known.pairwise_ceiling, known.bayes_both
    confu, rows = runs.search.chosen("confu"), []
    for method in METHODS:
        best, found = runs.search.lines(method).iloc[0], runs.search.chosen(method)
        said = dials_said(best)
        default = interval(runs.search.usual(method).values())
        paired = interval(confu[seed] - found[seed] for seed in sorted(found.keys() & confu.keys()))
        captured = interval((each - pairwise) / (bayes - pairwise) for each in found.values())
        last = "" if method == "confu" else signed(paired)
        rows.append([method, said, str(len(found)), default, interval(found.values()), captured, last])
    head = ["method", "chosen", "seeds", "A+V, defaults", "A+V, chosen", "capture, chosen", "ConFu's A+V less this"]
    return table(head, rows)


def over_p() -> str:
    """Write A+V of every method on the preset `xor` over the mixing parameter, empty where it was not run."""
    runs = pd.read_csv(XOR)
    ps = sorted(set(runs.p))
    rows = []
    for method in dict.fromkeys((*METHODS, *sorted(set(runs.method)))):
        told = [runs[(runs.method == method) & (runs.p == p)].accuracy for p in ps]
        rows.append([method, *(interval(each) if len(each) else "" for each in told)])
    for name in ("pairwise ceiling", "Bayes accuracy"):
        exact = runs.groupby("p")[name.lower().replace(" ", "_")].first()
        rows.append([name, *(f"{exact[p]:.3f}" for p in ps)])
    return table(["method", *(f"p = {p:g}" for p in ps)], [row for row in rows if any(row[1:])])


TABLES = (headline, claims, groups, readings, probes, few_shot, overlap, shift, robustness, search, chosen)


def main() -> None:
    """Collect what is given, and write the tables."""
    keep(sys.argv[1:])
    runs = Runs(pd.read_csv(KEPT), pd.read_csv(SEARCHED))
    tables = {one.__name__.replace("_", "-"): partial(one, runs) for one in TABLES}
    put_tables("bird-results.md", tables | {"over-p": over_p})


if __name__ == "__main__":
    main()
