"""Which rows become samples, in which split, and which do not, and why.

Nothing crosses splits that are made here: who shares an individual, a recording, an author or a copy stays together.
"""

from __future__ import annotations

import hashlib
import json
from collections import Counter, defaultdict
from collections.abc import Hashable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, NamedTuple

import numpy as np

from birdmml.ingest.inspect import Found, copies_of
from birdmml.ingest.names import alike
from birdmml.ingest.rows import FILES, ManifestRow, Reject, SourceManifest, cell_rejects, counts, file_rejects
from birdmml.ingest_settings import APART, SPLITS, IngestSettings
from confu_core.cells import cleaned, is_nothing
from confu_core.errors import DatasetError, InvalidValue, nearest
from confu_core.inputs.fingerprint import groups_of
from confu_core.random import generator

MOST_ALIKE = 20  # Pairs of classes.
DEFAULT_SHARES = (0.8, 0.1, 0.1)
_ALL = ""  # No species has this name.


class Planned(NamedTuple):
    """One sample to be: its row, from 1, the SHA-256 of its files, and which window of how many becomes its clip."""

    number: int
    photo: str
    audio: str
    place: int
    places: int


@dataclass(frozen=True)
class Plan:
    """What becomes of a manifest: samples by split, in an order drawn by the seed, and rejects in the order of rows.

    No split is empty; a row may have several rejects. The facts say how the splits were made, as JSON values.
    """

    samples: Mapping[str, tuple[Planned, ...]]
    rejects: tuple[Reject, ...]
    facts: Mapping[str, Any]

    @property
    def digest(self) -> str:
        """SHA-256 over the samples: other files, or files of other content, are another dataset."""
        return hashlib.sha256(json.dumps(self.samples).encode()).hexdigest()


@dataclass
class _Files:
    """What was found of the files, by kind and name; which are copies, and of which the first is a sample already."""

    settings: IngestSettings
    found: Mapping[str, Mapping[str, Found]]
    copies: Mapping[str, Mapping[str, int]]
    first: dict[tuple[str, int], ManifestRow] = field(default_factory=dict)
    used: Counter[str] = field(default_factory=Counter)

    def group(self, kind: str, row: ManifestRow) -> tuple[str, int]:
        """Return what the copies of a row's file have in common."""
        return kind, self.copies[kind][row.file(kind)]

    def content(self, kind: str, row: ManifestRow) -> str:
        """Return the SHA-256 of a row's file."""
        return self.found[kind][row.file(kind)].sha256

    def rejects(self, row: ManifestRow) -> list[Reject]:
        """Return of which earlier samples a row is a copy; if of none, it is taken."""
        kinds = [kind for kind in FILES if kind not in self.settings.keep_duplicates and self._is_copy(kind, row)]
        if not kinds:
            for kind in FILES:
                self.first.setdefault(self.group(kind, row), row)
            self.used[self.content("sound", row)] += 1
        return [self._reject(kind, row) for kind in kinds]

    def _is_copy(self, kind: str, row: ManifestRow) -> bool:
        if self.group(kind, row) not in self.first:
            return False
        used = self.used[self.content(kind, row)] if kind == "sound" else 0
        # With evenly placed windows a long recording has room for several clips that share nothing.
        if self.settings.window == "even" and used > 0:
            return used >= int(self.found[kind][row.file(kind)].measures["seconds"] / self.settings.seconds)
        return True

    def _reject(self, kind: str, row: ManifestRow) -> Reject:
        first = self.first[self.group(kind, row)]
        equal = self.content(kind, row) == self.content(kind, first)
        reason, detail = "duplicate" if equal else "near duplicate", f"of {first.file(kind)} in row {first.number}"
        return Reject(row.key, row.number, row.file(kind), reason, detail)


def make_plan(manifest: SourceManifest, settings: IngestSettings, found: Mapping[str, Mapping[str, Found]]) -> Plan:
    """Decide about every row, by what the inspection found of its files, by their kind and name.

    A DatasetError says that no row is left, an InvalidValue that all rows hang together, so that no splits can be made,
    or that `apart` names a column that is not there.
    """
    _check_apart(manifest, settings)
    given = "split" in manifest.roles and settings.split is None
    near = settings.duplicates == "near"
    files = _Files(settings, found, {kind: copies_of(some, kind, near=near) for kind, some in found.items()})
    rejects: list[Reject] = []
    rows: list[ManifestRow] = []
    for row in manifest:
        wrong = cell_rejects(manifest, row, split_needed=given)
        wrong = wrong or file_rejects(row, settings, found) or files.rejects(row)
        rejects += wrong
        rows += [] if wrong else [row]
    if not rows:
        said = ", ".join(f"{reason} {count}" for reason, count in counts(rejects).items())
        one, none = rejects[0], f"{manifest.table.name}: no row of {manifest.table.rows} can be used ({said})"
        raise DatasetError(f"{none}; first: row {one.row}, {one.file or 'cells'}: {one.reason} ({one.detail})")
    split, facts = _splits(rows, files, given)
    facts |= _facts(manifest, rows, rejects)
    plan = Plan(_samples(rows, split, files), tuple(rejects), facts)
    kept = sum(map(len, plan.samples.values()))
    if kept + facts["rejected_rows"] != facts["rows"]:
        sums = f"{kept} samples and {facts['rejected_rows']} rejects of {facts['rows']} rows"
        raise DatasetError(f"{manifest.table.name}: {sums}; please report this file")
    return plan


def _check_apart(manifest: SourceManifest, settings: IngestSettings) -> None:
    known = [*manifest.roles, *manifest.extras.values()]
    for name in settings.apart:
        if name not in known and name not in APART:
            raise InvalidValue(f"apart: {manifest.table.name} has no column {name!r}; {nearest(name, known)}")


def _splits(rows: Sequence[ManifestRow], files: _Files, given: bool) -> tuple[list[str], dict[str, Any]]:
    settings = files.settings
    ties = [_ties(row, files) for row in rows]
    component = components(ties)
    groups = len(set(component))
    if given:
        split = [str(row.split) for row in rows]
    elif groups == 1 < len(rows) and (settings.split is None or settings.split[0] < 1):
        by = ", ".join(settings.apart) or "copies"
        (value, count), *_ = Counter(tie for row in ties for tie in row).most_common(1)
        raise InvalidValue(
            f"split must divide the rows, but all {len(rows)} hang together by {by}; give fewer columns to --apart, or "
            f"a column of splits; or name by --na what says nothing ({value[0]} {value[1]!r:.60} is in {count} rows)"
        )
    else:
        split = assigned(component, [row.values["scientific_name"] for row in rows], settings.split, settings.seed)
    return split, {"splits": "given" if given else "made", "groups": groups, "crossing": crossing(component, split)}


def _ties(row: ManifestRow, files: _Files) -> list[tuple[str, str | int]]:
    settings, known = files.settings, {**row.extras, **row.values}
    cells = {name: str(known.get(name, "")) for name in settings.apart}
    # Who is written in two ways is one all the same.
    shared = [(name, cleaned(cell).casefold()) for name, cell in cells.items() if not is_nothing(cell, settings.na)]
    return [*shared, *(files.group(kind, row) for kind in FILES)]


def _facts(manifest: SourceManifest, rows: Sequence[ManifestRow], rejects: Sequence[Reject]) -> dict[str, Any]:
    """Count rows, lines and rejects, and say which classes were written in several ways, and which may be one."""
    classes = {row.values["scientific_name"] for row in rows}
    written: defaultdict[str, list[str]] = defaultdict(list)
    for spelling, name in sorted(manifest.classes.items()):
        if spelling != name and name in classes:
            written[name].append(spelling)
    return {
        "rows": manifest.table.rows,
        "rejected_rows": len({reject.row for reject in rejects}),
        "blank_lines": manifest.table.blank_lines,
        "inner_lines": manifest.table.inner_lines,
        "findings": counts(rejects),
        "spellings": dict(written),
        "alike": [list(pair) for pair in alike(sorted(classes))[:MOST_ALIKE]],
    }


def _samples(rows: Sequence[ManifestRow], split: Sequence[str], files: _Files) -> dict[str, tuple[Planned, ...]]:
    sounds = [files.content("sound", row) for row in rows]
    places = Counter(sounds if files.settings.window == "even" else set(sounds))
    seen: Counter[str] = Counter()
    planned: dict[str, list[Planned]] = defaultdict(list)
    for row, name, sound in zip(rows, split, sounds, strict=True):
        photo = files.content("picture", row)
        planned[name].append(Planned(row.number, photo, sound, seen[sound] % places[sound], places[sound]))
        seen[sound] += 1
    random = {name: generator(files.settings.seed, "birdmml", "ingest", name, "order") for name in SPLITS}
    orders = {name: random[name].permutation(len(planned[name])) for name in SPLITS if planned[name]}
    return {name: tuple(planned[name][place] for place in order) for name, order in orders.items()}


def components(ties: Sequence[Sequence[Hashable]]) -> list[int]:
    """Return for each row the first of those that it hangs together with, by values in common or by way of others."""
    owner: dict[Hashable, int] = {}
    pairs = [(owner.setdefault(value, row), row) for row, values in enumerate(ties) for value in values]
    return list(groups_of(np.array(pairs, dtype=np.int64).reshape(-1, 2), len(ties)).tolist())


def crossing(component: Sequence[int], split: Sequence[str]) -> int:
    """Count the components that lie in more than one split, as given splits may have them."""
    splits = Counter(group for group, _ in {*zip(component, split, strict=True)})
    return sum(count > 1 for count in splits.values())


def assigned(component: Sequence[int], species: Sequence[str], shares: Sequence[float] | None, seed: int) -> list[str]:
    """Return the split of each row, so that each split has its share of every species as far as components allow.

    Components are placed one by one, the largest first and equal ones in an order drawn by the seed, each where it
    raises the squared distance from the wanted numbers of rows, relative to those, the least. A split that is left
    without any gets one all the same, as long as there are as many components as splits.
    """
    members: defaultdict[int, Counter[str]] = defaultdict(Counter)
    for group, name in zip(component, species, strict=True):
        members[group][name] += 1
    drawn = generator(seed, "birdmml", "ingest", "splits").random(len(members))
    order = sorted(zip(members, drawn, strict=True), key=lambda one: (-members[one[0]].total(), one[1]))
    total = Counter({**Counter(species), _ALL: len(component)})
    wanted = dict(zip(SPLITS, DEFAULT_SHARES if shares is None else shares, strict=True))
    have: dict[str, Counter[str]] = {split: Counter() for split in SPLITS}
    place: dict[int, str] = {}
    for group, _ in order:
        # Species too rare for every split still fill the splits up as a whole.
        rows, whole = members[group], {_ALL: members[group].total()}
        place[group] = min(
            (split for split in SPLITS if wanted[split] > 0),
            key=lambda one: sum(_raised(some, have[one], wanted[one], total) for some in (rows, whole)),
        )
        have[place[group]].update({**rows, **whole})
    _fill_empty(place, {group: rows.total() for group, rows in members.items()}, wanted)
    return [place[group] for group in component]


def _raised(rows: Mapping[str, int], have: Counter[str], share: float, total: Mapping[str, int]) -> float:
    """Return by how much rows raise the squared distance of a split from its share, relative to that."""
    aims = ((name, count, share * total[name]) for name, count in rows.items())
    return sum(count * (2 * (have[name] - aim) + count) / aim for name, count, aim in aims)


def _fill_empty(place: dict[int, str], sizes: Mapping[int, int], wanted: Mapping[str, float]) -> None:
    """Give a split that got nothing the smallest component of the largest split that has several."""
    for split in reversed(SPLITS):
        held = {name: [group for group, there in place.items() if there == name] for name in SPLITS}
        givers = [name for name in SPLITS if len(held[name]) > 1]
        if wanted[split] > 0 and not held[split] and givers:
            giver = max(givers, key=lambda name: sum(sizes[group] for group in held[name]))
            place[min(held[giver], key=lambda group: sizes[group])] = split
