"""The verbs that act on any dataset: `verify` and `publish`, what `info` says about shards, and how all are built."""

from __future__ import annotations

import functools
import logging
import re
import textwrap
from collections.abc import Callable, Mapping
from dataclasses import asdict, replace
from datetime import datetime, timezone
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from confu_cli.group import Verb
from confu_cli.options import PATH, PATH_OR_URL, diagnostics, together
from confu_cli.show import WIDTH, echo, print_json, print_table, progress_bar
from confu_core.page.numbers import size

if TYPE_CHECKING:
    from confu_core.publish import Plan, Release, Sent, Words
    from confu_core.shards import Dataset, Manifest, Recipe, Report


_HASH = re.compile("[0-9a-f]{64}")  # For machines, which read --json.


def verify_command(
    command: str, recipe_of: Callable[..., Recipe], sources: Callable[[Any], Any] = lambda verb: verb
) -> click.Command:
    """Return the verb `verify` of a command."""

    @click.command("verify", cls=Verb, epilog=f"Example: {command} verify data/{command.removesuffix('bench')} --deep")
    @click.argument("path", type=PATH_OR_URL)
    @click.option("--deep", is_flag=True, help="Decode every row, picture and sound as well.")
    @click.option("--repair", "mend", is_flag=True, help="Write bad shards and checksums again, and prove them.")
    @sources
    @diagnostics
    def verify(path: str | Path, deep: bool, mend: bool, as_json: bool, **source: Any) -> int:
        """Prove a dataset complete and unaltered, and name each bad shard.

        PATH is a folder, or a URL such as s3://bucket/data. Compares counts, sizes, checksums and columns with the
        manifest. Exit status 1 if anything is wrong, or with --repair if anything still is.
        """
        from confu_core.io.storage import location
        from confu_core.publish.croissant import description_findings
        from confu_core.shards import verify as examine

        if mend:
            return _repair(path, deep, as_json, functools.partial(recipe_of, **source))
        report = examine(path, deep=deep)
        report = replace(report, findings=(*report.findings, *description_findings(location(path))))
        if as_json:
            print_json(report.as_dict())
        else:
            _print_report(path, report)
        return 0 if report.ok else 1

    return verify


def _repair(path: str | Path, deep: bool, as_json: bool, recipe_of: Callable[[Dataset], Recipe]) -> int:
    from confu_core.runs.environment import usable_cores
    from confu_core.shards import open_dataset, repair

    recipe = recipe_of(open_dataset(path))
    done = repair(recipe, path, deep=deep, workers=usable_cores())
    if as_json:
        print_json(done.as_dict())
    else:
        for name in done.rewritten:
            echo(f"{path}/{name}: written again")
        _print_report(path, done.report)
    return 0 if done.ok else 1


def _print_report(path: str | Path, report: Report) -> None:
    if report.ok:
        echo(f"{path}: complete and unaltered ({report.shards} shards, {size(report.bytes)})")
        return
    for finding in report.findings:
        echo(f"{path}/{finding.path}: {finding.problem}")
    echo(f"{path}: {len(report.findings)} problems in {report.shards} shards", err=True)


def build_dataset(recipe: Recipe, out: str | Path, unit: str, how: Mapping[str, Any]) -> Manifest:
    """Build a dataset, showing how it goes on."""
    from confu_core.shards import build

    total = sum(recipe.splits.values())
    with progress_bar("building", unit) as bar:
        return build(recipe, out, progress=lambda done, written: bar(done, total, size(written)), **how)


def manifest_dict(manifest: Manifest) -> dict[str, Any]:
    """Collect what a manifest says, without the list of shards."""
    return {
        "name": manifest.name,
        "description": manifest.description,
        "config": dict(manifest.config),
        "seed": manifest.seed,
        "splits": dict(manifest.splits),
        "formats": list(manifest.formats),
        "shards": len(manifest.shards),
        "bytes": sum(shard.bytes for shard in manifest.shards),
        "columns": dict(manifest.schema),
        "versions": dict(manifest.versions),
        "fingerprint": manifest.fingerprint,
        "information": manifest.information,
    }


def print_dataset(path: str | Path, manifest: Manifest) -> None:
    """Print what a dataset holds."""
    said = manifest_dict(manifest)
    echo(f"{path}: {manifest.name}, seed {manifest.seed}. {manifest.description}")
    echo(*textwrap.wrap(_dials(said["config"]), WIDTH, break_long_words=False, break_on_hyphens=False))
    echo(f"{said['shards']} shards ({', '.join(manifest.formats)}), {size(said['bytes'])}")
    print_table("Splits", ["split", "rows"], [[name, f"{rows:,}"] for name, rows in manifest.splits.items()])
    print_table("Columns", ["column", "type"], [list(item) for item in manifest.schema.items()])


def say_computed(computed: bool) -> None:
    """Say on standard error that the manifest is older than its ceilings, where that is so."""
    if computed:
        echo("The manifest was written before there were ceilings of every order; they are computed.", err=True)


def _dials(config: Mapping[str, Any]) -> str:
    """Write settings for a reader; names that stand for themselves, and what is left empty, say nothing."""
    return "; ".join(f"{name} {text}" for name, value in config.items() if (text := _dial(value)))


def _dial(value: Any) -> str:
    if isinstance(value, Mapping):
        return ", ".join(f"{name} {text}" for name, inner in value.items() if (text := _dial(inner)) not in ("", name))
    if isinstance(value, list):
        return ", ".join(map(_dial, value)) or "none"
    if isinstance(value, str):
        return "" if _HASH.fullmatch(value) else value
    return "none" if value is None else f"{value:g}" if isinstance(value, float) else str(value)


_PUBLISHING = together(
    click.option("--out", type=PATH, help="Folder to publish into."),
    click.option("--to", metavar="URL", help="hf://datasets/USER/NAME, s3://, gs://, or any that fsspec writes to."),
    click.option("--dry-run", is_flag=True, help="List what would go, and touch nothing."),
    click.option("--report", type=PATH, help="Report of a run to travel along: folder or page."),
    click.option(
        "--licence", help="Of generated data, and of items that name none.  [default: CC-BY-4.0 if generated]"
    ),
    click.option("--allow-unknown-licence", is_flag=True, help="Publish items whose licence is not known."),
    click.option("--title", help="What readers call it.  [default: by its settings]"),
    click.option("--author", "authors", multiple=True, help="Who is to be cited; may be repeated."),
    click.option("--release-version", default="1.0.0", help="Of this publication."),
    click.option("--date", help="Of publication, as YYYY-MM-DD.  [default: today]"),
)


def publish_command(command: str, words_of: Callable[[Dataset], Words]) -> click.Command:
    """Return the verb `publish` of a command, with what its benchmark says on a card."""
    data = f"data/{ {'birdmml': 'birds', 'xorbench': 'xor'}.get(command, 'data') }"

    @click.command("publish", cls=Verb, epilog=f"Example: {command} publish {data} --out release")
    @click.argument("path", type=PATH_OR_URL)
    @_PUBLISHING
    @diagnostics
    def publish(path: str | Path, out: Path | None, to: str | None, dry_run: bool, as_json: bool, **said: Any) -> None:
        """Make a dataset ready for others: card, Croissant, checksums, licence and citation, in a folder or a store.

        PATH is a dataset, which is not altered. The same command again goes on where it was interrupted, and brings an
        earlier publication of the same dataset up to date. Keys and tokens come from the stores' own tools.
        """
        from confu_core import publish as publishing
        from confu_core.io.storage import location

        places: list[str | Path] = [place for place in (out, to) if place is not None]
        if not places:
            raise click.UsageError("say where to: --out FOLDER, or --to URL, or both")
        # A client of S3 lets go of what was under way when a connection is cut, and its loop would print all of it.
        logging.getLogger("asyncio").setLevel(logging.CRITICAL)
        for place in places:
            publishing.check_place(place)
        done, source = [], location(path)
        for place in places:
            release = _release(path, words_of, place, said)
            if not as_json:
                echo(*release.notes)
            if dry_run:
                done.append(_planned(release, publishing.plan(release, place, source), as_json))
                continue
            with progress_bar(f"publishing to {place}", "bytes") as bar:
                sent = publishing.publish(release, place, source, progress=lambda at, total: bar(at, total, size(at)))
            done.append(_brought(command, place, release, sent, as_json))
        if as_json:
            print_json({"places": done})

    return publish


def _release(
    path: str | Path, words_of: Callable[[Dataset], Words], place: str | Path, said: dict[str, Any]
) -> Release:
    from confu_core.datasets import is_source
    from confu_core.errors import InvalidValue
    from confu_core.publish import Edition, assemble
    from confu_core.shards import open_dataset

    date = said["date"] or datetime.now(timezone.utc).date().isoformat()
    try:
        datetime.strptime(date, "%Y-%m-%d")
    except ValueError:
        raise click.UsageError(f"--date must be YYYY-MM-DD; got {date!r}") from None
    if is_source(str(path)) and not Path(path).exists():
        build = f"birdmml build --from {path} --out FOLDER"
        raise InvalidValue(f"{path} is read in place; build it first: {build}")
    dataset = open_dataset(path)
    words = words_of(dataset)
    if said["title"]:
        words = replace(words, title=said["title"])
    where = "." if isinstance(place, Path) or place.startswith(("file://", "local://")) else place.rstrip("/")
    edition = Edition(date, said["release_version"], said["authors"], where)
    unknown = said["allow_unknown_licence"]
    return assemble(dataset, words, edition, report=said["report"], licence=said["licence"], allow_unknown=unknown)


def _planned(release: Release, found: Plan, as_json: bool) -> dict[str, Any]:
    if not as_json:
        rows = [[name, size(count), "is there" if there else "would go"] for name, count, there in found.files]
        print_table(f"{found.place}", ["file", "size", ""], rows)
        total = sum(count for _, count, _ in found.files)
        echo(f"{len(found.files)} files, {size(total)}; {size(found.bytes)} would go. Nothing was touched.")
    return {**found.as_dict(), "notes": list(release.notes), "dry_run": True}


def _brought(command: str, place: str | Path, release: Release, sent: Sent, as_json: bool) -> dict[str, Any]:
    if not as_json:
        new = f"{len(sent.sent)} files brought ({size(sent.bytes)})" if sent.sent else "nothing to bring"
        old = f", {len(sent.kept)} were there" if sent.kept else ""
        gone = f", {len(sent.removed)} of an earlier publication removed" if sent.removed else ""
        echo(f"{place}: {new}{old}{gone}; {len(release.parts)} files, {size(release.size)}")
        echo(f"Prove it: {command} verify {place}")
    return {"place": str(place), **asdict(sent), "fingerprint": release.fingerprint, "notes": list(release.notes)}
