"""Languages of captions, the lists of words that they are told by, and which words name a class."""

from __future__ import annotations

import pytest

from birdmml.audit import words
from birdmml.audit.words import UNDECIDED, guess_language, naming_of
from birdmml.species import load_species

CLASSES = ["Blue Jay", "Killdeer", "Red-winged Blackbird", "Cooper's Hawk", "House Finch", "Bullock's Oriole"]


@pytest.mark.parametrize(
    ("language", "text"),
    [
        ("English", "It sings from the top of a tree and is heard over the field."),
        ("German", "Er singt auf der Spitze und ist \u00fcber das Feld zu h\u00f6ren."),
        ("French", "Il chante dans les arbres et sur le toit avec une voix qui est claire."),
        ("Spanish", "El ave canta en las ramas y su voz se oye por todo el campo con claridad."),
        ("Italian", "Il canto degli uccelli che sono nel bosco ha una voce di cristallo."),
        ("Portuguese", "O canto da ave em uma \u00e1rvore com os seus filhotes do campo."),
        ("Dutch", "De vogel zit op een tak en zingt het lied van de lente niet te hard."),
        ("Swedish", "F\u00e5geln sitter i ett tr\u00e4d och det \u00e4r en s\u00e5ng som h\u00f6rs med vinden."),
        ("Japanese", "\u9ce5\u304c\u6728\u306e\u4e0a\u3067\u6b4c\u3046"),
        ("Chinese", "\u9e1f\u5728\u6811\u4e0a\u5531\u6b4c"),
        (UNDECIDED, "Mallard, Anas platyrhynchos."),
        (UNDECIDED, ""),
    ],
)
def test_languages(language: str, text: str) -> None:
    assert guess_language(text) == language


def test_a_word_that_is_not_plain_or_comes_twice_is_named(monkeypatch: pytest.MonkeyPatch) -> None:
    words.describing_words.cache_clear()
    for listed, wrong in (("ashy Azure", "'Azure'"), ("ashy ashy", "'ashy'")):
        monkeypatch.setattr(words, "word_lists", lambda listed=listed: {"describing": listed})
        with pytest.raises(ValueError, match=f"words.toml: describing must be words in lower case, .*{wrong}"):
            words.describing_words()
    monkeypatch.undo()
    assert "ashy" in words.describing_words()


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
