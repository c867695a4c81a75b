"""The species: what each looks like, sounds like, where it lives and what it does."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

__all__ = ["Plumage", "Song", "Species"]


@dataclass(frozen=True)
class Plumage:
    """What a bird looks like.

    Attributes
    ----------
    shape : str
        One of `SHAPES`.
    length_cm : float
        Body length.
    bill, tail, crest : str
        Forms: one of `BILLS`, `TAILS` and `CRESTS`.
    colors : mapping of str to str
        Colour of every part in `PARTS`, and of the marks in `MARKS` that it has; names of `COLORS`.
    breast_pattern, back_pattern : str
        Of `PATTERNS`; drawn in `pattern_color`.
    pattern_color : str
        A name of `COLORS`.
    """

    shape: str
    length_cm: float
    bill: str
    tail: str
    crest: str
    colors: Mapping[str, str]
    breast_pattern: str = "plain"
    back_pattern: str = "plain"
    pattern_color: str = "dark brown"


@dataclass(frozen=True)
class Song:
    """What a bird sounds like.

    Attributes
    ----------
    syllables : tuple of str
        Kinds of syllable, of `SYLLABLES`, by letter: the first is A.
    low_hz, high_hz : float
        Lowest and highest fundamental frequency.
    rate : float
        Syllables per second.
    phrase : str
        Letters of the syllables in the order of one phrase, such as ``"AAB"``; a hyphen is a pause of one syllable.
    repeats : int
        How often a phrase is repeated in a bout.
    harmonicity : float
        In [0, 1]: 0 is noise, 1 pure tones.
    trill_rate : float
        Elements per second within a trill, buzz, rattle or drum; in Hz.
    """

    syllables: tuple[str, ...]
    low_hz: float
    high_hz: float
    rate: float
    phrase: str
    repeats: int
    harmonicity: float
    trill_rate: float


@dataclass(frozen=True)
class Species:
    """One row of the table.

    Attributes
    ----------
    common_name, scientific_name, family, order : str
        As the American Ornithological Society has them.
    plumage : Plumage
        Of an adult male in breeding plumage, or of both sexes.
    female : Plumage or None
        Where the sexes differ at a glance.
    song : Song
        The usual song, or the usual call where there is none.
    habitats : tuple of str
        Of `HABITATS`, the most usual first.
    song_words : str
        The song in words, such as "a clear whistled series".
    nature : tuple of str
        Phrases of its natural history, each a predicate such as "caches acorns in the bark of dead trees"; they name
        neither the species nor its looks nor its song.
    """

    common_name: str
    scientific_name: str
    family: str
    order: str
    plumage: Plumage
    song: Song
    habitats: tuple[str, ...]
    song_words: str
    nature: tuple[str, ...]
    female: Plumage | None = None
