"""Counter-based random numbers: sample i of a stream is the same whoever draws it, in whatever order."""

from __future__ import annotations

import hashlib
from typing import Any

import numpy as np
from numpy.random.bit_generator import ISeedSequence

WORDS_PER_SAMPLE = 4  # One increment of the Philox counter yields four 64-bit words.


def stream_key(seed: int, *stream: str | int) -> int:
    """Return the 128-bit Philox key of a named stream.

    Parameters
    ----------
    seed : int
        The user's seed.
    *stream : str or int
        The path of the stream, such as ``"xor", "train", "gate"``.

    Returns
    -------
    int
        A key in [0, 2**128). Distinct paths give unrelated streams.

    Examples
    --------
    >>> stream_key(0, "xor", "train") == stream_key(0, "xor", "test")
    False
    """
    # repr keeps ("a", 1) apart from ("a", "1"), and the tuple keeps ("ab", "c") apart from ("a", "bc").
    path = repr((int(seed), *stream)).encode()
    return int.from_bytes(hashlib.blake2b(path, digest_size=16).digest(), "little")


def words(seed: int, *stream: str | int, start: int, count: int) -> np.ndarray:
    """Return the random words of samples ``start`` to ``start + count`` of a stream.

    Parameters
    ----------
    seed : int
        The user's seed.
    *stream : str or int
        The path of the stream.
    start, count : int
        First sample and number of samples; the result does not depend on how a range is cut up.

    Returns
    -------
    ndarray of uint64, shape (count, 4)
        Four independent words per sample.

    Examples
    --------
    >>> bool((words(0, "x", start=0, count=5)[3:] == words(0, "x", start=3, count=2)).all())
    True
    """
    source = np.random.Philox(key=stream_key(seed, *stream), counter=start)
    return source.random_raw(count * WORDS_PER_SAMPLE).reshape(count, WORDS_PER_SAMPLE)


def uniform(bits: np.ndarray) -> np.ndarray:
    """Map 64-bit words to doubles in [0, 1), evenly spaced by 2**-53.

    Parameters
    ----------
    bits : ndarray of uint64
        Words, any shape.

    Returns
    -------
    ndarray of float64
        Same shape.

    Examples
    --------
    >>> float(uniform(np.array([2**63], dtype=np.uint64))[0])
    0.5
    """
    return (bits >> np.uint64(11)) * 2.0**-53


class _Key(ISeedSequence):
    """The key of a stream, where a bit generator would else ask the system for a seed that it then throws away."""

    def __init__(self, key: int) -> None:
        self._words = np.frombuffer(key.to_bytes(16, "little"), "<u8")

    def generate_state(self, n_words: int, dtype: Any = np.uint32) -> np.ndarray:
        """Return the two words that Philox asks for."""
        return self._words


def generator(seed: int, *stream: str | int) -> np.random.Generator:
    """Return a NumPy generator of a named stream, for draws whose number varies.

    Parameters
    ----------
    seed : int
        The user's seed.
    *stream : str or int
        The path of the stream.

    Returns
    -------
    numpy.random.Generator
        Independent of every generator with another path.

    Examples
    --------
    >>> generator(0, "order", 3).integers(100) == generator(0, "order", 3).integers(100)
    np.True_
    """
    key = _Key(stream_key(seed, *stream))
    return np.random.Generator(np.random.Philox(key))  # type: ignore[arg-type]  # Stubs know no other sequences.


def torch_seed(seed: int, *stream: str | int) -> int:
    """Return a seed for ``torch.manual_seed`` that belongs to a named stream.

    Parameters
    ----------
    seed : int
        The user's seed.
    *stream : str or int
        The path of the stream.

    Returns
    -------
    int
        In [0, 2**63).

    Examples
    --------
    >>> 0 <= torch_seed(0, "weights") < 2**63
    True
    """
    return stream_key(seed, *stream) >> 65
