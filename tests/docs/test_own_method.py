"""The example of a method of one's own, through the command that the page shows."""

from __future__ import annotations

import json
from typing import Any

import pytest
from click.testing import CliRunner
from markdown_pages import ROOT, text

from confu_cli.xorbench import xorbench

METHOD = f"{ROOT / 'examples' / 'own_method.py'}:LowRankTensor"
QUICK = ["--bits", "2", "--train-samples", "1000", "--test-samples", "1000", "--batch-size", "200"]


def run(*arguments: str) -> dict[str, Any]:
    result = CliRunner().invoke(xorbench, ["run", "--method", METHOD, *QUICK, "--json", *arguments])
    assert result.exit_code == 0, result.output
    row: dict[str, Any] = json.loads(result.stdout)
    return row


def test_the_page_shows_the_file() -> None:
    page = text("docs/own-method.md")
    assert "```{literalinclude} ../examples/own_method.py\n" in page
    assert "xorbench run --method examples/own_method.py:LowRankTensor --p 0.5" in page


@pytest.mark.parametrize(("p", "least"), [("1", 0.9), ("0.5", 0.8)])
def test_it_learns_what_no_pair_shows(p: str, least: float) -> None:
    row = run("--p", p, "--epochs", "30")
    assert row["higher_order_capture"] > least
    assert row["accuracy"] > row["pairwise_ceiling"] + 0.25
    assert all(direction["defined"] for direction in row["directions"])


def test_the_fast_path_and_the_plain_one_agree() -> None:
    fast, plain = (run("--p", "0.5", "--epochs", "2", *more) for more in ([], ["--plain"]))
    assert fast["final_loss"] == pytest.approx(plain["final_loss"], rel=1e-5)


def test_its_option_is_read_and_checked() -> None:
    assert run("--p", "1", "--epochs", "1", "-o", "rank=16")["rank"] == 16
    for value, said in (("0", "rank must be at least 1; got 0"), ("many", "rank must be of type int; got 'many'")):
        result = CliRunner().invoke(xorbench, ["run", "--method", METHOD, "-o", f"rank={value}"])
        assert (result.exit_code, result.stderr) == (2, f"Error: {said}\n")


def test_it_takes_part_in_a_sweep_beside_others(tmp_path) -> None:
    grid = ["--method", f"{METHOD},clip", "--p", "0,1", "--epochs", "1", "--workers", "1", "--json"]
    result = CliRunner().invoke(xorbench, ["sweep", "--out", str(tmp_path / "runs"), *grid, *QUICK])
    assert result.exit_code == 0, result.output
    assert json.loads(result.stdout)["cells"] == 4
