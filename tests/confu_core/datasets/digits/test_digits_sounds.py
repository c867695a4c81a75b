"""Recordings: layouts of folders, espeak-ng, words, variations and noise."""

from __future__ import annotations

import hashlib
import shutil
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from digit_sounds import RATE, WORDS, fake_espeak, folder_per_digit, tone, wav, write

from confu_core.datasets.digits.espeak import VARIANTS, espeak_version, speak_digits
from confu_core.datasets.digits.recordings import Recording, Voice, native_rate, read_folder, word
from confu_core.datasets.digits.sample import Variation, add_noise, babble, pink, place_word, varied, white
from confu_core.errors import DatasetError, InvalidValue


def _loudest_hz(samples: np.ndarray, rate: int = RATE) -> float:
    spectrum = np.abs(np.fft.rfft(samples * np.hanning(len(samples)), 1 << 16))
    return float(np.argmax(spectrum)) * rate / (1 << 16)


def _recording(samples: np.ndarray, rate: int = RATE) -> Recording:
    data = wav(samples, rate)
    return Recording(3, Voice("anna", "folder"), "three.wav", hashlib.sha256(data).hexdigest(), data=data)


def test_a_folder_per_digit(tmp_path: Path) -> None:
    found = read_folder(folder_per_digit(tmp_path, takes=2), ())
    assert len(found) == 60
    for one in found:
        assert WORDS[one.digit] == one.name.split("/")[0]
        assert one.voice.speaker == one.name.split("/")[1].split("_")[0]
    write(tmp_path / "7" / "12.wav", wav(tone(7, 8)))
    (unnamed,) = [one for one in read_folder(tmp_path, ()) if one.name == "7/12.wav"]
    assert (unnamed.digit, unnamed.voice.speaker) == (7, "")


def test_names_of_digit_speaker_and_number(tmp_path: Path) -> None:
    write(tmp_path / "recordings" / "7_jackson_32.wav", wav(tone(7, 0)))
    write(tmp_path / "01" / "0_01_5.wav", wav(tone(0, 1)))
    write(tmp_path / "recordings" / "readme_7.wav", wav(tone(1, 1)))
    assert [(one.digit, one.voice.speaker) for one in read_folder(tmp_path, ())] == [(0, "01"), (7, "jackson")]
    write(tmp_path / "three" / "7_nicolas_1.wav", wav(tone(7, 3)))
    with pytest.raises(DatasetError, match="named as a 7 and lies in the folder of a 3"):
        read_folder(tmp_path, ())


def test_voices_with_a_folder_of_digits(tmp_path: Path) -> None:
    voices = ("en_US_f_Allison", "es_MX_f_Allison", "it_IT_m_Carlo", "de")
    for number, voice in enumerate(voices):
        for digit in range(10):
            write(tmp_path / voice / "digits" / f"{digit}.wav", wav(tone(digit, number)))
        write(tmp_path / voice / "digits" / "20.wav", wav(tone(2, 7)))
        write(tmp_path / voice / "hello.wav", wav(tone(1, 9)))
    every = read_folder(tmp_path, ())
    assert len(every) == 40
    told = {(one.voice.speaker, one.voice.language, one.voice.licence) for one in every}
    # As Debian's copyright file has it; a folder that it does not name is the user's own.
    assert told == {
        ("Allison", "en", "CC-BY-SA-3.0"),
        ("Allison", "es", "CC-BY-SA-3.0"),
        ("Carlo", "it", "CC-BY-3.0"),
        ("de", "de", "unknown"),
    }
    assert {one.voice.language for one in read_folder(tmp_path, ("en", "de"))} == {"en", "de"}
    with pytest.raises(DatasetError, match="no recordings of digits in ru; it has de, en, es, it"):
        read_folder(tmp_path, ("ru",))


def test_the_same_bytes_are_one_recording_and_never_two_digits(tmp_path: Path) -> None:
    folder_per_digit(tmp_path)
    write(tmp_path / "one" / "dora_0.wav", wav(tone(1, 0)))
    assert len(read_folder(tmp_path, ())) == 30
    write(tmp_path / "two" / "dora_0.wav", wav(tone(1, 0)))
    with pytest.raises(DatasetError, match="the same sound, yet two digits"):
        read_folder(tmp_path, ())


def test_a_folder_without_digits(tmp_path: Path) -> None:
    write(tmp_path / "music" / "song.wav", wav(tone(1, 0)))
    with pytest.raises(DatasetError, match="holds no recordings of digits"):
        read_folder(tmp_path, ())
    with pytest.raises(DatasetError, match="does not exist"):
        read_folder(tmp_path / "none", ())


def test_a_word_is_cut_out_and_has_unit_power() -> None:
    found = word(_recording(tone(3, 0)), RATE)
    assert abs(len(found) / RATE - 0.4) <= 0.01
    assert np.mean(found.astype(float) ** 2) == pytest.approx(1, rel=1e-5)
    assert native_rate([_recording(tone(3, 0)), _recording(tone(3, 0, rate=16000), 16000)]) == RATE


@pytest.mark.parametrize(
    ("samples", "message"),
    [
        (np.zeros(4000), "is silent"),
        (np.pad(np.ones(100) * 0.5, 1000), r"must last \[0.05, 3\] s; it lasts"),
        (np.sin(np.arange(40_000)) * 0.5, r"must last \[0.05, 3\] s; it lasts 5.000"),
    ],
)
def test_what_is_no_word_is_refused(samples: np.ndarray, message: str) -> None:
    with pytest.raises(DatasetError, match=message):
        word(_recording(samples), RATE)


def test_what_is_no_sound_or_has_changed_is_refused(tmp_path: Path) -> None:
    broken = replace(_recording(tone(3, 0)), data=b"RIFF no sound", sha256="")
    with pytest.raises(DatasetError, match="recording three.wav is of no use"):
        word(broken, RATE)
    with pytest.raises(DatasetError, match="it is no WAV, FLAC or Ogg file"):
        native_rate([broken])
    folder_per_digit(tmp_path)
    one = read_folder(tmp_path, ())[0]
    assert one.path is not None
    one.path.write_bytes(wav(tone(5, 5)))
    with pytest.raises(DatasetError, match="has changed since"):
        one.read()


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
    for noise in (white(np.random.default_rng(1), RATE), pink(np.random.default_rng(1), RATE)):
        added = add_noise(clip, noise, snr) - clip
        power = np.mean(clip[1000:4000] ** 2) / np.mean(added**2)
        assert 10 * np.log10(power) == pytest.approx(snr, abs=0.01)


def test_pink_noise_has_the_same_power_in_every_octave_and_white_has_not() -> None:
    def octaves(noise: np.ndarray) -> np.ndarray:
        power = np.abs(np.fft.rfft(noise)) ** 2
        return np.array([power[1 << n : 2 << n].sum() for n in range(9, 15)])

    draw = np.random.default_rng(0)
    assert np.ptp(np.log2(octaves(pink(draw, 1 << 16)))) < 0.3
    assert np.diff(np.log2(octaves(white(draw, 1 << 16)))) == pytest.approx(np.ones(5), abs=0.2)


def test_babble_is_words_backwards() -> None:
    spoken = np.arange(1.0, 6.0)
    mixed = babble(np.random.default_rng(0), 10, [spoken])
    assert sorted(mixed.tolist()) == sorted([*spoken, *spoken])
    assert set(np.diff(mixed)) == {-1, 4}


def test_espeak_speaks_every_digit_in_every_voice(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PATH", str(fake_espeak(tmp_path)), prepend=":")
    assert espeak_version() == "9.87"
    spoken = speak_digits(("f1", "m1"), ("en-us",), 1)
    assert len(spoken) == len({one.sha256 for one in spoken}) == 20
    for one in spoken:
        number = 2 if one.voice.speaker == "f1" else 4
        assert one.data == wav(tone(one.digit, number, 37))


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        ((("f1",), ("en-gb",), 1), r"espeak-ng says en-gb\+f1 as the plain voice en-gb; leave one of them out"),
        ((("f9",), ("en-us",), 1), "voices must be variants of espeak-ng; got 'f9', known: Storm, f1, f2, m1"),
        ((("f1", "f1"), ("en-us",), 1), "voices must be at least one, each once"),
        (((), ("en-us",), 1), "voices must be at least one, each once; got none"),
        ((("f1",), ("de",), 1), "accents must be of English, such as en-us; got 'de'"),
        ((("f1",), ("en-us",), 9), r"takes must be in \[1, 5\]; got 9"),
    ],
)
def test_voices_that_are_none_are_refused(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, arguments: tuple[object, ...], message: str
) -> None:
    monkeypatch.setenv("PATH", str(fake_espeak(tmp_path)), prepend=":")
    with pytest.raises(InvalidValue, match=message):
        speak_digits(*arguments)  # type: ignore[arg-type]


def test_without_espeak_the_line_says_how_to_install_it(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PATH", str(tmp_path))
    with pytest.raises(DatasetError, match=r"espeak-ng is not installed; install it \(apt-get install espeak-ng\)"):
        speak_digits()


def test_a_program_that_fails_is_told_in_its_own_words(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    program = tmp_path / "espeak-ng"
    program.write_text("#!/bin/sh\necho 'Error: no voices' >&2\nexit 3\n")
    program.chmod(0o755)
    monkeypatch.setenv("PATH", str(tmp_path), prepend=":")
    with pytest.raises(DatasetError, match="espeak-ng --version: Error: no voices"):
        espeak_version()


@pytest.mark.skipif(shutil.which("espeak-ng") is None, reason="espeak-ng is not installed")
def test_the_real_espeak_has_the_voices_and_ignores_variants_of_en_gb() -> None:
    spoken = speak_digits(("f2", "m3"), takes=1)
    assert all(0.1 < len(word(one, RATE)) / RATE < 1 for one in spoken)
    assert set(VARIANTS) >= {"f2", "m3"}
    with pytest.raises(InvalidValue, match=r"says en-gb\+f4 as the plain voice"):
        speak_digits(("f4",), ("en-gb",), 1)


def test_a_link_to_a_voice_is_the_voice(tmp_path: Path) -> None:
    for digit in range(10):
        write(tmp_path / "real" / "en_US_f_Allison" / "digits" / f"{digit}.wav", wav(tone(digit, 0)))
    (tmp_path / "en").symlink_to(tmp_path / "real" / "en_US_f_Allison")
    for root in (tmp_path, tmp_path / "en"):
        assert {one.voice.author for one in read_folder(root, ())} == {"Allison Smith"}
    assert len(read_folder(tmp_path, ())) == 10


def test_only_the_beginning_of_an_hour_is_read() -> None:
    late = np.concatenate([tone(3, 0), np.zeros(12 * RATE), tone(3, 0)])
    assert abs(len(word(_recording(late), RATE)) / RATE - 0.4) <= 0.01
