"""Digits spoken by espeak-ng, or by a stand-in for it."""

from __future__ import annotations

import shutil
from pathlib import Path

import pytest
from digit_sounds import RATE, fake_espeak, tone, wav

from confu_core.datasets.digits.espeak import VARIANTS, espeak_version, speak_digits
from confu_core.datasets.digits.recordings import word
from confu_core.errors import DatasetError, InvalidValue


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
