"""Pictures and recordings of every kind become squares and clips of one kind, or a reason why not."""

from __future__ import annotations

import io
import struct
import zlib

import numpy as np
import pytest
import soundfile
from hypothesis import given, settings
from hypothesis import strategies as st
from PIL import Image
from real_files import RATE, encoded, picture, sound, tones

from birdmml.ingest.files import Unreadable
from birdmml.ingest.media import (
    HIGHEST_PEAK,
    clip_start,
    levelled,
    listen_to_sound,
    look_at_picture,
    loudness_of,
    prepared_picture,
    prepared_sound,
)
from birdmml.ingest.rows import REASONS
from confu_core.errors import DatasetError


def pixels(data: bytes) -> np.ndarray:
    with Image.open(io.BytesIO(data)) as image:
        assert (image.format, image.mode) == ("JPEG", "RGB")
        assert not image.getexif()
        return np.asarray(image).astype(int)


def reason(call: object, *arguments: object) -> str:
    with pytest.raises(Unreadable) as found:
        call(*arguments)  # type: ignore[operator]
    assert found.value.reason in REASONS and "\n" not in found.value.detail
    return str(found.value.reason)


def quarters() -> Image.Image:
    """Red, green, blue, white: no turn or mirror image of it is itself."""
    image = Image.new("RGB", (64, 64))
    for place, colour in enumerate(("red", "lime", "blue", "white")):
        image.paste(colour, (32 * (place % 2), 32 * (place // 2), 32 * (place % 2) + 32, 32 * (place // 2) + 32))
    return image


@pytest.mark.parametrize("orientation", range(1, 9))
def test_pictures_are_turned_as_their_orientation_says(orientation: int) -> None:
    turns = Image.Transpose
    # How a camera that was held so would have stored the upright picture: the inverse of what a viewer does.
    stored = {
        2: turns.FLIP_LEFT_RIGHT,
        3: turns.ROTATE_180,
        4: turns.FLIP_TOP_BOTTOM,
        5: turns.TRANSPOSE,
        6: turns.ROTATE_90,
        7: turns.TRANSVERSE,
        8: turns.ROTATE_270,
    }
    image = quarters() if orientation == 1 else quarters().transpose(stored[orientation])
    exif = Image.Exif()
    exif[0x0112] = orientation
    found = pixels(prepared_picture(encoded(image, quality=95, exif=exif), 32, 95))
    corners = [found[5, 5], found[5, 26], found[26, 5], found[26, 26]]
    wanted = [(254, 0, 0), (0, 255, 1), (0, 0, 254), (255, 255, 255)]
    assert np.abs(np.array(corners) - wanted).max() < 12


def test_a_picture_on_its_side_has_the_size_that_is_seen() -> None:
    exif = Image.Exif()
    exif[0x0112] = 6
    found = look_at_picture(encoded(picture(0, (64, 48)), exif=exif))
    assert (found["width"], found["height"]) == (48, 64)


def grey16() -> bytes:
    ramp = np.tile(np.linspace(0, 65535, 40).astype(np.uint16), (40, 1))
    return encoded(Image.fromarray(ramp), "PNG")


@pytest.mark.parametrize("mode", ["L", "P", "RGBA", "LA", "CMYK", "1", "YCbCr"])
def test_colours_of_every_mode_become_red_green_blue(mode: str) -> None:
    image = Image.new("RGB", (40, 40), (200, 200, 200)).convert(mode)
    found = pixels(prepared_picture(encoded(image, "JPEG" if mode in ("CMYK", "YCbCr") else "PNG"), 16, 95))
    assert found.shape == (16, 16, 3)
    if mode != "1":  # A palette is dithered.
        assert np.abs(found - 200).max() <= (12 if mode == "P" else 3)


def test_what_is_transparent_is_white_and_sixteen_bits_are_not_clipped() -> None:
    clear = Image.new("RGBA", (40, 40), (0, 0, 0, 0))
    assert pixels(prepared_picture(encoded(clear, "PNG"), 16, 95)).min() >= 252
    ramp = pixels(prepared_picture(grey16(), 40, 95))[:, :, 0].mean(axis=0)
    assert np.abs(ramp - np.linspace(0, 255, 40)).max() < 4


def test_the_centre_square_is_kept() -> None:
    image = Image.new("RGB", (90, 30), "red")
    image.paste("blue", (30, 0, 60, 30))
    assert np.abs(pixels(prepared_picture(encoded(image, "PNG"), 16, 95)) - (0, 0, 254)).max() < 12


def bomb() -> bytes:
    """A PNG of 60 kB that unpacks to 30,000 x 30,000 grey pixels."""

    def chunk(kind: bytes, data: bytes) -> bytes:
        return struct.pack(">I", len(data)) + kind + data + struct.pack(">I", zlib.crc32(kind + data))

    header = struct.pack(">IIBBBBB", 30_000, 30_000, 1, 0, 0, 0, 0)
    lines = zlib.compress(bytes(30_000 * (30_000 // 8 + 1)), 9)
    return b"\x89PNG\r\n\x1a\n" + chunk(b"IHDR", header) + chunk(b"IDAT", lines) + chunk(b"IEND", b"")


def test_a_decompression_bomb_is_refused_by_its_header() -> None:
    assert reason(look_at_picture, bomb()) == "too large"


@pytest.mark.parametrize(
    ("data", "why"),
    [
        pytest.param(b"", "empty file", id="empty"),
        pytest.param(b"no picture", "unreadable", id="text"),
        pytest.param(encoded(picture(1))[:900], "unreadable", id="cut"),
        pytest.param(b"GIF89a" + bytes(100), "unreadable", id="gif"),
    ],
)
def test_pictures_that_cannot_be_decoded_have_a_reason(data: bytes, why: str) -> None:
    assert reason(look_at_picture, data) == why


@pytest.mark.parametrize("format", ["WAV", "FLAC", "OGG"])
@pytest.mark.parametrize("rate", [8_000, 22_050, 44_100])
def test_sounds_of_every_format_and_rate_are_the_same_tone(format: str, rate: int) -> None:
    time = np.arange(rate) / rate
    both = np.stack([0.4 * np.sin(2 * np.pi * 1000 * time), np.zeros(rate)], axis=1)
    samples, found = soundfile.read(io.BytesIO(prepared_sound(sound(both, format, rate), RATE, 1.0)))
    assert (found, samples.shape) == (RATE, (RATE,))
    middle = samples[4000:12000]
    spectrum = np.abs(np.fft.rfft(middle * np.hanning(len(middle))))
    assert np.argmax(spectrum) * RATE / len(middle) == pytest.approx(1000, abs=2)
    assert np.sqrt(np.mean(middle**2)) == pytest.approx(0.2 / np.sqrt(2), rel=0.05)


def test_mp3_is_read_as_field_recordings_are_published() -> None:
    data = sound(tones(3, 2.0, 44_100), "MP3", 44_100)
    assert listen_to_sound(data, RATE, 1.0)["seconds"] == pytest.approx(2, abs=0.06)
    samples, _ = soundfile.read(io.BytesIO(prepared_sound(data, RATE, 1.0)))
    assert len(samples) == RATE and np.abs(samples).max() > 0.1


def test_a_short_recording_ends_in_silence() -> None:
    samples, _ = soundfile.read(io.BytesIO(prepared_sound(sound(tones(0, 0.5)), RATE, 1.0)))
    assert np.abs(samples[: RATE // 2]).max() > 0.05 and not samples[RATE // 2 :].any()


def test_the_loudest_window_is_that_of_a_slow_search() -> None:
    random = np.random.default_rng(4)
    samples = (random.normal(size=9000) * np.repeat(random.random(9), 1000)).astype(np.float32)
    step, length = 50, 2000  # 0.05 s and 2 s at 1 kHz.
    slow = max(range(0, 7001, step), key=lambda start: float((samples[start : start + length] ** 2.0).sum()))
    assert clip_start(samples, 1000, 2.0, "loudest") == slow


def test_even_windows_cover_a_recording_without_overlap() -> None:
    starts = [clip_start(np.zeros(10_000, np.float32), 1000, 2.0, "even", place, 5) for place in range(5)]
    assert starts == [0, 2000, 4000, 6000, 8000]


def test_loudness_is_that_of_the_sound_between_pauses_and_can_be_set() -> None:
    tone = (0.1 * np.sqrt(2) * np.sin(np.arange(4 * RATE))).astype(np.float32)  # RMS 0.1: -20 dB.
    assert loudness_of(tone, RATE) == pytest.approx(-20, abs=0.01)
    paused = np.concatenate([tone, np.zeros(4 * RATE, np.float32)])
    assert loudness_of(paused, RATE) == pytest.approx(-20, abs=0.3)
    assert loudness_of(levelled(paused, RATE, -30.0), RATE) == pytest.approx(-30, abs=0.3)
    click = tone.copy()
    click[100] = 0.8
    assert np.abs(levelled(click, RATE, -5.0)).max() == pytest.approx(HIGHEST_PEAK, abs=1e-5)
    assert not levelled(np.zeros(100, np.float32), RATE, -20.0).any()


def lying(samples: np.ndarray) -> bytes:
    """A WAV whose header promises ten times its samples."""
    data = bytearray(sound(samples))
    at = data.index(b"data") + 4
    size = struct.unpack_from("<I", data, at)[0]
    struct.pack_into("<I", data, at, size * 10)
    struct.pack_into("<I", data, 4, len(data) - 8 + size * 9)
    return bytes(data)


@pytest.mark.parametrize(
    ("data", "why"),
    [
        pytest.param(b"", "empty file", id="empty"),
        pytest.param(b"no sound at all", "unreadable", id="text"),
        pytest.param(lying(tones(2)), "wrong length", id="lying"),
        pytest.param(sound(tones(2))[:9000], "wrong length", id="cut"),
        pytest.param(sound(np.zeros(700 * 8000, np.float32), "FLAC", 8000), "too long", id="long"),
    ],
)
def test_sounds_that_cannot_be_decoded_have_a_reason(data: bytes, why: str) -> None:
    assert reason(listen_to_sound, data, RATE, 1.0) == why


def test_the_level_is_that_of_the_loudest_part() -> None:
    samples = np.concatenate([np.zeros(3 * RATE), np.full(RATE, 0.1), np.zeros(3 * RATE)]).astype(np.float32)
    found = listen_to_sound(sound(samples), RATE, 1.0)
    assert (found["seconds"], round(found["level"], 2)) == (7.0, -20.0)
    assert listen_to_sound(sound(np.zeros(RATE, np.float32)), RATE, 1.0)["level"] == -200


PICTURES = [encoded(picture(9), format) for format in ("JPEG", "PNG", "WEBP")]
SOUNDS = [sound(tones(9, 0.2), format) for format in ("WAV", "FLAC", "OGG")]


@st.composite
def mutated(draw: st.DrawFn, seeds: list[bytes]) -> bytes:
    """A valid file with some bytes changed, or a piece cut out or doubled."""
    data = bytearray(draw(st.sampled_from(seeds)))
    for place, value in draw(st.lists(st.tuples(st.integers(0, len(data) - 1), st.integers(0, 255)), max_size=8)):
        data[place] = value
    start, stop = sorted(draw(st.tuples(st.integers(0, len(data)), st.integers(0, len(data)))))
    cut = draw(st.sampled_from(["none", "drop", "double", "end"]))
    pieces = {
        "none": data,
        "drop": data[:start] + data[stop:],
        "double": data[:stop] + data[start:],
        "end": data[:stop],
    }
    return bytes(pieces[cut])


@settings(max_examples=60, deadline=None)
@given(mutated(PICTURES))
def test_damaged_pictures_are_decoded_or_refused(data: bytes) -> None:
    try:
        found = look_at_picture(data)
    except Unreadable as error:
        assert error.reason in REASONS
        return
    assert found["width"] > 0
    try:
        prepared_picture(data, 16, 90)
    except DatasetError as error:
        assert "\n" not in str(error)


@settings(max_examples=60, deadline=None)
@given(mutated(SOUNDS))
def test_damaged_sounds_are_decoded_or_refused(data: bytes) -> None:
    try:
        found = listen_to_sound(data, RATE, 0.5)
    except Unreadable as error:
        assert error.reason in REASONS
        return
    assert 0 < found["seconds"] <= 600 and np.isfinite(found["level"])
    samples, _ = soundfile.read(io.BytesIO(prepared_sound(data, RATE, 0.5, loudness=-23.0)))
    assert len(samples) == RATE // 2
