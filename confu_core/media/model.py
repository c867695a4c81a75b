"""The model of a task, as settings describe it, and what it makes of inputs."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import numpy as np
import torch
from torch import Tensor, nn

from confu_core import encoders
from confu_core.errors import InvalidValue, MethodError, nearest
from confu_core.inputs.spec import Frames, Picture, Sound, Text
from confu_core.inputs.spec import Sequence as Steps
from confu_core.media.settings import MediaSettings
from confu_core.media.task import Kind
from confu_core.methods.batch import EmbeddedBatch
from confu_core.methods.registry import load_method, make_method
from confu_core.model import Model
from confu_core.random import torch_seed
from confu_core.training.epochs import as_input
from confu_core.user_code import one_line

BLOCK = 250  # Rows that are embedded at a time.


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
    if isinstance(kind, Steps):
        return encoders.SequenceEncoder(kind.width, kind.length, **sizes)
    return encoders.VectorEncoder(kind.width, settings.feature_dim)


@torch.no_grad()
def embed_all(model: Model, arrays: Sequence[np.ndarray | None]) -> EmbeddedBatch:
    """Embed rows of every modality by a model in evaluation mode: features and embeddings in float32 on the CPU.

    Where there are no rows of a modality they are not numbers, so that whatever is made of them is found out.
    """
    n = next(len(rows) for rows in arrays if rows is not None)
    space = model.method.space
    tables = [
        tuple(torch.full((n, width), torch.nan) for width in (space.widths[at], space.dim))
        if rows is None
        else embed_modality(model, at, rows)
        for at, rows in enumerate(arrays)
    ]
    return EmbeddedBatch([features for features, _ in tables], [embeddings for _, embeddings in tables])


@torch.no_grad()
def embed_modality(model: Model, modality: int, rows: np.ndarray) -> tuple[Tensor, Tensor]:
    """Embed rows of one modality: features of shape (n, features), and unit-norm embeddings of shape (n, dim)."""
    model.eval()
    device = next(model.parameters()).device
    parts = []
    with one_line(f"encoder {encoders.encoder_name(model.encoders[modality])} raised"):
        for start in range(0, len(rows), BLOCK):
            block = as_input(np.asarray(rows[start : start + BLOCK]), device)
            features = model.encoders[modality](block)
            embeddings = model.project(modality, features)
            parts.append((features.float().cpu(), embeddings.float().cpu()))
    features, embeddings = (torch.cat(tables) for tables in zip(*parts, strict=True))
    if not embeddings.isfinite().all():
        raise MethodError(f"embeddings of modality {modality} are not finite after training")
    return features, embeddings


def with_modality(batch: EmbeddedBatch, modality: int, tables: tuple[Tensor, Tensor]) -> EmbeddedBatch:
    """Return a batch with the rows of one modality replaced."""
    features, embeddings = list(batch.features), list(batch.embeddings)
    features[modality], embeddings[modality] = tables
    return EmbeddedBatch(features, embeddings)


def rows_of(batch: EmbeddedBatch, start: int, stop: int) -> EmbeddedBatch:
    """Return a range of the rows of a batch."""
    labels = None if batch.labels is None else batch.labels[start:stop]
    return batch.each(lambda table: table[..., start:stop, :], labels)
