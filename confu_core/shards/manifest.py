"""What a dataset is, how it was made, and what each of its files must be: ``manifest.json`` and ``SHA256SUMS``."""

from __future__ import annotations

import hashlib
import importlib.metadata
import json
import platform
import re
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass, replace
from typing import Any

import pyarrow as pa

from confu_core.errors import DatasetError, InvalidValue, nearest
from confu_core.io.atomic import read_json, reading, write_whole
from confu_core.io.storage import Location
from confu_core.shards.layout import FORMATS, check_formats
from confu_core.shards.parquet import column_types, stored_types
from confu_core.shards.recipe import Recipe

MANIFEST, SUMS = "manifest.json", "SHA256SUMS"
SCHEMA_VERSION = 1

_PATH = re.compile(r"[A-Za-z0-9_-]+/[A-Za-z0-9_-][A-Za-z0-9_.-]*")
_SHA256 = re.compile(r"[0-9a-f]{64}")
# As `sha256sum --check` reads them. Paths are shown to users: no control characters, which a terminal would obey.
_LINE = re.compile(r"([0-9a-f]{64})  (?! )([^\x00-\x1f\x7f]+)")


@dataclass(frozen=True)
class Shard:
    """One file of a dataset: its path relative to the folder, with forward slashes, what it holds, and its SHA-256."""

    path: str
    split: str
    format: str
    rows: int
    bytes: int
    sha256: str

    @classmethod
    def parse(cls, data: Any) -> Shard:
        """Return a shard from its JSON object, or raise DatasetError naming what is wrong with it."""
        shard = cls(**_fields(data, cls, "shard"))
        # Nothing in a manifest may make a reader open a file outside the dataset's folder.
        if not _PATH.fullmatch(shard.path):
            raise DatasetError(f"shard path must be folder/file inside the dataset; got {shard.path!r}")
        if shard.rows < 0 or shard.bytes < 0 or not _SHA256.fullmatch(shard.sha256):
            raise DatasetError(f"shard {shard.path} must have rows and bytes of at least 0 and a SHA-256")
        return shard


@dataclass(frozen=True)
class Manifest:
    """What `manifest.json` says; it holds no time and no path, so that the same build gives the same bytes.

    Attributes
    ----------
    schema_version : int
        Of the manifest's own format.
    name, description : str
        Of the dataset.
    config : dict
        The generator's settings, as JSON values.
    seed : int
        The user's seed.
    splits : dict of str to int
        Split name to number of rows.
    fingerprint : str
        SHA-256 over name, config, seed and splits.
    formats : tuple of str
        ``"parquet"``, ``"webdataset"`` or both; each holds all rows.
    shard_rows : int
        Rows per shard, the last of a split excepted.
    versions : dict of str to str
        Versions of the libraries that decide the bytes.
    schema : dict of str to str
        Column name to Arrow type.
    information : dict
        The exact information structure of the distribution, from the generator.
    shards : tuple of Shard
        Sorted by path.
    digest : str
        SHA-256 over all of the above, so that nothing in it changes without a word; empty while the shards are not
        known, and in datasets of versions that wrote none.
    """

    schema_version: int
    name: str
    description: str
    config: dict[str, Any]
    seed: int
    splits: dict[str, int]
    fingerprint: str
    formats: tuple[str, ...]
    shard_rows: int
    versions: dict[str, str]
    schema: dict[str, str]
    information: dict[str, Any]
    shards: tuple[Shard, ...] = ()
    digest: str = ""

    def with_shards(self, shards: tuple[Shard, ...]) -> Manifest:
        """Return the same manifest over these shards, sorted by path, without a digest."""
        return replace(self, shards=tuple(sorted(shards, key=lambda shard: shard.path)), digest="")

    def with_digest(self) -> Manifest:
        """Return the same manifest with the digest of its content."""
        return replace(self, digest=hashlib.sha256(replace(self, digest="").to_bytes()).hexdigest())

    def fingerprinted(self) -> Manifest:
        """Return the same manifest with the fingerprint that its name, config, seed and splits have."""
        identity = {"name": self.name, "config": self.config, "seed": self.seed, "splits": self.splits}
        text = json.dumps(identity, sort_keys=True, separators=(",", ":"))
        return replace(self, fingerprint=hashlib.sha256(text.encode()).hexdigest())

    def to_bytes(self) -> bytes:
        """Return the content of the file; equal manifests give equal bytes."""
        written = {name: value for name, value in asdict(self).items() if name != "digest" or value}
        return (json.dumps(written, indent=2, ensure_ascii=False, allow_nan=False) + "\n").encode()

    def sums(self) -> dict[str, str]:
        """Return the SHA-256 of every shard and of the manifest itself, by path."""
        own = {MANIFEST: hashlib.sha256(self.to_bytes()).hexdigest()}
        return {**{shard.path: shard.sha256 for shard in self.shards}, **own}


def load_manifest(path: Location) -> Manifest:
    """Read a manifest and check every part of it.

    A DatasetError says that it is not JSON, of a newer format, incomplete, wrongly typed, or names a file outside the
    dataset.

    >>> import tempfile
    >>> from pathlib import Path
    >>> with tempfile.TemporaryDirectory() as folder:
    ...     _ = (Path(folder) / "manifest.json").write_text('{"schema_version": 99}')
    ...     load_manifest(Path(folder) / "manifest.json")
    Traceback (most recent call last):
    confu_core.errors.DatasetError: ...manifest.json is of format 99, this version reads 1; update confu-bench
    """
    try:
        with reading(path):
            data = read_json(path)
        json.dumps(data, allow_nan=False)  # Reading accepts NaN and numbers without end, which are not JSON.
    except (ValueError, RecursionError) as error:
        raise DatasetError(
            f"{path} is damaged: it is not valid JSON; restore it, or remove the folder and build again"
        ) from error
    version = data.get("schema_version") if isinstance(data, dict) else None
    if type(version) is int and version != SCHEMA_VERSION:
        raise DatasetError(f"{path} is of format {version}, this version reads {SCHEMA_VERSION}; update confu-bench")
    try:
        return _parse(data)
    except DatasetError as error:
        raise DatasetError(f"{path} is damaged: {error}") from error


def draft_of(recipe: Recipe, formats: tuple[str, ...], shard_rows: int, versions: Mapping[str, str]) -> Manifest:
    """Return the manifest that a build of a recipe will have, with its fingerprint and without its shards."""
    check_formats(formats)
    if [column.type for column in recipe.schema if column.name == "key"] != [pa.string()]:
        columns = ", ".join(f"{name}: {type}" for name, type in column_types(recipe.schema).items())
        raise InvalidValue(f"a schema must have one column 'key' of type string; got {columns}")
    draft = Manifest(
        schema_version=SCHEMA_VERSION,
        name=recipe.name,
        description=recipe.description,
        config=_as_json("config", recipe.config),
        seed=int(recipe.seed),
        splits=dict(recipe.splits),
        fingerprint="",
        formats=formats,
        shard_rows=shard_rows,
        versions=dict(versions),
        schema=stored_types(recipe.schema),
        information=_as_json("information", recipe.information()),
    )
    return draft.fingerprinted()


def differences(there: Manifest, here: Manifest) -> list[str]:
    """Say, a phrase per setting, in what two datasets differ by their manifests, apart from versions and shards."""
    old, new = _settings(there), _settings(here)
    names = _unequal(old, new)
    if not names and there.fingerprint != here.fingerprint:
        return [f"fingerprint: {there.fingerprint:.8} there, {here.fingerprint:.8} here"]
    return [f"{name}: {_shown(old, name)} there, {_shown(new, name)} here" for name in names]


def library_versions(libraries: Sequence[str]) -> dict[str, str]:
    """Return the installed versions of Python, of this package, numpy, pyarrow and other `libraries`."""
    names = sorted({"confu-bench", "numpy", "pyarrow", *libraries})
    return {"python": platform.python_version(), **{name: importlib.metadata.version(name) for name in names}}


def version_differences(there: Mapping[str, str], here: Mapping[str, str]) -> list[str]:
    """Say, a phrase per library, in which versions two places differ."""
    return [f"{name} {there.get(name, 'none')} there, {here.get(name, 'none')} here" for name in _unequal(there, here)]


def write_sums(root: Location, sums: Mapping[str, str]) -> None:
    """Write the checksums of a dataset's files, path to SHA-256, sorted by path."""
    write_whole(root / SUMS, "".join(f"{sums[path]}  {path}\n" for path in sorted(sums)).encode())


def read_sums(root: Location) -> dict[str, str]:
    """Read the checksums of a dataset's files, path to SHA-256; a missing file or a damaged line is a DatasetError."""
    try:
        with reading(root / SUMS):
            lines = _lines((root / SUMS).read_bytes().decode())
    except UnicodeDecodeError as error:
        raise DatasetError(f"{root / SUMS} is damaged: it is not text") from error
    sums = {}
    for number, line in enumerate(lines, 1):
        if not (match := _LINE.fullmatch(line)):
            raise DatasetError(f"{root / SUMS} is damaged: line {number} is not a checksum and a path")
        sums[match[2]] = match[1]
    return sums


def legible_sums(root: Location) -> dict[str, str]:
    """Read every whole line of checksums that may be damaged or missing."""
    try:
        lines = _lines((root / SUMS).read_bytes().decode(errors="surrogateescape"))
    except (DatasetError, OSError):
        return {}
    return {match[2]: match[1] for line in lines if line.isprintable() and (match := _LINE.fullmatch(line))}


def _parse(data: Any) -> Manifest:
    fields = _fields({"digest": "", **data} if isinstance(data, dict) else data, Manifest, "manifest")
    for name, kind in (("splits", int), ("versions", str), ("schema", str), ("formats", str)):
        values = fields[name].values() if isinstance(fields[name], dict) else fields[name]
        for value in values:
            if type(value) is not kind:
                raise DatasetError(f"{name!r} must hold JSON {kind.__name__} values; got {value!r:.60}")
    shards = tuple(Shard.parse(shard) for shard in fields["shards"])
    manifest = Manifest(**{**fields, "formats": tuple(fields["formats"]), "shards": shards})
    _check_members(manifest)
    return manifest


def _check_members(manifest: Manifest) -> None:
    if manifest.digest and manifest.with_digest() != manifest:
        raise DatasetError("its content is not what was written: its digest is another; restore it, or build anew")
    if not manifest.formats or not manifest.splits or min(manifest.splits.values()) < 1:
        raise DatasetError("there must be at least one format, and one split with at least one row")
    for format in manifest.formats:
        if format not in FORMATS:
            raise DatasetError(f"unknown format {format!r}; {nearest(format, FORMATS)}")
    if len({shard.path for shard in manifest.shards}) < len(manifest.shards):
        raise DatasetError("a shard is listed twice")
    for shard in manifest.shards:
        if shard.split not in manifest.splits or shard.format not in manifest.formats:
            raise DatasetError(f"shard {shard.path} is of split {shard.split!r} and format {shard.format!r}")


# Annotations are strings here; their first word says which JSON type belongs to them.
_JSON_TYPES: dict[str, type] = {"int": int, "str": str, "dict": dict, "tuple": list}


def _fields(data: Any, cls: Any, what: str) -> dict[str, Any]:
    if not isinstance(data, dict):
        raise DatasetError(f"the {what} is not a JSON object")
    for name, annotation in cls.__annotations__.items():
        if name not in data:
            raise DatasetError(f"the {what} lacks {name!r}")
        kind = _JSON_TYPES[annotation.partition("[")[0]]
        if type(data[name]) is not kind:
            raise DatasetError(f"{name!r} of the {what} must be a JSON {kind.__name__}; got {data[name]!r:.60}")
    return {name: data[name] for name in cls.__annotations__}


def _as_json(what: str, value: Any) -> Any:
    # As it will be read back: tuples become lists, keys become text.
    try:
        return json.loads(json.dumps(value, allow_nan=False))
    except (TypeError, ValueError) as error:
        raise InvalidValue(f"{what} of a recipe must hold JSON values; {error}") from error


def _settings(manifest: Manifest) -> dict[str, Any]:
    own = {name: getattr(manifest, name) for name in ("name", "seed", "splits")}
    return {**manifest.config, **own, "formats": list(manifest.formats), "shard_rows": manifest.shard_rows}


def _unequal(there: Mapping[str, Any], here: Mapping[str, Any]) -> list[str]:
    return [name for name in {**there, **here} if there.get(name) != here.get(name)]


def _shown(settings: Mapping[str, Any], name: str) -> str:
    return f"{json.dumps(settings[name]):.60}" if name in settings else "nothing"


def _lines(text: str) -> list[str]:
    # Lines end at a line feed alone: other breaks, which Python knows many of, are damage.
    return text.removesuffix("\n").split("\n")
