"""The hub baseline: every modality aligned to one and the same, in the manner of ImageBind."""

from __future__ import annotations

from typing import Any

from confu_core.methods.anchor import check_anchor
from confu_core.methods.base import Space, Term
from confu_core.methods.clip import CLIP


class Hub(CLIP):
    r"""Mean over the other modalities of the symmetric InfoNCE with the hub (ImageBind, arXiv 2305.05665).

    .. math:: (M-1)^{-1} \sum_{m \ne \mathrm{hub}} \mathrm{sym}(z_{\mathrm{hub}} z_m^\top / \tau)

    Two modalities other than the hub meet only through it.

    Parameters
    ----------
    space : Space
        Number of modalities and widths.
    anchor : int
        The hub.
    **options
        Those of `Method`.

    Examples
    --------
    >>> [term.name for term in Hub(Space(3, 64, 16), anchor=1).terms()]
    ['0->1', '1->2']
    """

    def __init__(self, space: Space, *, anchor: int = 0, **options: Any) -> None:
        super().__init__(space, **options)
        self.anchor = check_anchor(anchor, space)

    def terms(self) -> list[Term]:
        """List one term per modality other than the hub."""
        others = [m for m in range(self.space.modalities) if m != self.anchor]
        spokes = [sorted((m, self.anchor)) for m in others]
        return [Term((first,), (second,), 1 / len(others)) for first, second in spokes]
