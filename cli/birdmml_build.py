"""The verb `build` of `birdmml`: generated data, real media, and datasets of others."""

from __future__ import annotations

import time
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from confu_cli import options as shared
from confu_cli.datasets import build_dataset, manifest_dict
from confu_cli.group import Verb
from confu_cli.real_media import is_real, print_left_out, source_options, source_recipe
from confu_cli.show import echo, print_json
from confu_core.page.numbers import size

if TYPE_CHECKING:
    from birdmml.settings import Settings
    from confu_core.shards import Manifest, Recipe


SETTINGS, INGEST = "birdmml.settings:Settings", "birdmml.ingest_settings:IngestSettings"
LOAD = """Load it:
  pandas.read_parquet("{path}/data/{split}-00000-of-{shards:05d}.parquet")
  datasets.load_dataset("{path}")["{split}"]{sounds}"""
SOUND = '.cast_column("{column}", datasets.Audio(decode=False))'


@click.command(cls=Verb, epilog="Example: birdmml build --preset tiny --shares redundant=0.6,xor=0.4 --out data/birds")
@click.option(
    "--out", required=True, type=shared.PATH_OR_URL, help="Folder of the dataset, or a URL such as s3://bucket/birds."
)
@click.option("--preset", default=None, help="tiny, small, paper or xor.  [default: small]")
@click.option("--config", type=shared.PATH, help="TOML file with any of the settings; flags go first.")
@shared.setting_options(SETTINGS, "* shares group_weights caption")
@source_options()
@shared.setting_options(INGEST, "split apart *")
@shared.build_options("parquet,webdataset", "Shards to write.", 250, shared.workers)
@shared.diagnostics
def build(
    out: str | Path,
    config: Path | None,
    source: str | None,
    roots: tuple[str, ...],
    columns: tuple[str, ...],
    as_json: bool,
    **dials: Any,
) -> None:
    """Generate pictures, songs and captions into shards; or, with --from, build them from files of others.

    Shards are Parquet and WebDataset. The same command on the same folder finishes an interrupted build.
    """
    started = time.monotonic()
    from confu_core.parallel.cluster import engine_in_use
    from confu_core.shards.layout import check_formats

    how = {name: dials.pop(name) for name in shared.BUILDING}
    check_formats(tuple(how["formats"]))  # Before files are looked at, which may take hours.
    dials = {name: value for name, value in shared.given(dials).items() if value != ()}
    if source is None:
        files = {name: held for name, held in (("root", roots), ("map", columns)) if held}
        recipe: Recipe = _generated(config, {**dials, **files})
    else:
        with engine_in_use(how["engine"], how["scheduler"]):
            recipe = source_recipe(source, roots, columns, config, _real_only(dials), how["workers"])
    manifest = build_dataset(recipe, out, "triplets", how)
    seconds = time.monotonic() - started
    if as_json:
        print_json({"path": str(out), "seconds": round(seconds, 3), **manifest_dict(manifest)})
    else:
        _print_built(out, manifest, seconds)


def _print_built(out: str | Path, manifest: Manifest, seconds: float) -> None:
    from birdmml.describe import describe
    from confu_core.inputs import Sound
    from confu_core.io.storage import location
    from confu_core.shards import Dataset

    total = sum(manifest.splits.values())
    written = size(sum(shard.bytes for shard in manifest.shards))
    known = describe(Dataset(location(out), manifest))
    rows = "triplets" if is_real(manifest) else known.rows
    classes = f"{len(known.contents.classes)} {known.classes}"
    what = f"{total:,} {rows} of {classes} in {len(manifest.shards)} shards, {written}"
    echo(f"{out}: {what}, {seconds:.1f} s ({total / seconds:.0f} {rows}/s)")
    if not known.generated:
        print_left_out(manifest)
    if "parquet" in manifest.formats:
        split = list(manifest.splits)[-1] if "test" not in manifest.splits else "test"
        shards = sum(shard.split == split and shard.format == "parquet" for shard in manifest.shards)
        # Of these two, only pandas reads from a URL.
        lines = LOAD if isinstance(out, Path) else LOAD.rpartition("\n")[0]
        # What readers of others would decode as sounds, for which they need FFmpeg.
        heard = [one.column for one in known.contents.inputs.inputs.values() if isinstance(one, Sound)]
        sounds = "".join(SOUND.format(column=column) for column in heard)
        echo(*lines.format(path=out, split=split, shards=shards, sounds=sounds).splitlines())


def _generated(config: Path | None, dials: dict[str, Any]) -> Recipe:
    from birdmml.data import BirdRecipe
    from birdmml.settings import Settings

    for name in dials:
        if name not in ("preset", *Settings.__dataclass_fields__):
            raise click.UsageError(f"--{name.replace('_', '-')} is for real media; name them with --from manifest.csv")
    return BirdRecipe(_settings(config, dials))


def _real_only(dials: dict[str, Any]) -> dict[str, Any]:
    from birdmml.ingest_settings import IngestSettings

    for name in dials:
        if name not in IngestSettings.__dataclass_fields__:
            raise click.UsageError(f"--{name.replace('_', '-')} is a dial of generated data; leave it out with --from")
    return dials


def _settings(config: Path | None, dials: dict[str, Any]) -> Settings:
    """Put preset, file and flags together, the later over the earlier."""
    from birdmml.presets import preset
    from confu_core.io.config import read_config

    values = read_config(config) if config is not None else {}
    in_file = values.pop("preset", "small")
    name = dials.pop("preset", None)
    captions = _numbers(dials.pop("caption", ()), "--caption")
    for option in ("shares", "group_weights"):
        if (text := dials.pop(option, None)) is not None:
            values[option] = _numbers(text.split(","), f"--{option.replace('_', '-')}")
    values |= dials
    of_all = {key: value for key, value in captions.items() if "." not in key}
    if of_all:
        from_file = values.get("caption", {})
        # What is no table is for `preset` to refuse.
        values["caption"] = {**from_file, **of_all} if isinstance(from_file, dict) else from_file
    settings = preset(in_file if name is None else name, values)
    groups: dict[str, dict[str, float]] = {group: dict(dials) for group, dials in settings.group_captions}
    for key in captions.keys() - of_all.keys():
        group, _, dial = key.partition(".")
        groups.setdefault(group, {})[dial] = captions[key]
    return replace(settings, group_captions=groups)


def _numbers(pairs: Sequence[str], option: str) -> dict[str, float]:
    read = {}
    for name, text in shared.key_values(pairs, option).items():
        try:
            read[name] = float(text)
        except ValueError:
            raise click.UsageError(f"{name} must be a number; got {text!r}") from None
    return read
