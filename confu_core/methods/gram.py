"""GRAM: the volume that the embeddings of all modalities span."""

from __future__ import annotations

from typing import Any, ClassVar

from torch import Tensor

from confu_core.geometry import gram_volume
from confu_core.methods.anchor import anchored_term, check_anchor, single_side
from confu_core.methods.base import Method, Space, Term
from confu_core.methods.view import View

__all__ = ["GRAM"]


class GRAM(Method):
    r"""GRAM (arXiv 2412.11959) with the settings of ConFu's comparison (arXiv 2511.21331).

    .. math:: \mathrm{sym}(-V/\tau), \quad V[r, s] = \sqrt{|\det G(z_a^r, z_b^s, z_c^s)|}

    Label smoothing is 0.1 in both directions, the temperature fixed at 0.07 and the anchor the first modality.
    The original anchors the text, learns the temperature and adds a matching loss over a multimodal encoder; the
    first two are options here, the last is left out as in the comparison. The volume is blind to sign, and
    symmetric in its vectors: the anchor matters in training, not in retrieval.

    Parameters
    ----------
    space : Space
        Number of modalities and widths.
    anchor : int
        The modality contrasted with tuples of all others.
    label_smoothing : float
        Share of the target spread evenly.
    **options
        Those of `Method`.

    Examples
    --------
    >>> [term.name for term in GRAM(Space(4, 64, 16)).terms()]
    ['0->1+2+3']
    """

    broadcasts: ClassVar[bool] = True
    bounds: ClassVar[tuple[float, float] | None] = (-1.0, 0.0)

    def __init__(self, space: Space, *, anchor: int = 0, label_smoothing: float = 0.1, **options: Any) -> None:
        super().__init__(space, label_smoothing=label_smoothing, **options)
        self.anchor = check_anchor(anchor, space)

    def terms(self) -> list[Term]:
        """List the one term: the anchor against tuples of all others."""
        return [anchored_term(self.anchor, self.space)]

    def score(self, query: View, key: View) -> Tensor:
        """Return the negative volume that both sides span together."""
        one, others, flipped = single_side(query, key)
        volume = -gram_volume(one.embedding(one.modalities[0]), *map(others.embedding, others.modalities))
        return volume.mT if flipped else volume
