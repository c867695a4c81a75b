"""What logistic regression on plain features of the decoded media reaches: a line that training has to pass."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from functools import partial

import numpy as np

from confu_core.evaluation.probes import Labelled, correct_on_test, linear_probe
from confu_core.inputs.decode import sequence_features
from confu_core.inputs.picture import picture_features
from confu_core.inputs.sound import spectrum_features
from confu_core.inputs.spec import Frames, Picture, Sound, Text
from confu_core.inputs.spec import Sequence as Steps
from confu_core.media.task import Kind, MediaTask

__all__ = ["plain_correct"]

SPLITS = ("train", "validation", "test")
BANDS = 32  # Of neighbouring mel bands together.
TOKENS = 200  # The commonest ones of the training texts.
BLOCK = 500

Rows = Callable[[np.ndarray], np.ndarray]


def plain_correct(task: MediaTask) -> dict[tuple[int, ...], np.ndarray]:
    """Tell whether a linear probe of plain features gets each test sample right, by what it sees.

    Pictures are histograms of colours and mean colours of places, sounds means, spreads and high quantiles of mel
    bands, sequences means and spreads, texts counts of tokens; vectors of a frozen encoder stand for themselves.

    Parameters
    ----------
    task : MediaTask
        Its inputs and classes; nothing else of it, so that the numbers are the same for every method.

    Returns
    -------
    dict of tuple of int to ndarray of float64, shape (n,)
        By query. A sample of a class that the training split lacks is wrong.
    """
    kinds = list(task.inputs.items())
    tables = {at: _features(task, *kinds[at]) for at in task.present}
    labels = [task.labels(split) for split in SPLITS]

    def seen(query: Sequence[int]) -> list[Labelled]:
        parts = [np.concatenate([tables[at][split] for at in query], axis=1) for split in range(len(SPLITS))]
        return [Labelled(part, own) for part, own in zip(parts, labels, strict=True)]

    return {query: correct_on_test(linear_probe, *seen(query)) for query in task.queries}


def _features(task: MediaTask, name: str, kind: Kind) -> list[np.ndarray]:
    """Return the features of one modality, one table per split."""
    arrays = [task.arrays.array(split, name) for split in SPLITS]
    rows = _rows(kind, arrays[0])
    blocks = [[np.asarray(one[at : at + BLOCK]) for at in range(0, len(one), BLOCK)] for one in arrays]
    return [np.concatenate([rows(block) for block in one]) for one in blocks]


def _rows(kind: Kind, train: np.ndarray) -> Rows:
    """Return what makes features of rows of a kind; `train` says which tokens are common."""
    if isinstance(kind, Frames):
        return partial(_each, lambda video: np.mean([picture_features(frame) for frame in video], axis=0))
    if isinstance(kind, Picture):
        return partial(_each, picture_features)
    if isinstance(kind, Sound):
        return _bands
    if isinstance(kind, Steps):
        return partial(_each, sequence_features)
    return partial(_counts, _common(np.asarray(train))) if isinstance(kind, Text) else np.asarray


def _each(features: Rows, rows: np.ndarray) -> np.ndarray:
    return np.stack([features(row) for row in rows])


def _bands(rows: np.ndarray) -> np.ndarray:
    n, _, frames = rows.shape
    return spectrum_features(rows.astype(np.float32).reshape(n, BANDS, -1, frames).mean(axis=2))


def _common(train: np.ndarray) -> np.ndarray:
    tokens, counts = np.unique(train, return_counts=True)
    return tokens[np.argsort(-counts, kind="stable")][:TOKENS]


def _counts(tokens: np.ndarray, rows: np.ndarray) -> np.ndarray:
    return np.log1p(np.stack([(rows == token).sum(axis=1) for token in tokens], axis=1, dtype=np.float32))
