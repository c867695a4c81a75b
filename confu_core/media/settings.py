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
    """One run of one method on media.

    Parameters
    ----------
    data : str
        Folder or URL of the dataset. It is no column of results: what it holds is.
    method : str
        A known name, or ``path/to/file.py:Class``.
    seed : int
        Decides initial weights, order of samples, augmentations and shuffled negatives.
    epochs, batch_size : int
        Length of training.
    lr, weight_decay, warmup, clip_norm : float
        Of AdamW; see `TrainingSettings`.
    scale_lr : float or None
        Rate of the method's own scales, which have no weight decay; None is `lr`.
    patience : int
        Epochs without a lower validation loss after which training stops; 0 never stops.
    precision : {"auto", "float32", "bfloat16"}
        Of encoders and projections.
    dim, feature_dim : int
        Width of the shared embedding space, and of what encoders yield.
    width : int
        Channels of the first convolution of the encoders of pictures and sounds.
    layers : int
        Transformer layers of the encoder of texts.
    side : int
        Of the squares that pictures are reduced to, in pixels.
    tokens : int
        Most tokens of a text.
    augment : tuple of str
        Augmentations by name; empty for none.
    balance : {"instance", "species"}
        Whether an epoch has each row once, or each species equally often.
    encoders : mapping of str to str
        Encoders of the user's own by modality, as ``path/to/file.py:Class``.
    feature_files : mapping of str to str
        Precomputed features by modality, ``.parquet`` or ``.npz``, in place of raw inputs.
    options : mapping of str to object
        Options of the method; those not given take its defaults.

    Raises
    ------
    InvalidValue
        If a value breaks its constraint.

    Examples
    --------
    >>> MediaSettings(epochs=0)
    Traceback (most recent call last):
    confu_core.errors.InvalidValue: epochs must be at least 1; got 0
    """

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
        """Return the identity of the run on some data.

        Parameters
        ----------
        data : mapping of str to object
            What results say of the data.

        Returns
        -------
        str
            16 hexadecimal digits.
        """
        places = [*self.encoders.items(), *self.feature_files.items()]
        return cell_id({**self.columns(), **data}, self.method, *(place for _, place in sorted(places)))

    def shape(self) -> Hashable:
        """Return what runs that are computed together share: on media each is computed by itself."""
        return (self.data, self.cell())


def _written(places: Mapping[str, str]) -> str:
    return ",".join(f"{name}={place}" for name, place in sorted(places.items()))
