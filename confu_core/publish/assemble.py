"""Put a release together: the shards as they are, and everything that is said about them."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pyarrow as pa

from confu_core.errors import DatasetError
from confu_core.io.atomic import sha256_of
from confu_core.io.storage import Location
from confu_core.publish.card import CARD, CITATION, LICENSE, bibtex, citation_file, licence_file, write_card
from confu_core.publish.croissant import CROISSANT, check_croissant, croissant
from confu_core.publish.private import check_columns, check_text, cleaned_table
from confu_core.publish.release import Part, Release, made
from confu_core.publish.terms import ATTRIBUTION, Terms, items_of, terms_of
from confu_core.publish.words import About, Edition, Words
from confu_core.shards.manifest import MANIFEST, SUMS
from confu_core.shards.parquet import parquet_shape
from confu_core.shards.read import Dataset
from confu_core.shards.verify import verify

__all__ = ["REJECTS", "assemble"]

REJECTS = "rejects.parquet"

_NO_TEXT, _MOST_TEXT = ("parquet", "tar", "png", "jpg", "jpeg", "webp", "pdf"), 1 << 26


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
    extra = [*_rejects(dataset.root), *_report(report), *_figures(words)]
    if items.table:
        extra.append(made(ATTRIBUTION, items.table))
    parts = _parts(dataset, words, terms, edition, extra)
    for part in parts:
        _check_part(part)
    return Release(dataset.manifest.name, dataset.manifest.fingerprint, parts, terms.notes)


def _parts(dataset: Dataset, words: Words, terms: Terms, edition: Edition, extra: list[Part]) -> tuple[Part, ...]:
    manifest = dataset.manifest
    about = About(manifest, _schema(dataset), words, terms, edition)
    shards = [Part(one.path, one.bytes, one.sha256, dataset.root / one.path) for one in manifest.shards]
    said = made(MANIFEST, (dataset.root / MANIFEST).read_bytes())
    parts = [
        *shards,
        *extra,
        made(LICENSE, licence_file(about, {part.name for part in extra}).encode()),
        made(CITATION, citation_file(about).encode()),
    ]
    listed = [part.listed for part in [*extra, said] if not part.name.startswith("report/")]
    described = croissant(about, bibtex(about), listed)
    check_croissant(described, [part.listed for part in [*parts, said]])
    parts.append(made(CROISSANT, described))
    parts.append(made(CARD, write_card(about, {part.name for part in parts}).encode()))
    sums = sorted((part.name, f"{part.sha256}  {part.name}\n") for part in [*parts, said])
    return (*parts, made(SUMS, "".join(line for _, line in sums).encode()), said)


def _schema(dataset: Dataset) -> pa.Schema | None:
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
    yield made(REJECTS, clean) if clean != content else Part(REJECTS, len(content), sha256_of(path), path)


def _check_part(part: Part) -> None:
    """Refuse text that is not to be told; shards and the list of what was left out were looked at row by row."""
    if part.name.rpartition(".")[2] in _NO_TEXT or part.size > _MOST_TEXT:
        return
    with part.local() as path:
        check_text(part.name, path.read_text(encoding="utf-8", errors="replace"))


def _figures(words: Words) -> Iterator[Part]:
    if words.figure is not None:
        yield made(f"figures/{words.figure.name}.png", words.figure.png)
        yield made(f"figures/{words.figure.name}.svg", words.figure.svg)


def _report(report: Path | None) -> Iterator[Part]:
    if report is None:
        return
    if not report.exists():
        raise DatasetError(f"--report {report} does not exist; make one with the verb report")
    base = report.parent if report.is_file() else report
    found = [report] if report.is_file() else sorted(report.rglob("*"))
    named = {path.relative_to(base).as_posix(): path for path in found}
    visible = {name: path for name, path in named.items() if not f"/{name}".count("/.")}
    for name, path in visible.items():
        _check_fit(name, path, report)
    files = {name: path for name, path in visible.items() if path.is_file()}
    if not files:
        raise DatasetError(f"--report {report} is empty; make one with the verb report")
    for name, path in files.items():
        yield Part(f"report/{name}", path.stat().st_size, sha256_of(path), path)


def _check_fit(name: str, path: Path, report: Path) -> None:
    """Refuse what might bring along a file of elsewhere, and names that a list of checksums cannot hold."""
    if path.is_symlink() and path != report:
        raise DatasetError(f"--report {report}: {name!r} is a link; put the file itself there, or leave it out")
    if not name.isprintable() or "\\" in name:
        raise DatasetError(f"--report {report}: a name must be printable, without backslash; got {name!r}; rename it")
