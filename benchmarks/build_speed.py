"""Where the time of a Bird-MML triplet goes: milliseconds per stage, and the rate of a whole build.

Run:  python benchmarks/build_speed.py --seconds 3
"""

from __future__ import annotations

import shutil
import tempfile
import time
from collections import defaultdict
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import click

from birdmml import sample
from birdmml.data import BirdRecipe, _places, design_of, species_of
from birdmml.presets import preset
from confu_core.runs.environment import usable_cores
from confu_core.shards import build

STAGES = ("draw_picture", "encode_jpeg", "sing", "encode_flac", "write_caption")


@contextmanager
def timed(spent: dict[str, float]) -> Iterator[None]:
    """Add up the processor time of each stage of a sample."""
    known = {name: getattr(sample, name) for name in STAGES}

    def wrap(name: str, stage: Callable[..., Any]) -> Callable[..., Any]:
        def call(*args: Any, **options: Any) -> Any:
            started = time.process_time()
            result = stage(*args, **options)
            spent[name] += time.process_time() - started
            return result

        return call

    try:
        for name, stage in known.items():
            setattr(sample, name, wrap(name, stage))
        yield
    finally:
        for name, stage in known.items():
            setattr(sample, name, stage)


@click.command()
@click.option("--seconds", default=3.0, show_default=True, help="Length of a recording.")
@click.option("--count", default=500, show_default=True, help="Triplets to time one by one.")
@click.option("--rows", default=3000, show_default=True, help="Triplets to build into shards.")
@click.option("--workers", default=usable_cores(), show_default=True, help="Processes of the build.")
def main(seconds: float, count: int, rows: int, workers: int) -> None:
    """Time stages in this process, then a build with several."""
    settings = preset("small", {"seconds": seconds, "per_species": max(4, rows // 50)})
    species, design, places = species_of(settings), design_of(settings), _places(settings, "train")
    for place in places[:count]:  # Textures, templates and noise are made once per process.
        sample.draw_sample(place, settings, design, species)
    spent: dict[str, float] = defaultdict(float)
    started = time.process_time()
    with timed(spent):
        for place in places[:count]:
            sample.draw_sample(place, settings, design, species)
    whole = time.process_time() - started
    for name in STAGES:
        click.echo(f"{name:14} {1000 * spent[name] / count:7.3f} ms")
    click.echo(f"{'the rest':14} {1000 * (whole - sum(spent.values())) / count:7.3f} ms")
    click.echo(f"{'a triplet':14} {1000 * whole / count:7.3f} ms of one core")
    out = Path(tempfile.mkdtemp())
    started = time.monotonic()
    manifest = build(BirdRecipe(settings), out, formats=("parquet", "webdataset"), shard_rows=250, workers=workers)
    elapsed, total = time.monotonic() - started, sum(manifest.splits.values())
    shutil.rmtree(out)
    click.echo(f"{total} triplets in {elapsed:.1f} s with {workers} workers: {total / elapsed:.0f} triplets/s")


if __name__ == "__main__":
    main()
