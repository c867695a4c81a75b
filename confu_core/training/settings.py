"""How to train: what every training takes, and what only one by epochs does."""

from __future__ import annotations

import math
from dataclasses import dataclass, fields
from typing import Any

from confu_core.settings import check_dials, dial

__all__ = ["BALANCES", "PRECISIONS", "TrainingSettings"]

BALANCES = ("instance", "species")  # What an epoch has equally often.
PRECISIONS = ("auto", "float32", "bfloat16")


@dataclass(frozen=True)
class TrainingSettings:
    """How to train.

    Parameters
    ----------
    epochs : int
        How often each sample is seen, at least 1.
    batch_size : int
        Samples per step, at least 2.
    lr : float
        Highest learning rate, above 0.
    scale_lr : float or None
        Highest learning rate of a method's scales and biases, above 0; None is that of everything else.
    min_lr : float
        Learning rate at the end of the cosine.
    warmup : float
        Share of the steps over which the rate rises to `lr`, in [0, 1).
    weight_decay : float
        Of AdamW, at least 0; a method's scales and biases have none.
    clip_norm : float
        Longest gradient, over all parameters; longer ones are scaled down to it. Infinite: none are.
    patience : int
        Epochs without a lower validation loss after which training stops and returns to the best; 0 never stops.
    precision : {"auto", "float32", "bfloat16"}
        Of encoders and projections; scores and losses are always in float32. ``"auto"`` is bfloat16 on a GPU that
        has it, float32 elsewhere.

    Raises
    ------
    InvalidValue
        If one breaks its constraint.
    """

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
        """Return the learning rate of a step: a linear rise to the highest, then a cosine down to `min_lr`.

        Parameters
        ----------
        step : int
            From 0.
        steps : int
            How many there are.
        highest : float, optional
            `lr` by default.

        Returns
        -------
        float
            Between the two.

        Examples
        --------
        >>> settings = TrainingSettings(lr=0.1, warmup=0.1)
        >>> settings.rate(0, 500), settings.rate(50, 500)
        (0.002, 0.1)
        """
        highest = self.lr if highest is None else highest
        rising = int(self.warmup * steps)
        if step < rising:
            return highest * (step + 1) / rising
        floor = min(self.min_lr, highest)
        done = (step - rising) / (steps - rising)
        return floor + (highest - floor) * (1 + math.cos(math.pi * done)) / 2
