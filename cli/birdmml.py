"""The command `birdmml`."""

from __future__ import annotations

import contextlib
import time
from dataclasses import asdict
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from confu_cli.birdmml_runs import report, run, sweep
from confu_cli.datasets import describe, print_dataset, verify_command
from confu_cli.group import Group
from confu_cli.options import ListOf, PathOrUrl, as_json, debug, engine_options, given, key_values, together
from confu_cli.show import number, print_json, print_table, progress_bar, size

if TYPE_CHECKING:
    from birdmml.data import BirdRecipe
    from birdmml.settings import Settings
    from confu_core.shards import Manifest

__all__ = ["birdmml"]


class CountOrNames(click.ParamType):
    """A whole number, or names with commas.

    Examples
    --------
    >>> CountOrNames().convert("Canada Jay, Bobolink", None, None)
    ['Canada Jay', 'Bobolink']
    """

    name = "integer or names"

    def get_metavar(self, param: click.Parameter, ctx: click.Context | None = None) -> str:
        """Show both."""
        return "INTEGER|NAME,..."

    def convert(self, value: Any, param: click.Parameter | None, ctx: click.Context | None) -> int | list[str]:
        """Read either."""
        if isinstance(value, int | list):
            return value
        with contextlib.suppress(ValueError):
            return int(value)
        if not any(map(str.isalpha, value)):
            self.fail(f"{value!r} is neither a whole number nor names with commas", param, ctx)
        return [name.strip() for name in value.split(",")]


# Dials of a dataset by type, with the help text; their defaults are those of birdmml.settings.Settings.
DIALS: dict[str, tuple[Any, str]] = {
    "species": (CountOrNames(), 'How many species; or which, such as "Canada Jay,Bobolink".  [default: 50]'),
    "per_species": (float, "Triplets of each species on average, all splits together.  [default: 100]"),
    "seed": (int, "Decides everything that is drawn.  [default: 0]"),
    "p": (float, "Mixing parameter of the xor group, in [0, 1].  [default: 1]"),
    "image_noise": (float, "Probability that a picture shows another type of its group.  [default: 0]"),
    "audio_noise": (float, "Probability that a recording holds another type of its group.  [default: 0]"),
    "imbalance": (float, "How many times more frequent the most frequent species is than the least.  [default: 1]"),
    "audio_reuse": (float, "Share of species whose recordings serve two samples each.  [default: 0]"),
    "size": (int, "Width and height of pictures, in pixels.  [default: 224]"),
    "jpeg_quality": (int, "Highest JPEG quality; pictures vary by up to 20 below.  [default: 90]"),
    "seconds": (float, "Length of recordings, in seconds.  [default: 3]"),
    "sample_rate": (int, "Samples per second.  [default: 22050]"),
}
LOAD = """Load it:
  pandas.read_parquet("{path}/data/test-00000-of-{shards:05d}.parquet")
  datasets.load_dataset("{path}")["test"].cast_column("audio", datasets.Audio(decode=False))"""


@click.group(cls=Group, epilog="Example: birdmml build --preset tiny --out data/birds")
@click.version_option(package_name="confu-bench")
def birdmml() -> None:
    """Bird-MML: pictures, songs and captions whose interaction structure is known exactly."""


def _recipe_of(manifest: Manifest) -> BirdRecipe:
    from birdmml.data import recipe_of

    return recipe_of(manifest)


birdmml.add_command(verify_command("birdmml", _recipe_of))
for verb in (run, sweep, report):
    birdmml.add_command(verb)


def _dials() -> Any:
    """One option per dial."""
    return together(
        *(
            click.option(f"--{name.replace('_', '-')}", name, type=kind, help=text)
            for name, (kind, text) in DIALS.items()
        )
    )


@birdmml.command(epilog="Example: birdmml build --preset tiny --shares redundant=0.6,xor=0.4 --out data/birds")
@click.option(
    "--out", required=True, type=PathOrUrl(), help="Folder of the dataset, or a URL such as s3://bucket/birds."
)
@click.option("--preset", "preset_name", default=None, help="tiny, small, paper or xor.  [default: small]")
@click.option("--config", type=click.Path(path_type=Path), help="TOML file with any of the settings; flags go first.")
@_dials()
@click.option("--shares", help="How species are told apart, such as redundant=0.6,xor=0.4; the shares add up to 1.")
@click.option("--caption", multiple=True, metavar="NAME=VALUE", help="A dial of the captions, such as name_share=0.3.")
@click.option(
    "--format", "formats", type=ListOf(str), default="parquet,webdataset", show_default=True, help="Shards to write."
)
@click.option("--shard-rows", type=int, default=250, show_default=True, help="Rows per shard.")
@click.option("--workers", type=int, default=None, help="Number of processes.  [default: one per core]")
@engine_options()
@as_json
@debug
def build(
    out: str | Path,
    preset_name: str | None,
    config: Path | None,
    formats: list[str],
    shard_rows: int,
    workers: int | None,
    engine: str,
    scheduler: str | None,
    as_json: bool,
    **dials: Any,
) -> None:
    """Generate pictures, songs and captions into Parquet and WebDataset shards.

    The same command on the same folder finishes an interrupted build.
    """
    started = time.monotonic()
    from birdmml.data import BirdRecipe
    from confu_core.runs.environment import usable_cores
    from confu_core.shards import build as build_shards

    recipe = BirdRecipe(_settings(preset_name, config, dials))
    total = sum(recipe.splits.values())
    with progress_bar("building", "triplets") as bar:
        manifest = build_shards(
            recipe,
            out,
            formats=formats,
            shard_rows=shard_rows,
            workers=usable_cores() if workers is None else workers,
            engine=engine,
            scheduler=scheduler,
            progress=lambda done, written: bar(done, total, size(written)),
        )
    seconds = time.monotonic() - started
    if as_json:
        print_json({"path": str(out), "seconds": round(seconds, 3), **describe(manifest)})
        return
    written = size(sum(shard.bytes for shard in manifest.shards))
    what = f"{total:,} triplets of {recipe.settings.species_count} species in {len(manifest.shards)} shards, {written}"
    click.echo(f"{out}: {what}, {seconds:.1f} s ({total / seconds:.0f} triplets/s)")
    if "parquet" in formats:
        shards = sum(shard.split == "test" and shard.format == "parquet" for shard in manifest.shards)
        # Of these two, only pandas reads from a URL.
        lines = LOAD if isinstance(out, Path) else LOAD.rpartition("\n")[0]
        click.echo(lines.format(path=out, shards=shards))


def _settings(name: str | None, config: Path | None, dials: dict[str, Any]) -> Settings:
    """Put preset, file and flags together, the later over the earlier."""
    from birdmml.presets import preset, read_config

    values = read_config(config) if config is not None else {}
    in_file = values.pop("preset", "small")
    captions = {key: _share(key, text) for key, text in key_values(dials.pop("caption"), "--caption").items()}
    shares = dials.pop("shares")
    values |= given(dials)
    if shares is not None:
        pairs = key_values(shares.split(","), "--shares")
        values["shares"] = {key: _share(key, text) for key, text in pairs.items()}
    if captions:
        from_file = values.get("caption", {})
        # What is no table is for `preset` to refuse.
        values["caption"] = {**from_file, **captions} if isinstance(from_file, dict) else from_file
    return preset(in_file if name is None else name, values)


def _share(name: str, text: str) -> float:
    try:
        return float(text)
    except ValueError:
        raise click.UsageError(f"{name} must be a number; got {text!r}") from None


@birdmml.command(epilog="Example: birdmml info data/birds")
@click.argument("path", type=PathOrUrl())
@as_json
@debug
def info(path: str | Path, as_json: bool) -> None:
    """Show what a dataset holds, its exact information structure and its ceilings."""
    from birdmml.data import open_birds

    birds = open_birds(path)
    if as_json:
        print_json({**describe(birds.manifest), "captions": birds.distinct_captions()})
        return
    print_dataset(path, birds.manifest)
    _print_structure(birds.manifest.information)
    counts = birds.distinct_captions()
    click.echo(f"{counts['distinct']:,} distinct captions of {counts['total']:,}")


@birdmml.command(epilog="Example: birdmml preview data/birds --out gallery.html --split test")
@click.argument("path", type=click.Path(path_type=Path))
@click.option("--out", required=True, type=click.Path(path_type=Path), help="The page, one HTML file.")
@click.option("--sheet", type=click.Path(path_type=Path), help="The contact sheet.  [default: as --out, with .png]")
@click.option("--split", "splits", type=ListOf(str), help="Splits to show.  [default: all]")
@click.option("--species", type=ListOf(str), help='Species to show, such as "Canada Jay,Bobolink".  [default: all]')
@click.option("--per-species", type=int, default=4, show_default=True, help="Samples of each, from each split in turn.")
@click.option("--limit", type=int, help="Samples of all together.  [default: as many as 22 MB hold, at most 160]")
@click.option("--seed", type=int, default=0, show_default=True, help="Decides which samples.")
@as_json
@debug
def preview(path: Path, out: Path, as_json: bool, **choice: Any) -> None:
    """Write a page to look at and listen to, and a contact sheet of its pictures.

    The page needs no other file: pictures, songs, spectrograms, captions and latents, by species and by split.
    """
    from birdmml.data import open_birds
    from birdmml.preview import write_preview

    written = write_preview(open_birds(path), out, **choice)
    if as_json:
        print_json({**asdict(written), "page": str(written.page), "sheet": str(written.sheet), "cards": written.cards})
        return
    what = f"{written.cards} triplets of {written.species} species, {size(written.bytes)}"
    click.echo(f"{written.page}: {what}; contact sheet {written.sheet}")


def _print_structure(said: dict[str, Any]) -> None:
    groups = {**said["groups"], "all": said["overall"]}
    print_table(
        "Bayes accuracy of the species, of the latents",
        ["group", "species", "image (V)", "audio (A)", "A+V", "headroom"],
        [
            [
                name,
                str(g["species"]),
                *(number(g[f"bayes_{m}"]) for m in ("image", "audio", "both")),
                number(g["headroom"]),
            ]
            for name, g in groups.items()
        ],
    )
    print_table(
        "Information on the species, in nats (TC: total correlation of species and types)",
        ["group", "I(S;V)", "I(S;A)", "I(S;A,V)", "redundant", "unique V", "unique A", "synergy", "TC"],
        [
            [
                name,
                *(number(g[f"mi_{m}"]) for m in ("image", "audio", "both")),
                *(number(g["atoms"][a]) for a in ("redundancy", "unique_image", "unique_audio", "synergy")),
                number(g["total_correlation"]),
            ]
            for name, g in groups.items()
        ],
    )
