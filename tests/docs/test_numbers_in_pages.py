"""The numbers in the tables of the documentation are those of the theory."""

from __future__ import annotations

import importlib.util
import math
from types import ModuleType
from typing import Any

import pytest
from markdown_pages import ROOT, section, table, text

from birdmml.data import design_of
from birdmml.presets import preset
from birdmml.theory import additive_ceilings
from confu_core.orders import connected_information as connected_information_of
from confu_core.orders import law_ceilings
from xor_bench.theory import additive_ceiling, bayes_accuracy, connected_information, information, pairwise_ceiling


def digits(*values: float) -> list[str]:
    return [f"{value + 0.0:.4f}" for value in values]


def test_the_worked_example() -> None:
    rows = table(section("docs/concepts.md", "A worked example"), "quantity")
    for column, (p, bits) in {"1 bit, p̂ = 1": (1, 1), "5 bits, p̂ = 0.5": (0.5, 5)}.items():
        exact = information(p, bits)
        expected = digits(
            exact.mi_bc,
            exact.mi_ac,
            exact.mi_bc_given_a,
            exact.total_correlation,
            exact.o_information,
            *connected_information(p, bits).values(),
            bayes_accuracy(p, bits, ("a", "c"), "b"),
            pairwise_ceiling(p, bits, ("a", "c"), "b"),
            bayes_accuracy(p, bits, ("a", "b"), "c"),
            pairwise_ceiling(p, bits, ("a", "b"), "c"),
        )
        assert [row[column] for row in rows] == expected
    capture = (0.40 - pairwise_ceiling(0.5, 5)) / (bayes_accuracy(0.5, 5) - pairwise_ceiling(0.5, 5))
    assert f"= {capture:.2f}." in text("docs/concepts.md")


def figure(name: str) -> ModuleType:
    spec = importlib.util.spec_from_file_location(name, ROOT / "docs/figures" / f"{name}.py")
    assert spec is not None and spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


def test_the_figure_of_three_ceilings_has_those_of_the_page() -> None:
    drawn = figure("ceilings")
    known, added = law_ceilings(drawn.law(), [1, 2], 0), connected_information_of(drawn.law())
    said = section("docs/concepts.md", "Three ceilings")
    for words in (f"**Single ceiling**, {known.single:.2f}", f"**Pairwise ceiling**, {known.pairwise:.2f}"):
        assert words in said
    assert known.bayes == 1 and f"C_2 = {added[2]:.2f} nats" in said and f"C_3 = {added[3]:.2f}," in said
    assert added == pytest.approx({2: 3 * math.log(2), 3: math.log(2) / 2})
    additive = [additive_ceiling(1, bits) for bits in (1, 2)]
    assert f"in {additive[0]:.2f} of the cells of XOR with\none bit, where the pairs leave 0.5" in text(
        "docs/concepts.md"
    )
    units = additive_ceilings(design_of(preset("small")))["xor"]
    assert units == pytest.approx(7 / 9)
    assert f"in 7 of 9 pairs of look and song of an `xor` unit of three species, {units:.2f}" in text(
        "docs/concepts.md"
    )
    assert f"in {additive[1]:.4f} with two bits, where they leave {pairwise_ceiling(1, 2)}" in text("docs/concepts.md")


def test_the_tables_of_the_theory() -> None:
    first, second = text("docs/xor-theory.md").split("### Values for d = 5, three modalities")[1:]
    for row in table(first, "p"):
        exact = information(float(row["p"]), 5)
        assert list(row.values())[1:] == digits(
            exact.mi_ac,
            exact.mi_bc_given_a,
            exact.total_correlation,
            exact.dual_total_correlation,
            exact.o_information,
        )
    for row in table(second, "p"):
        p = float(row["p"])
        assert list(row.values())[1:] == digits(
            bayes_accuracy(p, 5, ("a",), "c"),
            bayes_accuracy(p, 5, ("a", "b"), "c"),
            bayes_accuracy(p, 5, ("a", "c"), "b"),
            pairwise_ceiling(p, 5, ("a", "c"), "b"),
        )


@pytest.mark.parametrize(
    ("title", "dial", "others"),
    [("With noise", "noise", {}), ("With unreliable modalities", "unreliable", {"unreliable_of": "bc"})],
)
def test_the_tables_over_a_dial(title: str, dial: str, others: dict[str, str]) -> None:
    rows = table(section("docs/xor-theory.md", title), dial)
    assert len(rows) > 4
    for row in rows:
        law: dict[str, Any] = {dial: float(row[dial]), **others}
        exact = information(0.5, 5, **law)
        directions = [(("a",), "c"), (("a", "b"), "c"), (("a", "c"), "b")]
        assert list(row.values())[1:] == digits(
            exact.mi_ac,
            exact.mi_bc_given_a,
            exact.total_correlation,
            *(bayes_accuracy(0.5, 5, query, target, **law) for query, target in directions),
        )
