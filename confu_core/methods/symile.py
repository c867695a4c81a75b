"""Symile: the multilinear inner product of all modalities."""

from __future__ import annotations

from math import exp, log
from typing import Any, ClassVar

from torch import Tensor

from confu_core.errors import InvalidValue
from confu_core.methods.anchor import anchored_term
from confu_core.methods.base import Method, Space, Term
from confu_core.methods.batch import EmbeddedBatch
from confu_core.methods.negatives import NEGATIVES, against_all_tuples, inner_product
from confu_core.methods.view import View


class Symile(Method):
    r"""Symile (arXiv 2411.01053): mean over anchors of the InfoNCE of multilinear inner products.

    .. math:: \mathrm{score} = \sum_d z_{1d} z_{2d} \cdots z_{Md}

    The logit scale is learned through its logarithm, from 2.5 as in ConFu's comparison (Symile's own XOR example
    starts at -0.3). A score needs all modalities, so Symile itself defines none for 1->1; the product of what is
    there, for two modalities the cosine, stands in and reports mark it.

    Parameters
    ----------
    space : Space
        Number of modalities and widths.
    negatives : {"n", "n_squared"}
        ``"n"``: the other modalities are permuted independently, n - 1 negatives per sample. ``"n_squared"``:
        every combination of the others, n**(M-1) - 1 negatives.
    temperature : float
        One over the initial logit scale.
    learn_temperature : bool
        Whether the logit scale is learned.
    **options
        Those of `Method`.

    Examples
    --------
    >>> [term.name for term in Symile(Space(3, 64, 16)).terms()]
    ['0->1+2', '1->0+2', '2->0+1']
    """

    broadcasts: ClassVar[bool] = True

    def __init__(
        self,
        space: Space,
        *,
        negatives: str = "n",
        temperature: float = exp(-2.5),
        learn_temperature: bool = True,
        **options: Any,
    ) -> None:
        super().__init__(space, temperature=temperature, learn_temperature=learn_temperature, **options)
        if negatives not in NEGATIVES:
            raise InvalidValue(f"negatives must be 'n' or 'n_squared'; got {negatives!r}")
        if self.label_smoothing:
            raise InvalidValue(f"symile has no label smoothing; got label_smoothing {self.label_smoothing}")
        self.negatives = negatives

    def terms(self) -> list[Term]:
        """List one term per anchor, from the anchor to tuples of the others."""
        share, everyone = 1 / self.space.modalities, range(self.space.modalities)
        return [anchored_term(m, self.space, share, symmetric=False) for m in everyone]

    def defines(self, query: tuple[int, ...], key: tuple[int, ...]) -> bool:
        """Tell whether both sides together hold all modalities."""
        return len(query) + len(key) == self.space.modalities

    def score(self, query: View, key: View) -> Tensor:
        """Return the multilinear inner product."""
        return inner_product(query, key)

    def embed(self, query: View) -> Tensor | None:
        """Return the product of the embeddings where one key is left: its inner product with that is the score."""
        members = len(query.modalities)
        return query.product(query.embeddings) if members == self.space.modalities - 1 else super().embed(query)

    def term_loss(self, term: Term, batch: EmbeddedBatch) -> Tensor:
        """Return the InfoNCE of one anchor."""
        return NEGATIVES[self.negatives](self.score, self.scale(), term, batch)

    def total_correlation_bound(self, batch: EmbeddedBatch) -> float:
        """Return ``(M - 1) ln n`` less the loss over all tuples, the mean over anchors, and at least 0."""
        losses = [against_all_tuples(self.score, self.scale(), term, batch) for term in self.terms()]
        mean = sum(loss.item() for loss in losses) / len(losses)
        return max(0.0, (batch.modalities - 1) * log(batch.size) - mean)
