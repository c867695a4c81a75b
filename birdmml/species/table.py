"""The species: what each looks like, sounds like, where it lives and what it does; their table, read and searched."""

from __future__ import annotations

import csv
import difflib
import math
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from functools import lru_cache
from importlib.resources import files
from types import MappingProxyType

from birdmml.species.shapes import shapes
from birdmml.species.words import MARKS, PARTS, words
from confu_core.errors import DatasetError, InvalidValue, nearest

LISTS = ("syllables", "habitats", "nature")
FORMS = ("shape", "bill_form", "tail_form", "crest", "breast_pattern", "back_pattern", "pattern_color")
NUMBERS: Mapping[str, tuple[float, float]] = MappingProxyType(
    {
        "length_cm": (6, 200),
        "low_hz": (30, 10_000),
        "high_hz": (30, 10_000),
        "rate": (0.1, 60),
        "repeats": (1, 40),
        "harmonicity": (0, 1),
        "trill_rate": (0, 120),
    }
)
COLUMNS = (
    *("common_name", "scientific_name", "family", "order", "length_cm"),
    *("shape", "bill_form", "tail_form", "crest", *PARTS, *MARKS),
    *("breast_pattern", "back_pattern", "pattern_color", "female"),
    *("syllables", "low_hz", "high_hz", "rate", "phrase", "repeats", "harmonicity", "trill_rate"),
    *("habitats", "song_words", "nature"),
)


@dataclass(frozen=True)
class Plumage:
    """What a bird looks like."""

    shape: str  # One of `shapes`.
    length_cm: float  # Of the body.
    bill: str  # Forms, of `words`.
    tail: str
    crest: str
    colors: Mapping[str, str]  # Of every part in `PARTS`, and of the marks in `MARKS` that it has: `words().colors`.
    breast_pattern: str = "plain"  # Of `words().patterns`, in the color of patterns.
    back_pattern: str = "plain"
    pattern_color: str = "dark brown"


@dataclass(frozen=True)
class Song:
    """What a bird sounds like."""

    syllables: tuple[str, ...]  # Kinds, of `words().syllables`, by letter: the first is A.
    low_hz: float  # Lowest and highest fundamental frequency.
    high_hz: float
    rate: float  # Syllables per second.
    phrase: str  # Letters in the order of one phrase, such as "AAB"; a hyphen is a pause of one syllable.
    repeats: int  # How often a phrase is repeated in a bout.
    harmonicity: float  # 0 is noise, 1 pure tones.
    trill_rate: float  # Elements per second within a trill, buzz, rattle or drum.


@dataclass(frozen=True)
class Species:
    """One row of the table; its names are those of the American Ornithological Society."""

    common_name: str
    scientific_name: str
    family: str
    order: str
    plumage: Plumage  # Of an adult male in breeding plumage, or of both sexes.
    song: Song  # The usual one, or the usual call where there is none.
    habitats: tuple[str, ...]  # Of `words().habitats`, the most usual first.
    song_words: str  # Such as "a clear whistled series".
    nature: tuple[str, ...]  # Predicates of its natural history; they name neither species nor looks nor song.
    female: Plumage | None = None  # Where the sexes differ at a glance.


@lru_cache(maxsize=1)
def load_species() -> tuple[Species, ...]:
    """Return the table that comes with the package."""
    text = files("birdmml").joinpath("species.csv").read_text(encoding="utf-8")
    return read_species(text.splitlines(keepends=True), "species.csv")


def read_species(lines: Iterable[str], name: str) -> tuple[Species, ...]:
    """Read and check lines of CSV with the columns `COLUMNS`; within a cell, semicolons separate several values.

    A DatasetError names the table, line and column of a value that breaks its constraint.

    >>> read_species(["common_name"], "mine.csv")
    Traceback (most recent call last):
    confu_core.errors.DatasetError: mine.csv: the column 'scientific_name' is missing
    """
    rows = csv.DictReader(lines)
    missing = [column for column in COLUMNS if column not in (rows.fieldnames or ())]
    if missing:
        raise DatasetError(f"{name}: the column {missing[0]!r} is missing")
    species: list[Species] = []
    for row in rows:
        try:
            species.append(_species(row))
        except InvalidValue as error:
            raise DatasetError(f"{name}, line {rows.line_num}: {error}") from error
    if not species:
        raise DatasetError(f"{name}: it holds no species; add at least one row below the columns")
    _check_unique(species, name)
    return tuple(species)


def find_species(name: str) -> Species:
    """Return a species by its common or scientific name, in any case; an InvalidValue suggests the nearest name.

    >>> find_species("northern cardinal").scientific_name
    'Cardinalis cardinalis'
    """
    known = {label.casefold(): (label, species) for species in load_species() for label in _labels(species)}
    if name.casefold() not in known:
        close = difflib.get_close_matches(name.casefold(), known, n=1)
        hint = f": did you mean {known[close[0]][0]!r}?" if close else "; birdmml/species.csv has all of them"
        raise InvalidValue(f"unknown species {name!r}{hint}")
    return known[name.casefold()][1]


def select_species(names: Iterable[str]) -> tuple[Species, ...]:
    """Return at least two species by common or scientific name, in the order of the table.

    An InvalidValue says that a name is unknown, or a species named twice.

    >>> [one.common_name for one in select_species(["blue jay", "Bubo virginianus"])]
    ['Great Horned Owl', 'Blue Jay']
    """
    asked: dict[str, str] = {}
    for name in names:
        known = find_species(name).common_name
        if known in asked:
            raise InvalidValue(f"species must be named once each; got {asked[known]!r} and {name!r}")
        asked[known] = name
    if len(asked) < 2:
        raise InvalidValue(f"species must be a number or at least 2 names; got {list(asked.values())!r}")
    return tuple(species for species in load_species() if species.common_name in asked)


def _labels(species: Species) -> tuple[str, str]:
    return species.common_name, species.scientific_name


def _check_unique(species: Iterable[Species], name: str) -> None:
    seen: set[str] = set()
    for one in species:
        for label in _labels(one):
            if label.casefold() in seen:
                raise DatasetError(f"{name}: the name {label!r} occurs twice; each must occur once")
            seen.add(label.casefold())


def _species(row: Mapping[str, str | None]) -> Species:
    if any(column is None for column in row):
        raise InvalidValue("the row has more cells than there are columns; quote text that holds a comma")
    cells = {column: (row[column] or "").strip() for column in COLUMNS}
    for column in ("common_name", "scientific_name", "family", "order", "phrase", "song_words"):
        if not cells[column]:
            raise InvalidValue(f"{column} must not be empty")
    lists = {column: _list(column, cells[column]) for column in LISTS}
    for habitat in lists["habitats"]:
        _one_of("habitats", habitat, words().habitats)
    return Species(
        **{name: cells[name] for name in ("common_name", "scientific_name", "family", "order", "song_words")},
        plumage=_plumage(cells),
        female=_female(cells),
        song=_song(cells, lists["syllables"]),
        habitats=lists["habitats"],
        nature=lists["nature"],
    )


def _female(cells: Mapping[str, str]) -> Plumage | None:
    changes = dict(_change(part) for part in cells["female"].split(";") if part.strip())
    try:
        return _plumage({**cells, **changes}) if changes else None
    except InvalidValue as error:
        raise InvalidValue(f"female: {error}") from error


def _plumage(cells: Mapping[str, str]) -> Plumage:
    known, colors = words(), words().colors
    allowed = (shapes(), known.bills, known.tails, known.crests, known.patterns, known.patterns, colors)
    for column, values in zip(FORMS, allowed, strict=True):
        _one_of(column, cells[column], values)
    worn = {part: _one_of(part, cells[part], colors) for part in PARTS}
    worn |= {mark: _one_of(mark, cells[mark], colors) for mark in MARKS if cells[mark]}
    forms = {column.removesuffix("_form"): cells[column] for column in FORMS}
    return Plumage(length_cm=_number("length_cm", cells), colors=MappingProxyType(worn), **forms)


def _song(cells: Mapping[str, str], syllables: tuple[str, ...]) -> Song:
    for kind in syllables:
        _one_of("syllables", kind, words().syllables)
    _check_phrase(cells["phrase"], len(syllables))
    numbers = {name: _number(name, cells) for name in NUMBERS if name not in ("length_cm", "repeats")}
    if numbers["low_hz"] > numbers["high_hz"]:
        raise InvalidValue(f"low_hz must be at most high_hz; got {cells['low_hz']} and {cells['high_hz']}")
    repeats = _number("repeats", cells)
    if repeats % 1:
        raise InvalidValue(f"repeats must be a whole number; got {cells['repeats']!r}")
    return Song(syllables=syllables, phrase=cells["phrase"], repeats=int(repeats), **numbers)


def _check_phrase(phrase: str, kinds: int) -> None:
    letters = "ABCDEFGH"[:kinds]
    strange = next((letter for letter in phrase if letter not in f"{letters}-"), None)
    if strange:
        raise InvalidValue(f"phrase must be made of {letters} and -, a letter per syllable; got {strange!r}")
    unused = next((letter for letter in letters if letter not in phrase), None)
    if unused:
        raise InvalidValue(f"phrase must use every syllable; {phrase!r} leaves out {unused!r}")


def _number(column: str, cells: Mapping[str, str]) -> float:
    low, high = NUMBERS[column]
    try:
        value = float(cells[column])
    except ValueError:
        value = math.nan
    if not low <= value <= high:
        raise InvalidValue(f"{column} must be a number in [{low:g}, {high:g}]; got {cells[column]!r}")
    return value


def _one_of(column: str, value: str, allowed: Iterable[str]) -> str:
    if not value:
        raise InvalidValue(f"{column} must not be empty; {nearest(value, allowed)}")
    if value not in allowed:
        raise InvalidValue(f"{column} has no value {value!r}: {nearest(value, allowed)}")
    return value


def _list(column: str, text: str) -> tuple[str, ...]:
    parts = tuple(part.strip() for part in text.split(";") if part.strip())
    if not parts:
        raise InvalidValue(f"{column} must name at least one value; got none")
    return parts


def _change(text: str) -> tuple[str, str]:
    column, separator, value = (part.strip() for part in text.partition("="))
    allowed = (*PARTS, *MARKS, *FORMS, "length_cm")
    if not separator or column not in allowed:
        raise InvalidValue(f"female must be column=value pairs of the plumage; got {text.strip()!r}")
    return column, value
