"""Which words of captions name a class."""

from __future__ import annotations

import pytest

from birdmml.audit.words import naming_of
from birdmml.species import load_species

CLASSES = ["Blue Jay", "Killdeer", "Red-winged Blackbird", "Cooper's Hawk", "House Finch", "Bullock's Oriole"]


@pytest.mark.parametrize(
    ("text", "number", "said"),
    [
        ("A BLUE JAY calls.", 0, "blue jay"),
        ("The blue-jay's crest", 0, "blue jay"),
        ("Blue Jays", 0, "blue jay"),
        ("Cyanocitta cristata, they say", 0, "cyanocitta cristata"),
        ("of the genus Cyanocitta", 0, "cyanocitta"),
        ("A jay, blue above", 0, ""),
        ("bluejayish", 0, ""),
        ("two killdeers on gravel", 1, "killdeer"),
        ("red wings, and a blackbird", 2, ""),
        ("Red winged blackbirds", 2, "red winged blackbird"),
        ("the hawk of Mr Cooper", 3, "cooper"),
        ("Coopers hawk", 3, "cooper hawk"),
        ("a finch on a house", 4, ""),
        ("House finches", 4, "house finch"),
        ("Bullock\u2019s oriole", 5, "bullock oriole"),
        ("A blue jay calls.", 1, ""),
    ],
)
def test_names_in_every_form_and_ordinary_words(text: str, number: int, said: str) -> None:
    assert naming_of(CLASSES, [], {}).found_in(text, number) == said


def test_no_plain_description_of_any_species_names_one() -> None:
    species = load_species()
    naming = naming_of([one.common_name for one in species], [], {})
    for number, one in enumerate(species):
        parts = one.plumage.colors
        text = f"A {one.plumage.shape} with {', '.join(f'a {colour} {part}' for part, colour in parts.items())}."
        assert naming.found_in(text, number) == "", text
        assert naming.found_in(f"Look, {one.common_name}s!", number)
        assert naming.found_in(f"Look, {one.scientific_name.upper()}!", number)


def test_a_part_that_others_use_as_well_does_not_name() -> None:
    naming = naming_of(["Garrulous Thing", "Other Thing"], [], {})
    assert naming.found_in("a garrulous bird", 0) == "garrulous"
    naming.exclusive([("a garrulous bird", 1), ("garrulous and grey", 1), ("a garrulous bird", 0)])
    assert naming.found_in("a garrulous bird", 0) == ""
