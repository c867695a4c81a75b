"""A short code of any content, equal for equal content alone."""

from __future__ import annotations

import hashlib

import numpy as np

__all__ = ["content_of"]


def content_of(data: bytes) -> np.ndarray:
    """Return 128 bits that no two different contents share.

    Parameters
    ----------
    data : bytes
        Of a file, or of an array.

    Returns
    -------
    ndarray of uint64, shape (2,)
        Of BLAKE2b.

    Examples
    --------
    >>> bool((content_of(b"a") == content_of(b"a")).all()), bool((content_of(b"a") == content_of(b"b")).any())
    (True, False)
    """
    return np.frombuffer(hashlib.blake2b(data, digest_size=16).digest(), dtype="<u8").astype(np.uint64)
