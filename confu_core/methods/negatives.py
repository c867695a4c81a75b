"""Contrasts whose negatives are tuples that no sample forms: Symile's two kinds.

A term has an anchor modality as its query and the tuple of all others as its key. For every sample the positive
is its own tuple; what differs is where the negatives come from.
"""

from __future__ import annotations

from collections.abc import Callable
from functools import reduce

import torch
from torch import Tensor

from confu_core.methods.base import Term
from confu_core.methods.batch import EmbeddedBatch, number_of
from confu_core.methods.view import Grid, Indexed, View

# Of the sum over keys that is left once a sample's own shuffled tuple is taken out: below this share the
# difference has lost too many digits, and the sum is formed anew.
SMALLEST_REMAINDER = 0.01
Score = Callable[[View, View], Tensor]  # Every row of a query against every row of a key.


def inner_product(query: View, key: View) -> Tensor:
    """Return the multilinear inner product of the modalities of both sides, shape (..., query rows, key rows)."""
    return query.product(query.embeddings) @ key.product(key.embeddings).mT


def against_shuffled(score: Score, scale: float | Tensor, term: Term, batch: EmbeddedBatch) -> Tensor:
    """Contrast each sample's tuple with the other samples' shuffled ones (``"n"``).

    The modalities of the tuple are permuted independently over the batch. Sample r meets its own tuple and the
    shuffled tuples of all samples but r.

    Parameters
    ----------
    score : callable of (View, View) to Tensor
        That of a `Method`, say.
    scale : float or Tensor, shape (..., 1, 1)
        Multiplies it.
    term : Term
        Anchor as query, the others as key.
    batch : EmbeddedBatch
        Embedded rows.

    Returns
    -------
    Tensor, shape (...)
        In nats.
    """
    shuffle = batch.shuffled(term.query[0], term.key)
    layout = batch.view(term.key).layout
    if batch.codes is None or not isinstance(layout, Grid):
        return _shuffled_rows(score, scale, term, batch, shuffle)
    own = batch.codes[..., list(term.key)]
    other = own.gather(-2, shuffle.expand(own.shape))
    return _shuffled_grid(score, scale, term, batch, other)


def against_all_tuples(score: Score, scale: float | Tensor, term: Term, batch: EmbeddedBatch) -> Tensor:
    """Contrast each sample's tuple with every combination of the batch's others (``"n_squared"``).

    Parameters
    ----------
    score : callable of (View, View) to Tensor
        That of a `Method`, say.
    scale : float or Tensor, shape (..., 1, 1)
        Multiplies it.
    term : Term
        Anchor as query, the others as key.
    batch : EmbeddedBatch
        Embedded rows.

    Returns
    -------
    Tensor, shape (...)
        In nats.
    """
    query = batch.view(term.query)
    sizes = tuple(batch.embeddings[m].shape[-2] for m in term.key)
    every = batch.view_with(term.key, Grid(sizes))
    logits = scale * score(query, every)
    if batch.codes is None:
        number = number_of([torch.arange(batch.size, device=logits.device)] * len(sizes), sizes)
        positive = logits.gather(-1, number.expand(logits.shape[:-1]).unsqueeze(-1)).squeeze(-1)
        return (logits.logsumexp(-1) - positive).mean(-1)
    # A tuple of distinct inputs stands for as many combinations as the product of its members' counts.
    single = [_occurrences(batch, m) for m in term.key]
    weight = Grid(sizes).flatten(
        reduce(torch.add, [Grid(sizes).place(n.log().unsqueeze(-1), i) for i, n in enumerate(single)])
    )
    log_sum = (logits + weight.mT).logsumexp(-1)
    anchors = _occurrences(batch, term.query[0])
    rows = batch.codes[..., term.query[0]]
    columns = number_of([batch.codes[..., m] for m in term.key], sizes)
    positive = _pick(logits, rows, columns).mean(-1)
    return (anchors * log_sum).sum(-1) / batch.size - positive


def _shuffled_rows(score: Score, scale: float | Tensor, term: Term, batch: EmbeddedBatch, shuffle: Tensor) -> Tensor:
    """Take the plain way: one row and one column per sample."""
    if batch.codes is None:
        anchor = batch.view(term.query)
        own, other = batch.view(term.key), batch.view_with(term.key, Indexed(shuffle))
    else:
        codes = batch.codes[..., list(term.key)]
        anchor = batch.view_with(term.query, Indexed(batch.codes[..., list(term.query)]))
        own = batch.view_with(term.key, Indexed(codes))
        other = batch.view_with(term.key, Indexed(codes.gather(-2, shuffle.expand(codes.shape))))
    logits = scale * score(anchor, other)
    # Every positive is a diagonal of the scores against the true tuples; a method may define only whole matrices.
    positive = scale * score(anchor, own)
    diagonal = positive.diagonal(dim1=-2, dim2=-1)
    mixed = logits.diagonal_scatter(diagonal, dim1=-2, dim2=-1)
    return (mixed.logsumexp(-1) - diagonal).mean(-1)


def _shuffled_grid(score: Score, scale: float | Tensor, term: Term, batch: EmbeddedBatch, other: Tensor) -> Tensor:
    """Take the short way: sums over all tuples once per distinct anchor, then a correction per sample.

    Sample r needs the sum over all shuffled tuples, less its own shuffled tuple, plus its positive.
    """
    assert batch.codes is not None
    logits = scale * score(batch.view(term.query), batch.view(term.key))
    anchor = batch.codes[..., term.query[0]]
    positive_column, _ = batch.rows(term.key)
    shuffled_column, n_columns = batch.rows(term.key, other)
    counts = batch.occurrences(shuffled_column, n_columns)
    weighted = logits + counts.log().unsqueeze(-2)
    base = weighted.logsumexp(-1).gather(-1, anchor)
    removed = (_pick(logits, anchor, shuffled_column) - base).exp()
    positive = _pick(logits, anchor, positive_column)
    lost = removed > 1 - SMALLEST_REMAINDER
    # The inner masking keeps the logarithm of what is lost out of the backward pass, where 0 * inf would be NaN.
    remainder = torch.log1p(-removed.masked_fill(lost, 0.0)) + base
    if lost.any():
        remainder = torch.where(lost, _remainders(logits, counts, anchor, shuffled_column, lost), remainder)
    return (torch.logaddexp(remainder, positive) - positive).mean(-1)


def _remainders(logits: Tensor, counts: Tensor, anchor: Tensor, column: Tensor, wanted: Tensor) -> Tensor:
    """Log-sums over the shuffled tuples without a sample's own, formed term by term for the wanted samples."""
    *cell, sample = wanted.nonzero(as_tuple=True)
    index = (*cell, anchor[wanted])
    rows = logits[index]
    left = counts[tuple(cell)].clone() if cell else counts.expand(len(sample), -1).clone()
    left[torch.arange(len(sample)), column[wanted]] -= 1
    sums = (rows + left.log()).logsumexp(-1)
    return logits.new_zeros(wanted.shape).masked_scatter(wanted, sums)


def _pick(matrix: Tensor, rows: Tensor, columns: Tensor) -> Tensor:
    """Entries (rows, columns) of each matrix of a stack."""
    return matrix.flatten(-2).gather(-1, rows * matrix.shape[-1] + columns)


def _occurrences(batch: EmbeddedBatch, modality: int) -> Tensor:
    assert batch.codes is not None
    return batch.occurrences(batch.codes[..., modality], batch.embeddings[modality].shape[-2])


NEGATIVES = {"n": against_shuffled, "n_squared": against_all_tuples}
