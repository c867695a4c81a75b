"""What training reads, as files that anybody may have changed describe it."""

from __future__ import annotations

from typing import Any

import numpy as np
import pyarrow as pa
import pytest

from confu_core.datasets import Contents, contents_of
from confu_core.errors import DatasetError, InvalidValue
from confu_core.inputs import InputSpec, Picture, Sequence, Sound, Text, log_mel
from confu_core.shards import TableRecipe, build

SPEC = InputSpec(
    {"image": Picture("a"), "audio": Sound("b", 8000, 2.0), "text": Text("c"), "steps": Sequence("d", 4, 2)}
)
PLACES = [(name, key) for name, one in SPEC.as_dict().items() for key in one]


@pytest.mark.parametrize("odd", [[], {}, ["a"], b"", 1j, "x" * 9, True, -1, 1.5], ids=repr)
@pytest.mark.parametrize(("name", "key"), PLACES)
def test_a_value_of_another_type_is_never_taken(name: str, key: str, odd: Any) -> None:
    said = SPEC.as_dict()
    said[name][key] = odd
    try:
        found = InputSpec.from_dict(said)
    except (KeyError, TypeError, ValueError):
        return
    assert found.as_dict() == said and type(getattr(SPEC.inputs[name], key)) is type(odd)


def test_contents_of_other_types_are_one_line(tmp_path: Any) -> None:
    manifest = build(TableRecipe("words", {"train": pa.table({"key": ["a"]})}), tmp_path / "words")
    said = Contents(SPEC, "label", ("a",)).as_dict()
    said["inputs"]["image"]["column"] = ["a"]
    manifest.information["contents"] = said
    with pytest.raises(DatasetError, match="^the manifest of 'words' is damaged: its contents cannot be read$"):
        contents_of(manifest)


def test_sounds_that_reach_no_band_are_refused() -> None:
    line = "sample_rate of 'audio' must be above 1000 Hz, since spectrograms begin at 500 Hz, and at most 768000 Hz"
    for rate in (1000, 768_001):
        with pytest.raises(InvalidValue, match=f"{line}; got {rate}"):
            Sound("audio", rate)
    lowest = Sound("audio", 1001)
    assert np.isfinite(log_mel(np.ones(4000, dtype=np.float32), lowest.sample_rate)).all()
