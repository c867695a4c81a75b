"""Recipes of the tonal syllables: whistles, what is made of whistles, and the low voices: hoots, coos, booms, hums."""

from __future__ import annotations

import numpy as np

from birdmml.song.gesture import Beats, Cast, Gesture, beats, bend, envelope, smooth, steps


def whistle(cast: Cast) -> Gesture:
    """Hold a tone; it may sag, and break once in the middle as the second note of a chickadee does."""
    x, u = cast.points(), cast.free
    height = 0.5 + 0.8 * (u[0] - 0.5) * (x - 0.5) + (u[1] - 0.5) * (x - 0.5) ** 2
    height = height + 0.06 * cast.waver(x) - 0.4 * u[2] * np.exp(-x * cast.duration / 0.015)
    amplitude = envelope(x, cast.duration, 0.015 + 0.035 * u[3], 0.03 + 0.06 * u[4]) * (0.7 + 0.3 * smooth(2.5 * x))
    if cast.fixed[5] > 0.6 and cast.duration > 0.15:
        amplitude = amplitude * (1 - 0.85 * np.exp(-(((x - 0.35 - 0.25 * u[6]) * cast.duration / 0.012) ** 2)))
    return Gesture(cast.hertz(height), amplitude, brightness=_purity(cast, 0.012), grain=_breath(cast))


def slur(cast: Cast) -> Gesture:
    """Fall, mostly fast first; some species begin with a small hook upward."""
    x, u = cast.points(), cast.free
    height = 1 - bend(x, -1 + 4 * u[0])
    if cast.fixed[3] > 0.5:
        height = height - (0.25 + 0.3 * u[1]) * np.maximum(1 - x / 0.14, 0) ** 2
    amplitude = envelope(x, cast.duration, 0.008 + 0.025 * u[2], 0.02 + 0.05 * u[4]) * (1 - 0.4 * u[5] * x)
    height = height + 0.01 * cast.waver(x)
    return Gesture(cast.hertz(height), amplitude, brightness=_purity(cast, 0.025), grain=_breath(cast))


def upslur(cast: Cast) -> Gesture:
    """Rise, mostly slowly first."""
    x, u = cast.points(), cast.free
    height = bend(x, -3 + 4 * u[0])
    amplitude = envelope(x, cast.duration, 0.012 + 0.03 * u[2], 0.01 + 0.03 * u[4]) * (0.6 + 0.4 * x)
    height = height + 0.01 * cast.waver(x)
    return Gesture(cast.hertz(height), amplitude, brightness=_purity(cast, 0.025), grain=_breath(cast))


def chip(cast: Cast) -> Gesture:
    """Drop through the band within a few hundredths of a second."""
    x, u = cast.points(), cast.free
    height = 1 - bend(x, 0.5 + 3 * u[0]) - 0.5 * u[1] * np.maximum(1 - x / 0.2, 0) ** 2
    amplitude = envelope(x, cast.duration, 0.003, 0.6 * cast.duration)
    return Gesture(cast.hertz(height), amplitude, brightness=_purity(cast, 0.1), grain=_breath(cast))


def chirp(cast: Cast) -> Gesture:
    """Rise and fall at once."""
    x, u = cast.points(), cast.free
    apex = 0.2 + 0.5 * u[0]
    falling = 1 - bend(np.clip((x - apex) / (1 - apex), 0, 1), 3 * u[1] - 1)
    height = np.where(x < apex, smooth(0.25 + 0.75 * x / apex), falling)
    amplitude = envelope(x, cast.duration, 0.004 + 0.2 * apex * cast.duration, 0.35 * cast.duration)
    return Gesture(cast.hertz(height), amplitude, brightness=_purity(cast, 0.1), grain=_breath(cast))


def trill(cast: Cast) -> Gesture:
    """Repeat one element fast, swelling at first; the element falls, rises, or turns, as the species has it."""
    rate = cast.trill_rate or 12 + 6 * cast.fixed[6]
    element = min((0.55 + 0.35 * cast.free[7]) / rate, 0.16)
    part = Cast(element, cast.low_hz, cast.high_hz, cast.harmonicity, 0, cast.fixed, cast.free, cast.sample_rate)
    x, u = part.points(), cast.free
    forms = (
        1 - bend(x, 1 + 2 * u[0]),
        bend(x, -2 + 3 * u[0]),
        steps(x, np.array([0.1 + 0.3 * u[1], 1.0, 0.0])),
        steps(x, np.array([1.0, 0.1, 0.6 + 0.4 * u[1], 0.0]), 1.3),
    )
    height = forms[min(int(cast.fixed[0] * 5), 4) % 4]
    amplitude = envelope(x, element, 0.2 * element, 0.4 * element)
    return Gesture(
        part.hertz(height),
        amplitude,
        brightness=_purity(cast, 0.04),
        grain=_breath(cast),
        beats=_swelling(beats(cast.duration, rate, element, 0.1 * (cast.fixed[4] - 0.5), cast.free)),
    )


def warble(cast: Cast) -> Gesture:
    """Turn up and down in quick irregular steps, some of them parted by a catch of the breath."""
    x, u = cast.points(), cast.free
    turns = min(max(round(cast.duration * (9 + 9 * float(cast.fixed[0]))), 3), 40)
    order = np.arange(turns + 1)
    spread = (np.sin((order + 1) * 12.9898 + 78.233 * float(cast.fixed[1])) * 43758.5453) % 1.0
    levels = 0.5 + np.where(order % 2 == 0, 0.5, -0.5) * (0.3 + 0.7 * spread) + 0.4 * (u - cast.fixed)[order % len(u)]
    pace = np.cumsum(np.concatenate(([0.0], 0.5 + (7.31 * spread[1:] + float(cast.fixed[2])) % 1.0)))
    place = np.interp(x, pace / pace[-1], order / turns).astype(np.float32)
    levels = np.minimum(np.maximum(levels, 0), 1).astype(np.float32)
    height = steps(place, levels, 1.0 + 0.8 * u[2]) + 0.02 * cast.waver(x)
    catch = np.square(np.cos(np.pi * turns * place))
    catch = np.square(catch * catch * catch) * (np.sin(2.1 * np.rint(place * turns) + 6 * cast.fixed[3]) > -0.2)
    amplitude = envelope(x, cast.duration, 0.012, 0.04) * (1 - (0.5 + 0.45 * cast.fixed[4]) * catch)
    amplitude = amplitude * (0.72 + 0.28 * np.sin(2 * np.pi * x * turns / 3 + 6 * u[5]))
    return Gesture(cast.hertz(height), amplitude, brightness=_purity(cast, 0.025), grain=_breath(cast))


def flute(cast: Cast) -> Gesture:
    """Sing a few steady steps, and over them a second voice that shimmers on its own."""
    x, u = cast.points(), cast.free
    count = 2 + int(cast.fixed[0] * 2.99) if cast.duration > 0.25 else 2
    height = steps(x, 0.62 * np.concatenate((u[1 : 1 + count], u[count : count + 1])), 3.0)
    lower = cast.hertz(height + 0.012 * cast.waver(x))
    shimmer = np.sin(2 * np.pi * (22 + 22 * cast.fixed[5]) * cast.duration * x) * smooth(3 * (x - 0.3))
    above = lower * (1.2 + 0.45 * u[6]) * (1 + (0.01 + 0.035 * cast.fixed[7]) * shimmer)
    amplitude = envelope(x, cast.duration, 0.02 + 0.02 * u[7], 0.06 + 0.05 * u[8])
    voice = amplitude * smooth((x - 0.15 - 0.3 * u[9]) * 6) * (0.35 + 0.4 * u[3]) * (0.75 + 0.25 * shimmer)
    upper = (np.minimum(above, cast.high_hz), voice)
    return Gesture(lower, amplitude * (0.8 + 0.2 * np.cos(5 * x)), brightness=_purity(cast, 0.02), upper=upper)


def _purity(cast: Cast, brightness: float) -> float:
    return min(0.6, brightness * (0.6 + 0.8 * cast.free[9]) + 0.25 * cast.noisy**1.5)


def _breath(cast: Cast) -> float:
    return 0.6 * cast.noisy**1.5


def _swelling(train: Beats) -> Beats:
    place = np.arange(len(train.gains)) / max(1, len(train.gains) - 1)
    gains = train.gains * (0.35 + 0.65 * smooth(place / 0.3)) * (1 - 0.35 * smooth((place - 0.75) * 4))
    return Beats(train.onsets, gains)


def hoot(cast: Cast) -> Gesture:
    """Arch a soft low tone slightly, with breath around it."""
    x, u = cast.points(), cast.free
    height = 0.25 + (0.35 + 0.4 * u[0]) * np.sin(np.pi * np.minimum(x * (1.1 + 0.5 * u[1]), 1)) - 0.2 * x
    amplitude = envelope(x, cast.duration, 0.28 * cast.duration, (0.3 + 0.25 * u[2]) * cast.duration)
    return Gesture(cast.hertz(height), amplitude, brightness=0.05 + 0.2 * cast.noisy, grain=0.12)


def coo(cast: Cast) -> Gesture:
    """Swell, rising to a break or turning over in the middle, and fade."""
    x, u = cast.points(), cast.free
    if cast.fixed[0] > 0.5:
        height = steps(x, np.array([0.15 + 0.3 * u[1], 0.95, 0.25 + 0.3 * u[2], 0.1]), 1.4)
    else:
        height = 0.35 + 0.4 * u[1] * smooth(3 * x) - 0.35 * u[2] * smooth(1.5 * (x - 0.3))
    amplitude = envelope(x, cast.duration, 0.35 * cast.duration, 0.4 * cast.duration)
    amplitude = amplitude * (0.75 + 0.25 * np.sin(np.pi * x))
    brightness = 0.04 + 0.2 * cast.noisy
    return Gesture(cast.hertz(height + 0.02 * cast.waver(x)), amplitude, brightness, grain=0.1)


def boom(cast: Cast) -> Gesture:
    """Gulp air and let it resound: a very low tone that opens at once and dies slowly."""
    x, u = cast.points(), cast.free
    height = 0.3 + 0.6 * smooth(6 * x) - (0.3 + 0.3 * u[0]) * smooth(1.4 * (x - 0.25))
    amplitude = envelope(x, cast.duration, 0.12 * cast.duration, 0.65 * cast.duration)
    return Gesture(cast.hertz(height), amplitude, brightness=0.1 + 0.35 * cast.noisy, grain=0.1)


def hum(cast: Cast) -> Gesture:
    """Beat the wings: the rate of the wing beat and its many partials, unsteady as hovering is."""
    x, u = cast.points(), cast.free
    height = 0.5 + 0.3 * np.sin(2 * np.pi * x * cast.duration * (0.7 + u[0]) + 6 * u[1]) + 0.08 * cast.waver(x)
    sway = 0.75 + 0.25 * np.sin(2 * np.pi * x * cast.duration * (1.2 + u[2]) + 6 * u[3])
    amplitude = envelope(x, cast.duration, 0.12, 0.18) * sway
    formants = ((120.0 + 80 * u[4], 250.0, 0.0), (700.0 + 300 * u[5], 900.0, -8.0), (2600.0, 2500.0, -22.0))
    noise = 0.12 + 0.3 * cast.noisy
    return Gesture(cast.hertz(height), amplitude, 0.78, noise=noise, grain=0.3, formants=formants)
