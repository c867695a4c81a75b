"""What the page of results on Bird-MML says of the search is what was kept of its runs."""

from __future__ import annotations

import csv
from collections import defaultdict

import numpy as np
import scipy.stats
from markdown_pages import ROOT, section, table

from birdmml.data import design_of
from birdmml.settings import Settings
from birdmml.theory import structure
from confu_core.methods import BUILT_IN

PAGE, HEADING = "docs/bird-results.md", "Default and chosen"
Dials = tuple[str, str, str]


def kept(split: str) -> dict[str, dict[Dials, dict[int, float]]]:
    """Accuracies of A+V by method, by (rate, temperature, anchor), and by seed."""
    found: dict[str, dict[Dials, dict[int, float]]] = defaultdict(lambda: defaultdict(dict))
    with (ROOT / "docs/figures/bird_search.csv").open(encoding="utf-8") as file:
        for row in csv.DictReader(file):
            if (row["subject"], row["condition"]) == ("image+audio", split):
                dials = (row["lr"], row["temperature"], row["anchor"])
                found[row["method"]][dials][int(row["seed"])] = float(row["value"])
    return found


def written(values: list[float]) -> str:
    """A mean over seeds, with its interval by scipy where there are several."""
    if len(values) == 1:
        return f"{values[0]:.3f}"
    half = scipy.stats.sem(values) * scipy.stats.t.ppf(0.975, len(values) - 1)
    return f"{np.mean(values):.3f} ± {half:.3f}"


def test_what_is_chosen_was_best_on_validation_and_is_shown_on_test_samples() -> None:
    validation, test = kept("validation"), kept("test")
    known = structure(design_of(Settings())).overall
    searched = {row["method"]: int(row["runs"]) for row in table(section(PAGE, HEADING), "method")}
    assert set(searched) == set(BUILT_IN)
    lines = section(PAGE, HEADING).split("<!-- table: chosen -->")[1]
    for row in table(lines, "method"):
        runs = validation[row["method"]]
        assert searched[row["method"]] == sum(0 in seeds for seeds in runs.values())
        best = max(runs, key=lambda dials: runs[dials].get(0, 0.0))
        said = {part.split()[0]: float(part.split()[1]) for part in row["chosen"].split(", ")}
        names = ("rate", "temperature", "anchor")
        assert said == {name: float(value) for name, value in zip(names, best, strict=True) if value}
        values = test[row["method"]][best]
        assert row["A+V, chosen"] == written(list(values.values()))
        room = known.bayes_both - known.pairwise_ceiling
        assert row["capture, chosen"] == written([(v - known.pairwise_ceiling) / room for v in values.values()])


def test_no_best_of_a_line_lies_at_its_edge() -> None:
    for row in table(section(PAGE, HEADING), "method"):
        for dial in ("rate", "temperature"):
            if row[dial]:
                values = [float(point.split(": ")[1]) for point in row[dial].split(", ")]
                assert 0 < int(np.argmax(values)) < len(values) - 1
