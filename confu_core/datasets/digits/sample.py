"""One sample: a reduced picture, a recording in noise, and the word."""

from __future__ import annotations

import io
from collections.abc import Sequence
from typing import Any

import numpy as np

from confu_core.datasets.digits.noise import NOISES, TALKERS, add_noise, babble
from confu_core.datasets.digits.recordings import WORDS, Recording, word
from confu_core.datasets.digits.settings import CAPTIONS, DigitSettings
from confu_core.datasets.digits.variation import Variation, draw_variation, place_word, to_int16, varied
from confu_core.random import generator

__all__ = ["caption_of", "draw_sound", "encode_picture", "encode_sound"]


def draw_sound(
    recording: Recording, others: Sequence[Recording], settings: DigitSettings, split: str, row: int
) -> tuple[np.ndarray, dict[str, Any]]:
    """Draw what is heard in one row.

    Parameters
    ----------
    recording : Recording
        What is said.
    others : sequence of Recording
        Of the same split, among whom the talkers of a babble are chosen.
    settings : DigitSettings
        The dials.
    split : str
        Of the row.
    row : int
        In its split.

    Returns
    -------
    clip : ndarray of int16, shape (seconds * rate,)
        The word in noise.
    facts : dict
        ``noise``, ``pitch``, ``tempo``, ``start_s`` and ``word_s``: what was drawn.
    """
    length = round(settings.seconds * settings.rate)
    draw = generator(settings.seed, "digits", "sound", split, row)
    variation = draw_variation(draw, settings.vary)
    said = varied(word(recording, settings.rate), variation, settings.rate, length)
    clip = place_word(said, variation, length)
    kind, noise = _noise(draw, others, settings, length)
    heard = clip if noise is None else add_noise(clip, noise, settings.snr)
    return to_int16(heard, variation.gain_db), {"noise": kind, **_facts(variation, clip, len(said), settings)}


def _noise(
    draw: np.random.Generator, others: Sequence[Recording], settings: DigitSettings, length: int
) -> tuple[str, np.ndarray | None]:
    if not settings.noise:
        return "none", None
    kind = settings.noise[int(draw.integers(len(settings.noise)))]
    if kind in NOISES:
        return kind, NOISES[kind](draw, length)
    talkers = draw.integers(len(others), size=TALKERS)
    return kind, babble(draw, length, [word(others[number], settings.rate) for number in talkers])


def _facts(variation: Variation, clip: np.ndarray, spoken: int, settings: DigitSettings) -> dict[str, float]:
    start = int(variation.lead_in * (len(clip) - spoken + 1))
    return {
        "pitch": round(variation.pitch, 4),
        "tempo": round(variation.tempo, 4),
        "start_s": start / settings.rate,
        "word_s": spoken / settings.rate,
    }


def caption_of(digit: int, settings: DigitSettings, split: str, row: int) -> str:
    """Return the text of one row.

    Parameters
    ----------
    digit : int
        What is seen and heard.
    settings : DigitSettings
        Whether it is the word alone.
    split : str
        Of the row.
    row : int
        In its split.

    Returns
    -------
    str
        Such as ``"seven"`` or ``"the digit seven"``.

    Examples
    --------
    >>> caption_of(7, DigitSettings(), "train", 0)
    'seven'
    """
    forms = CAPTIONS[settings.captions]
    return forms[int(generator(settings.seed, "digits", "caption", split, row).integers(len(forms)))].format(
        WORDS[digit]
    )


def encode_picture(image: np.ndarray) -> bytes:
    """Write a picture.

    Parameters
    ----------
    image : ndarray of uint8, shape (height, width)
        Grey values.

    Returns
    -------
    bytes
        A PNG file.

    Examples
    --------
    >>> encode_picture(np.zeros((28, 28), np.uint8))[1:4]
    b'PNG'
    """
    from PIL import Image

    file = io.BytesIO()
    Image.fromarray(image).save(file, "png")
    return file.getvalue()


def encode_sound(clip: np.ndarray, rate: int) -> bytes:
    """Write a sound.

    Parameters
    ----------
    clip : ndarray of int16, shape (samples,)
        One channel.
    rate : int
        In Hz.

    Returns
    -------
    bytes
        A FLAC file.

    Examples
    --------
    >>> encode_sound(np.zeros(8000, np.int16), 8000)[:4]
    b'fLaC'
    """
    import soundfile

    file = io.BytesIO()
    soundfile.write(file, clip, rate, format="FLAC", subtype="PCM_16")
    return file.getvalue()
