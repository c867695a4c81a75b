"""TRIANGLE: the area between the embeddings of three modalities."""

from __future__ import annotations

from typing import Any, ClassVar

from torch import Tensor

from confu_core.errors import InvalidValue
from confu_core.geometry import triangle_area
from confu_core.methods.anchor import anchored_term, check_anchor, single_side
from confu_core.methods.base import Method, Space, Term
from confu_core.methods.clip import summed_cosine
from confu_core.methods.view import View


class TRIANGLE(Method):
    r"""TRIANGLE (arXiv 2509.24734) with the settings of ConFu's comparison (arXiv 2511.21331).

    .. math:: \mathrm{sym}(-A/\tau), \quad A = (\|u\|^2\|v\|^2 - (u \cdot v)^2)/2, \quad u = z_a - z_b,\ v = z_a - z_c

    As published there is no square root: A is twice the squared area. Label smoothing is 0.1, the temperature
    fixed at 0.07 and the anchor the first modality; the original anchors the text, learns the temperature and adds
    a matching loss. The area does not depend on which corner is called the anchor: that matters in training only.
    It needs all three, so TRIANGLE itself defines no 1->1 score; the cosine stands in, and reports mark it.

    Parameters
    ----------
    space : Space
        Number of modalities, which must be 3, and widths.
    anchor : int
        The modality contrasted with pairs of the other two.
    label_smoothing : float
        Share of the target spread evenly.
    **options
        Those of `Method`.

    Examples
    --------
    >>> [term.name for term in TRIANGLE(Space(3, 64, 16)).terms()]
    ['0->1+2']
    """

    broadcasts: ClassVar[bool] = True
    bounds: ClassVar[tuple[float, float] | None] = (-3.375, 0.0)  # The largest triangle in a sphere is equilateral.

    def __init__(self, space: Space, *, anchor: int = 0, label_smoothing: float = 0.1, **options: Any) -> None:
        super().__init__(space, label_smoothing=label_smoothing, **options)
        if space.modalities != 3:
            raise InvalidValue(f"triangle is defined for 3 modalities; got {space.modalities}: use gram instead")
        self.anchor = check_anchor(anchor, space)

    def terms(self) -> list[Term]:
        """List the one term: the anchor against pairs of the others."""
        return [anchored_term(self.anchor, self.space)]

    def defines(self, query: tuple[int, ...], key: tuple[int, ...]) -> bool:
        """Tell whether both sides together hold all three modalities."""
        return len(query) + len(key) == self.space.modalities

    def score(self, query: View, key: View) -> Tensor:
        """Return the negative area; between two single modalities the cosine stands in."""
        if len(query.modalities) + len(key.modalities) < 3:
            return summed_cosine(query, key)
        one, others, flipped = single_side(query, key)
        area = -triangle_area(one.embedding(one.modalities[0]), *map(others.embedding, others.modalities))
        return area.mT if flipped else area
