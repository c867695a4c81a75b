"""Splits that nothing crosses: who shares an individual, a recording, an author or a copy stays together."""

from __future__ import annotations

from collections import Counter
from collections.abc import Hashable, Iterable, Mapping, Sequence

from birdmml.ingest_settings import SPLITS
from confu_core.random import generator

__all__ = ["assigned", "components", "crossing"]

DEFAULT_SHARES = (0.8, 0.1, 0.1)
_ALL = ""  # No species has this name.


def components(ties: Iterable[Sequence[Hashable]]) -> list[int]:
    """Return which rows hang together.

    Parameters
    ----------
    ties : iterable of sequence
        Per row, what it shares with others: rows with a value in common hang together, directly or by way of others.

    Returns
    -------
    list of int
        Per row, the first row of its component.

    Examples
    --------
    >>> components([["bird 1", "author 1"], ["bird 2"], ["bird 3", "author 1"], ["bird 3"]])
    [0, 1, 0, 0]
    """
    parent: list[int] = []
    owner: dict[Hashable, int] = {}

    def root(row: int) -> int:
        while parent[row] != row:
            parent[row] = parent[parent[row]]
            row = parent[row]
        return row

    for row, values in enumerate(ties):
        parent.append(row)
        for value in values:
            one, other = root(owner.setdefault(value, row)), root(row)
            parent[max(one, other)] = min(one, other)
    return [root(row) for row in range(len(parent))]


def assigned(component: Sequence[int], species: Sequence[str], shares: Sequence[float] | None, seed: int) -> list[str]:
    """Place components into splits, so that each split has its share of every species as far as they allow.

    Components are placed one by one, the largest first and equal ones in an order drawn by the seed, each where it
    raises the squared distance from the wanted numbers of rows, relative to those, the least. A split that is left
    without any gets one all the same, as long as there are as many components as splits.

    Parameters
    ----------
    component : sequence of int
        Per row, as `components` returns it.
    species : sequence of str
        Per row.
    shares : sequence of float, optional
        Of train, validation and test; 0.8, 0.1, 0.1 by default.
    seed : int
        Decides ties.

    Returns
    -------
    list of str
        Split of each row.

    Examples
    --------
    >>> found = assigned(range(20), ["Pica pica"] * 20, (0.8, 0.1, 0.1), 0)
    >>> [found.count(split) for split in SPLITS]
    [16, 2, 2]
    """
    members: dict[int, Counter[str]] = {}
    for group, name in zip(component, species, strict=True):
        members.setdefault(group, Counter())[name] += 1
    drawn = generator(seed, "birdmml", "ingest", "splits").random(len(members))
    order = sorted(zip(members, drawn, strict=True), key=lambda one: (-members[one[0]].total(), one[1]))
    total = Counter(species)
    wanted = dict(zip(SPLITS, DEFAULT_SHARES if shares is None else shares, strict=True))
    have: dict[str, Counter[str]] = {split: Counter() for split in SPLITS}
    place: dict[int, str] = {}
    for group, _ in order:
        rows = members[group]
        place[group] = _cheapest(rows, have, wanted, total, len(component))
        have[place[group]].update({**rows, _ALL: rows.total()})
    _fill_empty(place, {group: rows.total() for group, rows in members.items()}, wanted)
    return [place[group] for group in component]


def crossing(component: Sequence[int], split: Sequence[str]) -> int:
    """Count the components that lie in more than one split, as given splits may have them.

    Parameters
    ----------
    component : sequence of int
        Per row.
    split : sequence of str
        Per row.

    Returns
    -------
    int
        0 where nothing crosses.

    Examples
    --------
    >>> crossing([0, 0, 2], ["train", "test", "test"])
    1
    """
    found: dict[int, set[str]] = {}
    for group, name in zip(component, split, strict=True):
        found.setdefault(group, set()).add(name)
    return sum(len(names) > 1 for names in found.values())


def _fill_empty(place: dict[int, str], sizes: Mapping[int, int], wanted: Mapping[str, float]) -> None:
    """Give a split that got nothing the smallest component of the largest split that has several."""
    for split in reversed(SPLITS):
        held = {name: [group for group, there in place.items() if there == name] for name in SPLITS}
        givers = [name for name in SPLITS if len(held[name]) > 1]
        if wanted[split] > 0 and not held[split] and givers:
            giver = max(givers, key=lambda name: sum(sizes[group] for group in held[name]))
            place[min(held[giver], key=lambda group: sizes[group])] = split


def _cheapest(
    rows: Counter[str],
    have: Mapping[str, Counter[str]],
    wanted: Mapping[str, float],
    total: Mapping[str, int],
    everything: int,
) -> str:
    def raised(split: str, name: str, count: int, there: int) -> float:
        aim = wanted[split] * there
        return count * (2 * (have[split][name] - aim) + count) / aim

    def cost(split: str) -> float:
        by_species = sum(raised(split, name, count, total[name]) for name, count in rows.items())
        # Species too rare for every split still fill the splits up as a whole.
        return by_species + raised(split, _ALL, rows.total(), everything)

    return min((split for split in SPLITS if wanted[split] > 0), key=cost)
