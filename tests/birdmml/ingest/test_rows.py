"""Which column of a manifest is what: by its name, by a map, or by another spelling."""

from __future__ import annotations

import pytest

from birdmml.ingest.rows import REQUIRED, extra_columns, find_columns
from confu_core.errors import DatasetError, InvalidValue


def test_missing_columns_are_all_named_with_the_nearest() -> None:
    headings = ["scientific_name", "photo_path", "audio_path", "combined_caption"]
    with pytest.raises(DatasetError) as found:
        find_columns(headings, {}, "m.csv")
    said = "'photo_file' (did you mean 'photo_path'?), 'audio_file' (did you mean 'audio_path'?)"
    assert str(found.value) == f"m.csv has no column {said}; name others by --map photo_file=NAME"


@pytest.mark.parametrize(
    ("given", "message"),
    [
        ({"foto": "a"}, "--map has no column 'foto'"),
        ({"photo_file": "photos"}, "--map photo_file=photos: m.csv has no column 'photos'; did you mean 'photo'?"),
    ],
)
def test_a_map_of_what_is_not_there_is_one_line(given: dict[str, str], message: str) -> None:
    with pytest.raises(InvalidValue) as found:
        find_columns([*REQUIRED[:1], "photo", *REQUIRED[2:]], given, "m.csv")
    assert message in str(found.value)


def test_a_map_goes_before_the_name_and_the_other_spelling_is_known() -> None:
    headings = [*REQUIRED, "better_caption", "license"]
    found = find_columns(headings, {"combined_caption": "better_caption"}, "m.csv")
    assert found == {**{n: n for n in REQUIRED}, "combined_caption": "better_caption", "licence": "license"}
    # The caption that was passed over stays, under a name of its own.
    assert extra_columns(headings, found) == {"combined_caption": "source_combined_caption"}


def test_neutral_headings_need_no_map_and_those_of_birds_go_before() -> None:
    neutral = ["label", "image", "audio", "caption"]
    assert find_columns(neutral, {}, "m.csv") == dict(zip(REQUIRED, neutral, strict=True))
    assert find_columns([*neutral, *REQUIRED], {}, "m.csv") == {name: name for name in REQUIRED}
