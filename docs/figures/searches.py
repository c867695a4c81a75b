"""What was searched on media: accuracies by what was varied, and what stands for a method, chosen on validation."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from math import isnan, nan
from pathlib import Path
from typing import Any

import pandas as pd
from tables import kept_with, table

FUSED = "image+audio"
DIALS = {"lr": "rate", "temperature": "temperature", "anchor": "anchor"}  # What a search varies, and the words for it.
USUAL = {"lr": 1e-3, "temperature": 0.07, "anchor": 0.0}
STARTS = {"symile": 0.08208, "eao": 0.05, "comm": 0.1, "infmasking": 0.1}  # That of Symile is learned, from exp(-2.5).
UNSEARCHED = ("gated-symile", "pmrl", "bimodal", "supervised")  # Whose start was left where it is.


def runs_of(folder: str) -> pd.DataFrame:
    """Read the measures of a results folder, each with the method, the seed and what was varied of its run."""
    rows = pd.read_parquet(Path(folder, "results.parquet")).reindex(columns=["cell", "method", "seed", *DIALS])
    rows.loc[rows.method.isin(UNSEARCHED), "temperature"] = nan
    rows[[*DIALS]] = rows[[*DIALS]].astype(float).round(5)
    return pd.read_parquet(Path(folder, "measures.parquet")).merge(rows, on="cell")


def searched(path: Path, folders: Iterable[str]) -> pd.DataFrame:
    """Read the zero-shot accuracies that a file keeps, and those of results folders in place of the same ones."""
    found = pd.concat([runs_of(folder) for folder in folders])
    found = found[(found.family == "zero_shot") & (found.metric == "accuracy") & found.defined]
    keys = ["method", "seed", *DIALS, "subject", "condition"]
    return kept_with(path, found[[*keys, "value"]], keys)


def dials_said(setting: Mapping[str, float]) -> str:
    """Write what a search chose; a dial that a method lacks is NaN, or not there."""
    return ", ".join(f"{word} {setting[name]:g}" for name, word in DIALS.items() if not isnan(setting.get(name, nan)))


def usual_dials(method: str) -> dict[str, float]:
    """Return what a search varies, as it is where nothing is said."""
    return USUAL | ({"temperature": STARTS[method]} if method in STARTS else {})


def is_usual(run: Mapping[str, Any]) -> bool:
    """Say whether a run has the defaults of its method; a dial that a method lacks is NaN."""
    return all(run[name] == value or isnan(run[name]) for name, value in usual_dials(run["method"]).items())


class Search:
    """Accuracies on validation and on test samples, by method, seed and what was varied."""

    def __init__(self, frame: pd.DataFrame) -> None:
        self.frame = frame

    def lines(self, method: str) -> pd.DataFrame:
        """Return the A+V accuracies on validation of the runs of a method with the first seed, best first."""
        rows = self.frame.query("method == @method and seed == 0 and subject == @FUSED and condition == 'validation'")
        return rows.sort_values("value", ascending=False, kind="stable")

    def chosen(self, method: str) -> dict[int, float]:
        """Return the A+V accuracy on test samples of each seed with the settings that were best on validation."""
        best = self.lines(method).iloc[0]
        return self.tested(method, {name: best[name] for name in DIALS})

    def usual(self, method: str) -> dict[int, float]:
        """Return the A+V accuracy on test samples of each seed with the defaults."""
        return self.tested(method, usual_dials(method))

    def tested(self, method: str, dials: Mapping[str, float]) -> dict[int, float]:
        """Return the A+V accuracy on test samples of each seed that was run with some settings."""
        rows = self.frame.query("method == @method and subject == @FUSED and condition == 'test'")
        for name, value in dials.items():
            rows = rows[(rows[name] == value) | rows[name].isna()]
        return dict(zip(rows.seed.astype(int), rows.value, strict=True))

    def table(self, methods: Iterable[str]) -> str:
        """Write A+V on validation, one dial at a time with the best anchor and else the defaults."""
        rows = []
        for method in methods:
            found = self.lines(method)
            usual = usual_dials(method) | {"anchor": found.iloc[0].anchor}
            cells = []
            for name in DIALS:
                line = found.dropna(subset=[name])
                for other in DIALS.keys() - {name}:
                    line = line[(line[other] == usual[other]) | line[other].isna()]
                line = line.sort_values(name)
                written = [f"{at:g}: {value:.3f}" for at, value in zip(line[name], line.value, strict=True)]
                cells.append(", ".join(written) if len(written) > 1 else "")
            rows.append([method, str(len(found)), *cells])
        return table(["method", "runs", *DIALS.values()], rows)
