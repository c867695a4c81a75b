"""Variation and noise of one sample."""

from __future__ import annotations

import numpy as np
import pytest
from digit_sounds import RATE

from confu_core.datasets.digits.sample import Variation, add_noise, babble, place_word, varied, white
from confu_core.inputs.alterations import pink_noise


def _loudest_hz(samples: np.ndarray, rate: int = RATE) -> float:
    spectrum = np.abs(np.fft.rfft(samples * np.hanning(len(samples)), 1 << 16))
    return float(np.argmax(spectrum)) * rate / (1 << 16)


@pytest.mark.parametrize("pitch", [0.9, 1.0, 1.12])
@pytest.mark.parametrize("tempo", [0.85, 1.0, 1.2])
def test_pitch_and_tempo_change_apart(pitch: float, tempo: float) -> None:
    plain = np.sin(2 * np.pi * 440 * np.arange(4000) / RATE).astype(np.float32)
    said = varied(plain, Variation(pitch, tempo, 0.0, 0.0), RATE, RATE)
    assert len(said) == round(4000 / tempo)
    assert _loudest_hz(said) == pytest.approx(440 * pitch, rel=0.01)
    assert np.mean(said**2) == pytest.approx(1)
    # A steady tone stays steady: the pieces join without gaps.
    middle = said[400:-400]
    power = [np.mean(middle[at : at + 200] ** 2) for at in range(0, len(middle) - 200, 200)]
    assert max(power) / min(power) < 1.3


def test_a_long_word_is_said_faster_and_placed_whole() -> None:
    plain = np.ones(3 * RATE, np.float32)
    said = varied(plain, Variation(1.0, 1.0, 0.0, 0.0), RATE, RATE)
    assert len(said) == RATE
    for lead_in in (0.0, 0.5, 0.999999):
        clip = place_word(np.ones(100), Variation(1.0, 1.0, 0.0, lead_in), 300)
        assert clip.sum() == 100


@pytest.mark.parametrize("snr", [-7.0, 0.0, 12.5])
def test_noise_is_added_at_the_ratio(snr: float) -> None:
    clip = np.zeros(RATE)
    clip[1000:4000] = np.sqrt(2) * np.sin(np.arange(3000) * 2 * np.pi * 0.05)
    for noise in (white(np.random.default_rng(1), RATE), pink_noise(np.random.default_rng(1), RATE)):
        added = add_noise(clip, noise, snr) - clip
        power = np.mean(clip[1000:4000] ** 2) / np.mean(added**2)
        assert 10 * np.log10(power) == pytest.approx(snr, abs=0.01)


def test_pink_noise_has_the_same_power_in_every_octave_and_white_has_not() -> None:
    def octaves(noise: np.ndarray) -> np.ndarray:
        power = np.abs(np.fft.rfft(noise)) ** 2
        return np.array([power[1 << n : 2 << n].sum() for n in range(9, 15)])

    draw = np.random.default_rng(0)
    assert np.ptp(np.log2(octaves(pink_noise(draw, 1 << 16)))) < 0.3
    assert np.diff(np.log2(octaves(white(draw, 1 << 16)))) == pytest.approx(np.ones(5), abs=0.2)


def test_babble_is_words_backwards() -> None:
    spoken = np.arange(1.0, 6.0)
    mixed = babble(np.random.default_rng(0), 10, [spoken])
    assert sorted(mixed.tolist()) == sorted([*spoken, *spoken])
    assert set(np.diff(mixed)) == {-1, 4}
