"""Recipes of the low syllables: hoots, coos, booms and the hum of wings."""

from __future__ import annotations

import numpy as np

from birdmml.song.envelope import envelope, smooth, steps
from birdmml.song.gesture import Cast, Gesture

__all__ = ["boom", "coo", "hoot", "hum"]


def hoot(cast: Cast) -> Gesture:
    """Arch a soft low tone slightly, with breath around it."""
    x, u = cast.points(), cast.free
    height = 0.25 + (0.35 + 0.4 * u[0]) * np.sin(np.pi * np.minimum(x * (1.1 + 0.5 * u[1]), 1)) - 0.2 * x
    amplitude = envelope(x, cast.duration, 0.28 * cast.duration, (0.3 + 0.25 * u[2]) * cast.duration)
    return Gesture(cast.hertz(height), amplitude, brightness=0.05 + 0.2 * (1 - cast.harmonicity), grain=0.12)


def coo(cast: Cast) -> Gesture:
    """Swell, rising to a break or turning over in the middle, and fade."""
    x, u = cast.points(), cast.free
    if cast.fixed[0] > 0.5:
        height = steps(x, np.array([0.15 + 0.3 * u[1], 0.95, 0.25 + 0.3 * u[2], 0.1]), 1.4)
    else:
        height = 0.35 + 0.4 * u[1] * smooth(3 * x) - 0.35 * u[2] * smooth(1.5 * (x - 0.3))
    amplitude = envelope(x, cast.duration, 0.35 * cast.duration, 0.4 * cast.duration) * (
        0.75 + 0.25 * np.sin(np.pi * x)
    )
    return Gesture(
        cast.hertz(height + 0.02 * cast.waver(x)), amplitude, brightness=0.04 + 0.2 * (1 - cast.harmonicity), grain=0.1
    )


def boom(cast: Cast) -> Gesture:
    """Gulp air and let it resound: a very low tone that opens at once and dies slowly."""
    x, u = cast.points(), cast.free
    height = 0.3 + 0.6 * smooth(6 * x) - (0.3 + 0.3 * u[0]) * smooth(1.4 * (x - 0.25))
    amplitude = envelope(x, cast.duration, 0.12 * cast.duration, 0.65 * cast.duration)
    return Gesture(cast.hertz(height), amplitude, brightness=0.1 + 0.35 * (1 - cast.harmonicity), grain=0.1)


def hum(cast: Cast) -> Gesture:
    """Beat the wings: the rate of the wing beat and its many partials, unsteady as hovering is."""
    x, u = cast.points(), cast.free
    height = 0.5 + 0.3 * np.sin(2 * np.pi * x * cast.duration * (0.7 + u[0]) + 6 * u[1]) + 0.08 * cast.waver(x)
    sway = 0.75 + 0.25 * np.sin(2 * np.pi * x * cast.duration * (1.2 + u[2]) + 6 * u[3])
    amplitude = envelope(x, cast.duration, 0.12, 0.18) * sway
    formants = ((120.0 + 80 * u[4], 250.0, 0.0), (700.0 + 300 * u[5], 900.0, -8.0), (2600.0, 2500.0, -22.0))
    return Gesture(
        cast.hertz(height), amplitude, 0.78, noise=0.12 + 0.3 * (1 - cast.harmonicity), grain=0.3, formants=formants
    )
