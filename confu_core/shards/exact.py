"""The exact information of a generated dataset, computed anew from its settings and compared with its manifest."""

from __future__ import annotations

import math
import reprlib
from collections.abc import Mapping
from dataclasses import replace
from typing import Any

from confu_core.errors import DatasetError
from confu_core.shards.manifest import MANIFEST
from confu_core.shards.read import Dataset

__all__ = ["with_exact_information"]

_TOLERANCE = 1e-9  # Sums may be formed in another order by another version of a library.


def with_exact_information(dataset: Dataset, computed: Mapping[str, Any]) -> Dataset:
    """See that what a manifest shows as exact is so.

    Parameters
    ----------
    dataset : Dataset
        Generated.
    computed : mapping
        The information that follows from its settings. What an older version did not write is added from here, and
        what this version does not know is kept.

    Returns
    -------
    Dataset
        With complete information.

    Raises
    ------
    DatasetError
        Naming the first key that has another value.

    Examples
    --------
    >>> _merged({"ceilings": {"bayes": 0.5, "old": 1}}, {"ceilings": {"bayes": 0.5, "new": 2}}, "information")
    {'ceilings': {'bayes': 0.5, 'old': 1, 'new': 2}}
    """
    try:
        information = _merged(_renamed(dataset.manifest.information), computed, "information")
    except ValueError as error:
        where = dataset.root / MANIFEST
        raise DatasetError(f"{where} is damaged: {error}; restore it, or build the dataset anew") from None
    return replace(dataset, manifest=replace(dataset.manifest, information=information))


def _renamed(held: Any) -> Any:
    """Leave out what the first version called the pairwise ceiling: the best of a single modality."""
    if not isinstance(held, Mapping):
        return held
    once = "pairwise_ceiling" if "single_ceiling" not in held else None
    return {key: _renamed(value) for key, value in held.items() if key != once}


def _merged(held: Any, computed: Any, name: str) -> Any:
    if isinstance(computed, Mapping) and isinstance(held, Mapping):
        inner = {key: _merged(held.get(key, value), value, f"{name}.{key}") for key, value in computed.items()}
        return {**held, **inner}
    if isinstance(computed, list | tuple) and isinstance(held, list | tuple) and len(held) == len(computed):
        return [_merged(one, two, f"{name}[{at}]") for at, (one, two) in enumerate(zip(held, computed, strict=True))]
    if not _equal(held, computed):
        raise ValueError(f"{name} is {reprlib.repr(held)}, and by its settings {reprlib.repr(computed)}")
    return held


def _equal(held: Any, computed: Any) -> bool:
    numbers = all(isinstance(one, int | float) and not isinstance(one, bool) for one in (held, computed))
    if numbers:
        return math.isclose(held, computed, rel_tol=_TOLERANCE, abs_tol=_TOLERANCE)
    return type(held) is type(computed) and bool(held == computed)
