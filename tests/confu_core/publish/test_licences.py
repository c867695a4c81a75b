"""Licences as people write them, and what may be published under which."""

from __future__ import annotations

import csv
import itertools
from pathlib import Path

import pyarrow as pa
import pytest
from hypothesis import given
from hypothesis import strategies as st
from licence_forms import CASES

from confu_core.cells import NOTHING, is_nothing
from confu_core.errors import DatasetError, InvalidValue
from confu_core.publish import licences
from confu_core.publish.licences import LICENCES, common_licence, licence_named, read, read_licence
from confu_core.publish.terms import Items, attribution_columns, items_of, terms_of
from confu_core.shards import TableRecipe, build, open_dataset


@pytest.mark.parametrize(("name", "text"), CASES)
def test_a_licence_is_known_as_people_write_it(name: str, text: str) -> None:
    for said in (text, text.upper(), f"  {text} "):
        found = read_licence(said)
        told = "refused" if found is None and read(said).forbids else "unknown" if found is None else found.name
        assert told == name


@pytest.mark.parametrize("text", ["", "  ", "None", "unknown", "n/a", None])
def test_what_says_nothing_is_not_guessed(text: str | None) -> None:
    assert read_licence(text) is None and is_nothing(text or "")


WORDS = {
    "BY": ["BY", "Attribution"],
    "NC": ["NC", "NonCommercial"],
    "SA": ["SA", "Share-Alike"],
    "ND": ["ND", "NoDerivs"],
}
PARTS = st.sets(st.sampled_from(["NC", "SA", "ND"])).filter(lambda parts: len(parts & {"SA", "ND"}) < 2)


@st.composite
def creative(draw: st.DrawFn) -> tuple[str, set[str]]:
    """One licence of Creative Commons in words, and its parts."""
    parts = draw(PARTS)
    long = draw(st.integers(0, 1))
    words = [WORDS[part][long] for part in ["BY", *sorted(parts)]]
    version = draw(st.sampled_from(["", " 4.0", "-3.0", " 2.0 Generic", " v2.5"]))
    joined = draw(st.sampled_from(["-", " ", "_"] + [""] * (1 - long))).join(words)
    return f"{draw(st.sampled_from(['CC ', 'cc-', 'Creative Commons ']))}{joined}{version}", parts | {"BY"}


SAID = st.lists(creative(), min_size=1, max_size=3)
BETWEEN = st.sampled_from([" / ", ", ", " or ", "; ", " AND ", "\n"])


@given(SAID, BETWEEN)
def test_several_licences_are_never_freer_than_any_of_them(said: list[tuple[str, set[str]]], between: str) -> None:
    found = read_licence(between.join(text for text, _ in said))
    asked = set.union(*(parts for _, parts in said))
    if found is None:
        assert {"SA", "NC"} <= asked or len({frozenset(parts) for _, parts in said}) > 1
        return
    assert found.publishable == ("ND" not in asked)
    assert not found.publishable or found.commercial == ("NC" not in asked)
    assert not found.publishable or found.share_alike == ("SA" in asked)


STRANGE = st.text("abcdefghijklmnopqrstuvwxyzäñ", min_size=1, max_size=12).filter(
    lambda word: not read(f"CC BY {word}").names and not read(f"CC BY 3.0 {word}").names
)


@given(SAID, BETWEEN, STRANGE, st.data())
def test_one_word_that_is_not_understood_makes_all_of_it_unknown(said, between: str, strange: str, data) -> None:
    words = between.join(text for text, _ in said).split(" ")
    words.insert(data.draw(st.integers(0, len(words))), strange)
    assert read(" ".join(words)).names == () and read_licence(" ".join(words)) is None


@pytest.mark.parametrize("name", LICENCES)
def test_every_name_and_url_of_the_table_reads_as_itself(name: str) -> None:
    one = LICENCES[name]
    assert read_licence(name) == read_licence(one.title) == one
    found = read_licence(one.url)
    # One address for two licences is read as the stricter.
    assert found == (LICENCES["GPL-3.0-only"] if name.startswith("GPL") else one if one.url else None)
    # What the name says, said once more by other means.
    parts = set(name.lower().split("-"))
    assert not name.startswith("CC") or one.commercial == ("nc" not in parts)
    assert not name.startswith("CC") or one.share_alike == ("sa" in parts)
    assert one.publishable == (not parts & {"nd", "reserved"})


def test_a_phrase_of_the_file_means_one_thing_and_a_meaning_that_is_not_known_is_never_read_over(monkeypatch) -> None:
    with pytest.raises(DatasetError, match=r"^licences.toml: NC must be without what means silent already; got 'any'"):
        licences._meanings({"silent": "and any", "NC": "any"})
    monkeypatch.setitem(licences._PHRASES, "gladly", "sylent")
    assert read_licence("CC BY 4.0 gladly") is None


@given(st.text(max_size=60))
def test_no_text_breaks_the_reader(text: str) -> None:
    found = read_licence(text)
    assert found is None or found.name in LICENCES


def test_a_common_licence_asks_for_all_that_its_parts_ask_for() -> None:
    names = [name for name in LICENCES if name.startswith(("CC", "PDM")) and LICENCES[name].publishable]
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


@pytest.mark.parametrize(
    ("text", "line", "mend"),
    [
        ("", "no licence is named", "name it with --licence"),
        ("mine", "the licence 'mine' is not known", "write it in the table as SPDX does"),
        ("CC BY 4.0\nmine", "the licence 'CC BY 4.0' and 'mine' is not known", "write it in the table as SPDX does"),
    ],
)
def test_an_unknown_licence_stops_unless_it_is_allowed(text: str, line: str, mend: str) -> None:
    said = items(**{text: 2, "cc-by": 5})
    with pytest.raises(DatasetError, match=f"^{line} for 2 items \\(k1, k2\\); {mend}"):
        terms_of(said, [], real=True)
    allowed = terms_of(said, [], real=True, allow_unknown=True)
    assert allowed.licence is None and allowed.counts == {"unknown": 2, "CC-BY-4.0": 5} and allowed.unknown


def test_a_licence_that_is_chosen_stands_in_where_nothing_is_said_and_nowhere_else() -> None:
    named = terms_of(items(**{"": 2, "cc-by": 5}), [], real=True, chosen="CC0")
    assert named.counts == {"CC0-1.0": 2, "CC-BY-4.0": 5} and named.licence == LICENCES["CC-BY-4.0"]
    for text in ("mine", "CC BY 4.0, but ask"):
        with pytest.raises(DatasetError, match=f"^the licence '{text}' is not known"):
            terms_of(items(**{text: 2}), [], real=True, chosen="CC0")
    with pytest.raises(DatasetError, match="forbids publishing"):
        terms_of(items(**{"BY-NC-ND": 2}), [], real=True, chosen="CC-BY-4.0", allow_unknown=True)
    assert terms_of(items(**{"CC BY-NC": 2}), [], real=True, chosen="CC-BY-4.0").counts == {"CC-BY-NC-4.0": 2}


def test_of_columns_that_disagree_the_stricter_counts_and_it_is_said() -> None:
    terms = terms_of(items(**{"CC BY 4.0\nCC BY-NC 4.0": 2, "CC BY 4.0\n© Ada": 3}), [], real=True)
    assert terms.counts == {"CC-BY-NC-4.0": 2, "CC-BY-4.0": 3}
    several = (
        "2 items (k1, k2) name several licences, 'CC BY 4.0' and 'CC BY-NC 4.0': CC-BY-NC-4.0, the stricter, counts"
    )
    assert terms.notes == (several,)
    for text in ("CC BY 4.0\nAll rights reserved", "CC BY 4.0\nCC BY-ND 4.0", "CC BY 4.0\nno derivatives, please"):
        with pytest.raises(DatasetError, match="forbids publishing"):
            terms_of(items(**{text: 2}), [], real=True, allow_unknown=True)


def test_headings_of_licences_are_found_in_any_case_and_go_together_by_what_they_speak_of(tmp_path: Path) -> None:
    columns = {
        "License": ["CC BY 4.0", "CC BY 4.0", "NA"],
        "Licence URL": ["https://creativecommons.org/licenses/by-nc/4.0/", None, ""],
        "rightsHolder": ["=Ada", "Unknown", "anonymous"],
        "audioLicence": ["cc0", "cc0", "cc0"],
        "rights": ["© Ada", "", "CC BY-SA 4.0"],
        "note": ["@x", "", ""],
    }
    build(TableRecipe("words", {"train": pa.table({"key": ["a", "b", "c"], **columns})}), tmp_path / "words")
    dataset = open_dataset(tmp_path / "words")
    assert attribution_columns(dataset.manifest) == [name for name in columns if name != "note"]
    found = items_of(dataset)
    assert found.counts == {
        "CC BY 4.0\nhttps://creativecommons.org/licenses/by-nc/4.0/\n© Ada": 1,
        "CC BY 4.0": 1,
        "CC BY-SA 4.0": 1,
        "cc0": 3,
    }
    rows = list(csv.DictReader(found.table.decode().splitlines()))
    assert [row["rightsHolder"] for row in rows] == ["'=Ada", "", ""]
    assert terms_of(found, [], real=True).licence is None  # Share alike, and not for commercial use.


def test_what_says_nothing_is_no_licence_and_no_author_by_the_list_of_ingest_and_audit(tmp_path: Path) -> None:
    said = [*NOTHING, "other"]
    rows = pa.table({"key": [f"{row}" for row in range(len(said))], "licence": said, "author": said})
    build(TableRecipe("words", {"train": rows}), tmp_path / "words")
    found = items_of(open_dataset(tmp_path / "words"))
    assert found.counts == {"": len(NOTHING), "other": 1}
    authors = [row["author"] for row in csv.DictReader(found.table.decode().splitlines())]
    assert authors == [""] * len(NOTHING) + ["other"]
    # "other" says that there is a licence: none that is chosen is put over it.
    with pytest.raises(DatasetError, match="^the licence 'other' is not known for 1 items"):
        terms_of(found, [], real=True, chosen="CC0")


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
