"""How a dataset is cut into shards, and where each of them lies."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass

from confu_core.errors import InvalidValue, nearest

__all__ = ["FOLDERS", "FORMATS", "Job", "check_formats", "jobs", "shard_path"]

FOLDERS = {"parquet": "data", "webdataset": "webdataset"}
FORMATS = tuple(FOLDERS)

_SPLIT = re.compile(r"[A-Za-z0-9_]+")


@dataclass(frozen=True)
class Job:
    """One range of rows: the unit of work, written in every format at once so that it is generated once.

    Attributes
    ----------
    split : str
        Name of the split.
    index, count : int
        Position of the range among those of its split, and their number.
    start, stop : int
        Range of rows within the split.
    """

    split: str
    index: int
    count: int
    start: int
    stop: int


def jobs(splits: Mapping[str, int], shard_rows: int) -> list[Job]:
    """Cut each split into ranges of equal size; the last may be shorter.

    Parameters
    ----------
    splits : mapping of str to int
        Split name to number of rows.
    shard_rows : int
        Rows per shard, at least 1.

    Returns
    -------
    list of Job
        In the order of the splits.

    Raises
    ------
    InvalidValue
        If there is no split, a split is badly named or empty, or `shard_rows` is below 1.

    Examples
    --------
    >>> [(job.split, job.start, job.stop) for job in jobs({"train": 5, "test": 2}, 4)]
    [('train', 0, 4), ('train', 4, 5), ('test', 0, 2)]
    """
    if not splits:
        raise InvalidValue("splits must name at least one split; got none")
    for split, rows in splits.items():
        if not _SPLIT.fullmatch(split):
            raise InvalidValue(f"a split's name must be letters, digits and underscores; got {split!r}")
        _check_count(f"rows of split {split!r}", rows)
    _check_count("shard_rows", shard_rows)
    return [
        Job(split, index, -(-rows // shard_rows), start, min(start + shard_rows, rows))
        for split, rows in splits.items()
        for index, start in enumerate(range(0, rows, shard_rows))
    ]


def shard_path(format: str, job: Job) -> str:
    """Return where a shard lies, relative to the dataset's folder.

    Parameters
    ----------
    format : {"parquet", "webdataset"}
        Its format.
    job : Job
        Its range.

    Returns
    -------
    str
        A relative path with forward slashes.

    Examples
    --------
    >>> shard_path("parquet", Job("train", 0, 4, 0, 100))
    'data/train-00000-of-00004.parquet'
    >>> shard_path("webdataset", Job("train", 0, 4, 0, 100))
    'webdataset/train-000000.tar'
    """
    if format == "parquet":
        return f"{FOLDERS[format]}/{job.split}-{job.index:05d}-of-{job.count:05d}.parquet"
    return f"{FOLDERS[format]}/{job.split}-{job.index:06d}.tar"


def check_formats(formats: tuple[str, ...]) -> None:
    """Refuse formats that are unknown, repeated or none at all.

    Parameters
    ----------
    formats : tuple of str
        What the user asked for.

    Raises
    ------
    InvalidValue
        If they are not some of `FORMATS`.

    Examples
    --------
    >>> check_formats(("parket",))
    Traceback (most recent call last):
    confu_core.errors.InvalidValue: unknown format 'parket'; did you mean 'parquet'?
    """
    for format in formats:
        if format not in FORMATS:
            raise InvalidValue(f"unknown format {format!r}; {nearest(str(format), FORMATS)}")
    if not formats or len(set(formats)) < len(formats):
        raise InvalidValue(f"formats must be one or more of {', '.join(FORMATS)}, each once; got {formats}")


def _check_count(what: str, value: int) -> None:
    if type(value) is not int or value < 1:
        raise InvalidValue(f"{what} must be a whole number of at least 1; got {value!r}")
