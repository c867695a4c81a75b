"""What a report plots: the axes, the grouping and the reference lines that a sweep asks for."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Any

from confu_core.errors import ResultsError, nearest
from confu_core.runs.results import METRICS, Results

__all__ = ["SEED", "View", "varying_settings", "view_of"]

SEED = "seed"
OWN_TABLE = ("dataset", "data")
BELOW = ("single_ceiling", "chance")  # What closeness is counted from where the floor that was asked for is not known.


@dataclass(frozen=True)
class View:
    """What is plotted over what.

    Attributes
    ----------
    x, group : str
        Settings: along the axis, and one line each.
    y : str
        The metric of the headline figure.
    x_label, y_label : str
        For readers.
    ceiling, floor : str or None
        Metrics that are exact and bound `y`: what the best predictor reaches, and chance.
    """

    x: str
    y: str
    x_label: str
    y_label: str
    group: str
    ceiling: str | None
    floor: str | None

    @property
    def axis(self) -> str | None:
        """The setting along x; None where each method is its own x."""
        return None if self.x == self.group else self.x


def view_of(results: Results) -> View:
    """Read what a sweep wants shown.

    Parameters
    ----------
    results : Results
        With its ``sweep.json``; without, accuracy is shown over the first setting that varies.

    Returns
    -------
    View
        Whose columns all exist.

    Raises
    ------
    ResultsError
        If the view names a column that the results lack, or is no view.

    Examples
    --------
    >>> import pyarrow as pa
    >>> table = pa.table({"cell": ["1", "2"], "method": ["clip", "clip"], "p": [0.1, 0.9], "accuracy": [0.2, 0.8]})
    >>> view = view_of(Results("runs", "xor", table))
    >>> view.x, view.y, view.group
    ('p', 'accuracy', 'method')
    """
    asked = results.sweep.get("view", {})
    if not isinstance(asked, dict) or not all(isinstance(value, str | None) for value in asked.values()):
        raise ResultsError(f"{results.folder / 'sweep.json'} is damaged: its view is no object of texts; remove it")
    said: dict[str, Any] = {**_fallback(results), **asked}
    columns = set(results.table.column_names)
    for role in ("x", "y", "group", "ceiling", "floor"):
        name = said[role]
        if name is None and role in ("ceiling", "floor"):
            continue
        if name not in columns:
            raise ResultsError(
                f"{results.folder / 'sweep.json'} wants {role} = {name!r}, which the results lack: "
                f"{nearest(str(name), columns)}"
            )
    if said["x"] in OWN_TABLE:
        # Datasets are no axis: each has a table of its own, with a row per method.
        said |= {"x": said["group"], "x_label": said["group"]}
    if said["floor"] is not None:
        said["floor"] = next((name for name in (said["floor"], *BELOW) if _known(results, name)), None)
    if said["ceiling"] is not None and not _known(results, said["ceiling"]):
        said["ceiling"] = None
    labels = {"x_label": said["x_label"] or said["x"], "y_label": said["y_label"] or said["y"]}
    return View(said["x"], said["y"], **labels, group=said["group"], ceiling=said["ceiling"], floor=said["floor"])


def varying_settings(rows: Sequence[dict[str, Any]], settings: Iterable[str], group: str) -> list[str]:
    """List the settings that vary within a group.

    An option that differs between methods only because their defaults do is none of these.

    Parameters
    ----------
    rows : sequence of dict
        Rows of results.
    settings : iterable of str
        Columns to look at.
    group : str
        The setting that tells groups apart.

    Returns
    -------
    list of str
        In the order of `settings`.

    Examples
    --------
    >>> rows = [{"method": "a", "lr": 1}, {"method": "b", "lr": 2}, {"method": "b", "lr": 2}]
    >>> varying_settings(rows, ["lr"], "method"), varying_settings([*rows, {"method": "a", "lr": 3}], ["lr"], "method")
    ([], ['lr'])
    """
    values: dict[tuple[str, Any], set[Any]] = {}
    wanted = [name for name in settings if name != group]
    for row in rows:
        for name in wanted:
            values.setdefault((name, row.get(group)), set()).add(row.get(name))
    varying = {name for (name, _), found in values.items() if len(found) > 1}
    return [name for name in wanted if name in varying]


def _known(results: Results, name: str) -> bool:
    return name in results.table.column_names and results.table[name].null_count < len(results.table)


def _fallback(results: Results) -> dict[str, str | None]:
    """Return what is shown unless the sweep says otherwise."""
    table = results.table
    settings = [name for name in results.setting_names if name not in ("method", SEED)]
    varying = varying_settings(table.to_pylist(), settings, "method")
    present = {name for name in METRICS if name in table.column_names}
    return {
        "x": next(iter(varying or settings), "method"),
        "y": "accuracy",
        "x_label": None,
        "y_label": None,
        "group": "method",
        "ceiling": "bayes_accuracy" if "bayes_accuracy" in present else None,
        "floor": "chance" if "chance" in present else None,
    }
