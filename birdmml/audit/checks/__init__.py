"""The checks: every module of this folder holds one, as ``CHECK``. To add a check, add a file."""

from __future__ import annotations

import importlib
import pkgutil
from functools import lru_cache

from birdmml.audit.check import Check

__all__ = ["all_checks"]


@lru_cache(maxsize=1)
def all_checks() -> tuple[Check, ...]:
    """Return every check, by code.

    Returns
    -------
    tuple of Check
        In alphabetical order.

    Examples
    --------
    >>> "unreadable" in [check.code for check in all_checks()]
    True
    """
    modules = [importlib.import_module(f"{__name__}.{found.name}") for found in pkgutil.iter_modules(__path__)]
    return tuple(sorted((module.CHECK for module in modules), key=lambda check: check.code))
