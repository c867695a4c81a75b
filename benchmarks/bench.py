"""Ours beside what others would use, as ratios in one run: losses by their formulas, and readers of data.

    make bench        # or: python benchmarks/bench.py; a few minutes

Seconds are of processor time on one core. They differ between machines; ratios hardly do.
"""

from __future__ import annotations

import subprocess
import sys
import tempfile
from pathlib import Path

import click
import loading
import losses
import torch


def table(heads: list[str], rows: list[list[str]]) -> str:
    lines = [heads, ["---", *["--:"] * (len(heads) - 1)], *rows]
    return "".join(f"| {' | '.join(line)} |\n" for line in lines)


def of_losses(sizes: list[int], dim: int, rounds: int) -> str:
    found = losses.rows(sizes, dim, rounds)
    shown = [[name, str(n), f"{a:.1f}", f"{b:.1f}", f"{ratio:.1f}x"] for name, n, a, b, ratio in found]
    return table([f"loss and gradient, dim {dim}", "n", "formula, ms", "ours, ms", "ratio"], shown)


def of_loading(data: Path, side: int, rounds: int) -> str:
    found = loading.rows(data, side, rounds)
    shown = [[way, f"{rate:.0f}", f"{ratio:.2f}x"] for way, rate, ratio in found]
    return table(["reading an epoch", "samples per second", "ratio"], shown)


@click.command()
@click.option("--data", type=click.Path(path_type=Path, exists=True), help="A dataset of birds; else one is built.")
@click.option("--per-species", default=20, show_default=True, help="Triplets of each of 20 species that are built.")
@click.option("--size", "sizes", type=int, multiple=True, default=(256, 1024), show_default=True, help="Of batches.")
@click.option("--dim", default=512, show_default=True, help="Of embeddings.")
@click.option("--side", default=48, show_default=True, help="Of the pictures that are read, in pixels.")
@click.option("--rounds", default=3, show_default=True, help="Of which medians are taken, after one that is left out.")
def main(data: Path | None, per_species: int, sizes: tuple[int, ...], dim: int, side: int, rounds: int) -> None:
    torch.set_num_threads(1)
    click.echo(of_losses(list(sizes), dim, rounds))
    with tempfile.TemporaryDirectory() as folder:
        if data is None:
            data = Path(folder) / "birds"
            build = ["-m", "birdmml", "build", "--out", str(data), "--per-species", str(per_species)]
            subprocess.run([sys.executable, *build], check=True, stdout=subprocess.DEVNULL)
        click.echo(of_loading(data, side, rounds))


if __name__ == "__main__":
    main()
