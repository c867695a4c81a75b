"""The numbers in the tables of the documentation are those of the theory."""

from __future__ import annotations

from markdown_pages import section, table, text

from xor_bench.theory import bayes_accuracy, information, pairwise_ceiling


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
            bayes_accuracy(p, bits, ("a", "c"), "b"),
            pairwise_ceiling(p, bits, ("a", "c"), "b"),
            bayes_accuracy(p, bits, ("a", "b"), "c"),
            pairwise_ceiling(p, bits, ("a", "b"), "c"),
        )
        assert [row[column] for row in rows] == expected
    capture = (0.40 - pairwise_ceiling(0.5, 5)) / (bayes_accuracy(0.5, 5) - pairwise_ceiling(0.5, 5))
    assert f"= {capture:.2f}." in text("docs/concepts.md")


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


def test_the_table_with_noise() -> None:
    for row in table(section("docs/xor-theory.md", "With noise"), "noise"):
        noise = float(row["noise"])
        exact = information(0.5, 5, noise=noise)
        directions = [(("a",), "c"), (("a", "b"), "c"), (("a", "c"), "b")]
        assert list(row.values())[1:] == digits(
            exact.mi_ac,
            exact.mi_bc_given_a,
            exact.total_correlation,
            *(bayes_accuracy(0.5, 5, query, target, noise=noise) for query, target in directions),
        )
