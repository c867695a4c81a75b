"""What `birdmml run` prints of a run: how well the class is told, retrieval, and what was left out."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from confu_cli.show import echo, number, print_table

__all__ = ["print_run"]

Row = Mapping[str, Any]
HOW = {"descriptions": "by descriptions", "probe": "by linear probes"}


def print_run(row: Row, label: str) -> None:
    """Print the tables of a run.

    Parameters
    ----------
    row : mapping
        A row of results, with its ``measures``.
    label : str
        What a class is, such as ``"species"``.
    """
    _told(row, label)
    print_table(
        "Retrieval of one sample among those of the test split",
        ["direction", "R@1", "R@10", "median rank"],
        _retrieval(row),
    )
    if not all(d["defined"] for d in row["directions"]):
        what = "vector or score for this" if row.get("told_by") == "probe" else "score for this direction"
        echo(f"* The method defines no {what}; a fallback stands in.")
    for one in row["measures"]:
        if (one["family"], one["condition"], one["metric"]) == ("complementarity", "all", "gain"):
            interval = f"({number(one['low'], 3)} to {number(one['high'], 3)})"
            known = "" if one["reference"] is None else f"; {number(one['reference'], 3)} can be had"
            echo(
                f"Complementarity of {one['subject']}: {number(one['value'], 3)} {interval} "
                f"beyond the best single modality{known}."
            )
    for one in row["measures"]:
        if one["family"] == "data" and one["value"]:
            echo(f"{one['value']:.0f} samples of {one['condition']} cannot be decoded and were left out.", err=True)


def _told(row: Row, label: str) -> None:
    told = [d for d in row["directions"] if d["target"] == label]
    if not told:
        echo(f"No text describes the {label}, and a stream has no probes; leave out --stream for them.")
        return
    title = f"{row['method']}: the {label}, {HOW[row.get('told_by') or 'descriptions']} (seed {row['seed']})"
    exact = ("bayes_accuracy", "pairwise_ceiling")
    if any(d[name] is not None for d in told for name in exact):
        cells = [[_query(d), *(number(d[name]) for name in ("accuracy", *exact))] for d in told]
        print_table(title, ["from", "accuracy", "Bayes accuracy", "pairwise ceiling"], cells)
        return
    cells = [[_query(d), number(d["accuracy"]), _interval(row, d), number(row["chance"])] for d in told]
    print_table(title, ["from", "accuracy", "95% interval", "chance"], cells)


def _query(direction: Row) -> str:
    return " + ".join(direction["query"]) + ("" if direction["defined"] else " *")


def _interval(row: Row, direction: Row) -> str:
    family = "probe" if row.get("told_by") == "probe" else "zero_shot"
    for one in row["measures"]:
        where = (one["family"], one["metric"], one["condition"], one["subject"])
        if where == (family, "accuracy", "test", "+".join(direction["query"])):
            return f"{number(one['low'])} to {number(one['high'])}"
    return "-"


def _retrieval(row: Row) -> list[list[str]]:
    found: dict[str, dict[str, Any]] = {}
    for one in row["measures"]:
        if (one["family"], one["condition"]) == ("retrieval", "equal"):
            found.setdefault(one["subject"], {"defined": one["defined"]})[one["metric"]] = one["value"]
    return [
        [
            name + ("" if values["defined"] else " *"),
            number(values["R@1"]),
            number(values["R@10"]),
            number(values["median rank"], 1),
        ]
        for name, values in found.items()
    ]
