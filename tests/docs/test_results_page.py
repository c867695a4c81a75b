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
from birdmml.settings import Settings
from birdmml.theory import structure
from confu_core.methods import load_method

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


def by_p() -> dict[str, dict[float, dict[int, float]]]:
    """Accuracies of the paper's figure by method, p and seed, with what was best on validation."""
    validated: dict[str, Any] = defaultdict(lambda: defaultdict(list))
    tested: dict[str, Any] = defaultdict(lambda: defaultdict(lambda: defaultdict(dict)))
    for row in kept("xor.csv"):
        if (row["inputs"], row["dim"], row["depth"]) == ("bits01", "16", "1") and float(row["p"]) in PS:
            dials, seed = tuple(row[name] for name in DIALS), int(row["seed"])
            if seed in (10, 11):
                validated[row["method"]][dials].append(float(row["ac->b"]))
            elif float(row["warmup"]) == 0.3:
                tested[row["method"]][dials][float(row["p"])][seed] = float(row["ac->b"])
    chosen = best(validated)
    for method in tested.keys() - chosen.keys():  # Those that were not searched ran with one setting.
        (chosen[method],) = tested[method]
    return {method: tested[method][dials] for method, dials in chosen.items()}


def xor() -> Runs:
    """The mean over p, of methods that were run with all of them."""
    whole = {method: own for method, own in by_p().items() if own.keys() == set(PS)}
    return {m: {seed: float(np.mean([own[p][seed] for p in PS])) for seed in own[PS[0]]} for m, own in whole.items()}


def birds() -> Runs:
    validated: dict[str, Any] = defaultdict(lambda: defaultdict(list))
    tested: dict[str, Any] = defaultdict(lambda: defaultdict(dict))
    for row in kept("bird_search.csv"):
        dials = tuple(row[name] for name in DIALS)
        if row["subject"] == "image+audio" and row["condition"] == "validation" and row["seed"] == "0":
            validated[row["method"]][dials].append(float(row["value"]))
        elif row["subject"] == "image+audio" and row["condition"] == "test":
            tested[row["method"]][dials][int(row["seed"])] = float(row["value"])
    return {method: tested[method][dials] for method, dials in best(validated).items()}


def parity(modalities: str) -> Runs:
    runs: Runs = defaultdict(dict)
    for row in kept("xor_modalities.csv"):
        whole = int(row["order"]) == int(modalities) - 1 and row["direction"].endswith("->b")
        if row["parity"] == "all" and row["modalities"] == modalities and whole:
            runs[row["method"]][int(row["seed"])] = float(row["accuracy"])
    return runs


def digits() -> Runs:
    runs: Runs = defaultdict(dict)
    for row in kept("av_results.csv"):
        if (row["family"], row["subject"], row["condition"]) == ("zero_shot", "image+audio", "test"):
            runs[row["method"]][int(row["seed"])] = float(row["value"])
    return runs


def xor_birds() -> Runs:
    """The mean over p, of the seeds that were run with all three."""
    by_seed: dict[tuple[str, int], list[float]] = defaultdict(list)
    for row in kept("bird_xor.csv"):
        if float(row["p"]) in (0.5, 0.75, 1.0):
            by_seed[row["method"], int(row["seed"])].append(float(row["accuracy"]))
    runs: Runs = defaultdict(dict)
    for (method, seed), values in by_seed.items():
        if len(values) == 3:
            runs[method][seed] = float(np.mean(values))
    return runs


READ = {"XOR, figure 3": xor, "XOR, M = 4": lambda: parity("4"), "XOR, M = 5": lambda: parity("5")}
READ |= {"Bird-MML": birds, "Bird-MML, xor": xor_birds, "AV-MNIST": digits}
LEVELS = {"XOR, figure 3": (1 / 32, float(np.mean(list(BAYES.values())))), "XOR, M = 4": (0.5, 0.75)}
LEVELS |= {"XOR, M = 5": (0.5, 0.75), "Bird-MML, xor": (0.4375, 0.8125)}


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
        if name in behind:
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


def test_probes_and_unreliable_modalities_are_of_the_kept_runs() -> None:
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
    noisy: dict[tuple[str, str], list[float]] = defaultdict(list)
    levels = {}
    for row in kept("xor_unreliable.csv"):
        noisy[row["unreliable"], row["method"]].append(float(row["ac->b"]))
        levels[row["unreliable"]] = float(row["bayes_accuracy"])
    for share, row in found("unreliable").items():
        for name in ("ConFu", "Symile", "Gated Symile", "pairwise CLIP"):
            assert row[name] == written(noisy[share, NAMES[name]])
        # One of three modalities says nothing in this share of the samples: only then a guess of 1/32 is left of b.
        known = 0.5 * (1 - float(share)) + 1 / 32 * (1 - 0.5 * (1 - float(share)))
        assert float(row["Bayes accuracy"]) == pytest.approx(known, abs=5e-4) == pytest.approx(levels[share], abs=5e-4)


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
    exact = structure(design_of(Settings()))
    for group in GROUPS:
        assert rows["pairwise ceiling"][f"`{group}`"] == f"{exact.groups[group].pairwise_ceiling:.3f}"


def test_levels_are_exact() -> None:
    reached = found("reached")
    for benchmark, (pairwise, bayes) in LEVELS.items():
        assert reached["pairwise ceiling"][benchmark] == f"{pairwise:.3f}"
        assert reached["Bayes accuracy"][benchmark] == f"{bayes:.3f}"


def test_taus_are_those_of_scipy() -> None:
    part = text("docs/results.md").split("<!-- table: agreement -->")[1]
    rows = table(part, "benchmark")
    assert rows
    for row in rows:
        one, other = READ[row["benchmark"]](), READ[row["and"]]()
        shared = [m for m in NAMES.values() if m in one and m in other and m not in REFERENCES]
        means = [[np.mean(list(runs[m].values())) for m in shared] for runs in (one, other)]
        assert int(row["methods"]) == len(shared) >= 8
        assert row["tau"] == f"{scipy.stats.kendalltau(*means).statistic:+.2f}"
        low, high = (float(end) for end in row["95% interval"].split(" to "))
        assert -1 <= low <= float(row["tau"]) <= high <= 1
