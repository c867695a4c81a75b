"""Degradations for tests of robustness: what is left of a picture, a sound or a caption, at five strengths."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import numpy as np

from confu_core.errors import InvalidValue, nearest
from confu_core.random import generator

__all__ = ["DEGRADATIONS", "Degradation", "degrade"]

_GREY = 128


@dataclass(frozen=True)
class Degradation:
    """A way to spoil samples of one kind of modality.

    Attributes
    ----------
    modality : str
        ``"picture"``, ``"sound"`` or ``"text"``: the kind in `InputSpec`.
    strengths : tuple of float
        Five, from mild to severe.
    unit : str
        Of a strength.
    label : str
        For the axis of a figure.
    """

    modality: str
    strengths: tuple[float, ...]
    unit: str
    label: str


DEGRADATIONS = {
    "blur": Degradation("picture", (0.01, 0.02, 0.04, 0.08, 0.16), "of the side", "Gaussian blur, standard deviation"),
    "occlusion": Degradation("picture", (0.1, 0.2, 0.3, 0.4, 0.5), "of the area", "covered by a grey rectangle"),
    "snr": Degradation("sound", (20.0, 10.0, 5.0, 0.0, -5.0), "dB", "signal-to-noise ratio, pink noise"),
    "words": Degradation("text", (0.1, 0.2, 0.3, 0.4, 0.5), "of the words", "words left out"),
}


def degrade(kind: str, value: Any, strength: float, *, seed: int, row: int) -> Any:
    """Degrade one sample; the same seed, strength and row give the same result."""
    if kind not in DEGRADATIONS:
        raise InvalidValue(f"unknown degradation {kind!r}; {nearest(kind, DEGRADATIONS)}")
    if not np.isfinite(strength) or (kind != "snr" and not 0 <= strength <= 1):
        allowed = "finite, in dB" if kind == "snr" else "in [0, 1]"
        raise InvalidValue(f"the strength of {kind!r} must be {allowed}; got {strength}")
    # A strength is named by its number, so that 0.5 and 1/2 draw alike.
    return _FUNCTIONS[kind](value, float(strength), generator(seed, "degrade", kind, repr(float(strength)), row))


def _blurred(picture: np.ndarray, sigma: float, random: np.random.Generator) -> np.ndarray:
    from scipy.ndimage import gaussian_filter

    width = sigma * picture.shape[-1]
    soft = gaussian_filter(picture.astype(np.float32), (0, width, width), mode="nearest")
    return np.rint(soft).clip(0, 255).astype(np.uint8)


def _occluded(picture: np.ndarray, share: float, random: np.random.Generator) -> np.ndarray:
    side = picture.shape[-1]
    area = share * side * side
    if round(area) == 0:
        return picture.copy()
    # Up to twice as wide as high or as high as wide, as far as it fits.
    wide = np.sqrt(area) * 2 ** random.uniform(-0.5, 0.5)
    width = int(np.clip(round(wide), np.ceil(area / side), side))
    height = min(side, max(1, round(area / width)))
    left, top = random.integers(side - width + 1), random.integers(side - height + 1)
    covered = picture.copy()
    covered[:, top : top + height, left : left + width] = _GREY
    return covered


def _noisy(samples: np.ndarray, snr_db: float, random: np.random.Generator) -> np.ndarray:
    power = float(np.mean(samples.astype(np.float64) ** 2))
    if power == 0:
        return samples.copy()  # No noise is a given ratio below silence.
    spectrum = np.fft.rfft(random.standard_normal(len(samples)))
    frequency = np.arange(len(spectrum), dtype=np.float64)
    spectrum[0] = 0
    pink = np.fft.irfft(spectrum / np.sqrt(np.maximum(frequency, 1)), len(samples))
    scale = np.sqrt(power / 10 ** (snr_db / 10) / max(float(np.mean(pink**2)), np.finfo(np.float64).tiny))
    return (samples + scale * pink).astype(np.float32)


def _shortened(caption: str, share: float, random: np.random.Generator) -> str:
    words = caption.split()
    keep = np.sort(random.permutation(len(words))[: len(words) - round(share * len(words))])
    return " ".join(words[place] for place in keep)


_FUNCTIONS: dict[str, Callable[[Any, float, np.random.Generator], Any]] = {
    "blur": _blurred,
    "occlusion": _occluded,
    "snr": _noisy,
    "words": _shortened,
}
