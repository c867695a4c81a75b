"""The model of a task: an encoder for each modality, projections, and the method."""

from __future__ import annotations

from collections.abc import Mapping

import torch
from torch import nn

from confu_core import encoders
from confu_core.errors import InvalidValue, nearest
from confu_core.inputs.spec import Frames, Picture, Sequence, Sound, Text
from confu_core.media.settings import MediaSettings
from confu_core.media.task import Kind
from confu_core.methods.registry import load_method, make_method
from confu_core.model import Model
from confu_core.random import torch_seed


def make_model(settings: MediaSettings, inputs: Mapping[str, Kind], vocabulary: int | None, classes: int = 0) -> Model:
    """Make the model of a run, with fresh parameters that its seed decides."""
    own = settings.encoders
    for name in own:
        if name not in inputs:
            raise InvalidValue(f"no modality {name!r} to encode: {nearest(name, inputs)}")
    with torch.random.fork_rng(devices=[]):
        torch.manual_seed(torch_seed(settings.seed, "weights"))
        parts = load_method(settings.method).tokens
        each = []
        for name, kind in inputs.items():
            one = encoders.load_encoder(own[name]) if name in own else _encoder(kind, settings, vocabulary, parts)
            each.append(encoders.AveragedFrames(one) if isinstance(kind, Frames) else one)
        widths = tuple(int(encoder.output_dim) for encoder in each)  # type: ignore[arg-type]
        # As resolved, so that the row of a run says what it was trained with.
        options = settings.resolved_options()
        return Model(each, widths, settings.dim, lambda space: make_method(settings.method, space, options), classes)


def _encoder(kind: Kind, settings: MediaSettings, vocabulary: int | None, parts: int) -> nn.Module:
    if isinstance(kind, Picture):
        return encoders.PictureEncoder(settings.width, settings.feature_dim, parts)
    if isinstance(kind, Sound):
        return encoders.SoundEncoder(settings.width, settings.feature_dim, parts)
    sizes: dict[str, int] = {"layers": settings.layers, "output_dim": settings.feature_dim, "parts": parts}
    if isinstance(kind, Text):
        assert vocabulary is not None, "a task with texts has a tokenizer"
        return encoders.TextEncoder(vocabulary, kind.length, **sizes)
    if isinstance(kind, Sequence):
        return encoders.SequenceEncoder(kind.width, kind.length, **sizes)
    return encoders.VectorEncoder(kind.width, settings.feature_dim)
