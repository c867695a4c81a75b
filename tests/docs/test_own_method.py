"""The example of a method of one's own, through the command that the page shows."""

from __future__ import annotations

import json
import math
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pytest
import torch
from click.testing import CliRunner
from markdown_pages import ROOT, blocks, text

from confu_cli.xorbench import xorbench
from confu_core.inputs import InputSpec, Picture
from confu_core.inputs.alterations import augment
from confu_core.methods import EmbeddedBatch, Space, load_method
from confu_core.user_code import user_attribute

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


@pytest.fixture(scope="module")
def pages_files(tmp_path_factory: pytest.TempPathFactory) -> dict[str, Path]:
    """The code of the page in files: by what stands in it."""
    folder, found = tmp_path_factory.mktemp("page"), {}
    for name in ("class Sigmoid", "class Sum"):
        (code,) = (block for block in blocks("docs/own-method.md", "python") if name in block)
        found[name] = folder / f"{name.split()[1].lower()}.py"
        found[name].write_text(code)
    return found


def test_the_terms_of_the_page_are_what_it_says(pages_files: dict[str, Path]) -> None:
    """Against a loop over pairs of samples."""
    method = load_method(f"{pages_files['class Sigmoid']}:Sigmoid")(Space(3, 5, 4), temperature=0.5)
    z = [torch.nn.functional.normalize(torch.randn(6, 4), dim=-1) for _ in range(3)]
    losses = {name: float(loss) for name, loss in method.losses(EmbeddedBatch(z, z)).items()}
    assert list(losses) == ["0->2", "1->2", "together"]
    for first in (0, 1):
        total = 0.0
        for row in range(6):
            for column in range(6):
                score = float(z[first][row] @ z[2][column]) / 0.5
                total += math.log(1 + math.exp(-score if row == column else score))
        assert losses[f"{first}->2"] == pytest.approx(total / 6 / 2, rel=1e-5)
    means = [[float(one[:, at].mean()) for at in range(4)] for one in z]
    assert losses["together"] == pytest.approx(0.1 * sum(x * x for mean in means for x in mean), rel=1e-5)


def test_the_terms_of_the_page_train(pages_files: dict[str, Path]) -> None:
    method = f"{pages_files['class Sigmoid']}:Sigmoid"
    result = CliRunner().invoke(xorbench, ["run", "--method", method, "--epochs", "1", "--json", *QUICK])
    assert result.exit_code == 0, result.output
    assert math.isfinite(json.loads(result.stdout)["final_loss"])


def test_the_parts_of_the_page_are_taken(pages_files: dict[str, Path]) -> None:
    """A measure of the page is tried in the tests of measures."""
    file = pages_files["class Sum"]
    method = load_method("confu")(Space(3, 5, 4), fusion=f"{file}:Sum")
    rows = [torch.randn(6, 5) for _ in range(3)]
    fused = method.embed(EmbeddedBatch(rows, [torch.randn(6, 4)] * 3).view((0, 1)))
    assert fused is not None and fused.shape == (6, 4)
    pictures, spec = np.full((50, 3, 8, 8), 200, dtype=np.uint8), InputSpec({"image": Picture("image", 8)})
    changed = augment({"image": pictures}, spec, [f"{file}:darker"], seed=0, epoch=0, rows=np.arange(50))["image"]
    assert 100 <= changed.min() < 110 and 190 < changed.max() <= 200
    split = user_attribute(f"{file}:even_rows", "split", callable)
    assert [*split(pd.DataFrame({"key": list("abc")}))] == [True, False, True]
