"""The results folders of one report: read and compared, with names for folders and data; what is plotted over what."""

from __future__ import annotations

import math
import re
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import pyarrow as pa

from confu_core.errors import ResultsError, nearest
from confu_core.report.words import seed_count, show_interval
from confu_core.runs.grid import shown_names
from confu_core.runs.results import METRICS, Results, check_together, read_results
from confu_core.statistics.intervals import student_interval
from confu_core.typed import is_number

REFERENCE = "reference"  # What the results that come with a benchmark are called.
LENGTH = ("epochs", "train_samples")  # The settings that say how long a method was trained.
SEED, NAME = "seed", "name"  # The name that a run was given, if any.
MISSING = "missing"  # The share of training samples that lacked a modality; not said where none did.
# The settings that say what data are; those that are named may be told to a reader, the others are fingerprints.
OF_XOR = ("bits", "modalities", "noise", "parity", "unreliable", "unreliable_of")
NAMED = ("p", "species", "classes", "triplets", "data_seed", *OF_XOR)
DATA = ("dataset", "told_by", "data", *NAMED)
# Settings under which methods are compared, each with a choice of its own, and of which none is better than another.
CONDITIONS = (*DATA, "inputs", MISSING, "train_samples", "test_samples", "brought", "trained_on", "split")
OWN_TABLE = ("dataset", "data")
BELOW = ("single_ceiling", "chance")  # What closeness is counted from where the floor that was asked for is not known.

BASELINES = ("bimodal", "supervised")  # What every report says, where it is known of its data.
Row = dict[str, Any]


def read_sources(folders: Sequence[Path], hint: str) -> list[Results]:
    """Read results folders that are to be shown together; raises ResultsError where they cannot be."""
    if not folders:
        raise ResultsError(f"a report needs at least one results folder; got none; {hint}")
    check_each_once(folders)
    return shown_together([read_results(folder, hint=hint) for folder in folders], hint)


def check_each_once(folders: Sequence[Path]) -> None:
    """Refuse a folder that is given twice; raises ResultsError."""
    places = [folder.resolve() for folder in folders]
    for folder, place in zip(folders, places, strict=True):
        if places.count(place) > 1:
            raise ResultsError(f"{folder} is given twice; name each results folder once")


def shown_together(sources: Sequence[Results], hint: str) -> list[Results]:
    """Return what was read of folders, with names for readers; raises ResultsError where they cannot be compared."""
    for results in sources:
        _check(results, sources[0], hint)
    return _named(_with_missing(sources))


def _with_missing(sources: Sequence[Results]) -> Sequence[Results]:
    """Say of all runs what share of samples lacked a modality, if it is said of any: the others had them whole."""
    if not any(MISSING in one.table.column_names for one in sources):
        return sources
    found = []
    for one in sources:
        known = MISSING in one.table.column_names
        shares = one.table[MISSING].fill_null(0.0) if known else pa.array([0.0] * len(one.table))
        rest = one.table.drop_columns([MISSING]) if known else one.table
        found.append(replace(one, table=rest.append_column(MISSING, shares)))
    return found


def with_reference(folders: Sequence[Path], reference: Path | None, hint: str) -> tuple[list[Results], list[str], str]:
    """Read results folders with reference results on the same inputs beside them; return a label of each, and a note.

    The note says what is missing where there are none on these data. How long reference results were trained is said
    in their label, and so wherever they are shown, unless all others were trained as long.
    """
    if reference is None:
        return read_sources(folders, hint), folder_labels(folders), ""
    *sources, known = read_sources([*folders, reference], hint)
    labels = folder_labels(folders)
    own = [row for results in sources for row in results.rows()]
    there = {_data(row) for row in own}
    rows = [row for row in known.rows() if _data(row) in there]
    if not rows:
        return sources, labels, f"There are no reference results of {known.version} on these data."
    label = REFERENCE if REFERENCE not in labels else f"the {REFERENCE}"
    lengths = {name: [{row[name] for row in held if row.get(name)} for held in (rows, own)] for name in LENGTH}
    told = [f"{name} {', '.join(map(_shown, sorted(one)))}" for name, (one, other) in lengths.items() if one != other]
    label += f" ({'; '.join(told).replace('_', ' ')})" if told else ""
    known = replace(known, table=pa.Table.from_pylist(rows, schema=known.table.schema))
    return [*sources, known], [*labels, label], ""


def baselines_said(sources: Sequence[Results], reference: Path) -> str:
    """Say what the baselines of reference results reach on the same inputs, those aside that were run."""
    known = read_results(reference, hint="")
    own = [row for results in sources for row in results.rows()]
    there, ran = {_data(row) for row in own}, {row["method"] for row in own}
    found: dict[tuple[str, int], list[float]] = {}
    for row in known.rows() if known.version == sources[0].version and len(there) == 1 else ():
        told = row["accuracy"] is not None and defines_headline(row)
        if row["method"] in BASELINES and row["method"] not in ran and _data(row) in there and told:
            found.setdefault((row["method"], row["epochs"]), []).append(row["accuracy"])
    if not found:
        return ""
    said = "; ".join(
        f"{method}, {epochs} epochs, {seed_count([len(values)])}: {show_interval(student_interval(values))}"
        for (method, epochs), values in found.items()
    )
    return f"On these data, of the results that come with this package: {said}. report --reference shows all of them."


def defines_headline(row: Row) -> bool:
    """Tell whether the headline number of a row is of a score that the method has for that query."""
    told = row.get("directions") or ()
    order = max((one["order"] for one in told), default=0)
    own = [one["defined"] for one in told if one["order"] == order and one["accuracy"] == row.get("accuracy")]
    return not own or any(one is not False for one in own)


def _data(row: Row) -> tuple[Any, ...]:
    return tuple(row.get(name) for name in (*DATA, "inputs"))


def _named(sources: Sequence[Results]) -> list[Results]:
    """Have methods called what readers know them by, in all folders alike."""
    names = iter(shown_names([row for results in sources for row in results.rows()]))
    found = []
    for results in sources:
        table = results.table.drop_columns([NAME] if NAME in results.table.column_names else [])
        column = pa.array([next(names) for _ in range(len(table))], pa.string())
        found.append(replace(results, table=table.set_column(table.column_names.index("method"), "method", column)))
    return found


def _check(results: Results, first: Results, hint: str) -> None:
    check_together(results, first, "report")
    status = results.table["status"].to_pylist()
    if "done" not in status:
        errors = [error for error in results.table["error"].to_pylist() if error]
        failed = f" ({len(errors)} failed: {errors[0]})" if errors else ""
        raise ResultsError(f"{results.folder} holds no finished cell{failed}; {hint}")


def folder_labels(folders: Sequence[Path]) -> list[str]:
    """Name folders as briefly as tells them apart."""
    parts = [folder.resolve().parts for folder in folders]
    for depth in range(1, max(map(len, parts)) + 1):
        labels = ["/".join(path[-depth:]) for path in parts]
        if len(set(labels)) == len(labels):
            break
    return labels


@dataclass(frozen=True)
class ReportView:
    """What is plotted over what: columns of the results for x, y, methods and exact lines; and labels of the axes."""

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


def view_of(results: Results) -> ReportView:
    """Read what a sweep wants shown; raises ResultsError where the results have no such columns."""
    asked = results.sweep.get("view", {})
    if not isinstance(asked, dict) or not all(isinstance(value, str | None) for value in asked.values()):
        raise ResultsError(f"{results.folder / 'sweep.json'} is damaged: its view is no object of texts; remove it")
    said: dict[str, Any] = {**_fallback(results), **asked}
    columns = set(results.table.column_names)
    for role in ("x", "y", "group", "ceiling", "floor"):
        name = said[role]
        if name not in columns and not (name is None and role in ("ceiling", "floor")):
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
    return ReportView(said["x"], said["y"], **labels, group=said["group"], ceiling=said["ceiling"], floor=said["floor"])


def _known(results: Results, name: str) -> bool:
    return name in results.table.column_names and results.table[name].null_count < len(results.table)


def _fallback(results: Results) -> dict[str, str | None]:
    """Return what is shown unless the sweep says otherwise."""
    settings = [name for name in results.setting_names if name not in ("method", SEED)]
    varying = varying_settings(results.rows(), settings, "method")
    present = {name for name in METRICS if name in results.table.column_names}
    return {
        "x": next(iter(varying or settings), "method"),
        "y": "accuracy",
        "x_label": None,
        "y_label": None,
        "group": "method",
        "ceiling": "bayes_accuracy" if "bayes_accuracy" in present else None,
        "floor": "chance" if "chance" in present else None,
    }


def varying_settings(rows: Sequence[Row], settings: Iterable[str], group: str) -> list[str]:
    """List the settings that vary among the rows of any one method."""
    values: dict[tuple[str, Any], set[Any]] = {}
    wanted = [name for name in settings if name != group]
    for row in rows:
        for name in wanted:
            values.setdefault((name, row.get(group)), set()).add(row.get(name))
    varying = {name for (name, _), found in values.items() if len(found) > 1}
    return [name for name in wanted if name in varying]


def follows(rows: Sequence[Row], setting: str, x: str) -> bool:
    """Return whether x decides a setting, as the mixing parameter decides which of several datasets it is."""
    found: dict[Any, Any] = {}
    return all(row.get(setting) == found.setdefault(row.get(x), row.get(setting)) for row in rows)


def short_name(names: Iterable[str]) -> Callable[[str], str]:
    """Return a function that leaves of paths in names no more than tells the names apart.

    >>> name = short_name(["clip", "/somewhere/mine.py:Mine", "image=/a/own.py:A", "image=/b/own.py:A"])
    >>> name("clip"), name("/somewhere/mine.py:Mine"), name("image=/a/own.py:A")
    ('clip', 'mine.py:Mine', 'image=a/own.py:A')
    """
    known = set(names)

    def end(name: str, depth: int) -> str:
        return re.sub("[^=,]+", lambda path: "/".join(path[0].split("/")[-depth:]), name)

    def short(name: str) -> str:
        return next(
            found
            for depth in range(1, 2 + max(one.count("/") for one in known))
            for found in [end(name, depth)]
            if [end(one, depth) for one in known].count(found) == 1
        )

    return {name: short(name) for name in known}.__getitem__


def short_groups(sources: Sequence[Results], view: ReportView) -> Callable[[str], str]:
    """Return a function that shortens the names of methods, the same in all parts of a report."""
    return short_name(str(group) for results in sources for group in results.table[view.group].to_pylist())


def dataset_names(rows: Sequence[Row], benchmarks: Sequence[str], x: str | None) -> list[str]:
    """Name what every row was run on, as briefly as tells datasets apart, which are never ranked together.

    What the setting along the axis decides names no dataset, for every place along it has its own.

    >>> rows = [{"dataset": None, "p": 0.5, "data": "a1"}, {"dataset": None, "p": 1.0, "data": "b2"}]
    >>> dataset_names(rows, ["birds", "birds"], None), dataset_names(rows, ["birds", "birds"], "p")
    (['birds, p 0.5', 'birds, p 1'], ['birds', 'birds'])
    """
    kept = [name for name in DATA if name != x and (x is None or not follows(rows, name, x))]
    identities = [tuple(row.get(name) for name in kept) for row in rows]
    bases = [str(row.get("dataset") or one) for row, one in zip(rows, benchmarks, strict=True)]
    varying = [name for name in kept if name in NAMED and len({row.get(name) for row in rows}) > 1]
    told: list[str] = []
    # None, any one, all, and last the start of the fingerprint, which tells least.
    for names in [[], *([name] for name in varying), varying, [*varying, "data"]]:
        told = [
            ", ".join([base, *(f"{name} {_shown(row[name])}" for name in names if row.get(name) is not None)])
            for base, row in zip(bases, rows, strict=True)
        ]
        if len(set(zip(told, identities, strict=True))) == len(set(told)):
            break
    return told


def _shown(value: Any) -> str:
    return f"{value:g}" if isinstance(value, float) else str(value)


def axis_values(results: Results, name: str) -> list[Any]:
    """Return the values of an axis in the order in which they were asked for; empty if the sweep does not say."""
    grid = results.sweep.get("grid")
    values = grid.get(name) if isinstance(grid, dict) else None
    return values if isinstance(values, list) else []


def by_method(results: Results, view: ReportView) -> dict[Any, list[Row]]:
    """Return the rows of a folder by method, in the order of the sweep."""
    held = {method: rows for (method,), rows in grouped(results.rows(), [view.group]).items()}
    return {method: held[method] for method in in_order(held, axis_values(results, view.group))}


def grouped(rows: Iterable[Row], names: Iterable[str]) -> dict[tuple[Any, ...], list[Row]]:
    """Return rows by what they have in some columns, in order of appearance."""
    wanted, found = list(names), dict[tuple[Any, ...], list[Row]]()
    for row in rows:
        found.setdefault(tuple(row.get(name) for name in wanted), []).append(row)
    return found


def in_order(values: Iterable[Any], asked: Sequence[Any]) -> list[Any]:
    """Sort values of a setting: numbers by size, then others as they were asked for, and what was not last, by name.

    >>> in_order(["gated", "concat", "new"], ["concat", "gated"]), in_order([1.0, 0.5], [1.0, 0.5])
    (['concat', 'gated', 'new'], [0.5, 1.0])
    """
    places = {str(value): at for at, value in reversed(list(enumerate(asked)))}

    def place(value: Any) -> tuple[Any, ...]:
        own = (value,) if is_number(value) else (places.get(str(value), math.inf), str(value))
        return (not is_number(value), *own)

    return sorted(values, key=place)


def sort_key(value: Any) -> tuple[int, Any]:
    """Return what sorts numbers before other values."""
    return (0, value) if is_number(value) else (1, str(value))
