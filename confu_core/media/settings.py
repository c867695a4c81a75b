"""The settings of one run on media: what decides its numbers, beside the data."""

from __future__ import annotations

import math
from collections.abc import Hashable, Mapping
from dataclasses import dataclass, field, fields
from typing import Any

from confu_core.errors import InvalidValue, nearest
from confu_core.inputs.augment import check_augmentations
from confu_core.runs.options import cell_id, plain, resolved_options
from confu_core.training.settings import BALANCES, PRECISIONS

__all__ = ["DEFAULT_AUGMENTATIONS", "MediaSettings"]

DEFAULT_AUGMENTATIONS = ("flip", "crop", "color", "shift")


@dataclass(frozen=True)
class MediaSettings:
    """One run of one method on media."""

    data: str = ""
    method: str = "confu"
    seed: int = 0
    epochs: int = 32
    batch_size: int = 64
    lr: float = 1e-3
    scale_lr: float | None = None
    weight_decay: float = 1e-2
    warmup: float = 0.1
    clip_norm: float = 1.0
    patience: int = 0
    precision: str = "auto"
    dim: int = 128
    feature_dim: int = 128
    width: int = 16
    layers: int = 1
    side: int = 48
    tokens: int = 64
    augment: tuple[str, ...] = DEFAULT_AUGMENTATIONS
    balance: str = "instance"
    encoders: Mapping[str, str] = field(default_factory=dict)
    feature_files: Mapping[str, str] = field(default_factory=dict)
    options: Mapping[str, Any] = field(default_factory=dict)

    def __post_init__(self) -> None:
        for name in ("epochs", "dim", "feature_dim", "width", "layers"):
            if getattr(self, name) < 1:
                raise InvalidValue(f"{name} must be at least 1; got {getattr(self, name)}")
        for name, low, high in (("batch_size", 2, 2**31), ("seed", 0, 2**63 - 1), ("patience", 0, 2**31)):
            if not low <= getattr(self, name) <= high:
                raise InvalidValue(f"{name} must be in [{low}, {high}]; got {getattr(self, name)}")
        for name in ("lr", "clip_norm", "scale_lr"):
            value = getattr(self, name)
            if value is not None and not 0 < value < math.inf:
                raise InvalidValue(f"{name} must be above 0 and finite; got {value}")
        if not 0 <= self.weight_decay < math.inf:
            raise InvalidValue(f"weight_decay must be at least 0 and finite; got {self.weight_decay}")
        if not 0 <= self.warmup < 1:
            raise InvalidValue(f"warmup must be in [0, 1); got {self.warmup}")
        for name, known in (("balance", BALANCES), ("precision", PRECISIONS)):
            if (value := getattr(self, name)) not in known:
                hint = nearest(value, known)
                raise InvalidValue(f"{name} must be one of {', '.join(known)}; got {value!r}: {hint}")
        check_augmentations(self.augment)
        object.__setattr__(self, "augment", tuple(self.augment))

    def resolved_options(self) -> dict[str, Any]:
        """Return every option of the method with its value; this loads the method."""
        return resolved_options(self.method, self.options)

    def columns(self) -> dict[str, Any]:
        """Return all settings as columns of a results table, the options of the method among them."""
        apart = ("data", "options", "encoders", "feature_files")
        own = {f.name: plain(getattr(self, f.name)) for f in fields(self) if f.name not in apart}
        places = {name: _written(getattr(self, name)) for name in ("encoders", "feature_files")}
        return {**own, **places, **{name: plain(value) for name, value in self.resolved_options().items()}}

    def cell(self) -> str:
        """Return the identity of the run, for one and the same data."""
        return self.cell_on({})

    def cell_on(self, data: Mapping[str, Any]) -> str:
        """Return the identity of the run on some data."""
        places = [*self.encoders.items(), *self.feature_files.items()]
        return cell_id({**self.columns(), **data}, self.method, *(place for _, place in sorted(places)))

    def shape(self) -> Hashable:
        """Return what runs that are computed together share: on media each is computed by itself."""
        return (self.data, self.cell())


def _written(places: Mapping[str, str]) -> str:
    return ",".join(f"{name}={place}" for name, place in sorted(places.items()))
