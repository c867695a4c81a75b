"""Where a dataset lies: in a folder, at a URL, or with its authors' files, read in place."""

from __future__ import annotations

from pathlib import Path

from confu_core.datasets.sources import is_source, open_source
from confu_core.shards.read import Dataset, open_dataset
from confu_core.shards.unwritten import unwritten

__all__ = ["open_place"]


def open_place(place: str | Path) -> Dataset:
    """Open a dataset wherever it lies.

    Parameters
    ----------
    place : str or Path
        A folder or URL of shards, or a source that is read in place, such as ``"ssw60:/data/ssw60"``.

    Returns
    -------
    Dataset
        Nothing of its samples is read yet.

    Raises
    ------
    DatasetError
        If there is no dataset, or it is damaged.
    InvalidValue
        If there is no such source, or it has no such option.

    Examples
    --------
    >>> open_place("no-such-folder")
    Traceback (most recent call last):
    confu_core.errors.DatasetError: no-such-folder does not exist; build a dataset there first
    """
    return unwritten(open_source(str(place))) if is_source(str(place)) else open_dataset(place)
