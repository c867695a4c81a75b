"""Site: where a recording is made and with what; distance and company change from take to take."""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np

from birdmml.song.noise import upper_limit
from birdmml.species import WEATHERS

_PINK = (1.0, 0.55, 0.4, 0.28, 0.16)  # Amplitudes of the bands of ambient noise, on average.
FULL_HZ, NARROW_HZ = 30_000.0, 6500.0  # Upper limits of recorders; the narrow ones occur under shift only.


@dataclass(frozen=True)
class Recorder:
    """Microphone and machine."""

    low_cut_hz: float  # Where its high-pass begins.
    tilt_db: float  # Gain per octave above 1 kHz, negative below.
    presence_hz: float  # A resonance an octave wide.
    presence_db: float
    top_hz: float  # Upper limit.
    hum_hz: int  # Of the mains: 50 or 60.
    hum: float  # Amplitudes of mains hum and own noise, beside an ambient noise of 1.
    hiss: float

    def response(self, frequency: np.ndarray) -> np.ndarray:  # float32, shape (n,)
        """Return the amplitudes that it lets pass at frequencies in Hz, nearly 0 below 20 Hz."""
        f = np.maximum(frequency, np.float32(1))
        octave = np.log2(f * np.float32(1e-3))
        bump = np.exp(-2 * np.square(octave - math.log2(self.presence_hz / 1000)))
        decibels = self.tilt_db * np.minimum(np.maximum(octave, -3), 4) + self.presence_db * bump
        inverse = np.square(1 / f)
        cut, blocked = inverse * self.low_cut_hz**2, inverse * 17.0**2
        sides = (1 + cut * cut) * (1 + np.square(blocked * blocked))
        return np.exp(decibels * (math.log(10) / 20)) / np.sqrt(sides) * upper_limit(f, self.top_hz)


@dataclass(frozen=True)
class Site:
    """A place, on one day, with one recorder."""

    recorder: Recorder  # What records.
    weather: str  # One of `birdmml.species.WEATHERS`.
    weather_level: float  # Amplitude beside an ambient noise of 1.
    # Amplitudes of the ambient noise in the bands of `birdmml.song.noise.EDGES`, before the recorder.
    ambient: tuple[float, ...]
    room: float  # In [0, 1): which reverberation.
    wetness: float  # Amplitude of the reverberation beside the direct sound, 25 m away.
    echoes: np.ndarray  # Delays in seconds and amplitudes of the first reflections; shape (echoes, 2).
    foliage: float  # Loss by leaves in dB per kilohertz and 100 m.
    shift: bool  # Whether all this is of kinds that only the shifted split has.


@dataclass(frozen=True)
class Circumstances:
    """What differs between recordings at one site."""

    distance_m: float  # From bird to recorder.
    snr_db: float  # Of the song to all else.
    # Distant birds: which (in [0, 1)), when (share of the clip), how loud (amplitude beside an ambient noise of 1);
    # shape (birds, 3).
    others: np.ndarray
    peak: float  # Of the recording, at most 0.95.
    places: np.ndarray  # In [0, 1): where loops of noise are read; shape (8,).


def draw_site(scene: np.random.Generator, shift: bool) -> Site:
    """Draw everything about a site but distance and company; equal streams are one site."""
    u = scene.random(24).tolist()
    recorder = _recorder(u, shift)
    weather = WEATHERS[sum(u[8] >= edge for edge in ((0.3, 0.7) if shift else (0.5, 0.8)))]
    echoes = 3 + int(u[12] * 3)
    delays = np.sort(scene.uniform(0.004, 0.18 if shift else 0.05, echoes))
    gains = (0.5 if shift else 0.26) * scene.uniform(0.3, 1, echoes) * np.copysign(1, scene.uniform(-1, 1, echoes))
    return Site(
        recorder=recorder,
        weather=weather,
        weather_level=0.0 if weather == "calm" else 10 ** ((-6 + 16 * u[9]) / 20),
        ambient=_ambient(u[13:20], shift),
        room=u[10],
        wetness=0.3 + 0.3 * u[11] if shift else 0.06 + 0.2 * u[11],
        echoes=np.stack((delays, gains / (1 + delays / 0.03)), axis=1),
        foliage=2.5 * u[20] ** 2,
        shift=shift,
    )


def draw_circumstances(site: Site, seconds: float, take: np.random.Generator) -> Circumstances:
    """Draw what differs between recordings at one site; the SNR falls by 10 dB at ten times the distance."""
    u = take.random(6).tolist()
    distance = 4 * 20 ** (u[0] ** 1.2)
    low, high = (-1.0, 14.0) if site.shift else (10.0, 36.0)
    snr = low + (high - low) * u[1] - 10 * math.log10(distance / 20) * (0.5 if site.shift else 1.0)
    birds = 0 if u[2] < 0.55 else 1 + int(u[3] * (1 + seconds / 2.5))
    others = take.random((birds, 3)) * (1, 1.1, 1) - (0, 0.1, 0)
    others[:, 2] = 10 ** ((-20 + 14 * others[:, 2]) / 20)
    peak = min(max(0.85 * (6 / distance) ** 0.45 * 10 ** (0.3 * (u[4] - 0.7)), 0.06), 0.94)
    return Circumstances(distance, min(max(snr, -3.0), 38.0), others, peak, take.random(8))


def _recorder(u: list[float], shift: bool) -> Recorder:
    if shift:
        return Recorder(
            low_cut_hz=150 + 250 * u[0],
            tilt_db=-4 + 2 * u[1],
            presence_hz=900 + 900 * u[2],
            presence_db=5 + 5 * u[3],
            top_hz=NARROW_HZ if u[4] < 0.5 else FULL_HZ,
            hum_hz=50,
            hum=0.5 * u[5],
            hiss=0.25 + 0.6 * u[6],
        )
    return Recorder(
        low_cut_hz=40 * 3.5 ** u[0],
        tilt_db=-1 + 2 * u[1],
        presence_hz=2500 + 3500 * u[2],
        presence_db=-2 + 6 * u[3],
        top_hz=FULL_HZ,
        hum_hz=60,
        hum=0.25 * max(0.0, u[5] - 0.6),
        hiss=0.02 + 0.2 * u[6] ** 2,
    )


def _ambient(u: list[float], shift: bool) -> tuple[float, ...]:
    """Return amplitudes of bands: pink noise of the place, with insects where the site is of the shifted kind."""
    tilt = 0.8 ** (2 * u[5] - 0.5)
    insects = (1.0, 1.0, 1 + 2.5 * u[6], 1 + 2.5 * u[6], 1.0) if shift else (1.0,) * len(_PINK)
    return tuple(
        level * (0.6 + 0.8 * draw) * tilt**band * louder
        for band, (level, draw, louder) in enumerate(zip(_PINK, u, insects, strict=False))
    )
