"""Recipes of the harsh, nasal and percussive syllables: voices rich in partials and noise, rattles, blows on wood."""

from __future__ import annotations

import numpy as np

from birdmml.song.gesture import Beats, Cast, Gesture, beats, bend, envelope, smooth, steps

BLOW = 0.07  # Seconds that one blow rings.


def buzz(cast: Cast) -> Gesture:
    """Sweep up and down so fast that it rasps, while the whole holds, climbs or sinks."""
    x, u = cast.points(), cast.free
    rate = cast.trill_rate if cast.trill_rate >= 25 else 70 + 50 * cast.fixed[1]
    swing = np.sin(2 * np.pi * rate * cast.duration * x + 0.7 * cast.roughness(len(x), 30))
    height = 0.5 + 0.55 * (cast.fixed[0] - 0.5) * (2 * x - 1) + (0.18 + 0.12 * u[2]) * swing
    amplitude = envelope(x, cast.duration, 0.02 + 0.15 * u[3] * cast.duration, 0.03) * (
        0.55 + 0.4 * np.sin(2 * np.pi * rate * cast.duration * x + 1 + 2 * u[4])
    )
    return Gesture(cast.hertz(height), amplitude, 0.06 + 0.25 * cast.noisy, grain=0.15 + 0.6 * cast.noisy)


def harsh(cast: Cast) -> Gesture:
    """Force the voice until it is half noise."""
    x, u = cast.points(), cast.free
    height = steps(x, np.array([0.2 + 0.4 * u[0], 0.6 + 0.4 * u[1], 0.5 * u[2]]))
    shake = 0.012 + 0.07 * cast.noisy
    frequency = cast.hertz(height) * (1 + shake * cast.roughness(len(x), 90))
    rasp = 1 - (0.15 + 0.35 * u[3]) * (
        0.5 + 0.5 * np.sin(2 * np.pi * (cast.trill_rate or 60 + 60 * u[4]) * cast.duration * x)
    )
    amplitude = envelope(x, cast.duration, 0.012 + 0.03 * u[5], 0.05 + 0.1 * u[6]) * rasp
    noise, grain = np.minimum(0.92, cast.noisy * (0.55 + 0.5 * x)), 0.5 * cast.noisy
    frequency, tract = cast.within(frequency), _tract(cast, 1.0)
    return Gesture(frequency, amplitude, 0.8, noise=noise, grain=grain, subharmonic=grain * u[7], formants=tract)


def croak(cast: Cast) -> Gesture:
    """Let a low voice break into pulses."""
    x, u = cast.points(), cast.free
    pulses = cast.trill_rate if cast.trill_rate >= 10 else 28 + 30 * u[0]
    beat = 0.5 + 0.5 * np.sin(2 * np.pi * pulses * cast.duration * x + 0.5 * cast.roughness(len(x), 20))
    frequency = cast.hertz(0.75 - 0.6 * bend(x, 1.0) + 0.2 * u[1]) * (1 + 0.04 * cast.roughness(len(x), 60))
    amplitude = envelope(x, cast.duration, 0.02, 0.3 * cast.duration) * (1 - (0.5 + 0.4 * u[2]) * beat)
    noise = 0.15 + 0.6 * cast.noisy
    return Gesture(
        cast.within(frequency), amplitude, 0.86, noise=noise, grain=0.4, subharmonic=0.5, formants=_tract(cast, 0.8)
    )


def quack(cast: Cast) -> Gesture:
    """Speak through the nose, falling a little."""
    x, u = cast.points(), cast.free
    height = 0.25 + 0.6 * np.sin(np.pi * np.minimum(0.25 + 0.75 * x, 1)) * (0.6 + 0.4 * u[0]) - 0.2 * x
    frequency = cast.hertz(height) * (1 + 0.012 * cast.roughness(len(x), 60))
    amplitude = envelope(x, cast.duration, 0.012 + 0.01 * u[1], 0.4 * cast.duration)
    frequency, noise, under = cast.within(frequency), 0.45 * cast.noisy, 0.15 * u[2]
    tract = _tract(cast, 1.1)
    return Gesture(frequency, amplitude, 0.9, noise=noise, grain=0.25, subharmonic=under, formants=tract)


def honk(cast: Cast) -> Gesture:
    """Begin low, break upward, and sag."""
    x, u = cast.points(), cast.free
    at = 0.22 + 0.2 * u[0]
    height = (
        0.12 + 0.1 * x / at + (0.65 + 0.2 * u[1]) * smooth((x - at) / 0.06) - 0.25 * smooth((x - at - 0.1) / (0.9 - at))
    )
    frequency = cast.hertz(height) * (1 + 0.006 * cast.waver(x))
    gap = 1 - 0.6 * np.exp(-(((x - at) / 0.04) ** 2))
    amplitude = envelope(x, cast.duration, 0.02, 0.25 * cast.duration) * (0.55 + 0.45 * smooth((x - at) / 0.1)) * gap
    noise = 0.35 * cast.noisy
    return Gesture(cast.within(frequency), amplitude, 0.85, noise=noise, grain=0.12, formants=_tract(cast, 0.85))


def scream(cast: Cast) -> Gesture:
    """Leap to the top, hold, and fall away hoarsely."""
    x, u = cast.points(), cast.free
    height = (0.55 + 0.2 * u[0]) + (0.45 - 0.2 * u[0]) * smooth(x / (0.08 + 0.08 * u[1]))
    height = height - bend(np.maximum((x - 0.2) / 0.8, 0), -1.5 - u[2])
    hoarse = 0.25 + 0.75 * smooth(1.4 * x)
    frequency = cast.hertz(height) * (1 + 0.012 * (1.2 - cast.harmonicity) * hoarse * cast.roughness(len(x), 70))
    amplitude = envelope(x, cast.duration, 0.03, 0.3 * cast.duration) * (1 - 0.3 * x)
    frequency, noise = cast.within(frequency), (0.06 + 0.7 * cast.noisy) * hoarse
    bright, under, tract = 0.45 + 0.3 * cast.noisy, 0.35 * cast.noisy + 0.1, _tract(cast, 1.0)
    return Gesture(frequency, amplitude, bright, noise=noise, grain=0.35, subharmonic=under, formants=tract)


def _tract(cast: Cast, scale: float) -> tuple[tuple[float, float, float], ...]:
    """Return formants: of a throat that is long for a low voice, and that follows a high one."""
    middle, u = cast.middle_hz(), cast.free
    size = scale * (0.85 + 0.3 * u[9])
    if middle < 900:
        first = 1150 * size * (middle / 450) ** 0.3
        return ((first, 0.35 * first, 0.0), (2.1 * first, 0.5 * first, -5 - 5 * u[10]), (3.4 * first, first, -14.0))
    return ((1.25 * middle * size, 1.0 * middle, 0.0), (2.4 * middle * size, 1.4 * middle, -7 - 5 * u[10]))


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
    gains = train.gains * (0.6 + 0.4 * smooth(place / 0.15))
    gains = gains * (1 - (0.2 + 0.5 * cast.fixed[2]) * smooth((place - 0.4) / 0.6))
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
        noise=0.2 + 0.6 * cast.noisy,
        grain=0.4,
        formants=((1.1 * middle, 0.9 * middle, 0.0), (2.2 * middle, 1.5 * middle, -6 - 4 * u[2])),
        beats=Beats(train.onsets, train.gains * (0.7 + 0.3 * np.sin(np.arange(len(train.gains)) * 0.4 + 6 * u[3]))),
    )
