"""A results folder that several processes add to at once: who computes which cells, and what is finished.

A process holds a lock of its own for as long as it lives, beside a list of the cells that it has claimed; whose lock
can be taken has died, and its cells are free again. The folder itself is held for moments only: to claim, and to
gather the parts.
"""

from __future__ import annotations

import contextlib
import json
import secrets
import shutil
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

from confu_core.errors import DatasetError, ResultsError
from confu_core.io.atomic import read_json, remove_partials, replacing_folder, write_whole, writing
from confu_core.io.lock import LOCK, OWNER, InUse, folder_in_use, locked
from confu_core.runs.environment import environment as this_environment
from confu_core.runs.measures import EXAMPLES, MEASURES, read_tables, write_found, write_tables
from confu_core.runs.results import (
    COSTS,
    ENVIRONMENT,
    PARTS,
    RESULTS,
    SWEEP,
    Results,
    Row,
    new_part,
    parts_of,
    read_results,
    results_table,
    version_of,
    write_results,
    write_sidecars,
)
from confu_core.runs.sealed import writing_results

if TYPE_CHECKING:
    from confu_core.runs.grid import Cell

CLAIMS = "claims"
SUBMISSION = "submission.toml"  # Who hands it in; written by hand.
# What sweeps and reports write into a results folder.
FILES = {SUBMISSION, RESULTS, MEASURES, EXAMPLES, COSTS, SWEEP, ENVIRONMENT, LOCK, OWNER}
FOLDERS = {PARTS, CLAIMS, "checkpoints", "report"}
Seen = tuple[set[Path], tuple[int, int] | None]  # The parts of a folder, and which table they were gathered in.
_FEWEST = 64  # Parts that are not worth gathering yet.
_SHARE = 8  # Gathered when there is a part for this many rows, adding a cell costs the same in folders of any size.


@contextlib.contextmanager
def open_store(
    out: str | Path,
    plan: dict[str, Any],
    planned: Sequence[Row] = (),
    *,
    environment: dict[str, Any] | None = None,
    again: bool = True,
) -> Iterator[Store]:
    """Add to a results folder for the length of a block.

    `planned` are the settings of what may come, and the environment is that of this process unless it is given. Unless
    said `again`, a plan that is there stays.
    """
    folder, plan = Path(out), {**plan, "version": version_of(plan)}
    with contextlib.ExitStack() as stack:
        with claimed(folder, plan, wait=True) as (held, seen), writing_results():
            store = Store(folder, plan, [] if held is None else held.rows(), planned, seen)
            if again or not (folder / SWEEP).exists():
                write_sidecars(folder, sweep=plan, environment=environment or this_environment())
            stack.enter_context(locked(store.claim_file.with_suffix(".lock"), wait=False))
        stack.callback(store.close)
        yield store


class Store:
    """What a process knows of a results folder: `done` are the cells that are finished, whoever computed them."""

    def __init__(
        self,
        folder: Path,
        plan: dict[str, Any],
        held: Sequence[Row],
        planned: Sequence[Row],
        seen: Seen,
    ) -> None:
        self.folder, self.plan = folder, plan
        self.claim_file = folder / CLAIMS / secrets.token_hex(8)
        self.claim_file.parent.mkdir(exist_ok=True)
        self._claimed: set[str] = set()
        self._known, self._gathered = seen
        read_tables(folder)  # Damaged ones are found now rather than when they are gathered.
        self.done = {row["cell"] for row in held if row["status"] == "done"}
        self.tried = set(self.done)  # A cell that had failed before is tried again; one that fails meanwhile is not.
        self._failed = {row["cell"] for row in held} - self.done
        self._rows = len(held)
        results_table([*held, *planned])  # What cannot stand in one table is refused before it is computed.

    def claim(self, stacks: Sequence[list[Cell[Any]]], most: int) -> tuple[list[list[Cell[Any]]], ...]:
        """Claim stacks of cells that nobody else computes, and return them beside those that may be left to do."""
        with folder_in_use(self.folder, wait=True), writing_results():
            self.refresh()
            taken = {cell for file in self._live() for cell in _cells(file)}
            own: list[list[Cell[Any]]] = []
            left: list[list[Cell[Any]]] = []
            for stack in stacks:
                rest = [cell for cell in stack if cell.id not in self.tried]
                free = len(own) < most and not taken & {cell.id for cell in rest}
                (own if free else left).extend([rest] if rest else [])
            self._claimed = {cell.id for stack in own for cell in stack} | self._claimed - self.tried
            write_whole(self.claim_file, json.dumps(sorted(self._claimed)).encode())
        return own, left

    def refresh(self) -> None:
        """See what other processes have finished."""
        parts, state = parts_of(self.folder), _state(self.folder / RESULTS)
        places = [part for part in parts if part not in self._known]
        for place in [*places, self.folder] if state != self._gathered else places:
            with contextlib.suppress(ResultsError):  # Gathered by another process since they were listed.
                self._settle(read_results(place).rows())
        self._known.update(parts)
        self._gathered = state

    def add(self, rows: Sequence[Row], costs: Sequence[Row]) -> None:
        """Keep finished cells, whole or not at all."""
        part = new_part(self.folder)
        with writing_results():
            part.parent.mkdir(exist_ok=True)
            with replacing_folder(part) as place:
                write_found(place, rows)
                plain = [{k: v for k, v in row.items() if k not in ("measures", "examples")} for row in rows]
                write_results(place, self.plan["benchmark"], plain, costs=costs, version=self.plan["version"])
        self._settle(plain)
        self._known.add(part)
        if len(parts_of(self.folder)) > max(_FEWEST, self._rows // _SHARE):
            with folder_in_use(self.folder, wait=True), writing_results():
                self._gather()

    def close(self) -> None:
        """Let go of what was claimed; the last process that works on a folder gathers its parts."""
        with folder_in_use(self.folder, wait=True), writing_results():
            self.claim_file.unlink(missing_ok=True)
            if not self._live():
                self._gather()
                self.claim_file.with_suffix(".lock").unlink(missing_ok=True)
                for name in (CLAIMS, PARTS):
                    shutil.rmtree(self.folder / name, ignore_errors=True)

    def _settle(self, rows: Sequence[Row]) -> None:
        self.done |= {row["cell"] for row in rows if row["status"] == "done"}
        self.tried |= {row["cell"] for row in rows} - (self._failed - self.done - self._claimed)

    def _gather(self) -> None:
        parts = parts_of(self.folder)
        if not parts:
            return
        held = read_results(self.folder)
        write_tables(self.folder, *read_tables(self.folder))
        write_results(self.folder, held.benchmark, held.rows(), costs=held.cost_rows(), version=held.version)
        for part in parts:
            shutil.rmtree(part)
        self._rows, self._gathered = len(held.table), _state(self.folder / RESULTS)

    def _live(self) -> list[Path]:
        """List the claims of other processes that are alive, and remove those of the dead."""
        live = []
        for lock in (self.folder / CLAIMS).glob("*.lock"):
            if lock.stem == self.claim_file.name:
                continue
            try:
                with locked(lock, wait=False):
                    lock.with_suffix("").unlink(missing_ok=True)
            except InUse:
                live.append(lock.with_suffix(""))
        return live


def _cells(file: Path) -> list[str]:
    try:
        said = read_json(file)
    except (DatasetError, OSError, ValueError):  # Not written yet: its process has claimed nothing.
        return []
    return [str(cell) for cell in said] if isinstance(said, list) else []


def _state(path: Path) -> tuple[int, int] | None:
    try:
        found = path.stat()
    except FileNotFoundError:
        return None
    return found.st_mtime_ns, found.st_ino


@contextlib.contextmanager
def claimed(folder: Path, plan: Mapping[str, Any], *, wait: bool = False) -> Iterator[tuple[Results | None, Seen]]:
    """Hold a results folder for results of a plan for the length of a block, made where it is missing.

    Yields the results that it holds, None where there are none, and which files they are of.
    """
    with contextlib.ExitStack() as stack:
        with writing_results():
            if folder.exists() and not folder.is_dir():
                raise ResultsError(f"{folder} is not a folder; choose another --out")
            try:
                stack.enter_context(folder_in_use(folder, wait=wait))
            except InUse:
                raise ResultsError(
                    f"{folder} is in use by another sweep; wait for it or choose another --out"
                ) from None
            with writing(folder):
                # Before they are read: parts are added at any time, and one that comes meanwhile is read again.
                seen = set(parts_of(folder)), _state(folder / RESULTS)
                held = _held(folder, plan)
                remove_partials(folder)
        yield held, seen


def _held(folder: Path, plan: Mapping[str, Any]) -> Results | None:
    names = sorted(path.name for path in folder.iterdir())
    if foreign := next((name for name in names if name not in FILES | FOLDERS and not name.endswith(".partial")), None):
        raise ResultsError(f"{folder} holds other data ({foreign}); choose another --out or an empty folder")
    if not (folder / RESULTS).exists() and not parts_of(folder):
        return None
    held = read_results(folder)
    for own, wanted in ((held.benchmark, plan["benchmark"]), (held.version, version_of(plan))):
        if own != wanted:
            raise ResultsError(f"{folder} holds results of {own!r}, not of {wanted!r}; choose another --out")
    return held
