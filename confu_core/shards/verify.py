"""Prove a dataset complete and unaltered, and name each shard that is not."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from dataclasses import asdict, dataclass
from pathlib import PurePosixPath
from typing import Any

from confu_core.errors import DatasetError
from confu_core.io.atomic import sha256_of
from confu_core.io.storage import Location, files_under
from confu_core.shards.examine import shard_problems
from confu_core.shards.layout import FOLDERS
from confu_core.shards.manifest import MANIFEST, Manifest
from confu_core.shards.read import Dataset, open_dataset
from confu_core.shards.sums import SUMS, read_sums

__all__ = ["Finding", "Report", "list_findings", "report_of", "shard_findings", "verify"]


@dataclass(frozen=True)
class Finding:
    """One problem.

    Attributes
    ----------
    path : str
        The file, relative to the dataset's folder.
    problem : str
        What is wrong with it.
    """

    path: str
    problem: str

    def __str__(self) -> str:
        return f"{self.path}: {self.problem}"


@dataclass(frozen=True)
class Report:
    """What `verify` looked at and found.

    Attributes
    ----------
    deep : bool
        Whether every row was decoded.
    shards, rows, bytes : int
        How much the manifest lists, all formats together.
    findings : tuple of Finding
        Empty where the dataset is complete and unaltered.
    """

    deep: bool
    shards: int
    rows: int
    bytes: int
    findings: tuple[Finding, ...]

    @property
    def ok(self) -> bool:
        """Whether there are no findings."""
        return not self.findings

    def as_dict(self) -> dict[str, Any]:
        """Return the report as JSON values."""
        return {"ok": self.ok, **asdict(self)}


def verify(path: str | Location, *, deep: bool = False, progress: Callable[[int, int], None] | None = None) -> Report:
    """Compare every file of a dataset with its manifest and checksums; never stops at the first problem.

    Parameters
    ----------
    path : str, Path or RemotePath
        The dataset's folder, or its URL.
    deep : bool
        Whether to decode every row, pictures and sounds included.
    progress : callable, optional
        Called after each shard with the rows and bytes looked at so far.

    Returns
    -------
    Report
        With one finding per problem, each naming its file.

    Raises
    ------
    DatasetError
        If there is no dataset or its manifest cannot be read: then there is nothing to compare with.

    Examples
    --------
    >>> import tempfile, pyarrow as pa
    >>> from pathlib import Path
    >>> from confu_core.shards import TableRecipe, build
    >>> recipe = TableRecipe("squares", {"train": pa.table({"key": ["a", "b"], "square": [1, 4]})})
    >>> with tempfile.TemporaryDirectory() as folder:
    ...     shard = build(recipe, folder).shards[0]
    ...     before = verify(folder).ok
    ...     (Path(folder) / shard.path).unlink()
    ...     print(before, *verify(folder).findings)
    True data/train-00000-of-00001.parquet: is missing
    """
    dataset = open_dataset(path)
    findings = [*list_findings(dataset), *shard_findings(dataset, deep=deep, progress=progress)]
    return report_of(dataset.manifest, findings, deep=deep)


def shard_findings(
    dataset: Dataset, *, deep: bool, progress: Callable[[int, int], None] | None = None
) -> Iterator[Finding]:
    """Compare every shard with the manifest.

    Parameters
    ----------
    dataset : Dataset
        What to look at.
    deep, progress
        As for `verify`.

    Yields
    ------
    Finding
        Of shards alone: each names one of the manifest's.
    """
    rows = size = 0
    for shard in dataset.manifest.shards:
        problems = shard_problems(dataset.root, shard, dataset.manifest.schema, deep=deep)
        yield from (Finding(shard.path, problem) for problem in problems)
        rows, size = rows + shard.rows, size + shard.bytes
        if progress is not None:
            progress(rows, size)


def list_findings(dataset: Dataset) -> Iterator[Finding]:
    """Compare manifest, checksums and the names of the files with each other; no shard is opened.

    Parameters
    ----------
    dataset : Dataset
        What to look at.

    Yields
    ------
    Finding
        Also of a shard that the checksums and the manifest disagree about.
    """
    yield from _manifest_findings(dataset.manifest)
    yield from _sum_findings(dataset.root, dataset.manifest)
    yield from _extra_files(dataset.root, dataset.manifest)


def report_of(manifest: Manifest, findings: Iterable[Finding], *, deep: bool) -> Report:
    """Return a report over all shards of a manifest.

    Parameters
    ----------
    manifest : Manifest
        Of the dataset.
    findings : iterable of Finding
        What was found.
    deep : bool
        Whether every row was decoded.

    Returns
    -------
    Report
        With the manifest's counts.
    """
    rows, size = (sum(getattr(shard, name) for shard in manifest.shards) for name in ("rows", "bytes"))
    return Report(deep, len(manifest.shards), rows, size, tuple(findings))


def _manifest_findings(manifest: Manifest) -> Iterator[Finding]:
    if manifest.fingerprinted() != manifest:
        yield Finding(MANIFEST, "its fingerprint is not that of its name, config, seed and splits")
    for format in manifest.formats:
        for split, rows in manifest.splits.items():
            listed = [s.rows for s in manifest.shards if (s.format, s.split) == (format, split)]
            if sum(listed) != rows:
                yield Finding(MANIFEST, f"split {split!r} has {rows} rows, its {format} shards {sum(listed)}")


def _sum_findings(root: Location, manifest: Manifest) -> Iterator[Finding]:
    try:
        sums = read_sums(root)
    except DatasetError as error:
        yield Finding(SUMS, str(error).removeprefix(f"{root / SUMS} "))
        return
    shards = {shard.path: shard.sha256 for shard in manifest.shards}
    for path in sorted({MANIFEST, *shards} - sums.keys()):
        yield Finding(path, f"is not listed in {SUMS}")
    for path, expected in sums.items():
        if path in shards:
            if shards[path] != expected:
                yield Finding(path, f"{SUMS} and the manifest disagree about it")
        elif problem := _listed_problem(root, path, expected):
            yield Finding(path, problem)


def _listed_problem(root: Location, path: str, expected: str) -> str | None:
    if PurePosixPath(path).is_absolute() or ".." in PurePosixPath(path).parts:
        return f"is listed in {SUMS} but lies outside the dataset"
    if not (root / path).is_file():
        return f"is listed in {SUMS} but missing"
    try:
        return None if sha256_of(root / path) == expected else f"its SHA-256 is not that in {SUMS}"
    except DatasetError as error:
        return str(error).removeprefix(f"{root / path} ")


def _extra_files(root: Location, manifest: Manifest) -> Iterator[Finding]:
    # Readers take every file that is not hidden: one too many would be read as part of the dataset.
    listed = {shard.path for shard in manifest.shards}
    for folder in FOLDERS.values():
        for name in files_under(root, folder):
            if not PurePosixPath(name).name.startswith(".") and name not in listed:
                yield Finding(name, "is not in the manifest")
