"""Captions: a grammar that says in English what a picture shows, a song holds and a species does."""

from __future__ import annotations

from birdmml.caption.facts import Caption, CaptionDials, Fact
from birdmml.caption.names import names_in
from birdmml.caption.write import write_caption

__all__ = ["Caption", "CaptionDials", "Fact", "names_in", "write_caption"]
