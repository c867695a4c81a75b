"""Licences as people write them, and what may be published under which."""

from __future__ import annotations

import itertools

import pytest
from hypothesis import given
from hypothesis import strategies as st

from confu_core.errors import DatasetError, InvalidValue
from confu_core.publish.attribution import Items
from confu_core.publish.licences import LICENCES, licence_named, read_licence
from confu_core.publish.terms import common_licence, terms_of

WRITTEN = {
    "CC BY-NC 4.0": "CC-BY-NC-4.0",
    "cc-by": "CC-BY-4.0",
    "CC_BY_NC_4_0": "CC-BY-NC-4.0",
    "Creative Commons Attribution-NonCommercial-ShareAlike 4.0 International License": "CC-BY-NC-SA-4.0",
    "//creativecommons.org/licenses/by-nc-nd/2.5/": "CC-BY-NC-ND-2.5",
    "http://creativecommons.org/publicdomain/zero/1.0/": "CC0-1.0",
    "CC0 1.0": "CC0-1.0",
    "cc_by_sa_3.0": "CC-BY-SA-3.0",
    "Public Domain": "PDM-1.0",
    "© Ada Lovelace": "all-rights-reserved",
    "(c) me, All Rights Reserved": "all-rights-reserved",
    "C": "all-rights-reserved",
    "apache-2.0": "Apache-2.0",
    "CC BY-ND 9.0": "all-rights-reserved",
}


@pytest.mark.parametrize("text", WRITTEN)
def test_a_licence_is_known_as_people_write_it(text: str) -> None:
    found = read_licence(text)
    assert found is not None and found.name == WRITTEN[text]


@pytest.mark.parametrize("text", ["", "  ", "None", "unknown", "n/a", "whatever", "CC-BY-5.0", None])
def test_what_says_nothing_is_not_guessed(text: str | None) -> None:
    assert read_licence(text) is None


@pytest.mark.parametrize("name", LICENCES)
def test_every_name_and_url_of_the_table_reads_as_itself(name: str) -> None:
    one = LICENCES[name]
    assert read_licence(name) == one
    assert "creativecommons" not in one.url or read_licence(one.url) == one
    # What the name says, said once more by other means.
    parts = set(name.lower().split("-"))
    assert not name.startswith("CC") or one.commercial == ("nc" not in parts)
    assert not name.startswith("CC") or one.share_alike == ("sa" in parts)
    assert one.publishable == (not parts & {"nd", "reserved"})


@given(st.text(max_size=60))
def test_no_text_breaks_the_reader(text: str) -> None:
    found = read_licence(text)
    assert found is None or found.name in LICENCES


def test_a_common_licence_asks_for_all_that_its_parts_ask_for() -> None:
    names = [name for name in LICENCES if name.startswith("CC") and LICENCES[name].publishable]
    for pair in itertools.combinations(names, 2):
        found = common_licence(pair)
        parts = [LICENCES[name] for name in pair]
        if found is None:
            # Only what is to be shared alike goes with nothing else.
            assert any(one.share_alike for one in parts)
            continue
        assert found.commercial == all(one.commercial for one in parts)
        assert found.share_alike == any(one.share_alike for one in parts)


def items(**counts: int) -> Items:
    return Items(counts, dict.fromkeys(counts, ("k1", "k2")), b"x")


@pytest.mark.parametrize("text", ["CC BY-ND 4.0", "All rights reserved", "cc-by-nc-nd"])
def test_a_licence_that_forbids_stops_and_names_the_items(text: str) -> None:
    said = items(**{text: 2, "cc-by": 5})
    with pytest.raises(
        DatasetError, match=f"^the licence '{text}' of 2 items \\(k1, k2\\) forbids publishing"
    ) as caught:
        terms_of(said, [], real=True, chosen="cc-by", allow_unknown=True)
    assert "\n" not in str(caught.value)


@pytest.mark.parametrize(("text", "line"), [("", "no licence is named"), ("mine", "the licence 'mine' is not known")])
def test_an_unknown_licence_stops_unless_it_is_allowed(text: str, line: str) -> None:
    said = items(**{text: 2, "cc-by": 5})
    with pytest.raises(DatasetError, match=f"^{line} for 2 items \\(k1, k2\\); name it with --licence"):
        terms_of(said, [], real=True)
    allowed = terms_of(said, [], real=True, allow_unknown=True)
    assert allowed.licence is None and allowed.counts == {"unknown": 2, "CC-BY-4.0": 5} and allowed.unknown
    named = terms_of(said, [], real=True, chosen="CC0")
    assert named.counts == {"CC0-1.0": 2, "CC-BY-4.0": 5} and named.licence == LICENCES["CC-BY-4.0"]


def test_restrictions_carry_over() -> None:
    assert terms_of(items(**{"cc-by": 1, "mit": 1}), [], real=True).wants_text
    terms = terms_of(items(**{"cc-by-nc": 1, "cc-by-sa": 1}), [], real=True)
    assert not terms.unknown and not terms.wants_text
    assert terms.licence is None and not terms.commercial and terms.share_alike
    assert terms.title == "Each item under its own: CC-BY-NC-4.0, CC-BY-SA-4.0"


def test_sources_stand_in_for_items() -> None:
    empty = Items({}, {}, b"")
    sources = [{"name": "digits", "licence": "CC-BY-4.0", "items": 10}, {"name": "voices", "licence": "CC BY-SA 3.0"}]
    terms = terms_of(empty, sources, real=True)
    assert terms.counts == {"CC-BY-4.0": 10, "CC-BY-SA-3.0": 0} and terms.share_alike
    for others in (empty, items(**{"cc-by": 1})):
        with pytest.raises(DatasetError, match="'CC-BY-ND-4.0' of 3 items \\(films\\) forbids"):
            terms_of(others, [{"name": "films", "licence": "CC-BY-ND-4.0", "items": 3}], real=True)


def test_generated_data_have_the_licence_that_is_chosen() -> None:
    empty = Items({}, {}, b"")
    assert terms_of(empty, [], real=False).licence == LICENCES["CC-BY-4.0"]
    assert terms_of(empty, [], real=False, chosen="CC0").licence == LICENCES["CC0-1.0"]
    with pytest.raises(DatasetError, match="no licence is named for the dataset"):
        terms_of(empty, [], real=True)


@pytest.mark.parametrize(("text", "line"), [("CC-BY-5.0", "did you mean"), ("cc-by-nd", "must allow publishing")])
def test_a_choice_that_is_no_licence_is_refused(text: str, line: str) -> None:
    with pytest.raises(InvalidValue, match=f"^--licence .*{line}"):
        licence_named(text)
