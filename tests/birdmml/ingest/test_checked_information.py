"""What manifests of real media say of their source is believed only where its types are those that are written."""

from __future__ import annotations

import copy
from collections.abc import Iterator
from typing import Any

import pytest

from birdmml.ingest import checked_information
from birdmml.ingest.recipe import NAME
from confu_core.errors import DatasetError
from confu_core.shards import Manifest

SAID: dict[str, Any] = {
    "source": {
        "splits": "made",
        "groups": 4,
        "crossing": 0,
        "rows": 6,
        "rejected_rows": 2,
        "blank_lines": 1,
        "inner_lines": 0,
        "findings": {"missing": 2},
        "spellings": {"Pica pica": ["pica pica"]},
        "alike": [["Larus sp.", "Larus"]],
    },
    "licences": {"CC0-1.0": 4},
    "columns_left_out": ["thumb"],
    "archives": [{"summary": "a.tar: 4 files can be read"}],
}
ODD: list[Any] = [None, True, 0, -1.5, "x", [], [1], [["a", "b", "c"]], {}, {"x": "y"}, [{}]]


def manifest_of(said: dict[str, Any]) -> Manifest:
    return Manifest(1, NAME, "", {}, 0, {"train": 4}, "0", ("parquet",), 10, {}, {"key": "string"}, said)


def places(value: Any, at: tuple[Any, ...] = ()) -> Iterator[tuple[Any, ...]]:
    for key, one in value.items() if isinstance(value, dict) else enumerate(value) if isinstance(value, list) else ():
        yield (*at, key)
        yield from places(one, (*at, key))


def test_what_was_written_is_believed() -> None:
    assert checked_information(manifest_of(SAID)) == SAID


def test_older_versions_did_not_count_everything() -> None:
    said = copy.deepcopy(SAID)
    for name in ("blank_lines", "inner_lines", "spellings", "alike"):
        del said["source"][name]
    found = checked_information(manifest_of(said))["source"]
    assert (found["blank_lines"], found["inner_lines"], found["spellings"], found["alike"]) == (0, 0, {}, [])


@pytest.mark.parametrize("place", list(places(SAID)), ids=lambda place: ".".join(map(str, place)))
def test_every_place_is_checked(place: tuple[Any, ...]) -> None:
    *path, last = place
    for odd in ODD:
        said = copy.deepcopy(SAID)
        holder = said
        for key in path:
            holder = holder[key]
        if type(holder[last]) is type(odd):
            continue
        holder[last] = odd
        with pytest.raises(DatasetError) as found:
            checked_information(manifest_of(said))
        assert str(found.value).startswith("the manifest is damaged: ") and "\n" not in str(found.value)


@pytest.mark.parametrize("name", [*(name for name in SAID), *(f"source.{name}" for name in list(SAID["source"])[:5])])
def test_what_is_missing_is_named(name: str) -> None:
    said = copy.deepcopy(SAID)
    holder = said["source"] if "." in name else said
    del holder[name.rpartition(".")[2]]
    with pytest.raises(DatasetError, match=f"^the manifest is damaged: information.{name} is missing; restore it"):
        checked_information(manifest_of(said))


def test_words_and_pairs_are_those_that_there_are() -> None:
    for name, value in (("splits", "drawn"), ("alike", [["a"]]), ("alike", [["a", "b", "c"]])):
        with pytest.raises(DatasetError, match=f"information.source.{name} must"):
            checked_information(manifest_of({**SAID, "source": {**SAID["source"], name: value}}))
