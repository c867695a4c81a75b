"""What is wrong with one shard."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

from confu_core.errors import DatasetError, InvalidValue
from confu_core.io.atomic import sha256_of
from confu_core.io.storage import Location, fetched
from confu_core.shards.decode import media_problem
from confu_core.shards.manifest import Shard
from confu_core.shards.parquet import parquet_shape, read_parquet
from confu_core.shards.schema import column_types, features, media_columns
from confu_core.shards.tar import part_types, read_tar

__all__ = ["shard_problems"]

# For a sound or picture without a file name; the decoder looks at the content in any case.
_EXTENSIONS = {"Image": "png", "Audio": "wav"}


def shard_problems(root: Location, shard: Shard, types: Mapping[str, str], *, deep: bool = False) -> Iterator[str]:
    """Compare one shard with what the manifest says of it.

    Parameters
    ----------
    root : Path or RemotePath
        The dataset's folder.
    shard : Shard
        What the manifest says.
    types : mapping of str to str
        Arrow types by column name, as in the manifest.
    deep : bool
        Whether to decode every row, pictures and sounds included.

    Yields
    ------
    str
        One line per problem.

    Examples
    --------
    >>> list(shard_problems(Path("data"), Shard("x/y.tar", "train", "webdataset", 1, 10, ""), {}))
    ['is missing']
    """
    path = root / shard.path
    if not path.is_file():
        yield "is missing"
        return
    if (size := path.stat().st_size) != shard.bytes:
        yield f"has {size} bytes, the manifest says {shard.bytes}"
    content = _parquet_problems if shard.format == "parquet" else _tar_problems
    try:
        with fetched(path) as local:
            if sha256_of(local) != shard.sha256:
                yield "its SHA-256 is not that of the manifest"
            yield from content(local, shard, types, deep)
    except DatasetError as error:
        yield str(error).removeprefix(f"{path} ")


def _parquet_problems(path: Path, shard: Shard, types: Mapping[str, str], deep: bool) -> Iterator[str]:
    rows, schema = parquet_shape(path)
    yield from _count_problems(rows, shard)
    if column_types(schema) != dict(types):
        yield f"its columns are {column_types(schema)}, the manifest says {dict(types)}"
    if not deep:
        return
    table = read_parquet(path)
    kinds = features(schema)
    for name in media_columns(schema):
        extension = _EXTENSIONS.get(kinds.get(name, {}).get("_type", ""), "")
        for row, value in enumerate(table[name].to_pylist()):
            if problem := _value_problem(value, extension):
                yield f"row {row}, column {name!r}: {problem}"


def _tar_problems(path: Path, shard: Shard, types: Mapping[str, str], deep: bool) -> Iterator[str]:
    rows = 0
    expected: dict[str, Any] = {}
    for key, parts in read_tar(path):
        rows += 1
        try:
            found = part_types(parts)
        except InvalidValue as error:
            yield f"sample {key!r}: {error}"
            continue
        expected = expected or found
        if found != expected:
            yield f"sample {key!r} has the parts {found}, the first has {expected}"
        for part, data in parts.items() if deep else ():
            if problem := media_problem(data, part):
                yield f"sample {key!r}: {problem}"
    yield from _count_problems(rows, shard)


def _count_problems(rows: int, shard: Shard) -> Iterator[str]:
    if rows != shard.rows:
        yield f"holds {rows} rows, the manifest says {shard.rows}"


def _value_problem(value: Mapping[str, Any] | None, extension: str) -> str | None:
    if value is None or not value["bytes"]:
        return "has no content"
    return media_problem(value["bytes"], Path(value["path"] or "").suffix.lstrip(".") or extension)
