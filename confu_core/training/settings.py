"""How to train: what every training takes, and what only one by epochs does."""

from __future__ import annotations

import math
from dataclasses import dataclass

from confu_core.errors import InvalidValue, nearest

__all__ = ["BALANCES", "PRECISIONS", "TrainingSettings"]

BALANCES = ("instance", "species")  # What an epoch has equally often.
PRECISIONS = ("auto", "float32", "bfloat16")


@dataclass(frozen=True)
class TrainingSettings:
    """How to train."""

    epochs: int = 50
    batch_size: int = 1000
    lr: float = 3e-3
    scale_lr: float | None = None
    min_lr: float = 1e-6
    warmup: float = 0.0
    weight_decay: float = 1e-4
    clip_norm: float = math.inf
    patience: int = 0
    precision: str = "float32"

    def __post_init__(self) -> None:
        for name, low in (("epochs", 1), ("batch_size", 2), ("patience", 0)):
            value = getattr(self, name)
            if value < low:
                raise InvalidValue(f"{name} must be at least {low}; got {value}")
        for name, rate in (("lr", self.lr), ("scale_lr", self.lr if self.scale_lr is None else self.scale_lr)):
            if not 0 < rate < math.inf:
                raise InvalidValue(f"{name} must be above 0 and finite; got {rate}")
        for name in ("min_lr", "weight_decay"):
            value = getattr(self, name)
            if not 0 <= value < math.inf:
                raise InvalidValue(f"{name} must be at least 0 and finite; got {value}")
        if not 0 <= self.warmup < 1:
            raise InvalidValue(f"warmup must be in [0, 1); got {self.warmup}")
        if not self.clip_norm > 0:
            raise InvalidValue(f"clip_norm must be above 0; got {self.clip_norm}")
        if self.precision not in PRECISIONS:
            known = nearest(self.precision, PRECISIONS)
            raise InvalidValue(f"precision must be one of {', '.join(PRECISIONS)}; got {self.precision!r}: {known}")

    def rate(self, step: int, steps: int, highest: float | None = None) -> float:
        """Return the learning rate of a step: a linear rise to the highest, then a cosine down to `min_lr`."""
        highest = self.lr if highest is None else highest
        rising = int(self.warmup * steps)
        if step < rising:
            return highest * (step + 1) / rising
        floor = min(self.min_lr, highest)
        done = (step - rising) / (steps - rising)
        return floor + (highest - floor) * (1 + math.cos(math.pi * done)) / 2
