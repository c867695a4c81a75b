"""Embed all rows of a split, block by block."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import torch
from torch import Tensor

from confu_core.encoders import encoder_name
from confu_core.errors import MethodError
from confu_core.methods.batch import EmbeddedBatch
from confu_core.model import Model
from confu_core.training.epochs import as_input
from confu_core.user_code import one_line

BLOCK = 250


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
    with one_line(f"encoder {encoder_name(model.encoders[modality])} raised"):
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
