"""What reports call classes and modalities: words of a benchmark, and of data that are not made to its design."""

from __future__ import annotations

from dataclasses import replace

import pandas as pd
import pyarrow as pa
import pytest

from birdmml.bench import report_words
from confu_core.data_files import read_data, record
from confu_core.errors import DatasetError
from confu_core.evaluation.overlap import letters_of, share_names
from confu_core.methods import BUILT_IN, load_method
from confu_core.report.panels import padded
from confu_core.report.sections.curves import few_shot
from confu_core.report.sections.fusion import SHARES, complementarity, in_stacking_order, overlap
from confu_core.report.sections.mistakes import confusion
from confu_core.report.sections.zero_shot import groups, zero_shot
from confu_core.report.tidy import Measures, Series
from confu_core.report.words import Design, ReportWords, ours_notes
from confu_core.runs.measures import Measure
from confu_core.runs.results import Results

BIRDS = report_words()
SPECIES = replace(BIRDS, many="species")
MOODS = replace(BIRDS, label="mood", exact=False, described=False, design=Design())


def results(label: str | None, bayes: list[float | None], told: list[str | None] | None = None) -> Results:
    columns = {"bayes_accuracy": pa.array(bayes, pa.float64())}
    columns |= {} if told is None else {"told_by": pa.array(told, pa.string())}
    return Results(__file__, "x", "x-1", pa.table(columns), {} if label is None else {"label": label})  # type: ignore[arg-type]


def test_words_follow_from_the_folders() -> None:
    told = BIRDS.told_by
    assert told([results(None, [0.5])]) == SPECIES  # Folders of earlier versions are of birds.
    real = replace(SPECIES, exact=False, design=Design())
    assert told([results("species", [None], ["descriptions"])]) == real
    assert told([results("mood", [None, None], ["probe", "probe"])]) == MOODS
    assert told([results("mood", [None], ["probe"]), results("digit", [0.5])]).label == "class"
    named = told([results("species", [None, None], ["names", "probe"])])
    assert (named.named, named.zero_shot, named.titled("accuracy")) == (
        True,
        "named classes",
        "Named classes: accuracy",
    )
    assert not told([results("species", [None, None], ["names", "descriptions"])]).named
    assert (real.zero_shot, real.titled("accuracy")) == ("zero-shot", "Zero-shot accuracy")
    mixed = told([results("class", [None, 0.5], ["probe", None])])
    assert (mixed.label, mixed.many, mixed.exact, mixed.described) == ("class", "classes", True, True)
    # Words for a design are of its classes alone.
    assert mixed.design == Design() != SPECIES.design
    assert ReportWords().told_by([results(None, [0.5])]) == ReportWords()


@pytest.mark.parametrize(
    ("said", "message"),
    [
        ({"names": "x"}, "report.toml has no key 'names'"),
        ({"name": 3}, "report.toml.name must be text; got 3"),
        ({"design": {"kinds": "x"}}, "report.toml.design has no key 'kinds'"),
    ],
)
def test_words_that_are_none_are_refused(said: dict[str, object], message: str) -> None:
    with pytest.raises(DatasetError, match=message):
        record(ReportWords, said, "report.toml")


def measured(words: ReportWords, *found: Measure) -> Measures:
    own = {"group": 0, "folder": "runs", "seed": 0, "place": None}
    frame = pd.DataFrame([{**own, **one.row("a")} for one in found], dtype=object)
    return Measures((Series("runs", "clip", "clip", "clip"),), frame, (None,), words=words)


@pytest.mark.parametrize("query", ["vision+text", "image+video"])
def test_shares_of_other_modalities_have_their_places_and_names(query: str) -> None:
    first, second = query.split("+")
    names = share_names(*letters_of(second, first))
    assert names[2] == {"vision+text": "TV only", "image+video": "videoimage only"}[query]
    held = measured(MOODS, *(Measure("overlap", query, name, 0.125) for name in names))
    section = overlap(held, held)
    assert section is not None and "its mood" in section.lede and f"“{names[2]}”" in section.lede
    roles = dict(zip(names, share_names("A", "V"), strict=True))
    stacked = in_stacking_order(names[::-1], roles)
    assert [roles[name] for name in stacked] == list(SHARES)
    listed = [row[0] for row in section.folded[0].rows]
    assert listed == stacked and len(section.images) == 1


def test_sections_speak_of_the_class() -> None:
    held = measured(
        MOODS,
        Measure("zero_shot", "vision", "accuracy", 0.5, "test"),
        Measure("zero_shot_group", "vision", "accuracy", 0.5, "calm"),
        Measure("complementarity", "vision+text", "gain", 0.1, "all"),
        Measure("few_shot", "vision", "accuracy", 0.5, "", 1.0, 0.4, 0.6),
        Measure("confused_pair", "vision", "glad ~ sad", 0.5),
    )
    texts = []
    for make in (zero_shot, groups, complementarity, few_shot, confusion):
        section = make(held, held)
        assert section is not None
        tables = [*section.tables, *section.folded]
        texts += [section.title, section.lede, *(table.title for table in tables)]
        texts += [str(column) for table in tables for column in table.columns]
    assert "Zero-shot mood" in texts and not [text for text in texts if "species" in text.lower()]
    assert not [text for text in texts if "Bayes" in text or "captions alone" in text]


def test_only_what_is_known_is_explained() -> None:
    real, made = MOODS.definitions(measures=True, exact=False), SPECIES.definitions(measures=True)
    assert "Bayes accuracy" in made and "Bayes accuracy" not in real and "Groups of species" not in real
    assert "Groups of species" in made and "picture and song" in made["Direction"]
    assert not [text for text in real.values() if "species" in text or "song" in text]
    assert MOODS.definitions(measures=False, exact=False) == SPECIES.definitions(measures=False)


def test_one_place_along_an_axis_has_something_at_both_sides() -> None:
    low, high = padded(1.0, 1.0)
    assert low < 1 < high and padded(0.0, 1.0) == (-0.04, 1.04)


def test_reports_say_which_scores_no_paper_defines() -> None:
    ours = {name: load_method(name).ours for name in BUILT_IN}
    assert read_data("confu_core.report", "words.toml")["ours"] == {name: said for name, said in ours.items() if said}
    assert ours_notes(["clip", "comm", "mine.py:Mine", "comm"]) == (f"Ours, not in the paper of comm: {ours['comm']}.",)
