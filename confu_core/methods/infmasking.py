"""InfMasking: CoMM, whose fusions of all agree with fusions of what many masks leave."""

from __future__ import annotations

from typing import Any, ClassVar

import torch
from torch import Tensor
from torch.nn.functional import normalize

from confu_core.info_nce import exponential_sums, narrow
from confu_core.methods.base import Space
from confu_core.methods.batch import EmbeddedBatch
from confu_core.methods.comm import CoMM
from confu_core.settings import Dial


def mask_term(whole: Tensor, masked: Tensor, temperature: float | Tensor, ratio: float | Tensor) -> Tensor:
    """Contrast fusions of all with masked fusions of the same samples, as if there were endlessly many masks.

    Of the covariance of a sample's masked vectors only the variance of their products with its own is needed.

    Parameters
    ----------
    whole : Tensor, shape (n, dim)
        Fused from all tokens, of any length above 0.
    masked : Tensor, shape (masks, n, dim)
        Fused from what each mask left.
    temperature : float or Tensor, shape ()
        Divides the cosine.
    ratio : float or Tensor, shape ()
        Share of the variance that counts.

    Returns
    -------
    Tensor, shape ()
        In nats.
    """
    whole, masked = normalize(whole, dim=-1), normalize(masked, dim=-1)
    own = (whole * masked).sum(-1)
    spread = ratio * own.var(0, unbiased=False) / temperature
    positive = (own.mean(0) + spread / 2) / temperature
    scaled, others = whole / temperature, torch.cat([masked.flatten(0, 1), whole])
    if narrow(temperature):
        highest = 1 / float(temperature)
        negative = exponential_sums(scaled, others, highest, apart=True)[0].log() + highest
    else:
        logits = (scaled @ others.mT).unflatten(-1, (-1, len(whole)))
        logits.diagonal(dim1=0, dim2=-1).fill_(-torch.inf)
        negative = logits.flatten(1).logsumexp(-1)
    return (torch.logaddexp(positive, negative) - positive).mean() + (spread / (2 * temperature)).mean()


class InfMasking(CoMM):
    r"""InfMasking (arXiv 2509.25270): the terms of CoMM, and one for the masks of each view.

    The share of the variance that counts rises over training to `variance`. A mask leaves every sample as many tokens,
    drawn for each, of all modalities together.

    Parameters
    ----------
    space : Space
        Number of modalities and widths.
    masks : int
        How many masked fusions of each view, at least 1.
    masked : float
        Share of the tokens that a mask takes away, in [0, 1); at least one token is left.
    variance : float
        What the share of the variance that counts rises to, at least 0.
    **options
        Those of `CoMM`.

    Examples
    --------
    >>> InfMasking(Space(3, 64, 16, tokens=4)).kept
    4
    """

    ours: ClassVar[str] = CoMM.ours

    def __init__(
        self, space: Space, *, masks: int = 6, masked: float = 0.7, variance: float = 1.0, **options: Any
    ) -> None:
        super().__init__(space, **options)
        Dial(low=1).checked("masks", masks)
        Dial(low=0, below=1).checked("masked", masked)
        Dial(low=0).checked("variance", variance)
        self.masks, self.variance = masks, variance
        self.kept = max(1, round((1 - masked) * sum(space.token_counts)))
        self.ratio: Tensor
        self.register_buffer("ratio", torch.zeros(()))

    def after_step(self, done: int, steps: int) -> None:
        """Let more of the variance count."""
        self.ratio.fill_(self.variance * done / steps)

    def losses(self, batch: EmbeddedBatch) -> dict[str, Tensor]:
        """Return the terms of the masks of each view, and those of CoMM."""
        both = self._views(batch)
        views = [self._fused(one) for one in both]
        share = 1 / (self.space.modalities + 3)
        masks = {
            f"masks {number}": share * mask_term(fused[-1], self._masked(one), 1 / self.scale(), self.ratio)
            for number, (one, fused) in enumerate(zip(both, views, strict=True), start=1)
        }
        return {**masks, **self._compared(views, share)}

    def _masked(self, batch: EmbeddedBatch) -> Tensor:
        """Return the vectors of every mask after the head, shape (masks, n, dim)."""
        tokens = self.fusion.tokens(batch.view(tuple(range(self.space.modalities))))
        n, count, width = tokens.shape
        drawn = torch.rand(self.masks, n, count, device=tokens.device).argsort(-1)[..., : self.kept]
        left = tokens.expand(self.masks, -1, -1, -1).gather(2, drawn.unsqueeze(-1).expand(-1, -1, -1, width))
        fused = self.fusion.fuse(left.flatten(0, 1)).unflatten(0, (self.masks, n))
        return torch.stack([self.head(one) for one in fused])  # Each mask has batch statistics of its own.
