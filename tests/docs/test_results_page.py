"""The tables of all methods on all benchmarks are those of the runs that were kept."""

from __future__ import annotations

import csv
from collections import defaultdict
from typing import Any

import numpy as np
import pytest
import scipy.stats
from markdown_pages import ROOT, table, text

from birdmml.data import design_of
from birdmml.presets import preset
from birdmml.settings import Settings
from birdmml.theory import additive_ceilings, structure
from confu_core.methods import load_method
from xor_bench.theory import additive_ceiling, bayes_accuracy

PS, BAYES = (0.1, 0.3, 0.5, 0.7, 0.9), {p: 1 / 32 + p * 31 / 32 for p in (0.1, 0.3, 0.5, 0.7, 0.9)}
DIALS = ("lr", "temperature", "anchor")
NAMES = {"ConFu": "confu", "EAO": "eao", "Gated Symile": "gated-symile", "Symile": "symile", "GRAM": "gram"}
NAMES |= {"TRIANGLE": "triangle", "PMRL": "pmrl", "CoMM": "comm", "InfMasking": "infmasking"}
NAMES |= {
    "pairwise CLIP": "clip",
    "hub CLIP": "hub",
    "bimodal CLIP": "bimodal",
    "supervised, with labels": "supervised",
}
NAMES_OF = {method: name for name, method in NAMES.items()}
GROUPS = ("redundant", "image-unique", "audio-unique", "complement", "xor")
REFERENCES = ("bimodal", "supervised")
Runs = dict[str, dict[int, float]]


def kept(name: str) -> list[dict[str, str]]:
    with (ROOT / "docs/figures" / name).open(encoding="utf-8") as file:
        return list(csv.DictReader(file))


def found(mark: str) -> dict[str, dict[str, str]]:
    part = text("docs/results.md").split(f"<!-- table: {mark} -->")[1].lstrip()
    first = part.splitlines()[0].strip("| ").split(" | ")[0]
    return {row[first].removesuffix(" ‡"): row for row in table(part, first)}


def best(validated: dict[str, dict[tuple[str, ...], list[float]]]) -> dict[str, tuple[str, ...]]:
    return {method: max(own, key=lambda dials: np.mean(own[dials])) for method, own in validated.items()}


def by_p(direction: str = "ac->b") -> dict[str, dict[float, dict[int, float]]]:
    """Accuracies of the paper's figure by method, p and seed, with what was best on validation in `ac->b`."""
    validated: dict[str, Any] = defaultdict(lambda: defaultdict(list))
    tested: dict[str, Any] = defaultdict(lambda: defaultdict(lambda: defaultdict(dict)))
    for row in kept("xor.csv"):
        if (row["inputs"], row["dim"], row["depth"]) == ("bits01", "16", "1") and float(row["p"]) in PS:
            dials, seed = tuple(row[name] for name in DIALS), int(row["seed"])
            if seed in (10, 11):
                validated[row["method"]][dials].append(float(row["ac->b"]))
            elif float(row["warmup"]) == 0.3:
                tested[row["method"]][dials][float(row["p"])][seed] = float(row[direction])
    chosen = best(validated)
    for method in tested.keys() - chosen.keys():  # Those that were not searched ran with one setting.
        (chosen[method],) = tested[method]
    return {method: tested[method][dials] for method, dials in chosen.items()}


def xor() -> Runs:
    """The mean over p, of methods that were run with all of them."""
    whole = {method: own for method, own in by_p().items() if own.keys() == set(PS)}
    return {m: {seed: float(np.mean([own[p][seed] for p in PS])) for seed in own[PS[0]]} for m, own in whole.items()}


def searched(file: str, chosen: bool = True) -> Runs:
    """Accuracies of A+V on test samples with what was best on validation with the first seed, or with the defaults."""
    validated: dict[str, Any] = defaultdict(lambda: defaultdict(list))
    tested: dict[str, Any] = defaultdict(lambda: defaultdict(dict))
    for row in kept(file):
        dials = tuple(row[name] for name in DIALS)
        if row["subject"] == "image+audio" and row["condition"] == "validation" and row["seed"] == "0":
            validated[row["method"]][dials].append(float(row["value"]))
        elif row["subject"] == "image+audio" and row["condition"] == "test":
            tested[row["method"]][dials][int(row["seed"])] = float(row["value"])
    found = {method: usual(method, own) for method, own in tested.items()}
    if chosen:
        found |= best({method: own for method, own in validated.items() if len(own) > 1})
    return {method: tested[method][dials] for method, dials in found.items() if dials}


def usual(method: str, runs: dict[tuple[str, ...], Any]) -> tuple[str, ...] | None:
    start = {"symile": 0.08208, "eao": 0.05, "comm": 0.1, "infmasking": 0.1}.get(method, 0.07)
    defaults = (0.001, start, 0.0)
    agree = [d for d in runs if all(not one or float(one) == own for one, own in zip(d, defaults, strict=True))]
    return agree[0] if agree else None


def parity(modalities: str) -> Runs:
    runs: Runs = defaultdict(dict)
    for row in kept("xor_modalities.csv"):
        whole = int(row["order"]) == int(modalities) - 1 and row["direction"].endswith("->b")
        if row["parity"] == "all" and row["modalities"] == modalities and whole:
            runs[row["method"]][int(row["seed"])] = float(row["accuracy"])
    return runs


def xor_birds() -> Runs:
    """The mean over p, of the seeds that were run with both."""
    by_seed: dict[tuple[str, int], list[float]] = defaultdict(list)
    for row in kept("bird_xor.csv"):
        if float(row["p"]) in (0.75, 1.0):
            by_seed[row["method"], int(row["seed"])].append(float(row["accuracy"]))
    runs: Runs = defaultdict(dict)
    for (method, seed), values in by_seed.items():
        if len(values) == 2:
            runs[method][seed] = float(np.mean(values))
    return runs


def trifeature() -> Runs:
    runs: Runs = defaultdict(dict)
    for row in kept("trifeature_results.csv"):
        if row["task"] == "synergy":
            runs[row["method"]][int(row["seed"])] = float(row["value"])
    return runs


READ = {"XOR, figure 3": xor, "XOR, M = 4": lambda: parity("4"), "XOR, M = 5": lambda: parity("5")}
READ |= {"Bird-MML": lambda: searched("bird_search.csv"), "AV-MNIST": lambda: searched("av_search.csv")}
READ |= {"Bird-MML, xor": xor_birds, "Trifeature, S": trifeature}
LEVELS = {"XOR, figure 3": (1 / 32, float(np.mean(list(BAYES.values())))), "XOR, M = 4": (0.5, 0.75)}
LEVELS |= {"XOR, M = 5": (0.5, 0.75), "Bird-MML, xor": (0.34375, 0.90625), "Trifeature, S": (0.5, 1.0)}


def written(values: list[float]) -> str:
    if len(values) < 2:
        return f"{values[0]:.3f}"
    half = scipy.stats.sem(values) * scipy.stats.t.ppf(0.975, len(values) - 1)
    return f"{np.mean(values):.3f} ± {half:.3f}"


@pytest.mark.parametrize("benchmark", READ)
def test_what_is_reached_and_captured_is_of_the_runs_that_validation_chose(benchmark: str) -> None:
    runs, reached, capture, behind = READ[benchmark](), found("reached"), found("capture"), found("behind")
    levels = LEVELS.get(benchmark)
    if benchmark == "Bird-MML":
        known = structure(design_of(Settings())).overall
        levels = known.pairwise_ceiling, known.bayes_both
        assert [reached[name][benchmark] for name in ("pairwise ceiling", "Bayes accuracy")] == [
            f"{level:.3f}" for level in levels
        ]
    for name, method in NAMES.items():
        values = [value for _, value in sorted(runs.get(method, {}).items())]
        undefined = method == "bimodal" and benchmark.startswith(
            "XOR"
        )  # Its pair is 0 and 2, and never two of the rest.
        assert reached[name][benchmark] == (written(values) + "†" * undefined if values else "")
        assert found("seeds")[name][benchmark] == (str(len(values)) if values else "")
        if values and levels:
            shares = [(value - levels[0]) / (levels[1] - levels[0]) for value in values]
            assert float(capture[name][benchmark].split(" ")[0].rstrip("†")) == pytest.approx(np.mean(shares), abs=2e-3)
        if name in behind and "confu" in runs:
            paired = [
                runs["confu"][seed] - runs[method][seed]
                for seed in sorted(runs["confu"].keys() & runs.get(method, {}).keys())
            ]
            said = behind[name][benchmark]
            assert said.lstrip("+") == (written(paired) if paired else "")


def test_accuracies_at_each_p_are_of_the_same_runs() -> None:
    runs, said = by_p(), found("mixing")
    assert {NAMES[name] for name in said if name in NAMES} == runs.keys() and len(runs) > 11
    for name, method in NAMES.items():
        for p in PS if method in runs else ():
            values = [value for _, value in sorted(runs[method].get(p, {}).items())]
            assert said[name][f"p̂ = {p:g}"] == (written(values) + "†" * (method == "bimodal") if values else "")
    assert [float(said["Bayes accuracy"][f"p̂ = {p:g}"]) for p in PS] == pytest.approx([*BAYES.values()], abs=5e-4)


def test_the_other_directions_are_of_the_same_runs() -> None:
    rows = found("directions")
    for direction in ("ac->b", "ab->c", "bc->a"):
        for method, runs in by_p(direction).items():
            values = [value for _, value in sorted(runs[0.5].items())]
            # Of three modalities bimodal CLIP knows the first and the last, and no pair of a query.
            assert rows[NAMES_OF[method]][f"`{direction}`"] == written(values) + "†" * (method == "bimodal")
        # At p = 0.5 the copy of a in c tells as much of either as the parity does of b.
        assert float(rows["Bayes accuracy"][f"`{direction}`"]) == pytest.approx(BAYES[0.5], abs=5e-4)
        for method in ("confu", "symile"):
            for p in (0.1, 0.3, 0.7, 0.9):
                reached = np.mean(list(by_p(direction)[method][p].values()))
                query, key = tuple(direction[:2]), direction[-1]
                assert reached == pytest.approx(bayes_accuracy(p, 5, query, key), abs=0.01)
    assert [rows["pairwise ceiling"][f"`{one}`"] for one in ("ac->b", "ab->c", "bc->a")] == ["0.031", "0.516", "0.516"]


def test_probes_are_of_the_kept_runs() -> None:
    said = found("probes")
    read: dict[tuple[str, str], list[float]] = defaultdict(list)
    for row in kept("bird_results.csv"):
        if (row["family"], row["subject"], row["metric"]) == ("probe", "image+audio", "accuracy"):
            read[row["method"], row["condition"]].append(float(row["value"]))
    for row in kept("bird_parts.csv"):
        if row["part"] == "epochs=1":
            read["", row["condition"]].append(float(row["value"]))
    columns = {"linear": "linear", "bilinear": "bilinear", "MLP": "MLP", "own vector, linear": "fused"}
    names = {**NAMES, "encoders as they were drawn": ""}
    assert {names[name] for name in said} == {method for method, _ in read} - set(REFERENCES)
    for name, row in said.items():
        for column, kind in columns.items():
            values = read.get((names[name], kind), [])
            assert row[column] == (written(values) if values else "")


def test_unreliable_modalities_are_of_the_kept_runs() -> None:
    part = text("docs/results.md").split("<!-- table: unreliable -->")[1]
    rows = {(row["share"], row["direction"].strip("`")): row for row in table(part, "share")}
    runs: dict[tuple[str, str], dict[str, list[float]]] = defaultdict(lambda: defaultdict(list))
    for run in sorted(kept("xor_unreliable.csv"), key=lambda run: int(run["seed"])):
        name = NAMES_OF[run["method"]] + (f", `{run['part']}`" if run["part"] else "")
        for direction in ("ac->b", "ab->c", "bc->a"):
            runs[run["unreliable"], direction][name].append(float(run[direction]))
    assert rows.keys() == runs.keys() and len(rows) == 9
    for (share, direction), row in rows.items():
        own = runs[share, direction]
        assert len(own) == 5 and all(row[name] == written(values) for name, values in own.items())
        gains = np.subtract(own["Gated Symile"], own["Gated Symile, `strength=-1000`"])
        assert row["the gate adds"].lstrip("+") == written([*gains])
        # One of three modalities says nothing in this share of the samples. Left of b is then a guess of 1/32; of a or
        # c the copy as well, unless it is one of the two that is noise.
        known = 0.5 * (1 - float(share)) if direction == "ac->b" else 0.5 * (1 - 2 / 3 * float(share))
        assert float(row["Bayes accuracy"]) == pytest.approx(known + (1 - known) / 32, abs=5e-4)
        pairwise = 1 / 32 if direction == "ac->b" else known + (1 - known) / 32
        assert float(row["pairwise ceiling"]) == pytest.approx(pairwise, abs=5e-4)


@pytest.mark.parametrize("mark", ["reached", "capture", "behind", "mixing", "settings", "seeds"])
def test_scores_that_no_paper_defines_are_marked(mark: str) -> None:
    part = text("docs/results.md").split(f"<!-- table: {mark} -->")[1].split("\n\n")[1]
    for row in part.splitlines()[2:]:
        name = row.strip("| ").split(" | ")[0]
        method = NAMES.get(name.removesuffix(" ‡"))
        assert method is None or name.endswith(" ‡") == bool(load_method(method).ours)


def test_parts_are_those_of_the_kept_runs() -> None:
    runs: dict[tuple[str, str], list[float]] = defaultdict(list)
    for row in kept("bird_parts.csv"):
        runs[f"{NAMES_OF[row['method']]}, `{row['part']}`", row["condition"]].append(float(row["value"]))
    for row in kept("bird_results.csv"):
        family = {"test": "zero_shot"}.get(row["condition"], "zero_shot_group")
        if (row["family"], row["subject"], row["metric"]) == (family, "image+audio", "accuracy"):
            runs[NAMES_OF[row["method"]], row["condition"]].append(float(row["value"]))
    rows = found("parts")
    assert {name for name, _ in runs if "`" in name and "epochs" not in name} == {name for name in rows if "`" in name}
    for name, row in rows.items():
        for group in ("all", *GROUPS) if name.split(",")[0] in NAMES else ():
            condition = "test" if group == "all" else group
            values = runs[name, condition]
            assert row[group if group == "all" else f"`{group}`"] == (written(values) if values else "")
            assert not values or str(len(values)) in row["seeds"].split(" or ")
    exact = structure(design_of(Settings()))
    for group in GROUPS:
        assert rows["pairwise ceiling"][f"`{group}`"] == f"{exact.groups[group].pairwise_ceiling:.3f}"


def test_levels_are_exact() -> None:
    reached = found("reached")
    for benchmark, (pairwise, bayes) in LEVELS.items():
        assert reached["pairwise ceiling"][benchmark] == f"{pairwise:.3f}"
        assert reached["Bayes accuracy"][benchmark] == f"{bayes:.3f}"
    # One bit: sums of scores can be right in 3 of 4 cells of the parity of two (tests of the theory enumerate them).
    additive = {f"XOR, M = {m}": additive_ceiling(0.5, 1, tuple("acde"[: m - 1]), "b", modalities=m) for m in (4, 5)}
    # Of five bits a limit: at p = 1 no more than with two bits, and else guesses.
    additive["XOR, figure 3"] = float(np.mean([p * 0.6875 + (1 - p) / 32 for p in PS]))
    additive["Bird-MML"] = additive_ceilings(design_of(Settings()))["all"]
    over_p = [additive_ceilings(design_of(preset("xor", {"p": p})))["all"] for p in (0.75, 1.0)]
    additive |= {"Bird-MML, xor": float(np.mean(over_p)), "Trifeature, S": 0.75}
    for benchmark in READ:
        said = reached["additive bound"][benchmark].removeprefix("≤ ")
        assert said == (f"{additive[benchmark]:.3f}" if benchmark in additive else "")


def test_taus_are_those_of_scipy() -> None:
    part = text("docs/results.md").split("<!-- table: agreement -->")[1]
    rows = table(part, "benchmark")
    assert rows
    defaults = {"Bird-MML": "bird_search.csv", "AV-MNIST": "av_search.csv"}
    for row in rows:
        named = [row["benchmark"], row["and"]]
        one, other = (
            searched(defaults[n.split(",")[0]], chosen=False) if n.endswith("defaults") else READ[n]() for n in named
        )
        shared = [m for m in NAMES.values() if m in one and m in other and m not in REFERENCES]
        for some, kind in (
            (shared, ""),
            ([m for m in shared if not load_method(m).ours], ", published scores"),
        ):
            if kind and len(some) < 8:
                assert row["tau" + kind] == row["methods" + kind] == row["95% interval" + kind] == ""
                continue
            means = [[np.mean(list(runs[m].values())) for m in some] for runs in (one, other)]
            assert int(row["methods" + kind]) == len(some) >= 8
            assert row["tau" + kind] == f"{scipy.stats.kendalltau(*means).statistic:+.2f}"
            low, high = (float(end) for end in row["95% interval" + kind].split(" to "))
            assert -1 <= low <= float(row["tau" + kind]) <= high <= 1
    above = sum(float(row["95% interval"].split(" to ")[0]) > 0 for row in rows)
    assert f"Of {len(rows)} intervals over all methods {above} lie above 0" in text("docs/results.md")
    assert {row["benchmark"]: row["tau"] for row in rows if row["and"] == "AV-MNIST, defaults"} == {
        "Bird-MML, defaults": "+0.67"
    }
    digits = searched("av_search.csv")
    published = [np.mean([*runs.values()]) for m, runs in digits.items() if m in NAMES_OF and not load_method(m).ours]
    assert max(published) - min(published) < 0.035
