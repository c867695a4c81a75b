"""Real media: photographs, recordings and captions of others, looked at, sorted out, and built like generated data."""

from __future__ import annotations

from birdmml.ingest.recipe import NAME, RealRecipe, Source, checked_information, real_recipe, settings_of
from birdmml.ingest.rows import REASONS, REJECTS, Reject, counts
from birdmml.ingest_settings import IngestSettings, settings_from

__all__ = [
    "NAME",
    "REASONS",
    "REJECTS",
    "IngestSettings",
    "RealRecipe",
    "Reject",
    "Source",
    "checked_information",
    "counts",
    "real_recipe",
    "settings_from",
    "settings_of",
]
