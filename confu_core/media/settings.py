"""The settings of one run on media: what decides its numbers, beside the data."""

from __future__ import annotations

import math
from collections.abc import Hashable, Mapping
from dataclasses import dataclass, field, fields
from typing import Any

from confu_core.inputs.alterations import check_augmentations
from confu_core.runs.grid import cell_id, code_of, code_places, plain, resolved_options
from confu_core.settings import check_dials, dial
from confu_core.training.settings import BALANCES, PAIRINGS, PRECISIONS

# Where compact encoders call for another value than the published default of a method: transformers as wide as what
# encoders yield; as wide as published they take several times as long as all encoders together.
MEDIA_OPTIONS: dict[str, dict[str, Any]] = {
    "eao": {"fused_width": 128},
    "comm": {"fused_width": 128, "head_width": 128},
    "infmasking": {"fused_width": 128, "head_width": 128},
}


@dataclass(frozen=True)
class MediaSettings:
    """One run of one method on media."""

    data: str = ""
    method: str = "confu"
    seed: int = dial(0, "Decides weights, order of samples and augmentations.", low=0, high=2**63 - 1)
    epochs: int = dial(32, "How often each sample is seen.", low=1)
    batch_size: int = dial(64, "Samples per step, over all processes.", low=2, high=2**31)
    lr: float = dial(1e-3, "Highest learning rate of AdamW.", above=0, below=math.inf)
    scale_lr: float | None = dial(
        None,
        "The same of a method's scales and biases, which do not decay.",
        above=0,
        below=math.inf,
        shown="that of --lr",
    )
    weight_decay: float = dial(1e-2, "Weight decay of AdamW.", low=0, below=math.inf)
    warmup: float = dial(
        0.1, "Share of the steps over which the rate rises; then it falls on a cosine.", low=0, below=1
    )
    clip_norm: float = dial(1.0, "Longest gradient.", above=0, below=math.inf)
    patience: int = dial(
        0, "Stop after so many epochs without a lower validation loss; 0 never does.", low=0, high=2**31
    )
    precision: str = dial(
        "auto", "auto, float32 or bfloat16; auto is bfloat16 on a GPU that has it.", choices=PRECISIONS
    )
    dim: int = dial(128, "Width of the shared embedding space.", low=1)
    feature_dim: int = dial(128, "Width of what encoders yield.", low=1)
    width: int = dial(16, "Channels of the first convolution, a multiple of 8.", low=1)
    layers: int = dial(1, "Transformer layers of the text encoder.", low=1)
    side: int = dial(48, "Pictures are reduced to squares of so many pixels.")
    tokens: int = dial(64, "Most tokens of a caption.")
    augment: tuple[str, ...] = dial(
        ("flip", "crop", "color", "shift"),
        "flip, crop, color, zoom, jitter, grey, soften, shift, gain, mask, drop, FILE.py:NAME of your own; or none.",
    )
    balance: str = dial(
        "instance", "instance: each sample once per epoch; species: each class equally often.", choices=BALANCES
    )
    pairing: str = dial(
        "sample",
        "sample: as the data pair modalities; class: drawn anew within each class in every epoch.",
        choices=PAIRINGS,
    )
    missing: float = dial(0.0, "Share of the training samples of which one modality is missing.", low=0, below=1)
    encoders: Mapping[str, str] = dial(
        help="An encoder of your own.", factory=dict, option="encoder", metavar="MODALITY=FILE:CLASS"
    )
    feature_files: Mapping[str, str] = dial(
        help="Precomputed features, .parquet or .npz, in place of raw inputs; descriptions=FILE for those of classes.",
        factory=dict,
        option="features",
        metavar="MODALITY=FILE,...",
    )
    measures: tuple[str, ...] = dial((), "Measures of your own, FILE.py:NAME,...", option="measure", shown="none")
    options: Mapping[str, Any] = field(default_factory=dict)

    def __post_init__(self) -> None:
        check_dials(self)
        check_augmentations(self.augment)
        for name in ("augment", "measures"):
            object.__setattr__(self, name, tuple(getattr(self, name)))

    def resolved_options(self) -> dict[str, Any]:
        """Return every option of the method with its value; this loads the method."""
        return resolved_options(self.method, self.options, MEDIA_OPTIONS.get(self.method))

    def columns(self) -> dict[str, Any]:
        """Return all settings as columns of a results table, the options of the method among them."""
        # Runs without what came later are what they were before, and keep their names.
        later = [name for name in ("measures", "missing") if not getattr(self, name)]
        apart = ("data", "options", "encoders", "feature_files", *later)
        own = {f.name: plain(getattr(self, f.name)) for f in fields(self) if f.name not in apart}
        places = {name: _written(getattr(self, name)) for name in ("encoders", "feature_files")}
        options = {name: plain(value) for name, value in self.resolved_options().items()}
        return {**own, **places, **options, **code_of(self.method)}

    def cell(self) -> str:
        """Return the identity of the run, for one and the same data."""
        return self.cell_on({})

    def cell_on(self, data: Mapping[str, Any]) -> str:
        """Return the identity of the run on some data."""
        places = [place for _, place in sorted([*self.encoders.items(), *self.feature_files.items()])]
        own = code_places(*self.resolved_options().values(), self.augment, self.measures)
        return cell_id({**self.columns(), **data}, self.method, *places, *own)

    def shape(self) -> Hashable:
        """Return what runs that are computed together share: on media each is computed by itself."""
        return (self.data, self.cell())


def _written(places: Mapping[str, str]) -> str:
    return ",".join(f"{name}={place}" for name, place in sorted(places.items()))
