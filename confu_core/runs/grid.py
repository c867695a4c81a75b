"""Grids of settings: every combination once, a method without an option taking part without it."""

from __future__ import annotations

from collections.abc import Callable, Hashable, Mapping, Sequence
from dataclasses import fields
from itertools import product
from typing import Any, ClassVar, Protocol, TypeVar

from confu_core.errors import InvalidValue, nearest
from confu_core.runs.options import option_value
from confu_core.runs.sweep import Cell


class RunSettings(Protocol):
    """What the settings of a run know of themselves."""

    __dataclass_fields__: ClassVar[dict[str, Any]]

    @property
    def options(self) -> Mapping[str, Any]:
        """Options of the method, as given."""
        ...

    def resolved_options(self) -> dict[str, Any]:
        """Return every option of the method."""
        ...

    def columns(self) -> dict[str, Any]:
        """Return all settings as columns of results."""
        ...

    def cell(self) -> str:
        """Return the identity of the run."""
        ...

    def shape(self) -> Hashable:
        """Return what runs that are computed together share."""
        ...


Settings = TypeVar("Settings", bound=RunSettings)


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


def option_axis(methods: Sequence[str], name: str, text: str) -> list[Any]:
    """Read values with commas as those of an option of methods."""
    from confu_core.methods.registry import load_method, method_options

    known: dict[str, Any] = {}
    for method in methods:
        known.update(method_options(load_method(method)))
    if name not in known:
        raise InvalidValue(f"{', '.join(methods)} has no option {name!r}: {nearest(name, known)}")
    parts = [text] if isinstance(known[name], tuple) else text.split(",")
    return [option_value(name, part, known[name]) for part in parts]


def _settings(kind: Callable[..., Settings], given: Mapping[str, Any]) -> Settings:
    own = {name: value for name, value in given.items() if name in _own(kind)}
    options = {name: value for name, value in given.items() if name not in own}
    has = kind(**own).resolved_options()
    return kind(**own, options={name: value for name, value in options.items() if name in has})


def _own(kind: Callable[..., RunSettings]) -> set[str]:
    return {f.name for f in fields(kind)} - {"options"}  # type: ignore[arg-type]
