"""Which rows become samples, in which split, and which do not, and why."""

from __future__ import annotations

import hashlib
import json
from collections import Counter, defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, NamedTuple

from birdmml.ingest.duplicates import Copies, copies_of
from birdmml.ingest.inspect import Found
from birdmml.ingest.judge import file_rejects
from birdmml.ingest.reasons import Reject, counts
from birdmml.ingest.rows import Manifest, Row, cell_rejects
from birdmml.ingest.spellings import alike
from birdmml.ingest.splits import assigned, components, crossing
from birdmml.ingest_settings import APART, SPLITS, IngestSettings
from confu_core.cells import cleaned, is_nothing
from confu_core.errors import DatasetError, InvalidValue, nearest
from confu_core.random import generator

__all__ = ["Plan", "Planned", "make_plan"]

MOST_ALIKE = 20  # Pairs of classes.


class Planned(NamedTuple):
    """One sample to be.

    Attributes
    ----------
    number : int
        Row of the manifest, from 1.
    photo, audio : str
        SHA-256 of its files as they were looked at.
    place, places : int
        Which window of how many, where windows are placed evenly.
    """

    number: int
    photo: str
    audio: str
    place: int
    places: int


@dataclass(frozen=True)
class Plan:
    """What becomes of a manifest.

    Attributes
    ----------
    samples : mapping of str to tuple of Planned
        By split, in an order drawn by the seed; no split is empty.
    rejects : tuple of Reject
        In the order of rows; a row may have several.
    facts : dict
        How the splits were made, as JSON values.
    """

    samples: Mapping[str, tuple[Planned, ...]]
    rejects: tuple[Reject, ...]
    facts: Mapping[str, Any]

    @property
    def digest(self) -> str:
        """SHA-256 over the samples: other files, or files of other content, are another dataset."""
        return hashlib.sha256(json.dumps(self.samples).encode()).hexdigest()


def make_plan(
    manifest: Manifest, settings: IngestSettings, pictures: Mapping[str, Found], sounds: Mapping[str, Found]
) -> Plan:
    """Decide about every row.

    Parameters
    ----------
    manifest : Manifest
        The rows.
    settings : IngestSettings
        Limits, splits, and what counts as a copy.
    pictures, sounds : mapping of str to Found
        What the inspection found, by name.

    Returns
    -------
    Plan
        The same for the same arguments.

    Raises
    ------
    DatasetError
        If no row is left.
    InvalidValue
        If all rows hang together, so that no splits can be made, or `apart` names a column that is not there.
    """
    _check_apart(manifest, settings)
    given = "split" in manifest.roles and settings.split is None
    rejects: list[Reject] = []
    rows: list[Row] = []
    near = settings.duplicates == "near"
    copies = {"picture": copies_of(pictures, "picture", near=near), "sound": copies_of(sounds, "sound", near=near)}
    taken = _Taken(settings, copies, sounds)
    for row in manifest:
        found = cell_rejects(manifest, row, split_needed=given)
        found = found or file_rejects(row, settings, pictures, sounds) or taken.rejects(row)
        rejects += found
        rows += [] if found else [row]
    if not rows:
        said = ", ".join(f"{reason} {count}" for reason, count in counts(rejects).items())
        raise DatasetError(
            f"{manifest.table.name}: no row of {manifest.table.rows} can be used ({said}); first: {_said(rejects[0])}"
        )
    split, facts = _splits(rows, settings, copies, given)
    facts |= _counted(manifest, rejects) | _named(manifest, rows)
    plan = Plan(_samples(rows, split, settings, copies), tuple(rejects), facts)
    kept = sum(map(len, plan.samples.values()))
    if kept + facts["rejected_rows"] != facts["rows"]:
        sums = f"{kept} samples and {facts['rejected_rows']} rejects of {facts['rows']} rows"
        raise DatasetError(f"{manifest.table.name}: {sums}; please report this file")
    return plan


def _counted(manifest: Manifest, rejects: Sequence[Reject]) -> dict[str, Any]:
    table = manifest.table
    return {
        "rows": table.rows,
        "rejected_rows": len({reject.row for reject in rejects}),
        "blank_lines": table.blank_lines,
        "inner_lines": table.inner_lines,
        "findings": counts(rejects),
    }


def _named(manifest: Manifest, rows: Sequence[Row]) -> dict[str, Any]:
    """Say which classes were written in several ways, and which may be one."""
    classes = {row.values["scientific_name"] for row in rows}
    written: defaultdict[str, list[str]] = defaultdict(list)
    for spelling, name in sorted(manifest.classes.items()):
        if spelling != name and name in classes:
            written[name].append(spelling)
    return {"spellings": dict(written), "alike": [list(pair) for pair in alike(sorted(classes))[:MOST_ALIKE]]}


def _check_apart(manifest: Manifest, settings: IngestSettings) -> None:
    known = [*manifest.roles, *manifest.extras.values()]
    for name in settings.apart:
        if name not in known and name not in APART:
            raise InvalidValue(f"apart: {manifest.table.name} has no column {name!r}; {nearest(name, known)}")


class _Taken:
    """Copies whose first is a sample already."""

    def __init__(self, settings: IngestSettings, copies: Mapping[str, Copies], sounds: Mapping[str, Found]) -> None:
        self._settings, self._copies, self._sounds = settings, copies, sounds
        self._first: dict[tuple[str, int], Row] = {}
        self._used: Counter[str] = Counter()

    def rejects(self, row: Row) -> list[Reject]:
        """Return of which earlier samples a row is a copy; if of none, it is taken."""
        files = {"picture": row.values["photo_file"], "sound": row.values["audio_file"]}
        found = [
            self._reject(row, kind, name)
            for kind, name in files.items()
            if kind not in self._settings.keep_duplicates and self._is_copy(kind, name)
        ]
        if not found:
            for kind, name in files.items():
                self._first.setdefault((kind, self._copies[kind].group[name]), row)
            self._used[self._copies["sound"].content[files["sound"]]] += 1
        return found

    def _is_copy(self, kind: str, name: str) -> bool:
        if (kind, self._copies[kind].group[name]) not in self._first:
            return False
        used = self._used[self._copies[kind].content[name]] if kind == "sound" else 0
        # With evenly placed windows a long recording has room for several clips that share nothing.
        room = self._settings.window == "even" and used > 0
        return not (room and used < int(self._sounds[name].measures["seconds"] / self._settings.seconds))

    def _reject(self, row: Row, kind: str, name: str) -> Reject:
        copies = self._copies[kind]
        first = self._first[kind, copies.group[name]]
        other = first.values["photo_file" if kind == "picture" else "audio_file"]
        reason = "duplicate" if copies.content[name] == copies.content[other] else "near duplicate"
        return Reject(row.key, row.number, name, reason, f"of {other} in row {first.number}")


def _splits(
    rows: Sequence[Row], settings: IngestSettings, copies: Mapping[str, Copies], given: bool
) -> tuple[list[str], dict[str, Any]]:
    ties = [_ties(row, settings, copies) for row in rows]
    component = components(ties)
    groups = len(set(component))
    if given:
        split = [str(row.split) for row in rows]
        return split, {"splits": "given", "groups": groups, "crossing": crossing(component, split)}
    if groups == 1 < len(rows) and (settings.split is None or settings.split[0] < 1):
        by = ", ".join(settings.apart) or "copies"
        (value, count), *_ = Counter(tie for row in ties for tie in row).most_common(1)
        raise InvalidValue(
            f"split must divide the rows, but all {len(rows)} hang together by {by}; give fewer columns to --apart, or "
            f"a column of splits; or name by --na what says nothing ({value[0]} {value[1]!r:.60} is in {count} rows)"
        )
    split = assigned(component, [row.values["scientific_name"] for row in rows], settings.split, settings.seed)
    return split, {"splits": "made", "groups": groups, "crossing": crossing(component, split)}


def _ties(row: Row, settings: IngestSettings, copies: Mapping[str, Copies]) -> list[tuple[str, str | int]]:
    cells = {name: str({**row.extras, **row.values}.get(name, "")) for name in settings.apart}
    # Who is written in two ways is one all the same.
    shared = [(name, cleaned(cell).casefold()) for name, cell in cells.items() if not is_nothing(cell, settings.na)]
    files = (("picture", "photo_file"), ("sound", "audio_file"))
    return [*shared, *((kind, copies[kind].group[row.values[role]]) for kind, role in files)]


def _samples(
    rows: Sequence[Row], split: Sequence[str], settings: IngestSettings, copies: Mapping[str, Copies]
) -> dict[str, tuple[Planned, ...]]:
    sounds = [copies["sound"].content[row.values["audio_file"]] for row in rows]
    places = Counter(sounds) if settings.window == "even" else Counter(set(sounds))
    seen: Counter[str] = Counter()
    planned: dict[str, list[Planned]] = defaultdict(list)
    for row, name, sound in zip(rows, split, sounds, strict=True):
        photo = copies["picture"].content[row.values["photo_file"]]
        planned[name].append(Planned(row.number, photo, sound, seen[sound] % places[sound], places[sound]))
        seen[sound] += 1
    return {name: tuple(_shuffled(planned[name], settings.seed, name)) for name in SPLITS if planned[name]}


def _shuffled(samples: list[Planned], seed: int, split: str) -> list[Planned]:
    order = generator(seed, "birdmml", "ingest", split, "order").permutation(len(samples))
    return [samples[place] for place in order]


def _said(reject: Reject) -> str:
    return f"row {reject.row}, {reject.file or 'cells'}: {reject.reason} ({reject.detail})"
