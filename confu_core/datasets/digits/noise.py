"""Noise: what the sound is made a poor witness with."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence

import numpy as np

from confu_core.errors import InvalidValue

__all__ = ["NOISES", "add_noise", "babble", "noise_names", "pink", "white"]

TALKERS = 5


def white(draw: np.random.Generator, length: int) -> np.ndarray:
    """Draw white noise: the same power at every frequency.

    Parameters
    ----------
    draw : numpy.random.Generator
        Of one sample.
    length : int
        In samples.

    Returns
    -------
    ndarray of float64, shape (length,)
        Normal, of about unit power.
    """
    return draw.standard_normal(length)


def pink(draw: np.random.Generator, length: int) -> np.ndarray:
    """Draw pink noise: the same power in every octave, as wind and streets have it.

    Parameters
    ----------
    draw : numpy.random.Generator
        Of one sample.
    length : int
        In samples.

    Returns
    -------
    ndarray of float64, shape (length,)
        Without a mean.
    """
    spectrum = np.fft.rfft(draw.standard_normal(length))
    order = np.arange(len(spectrum), dtype=np.float64)
    order[0] = np.inf
    return np.fft.irfft(spectrum / np.sqrt(order), length)


def babble(draw: np.random.Generator, length: int, words: Sequence[np.ndarray]) -> np.ndarray:
    """Mix a murmur of several talkers whom nobody understands.

    Parameters
    ----------
    draw : numpy.random.Generator
        Of one sample.
    length : int
        In samples.
    words : sequence of ndarray
        What they say, of unit power; each is played backwards and over again, so that no digit can be heard in it.

    Returns
    -------
    ndarray of float64, shape (length,)
        Their sum.
    """
    mixed = np.zeros(length)
    for spoken in words:
        start = int(draw.integers(len(spoken)))
        mixed += np.resize(np.roll(spoken[::-1], start), length)
    return mixed


NOISES: Mapping[str, Callable[[np.random.Generator, int], np.ndarray]] = {"white": white, "pink": pink}


def noise_names(text: str) -> tuple[str, ...]:
    """Return the kinds of noise that a text names.

    Parameters
    ----------
    text : str
        ``"none"``, or some of white, pink and babble, with commas.

    Returns
    -------
    tuple of str
        Each sample has one of them, drawn; empty for none.

    Raises
    ------
    InvalidValue
        If there is no such noise.

    Examples
    --------
    >>> noise_names("white,babble"), noise_names("none")
    (('white', 'babble'), ())
    """
    names = tuple(text.split(","))
    if names == ("none",):
        return ()
    known = (*NOISES, "babble")
    for name in names:
        if name not in known:
            raise InvalidValue(f"noise must be none, or some of {', '.join(known)} with commas; got {text!r}")
    return names


def add_noise(clip: np.ndarray, noise: np.ndarray, snr_db: float) -> np.ndarray:
    """Add noise at a ratio to the word.

    Parameters
    ----------
    clip : ndarray of float64, shape (samples,)
        A word in silence. Its power, where it sounds, is 1.
    noise : ndarray of float64, shape (samples,)
        Of any power but 0.
    snr_db : float
        Power of the word, where it sounds, beside that of the noise, in dB.

    Returns
    -------
    ndarray of float64, shape (samples,)
        Their sum.

    Examples
    --------
    >>> clip, noise = np.array([0.0, 1.0, -1.0, 0.0]), np.array([3.0, -3.0, 3.0, 3.0])
    >>> (add_noise(clip, noise, 20.0) - clip).round(3)
    array([ 0.1, -0.1,  0.1,  0.1])
    """
    return clip + noise * (10 ** (-snr_db / 20) / np.sqrt(np.mean(np.square(noise))))
