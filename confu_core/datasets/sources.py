"""Datasets that are read in place, named as `scheme:path?option=value`: `ssw60:/data/ssw60`, `mosi:mosi_raw.pkl`."""

from __future__ import annotations

import importlib
import inspect
import re
from collections.abc import Callable, Mapping
from typing import Any
from urllib.parse import parse_qsl

from confu_core.errors import InvalidValue, nearest
from confu_core.shards.recipe import Recipe

__all__ = ["SOURCES", "is_source", "open_source"]

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
    if found["scheme"] not in SOURCES:
        raise InvalidValue(f"no dataset is read as {found['scheme'] + ':'!r}; {nearest(found['scheme'], SOURCES)}")
    module, _, name = SOURCES[found["scheme"]].partition(":")
    function = getattr(importlib.import_module(module), name)
    return function(found["path"], **_options(function, found["scheme"], found["query"] or ""))


def _options(function: Callable[..., Any], scheme: str, query: str) -> dict[str, str]:
    options = dict(parse_qsl(query, keep_blank_values=True))
    known = list(inspect.signature(function).parameters)[1:]
    for name in options:
        if name not in known:
            hint = nearest(name, known) if known else "it has none"
            raise InvalidValue(f"{scheme}: has no option {name!r}; {hint}")
    return options
