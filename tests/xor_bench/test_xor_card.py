"""The card of an XOR dataset holds its exact numbers."""

from __future__ import annotations

import math

import pytest

from confu_core.shards import build, open_dataset
from xor_bench.card import words_of
from xor_bench.data import XorRecipe

ROWS = {"train": 2, "validation": 2, "test": 2}


@pytest.mark.parametrize(
    "recipe",
    [
        XorRecipe(p=(0.0, 1.0), rows_per_p=ROWS),
        XorRecipe(noise=0.1, bits=2, modalities=4, parity="pair", rows_per_p=ROWS),
        XorRecipe(bits=2, unreliable=0.2, unreliable_of="bc", rows_per_p=ROWS),
    ],
)
def test_every_setting_and_column_is_explained(recipe: XorRecipe, tmp_path) -> None:
    manifest = build(recipe, tmp_path / "xor")
    words = words_of(open_dataset(tmp_path / "xor"))
    assert set(manifest.schema) <= set(words.columns)
    flat = {name for name in manifest.config if name != "rows_per_p"} | {f"rows_per_p.{split}" for split in ROWS}
    assert flat | {"seed", "parity", "unreliable", "unreliable_of"} == set(words.dials)
    said = "In 20% of the samples one modality (b or c) is noise"
    assert any(said in sentence for sentence in words.what) is bool(recipe.unreliable)
    assert words.figure is not None and words.figure.png[1:4] == b"PNG"


def test_the_tables_hold_the_closed_forms(tmp_path) -> None:
    build(XorRecipe(p=(0.0, 1.0), bits=3, rows_per_p=ROWS), tmp_path / "xor")
    structure = words_of(open_dataset(tmp_path / "xor")).structure
    full = f"{3 * math.log(2):.4f}"
    # A copy at p = 0: all of it between the first and the last. A parity at p = 1: all of it in the three together.
    assert f"| 0 | {full} | {full} | 0.0000 |" in structure[1]
    assert f"| 1 | {full} | 0.0000 | {full} |" in structure[1]
    assert "| 0 | 0.1250 | 0.1250 | 0.1250 |" in structure[3] and "| 1 | 0.1250 | 0.1250 | 1.0000 |" in structure[3]
