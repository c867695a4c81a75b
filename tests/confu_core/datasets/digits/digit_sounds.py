"""Small recordings and pictures in the layouts that are read, and a stand-in for espeak-ng."""

from __future__ import annotations

import gzip
import io
from pathlib import Path

import numpy as np
import soundfile

RATE = 8000
WORDS = ("zero", "one", "two", "three", "four", "five", "six", "seven", "eight", "nine")


def tone(digit: int, speaker: int, take: int = 0, rate: int = RATE) -> np.ndarray:
    """0.4 s of a tone of the digit's, with the speaker's overtone, in 0.1 s of silence before and after."""
    time = np.arange(int(0.4 * rate)) / rate
    frequency = 300 + 150 * digit
    sound = np.sin(2 * np.pi * frequency * time) + 0.5 * np.sin(2 * np.pi * (2500 + 100 * speaker + take) * time)
    return np.pad(0.4 * sound, int(0.1 * rate))


def wav(samples: np.ndarray, rate: int = RATE) -> bytes:
    file = io.BytesIO()
    soundfile.write(file, samples, rate, format="wav", subtype="PCM_16")
    return file.getvalue()


def write(path: Path, data: bytes) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_bytes(data)


def folder_per_digit(root: Path, speakers: tuple[str, ...] = ("anna", "bert", "carl"), takes: int = 1) -> Path:
    for digit, name in enumerate(WORDS):
        for number, speaker in enumerate(speakers):
            for take in range(takes):
                write(root / name / f"{speaker}_{take}.wav", wav(tone(digit, number, take)))
    return root


def idx(array: np.ndarray) -> bytes:
    edges = b"".join(edge.to_bytes(4, "big") for edge in array.shape)
    return bytes([0, 0, 8, array.ndim]) + edges + array.astype(np.uint8).tobytes()


def mnist_arrays(train: int = 60, test: int = 20) -> dict[str, np.ndarray]:
    draw = np.random.default_rng(0)
    arrays = {}
    for part, count in (("train", train), ("test", test)):
        arrays[f"y_{part}"] = (np.arange(count) % 10).astype(np.uint8)
        arrays[f"x_{part}"] = draw.integers(0, 256, (count, 28, 28)).astype(np.uint8)
    return arrays


def mnist_folder(root: Path, packed: bool = False) -> Path:
    arrays, end = mnist_arrays(120, 20), ".gz" if packed else ""
    for part, name in (("train", "train"), ("test", "t10k")):
        for kind, dimensions, letter in (("images", 3, "x"), ("labels", 1, "y")):
            data = idx(arrays[f"{letter}_{part}"])
            path = root / f"{name}-{kind}-idx{dimensions}-ubyte{end}"
            write(path, gzip.compress(data, mtime=0) if packed else data)
    return root


FAKE_ESPEAK = """#!/bin/sh
here=$(dirname "$0")
case "$1" in
  --version) echo "eSpeak NG text-to-speech: 9.87  Data at: nowhere"; exit 0;;
  --voices=variant) cat "$here/variants"; exit 0;;
esac
voice=$2; out=$8; word=$9
case "$voice" in
  nowhere*) echo "Error: The specified espeak-ng voice does not exist." >&2; exit 1;;
  en-gb*) voice=en-gb;;
esac
cp "$here/spoken/$voice/$word.wav" "$out"
"""


def fake_espeak(root: Path, variants: tuple[str, ...] = ("f1", "f2", "m1")) -> Path:
    """A program that says tones, and that ignores the variants of en-gb as the real one does."""
    for number, voice in enumerate(("en-us", "en-gb", *(f"en-us+{name}" for name in variants))):
        for digit, name in enumerate(WORDS):
            write(root / "spoken" / voice / f"{name}.wav", wav(tone(digit, number, 37)))
    head = "Pty Language       Age/Gender VoiceName          File                 Other Languages\n"
    lines = [f" 5  variant         --/F      {name}_name           !v/{name}                \n" for name in variants]
    (root / "variants").write_text(head + "".join(lines) + " 5  variant  --/M  Storm   !v/Storm    (en-us 5)\n")
    program = root / "espeak-ng"
    program.write_text(FAKE_ESPEAK)
    program.chmod(0o755)
    return root
