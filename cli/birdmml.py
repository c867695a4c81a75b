"""The command `birdmml`."""

from __future__ import annotations

from dataclasses import asdict
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from confu_cli.birdmml_audit import audit
from confu_cli.birdmml_build import build
from confu_cli.birdmml_cache import cache
from confu_cli.birdmml_evaluate import embed, evaluate
from confu_cli.birdmml_runs import report, report_words, run, sweep
from confu_cli.datasets import manifest_dict, print_dataset, say_computed, verify_command
from confu_cli.group import Group
from confu_cli.options import PATH, PATH_OR_URL, ListOf, diagnostics
from confu_cli.publishing import publish_command
from confu_cli.real_media import repair_recipe, show_real, source_options
from confu_cli.results_folders import leaderboard_command, results_command
from confu_cli.show import echo, number, print_json, print_table, say
from confu_core.page.numbers import size

if TYPE_CHECKING:
    from confu_core.publish import Words
    from confu_core.shards import Dataset, Manifest, Recipe


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


def _words_of(dataset: Dataset) -> Words:
    from birdmml.card import words_of

    return words_of(dataset)


birdmml.add_command(verify_command("birdmml", _recipe_of, source_options(mapped=False)))
birdmml.add_command(publish_command("birdmml", _words_of))
for verb in (audit, build, run, sweep, evaluate, embed, report, cache):
    birdmml.add_command(verb)
birdmml.add_command(results_command("birdmml"))
birdmml.add_command(leaderboard_command("birdmml", report_words, "birdmml"))


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
@click.option("--per-species", type=int, default=4, show_default=True, help="Samples of each, from each split in turn.")
@click.option("--limit", type=int, help="Samples of all together.  [default: as many as 22 MB hold, at most 160]")
@click.option("--seed", type=int, default=0, show_default=True, help="Decides which samples.")
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
