"""The ground of Bird-MML: the species, their shapes and words, and what can be true of a picture or a song."""

from __future__ import annotations

from birdmml.species.facts import ACTIVITIES, BACKGROUNDS, WEATHERS, PictureFacts, SongFacts
from birdmml.species.shapes import FaceMark, Forms, Planform, Seen, Shape, forms, shapes
from birdmml.species.table import (
    COLUMNS,
    Plumage,
    Song,
    Species,
    find_species,
    load_species,
    read_species,
    select_species,
)
from birdmml.species.words import MARKS, PARTS, Words, grade, words

__all__ = [
    "ACTIVITIES",
    "BACKGROUNDS",
    "COLUMNS",
    "MARKS",
    "PARTS",
    "WEATHERS",
    "FaceMark",
    "Forms",
    "PictureFacts",
    "Planform",
    "Plumage",
    "Seen",
    "Shape",
    "Song",
    "SongFacts",
    "Species",
    "Words",
    "find_species",
    "forms",
    "grade",
    "load_species",
    "read_species",
    "select_species",
    "shapes",
    "words",
]
