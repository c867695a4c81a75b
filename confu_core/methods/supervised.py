"""Supervised joint model: cross-entropy of the class from every modality and every fused subset."""

from __future__ import annotations

from itertools import combinations
from typing import Any, ClassVar

from torch import Tensor
from torch.nn.functional import cross_entropy

from confu_core.errors import MethodError
from confu_core.layers import Linear
from confu_core.methods.base import Space, Term
from confu_core.methods.batch import EmbeddedBatch
from confu_core.methods.clip import FusedCosine
from confu_core.methods.fusion import head_name, make_heads
from confu_core.methods.view import View


class Supervised(FusedCosine):
    r"""Encoders of the same size told the answers: the line that alignment without classes is measured against.

    .. math:: (2^M - 1)^{-1} \sum_Q \mathrm{CE}(W z_Q / \tau + b,\ \mathrm{class})

    over all subsets Q of the modalities, of one and of more, with :math:`z_Q` the embedding of one modality or a fused
    one, of length 1. Classes are told by the classifier and not by texts that describe them. Needs data with classes.

    Parameters
    ----------
    space : Space
        Number of modalities and of classes, and widths.
    fusion : {"concat", "hadamard", "gated", "shared"}
        Kind of fused head, one for every subset of two or more (:mod:`confu_core.methods.fusion`).
    fused_width, fused_depth : int
        Width and number of its hidden layers.
    dropout : float
        Of its hidden layers and its output, in [0, 1).
    **options
        Those of `Method`.

    Examples
    --------
    >>> len(Supervised(Space(3, 64, 16, classes=10)).heads)
    4
    """

    labelled: ClassVar[bool] = True
    bounds: ClassVar[tuple[float, float] | None] = (0.0, 1.0)
    ours: ClassVar[str] = "all of it, for it has no paper: the probability that both sides are of one class"

    def __init__(
        self,
        space: Space,
        *,
        fusion: str = "concat",
        fused_width: int = 512,
        fused_depth: int = 1,
        dropout: float = 0.1,
        **options: Any,
    ) -> None:
        super().__init__(space, **options)
        everyone = range(space.modalities)
        self.subsets = [members for size in range(1, len(everyone) + 1) for members in combinations(everyone, size)]
        fused = [members for members in self.subsets if len(members) > 1]
        self.heads = make_heads(fusion, space, fused, width=fused_width, depth=fused_depth, dropout=dropout)
        self.classifier = Linear(space.dim, space.classes)

    def terms(self) -> list[Term]:
        """Return nothing: the loss compares no two sides."""
        return []

    def losses(self, batch: EmbeddedBatch) -> dict[str, Tensor]:
        """Return the cross-entropy of the class from every subset."""
        if batch.labels is None:
            raise MethodError("supervised got a batch without labels; give its source the class of every row")
        labels, share = batch.labels, 1 / len(self.subsets)
        views = {f"{head_name(members)}->class": batch.view(members) for members in self.subsets}
        return {
            name: share * cross_entropy(self.classify(view), labels, label_smoothing=self.label_smoothing)
            for name, view in views.items()
        }

    def classify(self, query: View) -> Tensor:
        """Return the logits of the classes."""
        return self.scale() * self.classifier(self.embed(query))

    def score(self, query: View, key: View) -> Tensor:
        """Return the probability that both sides are of one class, each told by itself."""
        one, other = (self.classify(side).softmax(-1) for side in (query, key))
        return one @ other.mT
