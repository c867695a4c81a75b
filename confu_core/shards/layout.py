"""How a dataset is cut into shards, where each of them lies, and how media are named in them."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass

from confu_core.errors import InvalidValue, nearest

FOLDERS = {"parquet": "data", "webdataset": "webdataset"}
FORMATS = tuple(FOLDERS)
UNFINISHED = ".build"  # While a build is unfinished: the manifest to be, and one record per finished range of rows.

# The extensions of pictures and sounds.
IMAGE = frozenset({"jpeg", "jpg", "png", "webp"})
AUDIO = frozenset({"aif", "aiff", "au", "caf", "flac", "mp3", "oga", "ogg", "opus", "w64", "wav"})

_SPLIT = re.compile(r"[A-Za-z0-9_]+")


@dataclass(frozen=True)
class Job:
    """One range of rows: the unit of work, written in every format at once so that it is generated once."""

    split: str
    index: int
    count: int
    start: int
    stop: int


def jobs(splits: Mapping[str, int], shard_rows: int) -> list[Job]:
    """Cut each split into ranges of equal size; the last may be shorter."""
    if not splits:
        raise InvalidValue("splits must name at least one split; got none")
    for split, rows in splits.items():
        if not _SPLIT.fullmatch(split):
            raise InvalidValue(f"a split's name must be letters, digits and underscores; got {split!r}")
        check_count(f"rows of split {split!r}", rows)
    check_count("shard_rows", shard_rows)
    return [
        Job(split, index, -(-rows // shard_rows), start, min(start + shard_rows, rows))
        for split, rows in splits.items()
        for index, start in enumerate(range(0, rows, shard_rows))
    ]


def shard_path(format: str, job: Job) -> str:
    """Return where a shard lies, relative to the dataset's folder."""
    if format == "parquet":
        return f"{FOLDERS[format]}/{job.split}-{job.index:05d}-of-{job.count:05d}.parquet"
    return f"{FOLDERS[format]}/{job.split}-{job.index:06d}.tar"


def check_formats(formats: tuple[str, ...]) -> None:
    """Refuse formats that are unknown, repeated or none at all."""
    for format in formats:
        if format not in FORMATS:
            raise InvalidValue(f"unknown format {format!r}; {nearest(str(format), FORMATS)}")
    if not formats or len(set(formats)) < len(formats):
        raise InvalidValue(f"formats must be one or more of {', '.join(FORMATS)}, each once; got {formats}")


def check_count(what: str, value: int) -> None:
    """Refuse a number of rows or processes that is not a whole one of at least 1."""
    if type(value) is not int or value < 1:
        raise InvalidValue(f"{what} must be a whole number of at least 1; got {value!r}")
