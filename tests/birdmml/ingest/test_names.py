"""Species in several spellings, and what says nothing in names, prompts and families."""

from __future__ import annotations

import unicodedata

from birdmml.ingest.names import alike, class_names, one_spelling, same_name
from birdmml.ingest.rows import manifest_of
from birdmml.ingest.table import SourceTable
from birdmml.species import load_species

SAFE = [
    "Setophaga coronata ",
    "setophaga coronata",
    "SETOPHAGA CORONATA",
    "Setophaga  coronata",
    "Setophaga\u00a0coronata",
    "Setophaga\u2009coronata",
    "Setophaga\u200b coronata",
    "\ufeffSetophaga coronata",
    "Setophaga_coronata",
    '"Setophaga coronata"',
    "Setophaga coronata (Linnaeus, 1766)",
    "Setophaga coronata Linnaeus, 1766",
    "Setophaga coronata (de la Vega & O'Neill, 1966)",
]
APART = ["Setophaga coronata coronata", "Setophaga coronata [Myrtle]", "Setophaga coronata L.", "Setophaga coronota"]


def test_safe_spellings_are_one_class_and_others_are_said() -> None:
    found = one_spelling(["Setophaga coronata", *SAFE, *APART])
    assert {found[name] for name in SAFE} == {"Setophaga coronata"}
    assert all(found[name] == name for name in APART)
    pairs = alike(["Setophaga coronata", *APART, "Setophaga citrina", "Dendroica striata"])
    assert {other for pair in pairs for other in pair} == {"Setophaga coronata", *APART}


def test_hybrids_accents_and_genders() -> None:
    assert (
        same_name("Anas acuta x crecca")
        == same_name("Anas acuta \u00d7 crecca")
        == same_name("Anas acuta \u00d7crecca")
    )
    accented = "Tauraco sch\u00fcttii"
    assert same_name(accented) == same_name(unicodedata.normalize("NFD", accented)) != same_name("Tauraco schuttii")
    assert alike([accented, "Tauraco schuttii"]) == [("Tauraco schuttii", accented)]
    assert alike(["Anas acuta", "Anas acuta \u00d7 crecca", "Larus argentatus", "Larus argentatus/smithsonianus"]) == []


def test_one_way_of_writing_is_left_as_it_is() -> None:
    # Unless it cannot be seen, and but for the table, which decides between several.
    assert one_spelling(["pica pica", "Pica\u00a0hudsonia"]) == {
        "pica pica": "pica pica",
        "Pica\u00a0hudsonia": "Pica hudsonia",
    }
    assert set(one_spelling(["black jay", "Black_Jay", "Black_Jay"]).values()) == {"Black_Jay"}


def test_no_two_species_of_the_table_are_taken_for_one() -> None:
    for names in ([one.scientific_name for one in load_species()], [one.common_name for one in load_species()]):
        assert len({same_name(name) for name in names}) == len(names) and alike(names) == []


def test_nothing_enters_names_prompts_and_families() -> None:
    names = ("scientific_name", "photo_file", "audio_file", "combined_caption", "common_name", "family")
    cells = [
        ["Corvus corax", "corvus corax", "Unknown"],
        ["a", "b", "c"],
        ["a", "b", "c"],
        ["x", "-", "x"],
        ["NA", "n/a", ""],
        ["NA", "null", "NA"],
    ]
    manifest = manifest_of(SourceTable("m.csv", dict(zip(names, cells, strict=True)), {}, (), "0"), {})
    rows = list(manifest)
    assert [row.values["scientific_name"] for row in rows] == ["Corvus corax", "Corvus corax", ""]
    assert [row.values["combined_caption"] for row in rows] == ["x", "", "x"]
    classes, prompts, families = class_names(row.values for row in rows[:2])
    assert classes == ("Corvus corax",) and prompts[0][0] == "a photo of a Common Raven (Corvus corax)"
    assert families == ("Corvidae",) and class_names([{"scientific_name": "Xus yus"}])[1:] == (
        (("a photo of a Xus yus", 0), ("a recording of a Xus yus", 0)),
        (),
    )
    kept = manifest_of(manifest.table, {}, ("-",))
    assert kept.row(0).values["common_name"] == "NA" and kept.row(1).values["combined_caption"] == ""
