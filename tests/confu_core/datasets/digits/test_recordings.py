"""Recordings: layouts of folders, and the word in each."""

from __future__ import annotations

import hashlib
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from digit_sounds import RATE, WORDS, folder_per_digit, tone, wav, write

from confu_core.datasets.digits.recordings import Recording, Voice, native_rate, read_folder, word
from confu_core.errors import DatasetError


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
