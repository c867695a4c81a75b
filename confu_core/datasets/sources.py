"""Datasets that are read in place, named as `scheme:path?option=value`: `ssw60:/data/ssw60`, `mosi:mosi_raw.pkl`."""

from __future__ import annotations

import importlib
import inspect
import math
import re
from collections.abc import Iterable, Mapping
from pathlib import Path
from urllib.parse import parse_qsl

from confu_core.errors import InvalidValue, nearest
from confu_core.shards.read import Dataset, open_dataset, unwritten
from confu_core.shards.recipe import Recipe

# Scheme, to the function that opens it: `function(path: str, **options: str) -> Recipe`.
SOURCES: Mapping[str, str] = {
    "ssw60": "confu_core.datasets.ssw60:open_ssw60",
    "vb100": "confu_core.datasets.vb100:open_vb100",
    "cub200": "confu_core.datasets.cub200:open_cub200",
    "avmnist": "confu_core.datasets.avmnist:open_avmnist",
    "mosi": "confu_core.datasets.affect:open_mosi",
    "mosei": "confu_core.datasets.affect:open_mosei",
    "urfunny": "confu_core.datasets.affect:open_urfunny",
    "mustard": "confu_core.datasets.affect:open_mustard",
    "digits": "confu_core.datasets.digits:open_digits",
    "trifeature": "confu_core.datasets.trifeature:open_trifeature",
}
_WRITTEN = re.compile(r"(?P<scheme>[a-z][a-z0-9]+):(?!//|:)(?P<path>[^?]*)(\?(?P<query>.*))?")


def is_source(text: str) -> bool:
    """Return whether a text names a dataset to be read in place.

    Parameters
    ----------
    text : str
        What the user wrote.

    Returns
    -------
    bool
        Whether it begins with a scheme; what has two slashes is a URL, and a single letter a drive.

    Examples
    --------
    >>> is_source("ssw60:/data/ssw60"), is_source("s3://bucket/birds"), is_source("data/birds")
    (True, False, False)
    """
    return _WRITTEN.fullmatch(text) is not None


def open_source(text: str) -> Recipe:
    """Open a dataset that is read in place.

    Parameters
    ----------
    text : str
        Scheme, path and options, such as ``"ssw60:/data/ssw60?pair=images"``.

    Returns
    -------
    Recipe
        Whose `information` holds its `Contents`.

    Raises
    ------
    InvalidValue
        If there is no such scheme or option.
    DatasetError
        If what lies there is not that dataset.

    Examples
    --------
    >>> open_source("ssw61:/data/ssw60")
    Traceback (most recent call last):
    confu_core.errors.InvalidValue: no dataset is read as 'ssw61:'; did you mean 'ssw60'?
    """
    found = _WRITTEN.fullmatch(text)
    if found is None:
        raise InvalidValue(f"a dataset read in place is written scheme:path; got {text!r}")
    scheme = found["scheme"]
    if scheme not in SOURCES:
        raise InvalidValue(f"no dataset is read as {scheme + ':'!r}; {nearest(scheme, SOURCES)}")
    module, _, name = SOURCES[scheme].partition(":")
    function = getattr(importlib.import_module(module), name)
    options = dict(parse_qsl(found["query"] or "", keep_blank_values=True))
    known = list(inspect.signature(function).parameters)[1:]
    for option in options:
        if option not in known:
            hint = nearest(option, known) if known else "it has none"
            raise InvalidValue(f"{scheme}: has no option {option!r}; {hint}")
    return function(found["path"], **options)


def open_place(place: str | Path) -> Dataset:
    """Open a dataset wherever it lies, in a folder or at a URL of shards or read in place, reading no sample yet.

    Examples
    --------
    >>> open_place("no-such-folder")
    Traceback (most recent call last):
    confu_core.errors.DatasetError: no-such-folder does not exist; build a dataset there first
    """
    return unwritten(open_source(str(place))) if is_source(str(place)) else open_dataset(place)


def check_one_of(name: str, value: str, known: Iterable[str]) -> None:
    """Refuse the value of an option that is none of those known."""
    if value not in known:
        raise InvalidValue(f"{name} must be one of {', '.join(known)}; got {value!r}")


def natural(text: str, digits: int = 18) -> int:
    """Return the number that at most so many ASCII digits write, and -1 for any other text.

    Examples
    --------
    >>> natural("12"), natural("-1"), natural("1.0")
    (12, -1, -1)
    """
    return int(text) if text.isascii() and text.isdigit() and len(text) <= digits else -1


def real(text: str) -> float:
    """Return the number that a text writes, and NaN for any other text."""
    try:
        return float(text)
    except ValueError:
        return math.nan


def parse_seed(text: str) -> int:
    """Read the option ``seed``, a whole number."""
    if (seed := natural(text)) < 0:
        raise InvalidValue(f"seed must be a whole number of at least 0; got {text}")
    return seed


def parse_share(text: str) -> float:
    """Read the option ``validation``, the share of the training split that becomes the validation split."""
    if not 0 < (share := real(text)) <= 0.5:
        raise InvalidValue(f"validation must be a share in (0, 0.5]; got {text}")
    return share
