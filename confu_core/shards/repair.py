"""Write a dataset's bad shards again, and prove that they are what they were."""

from __future__ import annotations

import functools
import shutil
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from confu_core.errors import DatasetError
from confu_core.io.atomic import workspace
from confu_core.io.lock import folder_in_use
from confu_core.io.storage import Location, RemotePath, location
from confu_core.parallel.workers import Progress, mapped
from confu_core.shards.build import clean, write_beside, write_formats
from confu_core.shards.layout import Job, jobs, shard_path
from confu_core.shards.manifest import (
    MANIFEST,
    SUMS,
    Manifest,
    Shard,
    differences,
    draft_of,
    legible_sums,
    library_versions,
    read_sums,
    version_differences,
    write_sums,
)
from confu_core.shards.read import Dataset, open_dataset
from confu_core.shards.recipe import Recipe
from confu_core.shards.verify import Finding, Report, list_findings, report_of, shard_findings

_SCRATCH = ".repair-"

# One range of rows, and those of its shards that are bad.
Task = tuple[Job, tuple[Shard, ...]]


@dataclass(frozen=True)
class Repair:
    """What `repair` did: the files written again, by their path in the dataset, and a report of what is there now."""

    rewritten: tuple[str, ...]
    report: Report

    @property
    def ok(self) -> bool:
        """Whether the dataset is complete and unaltered now."""
        return self.report.ok

    def as_dict(self) -> dict[str, Any]:
        """Return the repair as JSON values."""
        return {**self.report.as_dict(), "rewritten": list(self.rewritten)}


def repair(
    recipe: Recipe,
    path: str | Location,
    *,
    deep: bool = False,
    workers: int = 1,
    progress: Progress | None = None,
) -> Repair:
    """Write again the shards that are missing, cut or altered, and a damaged SHA256SUMS; nothing else is touched.

    A shard takes its place only if its SHA-256 is that of the manifest, so that a repair never makes things worse.

    Parameters
    ----------
    recipe : Recipe
        What generated the dataset; picklable where there are several workers.
    path : str, Path or RemotePath
        The dataset's folder, or its URL.
    deep : bool
        Whether to decode every row in search of bad shards.
    workers : int
        Number of processes; 1 works in this one.
    progress : callable, optional
        Called after each shard with the rows and bytes looked at so far.

    Returns
    -------
    Repair
        What was written again, and what is still wrong, such as a file that does not belong.

    Raises
    ------
    DatasetError
        If there is no dataset, the recipe is that of another, or the installed libraries would write other bytes.

    Examples
    --------
    >>> import tempfile, pyarrow as pa
    >>> from pathlib import Path
    >>> from confu_core.shards import TableRecipe, build
    >>> recipe = TableRecipe("squares", {"train": pa.table({"key": ["a", "b"], "square": [1, 4]})})
    >>> with tempfile.TemporaryDirectory() as folder:
    ...     shard = build(recipe, folder).shards[0]
    ...     (Path(folder) / shard.path).unlink()
    ...     repair(recipe, folder).as_dict()
    {'ok': True, ... 'rewritten': ['data/train-00000-of-00001.parquet']}
    """
    where = location(path)
    open_dataset(where)  # Nothing is made where there is no dataset.
    with folder_in_use(where):
        dataset = open_dataset(where)
        draft = _checked_draft(recipe, dataset)
        plan = _checked_plan(dataset)
        _sweep(where)
        bad = {finding.path for finding in shard_findings(dataset, deep=deep, progress=progress)}
        tasks = [(job, chosen) for job, shards in plan if (chosen := tuple(s for s in shards if s.path in bad))]
        failed = _rewrite_all(recipe, where, tasks, workers)
        rewritten = {*(bad - {finding.path for finding in failed}), *write_beside(recipe, where)}
        # Those that were bad are looked at again: the others have just been proven.
        again = dataset.manifest.with_shards(tuple(shard for _, shards in tasks for shard in shards))
        findings = [*failed, *shard_findings(Dataset(where, again), deep=deep)]
        if not findings and _sums_are_bad(dataset) and not (findings := list(_doubts(dataset, draft))):
            sums = dataset.manifest.sums()
            # Lines of other files stay. One with the checksum of a file that is known has lost its name.
            others = {path: sum for path, sum in legible_sums(where).items() if sum not in sums.values()}
            write_sums(where, {**others, **sums})
            rewritten.add(SUMS)
        report = report_of(dataset.manifest, [*list_findings(dataset), *findings], deep=deep)
    return Repair(tuple(sorted(rewritten)), report)


def _checked_draft(recipe: Recipe, dataset: Dataset) -> Manifest:
    manifest, here = dataset.manifest, library_versions(recipe.libraries)
    if different := version_differences(manifest.versions, here):
        raise DatasetError(
            f"{dataset.root} was written with other versions ({'; '.join(different)}), which may write other bytes; "
            "install those, or build it anew elsewhere"
        )
    draft = draft_of(recipe, manifest.formats, manifest.shard_rows, here)
    if different := differences(manifest, draft):
        raise DatasetError(
            f"{dataset.root / MANIFEST} does not describe what would be built ({'; '.join(different)}); restore it"
        )
    return draft


def _checked_plan(dataset: Dataset) -> list[Task]:
    manifest = dataset.manifest
    plan = jobs(manifest.splits, manifest.shard_rows)
    listed = {shard.path: shard for shard in manifest.shards}
    wanted = {shard_path(format, job): job for job in plan for format in manifest.formats}
    for path, job in wanted.items():
        if path not in listed or listed[path].rows != job.stop - job.start:
            wrong = f"it must list {path} with {job.stop - job.start} rows"
            raise DatasetError(f"{dataset.root / MANIFEST} is damaged: {wrong}; restore it")
    if extra := sorted(listed.keys() - wanted.keys()):
        raise DatasetError(f"{dataset.root / MANIFEST} is damaged: no split has a shard {extra[0]}; restore it")
    return [(job, tuple(listed[shard_path(format, job)] for format in manifest.formats)) for job in plan]


def _rewrite_all(recipe: Recipe, root: Location, tasks: list[Task], workers: int) -> list[Finding]:
    if isinstance(root, RemotePath) and root.protocol == "memory":
        workers = 1  # Others would not see it.
    try:
        findings = mapped(
            functools.partial(_rewrite, recipe, root),
            tasks,
            max(1, min(workers, len(tasks))),
            name=lambda task: ", ".join(shard.path for shard in task[1]),
            who=f"{root}: the worker",
            mend="the other shards are repaired: repair it again when more memory is free",
        )
    finally:
        _sweep(root)
    return [finding for failed in findings for finding in failed]


def _rewrite(recipe: Recipe, root: Location, task: Task) -> list[Finding]:
    """Write the bad shards of a range again; those that became what the manifest says take their places."""
    job, wanted = task
    failed = []
    with workspace(root, scratch=_SCRATCH) as folder:
        written = write_formats(recipe, folder, tuple(shard.format for shard in wanted), job)
        for old, new in zip(wanted, written, strict=True):
            if new != old:
                (folder / new.path).unlink()
                failed.append(Finding(old.path, f"was written anew, but its SHA-256 is {new.sha256}: not put in place"))
    return failed


def _sweep(root: Location) -> None:
    clean(root)
    for folder in root.glob(f"{_SCRATCH}*") if isinstance(root, Path) else ():
        shutil.rmtree(folder, ignore_errors=True)


def _sums_are_bad(dataset: Dataset) -> bool:
    try:
        return not read_sums(dataset.root).items() >= dataset.manifest.sums().items()
    except DatasetError:
        return True


def _doubts(dataset: Dataset, draft: Manifest) -> Iterator[Finding]:
    # Only a manifest that is what a build would write may vouch for the others.
    wanted = draft.with_shards(dataset.manifest.shards)
    wanted = wanted.with_digest() if dataset.manifest.digest else wanted
    if dataset.sealed != wanted.to_bytes():
        yield Finding(MANIFEST, f"is not what a build would write, so {SUMS} was left as it is; restore either")
