"""One WebDataset shard: a plain tar whose bytes depend on the rows alone, read without trusting it."""

from __future__ import annotations

import io
import itertools
import re
import tarfile
from collections.abc import Callable, Iterable, Iterator, Mapping
from pathlib import Path
from typing import Any, BinaryIO

from confu_core.errors import DatasetError, InvalidValue
from confu_core.io.atomic import replacing
from confu_core.shards.flat_json import flat_types, parse_flat_json

__all__ = ["part_types", "read_tar", "write_tar"]

MAX_MEMBER_BYTES = 1 << 30

# Readers cut a name at its first dot: with a dot in the key, different samples would become one.
_KEY = re.compile(r"[A-Za-z0-9_-]+")
_PART = re.compile(r"[a-z0-9_]+(\.[a-z0-9_]+)*")
_NAME_BYTES = 100
_BLOCK = tarfile.BLOCKSIZE


def write_tar(
    rows: Iterable[dict[str, Any]], members: Callable[[dict[str, Any]], Mapping[str, bytes]], path: Path
) -> None:
    """Write one tar shard; equal rows give equal bytes.

    Parameters
    ----------
    rows : iterable of dict
        Each with a text ``key`` of letters, digits, ``_`` and ``-``, distinct within the shard.
    members : callable
        Row to its parts, extension to bytes. Every row has the same parts, and a ``json`` part has the same
        fields of the same types (see `flat_json`).
    path : Path
        The final name; the file appears there whole or not at all.

    Raises
    ------
    InvalidValue
        If a key or the parts of a row break these rules.
    DatasetError
        If the file cannot be written.

    Examples
    --------
    >>> import tempfile
    >>> with tempfile.TemporaryDirectory() as folder:
    ...     path = Path(folder) / "x.tar"
    ...     write_tar([{"key": "a", "text": "hm"}], lambda row: {"txt": row["text"].encode()}, path)
    ...     list(read_tar(path))
    [('a', {'txt': b'hm'})]
    """
    seen: set[str] = set()
    expected: dict[str, Any] | None = None
    with replacing(path) as file, tarfile.open(fileobj=file, mode="w", format=tarfile.USTAR_FORMAT) as tar:
        for row in rows:
            key, parts = row["key"], members(row)
            _check_key(key, seen)
            types = part_types(parts)
            expected = expected or types
            if types != expected:
                raise InvalidValue(f"sample {key!r} must have the parts {expected} of the first; got {types}")
            for part in sorted(parts):
                _add(tar, f"{key}.{part}", parts[part])


def read_tar(path: Path) -> Iterator[tuple[str, dict[str, bytes]]]:
    """Read the samples of one tar shard, in order; nothing is ever extracted to the disk.

    Parameters
    ----------
    path : Path
        An existing shard.

    Yields
    ------
    tuple of str and dict
        Key and parts, extension to bytes.

    Raises
    ------
    DatasetError
        If the tar is cut, damaged, or holds anything but small regular files named ``key.extension``.

    Examples
    --------
    >>> import tempfile
    >>> with tempfile.TemporaryDirectory() as folder:
    ...     write_tar([{"key": "a"}, {"key": "b"}], lambda row: {"txt": b"x"}, Path(folder) / "x.tar")
    ...     [key for key, parts in read_tar(Path(folder) / "x.tar")]
    ['a', 'b']
    """
    try:
        with path.open("rb") as file:
            yield from _samples(path, file)
    except OSError as error:
        raise DatasetError(f"{path} cannot be read: {error.strerror}") from error


def part_types(parts: Mapping[str, bytes]) -> dict[str, Any]:
    """Return what the parts of one sample are, refusing what readers would misread.

    Parameters
    ----------
    parts : mapping of str to bytes
        Extension to content.

    Returns
    -------
    dict
        Extension to ``"bytes"``, and ``json`` to the types of its fields; the same for every sample.

    Raises
    ------
    InvalidValue
        If there are no parts, an extension is not lower-case, or the JSON part is not flat.

    Examples
    --------
    >>> part_types({"txt": b"hm", "json": b'{"p": 0.5}'})
    {'json': {'p': 'float'}, 'txt': 'bytes'}
    """
    if not parts:
        raise InvalidValue("a sample must have at least one part; got none")
    for part in parts:
        if not _PART.fullmatch(part):
            raise InvalidValue(f"a part must be a lower-case extension; got {part!r}")
    return {part: _types(parts[part]) if part == "json" else "bytes" for part in sorted(parts)}


def _types(content: bytes) -> dict[str, str]:
    return flat_types(parse_flat_json(content))


def _check_key(key: Any, seen: set[str]) -> None:
    if not isinstance(key, str) or not _KEY.fullmatch(key):
        raise InvalidValue(f"a key must be letters, digits, '_' and '-'; got {key!r}")
    if key in seen:
        raise InvalidValue(f"keys must be distinct within a shard; got {key!r} twice")
    seen.add(key)


def _add(tar: tarfile.TarFile, name: str, data: bytes) -> None:
    if len(name) > _NAME_BYTES or len(data) > MAX_MEMBER_BYTES:
        raise InvalidValue(
            f"a member must have at most {_NAME_BYTES} characters in its name and {MAX_MEMBER_BYTES} bytes; "
            f"got {name}, {len(data)} bytes"
        )
    # TarInfo begins without time, owner and names, which is what makes the bytes reproducible.
    info = tarfile.TarInfo(name)
    info.size = len(data)
    info.mode = 0o644
    tar.addfile(info, io.BytesIO(data))


def _samples(path: Path, file: BinaryIO) -> Iterator[tuple[str, dict[str, bytes]]]:
    seen: set[str] = set()
    for key, group in itertools.groupby(_members(path, file), key=lambda member: member[0]):
        if key in seen:
            raise DatasetError(f"{path} holds parts of {key!r} in two places; restore it or build it again")
        seen.add(key)
        parts: dict[str, bytes] = {}
        for _, part, data in group:
            if part in parts:
                raise DatasetError(f"{path} holds {key}.{part} twice; restore it or build it again")
            parts[part] = data
        yield key, parts


def _members(path: Path, file: BinaryIO) -> Iterator[tuple[str, str, bytes]]:
    # Header by header rather than through TarFile, which follows links and trusts the sizes it is told.
    left = path.stat().st_size
    while (header := file.read(_BLOCK)) != bytes(_BLOCK):
        left -= len(header)
        info = _header(path, header)
        padded = -(-info.size // _BLOCK) * _BLOCK
        if not 0 <= info.size <= MAX_MEMBER_BYTES or padded > left:
            raise DatasetError(f"{path} is cut or damaged: {info.name!r} says that it has {info.size} bytes")
        left -= padded
        key, _, part = info.name.partition(".")
        yield key, part, file.read(padded)[: info.size]


def _header(path: Path, header: bytes) -> tarfile.TarInfo:
    if len(header) < _BLOCK:
        raise DatasetError(f"{path} is cut: the end mark of the tar is missing; restore it or build it again")
    try:
        info = tarfile.TarInfo.frombuf(header, "utf-8", "surrogateescape")
    except tarfile.HeaderError as error:
        raise DatasetError(f"{path} is damaged ({error}); restore it or build it again") from error
    key, _, part = info.name.partition(".")
    if info.type != tarfile.REGTYPE or not _KEY.fullmatch(key) or not _PART.fullmatch(part):
        raise DatasetError(f"{path} holds {info.name!r}, which is not a regular file named key.extension")
    return info
