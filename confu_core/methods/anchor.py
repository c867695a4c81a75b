"""Methods that contrast one modality, the anchor, with tuples of the others."""

from __future__ import annotations

from confu_core.errors import InvalidValue
from confu_core.methods.base import Space, Term
from confu_core.methods.view import View
from confu_core.settings import Dial


def check_anchor(anchor: int, space: Space) -> int:
    """Return the anchor if there is such a modality."""
    return int(Dial(low=0, high=space.modalities - 1).checked("anchor", anchor))


def anchored_term(anchor: int, space: Space, weight: float = 1.0, *, symmetric: bool = True) -> Term:
    """Return the term that contrasts an anchor with tuples of all others."""
    others = tuple(m for m in range(space.modalities) if m != anchor)
    return Term((anchor,), others, weight, symmetric)


def single_side(query: View, key: View) -> tuple[View, View, bool]:
    """Tell which side of a score is a single modality."""
    if len(query.modalities) == 1:
        return query, key, False
    if len(key.modalities) == 1:
        return key, query, True
    sides = f"{len(query.modalities)}->{len(key.modalities)}"
    raise InvalidValue(f"a volume or area needs a single modality on one side; got {sides}")
