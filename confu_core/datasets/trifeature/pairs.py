"""Which pictures there are in each split, which pairs of them, and the rule that makes two pictures a match."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import asdict, dataclass
from functools import lru_cache
from typing import Any

import numpy as np

from confu_core.errors import InvalidValue
from confu_core.random import generator

VALUES = 10  # Of each of shape, texture and colour.
TENTHS: Mapping[str, range] = {"train": range(7), "validation": range(7, 8), "test": range(8, 10)}  # Of combinations.
RENDERS = 3  # Pictures of each combination to train on; of the others there is one.
PUBLISHED, PUBLISHED_SEED, TESTED = "published", 42, 200
MAP, BALANCED = "map", "balanced"
# How far, round the ten colours, the colour of image 2 may be from the one that the texture of image 1 is mapped to. No
# choice of five of the ten steps leaves less to sums of scores than the balanced one.
MATCHES: Mapping[str, tuple[int, ...]] = {MAP: (0,), BALANCED: (0, 1, 2, 4, 6)}
# And the column of its classes.
TASKS: Mapping[str, str] = {"redundancy": "shape", "unique1": "texture1", "unique2": "texture2", "synergy": "synergy"}


@dataclass(frozen=True)
class TrifeatureSettings:
    """What decides the pairs and the pictures, and which task is asked."""

    rule: str = MAP  # Of `MATCHES`.
    biased: bool = False  # Whether there are only pairs that match.
    task: str = "redundancy"  # Of `TASKS`.
    split: str = "own"  # Or published.
    train: int | None = 10_000  # Pairs at most; None for all that there are.
    validation: int | None = None
    test: int | None = None
    crop: float = 1.0  # Least share of a picture's area that is seen; 1 for all of it.
    seed: int = 0

    def __post_init__(self) -> None:
        for name, known in (("task", tuple(TASKS)), ("split", ("own", PUBLISHED))):
            if (value := getattr(self, name)) not in known:
                raise InvalidValue(f"{name} must be one of {', '.join(known)}; got {value!r}")
        if not 0.01 <= self.crop <= 1:
            raise InvalidValue(f"crop must be a share of at least 0.01 and at most 1; got {self.crop:g}")
        if not self.has(self.task):
            raise InvalidValue("biased pairs all match, so that synergy has one class; ask for it of other pairs")

    def has(self, task: str) -> bool:
        """Whether a task has several classes."""
        return not (self.biased and task == "synergy")

    @property
    def matching_colors(self) -> np.ndarray:
        """The number of the colour that each texture is mapped to, drawn by the seed."""
        if self.split == PUBLISHED:
            return np.random.default_rng(PUBLISHED_SEED).permutation(range(VALUES))
        return generator(self.seed, "trifeature", "map").permutation(VALUES)

    def is_match(self, texture: np.ndarray, color: np.ndarray) -> np.ndarray:
        """Whether a texture of image 1 and a colour of image 2 match, by their numbers."""
        mapped = np.argsort(self.matching_colors)[color]
        return np.isin((mapped - texture) % VALUES, MATCHES[self.rule])

    def pairs(self, split: str) -> Pairs:
        """Draw the pairs of a split without replacement, in an order of their own: ordered, and of equal shape.

        Balanced pairs have every texture of image 1 beside every colour of image 2 equally often.
        """
        return _pairs(self, split)

    def as_dict(self) -> dict[str, Any]:
        """Return all but the seed, as JSON values."""
        told = asdict(self)
        del told["seed"]
        return told


@dataclass(frozen=True, eq=False)
class Pairs:
    """Pairs of pictures: combination and render of both, ints of shape (pairs, 2)."""

    combinations: np.ndarray
    renders: np.ndarray

    def __len__(self) -> int:
        return len(self.renders)

    def take(self, rows: Any) -> Pairs:
        """Return some of the pairs."""
        return Pairs(self.combinations[rows], self.renders[rows])

    @property
    def looks(self) -> np.ndarray:
        """Numbers of shape, texture and colour of both pictures, shape (3, pairs, 2)."""
        return np.stack(np.unravel_index(self.combinations, (VALUES,) * 3))


@lru_cache(maxsize=32)
def _pairs(settings: TrifeatureSettings, split: str) -> Pairs:
    part = "test" if split == "validation" and settings.split == PUBLISHED else split
    pairs, rows = _population(settings, part), getattr(settings, part)
    draw = generator(settings.seed, "trifeature", "pairs", settings.rule, int(settings.biased), part)
    order = draw.permutation(len(pairs))
    if settings.rule == BALANCED:
        _, texture, color = pairs.looks
        order = _equally_often((texture[:, 0] * VALUES + color[:, 1])[order], order, rows)
    return pairs.take(order[:rows])


@lru_cache(maxsize=8)
def _population(settings: TrifeatureSettings, split: str) -> Pairs:
    """List all ordered pairs of pictures of equal shape that a split may have."""
    renders = RENDERS if split == "train" else 1
    pictures = np.repeat(_combinations(settings, split), renders)
    shapes = pictures // VALUES**2
    chosen = np.stack(np.nonzero(shapes[:, None] == shapes), axis=1)
    pairs = Pairs(pictures[chosen], chosen % renders)
    if not settings.biased:
        return pairs
    _, texture, color = pairs.looks
    return pairs.take(settings.is_match(texture[:, 0], color[:, 1]))


def _combinations(settings: TrifeatureSettings, split: str) -> np.ndarray:
    """Return which combinations of shape, texture and colour a split shows, ascending; no two splits share one."""
    if settings.split == PUBLISHED:
        tested = np.arange(VALUES**3) < TESTED
        np.random.default_rng(PUBLISHED_SEED).shuffle(tested)
        return np.flatnonzero(tested if split == "test" else ~tested)
    # A Latin square per shape: of every shape, each tenth has every texture once and every colour once.
    draw = generator(settings.seed, "trifeature", "split")
    textures, colors = (draw.permuted(np.tile(range(VALUES), (VALUES, 1)), axis=1) for _ in range(2))
    tenth = (textures[:, :, None] + colors[:, None]) % VALUES
    return np.flatnonzero(np.isin(tenth, TENTHS[split]))


def _equally_often(cells: np.ndarray, order: np.ndarray, rows: int | None) -> np.ndarray:
    """Keep as many of each cell as of every other, at most `rows` of all together, without changing the order."""
    _, numbers, counts = np.unique(cells, return_inverse=True, return_counts=True)
    each = min(counts.min(), (len(cells) if rows is None else rows) // len(counts))
    if not each:
        raise InvalidValue(f"balanced pairs are multiples of {len(counts)} in a split; got {rows}")
    sorted_rows = np.argsort(numbers, kind="stable")
    rank = np.empty(len(cells), dtype=int)
    rank[sorted_rows] = np.arange(len(cells)) - np.repeat(np.cumsum(counts) - counts, counts)
    return order[rank < each]
