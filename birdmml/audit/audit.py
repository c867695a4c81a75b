"""Audit a dataset: read it once, run the checks, probe simple features; and write what was found as a page."""

from __future__ import annotations

import contextlib
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from importlib.metadata import version
from pathlib import Path
from typing import Any

from birdmml.audit.check import SEVERITIES, Finding, NotApplicable, all_checks
from birdmml.audit.facts import Facts, gather, open_subject
from birdmml.audit.headroom import HEADROOM, Headroom, measure_headroom
from confu_core.errors import DatasetError, InvalidValue, nearest
from confu_core.inputs import InputSpec, Picture, Text
from confu_core.inputs.decode import content
from confu_core.inputs.picture import decoded_image, encode_image
from confu_core.page.html import data_uri, style, templates
from confu_core.parallel.workers import Progress
from confu_core.shards.read import Dataset
from confu_core.shards.rows import read_rows

ROWS = 2000
MOST_ROWS = 24  # With about 3 kB for each picture.
_SIDE = 96  # Pixels.
_LETTERS = 160


@dataclass(frozen=True)
class Audit:
    """What an audit found.

    Attributes
    ----------
    path, name : str
        Where the dataset lies, and what it calls itself.
    splits : mapping of str to int
        Rows of each split.
    modalities : mapping of str to str
        Name to kind.
    findings : tuple of Finding
        The gravest first.
    skipped : mapping of str to str
        Code of each check that had nothing to look at, to why.
    headroom : Headroom or None
        What simple features get.
    glimpses : mapping of str to Glimpse
        What rows of examples look like, by their keys, where that was asked for.
    """

    path: str
    name: str
    splits: Mapping[str, int]
    modalities: Mapping[str, str]
    findings: tuple[Finding, ...]
    skipped: Mapping[str, str]
    headroom: Headroom | None
    glimpses: Mapping[str, Glimpse] = field(default_factory=dict)

    def of_severity(self, severity: str) -> list[Finding]:
        """Return the findings that are just as grave."""
        return [finding for finding in self.findings if finding.severity == severity]

    def counts(self) -> dict[str, int]:
        """Return the number of findings by severity."""
        return {severity: len(self.of_severity(severity)) for severity in SEVERITIES}

    def reaches(self, severity: str) -> bool:
        """Return whether there is a finding as grave as this, for ``--fail-on``."""
        return any(self.of_severity(one) for one in SEVERITIES[: SEVERITIES.index(severity) + 1])

    @property
    def verdict(self) -> str:
        """One line."""
        errors, warnings, _ = self.counts().values()
        if not errors + warnings:
            return "nothing found that speaks against these data"
        counts = {"error": errors, "warning": warnings}
        parts = [f"{count} {what}{'s' if count != 1 else ''}" for what, count in counts.items() if count]
        warned = "look at the warnings before you use the data"
        advice = "mend the errors before you report numbers" if errors else warned
        return f"{' and '.join(parts)}: {advice}"

    def as_dict(self) -> dict[str, Any]:
        """Return the same as JSON values."""
        return {
            "path": self.path,
            "name": self.name,
            "splits": dict(self.splits),
            "modalities": dict(self.modalities),
            "verdict": self.verdict,
            "counts": self.counts(),
            "findings": [finding.as_dict() for finding in self.findings],
            "skipped": dict(self.skipped),
            "headroom": None if self.headroom is None else self.headroom.as_dict(),
        }


def codes() -> tuple[str, ...]:
    """Return the codes of all checks, in alphabetical order."""
    return tuple(sorted([*(check.code for check in all_checks()), HEADROOM]))


def audit(
    path: str | Path | Dataset,
    *,
    only: Sequence[str] | None = None,
    skip: Sequence[str] = (),
    rows: int = ROWS,
    seed: int = 0,
    na: Sequence[str] | None = None,
    workers: int = 1,
    look: bool = False,
    progress: Progress | None = None,
) -> Audit:
    """Audit a dataset, generated or real.

    Parameters
    ----------
    path : str, Path or Dataset
        A folder, a URL, a dataset read in place, such as ``"ssw60:/data/ssw60"``, or one that is open already.
    only, skip : sequence of str, optional
        Codes of checks to run, or not to run; see `codes`.
    rows : int
        Rows of each split that probes use, at most. All other checks look at every row.
    seed : int
        Decides which, and the resamples of intervals.
    na : sequence of str, optional
        What cells say where nothing is known; by default as the dataset was built.
    workers : int
        Number of processes, each with one shard in memory.
    look : bool
        Whether to look again at some rows of examples, for a page with their pictures and captions.
    progress : callable, optional
        Called with the rows read and the rows there are.

    Returns
    -------
    Audit
        The same whatever the number of workers.

    Raises
    ------
    InvalidValue
        If there is no such check, or `rows` is below 1.
    DatasetError
        If there is no dataset, it does not say what its columns are, or a shard is missing, cut or altered.

    Examples
    --------
    >>> import tempfile
    >>> from birdmml.data import BirdRecipe
    >>> from birdmml.settings import Settings
    >>> from confu_core.shards import build
    >>> with tempfile.TemporaryDirectory() as folder:
    ...     _ = build(BirdRecipe(Settings(species=20, per_species=4, size=16, seconds=0.25)), folder)
    ...     audit(folder, only=["sound-silent", "crosses-splits"]).verdict
    'nothing found that speaks against these data'
    """
    chosen = _chosen(only, skip)
    subject = open_subject(path, na)
    facts = gather(subject, rows=rows, seed=seed, workers=workers, progress=progress)
    skipped: dict[str, str] = {}
    findings = list(_checked(facts, chosen, skipped))
    headroom = None
    if HEADROOM in chosen:
        try:
            headroom = measure_headroom(facts, seed=seed, workers=workers)
            findings += (replace(one, code=HEADROOM) for one in headroom.findings())
        except NotApplicable as reason:
            skipped[HEADROOM] = str(reason)
    findings.sort(key=lambda finding: (SEVERITIES.index(finding.severity), finding.code))
    manifest, inputs = subject.dataset.manifest, subject.contents.inputs.inputs
    return Audit(
        str(manifest.name if isinstance(path, Dataset) else path),
        manifest.name,
        manifest.splits,
        {name: type(one).__name__.lower() for name, one in inputs.items()},
        tuple(findings),
        skipped,
        headroom,
        glimpses(facts, findings) if look else {},
    )


def _checked(facts: Facts, chosen: set[str], skipped: dict[str, str]) -> Iterator[Finding]:
    for check in (check for check in all_checks() if check.code in chosen):
        try:
            yield from check.findings(facts)
        except NotApplicable as reason:
            skipped[check.code] = str(reason)


def _chosen(only: Sequence[str] | None, skip: Sequence[str]) -> set[str]:
    known = codes()
    for code in [*(only or ()), *skip]:
        if code not in known:
            raise InvalidValue(f"no check {code!r}; {nearest(code, known)}")
    return set(known if only is None else only) - set(skip)


@dataclass(frozen=True)
class Glimpse:
    """Small JPEGs of one row, as ``data:`` URIs, of a video its first frame; and the beginnings of its texts."""

    pictures: tuple[str, ...]
    captions: tuple[str, ...]


def audit_page(found: Audit) -> str:
    """Write an audit as one HTML document without external resources, for light and dark screens."""
    template = templates("birdmml.audit").get_template("audit.html.j2")
    return template.render(
        found=found,
        about=[*((name, f"{rows:,} rows") for name, rows in found.splits.items()), *found.modalities.items()],
        worst=next((severity for severity in SEVERITIES if found.reaches(severity)), "info"),
        style=style(("birdmml.audit", "audit.css")),
        version=version("confu-bench"),
    )


def glimpses(facts: Facts, findings: Iterable[Finding]) -> dict[str, Glimpse]:
    """Look again at the first rows that findings name, and return what they look like by their keys, at most 24."""
    shown = {n: one for n, one in facts.contents.inputs.inputs.items() if isinstance(one, Picture | Text)}
    if not shown:
        return {}
    dataset, spec = facts.subject.dataset, InputSpec(shown)
    keys = dict.fromkeys(key for one in findings for example in one.examples for key in example.keys)
    wanted = set(list(keys)[:MOST_ROWS])
    seen: dict[str, Glimpse] = {}
    first = 0
    for shard in (shard for split in facts.splits for shard in dataset.shards(split)):
        if inside := [row for row in range(first, first + shard.rows) if facts.where(row) in wanted]:
            cells = read_rows(dataset, shard, spec).take([row - first for row in inside]).to_pylist()
            seen |= {facts.where(row): _glimpse(spec, some) for row, some in zip(inside, cells, strict=True)}
        first += shard.rows
    return seen


def _glimpse(spec: InputSpec, cells: dict[str, Any]) -> Glimpse:
    pictures, captions = [], []
    for one in spec.inputs.values():
        with contextlib.suppress(DatasetError):  # What cannot be read is a finding of its own.
            held = content(one, cells[one.column])
            if isinstance(held, str):
                captions.append(held if len(held) <= _LETTERS else f"{held[:_LETTERS]} ...")
            else:
                pictures.append(data_uri(encode_image(decoded_image(held, _SIDE), "jpeg", quality=75)))
    return Glimpse(tuple(pictures), tuple(captions))
