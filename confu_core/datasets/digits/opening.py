"""Open `digits:` AV-MNIST, built from what is at hand: written digits and spoken digits."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from pathlib import Path

import numpy as np

from confu_core.datasets.digits.espeak import ACCENTS, VARIANTS, espeak_version, speak_digits
from confu_core.datasets.digits.folders import read_folder
from confu_core.datasets.digits.noise import noise_names
from confu_core.datasets.digits.pairing import pair_rows
from confu_core.datasets.digits.pictures import Pictures, load_pictures
from confu_core.datasets.digits.recipe import DigitsRecipe
from confu_core.datasets.digits.recordings import WORDS, Recording, native_rate, word
from confu_core.datasets.digits.reduction import fit_reduction
from confu_core.datasets.digits.settings import DigitSettings, number, whole
from confu_core.datasets.digits.splits import SPLITS, split_recordings
from confu_core.errors import DatasetError, InvalidValue

__all__ = ["open_digits"]

_ESPEAK, _AUTO = "espeak", "auto"


@dataclass(frozen=True)
class Spoken:
    """What espeak-ng is to say, if it is asked."""

    voices: tuple[str, ...]
    accents: tuple[str, ...]
    takes: int

    def recordings(self) -> tuple[Recording, ...]:
        """Return what it says."""
        return speak_digits(self.voices, self.accents, self.takes)


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
    """
    if path:
        raise InvalidValue(f"digits: takes no path; name folders by sounds= and images=; got {path!r}")
    dials = {"removed": removed, "snr": snr, "vary": vary, "seconds": seconds}
    settings = _settings(dials, noise, captions, rate, seed)
    rows = dict(zip(SPLITS, (train, validation, test), strict=True))
    sizes = {split: whole(split, text, 1) for split, text in rows.items() if text}
    spoken = Spoken(_names(voices), _names(accents), whole("takes", takes, 1))
    pictures = load_pictures(images, images_licence)
    recordings = _recordings(_names(sounds), languages, spoken, sounds_licence)
    if rate == _AUTO and native_rate(recordings) >= 16000:
        settings = replace(settings, rate=16000)
    for one in recordings:
        word(one, settings.rate)  # What cannot be used is known before anything is built.
    kind, dealt = split_recordings(recordings, apart, settings.seed)
    reduction = fit_reduction(pictures.images[pictures.indices["train"]], settings.removed)
    programs = {"espeak-ng": espeak_version()} if _ESPEAK in _names(sounds) else {}
    pairs = _pairs(pictures, dealt, sizes, settings.seed)
    return DigitsRecipe(settings, pictures, reduction, dealt, pairs, kind, programs)


def _settings(dials: Mapping[str, str], noise: str, captions: str, rate: str, seed: str) -> DigitSettings:
    return DigitSettings(
        **{name: number(name, text) for name, text in dials.items()},
        noise=noise_names(noise),
        captions=captions,
        rate=8000 if rate == _AUTO else whole("rate", rate, 1),
        seed=whole("seed", seed, 0),
    )


def _names(text: str) -> tuple[str, ...]:
    return tuple(name for name in text.split(",") if name)


def _recordings(sounds: tuple[str, ...], languages: str, spoken: Spoken, licence: str) -> tuple[Recording, ...]:
    if not sounds or len(set(sounds)) < len(sounds):
        raise InvalidValue(f"sounds must name at least one source, each once; got {', '.join(sounds) or 'none'}")
    wanted = () if languages == "all" else _names(languages)
    if languages != "all" and not wanted:
        raise InvalidValue("languages must be 'all', or some in two letters, such as en,es; got none")
    found: dict[str, Recording] = {}
    for name in sounds:
        mine = spoken.recordings() if name == _ESPEAK else read_folder(Path(name).expanduser(), wanted, licence)
        for one in mine:
            if found.setdefault(one.sha256, one).digit != one.digit:
                raise DatasetError(f"{found[one.sha256].name} and {one.name} are the same sound, yet two digits")
    return tuple(found.values())


def _pairs(
    pictures: Pictures, recordings: Mapping[str, tuple[Recording, ...]], sizes: Mapping[str, int], seed: int
) -> dict[str, np.ndarray]:
    pairs = {}
    for split, indices in pictures.indices.items():
        said = np.array([one.digit for one in recordings[split]])
        seen = [indices[pictures.labels[indices] == digit] for digit in range(len(WORDS))]
        heard = [np.flatnonzero(said == digit) for digit in range(len(WORDS))]
        pairs[split] = pair_rows(seen, heard, sizes.get(split, len(indices)), split, seed)
    return pairs
