"""Air: what vocal tract, distance, leaves, rooms and recorder do to a syllable, in one pass over its spectrum."""

from __future__ import annotations

import math
from dataclasses import dataclass, field
from functools import lru_cache

import numpy as np
from scipy import fft

from birdmml.song.gesture import in_order, raise_rate
from birdmml.song.noise import locked
from birdmml.song.render import Sound
from birdmml.song.site import Site
from confu_core.random import generator

FLOOR = 0.02  # Amplitude between the resonances, so that no partial vanishes.
ROOMS = 6
_COARSE = 512


def formant_response(
    frequency: np.ndarray, formants: tuple[tuple[float, float, float], ...], lowest_hz: float
) -> np.ndarray:  # float32, shape (n,)
    r"""Return what a vocal tract lets pass.

    :math:`|H| = (0.02 + \sum g / (1 + (2 (f - f_c) / b)^2)) / \sqrt{1 + (f_l / f)^6}`.
    """
    response = np.full(len(frequency), FLOOR, np.float32)
    for center, width, gain in formants:
        response += 10 ** (gain / 20) / (1 + np.square((frequency - center) * (2 / width)))
    below = np.square(lowest_hz / np.maximum(frequency, 1))
    response /= np.sqrt(1 + below * below * below)
    return response


def fast_length(least: int) -> int:
    """Return a power of two times 1, 3, 5 or 9 that is not less than a length.

    Such lengths take two thirds of the time of neighbours with larger odd parts.
    """
    return min(factor << max(4, (-(-least // factor) - 1).bit_length()) for factor in (1, 3, 5, 9))


@dataclass(frozen=True)
class Path:
    """The way from a bird to the recording."""

    sample_rate: int  # In Hz.
    # Amplitude that the recorder lets pass, at even steps from 0 to the Nyquist frequency; shape (513,).
    recorder: np.ndarray
    air: np.ndarray  # The same of the air; shape (513,).
    room: int  # Which reverberation.
    shift: bool  # Whether it is of the shifted split.
    wetness: float  # Amplitude of the reverberation beside the direct sound.
    echoes: tuple[tuple[int, float], ...]  # Delay in samples, and amplitude, of first reflections.
    # Transfer functions by length of transform, each computed when first asked for.
    known: dict[int, np.ndarray] = field(default_factory=dict, compare=False, repr=False)

    def transfer(self, size: int) -> np.ndarray:
        """Return the transfer function for a transform of some length, shape (size // 2 + 1,), complex64."""
        if size not in self.known:
            way = room_spectrum(self.sample_rate, size, self.room, self.shift) * np.float32(self.wetness)
            way += np.float32(1)
            way *= _at_bins(self.recorder * self.air, size)
            self.known[size] = way
        return self.known[size]


def absorption_db(frequency: np.ndarray, distance_m: float, foliage: float) -> np.ndarray:
    r"""Return the loss in dB on the way beyond the spreading of the wave.

    :math:`(0.45 f^{1.6} + w f)\, d / 100` dB with f in kHz, d in m and w the foliage: the first term follows the
    absorption of air at 20 degrees and 50% humidity.
    """
    kilo = frequency * 1e-3
    return (0.45 * np.exp(1.6 * np.log(np.maximum(kilo, 1e-3))) + foliage * kilo) * (distance_m / 100)


def path_through(site: Site, distance_m: float, sample_rate: int) -> Path:
    """Return the way through a site; reverberation and reflections gain on the direct sound with distance."""
    near = (distance_m / 25) ** 0.7
    frequency = np.arange(_COARSE + 1, dtype=np.float32) * np.float32(sample_rate / (2 * _COARSE))
    loss = absorption_db(frequency, distance_m, site.foliage)
    air = np.exp(loss * (-math.log(10) / 20))
    air[0] = 0
    echoes = tuple((max(1, round(delay * sample_rate)), gain * min(near, 1.3)) for delay, gain in site.echoes.tolist())
    recorder, room = site.recorder.response(frequency), int(site.room * ROOMS)
    return Path(sample_rate, recorder, air, room, site.shift, site.wetness * near, echoes)


def carry(sound: Sound, path: Path) -> np.ndarray:  # float32, shape (at least n and a tail,)
    """Let a syllable pass its vocal tract and the air; it is scaled as if of root mean square 1 at the bill."""
    count = len(sound.samples)
    size = fast_length(max(512, count + round(tail_seconds(path.shift) * path.sample_rate)))
    near = np.zeros(size, np.float32)
    near[:count] = sound.samples
    for delay, gain in path.echoes:
        near[delay : delay + count] += np.float32(gain) * sound.samples[: size - delay]
    spectrum = fft.rfft(near, overwrite_x=True)
    power = float(np.add.reduce(np.square(sound.samples))) / count
    if sound.formants:
        frequency = np.arange(size // 2 + 1, dtype=np.float32) * np.float32(path.sample_rate / size)
        spectrum *= formant_response(frequency, sound.formants, sound.lowest_hz)
        power = 2 * float(np.add.reduce(np.square(spectrum.view(np.float32)))) / (size * count)
    if power <= 0:
        return np.zeros(size, np.float32)
    spectrum *= path.transfer(size)
    samples = fft.irfft(spectrum, size, overwrite_x=True)
    samples *= np.float32(1 / math.sqrt(power))
    return samples


def tail_seconds(shift: bool) -> float:
    """Return how long reverberation is kept, in seconds: longer in the hard rooms of the shifted split."""
    return 0.6 if shift else 0.36


@lru_cache(maxsize=256)
def room_spectrum(sample_rate: int, size: int, room: int, shift: bool) -> np.ndarray:
    """Return the transform, of some length, of one room's reverberant tail."""
    return locked(fft.rfft(_room_tail(sample_rate, room, shift), size))


@lru_cache(maxsize=4 * ROOMS)
def _room_tail(sample_rate: int, room: int, shift: bool) -> np.ndarray:
    """Return the reverberant tail of a room, of energy 1: noise that decays, its treble sooner."""
    source = generator(0, "song", "room", room, int(shift), sample_rate)
    length = tail_seconds(shift)
    samples = round(length * sample_rate)
    time = np.arange(samples, dtype=np.float32) / sample_rate
    duration = source.uniform(0.9, 1.8) if shift else source.uniform(0.25, 0.8)
    noise = fft.rfft(source.standard_normal((3, samples), dtype=np.float32))
    frequency = np.arange(noise.shape[1], dtype=np.float32) * (sample_rate / samples)
    lower, upper = 1 / (1 + (frequency / 1500) ** 4), 1 / (1 + (5000 / np.maximum(frequency, 1)) ** 4)
    bands = fft.irfft(noise * np.stack((lower, (1 - lower) * (1 - upper), upper)), samples)
    decays = duration * np.array([[1.15], [1.0], [0.6]], np.float32)
    onset = np.clip((time - source.uniform(0.008, 0.03)) / 0.02, 0, 1) * np.clip((length - time) / 0.1, 0, 1)
    tail = (bands * np.exp(np.float32(-3 * np.log(10)) * time / decays)).sum(axis=0) * onset
    return tail / np.sqrt(np.sum(np.square(tail)))


def _at_bins(points: np.ndarray, size: int) -> np.ndarray:
    """Interpolate a response to the bins of a transform."""
    steps = math.gcd(size // 2, _COARSE)
    points = points[:: _COARSE // steps]
    return np.append(in_order(raise_rate(points, size // 2 // steps)), points[-1])
