"""Rows that become samples and rows that do not: limits, copies, and splits that nothing crosses."""

from __future__ import annotations

from collections import Counter, defaultdict
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from PIL import Image
from real_files import RATE, contents_of, encoded, picture, rows_of, sound, tones, write_csv, write_files

from birdmml.ingest import IngestSettings, RealRecipe, Source, real_recipe, settings_from
from birdmml.ingest.inspect import Found, copies_of
from birdmml.ingest.media import look_at_picture
from birdmml.ingest.plan import assigned, components, crossing
from birdmml.ingest_settings import SPLITS
from confu_core.errors import ConfuError, DatasetError, InvalidValue


@pytest.fixture
def files(tmp_path: Path) -> Path:
    """Eight rows whose files are in order."""
    write_files(tmp_path, contents_of(8))
    return tmp_path


def recipe(root: Path, rows: list[dict[str, Any]], **dials: Any) -> RealRecipe:
    settings = IngestSettings(**{"size": 32, "seconds": 0.5, "sample_rate": RATE, **dials})
    return real_recipe(Source(write_csv(root / "manifest.csv", rows)), settings, cache=root / "cache")


def found(recipe: RealRecipe) -> list[tuple[int, str]]:
    return [(one.row, one.reason) for one in recipe.plan.rejects]


def samples(recipe: RealRecipe) -> dict[str, list[int]]:
    return {split: sorted(one.number for one in rows) for split, rows in recipe.plan.samples.items()}


def kept(recipe: RealRecipe) -> list[int]:
    return sorted(number for rows in samples(recipe).values() for number in rows)


def noisy(seed: int) -> Image.Image:
    """The same picture to the eye: smaller, darker, recompressed."""
    small = np.asarray(picture(seed).resize((60, 45))).astype(int) * 9 // 10
    return Image.fromarray(small.astype(np.uint8))


def test_every_kind_of_bad_file_is_listed_with_its_row_and_never_replaced(files: Path) -> None:
    bad = {
        "photos/0.jpg": b"",
        "photos/1.jpg": encoded(picture(1))[:800],
        "photos/2.jpg": encoded(picture(2, (64, 31))),
        "audio/3.wav": sound(np.zeros(RATE, np.float32)),
        "audio/4.wav": sound(tones(4, 0.3)),
        "audio/5.wav": sound(tones(5))[:20_000],
    }
    write_files(files, bad)
    rows = rows_of(8)
    rows[6]["photo_file"], rows[7]["audio_file"] = "photos/none.jpg", "../audio/7.wav"
    rows.append({**rows_of(1)[0], "photo_file": "photos/7.jpg", "audio_file": "audio/7.wav", "individual": "z"})
    with pytest.raises(DatasetError, match=r"no row of 8 can be used \(outside 1, missing 1, empty file 1, unread"):
        recipe(files, rows[:8])
    plan = recipe(files, rows, split=(1, 0, 0))
    wanted = ["empty file", "unreadable", "too small", "silent", "too short", "wrong length", "missing", "outside"]
    assert found(plan) == list(zip(range(1, 9), wanted, strict=True))
    assert kept(plan) == [9]
    one = plan.plan.rejects[2]
    assert (one.key, one.file, one.detail) == (
        "row-0000003",
        "photos/2.jpg",
        "64 x 31 pixels; a side must have at least 32",
    )


def test_a_row_may_have_several_findings(files: Path) -> None:
    write_files(files, {"photos/0.jpg": b"", "audio/0.wav": sound(np.zeros(RATE // 4, np.float32))})
    plan = recipe(files, rows_of(3), split=(1, 0, 0))
    assert found(plan) == [(1, "empty file"), (1, "too short"), (1, "silent")] and kept(plan) == [2, 3]


def test_lengths_are_compared_with_what_the_manifest_says(files: Path) -> None:
    rows = [{**row, "duration": said} for row, said in zip(rows_of(5), ["1.0", "1.4", "3", "long", ""], strict=True)]
    plan = recipe(files, rows, split=(1, 0, 0))
    assert found(plan) == [(3, "wrong length"), (4, "wrong length")]
    assert "1.00 s; the manifest says 3" in plan.plan.rejects[0].detail


def test_equal_bytes_and_near_copies_are_left_out_after_the_first(files: Path) -> None:
    copies = {
        "photos/2.jpg": encoded(picture(0)),
        "photos/3.jpg": encoded(noisy(1), quality=70),
        "audio/4.wav": sound(tones(0)),
        "audio/5.wav": sound(tones(1) * 0.4, "FLAC"),
    }
    write_files(files, copies)
    rows = [{**row, "individual": str(i)} for i, row in enumerate(rows_of(8))]
    rows[6]["photo_file"], rows[7]["audio_file"] = "photos/0.jpg", "audio/1.wav"
    plan = recipe(files, rows)
    wanted = ["duplicate", "near duplicate", "duplicate", "near duplicate", "duplicate", "duplicate"]
    assert found(plan) == list(zip(range(3, 9), wanted, strict=True))
    assert plan.plan.rejects[0].detail == "of photos/0.jpg in row 1"
    exact = recipe(files, rows, duplicates="exact")
    assert found(exact) == [one for one in found(plan) if one[1] == "duplicate"]
    sounds = recipe(files, rows, keep_duplicates=("sound",))
    assert [row for row, _ in found(sounds)] == [3, 4, 7]
    both = recipe(files, rows, keep_duplicates=("picture", "sound"))
    assert found(both) == []
    # Copies that stay share a split: rows 1, 3, 5, 7 by the first picture or sound, and 2, 4, 6, 8 by the second.
    assert (both.plan.facts["groups"], both.plan.facts["crossing"]) == (2, 0)
    assert {1, 3, 5, 7} in map(set, samples(both).values()) and {2, 4, 6, 8} in map(set, samples(both).values())


def test_what_was_left_out_does_not_make_others_copies(files: Path) -> None:
    rows = rows_of(4)
    rows[1]["photo_file"] = "photos/0.jpg"  # A copy, so that its sound is free for row 3.
    rows[2]["audio_file"] = "audio/1.wav"
    plan = recipe(files, rows)
    assert found(plan) == [(2, "duplicate")] and kept(plan) == [1, 3, 4]


def test_even_windows_give_every_row_of_a_long_recording_a_clip_of_its_own(files: Path) -> None:
    long = tones(70, 2.0)
    write_files(files, {"audio/long.wav": sound(long)})
    rows = [{**row, "audio_file": "audio/long.wav", "individual": str(i)} for i, row in enumerate(rows_of(6))]
    rows += [{**rows_of(8)[7], "individual": "other"}]
    plan = recipe(files, rows, window="even", loudness=None)
    assert found(plan) == [(5, "duplicate"), (6, "duplicate")]  # Two seconds have room for four clips of half one.
    of_long = [one for rows in plan.plan.samples.values() for one in rows if one.places > 1]
    assert sorted((one.number, one.place, one.places) for one in of_long) == [(i + 1, i, 4) for i in range(4)]
    assert any({1, 2, 3, 4} <= set(numbers) for numbers in samples(plan).values())
    assert [row for row, _ in found(recipe(files, rows))] == [2, 3, 4, 5, 6]


def test_splits_of_the_manifest_are_kept_and_what_crosses_them_is_counted(files: Path) -> None:
    words = ["train", "Training", "val", "dev", "test", "TEST", "validation", "holdout"]
    rows = [{**row, "split": word} for row, word in zip(rows_of(8), words, strict=True)]
    plan = recipe(files, rows)
    assert samples(plan) == {"train": [1, 2], "validation": [3, 4, 7], "test": [5, 6]}
    assert found(plan) == [(8, "unknown split")] and plan.plan.facts["splits"] == "given"
    assert plan.plan.facts["crossing"] == 0
    for row in rows[:4]:
        row["individual"] = "the same"
    assert recipe(files, rows).plan.facts["crossing"] == 1
    made = recipe(files, rows, split=(0.5, 0.25, 0.25))
    assert made.plan.facts["splits"] == "made" and found(made) == []


def test_no_individual_recording_or_author_crosses_splits(files: Path) -> None:
    rows = rows_of(8)
    for i, row in enumerate(rows):
        row["individual"], row["author"] = f"bird {i // 2}", "one" if i in (1, 2) else ""
    plan = recipe(files, rows, split=(0.5, 0.25, 0.25))
    where = {number: split for split, numbers in samples(plan).items() for number in numbers}
    assert where[1] == where[2] == where[3] == where[4]  # Two individuals that one author ties together.
    assert where[5] == where[6] and where[7] == where[8]
    apart = recipe(files, rows, split=(0.5, 0.25, 0.25), apart=("individual",))
    assert apart.plan.facts["groups"] == 4 and plan.plan.facts["groups"] == 3
    by_camera = [{**row, "camera": str(i // 4)} for i, row in enumerate(rows)]
    assert recipe(files, by_camera, apart=("camera",)).plan.facts["groups"] == 2
    with pytest.raises(InvalidValue, match="has no column 'camra'; did you mean 'camera'?"):
        recipe(files, by_camera, apart=("camra",))
    for row in rows:
        row["author"] = "one"
    with pytest.raises(
        InvalidValue, match="together by individual, recording, author; give fewer .*author 'one' is in 8 rows"
    ):
        recipe(files, rows)


def test_what_says_nothing_ties_no_rows_together(files: Path) -> None:
    rows = [{**row, "individual": "NA", "author": ("n/a", "Unknown", "-")[i % 3]} for i, row in enumerate(rows_of(8))]
    assert recipe(files, rows).plan.facts["groups"] == 8
    spelled = [{**row, "author": ("Ada ", "ada", "\u200bADA")[i % 3] if i < 3 else ""} for i, row in enumerate(rows)]
    assert recipe(files, spelled).plan.facts["groups"] == 6
    with pytest.raises(InvalidValue, match=r"name by --na what says nothing \(individual 'na' is in 8 rows\)"):
        recipe(files, rows, na=("unknown",))
    assert "na" not in recipe(files, rows).config and recipe(files, spelled, na=("NA",)).config["na"] == ["na"]


def test_paths_of_other_places_are_rejects_that_say_what_to_do(files: Path) -> None:
    rows, names = rows_of(8), ["photos\\0.jpg", "C:\\Users\\ada\\1.jpg", "file:///home/ada/2.jpg"]
    names += ["https://ada:secret@host/3.jpg?token=1", "photos/4%20.JPG", "'photos/5.jpg'", "/home/ada/6.jpg"]
    for row, name in zip(rows, names, strict=False):
        row["photo_file"] = name
    plan = recipe(files, rows, split=(1, 0, 0))
    assert kept(plan) == [8]
    wanted = ["missing", "outside", "outside", "outside", "missing", "missing", "outside"]
    assert found(plan) == list(zip(range(1, 8), wanted, strict=True))
    said = [f"{one.file}: {one.detail}" for one in plan.plan.rejects]
    assert all(
        part in line
        for part, line in zip(
            (
                "but there is 'photos/0.jpg'; correct",
                "of Windows; write it from",
                "file: URL; write",
                "is a URL, and files",
                "but there is 'photos/4.jpg'",
                "but there is 'photos/5.jpg'",
                "outside of all roots",
            ),
            said,
            strict=True,
        )
    )
    assert not any(word in line for word in ("ada", "secret", "token", str(files)) for line in said)


def test_absolute_paths_into_the_root_are_told_from_there(files: Path) -> None:
    (files / "link").symlink_to(files)
    rows = [{**row, "camera": f"{files}/photos/x.tif"} for row in rows_of(4)]
    for i, row in enumerate(rows):
        row["photo_file"] = f"{files / 'link' if i % 2 else files}/photos/../photos/{i}.jpg"
        row["audio_file"] = f"../{files.name}/audio/{i}.wav"
    plan = recipe(files, rows, split=(1, 0, 0))
    table = plan.rows("train", 0, 4)
    # What lies behind a link is called as the link was.
    assert {name.removeprefix("link/") for name in table["photo_file"].to_pylist()} == {
        f"photos/{i}.jpg" for i in range(4)
    }
    assert set(table["audio_file"].to_pylist()) == {f"audio/{i}.wav" for i in range(4)}
    assert set(table["camera"].to_pylist()) == {"photos/x.tif"}


def test_rows_are_kept_or_left_out_and_nothing_else(files: Path) -> None:
    manifest = write_csv(files / "manifest.csv", rows_of(6))
    lines = manifest.read_text().splitlines()
    manifest.write_text("\n".join(["sep=,", *lines[:3], "", lines[3] + ",too many", ",,,,,,", *lines[4:]]) + "\n\n")
    plan = real_recipe(Source(manifest), IngestSettings(size=32, seconds=0.5, sample_rate=RATE), cache=files / "cache")
    facts = plan.plan.facts
    assert (facts["rows"], facts["rejected_rows"], facts["blank_lines"]) == (6, 1, 3)
    assert sum(plan.splits.values()) == 5 and found(plan) == [(3, "malformed row")]


def test_a_species_in_two_spellings_is_one_class(files: Path) -> None:
    rows = rows_of(6)
    for row, name in zip(
        rows, ["Pica pica", "pica_pica", "Pica  pica", "Pica pica pica", "PICA PICA", "Pica pica"], strict=True
    ):
        row["scientific_name"] = name
    plan = recipe(files, rows, split=(1, 0, 0))
    facts, contents = plan.plan.facts, plan.information()["contents"]
    assert contents["classes"] == ["Pica pica", "Pica pica pica"]
    assert facts["spellings"] == {"Pica pica": ["PICA PICA", "Pica  pica", "pica_pica"]}
    assert facts["alike"] == [["Pica pica", "Pica pica pica"]]
    assert Counter(plan.rows("train", 0, 6)["species"].to_pylist()) == {"Pica pica": 5, "Pica pica pica": 1}


def test_the_seed_decides_splits_and_order_and_nothing_else_does(files: Path) -> None:
    rows = [{**row, "individual": str(i)} for i, row in enumerate(rows_of(8))]
    first, again, other = (recipe(files, rows, seed=seed) for seed in (0, 0, 1))
    assert first.plan == again.plan and first.config == again.config
    assert first.plan.samples != other.plan.samples


@given(st.lists(st.tuples(st.integers(0, 9), st.integers(0, 9)), max_size=30))
def test_components_are_those_of_a_search(pairs: list[tuple[int, int]]) -> None:
    ties = [[("a", one), ("b", other)] for one, other in pairs]
    component = components(ties)
    rows_with = defaultdict(list)
    for row, values in enumerate(ties):
        for value in values:
            rows_with[value].append(row)
    for start in range(len(ties)):
        seen, todo = {start}, [start]
        while todo:
            for value in ties[todo.pop()]:
                todo += [row for row in rows_with[value] if row not in seen]
                seen.update(rows_with[value])
        assert component[start] == min(seen)


def test_splits_have_their_shares_of_every_species() -> None:
    random = np.random.default_rng(5)
    species = [f"species {i}" for i in random.integers(0, 12, 4000)]
    component = list(np.arange(4000) // 4)  # Groups of four, of mixed species.
    split = assigned(component, species, (0.7, 0.2, 0.1), seed=3)
    assert crossing(component, split) == 0
    total, held = Counter(species), Counter(zip(split, species, strict=True))
    for share, name in zip((0.7, 0.2, 0.1), SPLITS, strict=True):
        assert split.count(name) == pytest.approx(4000 * share, abs=8)
        for one, count in total.items():
            assert held[name, one] == pytest.approx(share * count, abs=4)


@pytest.mark.parametrize(
    ("values", "message"),
    [
        ({"sise": 3}, "unknown setting 'sise' of real media: did you mean 'size'?"),
        ({"species": 3}, "unknown setting 'species' of real media"),
        ({"size": 4}, "size must be a whole number in [16, 4096]; got 4"),
        ({"seconds": 0}, "seconds must be in [0.25, 60]; got 0"),
        ({"shortest": 5, "longest": 2}, "shortest must be at most longest, 2 s; got 5"),
        ({"window": "loudst"}, "window has no value 'loudst'; did you mean 'loudest'?"),
        ({"loudness": 3}, "loudness must be in [-60, -5] dB, or none; got 3"),
        ({"split": [0.5, 0.5]}, "split must be 3 shares that add up to 1 (train, validation, test)"),
        ({"split": [0.5, 0.5, 0.5]}, "split must be 3 shares that add up to 1"),
        ({"split": [0.0, 0.5, 0.5]}, "the first above 0"),
        ({"keep_duplicates": ["audio"]}, "keep_duplicates has no value 'audio'; known: picture, sound"),
        ({"apart": "author"}, "apart must be a list of names; got 'author'"),
    ],
)
def test_a_setting_that_cannot_be_is_one_line(values: dict[str, Any], message: str) -> None:
    with pytest.raises(InvalidValue) as error:
        settings_from(values)
    assert message in str(error.value) and "\n" not in str(error.value)


def test_equal_settings_are_equal_text() -> None:
    assert settings_from({"seconds": 3, "loudness": "none"}).as_dict() == IngestSettings(loudness=None).as_dict()


def test_a_file_that_changes_between_the_passes_stops_the_build(files: Path) -> None:
    plan = recipe(files, rows_of(4), split=(1, 0, 0))
    (files / "photos/2.jpg").write_bytes(encoded(picture(99)))
    with pytest.raises(ConfuError, match=r"photos/2.jpg has changed since it was looked at; run the same build"):
        plan.rows("train", 0, 4)
    (files / "photos/2.jpg").unlink()
    with pytest.raises(ConfuError, match=r"photos/2.jpg could be read before and cannot now: no such file"):
        plan.rows("train", 0, 4)
    assert found(recipe(files, rows_of(4), split=(1, 0, 0))) == [(3, "missing")]  # And a new run notices.


def test_pictures_of_two_components_are_copies_of_equal_bytes_alone() -> None:
    random = np.random.default_rng(0)
    down, across = np.indices((32, 32)) / 32
    pictures = [
        Image.fromarray((128 + a * np.cos(9 * down) + b * np.cos(9 * across * down)).astype(np.uint8))
        for a, b in random.uniform(20, 60, (100, 2))
    ]
    hashes = {str(at): look_at_picture(encoded(one, "PNG")) for at, one in enumerate(pictures)}
    files = {name: Found(name, f"sha {name}", "", "", measures) for name, measures in hashes.items()}
    files["again"] = files["7"]._replace(name="again")
    for near in (True, False):
        group = copies_of(files, "picture", near=near)
        assert group["again"] == group["7"] and len(set(group.values())) == 100
    # Of few files near ones are copies: there nothing can be said of all of them.
    few = {name: files[name] for name in map(str, range(40))}
    assert len(set(copies_of(few, "picture", near=True).values())) < 10
