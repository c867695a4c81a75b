"""The page of Bird-MML says what there is: ceilings, dials, groups and presets."""

from __future__ import annotations

import importlib.util
from dataclasses import fields
from pathlib import Path

import pytest
from markdown_pages import blocks, section, table, text

from birdmml.caption import CaptionDials
from birdmml.data import BirdRecipe, design_of
from birdmml.design import GROUPS
from birdmml.presets import PRESETS, preset
from birdmml.settings import Settings
from birdmml.theory import additive_ceilings, structure
from confu_core.io.config import read_config
from confu_core.shards import build

PAGE = "docs/bird-mml.md"


def test_the_ceilings_are_those_of_the_default_design() -> None:
    found, additive = structure(design_of(Settings())), additive_ceilings(design_of(Settings()))
    rows = {row["group"]: row for row in table(section(PAGE, "What is known exactly"), "group")}
    assert list(rows) == [*GROUPS, "all"]
    for name, row in rows.items():
        group = found.overall if name == "all" else found.groups[name]
        exact = {
            "V": group.bayes_image,
            "A": group.bayes_audio,
            "pairs": group.pairwise_ceiling,
            "additive": additive[name],
            "A+V": group.bayes_both,
        }
        exact |= {"headroom": group.headroom, "higher order": group.higher_order_headroom}
        exact["C_3 (nats)"] = group.connected_information[3]
        assert {column: row[column] for column in exact} == {name: f"{value:.3f}" for name, value in exact.items()}


def test_every_group_and_dial_of_captions_is_explained() -> None:
    groups = table(section(PAGE, "How species are told apart"), "group")
    assert [row["group"].strip("`") for row in groups] == list(GROUPS)
    said = {}
    for row in table(section(PAGE, "Captions"), "dial"):
        said |= {name.strip("`"): row["default"] for name in row["dial"].split(", ")}
    assert said == {f.name: f"{f.default:g}" for f in fields(CaptionDials)}  # type: ignore[str-format]


def test_every_preset_has_its_numbers() -> None:
    rows = {row["preset"].strip("`"): row for row in table(section(PAGE, "Presets"), "preset")}
    assert list(rows) == list(PRESETS)
    for name, row in rows.items():
        settings = preset(name)
        assert row["species"] == str(settings.species)
        assert row["triplets"] == f"{sum(settings.splits.values()):,}"
        assert row["pictures"] == f"{settings.size} px"
        assert row["recordings"] == f"{settings.seconds:g} s"


def test_the_configuration_file_of_the_page_is_one(tmp_path: Path) -> None:
    (example,) = blocks(PAGE, "toml")
    path = tmp_path / "birds.toml"
    path.write_text(example)
    values = read_config(path)
    settings = preset(values.pop("preset"), values)
    assert (settings.species, settings.shares.xor, settings.caption.marks) == (100, 0.6, 0.0)


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder with the dataset that the page speaks of, small."""
    root = tmp_path_factory.mktemp("birds")
    recipe = BirdRecipe(Settings(species=20, per_species=4, size=32, seconds=0.5))
    build(recipe, root / "data/birds", formats=("parquet", "webdataset"), shard_rows=100)
    return root


# webdataset leaves it to the garbage collector to close the tars.
@pytest.mark.filterwarnings("ignore::ResourceWarning", "ignore::pytest.PytestUnraisableExceptionWarning")
@pytest.mark.parametrize("block", blocks(PAGE, "python"))
def test_the_lines_that_load_it_work(
    block: str, folder: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    if "from datasets" in block and importlib.util.find_spec("datasets") is None:
        pytest.skip("datasets is not installed")
    monkeypatch.setenv("HF_HUB_OFFLINE", "1")
    monkeypatch.chdir(folder)
    exec(compile(block, PAGE, "exec"), {})
    printed = capsys.readouterr().out
    assert "(32, 32)" in printed


def test_the_page_of_species_counts_them() -> None:
    from birdmml.species import load_species

    species = load_species()
    families = {one.family for one in species}
    assert f"{len(species)} species of North America, of {len(families)} families" in text("docs/species.md")
