"""The command `birdmml`."""

from __future__ import annotations

import os
from dataclasses import asdict
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from confu_cli.birdmml_audit import audit
from confu_cli.birdmml_build import build
from confu_cli.birdmml_evaluate import embed, evaluate
from confu_cli.birdmml_runs import report, report_words, run, sweep
from confu_cli.datasets import manifest_dict, print_dataset, publish_command, say_computed, verify_command
from confu_cli.group import Group
from confu_cli.options import PATH, PATH_OR_URL, ListOf, cache_folder_option, diagnostics, later
from confu_cli.real_media import repair_recipe, show_real, source_options
from confu_cli.results_folders import leaderboard_command, results_command
from confu_cli.show import echo, number, print_json, print_table, say
from confu_core.page.numbers import size

if TYPE_CHECKING:
    from confu_core.shards import Dataset, Manifest, Recipe
    from confu_core.shards.cache import CacheEntry


# JSON key of an accuracy to its heading; not every design has all of them.
ACCURACIES = {
    "bayes_image": "image (V)",
    "bayes_audio": "audio (A)",
    "pairwise_ceiling": "pairwise",
    "additive_ceiling": "additive",
    "bayes_both": "A+V",
    "headroom": "headroom",
    "higher_order_headroom": "higher order",
}


@click.group(cls=Group, epilog="Example: birdmml build --preset tiny --out data/birds")
@click.version_option(package_name="confu-bench")
def birdmml() -> None:
    """Bird-MML: pictures, songs and captions whose interaction structure is known exactly."""


def _recipe_of(dataset: Dataset, source: str | None, roots: tuple[str, ...]) -> Recipe:
    from birdmml.data import recipe_of
    from birdmml.describe import describe

    if describe(dataset).real:
        return repair_recipe(dataset.manifest, source, roots)
    if source is not None or roots:
        raise click.UsageError("--from and --root are for real media; generated data are repaired from their dials")
    return recipe_of(dataset.manifest)


birdmml.add_command(verify_command("birdmml", _recipe_of, source_options(mapped=False)))
birdmml.add_command(publish_command("birdmml", later("birdmml.card:words_of")))
for verb in (audit, build, run, sweep, evaluate, embed, report):
    birdmml.add_command(verb)
birdmml.add_command(results_command("birdmml"))
birdmml.add_command(leaderboard_command("birdmml", report_words, "birdmml", package="birdmml"))


@birdmml.command(epilog="Example: birdmml info data/birds")
@click.argument("path", type=PATH_OR_URL)
@diagnostics
def info(path: str | Path, as_json: bool) -> None:
    """Show what a dataset holds: its exact information structure and ceilings, or what is known of real media."""
    from birdmml.data import BirdData
    from birdmml.describe import describe
    from confu_core.shards import open_dataset

    if not describe(dataset := open_dataset(path)).generated:
        show_real(path, dataset, as_json)
        return
    birds = BirdData.of(dataset)
    computed = birds.manifest.information != dataset.manifest.information
    said = _with_additive(birds.manifest)
    if as_json:
        print_json({**manifest_dict(birds.manifest), "information": said, "captions": birds.distinct_captions()})
        return
    print_dataset(path, birds.manifest)
    say_computed(computed)
    _print_structure(said)
    counts = birds.distinct_captions()
    echo(f"{counts['distinct']:,} distinct captions of {counts['total']:,}")


@birdmml.command(epilog="Example: birdmml preview data/birds --out gallery.html --split test")
@click.argument("path", type=PATH_OR_URL)
@click.option("--out", required=True, type=PATH, help="The page, one HTML file.")
@click.option("--sheet", type=PATH, help="The contact sheet.  [default: as --out, with .png]")
@click.option("--split", "splits", type=ListOf(str), help="Splits to show.  [default: all]")
@click.option("--species", type=ListOf(str), help='Species to show, such as "Canada Jay,Bobolink".  [default: all]')
@click.option("--per-species", default=4, help="Samples of each, from each split in turn.")
@click.option("--limit", type=int, help="Samples of all together.  [default: as many as 22 MB hold, at most 160]")
@click.option("--seed", default=0, help="Decides which samples.")
@diagnostics
def preview(path: str | Path, out: Path, as_json: bool, **choice: Any) -> None:
    """Write a page to look at and listen to, and a contact sheet of its pictures.

    The page needs no other file: pictures, songs, spectrograms, captions and latents, by species and by split.
    """
    from birdmml.describe import describe
    from birdmml.preview import write_preview
    from confu_core.shards import open_dataset

    dataset = open_dataset(path)
    written = write_preview(dataset, out, **choice)
    sheet = None if written.sheet is None else str(written.sheet)
    said = {**asdict(written), "page": str(written.page), "sheet": sheet, "cards": written.cards}
    known = describe(dataset)
    what = f"{written.cards} {known.rows} of {written.species} {known.classes}, {size(written.bytes)}"
    pictures = f"contact sheet {sheet}" if sheet else "no pictures, no contact sheet"
    say(as_json, said, f"{written.page}: {what}; {pictures}")


def _with_additive(manifest: Manifest) -> dict[str, Any]:
    """Return the exact information of a dataset, and what sums of pair scores could reach."""
    from birdmml.data import design_of, recipe_of
    from birdmml.theory import additive_ceilings

    said, known = manifest.information, additive_ceilings(design_of(recipe_of(manifest).settings))
    groups = {name: {**group, "additive_ceiling": known[name]} for name, group in said["groups"].items()}
    return {**said, "overall": {**said["overall"], "additive_ceiling": known["all"]}, "groups": groups}


def _print_structure(said: dict[str, Any]) -> None:
    from confu_core.ceilings import COINCIDE

    groups = {**said["groups"], "all": said["overall"]}
    # Where pairs are everything, so are their sums: no column for that alone.
    open_to = [group for group in groups.values() if group["higher_order_headroom"] > COINCIDE]
    known = any(group["additive_ceiling"] is not None for group in open_to)
    kept = {key: name for key, name in ACCURACIES.items() if known or key != "additive_ceiling"}
    print_table(
        "Best accuracies of the species, of the latents",
        ["group", "species", *kept.values()],
        [[name, str(group["species"]), *(number(group[key]) for key in kept)] for name, group in groups.items()],
    )
    print_table(
        "Information on the species, in nats (C2, C3: what pairs and triples of species, look, song hold)",
        ["group", "I(S;V)", "I(S;A)", "I(S;A,V)", "redundant", "unique V", "unique A", "synergy", "C2", "C3"],
        [
            [
                name,
                *(number(g[f"mi_{m}"]) for m in ("image", "audio", "both")),
                *(number(g["atoms"][a]) for a in ("redundancy", "unique_image", "unique_audio", "synergy")),
                *(number(g["connected_information"][order]) for order in ("2", "3")),
            ]
            for name, g in groups.items()
        ],
    )


@birdmml.group("cache", cls=Group, epilog="Example: birdmml cache list")
def cache() -> None:
    """Show or remove decoded data, which runs share and make again when they need them."""


@cache.command("list", epilog="Example: birdmml cache list")
@cache_folder_option
@diagnostics
def list_caches(cache: Path | None, as_json: bool) -> None:
    """List decoded data: size, age, and the dataset that they were made from."""
    from confu_core.shards.cache import caches

    root = _cache_root(cache)
    found, ingested = caches(root), _bytes_under(root / "ingest")
    if as_json:
        print_json({"path": str(root), "caches": [_entry_dict(one) for one in found], "ingest_bytes": ingested})
        return
    if found:
        rows = [[one.name, size(one.bytes), f"{one.days:.1f}", one.dataset or "unfinished or damaged"] for one in found]
        print_table(f"Decoded data in {root}", ["name", "size", "days", "made from"], rows)
    echo(f"{root}: {len(found)} caches, {size(sum(one.bytes for one in found))}")
    if ingested:
        echo(f"{root / 'ingest'}: {size(ingested)} of what build --from found of files; clear leaves it")


@cache.command("clear", epilog="Example: birdmml cache clear")
@click.argument("names", nargs=-1)
@cache_folder_option
@diagnostics
def clear(names: tuple[str, ...], cache: Path | None, as_json: bool) -> int:
    """Remove decoded data, all or those whose NAMES the list shows.

    What a process makes or reads is left, and named; exit status 1 then. Nothing but caches is removed, and no link is
    followed.
    """
    from confu_core.shards.cache import clear_caches

    removed, used = clear_caches(root := _cache_root(cache), names)
    said = {"removed": [_entry_dict(one) for one in removed], "in_use": [_entry_dict(one) for one in used]}
    freed = size(sum(one.bytes for one in removed))
    say(as_json, {"path": str(root), **said}, f"{root}: {len(removed)} caches removed, {freed}")
    for one in used:
        echo(f"{one.name} is in use by another process and stays: {one.dataset}", err=True)
    return 1 if used else 0


def _cache_root(cache: Path | None) -> Path:
    from confu_core.shards.cache import cache_folder

    return cache_folder() if cache is None else cache


def _entry_dict(one: CacheEntry) -> dict[str, Any]:
    return {"name": one.name, "path": str(one.path), "dataset": one.dataset, "bytes": one.bytes, "days": one.days}


def _bytes_under(folder: Path) -> int:
    return sum((Path(where) / name).lstat().st_size for where, _, names in os.walk(folder) for name in names)
