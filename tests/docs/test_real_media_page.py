"""The page of real media says what there is: columns, dials and reasons."""

from __future__ import annotations

from dataclasses import fields
from pathlib import Path

from markdown_pages import blocks, section, table, text

from birdmml.ingest import REASONS, IngestSettings, settings_from
from birdmml.ingest.rows import OPTIONAL, REQUIRED
from confu_core.io.config import read_config

PAGE = "docs/real-media.md"


def test_every_column_reason_and_dial_is_explained() -> None:
    columns = [name for row in table(section(PAGE, "The manifest"), "column") for name in row["column"].split(", ")]
    assert sorted(columns) == sorted((*REQUIRED, *OPTIONAL))
    assert {row["reason"]: row["means"] for row in table(text(PAGE), "reason")} == dict(REASONS)


def test_every_dial_has_its_default() -> None:
    said: dict[str, str] = {}
    for row in table(section(PAGE, "What becomes of a file"), "dial"):
        names = [name.strip("`") for name in row["dial"].split(", ")]
        default = row["default"].strip("`")
        values = default.split(", ") if len(names) > 1 else [default]
        said |= dict(zip(names, values, strict=True))
    assert said == {field.name: _shown(field.default) for field in fields(IngestSettings)}


def test_the_configuration_file_of_the_page_is_one(tmp_path: Path) -> None:
    (example,) = blocks(PAGE, "toml")
    (tmp_path / "real.toml").write_text(example)
    values = read_config(tmp_path / "real.toml")
    assert values.pop("map") == {"photo_file": "image_path"}
    assert settings_from(values).keep_duplicates == ("sound",)


def _shown(value: object) -> str:
    if isinstance(value, tuple):
        return ", ".join(map(str, value)) or "none"
    return "none" if value is None else f"{value:g}" if isinstance(value, float) else str(value)
