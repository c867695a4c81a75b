"""The errors a user can cause; the command line turns each into one line."""

from __future__ import annotations

import difflib
from collections.abc import Iterable


class ConfuError(Exception):
    """Root of every error that this project raises on purpose."""


class InvalidValue(ConfuError, ValueError):
    """A parameter outside its constraint: `p must be in [0, 1]; got 1.3`."""


class DatasetError(ConfuError):
    """A dataset on disk that is missing, incomplete, altered, or of another configuration."""


class MethodError(ConfuError):
    """A method that cannot be found, loaded, or applied to what it was asked for."""


class TrainingError(ConfuError):
    """Training that cannot go on, such as a loss that is no longer finite.

    Attributes
    ----------
    cell : int
        Which of the models trained together, from 0.
    """

    cell: int = 0


class ResultsError(ConfuError):
    """A results folder that cannot be read, or not be written to."""


def nearest(name: str, known: Iterable[str]) -> str:
    """Return a hint that names the closest known word, or all of them.

    Parameters
    ----------
    name : str
        What the user wrote.
    known : iterable of str
        What would have been valid.

    Returns
    -------
    str
        A phrase to end an error line with.

    Examples
    --------
    >>> nearest("confuu", ["clip", "confu"])
    "did you mean 'confu'?"
    >>> nearest("x", ["clip", "confu"])
    'known: clip, confu'
    """
    words = sorted(known)
    close = difflib.get_close_matches(name, words, n=1)
    return f"did you mean {close[0]!r}?" if close else f"known: {', '.join(words)}"
