"""Splits of recordings: speakers apart, or recordings apart, or nothing, and which it is."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import numpy as np

from confu_core.datasets.digits.recordings import WORDS, Recording
from confu_core.errors import DatasetError, InvalidValue
from confu_core.random import generator

__all__ = ["APART", "SPLITS", "split_recordings"]

SPLITS = ("train", "validation", "test")
APART = ("speakers", "recordings", "nothing")

_SHARE = 0.2  # For validation, and for test.


def split_recordings(
    recordings: Sequence[Recording], apart: str, seed: int
) -> tuple[str, dict[str, tuple[Recording, ...]]]:
    """Deal recordings to the splits.

    Parameters
    ----------
    recordings : sequence of Recording
        All there are.
    apart : str
        What no two splits share: ``"speakers"``, ``"recordings"``, ``"nothing"``, or ``"auto"`` for the strictest
        that the recordings allow: three speakers of all ten digits, or three recordings of every digit.
    seed : int
        Draws who goes where.

    Returns
    -------
    apart : str
        What no two splits share; where it is nothing, the splits differ in variation and noise alone.
    recordings : dict of str to tuple of Recording
        Split to its own: a fifth for validation, a fifth for test, each of all ten digits.

    Raises
    ------
    InvalidValue
        If there is no such word.
    DatasetError
        If a digit is missing, or there are too few to keep apart what should be.
    """
    if apart not in ("auto", *APART):
        raise InvalidValue(f"apart must be auto, {', '.join(APART)}; got {apart!r}")
    missing = sorted(set(range(len(WORDS))) - {one.digit for one in recordings})
    if missing:
        names = ", ".join(WORDS[digit] for digit in missing)
        raise DatasetError(f"the recordings must be of all ten digits; they lack {names}")
    complete = _complete_speakers(recordings)
    fewest = min(sum(one.digit == digit for one in recordings) for digit in range(len(WORDS)))
    named = all(one.voice.speaker for one in recordings)
    possible = {"speakers": named and len(complete) >= 3, "recordings": fewest >= 3, "nothing": True}
    kind = next(name for name in APART if possible[name]) if apart == "auto" else apart
    if not possible[kind]:
        there = {"speakers": f"{len(complete)} named", "recordings": f"{fewest} of the rarest digit"}[kind]
        each = {"speakers": "3 of all ten digits", "recordings": "3 of every digit"}[kind]
        raise DatasetError(f"to keep {kind} apart there must be at least {each}; got {there}; choose another apart=")
    deal = {"speakers": _by_speaker, "recordings": _by_recording, "nothing": _shared}[kind]
    return kind, deal(recordings, seed)


def _complete_speakers(recordings: Sequence[Recording]) -> list[str]:
    digits: dict[str, set[int]] = {}
    for one in recordings:
        digits.setdefault(one.voice.speaker, set()).add(one.digit)
    return sorted(name for name, said in digits.items() if name and len(said) == len(WORDS))


def _dealt(count: int, draw: np.random.Generator) -> list[str]:
    """Return the split of each of `count` things, at least one in each."""
    held = max(1, round(count * _SHARE))
    order = draw.permutation(count)
    names = np.full(count, SPLITS[0], dtype=object)
    names[order[:held]], names[order[held : 2 * held]] = SPLITS[2], SPLITS[1]
    return list(names)


def _by_speaker(recordings: Sequence[Recording], seed: int) -> dict[str, tuple[Recording, ...]]:
    speakers = _complete_speakers(recordings)
    # Who does not say all ten digits cannot be tested on them, and teaches.
    home = dict(zip(speakers, _dealt(len(speakers), generator(seed, "digits", "speakers")), strict=True))
    return _gathered(recordings, [home.get(one.voice.speaker, SPLITS[0]) for one in recordings])


def _by_recording(recordings: Sequence[Recording], seed: int) -> dict[str, tuple[Recording, ...]]:
    homes = [SPLITS[0]] * len(recordings)
    for digit in range(len(WORDS)):
        mine = [number for number, one in enumerate(recordings) if one.digit == digit]
        dealt = _dealt(len(mine), generator(seed, "digits", "recordings", digit))
        for number, split in zip(mine, dealt, strict=True):
            homes[number] = split
    return _gathered(recordings, homes)


def _shared(recordings: Sequence[Recording], seed: int) -> dict[str, tuple[Recording, ...]]:
    return dict.fromkeys(SPLITS, tuple(recordings))


def _gathered(recordings: Sequence[Recording], homes: Sequence[str]) -> dict[str, tuple[Recording, ...]]:
    found: Mapping[str, list[Recording]] = {split: [] for split in SPLITS}
    for one, split in zip(recordings, homes, strict=True):
        found[split].append(one)
    return {split: tuple(mine) for split, mine in found.items()}
