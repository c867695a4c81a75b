"""The versions of the libraries that decide a shard's bytes."""

from __future__ import annotations

import importlib.metadata
import platform
from collections.abc import Mapping, Sequence

__all__ = ["library_versions", "version_differences"]


def library_versions(libraries: Sequence[str]) -> dict[str, str]:
    """Return the installed versions of Python and of the libraries that decide the bytes.

    Parameters
    ----------
    libraries : sequence of str
        Distributions, besides this one, numpy and pyarrow.

    Returns
    -------
    dict of str to str
        Name to version.

    Examples
    --------
    >>> list(library_versions(["pillow"]))
    ['python', 'confu-bench', 'numpy', 'pillow', 'pyarrow']
    """
    names = sorted({"confu-bench", "numpy", "pyarrow", *libraries})
    return {"python": platform.python_version(), **{name: importlib.metadata.version(name) for name in names}}


def version_differences(there: Mapping[str, str], here: Mapping[str, str]) -> list[str]:
    """Say in which versions two places differ.

    Parameters
    ----------
    there, here : mapping of str to str
        Name to version.

    Returns
    -------
    list of str
        One phrase per library.

    Examples
    --------
    >>> version_differences({"numpy": "1.26", "pillow": "13"}, {"numpy": "2.4", "pillow": "13"})
    ['numpy 1.26 there, 2.4 here']
    """
    names = dict.fromkeys([*there, *here])
    return [
        f"{name} {there.get(name, 'none')} there, {here.get(name, 'none')} here"
        for name in names
        if there.get(name) != here.get(name)
    ]
