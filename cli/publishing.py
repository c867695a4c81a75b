"""The verb `publish`, the same for every benchmark."""

from __future__ import annotations

import logging
from collections.abc import Callable
from dataclasses import asdict, replace
from datetime import datetime, timezone
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from confu_cli.group import Verb
from confu_cli.options import PATH_OR_URL, diagnostics, together
from confu_cli.show import echo, print_json, print_table, progress_bar
from confu_core.page.numbers import size

if TYPE_CHECKING:
    from confu_core.publish import Plan, Release, Sent, Words
    from confu_core.shards import Dataset


_PATH = click.Path(path_type=Path)
_OPTIONS = together(
    click.option("--out", type=_PATH, help="Folder to publish into."),
    click.option("--to", metavar="URL", help="hf://datasets/USER/NAME, s3://, gs://, or any that fsspec writes to."),
    click.option("--dry-run", is_flag=True, help="List what would go, and touch nothing."),
    click.option("--report", type=_PATH, help="Report of a run to travel along: folder or page."),
    click.option(
        "--licence", help="Of generated data, and of items that name none.  [default: CC-BY-4.0 if generated]"
    ),
    click.option("--allow-unknown-licence", is_flag=True, help="Publish items whose licence is not known."),
    click.option("--title", help="What readers call it.  [default: by its settings]"),
    click.option("--author", "authors", multiple=True, help="Who is to be cited; may be repeated."),
    click.option("--release-version", default="1.0.0", show_default=True, help="Of this publication."),
    click.option("--date", help="Of publication, as YYYY-MM-DD.  [default: today]"),
)


def publish_command(command: str, words_of: Callable[[Dataset], Words]) -> click.Command:
    """Return the verb."""
    data = f"data/{ {'birdmml': 'birds', 'xorbench': 'xor'}.get(command, 'data') }"

    @click.command("publish", cls=Verb, epilog=f"Example: {command} publish {data} --out release")
    @click.argument("path", type=PATH_OR_URL)
    @_OPTIONS
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
