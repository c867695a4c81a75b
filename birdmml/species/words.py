"""The words of the species table and of captions, read from ``words.toml``: its keys are the vocabulary."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from dataclasses import dataclass
from functools import cached_property, lru_cache
from typing import Any

from birdmml.species.facts import ACTIVITIES, BACKGROUNDS, WEATHERS
from confu_core.data_files import read_data, record, refuse

FILE = "words.toml"
# Parts that every bird has, with one color each, and marks that only some have (blank in the table: none).
PARTS = ("crown", "face", "throat", "breast", "belly", "back", "wing", "rump", "tail", "bill", "legs")
MARKS = (
    *("eyebrow", "mask", "eye_ring", "malar", "collar", "breast_band"),
    *("flanks", "wing_bars", "wing_patch", "tail_edge"),
)
Ways = tuple[str, ...]  # Words that say the same.
ByValue = Mapping[str, Ways]


@dataclass(frozen=True)
class Color:
    """A color as it looks on a bird in flat light."""

    rgb: tuple[int, int, int]
    words: Ways


@dataclass(frozen=True)
class Noun:
    """What one calls a part of a bird."""

    noun: str
    plural: bool = False
    alone: bool = False  # Whether it shares its color with no other noun.


@dataclass(frozen=True)
class Grade:
    """A word for a range of numbers that ends with `up_to`."""

    up_to: float
    words: Ways
    tails: Ways = ()  # What follows a description: "high in pitch", "at a slow pace".


@dataclass(frozen=True)
class Syllable:
    """Words for a kind of syllable, and what one calls a sound of the kind."""

    words: Ways
    voice: str = "song"


@dataclass(frozen=True)
class Words:
    """All words; see the file for what each table holds."""

    colors: Mapping[str, Color]
    parts: Mapping[str, tuple[Noun, ...]]
    bills: ByValue
    tails: ByValue
    crests: ByValue
    patterns: ByValue
    sizes: Mapping[str, Grade]
    activities: Mapping[str, tuple[tuple[str, str], ...]]
    around: ByValue
    behind: ByValue
    places: Mapping[str, ByValue]
    pose: Mapping[str, ByValue]
    syllables: Mapping[str, Syllable]
    voices: Mapping[str, tuple[tuple[str, str], ...]]
    pitches: Mapping[str, Grade]
    rates: Mapping[str, Grade]
    setting: Mapping[str, ByValue]
    habitats: ByValue
    some: ByValue
    phrases: ByValue
    numbers: Ways
    ordinary: str

    @cached_property
    def forms(self) -> Mapping[str, ByValue]:
        """Words for the forms of bill, tail and crest and for the patterns, by column of the table."""
        tables = {
            "bill_form": self.bills,
            "tail_form": self.tails,
            "crest": self.crests,
            "breast_pattern": self.patterns,
            "back_pattern": self.patterns,
        }
        return {column: {form: ways for form, ways in table.items() if ways} for column, table in tables.items()}


@lru_cache(maxsize=1)
def words() -> Words:
    """Return the words; a file that breaks a constraint is a `DatasetError` that names it."""
    return make_words(read_data("birdmml", FILE))


def make_words(held: Mapping[str, Any]) -> Words:
    """Return the words that a file holds, once they are checked."""
    made = record(Words, held, f"{FILE}: words")
    _check_keys("parts", made.parts, (*PARTS, *MARKS))
    _check_keys("activities", made.activities, (*ACTIVITIES, "some"))
    _check_keys("around", made.around, BACKGROUNDS)
    _check_keys("behind", made.behind, BACKGROUNDS)
    _check_keys("setting.weather", made.setting.get("weather", {}), (*WEATHERS, "some"))
    for name, syllable in made.syllables.items():
        if syllable.voice not in made.voices:
            refuse(f"{FILE}: syllables.{name}.voice", f"one of {', '.join(made.voices)}", syllable.voice)
    for key in ("sizes", "pitches", "rates"):
        tops = [grade.up_to for grade in getattr(made, key).values()]
        if tops != sorted(set(tops)) or tops[-1] != float("inf"):
            refuse(f"{FILE}: {key}", "in ascending order of up_to, the last inf", tops)
    seen: dict[str, str] = {}
    for name, color in made.colors.items():
        if not all(0 <= level <= 255 for level in color.rgb):
            refuse(f"{FILE}: colors.{name}.rgb", "red, green and blue in [0, 255]", list(color.rgb))
        for way in color.words:
            if seen.setdefault(way, name) != name:
                refuse(f"{FILE}: colors.{name}.words", f"words that {seen[way]} has not", way)
    return made


def grade(scale: Mapping[str, Grade], value: float) -> str:
    """Return the first word of a scale whose range holds a number."""
    return next(word for word, entry in scale.items() if value <= entry.up_to)


def _check_keys(key: str, held: Mapping[str, object], known: Collection[str]) -> None:
    if set(held) != set(known):
        refuse(f"{FILE}: {key}", f"a table of {', '.join(known)}", list(held))
