"""Facts against what is measured on takes without noise."""

from __future__ import annotations

import numpy as np
import pytest
from scipy import signal
from song_rows import SONGS, TONAL, recorded, streams

from birdmml.song import sing
from birdmml.species import Song, find_species

RATE = 22_050


def loudness(samples: np.ndarray) -> np.ndarray:
    """Return the envelope, smoothed over 4 ms."""
    return np.sqrt(np.convolve(samples**2, np.hanning(89) / 44, "same"))


def strongest(samples: np.ndarray, window: int) -> np.ndarray:
    """Return the strongest frequency of each frame in which the song is loud, in Hz."""
    frequency, _, frames = signal.stft(samples, RATE, nperseg=window, noverlap=window * 3 // 4, nfft=4 * window)
    power = np.abs(frames) ** 2
    loud = power.sum(axis=0) > 0.05 * power.sum(axis=0).max()
    return frequency[power[:, loud].argmax(axis=0)]


@pytest.mark.parametrize("kind", TONAL)
def test_the_fundamental_is_the_stated_one_and_within_the_band(kind: str) -> None:
    song = SONGS[kind]
    for name in range(3):
        made = recorded(song, name)
        heard = strongest(made.song, 2048 if song.high_hz < 1000 else 256)
        slack = 12.0 if song.high_hz < 1000 else 120.0
        assert heard.min() > 0.95 * song.low_hz - slack
        assert heard.max() < 1.05 * song.high_hz + slack
        assert made.facts.low_hz - slack < heard.min()
        assert heard.max() < made.facts.high_hz + slack


def test_two_whistles_step_down() -> None:
    made = recorded(find_species("Black-capped Chickadee").song, seconds=6.0)
    heard = strongest(made.song, 512)
    assert np.quantile(heard, 0.9) / np.quantile(heard, 0.1) == pytest.approx(4000 / 3200, abs=0.1)


@pytest.mark.parametrize(("kind", "rate"), [("chip", 5.0), ("hoot", 2.0), ("quack", 3.0), ("chirp", 4.0)])
def test_the_rate_is_the_one_of_the_envelope(kind: str, rate: float) -> None:
    low, high = SONGS[kind].low_hz, SONGS[kind].high_hz
    song = Song((kind,), low, high, rate, "A" * 40, 1, 0.9, 0)
    for name in range(3):
        made = recorded(song, name, seconds=5.0)
        envelope = np.convolve(loudness(made.song), np.hanning(661) / 330, "same")
        peaks, _ = signal.find_peaks(envelope, distance=0.6 * RATE / rate, height=0.15 * envelope.max())
        assert RATE / np.diff(peaks).mean() == pytest.approx(made.facts.rate, rel=0.06)
        assert made.facts.rate == pytest.approx(rate, rel=0.25)


@pytest.mark.parametrize(("kind", "rate"), [("trill", 14.0), ("rattle", 20.0), ("drum", 16.0), ("buzz", 60.0)])
def test_the_trill_rate_is_the_one_of_the_row(kind: str, rate: float) -> None:
    row = SONGS[kind]
    song = Song((kind,), row.low_hz, row.high_hz, 0.4, "A", 1, row.harmonicity, rate)
    made = recorded(song, 1)
    envelope = loudness(made.song)[made.sounding]
    spectrum = np.abs(np.fft.rfft((envelope - envelope.mean()) * np.hanning(len(envelope)), 1 << 18))
    frequency = np.arange(len(spectrum)) * RATE / (1 << 18)
    band = (frequency > 0.6 * rate) & (frequency < 1.6 * rate)
    assert frequency[band][spectrum[band].argmax()] == pytest.approx(rate, rel=0.2)


def test_facts_name_what_is_heard_and_count_whole_phrases() -> None:
    song = Song(("slur", "hoot"), 300, 4000, 4, "AAB", 1, 1, 0)
    for name in range(6):
        facts = recorded(song, name, seconds=4.0).facts
        assert set(facts.syllables) == {"slur", "hoot"}
        assert 1 <= facts.phrases <= 4
    short = recorded(Song(("scream",), 1500, 3000, 0.45, "A", 1, 0.5, 0), 0, seconds=0.25).facts
    assert short.phrases == 0


def test_the_facts_of_a_clipped_sweep_are_those_of_the_part_that_is_heard() -> None:
    song = Song(("slur",), 1000, 4000, 1.2, "A", 1, 1, 0)
    for name in range(4):
        made = recorded(song, name, seconds=0.3)
        heard = strongest(made.song[made.sounding], 256)
        assert heard.min() > made.facts.low_hz - 130
        assert made.facts.low_hz > 1100


def test_individuals_are_recognised_and_species_differ() -> None:
    names = (
        "Northern Cardinal",
        "Black-capped Chickadee",
        "Mallard",
        "Great Horned Owl",
        "Chipping Sparrow",
        "American Crow",
    )
    edges = np.geomspace(150, 10_000, 25)

    def spectrum(name: str, bird: int) -> np.ndarray:
        power = np.abs(np.fft.rfft(recorded(find_species(name).song, bird).song)) ** 2
        bands = np.add.reduceat(power, np.searchsorted(np.arange(len(power)) * RATE / (3 * RATE), edges)[:-1])
        return np.log(bands / bands.sum() + 1e-5)

    known = {name: np.mean([spectrum(name, bird) for bird in range(4)], axis=0) for name in names}
    right = 0
    for name in names:
        for bird in range(4, 7):
            made = spectrum(name, bird)
            right += min(known, key=lambda other: float(np.square(known[other] - made).sum())) == name
    assert right >= 17


def test_shift_is_of_another_kind() -> None:
    from birdmml.song.site import draw_site

    usual, shifted = ([draw_site(streams(n)["scene"], shift) for n in range(60)] for shift in (False, True))
    assert max(site.recorder.low_cut_hz for site in usual) < min(site.recorder.low_cut_hz for site in shifted)
    assert max(site.wetness for site in usual) < min(site.wetness for site in shifted)
    assert {site.recorder.hum_hz for site in usual} == {60}
    assert {site.recorder.hum_hz for site in shifted} == {50}
    ratios = [
        np.mean([sing(SONGS["slur"], seconds=0.5, **streams(n), shift=s)[1].snr_db for n in range(40)])
        for s in (False, True)
    ]
    assert ratios[1] < ratios[0] - 10
