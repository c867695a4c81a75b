"""The modalities by name, and the retrieval directions between them."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from itertools import combinations
from string import ascii_lowercase

from confu_core.errors import InvalidValue
from xor_bench.constraints import MOST_MODALITIES, whole_within

__all__ = ["check_direction", "direction_name", "directions", "names"]


def names(modalities: int) -> tuple[str, ...]:
    """Return the names of the modalities: the first letters of the alphabet.

    Parameters
    ----------
    modalities : int
        How many, in [3, 26].

    Returns
    -------
    tuple of str
        One letter each. The last is the parity of the others, or a copy of the first.

    Raises
    ------
    InvalidValue
        If the number is out of range.

    Examples
    --------
    >>> names(4)
    ('a', 'b', 'c', 'd')
    """
    return tuple(ascii_lowercase[: whole_within("modalities", modalities, 3, MOST_MODALITIES)])


def directions(modalities: int, orders: Iterable[int] = (1, 2)) -> list[tuple[tuple[str, ...], str]]:
    """List the directions in which a query of modalities retrieves another one.

    Parameters
    ----------
    modalities : int
        How many there are, in [3, 26].
    orders : iterable of int
        Sizes of the query, each in [1, modalities - 1]: 1 for 1->1, 2 for 2->1, and so on.

    Returns
    -------
    list of (tuple of str, str)
        Query and target, order by order as given, alphabetical within each.

    Raises
    ------
    InvalidValue
        If an order or the number of modalities is out of range.

    Examples
    --------
    >>> [direction_name(*direction) for direction in directions(3)]
    ['a->b', 'a->c', 'b->a', 'b->c', 'c->a', 'c->b', 'ab->c', 'ac->b', 'bc->a']
    """
    everyone = names(modalities)
    sizes = [whole_within("orders", order, 1, len(everyone) - 1) for order in orders]
    return [
        (query, target)
        for size in sizes
        for query in combinations(everyone, size)
        for target in everyone
        if target not in query
    ]


def direction_name(query: Sequence[str], target: str) -> str:
    """Write a direction as text.

    Parameters
    ----------
    query : sequence of str
        Modalities given.
    target : str
        Modality retrieved.

    Returns
    -------
    str
        Such as ``"ac->b"``.

    Examples
    --------
    >>> direction_name(("a", "c"), "b")
    'ac->b'
    """
    return f"{''.join(query)}->{target}"


def check_direction(query: Sequence[str], target: str, modalities: int) -> frozenset[str]:
    """Return the modalities of a query, after checking that the direction exists.

    Parameters
    ----------
    query : sequence of str
        Modalities given: at least one, each once.
    target : str
        Modality retrieved: one that is not in the query.
    modalities : int
        How many there are, in [3, 26].

    Returns
    -------
    frozenset of str
        The query, whose order has no meaning.

    Raises
    ------
    InvalidValue
        If a name is unknown or repeated, the query is empty, or the target is in it.

    Examples
    --------
    >>> sorted(check_direction(("c", "a"), "b", 3))
    ['a', 'c']
    """
    everyone = names(modalities)
    for name in (*query, target):
        if name not in everyone:
            raise InvalidValue(f"a modality must be one of {', '.join(everyone)}; got {name!r}")
    given = frozenset(query)
    if not given:
        raise InvalidValue("query must name at least one modality; got none")
    if len(given) < len(query):
        raise InvalidValue(f"query must name each modality once; got {', '.join(query)}")
    if target in given:
        raise InvalidValue(f"target must not be in the query; got {target!r} and the query {', '.join(query)}")
    return given
