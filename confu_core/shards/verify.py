"""Prove a dataset complete and unaltered, and name each shard that is not."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import asdict, dataclass
from pathlib import Path, PurePosixPath
from typing import Any

from confu_core.errors import DatasetError, InvalidValue
from confu_core.io.atomic import sha256_of
from confu_core.io.storage import Location, fetched, files_under
from confu_core.parallel.workers import Progress
from confu_core.shards.layout import AUDIO, FOLDERS, IMAGE
from confu_core.shards.manifest import MANIFEST, SUMS, Manifest, Shard, read_sums
from confu_core.shards.parquet import column_types, features, media_columns, parquet_shape, read_parquet
from confu_core.shards.read import Dataset, open_dataset
from confu_core.shards.tar import part_types, read_tar

# For a sound or picture without a file name; the decoder looks at the content in any case.
_EXTENSIONS = {"Image": "png", "Audio": "wav"}


@dataclass(frozen=True)
class Finding:
    """One problem: the file, relative to the dataset's folder, and what is wrong with it."""

    path: str
    problem: str

    def __str__(self) -> str:
        return f"{self.path}: {self.problem}"


@dataclass(frozen=True)
class Report:
    """What `verify` looked at, all formats together, and found; with `deep`, every row was decoded."""

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


def verify(path: str | Location, *, deep: bool = False, progress: Progress | None = None) -> Report:
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


def shard_findings(dataset: Dataset, *, deep: bool, progress: Progress | None = None) -> Iterator[Finding]:
    """Yield what differs between each shard and the manifest; `progress` is told of the rows and bytes looked at."""
    rows = size = 0
    for shard in dataset.manifest.shards:
        problems = shard_problems(dataset.root, shard, dataset.manifest.schema, deep=deep)
        yield from (Finding(shard.path, problem) for problem in problems)
        rows, size = rows + shard.rows, size + shard.bytes
        if progress is not None:
            progress(rows, size)


def list_findings(dataset: Dataset) -> Iterator[Finding]:
    """Compare manifest, checksums and the names of the files with each other; no shard is opened."""
    yield from _manifest_findings(dataset.manifest)
    yield from _sum_findings(dataset.root, dataset.manifest)
    yield from _extra_files(dataset.root, dataset.manifest)


def report_of(manifest: Manifest, findings: Iterable[Finding], *, deep: bool) -> Report:
    """Return a report over all shards of a manifest."""
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


def shard_problems(root: Location, shard: Shard, types: Mapping[str, str], *, deep: bool = False) -> Iterator[str]:
    """Compare one shard with what the manifest says of it."""
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
    sizes, schema = parquet_shape(path)
    yield from _count_problems(sum(sizes), shard)
    if column_types(schema) != dict(types):
        yield f"its columns are {column_types(schema)}, the manifest says {dict(types)}"
    if not deep:
        return
    table = read_parquet(path)
    kinds = features(schema)
    for name in media_columns(schema):
        extension = _EXTENSIONS.get(kinds.get(name, {}).get("_type", ""), "")
        for row, value in enumerate(table[name].to_pylist()):
            suffix = Path((value and value["path"]) or "").suffix.lstrip(".")
            empty = value is None or not value["bytes"]
            if problem := "has no content" if empty else media_problem(value["bytes"], suffix or extension):
                yield f"row {row}, column {name!r}: {problem}"


def _tar_problems(path: Path, shard: Shard, types: Mapping[str, str], deep: bool) -> Iterator[str]:
    rows = 0
    expected: dict[str, Any] = {}
    for key, parts in read_tar(path):
        rows += 1
        try:
            kinds = part_types(parts)
        except InvalidValue as error:
            yield f"sample {key!r}: {error}"
            continue
        expected = expected or kinds
        if kinds != expected:
            yield f"sample {key!r} has the parts {kinds}, the first has {expected}"
        for part, data in parts.items() if deep else ():
            if problem := media_problem(data, part):
                yield f"sample {key!r}: {problem}"
    yield from _count_problems(rows, shard)


def _count_problems(rows: int, shard: Shard) -> Iterator[str]:
    if rows != shard.rows:
        yield f"holds {rows} rows, the manifest says {shard.rows}"


def media_problem(data: bytes, extension: str) -> str | None:
    """Decode a picture or a sound whole, and return the decoder's complaint; files of other extensions have none."""
    from confu_core.inputs.picture import decode_picture
    from confu_core.inputs.sound import check_sound

    kind = extension.lower()
    try:
        if kind in IMAGE:
            decode_picture(data, 1, whole=True)
        elif kind in AUDIO:
            check_sound(data)
    except DatasetError as error:
        return f"{extension} {str(error).removeprefix('the picture ').removeprefix('the sound ')}"
    return None
