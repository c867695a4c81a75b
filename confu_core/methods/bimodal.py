"""Bimodal CLIP: one pair of modalities aligned, and nothing else."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from confu_core.errors import InvalidValue
from confu_core.methods.base import Space, Term
from confu_core.methods.clip import CLIP


class Bimodal(CLIP):
    r"""CLIP (arXiv 2103.00020) of one pair, whose temperature is learned: what two modalities reach without a third.

    .. math:: \mathrm{sym}(e^s z_i z_k^\top)

    Encoders of other modalities stay as they were drawn. In ConFu's comparison (arXiv 2511.21331) the pairs (1, 3) and
    (2, 3) are trained in two runs.

    Parameters
    ----------
    space : Space
        Number of modalities and widths.
    pair : iterable of int
        The two modalities, from 0.
    learn_temperature : bool
        Whether s is learned.
    **options
        Those of `Method`.

    Examples
    --------
    >>> [term.name for term in Bimodal(Space(3, 64, 16)).terms()]
    ['0->2']
    """

    def __init__(
        self, space: Space, *, pair: Iterable[int] = (0, 2), learn_temperature: bool = True, **options: Any
    ) -> None:
        super().__init__(space, learn_temperature=learn_temperature, **options)
        self.pair = tuple(sorted(set(pair)))
        if len(self.pair) != 2 or not 0 <= self.pair[0] < self.pair[1] < space.modalities:
            given = ",".join(map(str, pair))
            last = space.modalities - 1
            raise InvalidValue(f"pair must be two modalities in [0, {last}]; got {given}: give -o pair=0,{last}")

    def terms(self) -> list[Term]:
        """List the one term."""
        return [Term(self.pair[:1], self.pair[1:], 1.0)]

    def defines(self, query: tuple[int, ...], key: tuple[int, ...]) -> bool:
        """Tell whether the two sides are the pair."""
        return sorted((*query, *key)) == [*self.pair]
