"""What is measured of sounds, against truth that was planted."""

from __future__ import annotations

import io

import librosa
import numpy as np
import pytest
import soundfile

from birdmml.audit.measures import _filters, clipped_share, measure_sound, mel_power, signal_to_noise
from confu_core.errors import DatasetError

RATE = 22050


@pytest.mark.parametrize("colour", [0.0, 0.5, 1.0])
@pytest.mark.parametrize("seconds", [1.0, 3.0])
def test_noise_of_any_colour_has_no_signal(colour: float, seconds: float) -> None:
    for seed in range(3):
        white = np.fft.rfft(np.random.default_rng(seed).normal(size=int(seconds * RATE)))
        shaped = np.fft.irfft(white / np.maximum(1, np.arange(len(white))) ** colour)
        samples = (0.1 * shaped / shaped.std()).astype(np.float32)
        assert signal_to_noise(mel_power(samples, RATE)) < -1.5


@pytest.mark.parametrize("level", [0, 10, 20])
def test_the_ratio_of_a_tone_in_noise_rises_with_its_level(level: int) -> None:
    time = np.arange(2 * RATE) / RATE
    noise = np.random.default_rng(1).normal(0, 0.01, len(time))
    for steady in (True, False):
        tone = np.sin(2 * np.pi * 2500 * time) * (1 if steady else (time % 0.5 < 0.15))
        tone *= 0.01 * 10 ** (level / 20) / np.sqrt((tone**2).mean())
        assert signal_to_noise(mel_power((tone + noise).astype(np.float32), RATE)) > level - 3


def test_clipping_is_told_by_its_shape() -> None:
    time = np.arange(RATE) / RATE
    tone = np.sin(2 * np.pi * 500 * time)
    assert clipped_share(tone) == 0
    # Of a sine clipped at half its height two thirds lie on plateaus.
    assert clipped_share(0.2 * np.clip(tone, -0.5, 0.5)) == pytest.approx(2 / 3, abs=0.03)
    assert clipped_share(np.zeros(10)) == clipped_share(np.ones(2)) == 0


def test_measures_of_a_file() -> None:
    file = io.BytesIO()
    soundfile.write(file, 0.5 * np.sin(np.arange(8000) / 3), 16000, format="flac")
    measures, _ = measure_sound(file.getvalue(), 16000)
    assert (measures["rate"], measures["seconds"]) == (16000, 0.5)
    assert measures["peak"] == pytest.approx(0.5, abs=1e-3)
    with pytest.raises(DatasetError, match="the sound cannot be decoded"):
        measure_sound(b"RIFF", 16000)


@pytest.mark.filterwarnings("ignore:Empty filters")
@pytest.mark.parametrize("rate", [8000, 22_050, 48_000])
def test_mel_bands_are_those_of_librosa(rate: int) -> None:
    frame = round(0.046 * rate)
    published = librosa.filters.mel(sr=rate, n_fft=frame, n_mels=32, fmin=60, fmax=10_000, htk=True, norm=None).T
    heard = published.sum(0) > 0  # Where a band lies between two bins or above the spectrum, librosa has none.
    assert heard.sum() >= 20
    ours = _filters(rate, frame)[:, heard]
    np.testing.assert_allclose(ours, published[:, heard] / published[:, heard].sum(0), atol=1e-6)
