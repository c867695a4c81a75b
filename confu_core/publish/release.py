"""A release: the shards as they are, and everything that is said of them, whole before any of it is sent anywhere."""

from __future__ import annotations

import contextlib
import hashlib
import tempfile
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

import pyarrow as pa

from confu_core.errors import DatasetError
from confu_core.escaping import visible
from confu_core.io.atomic import sha256_of
from confu_core.io.storage import Location, fetched
from confu_core.publish import card
from confu_core.publish.croissant import CROISSANT, check_croissant, croissant
from confu_core.publish.private import check_columns, check_text, cleaned_table
from confu_core.publish.terms import ATTRIBUTION, items_of, terms_of
from confu_core.publish.words import About, Code, Edition, Words
from confu_core.shards.manifest import MANIFEST, SUMS
from confu_core.shards.parquet import parquet_shape
from confu_core.shards.read import Dataset
from confu_core.shards.verify import verify

REJECTS = "rejects.parquet"
SAMPLES = "figures/samples.jpg"
HEADLINE_TABLE = "matrix.md"  # Of a report.
_NO_TEXT, _MOST_TEXT = ("parquet", "tar", "png", "jpg", "jpeg", "webp", "pdf"), 1 << 26


@dataclass(frozen=True)
class Part:
    """One file.

    Attributes
    ----------
    name : str
        Relative to the release, with forward slashes.
    size : int
        In bytes.
    sha256 : str
        64 hexadecimal digits.
    source : bytes, Path or RemotePath
        The content, or where it lies.
    """

    name: str
    size: int
    sha256: str
    source: bytes | Location

    @classmethod
    def made(cls, name: str, content: bytes) -> Part:
        """Return a part whose content is at hand."""
        return cls(name, len(content), hashlib.sha256(content).hexdigest(), content)

    @classmethod
    def lying(cls, name: str, path: Location) -> Part:
        """Return a part that is a file as it lies there."""
        return cls(name, path.stat().st_size, sha256_of(path), path)

    @property
    def listed(self) -> tuple[str, int, str]:
        """Name, size and SHA-256."""
        return self.name, self.size, self.sha256

    @contextlib.contextmanager
    def local(self) -> Iterator[Path]:
        """Give a local file with the content, for as long as the block lasts; it is not to be altered."""
        if not isinstance(self.source, bytes):
            with fetched(self.source) as path:
                yield path
            return
        with tempfile.TemporaryDirectory() as folder:
            # Stores guess the type of a file by its name.
            path = Path(folder) / self.name.rpartition("/")[2]
            path.write_bytes(self.source)
            yield path


@dataclass(frozen=True)
class Release:
    """All files of a published dataset.

    Attributes
    ----------
    name, fingerprint : str
        Of the dataset.
    parts : tuple of Part
        In the order in which they are sent: shards first, the manifest last, since it is what makes a folder a dataset.
    notes : tuple of str
        What whoever publishes should know, such as which items name several licences.
    """

    name: str
    fingerprint: str
    parts: tuple[Part, ...]
    notes: tuple[str, ...] = ()

    @property
    def size(self) -> int:
        """Bytes of all parts."""
        return sum(part.size for part in self.parts)

    def check_same(self, place: object, name: object, fingerprint: object, mend: str) -> None:
        """Raise a DatasetError where name and fingerprint of what lies at a place are those of another dataset."""
        if (name, fingerprint) != (self.name, self.fingerprint):
            what = f"{name!r} ({str(fingerprint)[:12]} there, {self.fingerprint[:12]} here)"
            raise DatasetError(f"{place} holds another dataset, {what}; {mend}")

    def part(self, name: str) -> Part | None:
        """Return a part by name, or None."""
        return next((part for part in self.parts if part.name == name), None)


def assemble(
    dataset: Dataset,
    words: Words,
    edition: Edition,
    *,
    report: Path | None = None,
    licence: str | None = None,
    allow_unknown: bool = False,
) -> Release:
    """Put a release together, having compared every shard with the manifest.

    Parameters
    ----------
    dataset : Dataset
        To be published; it is not altered.
    words : Words
        Of the benchmark.
    edition : Edition
        Of whoever publishes.
    report : Path, optional
        Of a run, to travel along: a folder, or one page.
    licence : str, optional
        Of generated data, and of items that name none.
    allow_unknown : bool
        Whether to publish items that name none nevertheless.

    Returns
    -------
    Release
        Nothing of it is written yet.

    Raises
    ------
    DatasetError
        If the dataset is incomplete or altered, its licence forbids publishing, or it holds what is not to be told.
    InvalidValue
        If there is no report, or `licence` is not one.
    """
    _check_whole(dataset)
    check_columns(dataset)
    items = items_of(dataset)
    terms = terms_of(items, words.sources, real=words.real, chosen=licence, allow_unknown=allow_unknown)
    extra = [*_rejects(dataset.root), *_report(report)]
    if (figure := words.figure) is not None:
        extra += [Part.made(f"figures/{figure.name}.{s}", getattr(figure, s)) for s in ("png", "svg")]
    if sheet := card.sample_sheet(dataset, words):
        extra.append(Part.made(SAMPLES, sheet))
    if items.table:
        extra.append(Part.made(ATTRIBUTION, items.table))
    tables = card.statistics(dataset, words), _baselines(extra)
    about = About(dataset.manifest, _schema(dataset), words, terms, edition, *tables)
    parts = _parts(dataset.root, about, extra)
    for part in parts:
        _check_part(part)
    return Release(dataset.manifest.name, dataset.manifest.fingerprint, parts, terms.notes)


def _parts(root: Location, about: About, extra: list[Part]) -> tuple[Part, ...]:
    manifest = Part.made(MANIFEST, (root / MANIFEST).read_bytes())
    parts = [Part(one.path, one.bytes, one.sha256, root / one.path) for one in about.manifest.shards]
    parts += [
        *extra,
        Part.made(card.LICENSE, card.licence_file(about, {part.name for part in extra}).encode()),
        Part.made(card.CITATION, card.citation_file(about).encode()),
    ]
    listed = [part.listed for part in [*extra, manifest] if not part.name.startswith("report/")]
    described = croissant(about, card.bibtex(about), listed)
    check_croissant(described, [part.listed for part in [*parts, manifest]])
    parts.append(Part.made(CROISSANT, described))
    parts.append(Part.made(card.CARD, card.write_card(about, {part.name for part in parts}).encode()))
    lines = sorted((part.name, f"{part.sha256}  {part.name}\n") for part in [*parts, manifest])
    return (*parts, Part.made(SUMS, "".join(line for _, line in lines).encode()), manifest)


def _schema(dataset: Dataset) -> pa.Schema | None:
    """Return the columns of Parquet shards, with what their metadata says of pictures and sounds, if there are any."""
    shards = [shard for shard in dataset.manifest.shards if shard.format == "parquet"]
    return parquet_shape(dataset.root / shards[0].path)[1] if shards else None


def _check_whole(dataset: Dataset) -> None:
    report = verify(dataset.root)
    if report.ok:
        return
    more = f" and {len(report.findings) - 1} more" if len(report.findings) > 1 else ""
    problem = f"{dataset.root}/{report.findings[0]}{more}"
    raise DatasetError(f"what is not whole is not published: {problem}; see verify, and verify --repair")


def _rejects(root: Location) -> Iterator[Part]:
    path = root / REJECTS
    if isinstance(path, Path) and path.is_symlink():
        raise DatasetError(f"{path} is a link, which would bring along a file of elsewhere; put the file itself there")
    if not path.is_file():
        return
    try:
        content = path.read_bytes()
        clean = cleaned_table(content)
    except (pa.ArrowException, OSError) as error:
        raise DatasetError(f"{path} cannot be read as a table, so it is not published; remove it") from error
    # Where nothing had to be left out of it, it goes as it is.
    yield Part.made(REJECTS, clean) if clean != content else Part.lying(REJECTS, path)


def _check_part(part: Part) -> None:
    """Refuse text that is not to be told; shards and the list of what was left out were looked at row by row."""
    if part.name.rpartition(".")[2] in _NO_TEXT or part.size > _MOST_TEXT:
        return
    with part.local() as path:
        check_text(part.name, path.read_text(encoding="utf-8", errors="replace"))


def _report(report: Path | None) -> Iterator[Part]:
    if report is None:
        return
    if not report.exists():
        raise DatasetError(f"--report {report} does not exist; make one with the verb report")
    found = [report] if report.is_file() else sorted(report.rglob("*"))
    base = report.parent if report.is_file() else report
    named = {path.relative_to(base).as_posix(): path for path in found}
    visible = {name: path for name, path in named.items() if not f"/{name}".count("/.")}
    for name, path in visible.items():
        _check_fit(name, path, report)
    parts = [Part.lying(f"report/{name}", path) for name, path in visible.items() if path.is_file()]
    if not parts:
        raise DatasetError(f"--report {report} is empty; make one with the verb report")
    yield from parts


def _baselines(parts: Sequence[Part]) -> Code:
    """Return the table of the headline of a report that travels along; nothing where there is none."""
    table = next((part for part in parts if part.name == f"report/{HEADLINE_TABLE}"), None)
    if table is None or table.size > _MOST_TEXT:
        return Code("")
    with table.local() as path:
        lines = path.read_text(encoding="utf-8", errors="replace").splitlines()
    return Code("\n".join(visible(line) for line in lines if line.startswith("|")))


def _check_fit(name: str, path: Path, report: Path) -> None:
    """Refuse what might bring along a file of elsewhere, and names that a list of checksums cannot hold."""
    if path.is_symlink() and path != report:
        raise DatasetError(f"--report {report}: {name!r} is a link; put the file itself there, or leave it out")
    if not name.isprintable() or "\\" in name:
        raise DatasetError(f"--report {report}: a name must be printable, without backslash; got {name!r}; rename it")
