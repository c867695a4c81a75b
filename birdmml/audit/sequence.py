"""What is measured of one sequence of vectors: its content, its length, and its mean."""

from __future__ import annotations

from typing import Any

import numpy as np

from birdmml.audit.content import content_of
from confu_core.inputs.sequence import decode_sequence
from confu_core.inputs.spec import Sequence

__all__ = ["SEQUENCE", "measure_sequence"]

SEQUENCE = np.dtype([("content", "u8", (2,)), ("steps", "u4")])


def measure_sequence(cell: Any, one: Sequence) -> tuple[np.ndarray, np.ndarray]:
    """Measure one sequence.

    Parameters
    ----------
    cell : list of list of float, or bytes of a ``.npy`` file
        The sequence.
    one : Sequence
        What it should be.

    Returns
    -------
    tuple of (ndarray of SEQUENCE, shape (), and ndarray of float32, shape (width,))
        Measures; and the mean over the steps that are not all zeros, which is the feature.

    Raises
    ------
    DatasetError
        If it cannot be read, or has another width.

    Examples
    --------
    >>> measures, mean = measure_sequence([[1.0, 2.0], [3.0, 4.0]], Sequence("vision", length=5, width=2))
    >>> int(measures["steps"]), mean.tolist()
    (2, [2.0, 3.0])
    """
    steps = decode_sequence(cell, one.length, one.width)
    taken = steps[np.abs(steps).max(axis=1) > 0]
    mean = taken.mean(axis=0) if len(taken) else np.zeros(one.width, dtype=np.float32)
    return np.array((content_of(steps.tobytes()), len(taken)), dtype=SEQUENCE), mean.astype(np.float32)
