"""Pictures, sounds and log-mels against Pillow, soundfile and librosa."""

from __future__ import annotations

import io
import warnings

import librosa
import numpy as np
import pytest
import soundfile
from PIL import Image

from confu_core.errors import ConfuError, DatasetError, InvalidValue
from confu_core.inputs import decode_picture, decode_sound, log_mel
from confu_core.inputs import picture as picture_module
from confu_core.random import generator


def smooth(width: int, height: int) -> Image.Image:
    """Return a picture that differs everywhere, without detail that a reduction would lose."""
    x, y = np.meshgrid(np.linspace(0, 1, width), np.linspace(0, 1, height))
    return Image.fromarray((255 * np.stack([x, y, x * y], axis=-1)).astype(np.uint8))


def encoded(image: Image.Image, format: str, **options: object) -> bytes:
    file = io.BytesIO()
    image.save(file, format, **options)
    return file.getvalue()


def sound(samples: np.ndarray, rate: int = 22050, format: str = "flac", **options: str) -> bytes:
    file = io.BytesIO()
    soundfile.write(file, samples, rate, format=format, **options)
    return file.getvalue()


@pytest.mark.parametrize("format", ["png", "webp", "jpeg"])
@pytest.mark.parametrize("size", [(224, 224), (200, 130), (90, 160)])
def test_a_picture_is_what_pillow_makes_of_its_centre(format: str, size: tuple[int, int]) -> None:
    data = encoded(smooth(*size), format, **({"lossless": True} if format == "webp" else {}))
    with Image.open(io.BytesIO(data)) as image:
        width, height = image.size
        edge = min(width, height)
        left, top = (width - edge) / 2, (height - edge) / 2
        box = (left, top, left + edge, top + edge)
        wanted = np.asarray(image.convert("RGB").resize((32, 32), Image.Resampling.BICUBIC, box)).transpose(2, 0, 1)
    made = decode_picture(data, 32)
    assert made.shape == (3, 32, 32) and made.dtype == np.uint8 and made.flags.c_contiguous
    # A JPEG is reduced by its decoder first, which rounds otherwise.
    assert np.abs(made.astype(int) - wanted).max() <= (4 if format == "jpeg" else 0)


@pytest.mark.parametrize("orientation", range(1, 9))
def test_pictures_are_upright(orientation: int) -> None:
    from PIL import ImageOps

    exif = Image.Exif()
    exif[0x0112] = orientation
    data = encoded(smooth(48, 48), "png", exif=exif)
    with Image.open(io.BytesIO(data)) as image:
        wanted = np.asarray(ImageOps.exif_transpose(image)).transpose(2, 0, 1)
    assert np.array_equal(decode_picture(data, 48), wanted)


@pytest.mark.parametrize("mode", ["L", "LA", "RGBA", "P", "1", "CMYK", "I;16"])
def test_pictures_of_any_mode_become_rgb(mode: str) -> None:
    grey = np.full((20, 20), 200, np.uint8)
    image = Image.fromarray(grey.astype(np.uint16) * 256) if mode == "I;16" else Image.fromarray(grey).convert("RGB")
    image = image if mode == "I;16" else image.convert(mode)
    made = decode_picture(encoded(image, "jpeg" if mode == "CMYK" else "png"), 8)
    assert made.shape == (3, 8, 8)
    # Black and white, and a palette, are dithered.
    assert np.abs(made.astype(int) - 200).max() <= {"1": 255, "P": 8}.get(mode, 3)


def test_transparent_parts_are_white() -> None:
    assert (decode_picture(encoded(Image.new("RGBA", (9, 9), (255, 0, 0, 0)), "png"), 4) == 255).all()
    palette = Image.new("P", (9, 9), 0)
    palette.putpalette([255, 0, 0])
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        assert (decode_picture(encoded(palette, "png", transparency=b"\x00"), 4) == 255).all()


def test_pictures_that_are_cut_damaged_or_bombs_are_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    data = encoded(smooth(64, 64), "jpeg")
    for broken in (b"", data[: len(data) // 2], b"\x89PNG\r\n\x1a\n" + bytes(99), encoded(smooth(9, 9), "gif")):
        with pytest.raises(DatasetError, match="^the picture cannot be decoded: ") as caught:
            decode_picture(broken, 8)
        assert "\n" not in str(caught.value)
    with pytest.raises(InvalidValue, match="side must be at least 1 pixel; got 0"):
        decode_picture(data, 0)
    monkeypatch.setattr(picture_module, "PIXEL_LIMIT", 64 * 64 - 1)
    with pytest.raises(DatasetError, match="64 x 64 pixels; at most 4095"):
        decode_picture(data, 8)


def test_a_sound_is_its_samples_cut_or_filled_up() -> None:
    samples = generator(0, "sound").uniform(-0.5, 0.5, 1000).astype(np.float32)
    data = sound(samples, format="wav", subtype="FLOAT")
    assert np.array_equal(decode_sound(data, 22050), samples)
    assert np.array_equal(decode_sound(data, 22050, 500 / 22050), samples[:500])
    longer = decode_sound(data, 22050, 1500 / 22050)
    assert np.array_equal(longer[:1000], samples) and not longer[1000:].any() and len(longer) == 1500
    stereo = decode_sound(sound(np.stack([samples, 0 * samples], 1), format="wav", subtype="FLOAT"), 22050)
    assert np.allclose(stereo, samples / 2)


def test_other_rates_are_resampled() -> None:
    time = np.arange(44100) / 44100
    made = decode_sound(sound(0.5 * np.sin(2 * np.pi * 1000 * time), 44100), 22050, 0.5)
    assert made.dtype == np.float32 and len(made) == 11025
    wanted = 0.5 * np.sin(2 * np.pi * 1000 * np.arange(11025) / 22050)
    assert np.abs(made - wanted)[200:].max() < 1e-3


@pytest.mark.parametrize(
    ("data", "message"),
    [
        (b"", "cannot be decoded"),
        (sound(np.zeros(9000))[:60], "cannot be decoded"),
        (sound(generator(0, "cut").uniform(-1, 1, 9000))[:9000], "cannot be decoded|is cut"),
        (sound(np.zeros(900), format="wav")[:-8], "is cut: 1792 bytes of 1800"),
        (sound(np.zeros(0), format="wav"), "is empty"),
        (sound(np.array([0, np.nan]), format="wav", subtype="FLOAT"), "not finite"),
        (sound(np.zeros((9, 33)), format="wav"), "33 channels"),
        (sound(np.zeros(601_000), 1000), "longer than 600 s"),
    ],
    # Not by their bytes: some formats write the time.
    ids=["nothing", "cut head", "cut", "cut wav", "no frames", "nan", "channels", "long"],
)
def test_sounds_that_are_cut_empty_or_strange_are_refused(data: bytes, message: str) -> None:
    with pytest.raises(DatasetError, match=message) as caught:
        decode_sound(data, 22050)
    assert "\n" not in str(caught.value)


@pytest.mark.parametrize(("rate", "seconds"), [(0, 1), (22050, 0), (22050, 601), (22050, float("nan"))])
def test_lengths_and_rates_out_of_range_are_refused(rate: int, seconds: float) -> None:
    with pytest.raises(InvalidValue, match="sample_rate must be at least 1"):
        decode_sound(sound(np.zeros(9)), rate, seconds)


@pytest.mark.parametrize("rate", [8000, 16_000, 22_050, 48_000])
def test_log_mel_is_the_one_of_librosa_at_any_rate(rate: int) -> None:
    samples = generator(rate, "mel").normal(0, 0.1, rate).astype(np.float32)
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        power = librosa.feature.melspectrogram(
            y=samples, sr=rate, n_fft=1024, hop_length=512, n_mels=128, fmin=500, fmax=min(10_000, rate / 2)
        )
    made = log_mel(samples, rate)
    assert made.dtype == np.float32
    assert np.array_equal(made, librosa.power_to_db(power))
    assert made.max() - log_mel(0 * samples, rate).max() > 50


@pytest.mark.parametrize("rate", [8000, 16_000, 44_100])
def test_resampled_sounds_are_those_of_librosa(rate: int) -> None:
    for length in (1, 7, 12_345):
        samples = generator(length, "resampled").uniform(-1, 1, length).astype(np.float32)
        made = decode_sound(sound(samples, 22_050, format="wav", subtype="FLOAT"), rate)
        expected = librosa.resample(samples, orig_sr=22_050, target_sr=rate, res_type="soxr_hq")
        assert made.dtype == np.float32 and np.array_equal(made, expected)


def test_errors_are_of_one_root() -> None:
    assert issubclass(DatasetError, ConfuError) and issubclass(InvalidValue, ConfuError)
