"""The benchmark runs, at sizes that measure nothing, and its plain formulas are the losses they stand beside."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest
import torch
from torch.nn.functional import normalize

FOLDER = Path(__file__).parent.parent / "benchmarks"


@pytest.fixture
def sides(monkeypatch: pytest.MonkeyPatch) -> dict[str, Any]:
    monkeypatch.syspath_prepend(str(FOLDER))
    import losses

    return losses.SIDES  # type: ignore[no-any-return, attr-defined]


@pytest.mark.parametrize("name", ["ConFu", "GRAM", "TRIANGLE", "Symile"])
def test_plain_formulas_are_our_losses(sides: dict[str, Any], name: str) -> None:
    plain, ours, tables = sides[name]
    source = torch.Generator().manual_seed(0)
    z = [normalize(torch.randn(7, 5, generator=source, dtype=torch.float64), dim=-1) for _ in range(tables)]
    found = []
    for loss in (plain, ours):
        torch.manual_seed(1)  # Symile's negatives are drawn.
        rows = [table.clone().requires_grad_() for table in z]
        value = loss(rows)
        found.append([value, *torch.autograd.grad(value, rows)])
    for one, other in zip(*found, strict=True):
        torch.testing.assert_close(one, other, atol=1e-8, rtol=0)


def test_the_benchmark_prints_a_ratio_for_every_row() -> None:
    small = ["--per-species", "4", "--size", "8", "--dim", "4", "--side", "16", "--rounds", "1"]
    run = subprocess.run([sys.executable, str(FOLDER / "bench.py"), *small], capture_output=True, text=True, check=True)
    rows = [line.split(" | ") for line in run.stdout.splitlines() if line.startswith("| ")]
    named = [row[0].removeprefix("| ") for row in rows if row[-1].endswith("x |")]
    ours = ["stream of tars", "stream of Parquet", "cache, made first", "cache, later epochs"]
    read = ["webdataset", "datasets", "pandas", *(f"ours: {way}" for way in ours)]
    assert named == ["ConFu", "GRAM", "TRIANGLE", "Symile", *read]
