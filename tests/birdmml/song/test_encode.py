from __future__ import annotations

import numpy as np
import pytest
from song_rows import SONGS, streams

from birdmml.song import decode_flac, encode_flac, log_mel, sing
from birdmml.song.recording import to_int16
from birdmml.species import Song
from confu_core.errors import DatasetError, InvalidValue

RATE = 22_050


@pytest.fixture(scope="module")
def samples() -> np.ndarray:
    return sing(SONGS["flute"], **streams(0))[0]


def test_flac_keeps_the_sixteen_bits(samples: np.ndarray) -> None:
    data = encode_flac(samples, RATE)
    assert data[:4] == b"fLaC"
    decoded, rate = decode_flac(data)
    assert rate == RATE
    assert decoded.dtype == np.int16
    assert np.array_equal(decoded, to_int16(samples))
    assert abs(decoded.mean()) < 3


def test_flac_refuses_what_would_clip() -> None:
    with pytest.raises(InvalidValue, match=r"^samples must be in \[-1, 1\]; got 0 to 1.5$"):
        encode_flac(np.array([0.0, 1.5]), RATE)
    with pytest.raises(InvalidValue):
        encode_flac(np.array([0.0, np.nan]), RATE)


def test_damaged_flac_is_named(samples: np.ndarray) -> None:
    with pytest.raises(DatasetError, match="not a FLAC file"):
        decode_flac(b"RIFF" + encode_flac(samples, RATE)[4:])


def test_log_mel_is_the_one_of_librosa(samples: np.ndarray) -> None:
    import librosa

    power = librosa.feature.melspectrogram(
        y=samples, sr=RATE, n_fft=1024, hop_length=512, n_mels=128, fmin=500, fmax=10_000
    )
    made = log_mel(samples, RATE)
    assert made.dtype == np.float32
    assert made.shape == (128, 1 + len(samples) // 512)
    assert np.array_equal(made, librosa.power_to_db(power))


@pytest.mark.parametrize(
    ("named", "sentence"),
    [
        ({"seconds": 0.1}, r"seconds must be in \[0.25, 60\]; got 0.1"),
        ({"seconds": 61.0}, r"seconds must be in \[0.25, 60\]; got 61"),
        ({"seconds": float("nan")}, r"seconds must be in \[0.25, 60\]; got nan"),
        ({"sample_rate": 7999}, r"sample_rate must be a whole number in \[8000, 48000\]; got 7999"),
        ({"sample_rate": 22_050.5}, r"sample_rate must be a whole number in \[8000, 48000\]; got 22050.5"),
    ],
)
def test_numbers_out_of_range(named: dict, sentence: str) -> None:
    with pytest.raises(InvalidValue, match=f"^{sentence}$"):
        sing(SONGS["slur"], **named, **streams(0))


def test_a_song_above_the_sample_rate() -> None:
    song = Song(("whistle",), 6000, 8000, 2, "A", 1, 1, 0)
    with pytest.raises(InvalidValue, match=r"^sample_rate must be at least 15346 to hold .* 6000 Hz; got 8000$"):
        sing(song, sample_rate=8000, **streams(0))
    assert sing(song, sample_rate=16_000, **streams(0))[0].any()
