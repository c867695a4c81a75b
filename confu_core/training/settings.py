"""How to train: what every training takes, and what only one by epochs does."""

from __future__ import annotations

import math
from dataclasses import dataclass, fields
from typing import Any

from confu_core.settings import check_dials, dial

__all__ = ["BALANCES", "PAIRINGS", "PRECISIONS", "TrainingSettings"]

BALANCES = ("instance", "species")  # What an epoch has equally often.
PAIRINGS = ("sample", "class")  # What the modalities of a sample have in common.
PRECISIONS = ("auto", "float32", "bfloat16")


@dataclass(frozen=True)
class TrainingSettings:
    """How to train."""

    epochs: int = dial(50, low=1)
    batch_size: int = dial(1000, low=2)
    lr: float = dial(3e-3, above=0, below=math.inf)
    scale_lr: float | None = dial(None, above=0, below=math.inf)
    min_lr: float = dial(1e-6, low=0, below=math.inf)
    warmup: float = dial(0.0, low=0, below=1)
    weight_decay: float = dial(1e-4, low=0, below=math.inf)
    clip_norm: float = dial(math.inf, above=0)
    patience: int = dial(0, low=0)
    precision: str = dial("float32", choices=PRECISIONS)

    def __post_init__(self) -> None:
        check_dials(self)

    @classmethod
    def of(cls, run: Any) -> TrainingSettings:
        """Return what the settings of a run say of training; the rest is as it is by default."""
        return cls(**{one.name: getattr(run, one.name) for one in fields(cls) if hasattr(run, one.name)})

    def rate(self, step: int, steps: int, highest: float | None = None) -> float:
        """Return the learning rate of a step: a linear rise to the highest, then a cosine down to `min_lr`."""
        highest = self.lr if highest is None else highest
        rising = int(self.warmup * steps)
        if step < rising:
            return highest * (step + 1) / rising
        floor = min(self.min_lr, highest)
        done = (step - rising) / (steps - rising)
        return floor + (highest - floor) * (1 + math.cos(math.pi * done)) / 2
