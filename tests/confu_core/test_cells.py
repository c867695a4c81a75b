"""Cells that say nothing."""

from __future__ import annotations

import pytest

from confu_core.cells import NOTHING, cleaned, is_nothing


@pytest.mark.parametrize(
    "cell",
    [
        "",
        " ",
        "\u200b",
        "NA",
        "N/A",
        "NaN",
        "null",
        "None",
        "-",
        "Unknown",
        "anonymous",
        " na\u00a0",
        "NULL",
        "Not specified",
        "TBD",
        ".",
        "nobody",
        "<NA>",
        "\\N",
        "?",
    ],
)
def test_nothing_is_said_in_many_ways(cell: str) -> None:
    assert is_nothing(cell)


@pytest.mark.parametrize("cell", ["Ada", "Nan Goldin", "other", "none of them", "unknown bird", "0", "x" * 10_000])
def test_what_says_something(cell: str) -> None:
    assert not is_nothing(cell)


def test_markers_are_as_they_are_compared() -> None:
    assert all(marker == cleaned(marker).casefold() for marker in NOTHING)
