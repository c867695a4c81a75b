"""Folders of recorded digits, in the layouts in which they are found."""

from __future__ import annotations

import hashlib
import re
from collections.abc import Collection
from pathlib import Path

from confu_core.datasets.digits.recordings import WORDS, Recording, Voice
from confu_core.errors import DatasetError

__all__ = ["LAYOUTS", "read_folder"]

LAYOUTS = "0/..9/ or zero/..nine/, {digit}_{speaker}_{n}.wav, or {voice}/digits/0.wav..9.wav"

_SOUNDS = {".wav", ".flac", ".ogg"}
_FILE_LIMIT = 1 << 24  # Bytes: minutes of sound, where a second is wanted.
_COUNT_LIMIT = 200_000
_NAMED = re.compile(r"([0-9])_(.+)_([0-9]+)")
_VOICE = re.compile(r"([a-z]{2})_[A-Z]{2}_[fm]_(\w+)")
_FIGURES = frozenset(map(str, range(10)))
_DIGITS = {**{str(digit): digit for digit in range(10)}, **{name: digit for digit, name in enumerate(WORDS)}}

# As the copyright files of Debian's packages asterisk-core-sounds-*-wav say.
_ASTERISK = {
    "Allison": ("Allison Smith", "CC-BY-SA-3.0"),
    "June": ("June Wallack", "CC-BY-SA-3.0"),
    "Carlo": ("Carlo Flora", "CC-BY-3.0"),
    "IvrvoiceRU": ("Maxim Topal", "CC-BY-3.0"),
}


def read_folder(folder: Path, languages: Collection[str], licence: str = "unknown") -> tuple[Recording, ...]:
    """Find the recordings of digits in a folder.

    Three layouts are known: a folder per digit; names of digit, speaker and number, as in the Free Spoken Digit
    Dataset and AudioMNIST; and a folder ``digits`` per voice, as Debian's packages asterisk-core-sounds-*-wav have
    it. In a folder per digit the name of a file up to its first underscore is that of the speaker, unless it is a
    number. Files that are none of these are left alone, and the same bytes under two names are one recording.

    Parameters
    ----------
    folder : Path
        Searched with all its folders.
    languages : collection of str
        Of the third layout, the languages to take, in two letters; empty for all. Where no language is told, it is
        taken.
    licence : str
        Of the user's own recordings; that of Debian's packages is known.

    Returns
    -------
    tuple of Recording
        In the order of their names.

    Raises
    ------
    DatasetError
        If there is no such folder, it holds no digit, or contradicts itself.
    """
    if not folder.is_dir():
        raise DatasetError(f"sounds must be 'espeak' or a folder of recordings; {folder} does not exist")
    found: dict[str, Recording] = {}
    others = set()
    for path in sorted(folder.rglob("*")):
        told = _told(path, licence) if path.suffix.lower() in _SOUNDS and path.is_file() else None
        if told is None:
            continue
        digit, voice = told
        if languages and voice.language and voice.language not in languages:
            others.add(voice.language)
            continue
        one = _recording(path, folder, digit, voice)
        same = found.setdefault(one.sha256, one)
        if same.digit != digit:
            raise DatasetError(f"{same.name} and {one.name} in {folder} are the same sound, yet two digits; remove one")
        if len(found) > _COUNT_LIMIT:
            raise DatasetError(f"{folder} holds more than {_COUNT_LIMIT} recordings, the most that are read")
    if not found:
        hint = f"in {', '.join(sorted(languages))}; it has {', '.join(sorted(others))}" if others else f"({LAYOUTS})"
        raise DatasetError(f"{folder} holds no recordings of digits {hint}")
    return tuple(sorted(found.values(), key=lambda one: one.name))


def _told(path: Path, licence: str) -> tuple[int, Voice] | None:
    """Return the digit and the voice that a path tells, if it tells a digit."""
    above = path.parent.name
    if above == "digits":
        return (
            (int(path.stem), _asterisk(path.parent.parent.resolve().name, licence)) if path.stem in _FIGURES else None
        )
    named, foldered = _NAMED.fullmatch(path.stem), _DIGITS.get(above.lower())
    if named is None:
        return None if foldered is None else (foldered, Voice(_speaker(path.stem), "folder", licence=licence))
    digit = int(named[1])
    if foldered not in (None, digit):
        raise DatasetError(f"{path} is named as a {digit} and lies in the folder of a {foldered}; correct one of them")
    return digit, Voice(named[2], "folder", licence=licence)


def _asterisk(folder: str, licence: str) -> Voice:
    named = _VOICE.fullmatch(folder)
    if named is None:
        return Voice(folder, "folder", folder if len(folder) == 2 else "", licence=licence)
    language, speaker = named[1], named[2]
    if speaker not in _ASTERISK:
        return Voice(speaker, "folder", language, licence=licence)
    author, known = _ASTERISK[speaker]
    return Voice(speaker, "asterisk", language, author, known)


def _speaker(stem: str) -> str:
    first = stem.partition("_")[0]
    return "" if first.isdigit() else first


def _recording(path: Path, folder: Path, digit: int, voice: Voice) -> Recording:
    try:
        size = path.stat().st_size
        if size > _FILE_LIMIT:
            raise DatasetError(f"{path} has {size} bytes; a spoken digit has at most {_FILE_LIMIT}")
        data = path.read_bytes()
    except OSError as error:
        raise DatasetError(f"{path} cannot be read: {error.strerror}") from error
    name = path.relative_to(folder).as_posix()
    return Recording(digit, voice, name, hashlib.sha256(data).hexdigest(), path.absolute())
