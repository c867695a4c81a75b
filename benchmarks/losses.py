"""Losses of ConFu, GRAM, TRIANGLE and Symile, forward and backward, beside their formulas written plainly.

The plain formulas are those of the papers: cross-entropy both ways over every pair; one 3 x 3 Gram matrix and its
determinant per anchor and tuple; two difference vectors per anchor and pair; shuffled products whose diagonal is
replaced. Both sides take turns in one process, on one core.
"""

from __future__ import annotations

import statistics
import time
from collections.abc import Callable, Sequence
from itertools import combinations

import torch
from torch import Tensor
from torch.nn.functional import cross_entropy, normalize

from confu_core import losses

TEMPERATURE = 0.07
LARGEST_AREA = 512  # The plain TRIANGLE holds (n, n, dim) tensors: at 1024 x 1024 x 512 it needs 12 GB.
Loss = Callable[[Sequence[Tensor]], Tensor]


def both_ways(scores: Tensor, smoothing: float = 0.0) -> Tensor:
    logits, diagonal = scores / TEMPERATURE, torch.arange(len(scores))
    sides = [cross_entropy(side, diagonal, label_smoothing=smoothing) for side in (logits, logits.T)]
    return (sides[0] + sides[1]) / 2


def plain_confu(z: Sequence[Tensor]) -> Tensor:
    """Score all pairs, and each modality by the fused vector of the two others; z is three single ones, then fused."""
    single, fused = z[:3], dict(zip(combinations(range(3), 2), z[3:], strict=True))
    pairs = [both_ways(single[i] @ single[j].T) for i, j in fused]
    wide = [both_ways(vector @ single[3 - i - j].T) for (i, j), vector in fused.items()]
    return (sum(pairs, torch.zeros(())) + sum(wide, torch.zeros(()))) / 2 / 6


def plain_gram(z: Sequence[Tensor]) -> Tensor:
    """Compute volumes by the determinant of each Gram matrix, in an (n, n, 3, 3) tensor."""
    (anchor, second, third), n = z, len(z[0])
    inner = [
        [(anchor * anchor).sum(-1)[:, None].expand(n, n), anchor @ second.T, anchor @ third.T],
        [anchor @ second.T, (second * second).sum(-1).expand(n, n), (second * third).sum(-1).expand(n, n)],
        [anchor @ third.T, (second * third).sum(-1).expand(n, n), (third * third).sum(-1).expand(n, n)],
    ]
    gram = torch.stack([torch.stack(row, -1) for row in inner], -2)
    return both_ways(-torch.linalg.det(gram).abs().sqrt(), 0.1)


def plain_triangle(z: Sequence[Tensor]) -> Tensor:
    """Compute areas by difference vectors, in two (n, n, dim) tensors."""
    anchor, second, third = z
    u, v = anchor[:, None] - second[None], anchor[:, None] - third[None]
    return both_ways(-((u * u).sum(-1) * (v * v).sum(-1) - (u * v).sum(-1) ** 2) / 2, 0.1)


def plain_symile(z: Sequence[Tensor]) -> Tensor:
    """Contrast each modality with shuffled products of the others, whose diagonal is that of the true ones."""
    terms = []
    for m, anchor in enumerate(z):
        one, other = (table for at, table in enumerate(z) if at != m)
        shuffled = anchor @ (one[torch.randperm(len(one))] * other[torch.randperm(len(other))]).T
        true = torch.eye(len(anchor), dtype=torch.bool)
        logits = torch.where(true, (anchor * one * other).sum(-1), shuffled)
        terms.append(cross_entropy(logits / TEMPERATURE, torch.arange(len(anchor))))
    return torch.stack(terms).mean()


def ours_confu(z: Sequence[Tensor]) -> Tensor:
    return losses.confu_loss(z[:3], dict(zip(combinations(range(3), 2), z[3:], strict=True)))


# By method: the plain formula, ours, and how many tables of vectors they take.
SIDES: dict[str, tuple[Loss, Loss, int]] = {
    "ConFu": (plain_confu, ours_confu, 6),
    "GRAM": (plain_gram, losses.gram_loss, 3),
    "TRIANGLE": (plain_triangle, losses.triangle_loss, 3),
    "Symile": (plain_symile, lambda z: losses.symile_loss(z, 1 / TEMPERATURE), 3),
}


def milliseconds(loss: Loss, z: Sequence[Tensor]) -> float:
    """Take the processor's time, which other work on the machine changes least."""
    started = time.process_time()
    loss(z).backward()
    return 1000 * (time.process_time() - started)


def rows(sizes: Sequence[int], dim: int, rounds: int) -> list[tuple[str, int, float, float, float]]:
    """Return method, batch size, both medians in milliseconds, and the median of the ratios of pairs."""
    torch.manual_seed(0)
    found = []
    for name, (plain, ours, tables) in SIDES.items():
        for n in (min(size, LARGEST_AREA) if name == "TRIANGLE" else size for size in sizes):
            z = [normalize(torch.randn(n, dim), dim=-1).requires_grad_() for _ in range(tables)]
            taken = [(milliseconds(plain, z), milliseconds(ours, z)) for _ in range(rounds + 1)][1:]
            middle = [statistics.median(side) for side in zip(*taken, strict=True)]
            found.append((name, n, *middle, statistics.median(one / other for one, other in taken)))
    return found
