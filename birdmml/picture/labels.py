"""The map of labels: which part of the bird, in which tone, each point of a drawing shows."""

from __future__ import annotations

from birdmml.vocabulary import MARKS, PARTS

__all__ = ["DARK", "LIGHT", "NAMES", "PLAIN", "SPECKLE", "label", "number"]

# A label is 4 * number of the part + tone; 0 is nothing.
PLAIN, LIGHT, DARK, SPECKLE = range(4)
NAMES = ("nothing", *PARTS, *MARKS, "iris", "pupil", "glint", "claw", "inner")
_NUMBERS = {name: place for place, name in enumerate(NAMES)}


def number(name: str) -> int:
    """Return the number of a part, a mark, or a detail such as ``"pupil"``."""
    return _NUMBERS[name]


def label(name: str, tone: int = PLAIN) -> int:
    """Return the label of a part in a tone.

    Parameters
    ----------
    name : str
        Of `NAMES`.
    tone : int
        `PLAIN`, `LIGHT`, `DARK` or `SPECKLE` (the colour of the plumage's pattern).

    Returns
    -------
    int
        In [0, 256).

    Examples
    --------
    >>> label("crown") // 4 == number("crown")
    True
    """
    return 4 * _NUMBERS[name] + tone
