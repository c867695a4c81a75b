"""Open `digits:`: written and spoken digits of what is at hand, dealt to the splits and paired row by row."""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace
from pathlib import Path

import numpy as np

from confu_core.datasets.avmnist import WORDS
from confu_core.datasets.digits.espeak import ACCENTS, VARIANTS, espeak_version, speak_digits
from confu_core.datasets.digits.pictures import SPLITS, Pictures, fit_reduction, load_pictures
from confu_core.datasets.digits.recipe import DigitsRecipe
from confu_core.datasets.digits.recordings import Recording, native_rate, read_folder, word
from confu_core.datasets.digits.sample import DigitSettings, noise_names
from confu_core.datasets.sources import natural, real
from confu_core.errors import DatasetError, InvalidValue
from confu_core.random import generator

APART = ("speakers", "recordings", "nothing")

_ESPEAK, _AUTO = "espeak", "auto"
_SHARE = 0.2  # Of speakers or recordings, for validation, and for test.

Dealt = dict[str, tuple[Recording, ...]]  # Split to its own recordings.


def open_digits(
    path: str = "",
    *,
    images: str = "sklearn",
    sounds: str = _ESPEAK,
    removed: str = "0.75",
    snr: str = "-4",
    noise: str = "white,pink,babble",
    vary: str = "1",
    captions: str = "word",
    rate: str = _AUTO,
    seconds: str = "1",
    apart: str = _AUTO,
    languages: str = "en",
    voices: str = ",".join(VARIANTS),
    accents: str = ",".join(ACCENTS),
    takes: str = "2",
    train: str = "",
    validation: str = "",
    test: str = "",
    seed: str = "0",
    images_licence: str = "unknown",
    sounds_licence: str = "unknown",
) -> DigitsRecipe:
    """Prepare AV-MNIST from handwritten and from spoken digits; options are texts, as a query string has them.

    Parameters
    ----------
    path : str
        Empty: pictures and sounds are named by options.
    images : str
        ``"sklearn"`` for the 1,797 handwritten digits inside scikit-learn, or a folder or file of MNIST's form.
    sounds : str
        ``"espeak"``, folders of recordings, or several of these with commas.
    removed : str
        Share of the energy of pictures that is removed by principal components, in [0, 1).
    snr : str
        Power of the word beside that of the noise, in dB.
    noise : str
        Some of white, pink and babble with commas, of which each sample has one; or none.
    vary : str
        How far recordings are varied in pitch, tempo and gain, in [0, 1].
    captions : str
        ``"word"`` for the word alone, ``"phrase"`` for one of a few phrases with it.
    rate : str
        Of the sounds in Hz, 8000 or 16000; ``"auto"`` for the higher that all recordings have.
    seconds : str
        Length of the sounds.
    apart : str
        What no two splits share: speakers, recordings, nothing; ``"auto"`` for the strictest that is possible.
    languages : str
        Of recordings whose folder tells a language, those to take; ``"all"`` for all.
    voices, accents, takes : str
        Of espeak-ng; see `speak_digits`.
    train, validation, test : str
        Rows of the splits; by default one for each picture.
    seed : str
        A whole number.
    images_licence, sounds_licence : str
        Of the user's own files, as SPDX writes it.

    Returns
    -------
    DigitsRecipe
        Its `information` says what was used and what no two splits share.

    Raises
    ------
    InvalidValue
        If an option is outside its constraint.
    DatasetError
        If pictures or recordings are missing, damaged or too few, or espeak-ng is.

    Examples
    --------
    >>> open_digits(sounds="no-such-folder")
    Traceback (most recent call last):
    confu_core.errors.DatasetError: sounds must be 'espeak' or a folder of recordings; no-such-folder does not exist
    """
    if path:
        raise InvalidValue(f"digits: takes no path; name folders by sounds= and images=; got {path!r}")
    settings = DigitSettings(
        removed=_number("removed", removed),
        snr=_number("snr", snr),
        vary=_number("vary", vary),
        seconds=_number("seconds", seconds),
        noise=noise_names(noise),
        captions=captions,
        rate=8000 if rate == _AUTO else _whole("rate", rate, 1),
        seed=_whole("seed", seed, 0),
    )
    rows = zip(SPLITS, (train, validation, test), strict=True)
    sizes = {split: _whole(split, text, 1) for split, text in rows if text}
    spoken = _names(voices), _names(accents), _whole("takes", takes, 1)
    pictures = load_pictures(images, images_licence)
    recordings = _recordings(_names(sounds), languages, lambda: speak_digits(*spoken), sounds_licence)
    if rate == _AUTO and native_rate(recordings) >= 16000:
        settings = replace(settings, rate=16000)
    for one in recordings:
        word(one, settings.rate)  # What cannot be used is known before anything is built.
    kind, dealt = split_recordings(recordings, apart, settings.seed)
    reduction = fit_reduction(pictures.images[pictures.indices["train"]], settings.removed)
    programs = {"espeak-ng": espeak_version()} if _ESPEAK in _names(sounds) else {}
    pairs = _pairs(pictures, dealt, sizes, settings.seed)
    return DigitsRecipe(settings, pictures, reduction, dealt, pairs, kind, programs)


def _number(name: str, text: str) -> float:
    if not math.isfinite(value := real(text)):
        raise InvalidValue(f"{name} must be a number; got {text!r}")
    return value


def _whole(name: str, text: str, least: int) -> int:
    if (value := natural(text, 12)) < least:
        raise InvalidValue(f"{name} must be a whole number of at least {least}; got {text!r}")
    return value


def _names(text: str) -> tuple[str, ...]:
    return tuple(name for name in text.split(",") if name)


def _recordings(
    sounds: tuple[str, ...], languages: str, speak: Callable[[], tuple[Recording, ...]], licence: str
) -> tuple[Recording, ...]:
    if not sounds or len(set(sounds)) < len(sounds):
        raise InvalidValue(f"sounds must name at least one source, each once; got {', '.join(sounds) or 'none'}")
    wanted = () if languages == "all" else _names(languages)
    if languages != "all" and not wanted:
        raise InvalidValue("languages must be 'all', or some in two letters, such as en,es; got none")
    found: dict[str, Recording] = {}
    for name in sounds:
        for one in speak() if name == _ESPEAK else read_folder(Path(name).expanduser(), wanted, licence):
            if found.setdefault(one.sha256, one).digit != one.digit:
                raise DatasetError(f"{found[one.sha256].name} and {one.name} are the same sound, yet two digits")
    return tuple(found.values())


def split_recordings(recordings: Sequence[Recording], apart: str, seed: int) -> tuple[str, Dealt]:
    """Deal recordings to the splits, a fifth for validation and a fifth for test, and say what no two splits share.

    That is ``"speakers"``, ``"recordings"`` or ``"nothing"``, so that the splits differ in variation and noise alone.
    ``"auto"`` is the strictest that the recordings allow: three speakers of all ten digits, or three recordings of
    every digit.
    """
    if apart not in (_AUTO, *APART):
        raise InvalidValue(f"apart must be auto, {', '.join(APART)}; got {apart!r}")
    counts = np.bincount([one.digit for one in recordings], minlength=len(WORDS))
    if missing := [WORDS[digit] for digit in np.flatnonzero(counts == 0)]:
        raise DatasetError(f"the recordings must be of all ten digits; they lack {', '.join(missing)}")
    speakers, named = _complete_speakers(recordings), all(one.voice.speaker for one in recordings)
    fewest = int(counts.min())
    possible = {"speakers": named and len(speakers) >= 3, "recordings": fewest >= 3, "nothing": True}
    kind = next(name for name in APART if possible[name]) if apart == _AUTO else apart
    if not possible[kind]:
        there = {"speakers": f"{len(speakers)} named", "recordings": f"{fewest} of the rarest digit"}[kind]
        each = {"speakers": "3 of all ten digits", "recordings": "3 of every digit"}[kind]
        raise DatasetError(f"to keep {kind} apart there must be at least {each}; got {there}; choose another apart=")
    if kind == "nothing":
        return kind, dict.fromkeys(SPLITS, tuple(recordings))
    homes = _homes(recordings, speakers if kind == "speakers" else None, seed)
    return kind, {
        split: tuple(one for one, home in zip(recordings, homes, strict=True) if home == split) for split in SPLITS
    }


def _complete_speakers(recordings: Sequence[Recording]) -> list[str]:
    """Return who says all ten digits."""
    digits: dict[str, set[int]] = {}
    for one in recordings:
        digits.setdefault(one.voice.speaker, set()).add(one.digit)
    return sorted(name for name, said in digits.items() if name and len(said) == len(WORDS))


def _homes(recordings: Sequence[Recording], speakers: Sequence[str] | None, seed: int) -> list[str]:
    """Return the split of each recording: that of its speaker, or one of its own where none are given."""
    if speakers is not None:
        # Who does not say all ten digits cannot be tested on them, and teaches.
        home = dict(zip(speakers, _dealt(len(speakers), generator(seed, "digits", "speakers")), strict=True))
        return [home.get(one.voice.speaker, SPLITS[0]) for one in recordings]
    homes = np.empty(len(recordings), dtype=object)
    for digit in range(len(WORDS)):
        mine = [number for number, one in enumerate(recordings) if one.digit == digit]
        homes[mine] = _dealt(len(mine), generator(seed, "digits", "recordings", digit))
    return list(homes)


def _dealt(count: int, draw: np.random.Generator) -> np.ndarray:
    """Return the split of each of `count` things, at least one in each."""
    held = max(1, round(count * _SHARE))
    order = draw.permutation(count)
    names = np.full(count, SPLITS[0], dtype=object)
    names[order[:held]], names[order[held : 2 * held]] = SPLITS[2], SPLITS[1]
    return names


def _pairs(pictures: Pictures, dealt: Dealt, sizes: Mapping[str, int], seed: int) -> dict[str, np.ndarray]:
    """Return the pairs of all splits, as many as their sizes or, without one, as their pictures."""
    pairs = {}
    for split, indices in pictures.indices.items():
        said = np.array([one.digit for one in dealt[split]])
        seen = [indices[pictures.labels[indices] == digit] for digit in range(len(WORDS))]
        heard = [np.flatnonzero(said == digit) for digit in range(len(WORDS))]
        pairs[split] = pair_rows(seen, heard, sizes.get(split, len(indices)), split, seed)
    return pairs


def pair_rows(
    pictures: Sequence[np.ndarray], recordings: Sequence[np.ndarray], rows: int, split: str, seed: int
) -> np.ndarray:
    """Pair the numbers of the pictures and of the recordings of each class, in rows of an order that is drawn.

    Pictures are used equally often, recordings too, as nearly as whole numbers allow, and no pair occurs twice; where
    there are fewer different pairs than rows, that is an `InvalidValue`. Returns ndarray of int, shape (rows, 2).

    Examples
    --------
    >>> pairs = pair_rows([np.array([5, 6])], [np.array([0, 1])], 4, "train", 0)
    >>> sorted(map(tuple, pairs.tolist()))
    [(5, 0), (5, 1), (6, 0), (6, 1)]
    """
    counts = _rows_of_classes(np.array([len(mine) for mine in pictures]), rows)
    blocks = []
    for label, (seen, heard, count) in enumerate(zip(pictures, recordings, counts, strict=True)):
        if count > len(seen) * len(heard):
            most = f"{len(seen)} pictures and {len(heard)} recordings of class {label} make {len(seen) * len(heard)}"
            raise InvalidValue(f"{split} must ask for no more pairs than there are: {most}; it needs {count}")
        draw = generator(seed, "digits", "pairs", split, label)
        seen, heard = draw.permutation(seen), draw.permutation(heard)
        turn = np.arange(count)
        # After every common multiple the two cycles would meet in the same pairs again: one is moved on by a step.
        shift = turn // math.lcm(len(seen), len(heard))
        blocks.append(np.stack([seen[turn % len(seen)], heard[(turn + shift) % len(heard)]], axis=1))
    return np.concatenate(blocks)[generator(seed, "digits", "order", split).permutation(rows)]


def _rows_of_classes(pictures: np.ndarray, rows: int) -> np.ndarray:
    """Return how many of the rows each class gets, distributed as its pictures are.

    Examples
    --------
    >>> _rows_of_classes(np.array([2, 1, 1]), 10).tolist()
    [5, 3, 2]
    """
    exact = pictures / pictures.sum() * rows
    counts = np.floor(exact).astype(int)
    counts[np.argsort(counts - exact, kind="stable")[: rows - counts.sum()]] += 1
    return counts
