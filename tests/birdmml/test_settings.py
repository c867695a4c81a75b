"""Settings: ranges and messages, presets, configuration files, and how many rows a split has."""

from __future__ import annotations

import json
import os
from dataclasses import fields
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import settings as checked
from hypothesis import strategies as st

from birdmml.caption import CaptionDials
from birdmml.design import Shares
from birdmml.presets import PRESETS, preset
from birdmml.settings import LARGEST_SEED, SPECIES, SPLITS, UNSAID, Settings
from confu_core.errors import InvalidValue
from confu_core.io.config import read_config

PAPER_TRIPLETS = 149_681  # As published.
REAL = {
    "per_species": (4, 1_000_000),
    "p": (0, 1),
    "image_noise": (0, 1),
    "audio_noise": (0, 1),
    "audio_reuse": (0, 1),
    "imbalance": (1, 1000),
    "seconds": (0.25, 60),
}
WHOLE = {
    "per_individual": (1, 1000),
    "seed": (0, LARGEST_SEED),
    "size": (16, 4096),
    "sample_rate": (8000, 48_000),
    "jpeg_quality": (1, 100),
}
NOT_A_NUMBER: list[Any] = [float("nan"), True, "0.5", None, [0.5]]


def refused(match: str, **values: Any) -> None:
    with pytest.raises(InvalidValue) as caught:
        preset("small", values)
    message = str(caught.value)
    assert match in message and "\n" not in message, message


@pytest.mark.parametrize("name", REAL)
def test_a_range_includes_its_ends_and_nothing_beyond(name: str) -> None:
    low, high = REAL[name]
    for value in (low, high, float(low), float(high)):
        assert getattr(Settings(**{name: value}), name) == value
    for value in (low - 1e-9, high + 1e-9, *NOT_A_NUMBER):
        refused(f"{name} must be in [{low:g}, {high:g}]; got {value!r}", **{name: value})


@pytest.mark.parametrize("name", WHOLE)
def test_a_whole_number_is_one_in_its_range(name: str) -> None:
    low, high = WHOLE[name]
    for value in (low, high):
        assert getattr(Settings(**{name: value}), name) == value
    for value in (low - 1, high + 1, float(low), *NOT_A_NUMBER):
        refused(f"{name} must be a whole number in [{low}, {high}]; got {value!r}", **{name: value})


def test_species_are_a_whole_number_or_names() -> None:
    for value in SPECIES:
        assert Settings(species=value).species == Settings(species=value).species_count == value
    for value in (SPECIES[0] - 1, SPECIES[1] + 1, 50.0, *NOT_A_NUMBER, "Blue Jay", ["Blue Jay", 3], {"Blue Jay": 1}):
        refused(f"species must be a whole number in [2, 10000], or a list of names; got {value!r}", species=value)


def test_named_species_are_kept_as_the_table_has_them() -> None:
    settings = preset("small", {"species": ["turdus migratorius", "BLUE JAY", "Canada Jay"], "per_species": 7})
    assert settings.species == ("Canada Jay", "Blue Jay", "American Robin")
    assert settings == Settings(species=("American Robin", "Canada Jay", "Blue Jay"), per_species=7)
    assert hash(settings) == hash(Settings(species=settings.species, per_species=7))
    assert settings.species_count == 3 and sum(settings.splits.values()) == 21
    assert settings.as_dict()["species"] == ["Canada Jay", "Blue Jay", "American Robin"]


@pytest.mark.parametrize(
    ("names", "match"),
    [
        (["American Robn", "Blue Jay"], "unknown species 'American Robn': did you mean 'American Robin'?"),
        (["Blue Jay", "Canada Jay", "blue jay"], "species must be named once each; got 'Blue Jay' and 'blue jay'"),
        (["Blue Jay", "Cyanocitta cristata"], "named once each; got 'Blue Jay' and 'Cyanocitta cristata'"),
        (["Blue Jay"], "species must be a number or at least 2 names; got ['Blue Jay']"),
        ([], "species must be a number or at least 2 names; got []"),
    ],
)
def test_names_that_do_not_fit_are_refused(names: list[str], match: str) -> None:
    refused(match, species=names)


def test_every_dial_is_checked() -> None:
    by_group = {"group_captions", "group_weights"}
    assert {f.name for f in fields(Settings)} == {
        "species",
        *REAL,
        *WHOLE,
        "shares",
        "split_shares",
        "caption",
        *by_group,
    }


def test_p_out_of_range_says_what_was_given() -> None:
    refused("p must be in [0, 1]; got 1.3", p=1.3)


@pytest.mark.parametrize(
    ("shares", "match"),
    [
        ((0.5, 0.2, 0.2, 0.2), "which add up to 1.1"),
        ((1.0, 0.0, 0.0, 0.0), "above 0"),
        ((0.5, 0.3, 0.2), "must be 4 numbers"),
        ((0.5, 0.3, 0.1, "0.1"), "must be 4 numbers"),
        ((float("nan"), 0.3, 0.1, 0.1), "add up to nan"),
        (0.6, "must be 4 numbers above 0 that add up to 1 (train, validation, test, shift); got 0.6"),
        ("0.6,0.4", "must be 4 numbers"),
    ],
)
def test_split_shares_that_do_not_fit_are_refused(shares: Any, match: str) -> None:
    refused(match, split_shares=shares)


@pytest.mark.parametrize(
    ("values", "match"),
    [
        ({"shares": {"redundant": 0.5, "xor": 0.2}}, "shares must add up to 1; got 0.7 (redundant 0.5, xor 0.2)"),
        ({"shares": {"redundant": 0.5, "xr": 0.5}}, "unknown setting shares.xr: did you mean 'xor'?"),
        ({"shares": {"xor": "all"}}, "shares.xor must be a number; got 'all'"),
        ({"shares": 1}, "shares must be a table of redundant, image_unique, audio_unique, complement, xor; got 1"),
        ({"shares": {"xor": 1.5}}, "the share of xor must be in [0, 1]; got 1.5"),
        ({"caption": {"name_shares": 0.5}}, "unknown setting caption.name_shares: did you mean 'name_share'?"),
        ({"caption": {"marks": -0.1}}, "marks must be in [0, 1]; got -0.1"),
        ({"caption": {"marks": [1]}}, "caption.marks must be a number; got [1]"),
        ({"group_captions": 1}, "group_captions must be a table by group (redundant, image-unique,"),
        ({"group_captions": {"xr": {}}}, "group_captions has no group 'xr': did you mean 'xor'?"),
        ({"group_captions": {"xor": 1}}, "group_captions.xor must be a table of name_share, marks,"),
        ({"group_captions": {"xor": {"mark": 1}}}, "group_captions.xor.mark: did you mean 'marks'?"),
        ({"group_captions": {"xor": {"marks": "1"}}}, "group_captions.xor.marks must be a number; got '1'"),
        ({"group_captions": {"xor": {"marks": 2}}}, "marks must be in [0, 1]; got 2"),
        ({"group_captions": {"xor": {"drop_share": 1, "wrong_share": 1}}}, "must be in [0, 1]; got 2"),
        ({"group_weights": {"xor": 0}}, "group_weights.xor must be in [0.01, 100]; got 0"),
        ({"group_weights": {"xor": True}}, "group_weights.xor must be in [0.01, 100]; got True"),
        ({"group_weights": {"or": 2}}, "group_weights has no group 'or': did you mean 'xor'?"),
        ({"per_specis": 3}, "unknown setting 'per_specis': did you mean 'per_species'?"),
    ],
)
def test_what_cannot_be_is_one_line_that_names_it(values: dict[str, Any], match: str) -> None:
    refused(match, **values)


def test_records_take_dashes_and_keep_what_is_not_changed() -> None:
    assert preset("small", {"shares": {"image-unique": 0.5, "xor": 0.5}}).shares == Shares(image_unique=0.5, xor=0.5)
    caption = preset("paper", {"caption": {"wrong-share": 0.1}}).caption
    assert caption == CaptionDials(name_share=0.331, wrong_share=0.1)


@pytest.mark.parametrize(("name", "known"), [("smal", "did you mean 'small'?"), ("zzz", "known: paper, small, tiny")])
def test_an_unknown_preset_names_the_nearest_or_all(name: str, known: str) -> None:
    with pytest.raises(InvalidValue, match=f"no preset '{name}': ") as caught:
        preset(name)
    assert known in str(caught.value)


@pytest.mark.parametrize("name", [3, ["small"], None])
def test_a_preset_that_is_no_name_is_refused(name: Any) -> None:
    with pytest.raises(InvalidValue, match="preset must be the name of one"):
        preset(name)


def test_presets_are_of_the_sizes_that_are_promised() -> None:
    totals = {name: sum(preset(name).splits.values()) for name in PRESETS}
    assert totals == {"tiny": 400, "small": 4800, "paper": PAPER_TRIPLETS, "xor": 2000}
    paper = preset("paper")
    assert (paper.species, paper.seconds, paper.sample_rate) == (149, 10, 22_050)
    assert (paper.audio_reuse, paper.caption.name_share) == (0.43, 0.331)
    assert preset("small") == Settings()


@checked(deadline=None)
@given(
    species=st.integers(2, 200),
    per_species=st.floats(4, 2000),
    parts=st.lists(st.floats(0.001, 1), min_size=4, max_size=4),
)
def test_splits_have_all_rows_and_each_has_one(species: int, per_species: float, parts: list[float]) -> None:
    shares = tuple(part / sum(parts) for part in parts)
    settings = Settings(species=species, per_species=per_species, split_shares=shares)
    assert list(settings.splits) == list(SPLITS)
    assert sum(settings.splits.values()) == round(species * per_species)
    assert min(settings.splits.values()) >= 1
    # What is rounded away from three of them, and at most one row lent to each, is all that they can be off.
    for share, rows in zip(shares, settings.splits.values(), strict=True):
        assert abs(rows - share * round(species * per_species)) <= len(SPLITS)


def test_equal_settings_give_equal_text() -> None:
    """The fingerprint of a dataset is made of this text; 1 in a file and 1.0 from a flag are the same dial."""
    whole = Settings(p=1, seconds=3, per_species=100, shares=Shares(xor=1), caption=CaptionDials(marks=1))
    parts = Settings(p=1.0, seconds=3.0, per_species=100.0, shares=Shares(xor=1.0), caption=CaptionDials(marks=1.0))
    assert json.dumps(whole.as_dict()) == json.dumps(parts.as_dict())


@pytest.mark.parametrize("species", [20, ["Blue Jay", "Canada Jay"]])
@pytest.mark.parametrize("name", PRESETS)
def test_settings_come_back_from_their_own_json(name: str, species: Any) -> None:
    settings = preset(name, {"seed": LARGEST_SEED, "p": 0.3, "species": species})
    values = json.loads(json.dumps(settings.as_dict(), allow_nan=False))
    assert "seed" not in values
    assert preset("small", {**UNSAID, **values, "seed": LARGEST_SEED}) == settings


def test_captions_of_a_group_differ_from_the_others_in_what_is_said_for_it() -> None:
    settings = Settings(caption=CaptionDials(marks=0.3, wrong_share=0.1), group_captions={"xor": {"marks": 0.7}})
    assert settings.caption_of("redundant") == settings.caption
    assert settings.caption_of("xor") == CaptionDials(marks=0.7, wrong_share=0.1)
    assert Settings().caption_of("xor") == CaptionDials(marks=0, song=0, nature=1)
    assert hash(settings) == hash(Settings(caption=settings.caption, group_captions=settings.group_captions))


def test_settings_that_say_nothing_by_group_are_written_as_before_anything_could_be() -> None:
    values = Settings(**UNSAID).as_dict()
    assert not {"group_captions", "group_weights"} & set(values)
    assert Settings().as_dict()["group_captions"] == {"xor": {"marks": 0.0, "nature": 1.0, "song": 0.0}}


def test_a_file_holds_anything(tmp_path: Path) -> None:
    path = tmp_path / "birds.toml"
    path.write_text(
        "species = 30\np = 1\nsplit_shares = [0.4, 0.2, 0.2, 0.2]\n"
        "[shares]\nredundant = 0.5\nxor = 0.5\n[caption]\nmarks = 0\n"
    )
    settings = preset("tiny", read_config(path))
    assert (settings.species, settings.per_species, settings.p) == (30, 400 / 12, 1)
    assert settings.split_shares == (0.4, 0.2, 0.2, 0.2)
    assert settings.shares == Shares(redundant=0.5, xor=0.5)
    assert settings.caption == CaptionDials(marks=0)


@pytest.mark.parametrize(
    ("text", "match"),
    [
        ("speices = 3", "unknown setting 'speices': did you mean 'species'?"),
        ("species = 3.5", "species must be a whole number"),
        ('p = "half"', "p must be in [0, 1]; got 'half'"),
        ("p = nan", "p must be in [0, 1]; got nan"),
        ("split_shares = 1", "split_shares must be 4 numbers"),
        ("caption = true", "caption must be a table"),
        ("[size]\nwidth = 3", "size must be a whole number"),
    ],
)
def test_a_file_with_a_wrong_value_is_refused(tmp_path: Path, text: str, match: str) -> None:
    path = tmp_path / "birds.toml"
    path.write_text(text)
    refused(match, **read_config(path))


@pytest.mark.parametrize(
    "content",
    [b"species = = 3", b"\xff\xfe", b"a = 1\na = 2", b"a = " + b"[" * 50_000, b"a = " + b"9" * 10_000],
    ids=["word", "bytes", "twice", "deep", "digits"],
)
def test_a_file_that_is_no_toml_is_named(tmp_path: Path, content: bytes) -> None:
    path = tmp_path / "birds.toml"
    path.write_bytes(content)
    with pytest.raises(InvalidValue, match="birds.toml is no TOML: "):
        read_config(path)


def test_a_file_with_a_mark_of_utf8_is_read(tmp_path: Path) -> None:
    (tmp_path / "birds.toml").write_bytes(b"\xef\xbb\xbfspecies = 3\r\n")
    assert read_config(tmp_path / "birds.toml") == {"species": 3}


def test_files_of_settings_have_limits(tmp_path: Path) -> None:
    path = tmp_path / "birds.toml"
    path.write_text(".".join("a" * 3000) + " = 1")
    # On Python 3.10 the reader of TOML has a limit of its own.
    with pytest.raises(InvalidValue, match="nests values more than 4 deep|more than the allowed 1000 parts"):
        read_config(path)
    path.write_bytes(b"# " + b"x" * (1 << 18))
    with pytest.raises(InvalidValue, match="is larger than 262,144 bytes, which no such file is"):
        read_config(path)
    os.mkfifo(tmp_path / "pipe.toml")
    for name in ("pipe.toml", "."):
        with pytest.raises(InvalidValue, match="a plain file must be|Is a directory"):
            read_config(tmp_path / name)


def test_a_file_that_is_not_there_is_named(tmp_path: Path) -> None:
    with pytest.raises(InvalidValue, match="no.toml cannot be read: No such file or directory"):
        read_config(tmp_path / "no.toml")


def test_endless_and_deep_files_of_settings_are_one_line(tmp_path: Path) -> None:
    path = tmp_path / "birds.toml"
    path.write_bytes(b"x = " + b"[" * 100_000)
    with pytest.raises(InvalidValue, match=r"^.*birds.toml is no TOML: [^\n]*$"):
        read_config(path)
    with path.open("wb") as file:
        file.truncate(1 << 40)
    with pytest.raises(InvalidValue, match="birds.toml is larger than 262,144 bytes, which no such file is"):
        read_config(path)
