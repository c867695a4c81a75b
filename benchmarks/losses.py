"""Time and memory of the GRAM and TRIANGLE losses, forward and backward, beside their formulas taken literally.

Run:  python benchmarks/losses.py --out benchmarks/results

The literal formulas are those of the papers: one 3 x 3 Gram matrix and its determinant per (anchor, tuple), and two
difference vectors of ``dim`` entries per (anchor, pair). The two sides of a ratio take turns in one process; peak
memory is measured in a process of its own.
"""

from __future__ import annotations

import json
import resource
import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import click

DIM = 512
REPEATS = 3
LARGEST_LITERAL = {"gram": 2048, "triangle": 1024}  # The literal triangle at 2048 needs more than 24 GB.
Row = dict[str, Any]


def literal_volume(anchor: Any, second: Any, third: Any) -> Any:
    """Compute volumes by the determinant of each Gram matrix, in an (n, n, 3, 3) tensor."""
    import torch

    n = len(anchor)
    inner = [
        [(anchor * anchor).sum(-1)[:, None].expand(n, n), anchor @ second.T, anchor @ third.T],
        [anchor @ second.T, (second * second).sum(-1).expand(n, n), (second * third).sum(-1).expand(n, n)],
        [anchor @ third.T, (second * third).sum(-1).expand(n, n), (third * third).sum(-1).expand(n, n)],
    ]
    gram = torch.stack([torch.stack(row, -1) for row in inner], -2)
    return torch.linalg.det(gram).abs().sqrt()


def literal_area(anchor: Any, second: Any, third: Any) -> Any:
    """Compute areas by difference vectors, in two (n, n, dim) tensors."""
    u, v = anchor[:, None] - second[None], anchor[:, None] - third[None]
    return ((u * u).sum(-1) * (v * v).sum(-1) - (u * v).sum(-1) ** 2) / 2


def literal(score: Callable[..., Any]) -> Callable[..., Any]:
    """Return the loss of a score: cross-entropy both ways with label smoothing 0.1, temperature 0.07."""
    import torch

    def loss(z: list[Any]) -> Any:
        logits, diagonal = -score(*z) / 0.07, torch.arange(len(z[0]))
        ways = [torch.nn.functional.cross_entropy(side, diagonal, label_smoothing=0.1) for side in (logits, logits.T)]
        return sum(ways) / 2

    return loss


def seconds_of(loss: Callable[..., Any], z: list[Any]) -> float:
    """Time one loss and its gradient."""
    started = time.perf_counter()
    loss(z).backward()
    return time.perf_counter() - started


def measure(method: str, n: int, sides: list[str]) -> dict[str, dict[str, float]]:
    """Measure in this process: the fastest of several repeats, taking turns; and the peak of memory."""
    import torch

    from confu_core import losses

    torch.manual_seed(0)
    z = [torch.nn.functional.normalize(torch.randn(n, DIM), dim=-1).requires_grad_() for _ in range(3)]
    known = {
        "ours": {"gram": losses.gram_loss, "triangle": losses.triangle_loss}[method],
        "literal": literal({"gram": literal_volume, "triangle": literal_area}[method]),
    }
    before = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    rounds = [{side: seconds_of(known[side], z) for side in sides} for _ in range(REPEATS)]
    peak = (resource.getrusage(resource.RUSAGE_SELF).ru_maxrss - before) / 1024
    return {side: {"seconds": min(each[side] for each in rounds), "mb": peak} for side in sides}


def measured_apart(method: str, n: int, sides: list[str]) -> list[Row]:
    """Measure in processes of their own: all sides together for time, each alone for memory."""

    def run(wanted: list[str]) -> dict[str, dict[str, float]]:
        command = [sys.executable, __file__, "--one", method, str(n), ",".join(wanted)]
        return json.loads(subprocess.run(command, check=True, capture_output=True, text=True).stdout)

    times = run(sides)
    memory = {side: run([side])[side]["mb"] for side in sides} if len(sides) > 1 else {sides[0]: times[sides[0]]["mb"]}
    return [{"method": method, "side": s, "n": n, "seconds": times[s]["seconds"], "mb": memory[s]} for s in sides]


def table(rows: list[Row]) -> str:
    """Write both sides by method and size, in Markdown."""
    lines = ["| loss | n | literal, s | ours, s | ratio | literal, MB | ours, MB |", "|---|--:|--:|--:|--:|--:|--:|"]
    for ours in (row for row in rows if row["side"] == "ours"):
        pair = [r for r in rows if (r["method"], r["n"], r["side"]) == (ours["method"], ours["n"], "literal")]
        cells = [f"{ours['seconds']:.4f}", "-", "-", f"{ours['mb']:.0f}"]
        if pair:
            ratio = pair[0]["seconds"] / ours["seconds"]
            cells = [cells[0], f"{ratio:.1f}", f"{pair[0]['mb']:.0f}", cells[3]]
        first = f"{pair[0]['seconds']:.4f}" if pair else "-"
        lines.append(f"| {ours['method']} | {ours['n']} | {first} | " + " | ".join(cells) + " |")
    return "\n".join(lines) + "\n"


def figure(rows: list[Row], out: Path) -> None:
    """Draw seconds over batch size, on logarithmic axes."""
    from matplotlib.figure import Figure

    from confu_core.report.panels import METHODS

    canvas = Figure(figsize=(5.2, 3.6), layout="constrained")
    axes = canvas.add_subplot()
    for method in LARGEST_LITERAL:
        for side, style in (("literal", "--"), ("ours", "-")):
            line = [(row["n"], row["seconds"]) for row in rows if (row["method"], row["side"]) == (method, side)]
            axes.loglog(
                *zip(*line, strict=True),
                style,
                color=METHODS[method][0],
                marker="o",
                markersize=4,
                label=f"{method}, {side}",
            )
    axes.set_xlabel("batch size")
    axes.set_ylabel("seconds, forward and backward")
    axes.set_title(f"Loss of three modalities, {DIM} dimensions", fontsize=10)
    axes.grid(alpha=0.3)
    axes.legend(frameon=False, fontsize=8)
    for suffix in ("svg", "png"):
        canvas.savefig(out / f"losses.{suffix}", dpi=200)


@click.command()
@click.option("--out", type=click.Path(path_type=Path), default=Path("benchmarks/results"), show_default=True)
@click.option("--n", "sizes", type=int, multiple=True, default=(128, 256, 512, 1024, 2048), show_default=True)
@click.option("--one", nargs=3, default=None, hidden=True)
def main(out: Path, sizes: tuple[int, ...], one: tuple[str, str, str] | None) -> None:
    """Measure, and write losses.md, losses.json, losses.svg and losses.png."""
    if one is not None:
        click.echo(json.dumps(measure(one[0], int(one[1]), one[2].split(","))))
        return
    rows = []
    for method, largest in LARGEST_LITERAL.items():
        for n in sizes:
            rows += measured_apart(method, n, ["literal", "ours"] if n <= largest else ["ours"])
            click.echo(f"{method} n={n}: {rows[-1]['seconds']:.4f} s", err=True)
    out.mkdir(parents=True, exist_ok=True)
    (out / "losses.md").write_text(table(rows), encoding="utf-8")
    (out / "losses.json").write_text(json.dumps(rows, indent=1) + "\n", encoding="utf-8")
    figure(rows, out)
    click.echo(table(rows))


if __name__ == "__main__":
    main()
