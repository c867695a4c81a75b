"""Write the reference results that come with the packages, from what is kept of the runs of the pages of results.

    python docs/figures/reference.py

writes ``xor_bench/reference/results.parquet``, of the runs at the defaults of the presets ``figure3`` and ``methods``,
and ``results.parquet`` and ``measures.parquet`` in ``birdmml/reference``, of the runs on the default build.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from functools import cache
from pathlib import Path
from typing import Any

import pandas as pd
from tables import HERE
from xor import RUN

from birdmml.data import NAME, VERSION, BirdRecipe
from birdmml.describe import data_columns
from birdmml.settings import Settings as BirdSettings
from confu_core.ceilings import Ceilings, ceiling_columns
from confu_core.evaluation.directions import DirectionResult, DirectionResults
from confu_core.media.settings import MediaSettings
from confu_core.runs.measures import write_measures
from confu_core.runs.results import COSTS, write_results
from confu_core.shards.read import unwritten
from xor_bench.data import BENCHMARK
from xor_bench.run import row_of, untrained
from xor_bench.settings import Settings as XorSettings
from xor_bench.sweep import PRESETS

ROOT = HERE.parents[1]
QUERIES = (((0, 2), 1), ((0, 1), 2), ((1, 2), 0))
TOLD = "image+audio"


def xor_rows() -> Iterator[dict[str, Any]]:
    """Yield the rows of the runs of the presets `figure3` and `methods`; what was not kept of them is null."""
    every = pd.read_csv(HERE / "xor.csv")
    for preset in (PRESETS["figure3"], PRESETS["methods"]):
        fixed = {name: preset[name][0] for name in ("inputs", "dim") if name in preset}
        kept = every[every.method.isin(preset["method"]) & every.p.isin(preset["p"]) & every.seed.isin(preset["seed"])]
        for row in kept.to_dict("records"):
            settings = XorSettings(method=row["method"], p=row["p"], seed=row["seed"], **fixed)
            columns = settings.columns()
            # A dial that a method lacks, or that is learned, was not kept.
            if all(pd.isna(row[name]) or row[name] == columns[name] for name in RUN):
                yield _xor_row(settings, columns, row)


def _xor_row(settings: XorSettings, columns: dict[str, Any], row: dict[str, Any]) -> dict[str, Any]:
    defines = _defines(settings.method)
    found = tuple(
        DirectionResult(query, target, row[_direction(query, target)], None, None, defines(query, (target,)))  # type: ignore[arg-type]
        for query, target in QUERIES
    )
    return row_of(settings, DirectionResults(found, None), {"cell": settings.cell(), **columns}, None)  # type: ignore[arg-type]


@cache
def _defines(method: str) -> Callable[[tuple[int, ...], tuple[int, ...]], bool]:
    return untrained(XorSettings(method=method)).method.defines


def _direction(query: tuple[int, ...], target: int) -> str:
    return f"{''.join('abc'[at] for at in query)}->{'abc'[target]}"


def bird_rows() -> tuple[list[dict[str, Any]], list[dict[str, Any]]]:
    """Return rows and measures of the runs on the default build."""
    kept = pd.read_csv(HERE / "bird_results.csv").astype(object)
    kept = kept.where(kept.notna(), None)
    kept["condition"] = [one or "" for one in kept["condition"]]
    columns = data_columns(unwritten(BirdRecipe(BirdSettings())).manifest)
    rows, measures = [], []
    for (method, seed), own in kept.groupby(["method", "seed"]):
        settings = MediaSettings(method=method, seed=seed)
        cell = settings.cell_on(columns)
        held = own.drop(columns=["method", "seed"]).assign(cell=cell, low=None, high=None).to_dict("records")
        known = {one["metric"]: one["value"] for one in held if (one["family"], one["condition"]) == ("ceiling", "all")}
        told = [one for one in held if (one["family"], one["metric"], one["condition"]) == ZERO_SHOT]
        directions = [_told(one, known) for one in told]
        main = next(one for one in directions if one["order"] == 2)
        row = {"cell": cell, **settings.columns(), **columns, "chance": 1 / columns["species"], "status": "done"}
        rows.append({**row, **{name: main[name] for name in ("accuracy", *ceiling_columns(None, None))}})
        rows[-1]["directions"] = directions
        measures += held
    return rows, measures


ZERO_SHOT = ("zero_shot", "accuracy", "test")


def _told(one: dict[str, Any], known: dict[str, float]) -> dict[str, Any]:
    """Return how well a query tells the species as a direction of a row."""
    query = one["subject"].split("+")
    names = ("single_ceiling", "pairwise_ceiling", "bayes_accuracy")
    values = [known[name] if one["subject"] == TOLD else one["reference"] for name in names]
    named = {"direction": f"{one['subject']}->species", "query": query, "target": "species", "order": len(query)}
    levels = ceiling_columns(Ceilings(*values), one["value"])
    return {**named, "accuracy": one["value"], **levels, "defined": one["defined"]}


def main() -> None:
    """Write what comes with the packages."""
    rows, measures = bird_rows()
    for package, kept, name, version in (
        ("xor_bench", list(xor_rows()), BENCHMARK["benchmark"], BENCHMARK["version"]),
        ("birdmml", rows, NAME, f"{NAME}-{VERSION}"),
    ):
        folder = Path(ROOT, package, "reference")
        folder.mkdir(exist_ok=True)
        write_results(folder, name, kept, version=version)
        (folder / COSTS).unlink()  # What they cost was not kept.
    write_measures(Path(ROOT, "birdmml", "reference"), measures)


if __name__ == "__main__":
    main()
