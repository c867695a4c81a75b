"""Datasets on disk: built in parallel into shards, resumed, verified and read, whatever they hold."""

from __future__ import annotations

from confu_core.shards.build import build
from confu_core.shards.layout import FORMATS
from confu_core.shards.manifest import Manifest, Shard, load_manifest
from confu_core.shards.parquet import MEDIA, with_features
from confu_core.shards.read import Dataset, open_dataset
from confu_core.shards.recipe import Recipe, TableRecipe
from confu_core.shards.repair import Repair, repair
from confu_core.shards.tar import flat_json
from confu_core.shards.verify import Finding, Report, verify

__all__ = [
    "FORMATS",
    "MEDIA",
    "Dataset",
    "Finding",
    "Manifest",
    "Recipe",
    "Repair",
    "Report",
    "Shard",
    "TableRecipe",
    "build",
    "flat_json",
    "load_manifest",
    "open_dataset",
    "repair",
    "verify",
    "with_features",
]
