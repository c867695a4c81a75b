"""Recipes of the percussive syllables: drums on wood, and dry rattles."""

from __future__ import annotations

import numpy as np

from birdmml.song.envelope import bend, envelope, smooth
from birdmml.song.gesture import Beats, Cast, Gesture
from birdmml.song.rhythm import beats

__all__ = ["drum", "rattle"]

BLOW = 0.07  # Seconds that one blow rings.


def drum(cast: Cast) -> Gesture:
    """Strike wood in a roll that draws together or apart; without a rate of its own, once."""
    u = cast.free
    heights = (np.arange(5) + 0.7 * u[1:6]) / 5
    heights[0], heights[-1] = 0.04 * u[1], 0.9 + 0.1 * u[5]
    levels = np.array([0.8, 1.0, 0.75, 0.5, 0.35]) * (0.5 + u[5:10])
    decays = (0.007 + 0.010 * u[6]) * np.array([1.4, 1.2, 1.0, 0.7, 0.5])
    modes = np.stack((cast.hertz(heights), decays, levels), axis=1)
    hurry = 0.7 * (cast.fixed[0] - 0.5)
    train = beats(cast.duration, cast.trill_rate, BLOW, hurry, u) if cast.trill_rate else Beats(np.zeros(1), np.ones(1))
    place = np.arange(len(train.gains)) / max(1, len(train.gains) - 1)
    gains = (
        train.gains
        * (0.6 + 0.4 * smooth(place / 0.15))
        * (1 - (0.2 + 0.5 * cast.fixed[2]) * smooth((place - 0.4) / 0.6))
    )
    return Gesture(modes[:, 0], modes[:, 2], beats=Beats(train.onsets, gains), modes=modes)


def rattle(cast: Cast) -> Gesture:
    """Run off dry, noisy clicks that fall through the band."""
    rate = cast.trill_rate or 16 + 10 * cast.fixed[1]
    element = float(np.clip(0.6 / rate, 0.012, 0.04))
    part = Cast(element, cast.low_hz, cast.high_hz, cast.harmonicity, 0, cast.fixed, cast.free, cast.sample_rate)
    x, u = part.points(), cast.free
    height = (0.75 + 0.25 * u[0]) * (1 - bend(x, 1.5)) + 0.15 * u[1]
    middle = cast.middle_hz()
    train = beats(cast.duration, rate, element, 0.25 * (cast.fixed[0] - 0.5), u)
    return Gesture(
        part.hertz(height),
        envelope(x, element, 0.003, 0.65 * element),
        0.6,
        noise=0.2 + 0.6 * (1 - cast.harmonicity),
        grain=0.4,
        formants=((1.1 * middle, 0.9 * middle, 0.0), (2.2 * middle, 1.5 * middle, -6 - 4 * u[2])),
        beats=Beats(train.onsets, train.gains * (0.7 + 0.3 * np.sin(np.arange(len(train.gains)) * 0.4 + 6 * u[3]))),
    )
