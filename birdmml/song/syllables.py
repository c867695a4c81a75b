"""The registry of syllables: for every kind its recipe, its length and how much of a song's band it takes."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from types import MappingProxyType

from birdmml.song import harsh, tonal
from birdmml.song.gesture import Cast, Gesture


@dataclass(frozen=True)
class Kind:
    """How syllables of one kind are made."""

    recipe: Callable[[Cast], Gesture]
    share: float  # Of the time to the next syllable for which it sounds.
    shortest: float  # Its duration, in seconds; where syllables follow too fast for the shortest, it gives way.
    longest: float
    width: float  # Share of the song's band, by octaves, through which one syllable moves.
    loudness: float = 1.0  # Amplitude beside other kinds.
    octaves: float = 1.4  # At most so far it moves, however wide the song's band.
    deep: bool = False  # Whether it lies at the bottom of the band where other kinds share it.
    # Whether two of them in a row differ audibly, as noise does; whistled syllables are repeated to perfection.
    varied: bool = False

    def duration(self, slot: float, stretch: float) -> float:
        """Return how many of the ``slot`` seconds to the next a syllable sounds; a stretch of 1 is its usual length."""
        low = min(self.shortest, 0.95 * slot)
        return min(max(self.share * slot * stretch, low), self.longest * stretch)


KINDS: Mapping[str, Kind] = MappingProxyType(
    {
        "whistle": Kind(tonal.whistle, 0.84, 0.08, 1.1, 0.08, octaves=0.07),
        "slur": Kind(tonal.slur, 0.78, 0.05, 0.7, 0.85),
        "upslur": Kind(tonal.upslur, 0.74, 0.05, 0.6, 0.8),
        "chip": Kind(tonal.chip, 0.5, 0.02, 0.06, 0.9, 0.9),
        "trill": Kind(tonal.trill, 0.95, 0.15, 3.5, 0.6, 0.9),
        "buzz": Kind(harsh.buzz, 0.88, 0.06, 1.8, 0.6, 0.8, octaves=1),
        "warble": Kind(tonal.warble, 0.92, 0.12, 2.8, 0.9),
        "hoot": Kind(tonal.hoot, 0.62, 0.1, 0.7, 0.35, octaves=0.5, deep=True, varied=True),
        "coo": Kind(tonal.coo, 0.78, 0.12, 1.1, 0.6, octaves=0.6, deep=True, varied=True),
        "drum": Kind(harsh.drum, 0.95, 0.09, 1.8, 1.0, octaves=3, deep=True),
        "harsh": Kind(harsh.harsh, 0.72, 0.05, 0.8, 0.8, octaves=1.2, varied=True),
        "croak": Kind(harsh.croak, 0.66, 0.08, 0.9, 0.8, octaves=1, deep=True, varied=True),
        "quack": Kind(harsh.quack, 0.6, 0.07, 0.32, 0.7, octaves=0.8, varied=True),
        "honk": Kind(harsh.honk, 0.66, 0.1, 0.5, 1.0, octaves=1.1, varied=True),
        "scream": Kind(harsh.scream, 0.92, 0.2, 2.4, 1.0, octaves=1.4, varied=True),
        "rattle": Kind(harsh.rattle, 0.95, 0.1, 2.0, 1.0, 0.9, octaves=1.6),
        "chirp": Kind(tonal.chirp, 0.6, 0.03, 0.18, 0.8),
        "flute": Kind(tonal.flute, 0.88, 0.12, 1.0, 0.75, octaves=1.4),
        "hum": Kind(tonal.hum, 0.97, 0.25, 3.8, 0.5, octaves=0.12, deep=True),
        "boom": Kind(tonal.boom, 0.82, 0.15, 1.6, 0.6, octaves=0.7, deep=True),
    }
)
