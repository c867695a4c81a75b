"""Media that were cut or damaged, or never were media: read whole, or left out with a reason that says what it is."""

from __future__ import annotations

import io
import re
import struct
import zlib
from collections.abc import Callable

import numpy as np
import pytest
import soundfile
from PIL import Image
from real_files import RATE, encoded, picture, tones

from birdmml.ingest.files import Unreadable
from birdmml.ingest.inspect import Found
from birdmml.ingest.media import listen_to_sound, look_at_picture, prepared_sound
from birdmml.ingest.rows import ManifestRow, file_rejects
from birdmml.ingest_settings import IngestSettings
from confu_core.inputs.picture import jpeg_scans
from confu_core.inputs.sound import decode_sound
from confu_core.inputs.sound_files import _ogg_checksum
from confu_core.shards.verify import media_problem

SAMPLES = tones(5, 2.5)


def written(format: str, subtype: str | None = None, samples: np.ndarray = SAMPLES, **how: object) -> bytes:
    file = io.BytesIO()
    channels = 1 if samples.ndim == 1 else samples.shape[1]
    with soundfile.SoundFile(file, "w", RATE, channels, subtype, format=format, **how) as target:
        target.write(samples)
    return file.getvalue()


def refused(call: Callable[..., object], *arguments: object) -> tuple[str, str]:
    with pytest.raises(Unreadable) as found:
        call(*arguments)
    return found.value.reason, found.value.detail


def heard(data: bytes) -> tuple[str, str]:
    return refused(listen_to_sound, data, RATE, 0.5)


def headless(data: bytes) -> bytes:
    """An MP3 without the frame that states its length."""
    mark = data.find(b"Xing") if b"Xing" in data[:100] else data.find(b"Info")
    assert 0 < mark < 100
    return data[data.find(data[:2], mark) :]


CONTAINERS = [
    *(("WAV", "PCM_16"), ("WAV", "FLOAT"), ("WAVEX", "PCM_24"), ("RF64", "PCM_16"), ("W64", "PCM_16")),
    *(("AIFF", "PCM_16"), ("AU", "PCM_16"), ("CAF", "PCM_16"), ("FLAC", "PCM_16"), ("OGG", "VORBIS")),
    *(("OGG", "OPUS"), ("MP3", None)),
]


@pytest.mark.parametrize(("format", "subtype"), CONTAINERS)
def test_a_sound_is_read_whole_or_said_to_be_cut(format: str, subtype: str | None) -> None:
    data = written(format, subtype)
    assert len(decode_sound(data, RATE)) == len(SAMPLES)
    for share in (0.3, 0.6, 0.9, 0.99):
        reason, detail = heard(data[: round(share * len(data))])
        assert reason in ("wrong length", "unreadable") and "\n" not in detail
        assert format in ("FLAC", "CAF") or reason == "wrong length"
    if format not in ("MP3", "CAF"):
        assert heard(data[:-1])[0] in ("wrong length", "unreadable")


@pytest.mark.parametrize("mode", ["CONSTANT", "VARIABLE"])
def test_an_mp3_is_counted_whether_or_not_it_states_its_length(mode: str) -> None:
    quiet = np.concatenate([SAMPLES, np.zeros(3 * RATE, np.float32), SAMPLES])
    data = written("MP3", None, quiet, bitrate_mode=mode)
    bare = headless(data) if mode == "VARIABLE" else data
    found = decode_sound(bare, RATE)
    assert 0 <= len(found) - len(quiet) < 3 * 1152  # What the encoder puts before and behind.
    shift = len(found) - len(quiet)
    close = [np.corrcoef(found[at : at + RATE], quiet[:RATE])[0, 1] for at in range(0, shift + 1)]
    at = int(np.argmax(close))
    assert close[at] > 0.99
    assert np.corrcoef(found[at + len(quiet) - RATE : at + len(quiet)], quiet[-RATE:])[0, 1] > 0.99
    assert heard(bare[: len(bare) * 6 // 10 + 7])[0] == "wrong length"
    assert abs(len(decode_sound(data + data, RATE)) - 2 * len(quiet)) < 6 * 1152  # As players play two in a row.
    tagged = b"ID3\x04\0\0\0\0\0\x7f" + bytes(127) + bare + b"TAG" + bytes(125)
    assert np.array_equal(decode_sound(tagged, RATE), found)


def test_what_a_decoder_did_not_deliver_is_never_heard() -> None:
    data = written("MP3")
    first = prepared_sound(data, RATE, 1.0)
    np.full(1 << 22, 0.9, np.float32)  # What memory held before must not matter.
    assert prepared_sound(data, RATE, 1.0) == first
    assert np.array_equal(decode_sound(data, RATE), decode_sound(data, RATE))


def sizes(data: bytes, riff: int, samples: int) -> bytes:
    changed = bytearray(data)
    struct.pack_into("<I", changed, 4, riff)
    struct.pack_into("<I", changed, changed.index(b"data") + 4, samples)
    return bytes(changed)


@pytest.mark.parametrize(
    "stated", [(0xFFFFFFFF, 0xFFFFFFFF), (0x7FFFF024, 0x7FFFF000), (0, 0), (None, None, 1), (None, None, 8)]
)
def test_wav_of_programs_that_could_not_go_back_is_read_to_its_end(stated: tuple[int | None, ...]) -> None:
    data = written("WAV")
    riff, samples = (
        (stated[0], stated[1]) if len(stated) == 2 else (len(data) - 8 + int(stated[2] or 0), len(data) - 44)
    )
    assert np.array_equal(decode_sound(sizes(data, int(riff or 0), int(samples or 0)), RATE), decode_sound(data, RATE))


def unstated(data: bytes) -> bytes:
    """A FLAC of a program that could not go back: no number of samples, no MD5."""
    return data[:21] + bytes([data[21] & 0xF0]) + bytes(20) + data[42:]


def test_flac_of_unknown_length_is_read_and_its_cut_noticed() -> None:
    data = unstated(written("FLAC"))
    assert np.array_equal(decode_sound(data, RATE), decode_sound(written("FLAC"), RATE))
    assert np.array_equal(decode_sound(data, RATE, 1.0), decode_sound(written("FLAC"), RATE, 1.0))
    assert heard(data[:-9])[0] == "unreadable"
    long = unstated(written("FLAC", None, np.zeros(601 * 1000, np.float32)))
    assert len(decode_sound(long, RATE, 1.0)) == RATE


def test_flac_and_ogg_notice_a_changed_bit() -> None:
    for data in (written("FLAC"), unstated(written("FLAC")), written("OGG"), written("OGG", "OPUS")):
        for place in (0.4, 0.7, 0.95):
            changed = bytearray(data)
            changed[round(place * len(data))] ^= 16
            assert heard(bytes(changed))[0] == "unreadable"


def test_the_checksum_of_ogg_is_that_of_its_definition() -> None:
    page = np.random.default_rng(3).integers(0, 256, 300, dtype=np.uint8).tobytes()
    register = 0
    for byte in page:
        register ^= byte << 24
        for _ in range(8):
            register = (register << 1 ^ (0x04C11DB7 if register & 1 << 31 else 0)) & 0xFFFFFFFF
    assert _ogg_checksum(page) == register


@pytest.mark.parametrize(
    ("samples", "subtype", "reason", "detail"),
    [
        (np.append(SAMPLES, np.nan), "FLOAT", "unreadable", "not finite"),
        (np.append(SAMPLES, np.inf), "FLOAT", "unreadable", "not finite"),
        (np.append(SAMPLES.astype(float), 1e300), "DOUBLE", "unreadable", "not finite"),
        (SAMPLES * 1e30, "FLOAT", "unreadable", "values of .*e[+]29, which no recording has"),
        (np.stack([SAMPLES, -SAMPLES], 1), "PCM_16", "antiphase", "cancel each other"),
        (np.zeros(0, np.float32), "PCM_16", "unreadable", "is empty"),
    ],
)
def test_strange_samples_have_a_reason(samples: np.ndarray, subtype: str, reason: str, detail: str) -> None:
    found = heard(written("WAV", subtype, samples))
    assert found[0] == reason
    assert re.search(detail, found[1])


def rejected(samples: np.ndarray) -> list[str]:
    measures = listen_to_sound(written("WAV", "FLOAT", samples), RATE, 1.0)
    seen = Found("a.jpg", "1", "", "", look_at_picture(encoded(picture(1))))
    names = {"photo_file": "a.jpg", "audio_file": "a.wav"}
    found = {"picture": {"a.jpg": seen}, "sound": {"a.wav": Found("a.wav", "2", "", "", measures)}}
    return [one.reason for one in file_rejects(ManifestRow(1, names, {}), IngestSettings(), found)]


def test_a_level_alone_is_no_sound_and_a_sound_about_a_level_is_one() -> None:
    assert rejected(np.full(2 * RATE, 0.7, np.float32)) == ["constant"]
    assert rejected(np.zeros(2 * RATE, np.float32)) == ["silent"]
    assert rejected(SAMPLES * 0.02 + np.float32(0.7)) == []
    assert rejected(np.r_[np.zeros(20 * RATE, np.float32), SAMPLES * 0.01]) == []


@pytest.mark.parametrize("gain", [1.0, 12.0, 60_000.0])
def test_without_a_loudness_nothing_is_clipped(gain: float) -> None:
    data = written("WAV", "FLOAT", SAMPLES * np.float32(gain))
    samples, _ = soundfile.read(io.BytesIO(prepared_sound(data, RATE, 2.5, window="start")))
    assert (np.abs(samples) >= 0.9999).mean() < 0.001
    assert np.corrcoef(samples, SAMPLES)[0, 1] > 0.9999
    if gain == 1:
        assert np.abs(samples - SAMPLES).max() < 1e-4


def test_many_channels_and_rates_take_no_more_memory_than_allowed() -> None:
    silence = io.BytesIO()
    soundfile.write(silence, np.zeros((100_000, 8), np.int16), 400_000, format="FLAC")
    data = bytearray(silence.getvalue())
    data[21] = data[21] & 0xF0  # And says that it holds 599 s of it.
    data[22:26] = (599 * 400_000).to_bytes(4, "big")
    reason, detail = heard(bytes(data))
    assert reason == "too long" and "134217728 samples of all channels" in detail


IMPOSTORS = {
    b"version https://git-lfs.github.com/spec/v1\noid sha256:00\nsize 1\n": "a Git LFS pointer; git lfs pull",
    b"\r\n<!DOCTYPE html><html>404</html>": "an HTML page",
    b"<?xml version='1.0'?><Error><Code>AccessDenied</Code></Error>": "an XML text",
    b'{"error": "not found"}': "a JSON text",
    bytes(5000): "nothing but zeros",
    b"GIF89a" + bytes(10) + b"x": "a GIF",
    b"\0\0\0\x18ftypheic" + bytes(20) + b"x": "HEIC; convert it to JPEG",
}


@pytest.mark.parametrize("data", IMPOSTORS, ids=lambda data: IMPOSTORS[data].split()[1])
def test_what_is_no_medium_is_named(data: bytes) -> None:
    reason, detail = heard(data)
    assert reason == "unreadable"
    assert detail.startswith("the sound cannot be decoded: Format not recognised: it is ") and IMPOSTORS[data] in detail
    assert IMPOSTORS[data] in refused(look_at_picture, data)[1]


def sharp(size: tuple[int, int] = (160, 120)) -> Image.Image:
    noise = np.random.default_rng(8).integers(0, 60, (size[1], size[0], 3))
    return Image.fromarray((np.asarray(picture(2, size)) * 0.75 + noise).astype(np.uint8))


KINDS = [{}, {"progressive": True}, {"restart_marker_rows": 1}, {"subsampling": 0, "optimize": True}]


@pytest.mark.parametrize("how", KINDS, ids=["baseline", "progressive", "restarts", "optimised"])
@pytest.mark.parametrize("mode", ["RGB", "L", "CMYK"])
def test_half_jpegs_are_rejects_and_whole_ones_are_not(how: dict[str, object], mode: str) -> None:
    data = encoded(sharp().convert(mode), quality=90, **how)
    assert look_at_picture(data)["width"] == 160
    begins = data.index(b"\xff\xda") + 20
    for at in np.linspace(begins, len(data) - 40, 25).astype(int):
        reason, detail = refused(look_at_picture, data[:at] + b"\xff\xd9")
        known = ("the picture is damaged: ", "the picture cannot be decoded: image file is truncated")
        assert reason == "unreadable" and detail.startswith(known)
        problem = str(media_problem(data[:at] + b"\xff\xd9", "JPG"))
        assert problem.startswith(("JPG is damaged: ", "JPG cannot be decoded: "))
    middle = (begins + len(data)) // 2
    zeroed = data[:middle] + bytes(len(data) - middle - 2) + b"\xff\xd9"
    assert refused(look_at_picture, zeroed)[0] == "unreadable"


def test_a_lost_stretch_is_found_though_as_many_blocks_follow() -> None:
    data = encoded(sharp((320, 240)), quality=88)
    for at in range(1000, len(data) - 1000, 997):
        changed = data[:at] + bytes(300) + data[at + 300 :]
        assert "is damaged" in refused(look_at_picture, changed)[1]
    flat = encoded(Image.new("RGB", (4000, 3000), "teal"), optimize=True)
    assert bytes(64) in flat[flat.index(b"\xff\xda") :]  # There zeros are codes.
    assert look_at_picture(flat)["width"] == 4000


def test_a_progressive_jpeg_that_ends_between_two_scans_is_a_reject() -> None:
    data = encoded(sharp(), progressive=True)
    assert jpeg_scans(data) == 10
    ends = [at for at in range(len(data)) if data[at : at + 2] in (b"\xff\xc4", b"\xff\xda")]
    for at in ends[-6:]:
        assert "its last scans are missing" in refused(look_at_picture, data[:at] + b"\xff\xd9")[1]


def test_what_cameras_leave_around_a_picture_is_no_damage() -> None:
    data = encoded(sharp())
    for other in (data[:-2] + bytes(9) + b"\xff\xd9", data + b"anything behind it" * 9, data[:-2] + b"\xff\xff\xd9"):
        assert look_at_picture(other) == look_at_picture(data)


def test_a_jpeg_of_very_many_scans_is_refused_before_it_is_decoded() -> None:
    data = encoded(Image.new("L", (6000, 6000)), progressive=True)
    last = data[data.rindex(b"\xff\xda") : -2]
    reason, detail = refused(look_at_picture, data[:-2] + last * 40 + b"\xff\xd9")
    assert reason == "too large" and "6000 x 6000 pixels in 46 frames or scans" in detail


def test_a_png_whose_checksum_does_not_fit_is_a_reject() -> None:
    data = bytearray(encoded(sharp(), "PNG"))
    at = data.index(b"IDAT")
    length = int.from_bytes(data[at - 4 : at], "big")
    whole = zlib.crc32(data[at : at + 4 + length])
    data[at + 4 + length : at + 8 + length] = (whole ^ 1).to_bytes(4, "big")
    assert refused(look_at_picture, bytes(data))[0] == "unreadable"
