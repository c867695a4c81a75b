"""The card of generated birds says of each setting, column and group what the dataset has."""

from __future__ import annotations

from dataclasses import replace

import pytest

from birdmml.card import bird_words, words_of
from birdmml.data import BirdRecipe, schema
from birdmml.settings import Settings
from confu_core.errors import DatasetError
from confu_core.publish import Words
from confu_core.publish.card import _flat
from confu_core.publish.words import SECTIONS
from confu_core.shards import Manifest
from confu_core.shards.read import Dataset

SETTINGS = Settings(species=20, per_species=4, size=32, seconds=0.5, p=0.7)

KEYS = ("bayes_image", "bayes_audio", "pairwise_ceiling", "bayes_both", "headroom")
KEYS += ("higher_order_headroom", "total_correlation")


@pytest.fixture(scope="module")
def manifest() -> Manifest:
    """As a build writes it, without shards."""
    recipe = BirdRecipe(SETTINGS)
    types = {field.name: str(field.type) for field in recipe.schema}
    said = (1, recipe.name, recipe.description, recipe.config, 0, recipe.splits, "0" * 64, ("parquet",), 9, {}, types)
    return Manifest(*said, recipe.information())


@pytest.fixture(scope="module")
def words(manifest: Manifest) -> Words:
    return bird_words(manifest)


def test_every_dial_and_column_is_explained(manifest: Manifest, words: Words) -> None:
    there = {*_flat(manifest.config), "seed"}
    common = {name for name in words.dials if not name.startswith("group_")}
    assert common == {name for name in there if not name.startswith("group_")}
    assert there <= set(words.dials)
    assert list(words.columns) == schema(22050).names


def test_the_table_has_the_ceilings_of_every_group(manifest: Manifest, words: Words) -> None:
    table = words.structure[1]
    for name, group in {**manifest.information["groups"], "all": manifest.information["overall"]}.items():
        row = next(line for line in table.splitlines() if line.startswith(f"| {name} |"))
        cells = row.strip("| ").split(" | ")
        assert int(cells[1]) == group["species"]
        wanted = [group[key] for key in KEYS]
        assert [float(cell) for cell in cells[2:9]] == pytest.approx(wanted, abs=6e-4)
        assert float(cells[9]) == pytest.approx(group["connected_information"]["3"], abs=6e-4)
        # What both together reveal beyond the better of the two, and beyond pairs.
        image, audio, pairs, both, headroom, higher = map(float, cells[2:8])
        assert headroom == pytest.approx(both - max(image, audio), abs=1.1e-3)
        assert higher == pytest.approx(both - pairs, abs=1.1e-3)


def test_the_figure_is_the_same_for_the_same_numbers(manifest: Manifest, words: Words) -> None:
    assert words.figure is not None and words.figure.svg.startswith(b"<?xml") and words.figure.png[1:4] == b"PNG"
    assert bird_words(manifest).figure == words.figure


def test_an_older_manifest_and_a_whole_one_have_one_card(manifest: Manifest, words: Words, tmp_path) -> None:
    groups = {
        name: {key: value for key, value in group.items() if key != "connected_information"}
        for name, group in manifest.information["groups"].items()
    }
    older = replace(manifest, information={**manifest.information, "groups": groups})
    assert words_of(Dataset(tmp_path, older)) == words
    groups["xor"]["bayes_both"] = 0.5
    with pytest.raises(DatasetError, match=r"information.groups.xor.bayes_both is 0.5, and by its settings"):
        words_of(Dataset(tmp_path, older))


def test_another_dataset_has_no_card_here(manifest: Manifest, tmp_path) -> None:
    with pytest.raises(DatasetError, match="the dataset is 'xor', not 'birdmml' or real media"):
        words_of(Dataset(tmp_path, replace(manifest, name="xor")))


def test_it_says_up_front_that_labels_are_counterfactual_and_the_dataset_another_one(words: Words) -> None:
    assert words.what[0].startswith("Labels are counterfactual by design: species wear looks and sing songs of other")
    assert "generated counterpart of the published Bird-MML" in words.what[1] and "two datasets" in words.what[1]
    assert list(words.datasheet) == list(SECTIONS)
