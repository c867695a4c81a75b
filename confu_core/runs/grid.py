"""Grids of settings: every combination once, each with the options of its method; and the identity of a run."""

from __future__ import annotations

import hashlib
import json
import re
from collections import Counter
from collections.abc import Callable, Hashable, Mapping, Sequence
from dataclasses import dataclass, fields
from itertools import product
from pathlib import Path
from typing import Any, ClassVar, Generic, Protocol, TypeVar

from confu_core.errors import InvalidValue, nearest


class _RunSettings(Protocol):
    """What the settings of a run know of themselves."""

    __dataclass_fields__: ClassVar[dict[str, Any]]

    @property
    def method(self) -> str: ...
    @property
    def options(self) -> Mapping[str, Any]: ...
    def resolved_options(self) -> dict[str, Any]: ...
    def columns(self) -> dict[str, Any]: ...
    def cell(self) -> str: ...
    def shape(self) -> Hashable: ...


# What a run was made with, and no settings: the starts of the SHA-256 of a method's file, and of the manifest of the
# data, which holds the checksums of all; and the kind of device that it was trained on.
PROVENANCE = ("code", "checksum", "device")
Settings = TypeVar("Settings", bound=_RunSettings)
_CLASS = re.compile(r".+(?:\.py|\w):([A-Za-z_]\w*)")  # In a file, or in a module.


@dataclass(frozen=True)
class Cell(Generic[Settings]):
    """One run of a sweep; equal settings have equal ids, and cells of equal shape may be computed together.

    The settings are what `compute` takes, picklable, and stand in the results as columns.
    """

    id: str
    shape: Hashable
    columns: dict[str, Any]
    settings: Settings


def grid_cells(
    kind: type[Settings], grid: Mapping[str, Sequence[Any]], fixed: Mapping[str, Any]
) -> list[Cell[Settings]]:
    """List the cells of a grid."""
    for axis, values in grid.items():
        if not values:
            raise InvalidValue(f"{axis} must have at least one value; got none")
    own = _own(kind)
    cells: dict[str, Cell[Settings]] = {}
    used: set[str] = set()
    for values in product(*grid.values()):
        given = {**fixed, **dict(zip(grid, values, strict=True))}
        settings = _settings(kind, given)
        used |= settings.options.keys()
        cell = Cell(settings.cell(), settings.shape(), settings.columns(), settings)
        cells.setdefault(cell.id, cell)
    for name in (*grid, *fixed):
        if name not in own | used:
            methods = sorted({cell.columns["method"] for cell in cells.values()})
            known = own | {key for cell in cells.values() for key in cell.columns}
            raise InvalidValue(f"{', '.join(methods)} has no option {name!r}: {nearest(name, known)}")
    return list(cells.values())


def known_grid(presets: Mapping[str, Mapping[str, Any]], name: str | None) -> dict[str, list[Any]]:
    """Return the axes of a preset, or none where no name is given; an InvalidValue says that there is no such one."""
    if name is None:
        return {}
    if name not in presets:
        raise InvalidValue(f"no preset {name!r}: {nearest(name, presets)}")
    return {axis: list(values) for axis, values in presets[name].items()}


def option_axis(methods: Sequence[str], name: str, text: str) -> list[Any]:
    """Read values with commas as those of an option of methods."""
    from confu_core.methods.registry import declared_options, load_method, several, value_of

    known = {key: one.kind for method in methods for key, one in declared_options(load_method(method)).items()}
    if name not in known:
        raise InvalidValue(f"{', '.join(methods)} has no option {name!r}: {nearest(name, known)}")
    parts = [text] if several(known[name]) else text.split(",")
    return [value_of(name, part, known[name]) for part in parts]


def _settings(kind: Callable[..., Settings], given: Mapping[str, Any]) -> Settings:
    from confu_core.methods.registry import load_method, method_options

    own = {name: value for name, value in given.items() if name in _own(kind)}
    options = {name: value for name, value in given.items() if name not in own}
    has = method_options(load_method(kind(**own).method))
    return kind(**own, options={name: value for name, value in options.items() if name in has})


def _own(kind: Callable[..., _RunSettings]) -> set[str]:
    return {f.name for f in fields(kind)} - {"options"}  # type: ignore[arg-type]


def resolved_options(method: str, options: Mapping[str, Any], bench: Mapping[str, Any] | None = None) -> dict[str, Any]:
    """Return every option of a method with its value; this loads the method."""
    from confu_core.methods.registry import check_options, load_method, method_options

    check_options(method, dict(options))
    return {**method_options(load_method(method)), **(bench or {}), **options}


def cell_id(columns: Mapping[str, Any], *places: str) -> str:
    """Return the identity of a run: equal for equal settings, another for any other."""
    sources = [_source(place) for place in places]
    columns = {name: value for name, value in columns.items() if name not in PROVENANCE}
    if columns.get("scale_lr", 0) is None and not columns.get("learn_temperature"):
        # Runs without scales are what they were before these had a rate, and keep their names.
        columns = {name: value for name, value in columns.items() if name != "scale_lr"}
    if columns.get("loss") in (None, "infonce"):
        # As they were named before there was a choice.
        columns = {name: value for name, value in columns.items() if name != "loss"}
    identity = {**columns, "source": sources[0] if len(sources) == 1 else sources}
    text = json.dumps(identity, sort_keys=True, allow_nan=False)
    return hashlib.blake2b(text.encode(), digest_size=8).hexdigest()


def code_places(*values: Any) -> list[str]:
    """Return those of some values, or of what they hold, that name code of the user's: ``FILE.py:Name`` or a module's.

    >>> code_places("concat", ("flip", "own.py:Dim"), 3)
    ['own.py:Dim']
    """
    every = [part for value in values for part in (value if isinstance(value, tuple | list) else [value])]
    return [part for part in every if isinstance(part, str) and _CLASS.fullmatch(part)]


def code_of(method: str) -> dict[str, str]:
    """Return the column that says which code a method in a file is; none for one that is installed."""
    source = _source(method)
    return {} if source is None else {"code": source[:12]}


def plain(value: Any) -> Any:
    """Return a value as a column of results holds it: what has several parts is written with commas."""
    return ",".join(map(str, value)) if isinstance(value, tuple | list) else value


def _source(place: str) -> str | None:
    """Return the digest of a file of code, or of features."""
    origin = place.rpartition(":")[0] or place
    path = Path(origin)
    held = origin.endswith((".py", ".npz", ".parquet")) and path.is_file()
    return hashlib.sha256(path.read_bytes()).hexdigest() if held else None


def shown_names(rows: Sequence[Mapping[str, Any]]) -> list[str]:
    """Return what readers see of the methods of rows: the name that was given, else that of a class which no other has.

    >>> shown_names([{"method": "clip"}, {"method": "mine.py:Gate"}, {"method": "mine.py:Sum", "name": "ours"}])
    ['clip', 'Gate', 'ours']
    >>> shown_names([{"method": "one.py:Gate"}, {"method": "two.py:Gate"}])
    ['one.py:Gate', 'two.py:Gate']
    """
    classes = {row["method"]: _CLASS.fullmatch(row["method"]) for row in rows}
    known = {method: found[1] if found else method for method, found in classes.items()}
    shown = {(row["method"], row.get("name")): row.get("name") or known[row["method"]] for row in rows}
    times = Counter(shown.values())
    names = {key: name if times[name] == 1 else key[1] or key[0] for key, name in shown.items()}
    return [names[row["method"], row.get("name")] for row in rows]
