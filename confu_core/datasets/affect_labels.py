"""From published labels to classes."""

from __future__ import annotations

import re
from dataclasses import dataclass

import numpy as np

from confu_core.datasets.affect_pickle import Part
from confu_core.errors import DatasetError, InvalidValue

__all__ = ["BINARY", "SENTIMENT", "ZERO", "Labels", "labels_of"]

SENTIMENT = ("negative", "positive")
ZERO = ("negative", "positive", "leave_out")
BINARY = "binary"
RANGE = 3.0

_SEGMENT = re.compile(r"(\[\d+\]|_\d+)$")


@dataclass(frozen=True)
class Labels:
    """Classes and names of the rows of a split.

    Attributes
    ----------
    classes : ndarray of int64, shape (n,)
        0 or 1.
    scores : ndarray of float64, shape (n,)
        The labels as they are published.
    kept : ndarray of bool, shape (n,)
        Whether a row has a class.
    segments, videos : list of str
        The name of each row, and of the video that it is a part of.
    """

    classes: np.ndarray
    scores: np.ndarray
    kept: np.ndarray
    segments: list[str]
    videos: list[str]


def labels_of(part: Part, zero: str, where: str) -> Labels:
    """Return the classes of a split.

    Parameters
    ----------
    part : Part
        The split.
    zero : {"negative", "positive", "leave_out", "binary"}
        Where a sentiment of exactly 0 belongs; ``"binary"`` for labels that are 0 and 1, or -1 and 1.
    where : str
        The split, for messages.

    Returns
    -------
    Labels
        Of all rows.

    Raises
    ------
    InvalidValue
        If `zero` is none of these.
    DatasetError
        If a label is outside its range.
    """
    scores = part.labels
    if zero == BINARY:
        if not np.isin(scores, (0, 1)).all() and not np.isin(scores, (-1, 1)).all():
            raise DatasetError(f"{where}: labels must be 0 and 1, or -1 and 1; got {np.unique(scores)[:5].tolist()}")
        kept = np.ones(len(scores), dtype=bool)
    elif zero in ZERO:
        if scores.size and np.abs(scores).max() > RANGE:
            raise DatasetError(f"{where}: labels must be in [-3, 3]; got {scores[np.abs(scores).argmax()]:g}")
        kept = (scores != 0) | (zero != "leave_out")
    else:
        raise InvalidValue(f"zero must be one of {', '.join(ZERO)}; got {zero!r}")
    positive = (scores >= 0) if zero == "positive" else (scores > 0)
    segments = ["_".join(one) for one in part.ids]
    videos = [one[0] if len(one) > 1 else _SEGMENT.sub("", one[0]) for one in part.ids]
    return Labels(positive.astype(np.int64), scores, kept, segments, videos)
