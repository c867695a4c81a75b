"""The colours of one bird: its plumage, with the tints of an individual, in a light."""

from __future__ import annotations

import numpy as np

from birdmml.picture.anatomy import ANATOMY
from birdmml.picture.labels import NAMES
from birdmml.picture.light import Light, tinted
from birdmml.species import Plumage
from birdmml.vocabulary import COLORS

__all__ = ["coat"]

DETAILS = {"pupil": (14, 13, 15), "glint": (250, 250, 250), "claw": (46, 41, 38), "inner": (34, 30, 28)}
DARK_IRIS = (40, 26, 20)
PALE_RIM = (142, 132, 120)
DARK_FACE = 106


def coat(plumage: Plumage, light: Light, tints: np.ndarray, wear: float = 0.0) -> np.ndarray:
    """Return the colour of every label.

    Parameters
    ----------
    plumage : Plumage
        The bird.
    light : Light
        The light it is seen in.
    tints : ndarray of float, shape (parts, 3)
        Factors near 1, for each of `NAMES`.
    wear : float
        In [0, 1]: how far colours have faded towards brown.

    Returns
    -------
    ndarray of uint8, shape (256, 3)
        Red, green and blue.
    """
    named = {name: COLORS[color] for name, color in plumage.colors.items()}
    named |= DETAILS | {"iris": ANATOMY[plumage.shape].iris or DARK_IRIS}
    base = np.array([named.get(name, (0, 0, 0)) for name in NAMES]) * tints
    base += wear * 0.10 * (np.array([128, 117, 104]) - base)
    tones = np.zeros((64, 4, 3))
    tones[: len(NAMES), 0] = base
    tones[: len(NAMES), 1] = np.minimum(base * 1.10 + 9, 255)
    tones[: len(NAMES), 2] = base * 0.74
    # Feathers overlap: their marks never stand out as if they were painted on.
    tones[: len(NAMES), 3] = 0.8 * np.array(COLORS[plumage.pattern_color]) + 0.2 * base
    details = [NAMES.index(name) for name in (*DETAILS, "iris")]
    tones[details, 1:] = tones[details, :1]
    # Skin around the eye, without which a dark eye is lost in a dark face.
    tones[NAMES.index("iris"), 1] = PALE_RIM if max(named[_around_eye(plumage)]) < DARK_FACE else DETAILS["inner"]
    out = tinted(tones.reshape(256, 3), light)
    out[4 * NAMES.index("glint")] = 250
    return out


def _around_eye(plumage: Plumage) -> str:
    """Return the part in which the eye lies."""
    through = ANATOMY[plumage.shape].mask != "lores" and plumage.shape != "duck"
    return "mask" if through and "mask" in plumage.colors else "face"
