"""Fingerprints: copies are near, others are far, and no near pair is missed."""

from __future__ import annotations

import io

import numpy as np
import pytest
import soundfile
from hypothesis import given, settings
from hypothesis import strategies as st
from PIL import Image

from confu_core.errors import InvalidValue
from confu_core.inputs.fingerprint import (
    PICTURE_DISTANCE,
    PICTURE_WORDS,
    SOUND_DISTANCE,
    SOUND_WORDS,
    distance,
    groups_of,
    near_pairs,
    picture_hash,
    sound_fingerprint,
)
from confu_core.inputs.picture import decode_picture

RATE = 22050


def scene(seed: int) -> Image.Image:
    """Blocks of colour, larger ones below smaller ones."""
    random = np.random.default_rng(seed)
    coarse, fine = (
        Image.fromarray(random.integers(0, 256, (side, side, 3)).astype(np.uint8)).resize((160, 160)) for side in (4, 9)
    )
    return Image.blend(coarse, fine, 0.5)


def melody(seed: int, seconds: float = 1.5) -> np.ndarray:
    """Eight tones, each with a fading octave, one after the other."""
    random = np.random.default_rng(seed)
    time = np.arange(int(seconds * RATE / 8)) / RATE
    tones = [np.exp(-4 * time) * np.sin(2 * np.pi * f * time) for f in random.uniform(400, 6000, 8)]
    overtones = [0.3 * np.exp(-9 * time) * np.sin(4 * np.pi * f * time) for f in random.uniform(300, 3000, 8)]
    return (0.3 * (np.concatenate(tones) + np.concatenate(overtones))).astype(np.float32)


def jpeg(image: Image.Image, quality: int = 90) -> np.ndarray:
    file = io.BytesIO()
    image.save(file, "jpeg", quality=quality)
    return decode_picture(file.getvalue(), 64)


def copies_of_picture(image: Image.Image) -> dict[str, np.ndarray]:
    noise = np.random.default_rng(5).normal(0, 5, (160, 160, 3))
    return {
        "quality 30": jpeg(image, 30),
        "smaller": jpeg(image.resize((90, 90))),
        "darker": jpeg(image.point(lambda value: int(0.8 * value))),
        "noise": jpeg(Image.fromarray(np.clip(np.asarray(image) + noise, 0, 255).astype(np.uint8))),
    }


def copies_of_sound(samples: np.ndarray) -> dict[str, tuple[np.ndarray, int]]:
    import librosa

    file = io.BytesIO()
    soundfile.write(file, samples, RATE, format="ogg", subtype="VORBIS")
    noise = np.random.default_rng(6).normal(0, samples.std() / 100, len(samples))
    return {
        "softer": (0.05 * samples, RATE),
        "vorbis": (soundfile.read(io.BytesIO(file.getvalue()))[0], RATE),
        "noise": (samples + noise, RATE),
        "16 kHz": (librosa.resample(samples, orig_sr=RATE, target_sr=16000), 16000),
        "16 bits": (np.round(samples * 32767) / 32767, RATE),
    }


@pytest.mark.parametrize("seed", range(3))
def test_copies_of_a_picture_are_near(seed: int) -> None:
    original = picture_hash(jpeg(scene(seed)))
    for change, copy in copies_of_picture(scene(seed)).items():
        assert distance(original, picture_hash(copy)) <= PICTURE_DISTANCE, change


@pytest.mark.parametrize("seed", range(3))
def test_copies_of_a_sound_are_near(seed: int) -> None:
    original = sound_fingerprint(melody(seed), RATE)
    for change, (copy, rate) in copies_of_sound(melody(seed)).items():
        assert distance(original, sound_fingerprint(copy, rate)) <= SOUND_DISTANCE, change


def test_others_are_far() -> None:
    pictures = np.stack([picture_hash(jpeg(scene(seed))) for seed in range(20)])
    sounds = np.stack([sound_fingerprint(melody(seed), RATE) for seed in range(20)])
    for codes, within in ((pictures, PICTURE_DISTANCE), (sounds, SOUND_DISTANCE)):
        apart = np.stack([distance(codes, one) for one in codes])[np.triu_indices(20, 1)]
        assert apart.min() > 2 * within


@pytest.mark.parametrize("length", [1, 100, 1000, RATE])
@pytest.mark.parametrize("rate", [1000, 8000, RATE, 192_000])
def test_every_length_and_rate_has_a_fingerprint(length: int, rate: int) -> None:
    samples = np.random.default_rng(0).normal(size=length)
    assert sound_fingerprint(samples, rate).shape == (SOUND_WORDS,)


def test_silence_and_one_colour_have_no_bits() -> None:
    assert not sound_fingerprint(np.zeros(1000), RATE).any()
    assert not picture_hash(np.full((3, 20, 30), 77, dtype=np.uint8)).any()


@settings(max_examples=60, deadline=None)
@given(st.integers(0, 2**32 - 1), st.integers(1, 3), st.integers(0, 30), st.integers(0, 60))
def test_no_near_pair_is_missed(seed: int, words: int, within: int, count: int) -> None:
    random = np.random.default_rng(seed)
    centres = random.integers(0, 2**63, (3, words)).astype(np.uint64)
    flips = np.packbits(random.random((count, words * 64)) < 0.06, axis=1).view(np.uint64).reshape(count, words)
    codes = centres[random.integers(0, 3, count)] ^ flips
    slow = [(i, j) for i in range(count) for j in range(i + 1, count) if _differing(codes[i], codes[j]) <= within]
    found = list(map(tuple, near_pairs(codes, within).tolist()))
    if len(np.unique(codes, axis=0)) == count:
        assert found == slow
    assert (groups_of(np.array(found).reshape(-1, 2), count) == _components(slow, count)).all()


def test_equal_ones_are_paired_with_the_first() -> None:
    codes = np.zeros((200, PICTURE_WORDS), dtype=np.uint64)
    assert near_pairs(codes, 10).tolist() == [[0, other] for other in range(1, 200)]


def test_popcount_is_the_same_without_numpy_2(monkeypatch: pytest.MonkeyPatch) -> None:
    words = np.random.default_rng(0).integers(0, 2**63, (50, PICTURE_WORDS)).astype(np.uint64)
    counted = distance(words, words[::-1])
    monkeypatch.delattr(np, "bitwise_count", raising=False)
    assert (distance(words, words[::-1]) == counted).all()
    assert counted.tolist() == [_differing(one, other) for one, other in zip(words, words[::-1], strict=True)]


def test_what_is_no_picture_or_sound_is_refused() -> None:
    with pytest.raises(InvalidValue, match=r"image must be uint8 of shape \(3, height, width\); got float64"):
        picture_hash(np.zeros((3, 4, 4)))
    with pytest.raises(InvalidValue, match=r"samples must be one channel .*; got shape \(2, 5\)"):
        sound_fingerprint(np.zeros((2, 5)), RATE)
    with pytest.raises(InvalidValue, match=r"within must be in \[0, 255\] bits; got 256"):
        near_pairs(np.zeros((2, PICTURE_WORDS), dtype=np.uint64), 256)


def _differing(one: np.ndarray, other: np.ndarray) -> int:
    return sum(bin(int(a) ^ int(b)).count("1") for a, b in zip(one, other, strict=True))


def _components(pairs: list[tuple[int, int]], count: int) -> np.ndarray:
    label = list(range(count))
    for _ in range(count):
        for one, other in pairs:
            label[one] = label[other] = min(label[one], label[other])
    return np.array(label)
