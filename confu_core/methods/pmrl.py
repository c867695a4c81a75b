"""PMRL: the largest singular value of the embeddings of all modalities."""

from __future__ import annotations

from typing import ClassVar

import torch
from torch import Tensor

from confu_core.errors import InvalidValue
from confu_core.info_nce import info_nce
from confu_core.methods.base import Method, Space, Term
from confu_core.methods.batch import EmbeddedBatch
from confu_core.methods.clip import summed_cosine
from confu_core.methods.view import View
from confu_core.settings import Dial
from confu_core.singular import leading_value, single_value_loss, singular


class PMRL(Method):
    r"""PMRL (arXiv 2507.17343): the embeddings of a sample along one direction, directions of samples apart.

    .. math:: \overline{\ln \sum_m e^{\sigma_m/\tau_1} - \sigma_1/\tau_1} + \mathrm{CE}(u u^\top/\tau_2)

    with the singular values of the embeddings of a sample, and u the leading left vector, along their sum. The matching
    loss over a multimodal encoder is left out, as for GRAM. No term has two sides.

    Parameters
    ----------
    space : Space
        Number of modalities, at most the width of the shared space.
    tau1, tau2 : float
        Divide singular values, and the products of leading vectors; above 0.

    Examples
    --------
    >>> PMRL(Space(3, 64, 16)).defines((0, 1), (2,))
    True
    """

    broadcasts: ClassVar[bool] = True
    ours: ClassVar[str] = "scores of two or more modalities: the largest singular value with the key"

    def __init__(self, space: Space, *, tau1: float = 0.05, tau2: float = 0.1) -> None:
        for name, value in (("tau1", tau1), ("tau2", tau2)):
            Dial(above=0).checked(name, value)
        super().__init__(space, temperature=tau2)
        if space.modalities > space.dim:
            raise InvalidValue(f"dim must be at least {space.modalities}, one per modality, for pmrl; got {space.dim}")
        self.tau1 = tau1

    def terms(self) -> list[Term]:
        """Return nothing: the loss is no sum of contrasts between two sides."""
        return []

    def losses(self, batch: EmbeddedBatch) -> dict[str, Tensor]:
        """Return both parts of the loss: within samples, and between them."""
        every = tuple(range(self.space.modalities))
        values, leading = self._singular(batch.view(every))
        counts = batch.counts(every, every)
        alone = single_value_loss(values, self.tau1)
        within = alone.mean(-1) if counts is None else (counts.sum(-1) * alone).sum(-1) / batch.size
        return {"within": within, "between": info_nce(self.scale() * (leading @ leading.mT), counts)}

    def score(self, query: View, key: View) -> Tensor:
        """Return the cosine of two single modalities, or the largest singular value of all on both sides."""
        if len(query.modalities) + len(key.modalities) == 2:
            return summed_cosine(query, key)
        return leading_value(_rows(query), _rows(key))

    def embed(self, query: View) -> Tensor | None:
        """Return the embedding of a single modality, or the leading vector of several."""
        return super().embed(query) if len(query.modalities) == 1 else self._singular(query)[1]

    def _singular(self, view: View) -> tuple[Tensor, Tensor]:
        return singular(_rows(view))


def _rows(view: View) -> Tensor:
    """Return the embeddings of a view side by side, shape (..., rows, modalities, dim)."""
    return torch.stack([view.embedding(m) for m in view.modalities], -2)
