"""Embed all rows of a split, block by block."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import torch
from torch import Tensor

from confu_core.errors import ConfuError, MethodError
from confu_core.methods.batch import EmbeddedBatch
from confu_core.model import Model
from confu_core.training.epochs import to_tensor
from confu_core.user_code import RAISED, describe

__all__ = ["embed_all", "embed_modality", "rows_of", "with_modality"]

BLOCK = 250


@torch.no_grad()
def embed_all(model: Model, arrays: Sequence[np.ndarray | None]) -> EmbeddedBatch:
    """Embed rows of every modality.

    Parameters
    ----------
    model : Model
        Put into evaluation mode.
    arrays : sequence of ndarray, shape (n, ...), or None
        Raw inputs per modality; for None the rows are not numbers, so that whatever is made of them is found out.

    Returns
    -------
    EmbeddedBatch
        Features and embeddings of all rows, in float32 on the CPU.
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
    """Embed rows of one modality.

    Parameters
    ----------
    model : Model
        Put into evaluation mode.
    modality : int
        Which.
    rows : ndarray, shape (n, ...)
        Its raw inputs.

    Returns
    -------
    tuple of (Tensor with shape (n, features), Tensor with shape (n, dim))
        Features, and unit-norm embeddings.
    """
    model.eval()
    device = next(model.parameters()).device
    parts = []
    try:
        for start in range(0, len(rows), BLOCK):
            block = to_tensor(np.asarray(rows[start : start + BLOCK])).to(device)
            features = model.encoders[modality](block)
            embeddings = model.project(modality, features)
            parts.append((features.float().cpu(), embeddings.float().cpu()))
    except ConfuError:
        raise
    except RAISED as error:  # A user's encoder may raise anything; the user sees what and where.
        raise MethodError(f"the encoder of modality {modality} raised: {describe(error)}") from error
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
    features, embeddings = ([table[start:stop] for table in tables] for tables in (batch.features, batch.embeddings))
    return EmbeddedBatch(features, embeddings)
