"""A validation split, where the authors have none: cut from their training split, class by class."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Hashable, Sequence
from typing import TypeVar

from confu_core.errors import DatasetError, InvalidValue
from confu_core.random import generator

__all__ = ["hold_out", "parse_seed", "parse_share"]

Row = TypeVar("Row")


def hold_out(
    rows: Sequence[Row], labels: Sequence[Hashable], share: float, seed: int, name: str
) -> tuple[list[Row], list[Row]]:
    """Part rows into those that stay and those that are held out.

    Parameters
    ----------
    rows : sequence
        Of a training split.
    labels : sequence
        The class of each.
    share : float
        Of each class, rounded; a class of two or more loses at least one, and keeps at least one.
    seed : int
        Decides which.
    name : str
        Of the dataset, so that two of them are cut independently.

    Returns
    -------
    tuple of (list, list)
        Both in the order of `rows`.

    Raises
    ------
    DatasetError
        If no class has two rows.

    Examples
    --------
    >>> stay, held = hold_out(range(10), [0] * 10, 0.2, seed=0, name="doctest")
    >>> len(stay), len(held)
    (8, 2)
    """
    of_class: dict[Hashable, list[int]] = defaultdict(list)
    for place, label in enumerate(labels):
        of_class[label].append(place)
    held: set[int] = set()
    for number, places in enumerate(of_class.values()):
        count = min(max(1, round(share * len(places))), len(places) - 1)
        held.update(generator(seed, "held-out", name, number).permutation(places)[:count].tolist())
    if not held:
        raise DatasetError(f"{name}: no class has two training samples, one of which validation could have")
    return [row for at, row in enumerate(rows) if at not in held], [row for at, row in enumerate(rows) if at in held]


def parse_share(text: str) -> float:
    """Read the option ``validation``.

    Parameters
    ----------
    text : str
        What the user wrote.

    Returns
    -------
    float
        In (0, 0.5].

    Raises
    ------
    InvalidValue
        If it is anything else.

    Examples
    --------
    >>> parse_share("0.1")
    0.1
    """
    try:
        share = float(text)
    except ValueError:
        share = -1.0
    if not 0 < share <= 0.5:
        raise InvalidValue(f"validation must be a share in (0, 0.5]; got {text}")
    return share


def parse_seed(text: str) -> int:
    """Read the option ``seed``.

    Parameters
    ----------
    text : str
        What the user wrote.

    Returns
    -------
    int
        At least 0.

    Raises
    ------
    InvalidValue
        If it is anything else.

    Examples
    --------
    >>> parse_seed("7")
    7
    """
    if not (text.isascii() and text.isdigit() and len(text) <= 18):
        raise InvalidValue(f"seed must be a whole number of at least 0; got {text}")
    return int(text)
