"""Datasets of others, read in place and in one schema: each is a recipe, so that it also builds into shards."""

from __future__ import annotations

from confu_core.datasets.contents import Contents, contents_of
from confu_core.datasets.sources import SOURCES, is_source, open_source

__all__ = ["SOURCES", "Contents", "contents_of", "is_source", "open_source"]
