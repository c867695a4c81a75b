"""What a card shows of samples: counts of classes and words, pictures, scores of a report, and a datasheet."""

from __future__ import annotations

import io
import json
from pathlib import Path
from typing import Any

import pyarrow as pa
import pytest
from PIL import Image

from confu_core.publish import Edition, Words, assemble
from confu_core.publish.card import sample_sheet, statistics
from confu_core.shards import MEDIA, TableRecipe, build, open_dataset
from confu_core.shards.parquet import with_features
from confu_core.shards.read import Dataset

COLOURS = ("red", "lime", "blue")
WORDS = Words(
    title="Colours",
    what=("Squares.",),
    limits=("They are small.",),
    label="colour",
    picture="image",
    texts=("caption",),
    datasheet={"collection": "Drawn.", "biases": "Three colours.", "motivation": "To be seen."},
)


def square(colour: str) -> bytes:
    file = io.BytesIO()
    Image.new("RGB", (40, 30), colour).save(file, "PNG")
    return file.getvalue()


@pytest.fixture(scope="module")
def dataset(tmp_path_factory: pytest.TempPathFactory) -> Dataset:
    schema = pa.schema([("key", pa.string()), ("image", MEDIA), ("caption", pa.string()), ("colour", pa.string())])
    schema = with_features(schema, {"image": {"_type": "Image"}})
    rows: list[dict[str, Any]] = [
        {
            "key": f"k{at}",
            "image": {"bytes": square(COLOURS[at % 3]), "path": f"k{at}.png"},
            "caption": "a square" if at % 2 else "A small square, again",
            "colour": COLOURS[at % 3],
        }
        for at in range(7)
    ]
    tables = {"train": pa.Table.from_pylist(rows, schema=schema)}
    recipe = TableRecipe(name="colours", description="Squares.", tables=tables)
    root = tmp_path_factory.mktemp("colours") / "data"
    build(recipe, root, formats=("parquet",))
    return open_dataset(root)


def test_classes_and_words_are_counted(dataset: Dataset) -> None:
    said = statistics(dataset, WORDS).splitlines()
    assert said[2] == "| train | 3 | 2 | 2.3 | 3 |"
    # Words are what stands between blanks: a, square; a, small, square with its comma, again.
    assert said[-1] == "| `caption` | train | 7 | 2 | 5 | 2 | 3.1 | 4 |"


def test_the_sheet_shows_samples_in_their_order(dataset: Dataset) -> None:
    with Image.open(io.BytesIO(sample_sheet(dataset, WORDS))) as sheet:
        assert sheet.size == (4 * 160, 2 * 160)
        seen = [sheet.getpixel((at % 4 * 160 + 80, at // 4 * 160 + 80)) for at in range(8)]
    strongest = ["RGB"[max(range(3), key=one.__getitem__)] for one in seen[:7]]
    assert strongest == list("RGBRGBR") and min(seen[7]) > 250


def test_the_card_has_a_datasheet_and_the_scores_of_a_report(dataset: Dataset, tmp_path: Path) -> None:
    (tmp_path / "matrix.md").write_text("| method | accuracy |\n| --- | --: |\n| clip | 0.5 |\n\nnothing else\n")
    release = assemble(dataset, WORDS, Edition("2026-01-01"), report=tmp_path, licence="CC0-1.0")
    card = release.part("README.md").source.decode()
    assert "## Baseline scores" in card and "| clip | 0.5 |" in card and "nothing else" not in card
    assert card.index("**Motivation.** To be seen.") < card.index("**Collection.** Drawn.") < card.index("**Biases.**")
    assert "figures/samples.jpg" in card and release.part("figures/samples.jpg") is not None
    said = json.loads(release.part("croissant.json").source)
    assert (said["rai:dataCollection"], said["rai:dataBiases"]) == ("Drawn.", "Three colours.")
    assert said["rai:dataLimitations"] == "They are small." and "rai:dataUseCases" not in said


def test_without_columns_nothing_is_shown(dataset: Dataset) -> None:
    bare = Words(title="Colours", what=("Squares.",))
    assert statistics(dataset, bare) == "" and sample_sheet(dataset, bare) == b""
