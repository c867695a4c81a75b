"""Small results to report on: swept once, never changed."""

from __future__ import annotations

import io
from pathlib import Path
from typing import Any

import pytest
from matplotlib.backends.backend_agg import FigureCanvasAgg
from matplotlib.figure import Figure
from results_for_reports import FIXED, FRAGILE, GRID

from xor_bench.sweep import run_sweep


@pytest.fixture(scope="session")
def swept(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Two methods, three values of p, three seeds."""
    out = tmp_path_factory.mktemp("report") / "paper"
    run_sweep(GRID, out, fixed=FIXED, stack_size=9)
    return out


@pytest.fixture(scope="session")
def failing(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A method from a file with a hostile name, of which one of two variants fails."""
    root = tmp_path_factory.mktemp("failing")
    (root / "my_<b>&file.py").write_text(FRAGILE)
    grid = {"method": [f"{root}/my_<b>&file.py:Fragile", "clip"], "breaks": [False, True], "p": [0.2, 0.8]}
    run_sweep(grid, root / "runs", fixed=FIXED)
    return root / "runs"


@pytest.fixture
def unpainted(monkeypatch: pytest.MonkeyPatch) -> None:
    """Figures are made and come out empty: for tests that look elsewhere, since painting is most of a report's time."""
    empty = {}
    for format in ("svg", "png"):
        file = io.BytesIO()
        Figure(figsize=(1, 1)).savefig(file, format=format)
        empty[format] = file.getvalue()

    def savefig(figure: Figure, file: Any, *, format: str, **options: Any) -> None:
        file.write(empty[format])

    monkeypatch.setattr(Figure, "savefig", savefig)
    monkeypatch.setattr(FigureCanvasAgg, "print_png", lambda canvas, file, **options: file.write(empty["png"]))
