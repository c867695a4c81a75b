from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest
from song_rows import SONGS, streams

from birdmml.song.air import absorption_db, carry, fast_length, path_through, room_spectrum
from birdmml.song.gesture import Gesture, in_order, phase, raise_rate
from birdmml.song.noise import LOOP_SECONDS, read_loop, white_loop
from birdmml.song.render import HIGHEST, partials, render
from birdmml.song.site import draw_site
from birdmml.song.voice import KINDS, RECIPES, voice_of

RATE = 22_050


@pytest.mark.parametrize("count", [1, 2, 9, 40])
def test_partials_equal_their_sum(count: int) -> None:
    theta = np.linspace(0, 4 * np.pi, 997)
    slow = sum(0.8 ** (k - 1) * np.sin(k * theta) for k in range(1, count + 1))
    assert np.allclose(partials(theta.astype(np.float32), 0.8, count), slow, atol=2e-4)


def test_phase_equals_fine_integration() -> None:
    points = np.array([1000.0, 3000.0, 500.0, 500.0])
    fine = 1000
    dense = np.interp(np.arange(3 * 8 * fine) / (8 * fine), np.arange(4), points)
    slow = np.concatenate(([0.0], np.cumsum(dense) / (fine * RATE)))[: 24 * fine : fine]
    turns = in_order(phase(points, 8, RATE)).astype(float) / (2 * np.pi)
    assert np.allclose(np.exp(2j * np.pi * turns), np.exp(2j * np.pi * slow), atol=2e-3)


def test_raise_rate_is_linear_interpolation() -> None:
    points = np.random.default_rng(0).random(9)
    assert np.allclose(in_order(raise_rate(points, 5)), np.interp(np.arange(40) / 5, np.arange(9), points), atol=1e-6)


@pytest.mark.parametrize("kind", [kind for kind in SONGS if kind != "drum"])
def test_nothing_is_mirrored_at_the_nyquist_frequency(kind: str, monkeypatch: pytest.MonkeyPatch) -> None:
    """Against the same gesture sung at four times the sample rate, where no partial can fold into the band."""
    song = SONGS[kind]
    voice = voice_of(song, streams(0)["individual"])
    duration = KINDS[kind].duration(1 / song.rate, 0.9)
    gesture = replace(RECIPES[kind](voice.cast(0, duration, 0, RATE)), noise=0.0, grain=0.0)
    plain = render(gesture, RATE, 0.0).samples
    monkeypatch.setattr("birdmml.song.render.HIGHEST", HIGHEST / 4)  # The same partials.
    fine = render(gesture, 4 * RATE, 0.0).samples
    assert len(fine) == 4 * len(plain)
    sung, truth = np.fft.rfft(plain * np.hanning(len(plain))), np.fft.rfft(fine * np.hanning(len(fine))) / 4
    wrong = np.abs(sung - truth[: len(sung)]) ** 2
    assert 10 * np.log10(wrong.sum() / (np.abs(truth) ** 2).sum()) < -55


def test_tones_above_the_limit_are_silent() -> None:
    tone = Gesture(np.full(101, 5000.0, np.float32), np.sin(np.pi * np.linspace(0, 1, 101)))
    sound = render(tone, 8000, 0.0)
    assert not sound.samples.any()
    assert np.isnan(sound.pitch_range).all()
    path = path_through(draw_site(streams(0)["scene"], False), 20.0, 8000)
    assert not carry(sound, path).any()


def test_distance_dulls_and_reverberates() -> None:
    site = draw_site(streams(0)["scene"], False)
    tone = Gesture(np.linspace(1500, 6000, 301, dtype=np.float32), np.sin(np.pi * np.linspace(0, 1, 301)))
    sound = render(tone, RATE, 0.0)
    near, far = (carry(sound, path_through(site, metres, RATE)).astype(float) for metres in (5.0, 80.0))
    tails = [np.sum(wet[len(sound.samples) + 500 :] ** 2) / np.sum(wet**2) for wet in (near, far)]
    assert tails[1] > 2 * tails[0]
    treble = [np.sum(np.abs(np.fft.rfft(wet))[len(wet) // 4 :] ** 2) / np.sum(wet**2) for wet in (near, far)]
    assert treble[1] < treble[0]
    assert (np.diff(absorption_db(np.linspace(0, 11_000, 50), 50.0, 1.0)) > 0).all()


@pytest.mark.parametrize("shift", [False, True])
def test_reverberation_has_energy_one_and_decays(shift: bool) -> None:
    for room in range(6):
        tail = np.fft.irfft(room_spectrum(RATE, 16_384, room, shift), 16_384)
        assert np.sum(tail**2) == pytest.approx(1, rel=1e-3)
        assert np.sum(tail[800:2800] ** 2) > 2 * np.sum(tail[5000:7000] ** 2)


def test_loops_are_fixed_and_seamless() -> None:
    loop = white_loop(8000)
    assert len(loop) == LOOP_SECONDS * 8000
    assert np.array_equal(
        read_loop(loop, 0.9, len(loop))[-10:], read_loop(loop, 0.9, 2 * len(loop))[len(loop) - 10 : len(loop)]
    )


def test_fast_lengths_hold_what_they_must() -> None:
    for least in range(1, 70_000, 997):
        assert least <= fast_length(least) < 1.34 * least + 32
