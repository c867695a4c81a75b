"""A small dataset with pictures, sounds and captions, some of which may be broken."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any

import pyarrow as pa
from recipe_for_shards import MediaRecipe

from confu_core.inputs import InputSpec, Picture, Sound, Text

SPEC = InputSpec({"picture": Picture("image", side=6), "song": Sound("audio"), "text": Text("caption", length=5)})


@dataclass(frozen=True)
class CaptionedRecipe(MediaRecipe):
    """Broken parts are given as (split, row, column)."""

    broken: frozenset[tuple[str, int, str]] = frozenset()
    splits: dict[str, int] = field(default_factory=lambda: {"train": 23, "test": 5})

    @property
    def schema(self) -> pa.Schema:
        return super().schema.append(pa.field("caption", pa.string()))

    def members(self, row: dict[str, Any]) -> dict[str, bytes]:
        return {**super().members(row), "txt": row["caption"].encode()}

    def _row(self, split: str, index: int) -> dict[str, Any]:
        row = super()._row(split, index) | {"caption": f"noise number {index}"}
        for name in ("image", "audio"):
            if (split, index, name) in self.broken:
                row[name] = row[name] | {"bytes": row[name]["bytes"][:50]}
        return row
