"""Espeak: digits spoken by espeak-ng, where it is installed, in voices that are truly different."""

from __future__ import annotations

import hashlib
import re
import shutil
import subprocess
import tempfile
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from functools import lru_cache
from itertools import product
from pathlib import Path

from confu_core.datasets.avmnist import WORDS
from confu_core.datasets.digits.recordings import Recording, Voice
from confu_core.errors import DatasetError, InvalidValue, nearest

ACCENTS = ("en-us",)
VARIANTS: tuple[str, ...] = ("f1", "f2", "f3", "f4", "f5", "m1", "m2", "m3", "m4", "m5", "m6", "m7", "m8")
VARIANTS += ("Alicia", "Andrea", "belinda", "linda", "edward", "john", "Michael")
TAKES = ((50, 150), (38, 130), (62, 172), (30, 160), (70, 142))  # Pitch in [0, 99], speed in words per minute.

_PROGRAM = "espeak-ng"
_MEND = "install it (apt-get install espeak-ng), or name a folder of recordings by sounds="
_SECONDS = 30
_AT_ONCE = 4
_LISTED = re.compile(r"!v/(.+?)\s*(?:\(.*\))?$", re.MULTILINE)


def espeak_version() -> str:
    """Return the version of the installed espeak-ng, such as ``"1.51"``."""
    said = _run(["--version"])
    found = re.search(r"\d+\.\d[\w.+-]*", said)
    return found[0] if found else said.strip()[:40]


def speak_digits(
    variants: Sequence[str] = VARIANTS, accents: Sequence[str] = ACCENTS, takes: int = 2
) -> tuple[Recording, ...]:
    """Let espeak-ng say the ten digits in all variants of its voice and all accents of English, in 1 to 5 takes.

    Each variant, as ``espeak-ng --voices=variant`` lists them by file, is a speaker, and each take another pitch and
    speed. A variant that the installation lacks, or that an accent ignores, such as ``f4`` of ``en-gb``, gives the
    plain voice without a word: what is said is compared, and such a variant refused.
    """
    if not 1 <= takes <= len(TAKES):
        raise InvalidValue(f"takes must be in [1, {len(TAKES)}]; got {takes}")
    _check_names(variants, accents)
    _check_different(variants, accents)
    plan = list(product(accents, variants, range(takes), range(len(WORDS))))
    with ThreadPoolExecutor(_AT_ONCE) as pool:
        return tuple(pool.map(lambda one: _recording(*one), plan))


def _check_names(variants: Sequence[str], accents: Sequence[str]) -> None:
    listed = _LISTED.findall(_run(["--voices=variant"]))
    for name in variants:
        if name not in listed:
            raise InvalidValue(f"voices must be variants of espeak-ng; got {name!r}, {nearest(name, listed)}")
    for accent in accents:
        if not re.fullmatch(r"en(-[A-Za-z0-9]+)*", accent):
            raise InvalidValue(f"accents must be of English, such as en-us; got {accent!r}")
    for name, values in (("voices", variants), ("accents", accents)):
        if not values or len(set(values)) < len(values):
            raise InvalidValue(f"{name} must be at least one, each once; got {', '.join(values) or 'none'}")


def _check_different(variants: Sequence[str], accents: Sequence[str]) -> None:
    """Refuse what sounds like the plain voice, or like another one."""
    heard: dict[bytes, str] = {}
    for accent in accents:
        for voice in (accent, *(f"{accent}+{name}" for name in variants)):
            other = heard.setdefault(_spoken(voice, 0, WORDS[3]), voice)
            if other != voice:
                plain = other if "+" in other else f"the plain voice {other}"
                raise InvalidValue(f"espeak-ng says {voice} as {plain}; leave one of them out")


def _recording(accent: str, variant: str, take: int, digit: int) -> Recording:
    voice = Voice(variant, "espeak-ng", "en", licence="")
    name = f"espeak-ng/{accent}+{variant}/{digit}-{take}.wav"
    data = _spoken(f"{accent}+{variant}", take, WORDS[digit])
    return Recording(digit, voice, name, hashlib.sha256(data).hexdigest(), data=data)


def _spoken(voice: str, take: int, text: str) -> bytes:
    return _cached(_program(), voice, take, text)


@lru_cache(maxsize=8192)
def _cached(program: str, voice: str, take: int, text: str) -> bytes:
    pitch, speed = TAKES[take]
    with tempfile.TemporaryDirectory(prefix="espeak-") as folder:
        # Into a file: on stdout the header cannot say how long the sound is, and states two gigabytes.
        path = Path(folder) / "word.wav"
        _run(["-v", voice, "-p", str(pitch), "-s", str(speed), "-w", str(path), text])
        if not path.is_file():
            raise DatasetError(f"espeak-ng said nothing in the voice {voice}; choose another")
        return path.read_bytes()


def _program() -> str:
    program = shutil.which(_PROGRAM)
    if program is None:
        raise DatasetError(f"{_PROGRAM} is not installed; {_MEND}")
    return program


def _run(arguments: list[str]) -> str:
    try:
        done = subprocess.run([_program(), *arguments], capture_output=True, timeout=_SECONDS, check=False)
    except (OSError, subprocess.TimeoutExpired) as error:
        raise DatasetError(f"{_PROGRAM} did not run: {error}; {_MEND}") from error
    if done.returncode:
        complaint = done.stderr.decode(errors="replace").strip().splitlines() or [f"status {done.returncode}"]
        raise DatasetError(f"{_PROGRAM} {' '.join(arguments[:2])}: {complaint[0][:200]}")
    return done.stdout.decode(errors="replace")
