"""Write the table of the page of AV-MNIST from the runs of its sweeps, or from what was kept of them.

    python docs/figures/av_results.py runs/av runs/av-search

adds to ``av_results.csv``, one line per number of the runs with the defaults, and to ``av_search.csv``, the
accuracies of all runs by rate, temperature and anchor; and writes the table below its mark in ``docs/av-mnist.md``;
without folders it takes both as they stand.
"""

from __future__ import annotations

import sys
from collections.abc import Iterable
from functools import partial

import pandas as pd
from searches import DIALS, FUSED, Search, dials_said, is_usual, runs_of, searched
from tables import HERE, interval, kept_with, put_tables, table

KEPT, SEARCHED = HERE / "av_results.csv", HERE / "av_search.csv"
METHODS = ("clip", "confu", "symile", "hub", "triangle", "gram", "eao", "gated-symile", "pmrl", "comm", "infmasking")
METHODS += ("supervised",)
SEARCHED_OF = ("confu", "symile", "gated-symile", "clip", "hub", "triangle", "gram")
QUERIES = {"V": "image", "A": "audio", "A+V": FUSED}
PROBES = ("linear", "bilinear")


def collected(folders: Iterable[str]) -> pd.DataFrame:
    """Read what was kept of runs with the defaults, and what folders have of them in place of the same numbers.

    These are accuracies on test samples by named classes, and of probes of both.
    """
    found = pd.concat([runs_of(folder) for folder in folders])
    found = found[[is_usual(run) for run in found[["method", *DIALS]].to_dict("records")]]
    told = (found.family == "zero_shot") & (found.condition == "test")
    probed = (found.family == "probe") & found.condition.isin(PROBES) & (found.subject == FUSED)
    plain = (found.family == "plain") & (found.seed == 0) & (found.method == METHODS[0])
    kept = found[(told | probed | plain) & (found.metric == "accuracy") & found.defined]
    columns = ["method", "seed", "family", "subject", "condition"]
    return kept_with(KEPT, kept[[*columns, "value"]], columns)


def reached(frame: pd.DataFrame) -> str:
    """Write what each method reaches; empty where it defines no score."""

    def cell(method: str, family: str, subject: str, condition: str) -> str:
        where = "method == @method and family == @family and subject == @subject and condition == @condition"
        values = frame.query(where).value
        return interval(values) if len(values) else ""

    rows = [
        [method]
        + [cell(method, "zero_shot", query, "test") for query in QUERIES.values()]
        + [cell(method, "probe", FUSED, kind) for kind in PROBES]
        for method in METHODS
    ]
    rows = [row for row in rows if any(row[1:])]
    plain = [cell(METHODS[0], "plain", query, "linear") for query in QUERIES.values()]
    rows.append(["plain features, with labels", *plain, "", ""])
    return table(["method", *QUERIES, *(f"A+V, {kind} probe" for kind in PROBES)], rows)


def chosen(search: Search) -> str:
    """Write what each method that was searched reaches with the settings that were best, beside the defaults."""
    rows = []
    for method in SEARCHED_OF:
        both = search.usual(method), search.chosen(method)
        rows.append([method, dials_said(search.lines(method).iloc[0]), *(interval(each.values()) for each in both)])
    return table(["method", "chosen", "A+V, defaults", "A+V, chosen"], rows, words=2)


def main() -> None:
    """Collect what is given, and write the tables."""
    if folders := sys.argv[1:]:
        for file, frame in ((KEPT, collected(folders)), (SEARCHED, searched(SEARCHED, folders))):
            frame.round({"value": 5}).to_csv(file, index=False, lineterminator="\n")
    search = Search(pd.read_csv(SEARCHED))
    tables = {"reached": partial(reached, pd.read_csv(KEPT)), "chosen": partial(chosen, search)}
    put_tables("av-mnist.md", tables | {"search": partial(search.table, SEARCHED_OF)})


if __name__ == "__main__":
    main()
