from __future__ import annotations

import numpy as np
import pytest
from song_rows import SONGS, TONAL, recorded, streams

from birdmml.song import sing
from birdmml.song.render import render
from birdmml.song.voice import KINDS, RECIPES, voice_of
from birdmml.species import WEATHERS, load_species

RATE = 22_050


def dry(kind: str, bird: int = 0) -> np.ndarray:
    song = SONGS[kind]
    voice = voice_of(song, streams(bird)["individual"])
    duration = KINDS[kind].duration(1 / song.rate, 0.9)
    return render(RECIPES[kind](voice.cast(0, duration, 0, RATE)), RATE, 0.3).samples


def clicks_db(samples: np.ndarray, low_hz: float) -> float:
    """Return the share of the energy far below the fundamental: a jump has energy everywhere, a voice has not there."""
    power = np.abs(np.fft.rfft(np.pad(samples, 512), 1 << 16)) ** 2
    return float(10 * np.log10(power[: int(0.4 * low_hz / RATE * (1 << 16))].sum() / power.sum()))


@pytest.mark.parametrize("kind", SONGS)
def test_every_kind_is_finite_audible_centred_and_unclipped(kind: str) -> None:
    for name, shift in ((0, False), (1, True)):
        made = recorded(SONGS[kind], name, shift=shift)
        samples = made.mix(RATE)
        assert samples.dtype == np.float32
        assert samples.shape == (3 * RATE,)
        assert np.isfinite(samples).all()
        assert 0.02 < np.abs(samples).max() <= 0.95
        assert abs(samples.mean(dtype=float)) < 2e-4
        assert made.facts.syllables == (kind,)
        assert np.sqrt(np.mean(made.song[made.sounding] ** 2)) > 0.003


@pytest.mark.parametrize("kind", [*TONAL, "trill", "buzz"])
def test_no_clicks_within_a_syllable_nor_at_its_ends(kind: str) -> None:
    for bird in range(3):
        samples = dry(kind, bird)
        assert clicks_db(samples, SONGS[kind].low_hz) < -65
        assert abs(samples[0]) < 0.02 * np.abs(samples).max()
        crest = len(samples) // 2 + int(np.argmax(np.abs(samples[len(samples) // 2 :][:60])))
        assert clicks_db(samples[: crest + 1], SONGS[kind].low_hz) > -62  # What a click would show as.


@pytest.mark.parametrize("kind", SONGS)
def test_recordings_open_and_close_softly(kind: str) -> None:
    samples = recorded(SONGS[kind], 4).mix(RATE)
    assert np.abs(samples[[0, 1, -2, -1]]).max() < 0.01 * np.abs(samples).max()


@pytest.mark.parametrize("seconds", [0.25, 1.0, 7.3])
@pytest.mark.parametrize("rate", [8000, 16_000, 44_100, 48_000])
def test_lengths_and_sample_rates(seconds: float, rate: int) -> None:
    samples, facts = sing(SONGS["coo"], seconds=seconds, sample_rate=rate, **streams(5))
    assert samples.shape == (round(seconds * rate),)
    assert np.isfinite(samples).all()
    assert 0.02 < np.abs(samples).max() <= 0.95
    assert facts.syllables == ("coo",)
    assert facts.weather in WEATHERS


def test_a_minute_holds_many_bouts() -> None:
    samples, facts = sing(SONGS["chip"], seconds=60.0, **streams(0))
    assert samples.shape == (60 * RATE,)
    assert facts.phrases > 30


def test_the_snr_is_as_stated() -> None:
    for number, kind in enumerate(SONGS):
        made = recorded(SONGS[kind], number, shift=number % 2 == 0)
        song, rest = made.song.astype(float), made.rest.astype(float)
        measured = 10 * np.log10(np.mean(song[made.sounding] ** 2) / np.mean(rest**2))
        assert measured == pytest.approx(made.facts.snr_db, abs=0.1)
        edge = round(0.004 * RATE)
        mix = made.mix(RATE)[edge:-edge]
        assert np.allclose(mix, (made.song + made.rest)[edge:-edge], atol=3e-3)


def test_every_species_of_the_table_can_be_sung() -> None:
    for number, species in enumerate(load_species()):
        samples, facts = sing(species.song, seconds=1.5, **streams(number))
        assert np.isfinite(samples).all(), species.common_name
        assert set(facts.syllables) <= set(species.song.syllables)
        low, high = species.song.low_hz, species.song.high_hz
        assert 0.95 * low <= facts.low_hz <= facts.high_hz <= 1.05 * high, species.common_name


def test_no_partial_folds_back_at_a_low_sample_rate() -> None:
    high = sing(SONGS["slur"], sample_rate=8000, **streams(0))[1]
    assert high.high_hz < 0.46 * 8000
