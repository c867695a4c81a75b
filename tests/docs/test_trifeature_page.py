"""The numbers of the page on Trifeature are those that are computed, and its tables name every option and value."""

from __future__ import annotations

import csv
import inspect
import re

from markdown_pages import ROOT, section, table, text

from confu_core.datasets import is_source
from confu_core.datasets.trifeature import open_trifeature
from confu_core.datasets.trifeature.drawing import COLORS, SHAPES, TEXTURES
from confu_core.datasets.trifeature.law import structure
from confu_core.datasets.trifeature.pairs import MATCHES, TASKS, TrifeatureSettings
from confu_core.datasets.trifeature.recipe import VARIANTS

PAGE = "docs/trifeature.md"
KEYS = ("bayes_image1", "bayes_image2", "pairwise_ceiling", "additive_ceiling", "bayes_both")
PUBLISHED = structure(TrifeatureSettings(split="published"))


def marked(name: str, first: str) -> list[dict[str, str]]:
    return table(text(PAGE).split(f"<!-- table: {name} -->")[1], first)


def test_ceilings_are_those_that_are_computed() -> None:
    balanced = structure(TrifeatureSettings(rule="balanced"))["tasks"]["synergy"]
    synergy = {"synergy, macro": PUBLISHED["tasks"]["synergy"]["macro"], "synergy, balanced": balanced}
    known = {**PUBLISHED["tasks"], **synergy}
    rows = {row.pop("task"): list(row.values()) for row in marked("ceilings", "task")}
    assert rows == {name: [f"{one[key]:.3f}" for key in KEYS] for name, one in known.items()}


def test_lines_are_those_that_are_computed() -> None:
    rows = {row["rule"]: row["gets"] for row in marked("lines", "rule")}
    assert rows == {rule: f"{100 * accuracy:.1f}" for rule, accuracy in PUBLISHED["lines"].items()}
    (staircase,) = [row for row in marked("results", "method") if row["method"].startswith("staircase")]
    assert staircase["S"] in rows.values()


def test_our_rows_are_of_the_kept_runs() -> None:
    with (ROOT / "docs/figures/trifeature_results.csv").open(encoding="utf-8") as file:
        kept = {(row["method"], row["task"]): 100 * float(row["value"]) for row in csv.DictReader(file)}
    rows = {row["method"].split(",")[0]: row for row in marked("results", "method") if "ours" in row["method"]}
    assert rows.keys() == {method for method, _ in kept}
    for method, row in rows.items():
        unique = (kept[method, "unique1"] + kept[method, "unique2"]) / 2
        found = kept[method, "redundancy"], unique, kept[method, "synergy"]
        assert [row[column] for column in "RUS"] == [f"{value:.1f}" for value in found]


def test_every_option_and_value_is_named() -> None:
    named = [re.findall(r"`([\w-]+)`", row["option"]) for row in table(text(PAGE), "option")]
    assert [one for row in named for one in row] == list(inspect.signature(open_trifeature).parameters)[1:]
    assert [row["`task=`"].strip("`") for row in table(text(PAGE), "`task=`")] == list(TASKS)
    assert [re.findall(r"`([\w-]+)`", row["name"])[0] for row in table(text(PAGE), "name")] == list(VARIANTS)
    values = {row["what"]: row["values"].split(", ") for row in table(text(PAGE), "what")}
    assert list(values.values()) == [list(SHAPES), list(TEXTURES), list(COLORS)]
    steps = ", ".join(map(str, MATCHES["balanced"][:-1]))
    assert f"{steps} or {MATCHES['balanced'][-1]} steps" in section(PAGE, "The balanced variant").replace("\n", " ")


def test_every_command_names_a_dataset() -> None:
    named = re.findall(r'(?:--data|--from) "([^"]+)"', text(PAGE))
    assert len(named) >= 7 and all(is_source(one) for one in named)
