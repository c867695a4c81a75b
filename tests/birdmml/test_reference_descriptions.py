"""Reference descriptions: every species described, none of them named, and nothing told that its law does not."""

from __future__ import annotations

from collections import Counter
from dataclasses import replace
from typing import Any

import pytest

from birdmml import sample
from birdmml.caption import names_in, write_caption
from birdmml.data import design_of, species_of
from birdmml.sample import PROMPTS_PER_SPECIES, reference_descriptions
from birdmml.settings import Settings
from birdmml.species import Plumage, Song, Species

FEW = Settings(species=20, p=1.0)


def described(settings: Settings, count: int = PROMPTS_PER_SPECIES) -> list[tuple[str, int]]:
    return reference_descriptions(settings, design_of(settings), species_of(settings), count=count)


def named(settings: Settings, share: float) -> Settings:
    return replace(settings, caption=replace(settings.caption, name_share=share))


def test_every_species_has_as_many_as_asked_for() -> None:
    found = described(FEW)
    assert Counter(row for _, row in found) == dict.fromkeys(range(20), PROMPTS_PER_SPECIES)
    assert [row for _, row in found] == sorted(row for _, row in found)
    assert all(text.strip() and "\n" not in text for text, _ in found)
    assert len({text for text, _ in found}) > 0.9 * len(found)


def test_the_settings_decide_them_and_more_do_not_change_the_first() -> None:
    assert described(FEW, 3) == described(FEW, 3)
    first = [pair for row in range(20) for pair in described(FEW, 5)[5 * row : 5 * row + 2]]
    assert first == described(FEW, 2)
    assert described(replace(FEW, seed=1), 2) != first


def test_none_names_a_species_unless_captions_do() -> None:
    assert not [text for text, _ in described(named(FEW, 0.0)) if names_in(text)]
    species = species_of(FEW)
    for text, row in described(named(FEW, 0.25), 4):
        assert names_in(text) and species[row].common_name.lower() in text.lower()


def recorded(monkeypatch: pytest.MonkeyPatch, settings: Settings, count: int) -> list[tuple[str, str, str]]:
    """Species, look and song of every description, by common names."""
    species = species_of(settings)
    looks = {id(plumage): one.common_name for one in species for plumage in (one.plumage, one.female) if plumage}
    songs = {id(one.song): one.common_name for one in species}
    seen: list[tuple[str, str, str]] = []

    def write(own: Species, *, plumage: Plumage, song: Song, **other: Any) -> Any:
        seen.append((own.common_name, looks[id(plumage)], songs[id(song)]))
        return write_caption(own, plumage=plumage, song=song, **other)

    monkeypatch.setattr(sample, "write_caption", write)
    described(settings, count)
    return seen


def test_looks_and_songs_follow_the_law_of_the_species(monkeypatch: pytest.MonkeyPatch) -> None:
    design, count = design_of(FEW), 150
    seen = Counter(recorded(monkeypatch, FEW, count))
    for unit in design.units:
        law = unit.law(FEW.p)
        for row, look, song in zip(*(range(n) for n in law.shape), strict=False):
            place = tuple(
                design.names[one[at]] for one, at in ((unit.species, row), (unit.looks, look), (unit.songs, song))
            )
            # Five standard deviations of a share.
            assert abs(seen[place] / count - law[row, look, song]) < 5 * 0.5 / count**0.5
        allowed = {
            (design.names[one], design.names[look], design.names[song])
            for row, one in enumerate(unit.species)
            for a, look in enumerate(unit.looks)
            for b, song in enumerate(unit.songs)
            if law[row, a, b] > 0
        }
        mine = {place for place in seen if place[0] in {design.names[one] for one in unit.species}}
        assert mine == allowed


def test_descriptions_of_an_xor_species_do_not_tell_its_looks(monkeypatch: pytest.MonkeyPatch) -> None:
    design, count = design_of(FEW), 200
    seen = recorded(monkeypatch, FEW, count)
    units = [unit for unit in design.units if unit.group == "xor"]
    assert units
    for unit in units:
        for one in unit.species:
            for at, types in ((1, unit.looks), (2, unit.songs)):
                shares = Counter(place[at] for place in seen if place[0] == design.names[one])
                assert shares.keys() == {design.names[kind] for kind in types}
                assert max(shares.values()) / count < 1 / len(types) + 5 * 0.5 / count**0.5
