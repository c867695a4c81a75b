"""One triplet: a pure function of its keys, labelled by its latents, and no bird in two splits."""

from __future__ import annotations

import io
from collections import Counter
from typing import Any

import numpy as np
import pytest
import soundfile
from PIL import Image

import birdmml.sample as sample
from birdmml.caption import CaptionDials, names_in
from birdmml.data import BirdRecipe, design_of, species_of
from birdmml.design import Shares
from birdmml.settings import SPLITS, Settings
from birdmml.species import PictureFacts, SongFacts
from confu_core import random

SMALL = Settings(species=20, per_species=4, size=32, seconds=0.5, p=0.6)
SEEN = PictureFacts("sky", "perched", "left", "side", "male", frozenset({"crown", "throat"}), 0.0, 0.0, 0.0)
HEARD = SongFacts(("whistle",), 3000.0, 4000.0, 2.0, 1, "calm", False, 10.0, 20.0)

Rows = list[dict[str, Any]]


def rows_of(settings: Settings, *splits: str) -> Rows:
    recipe = BirdRecipe(settings)
    return [row for split in splits or SPLITS for row in recipe.rows(split, 0, recipe.splits[split]).to_pylist()]


@pytest.fixture(scope="module")
def small() -> dict[str, Rows]:
    """All rows of a small dataset, with pictures and songs."""
    return {split: rows_of(SMALL, split) for split in SPLITS}


@pytest.fixture
def spied(monkeypatch: pytest.MonkeyPatch) -> dict[str, list[dict[str, Any]]]:
    """Blank pictures and silent songs, so that thousands of rows take seconds; and what was asked for them."""
    calls: dict[str, list[dict[str, Any]]] = {"picture": [], "song": [], "caption": []}
    write_caption = sample.write_caption

    def picture(plumage: Any, **asked: Any) -> tuple[None, PictureFacts]:
        calls["picture"].append({"plumage": plumage, **asked})
        return None, SEEN

    def song(song: Any, **asked: Any) -> tuple[None, SongFacts]:
        calls["song"].append({"song": song, **asked})
        return None, HEARD

    def caption(species: Any, **asked: Any) -> Any:
        calls["caption"].append({"species": species, **asked})
        return write_caption(species, **asked)

    monkeypatch.setattr(sample, "draw_picture", picture)
    monkeypatch.setattr(sample, "sing", song)
    monkeypatch.setattr(sample, "write_caption", caption)
    monkeypatch.setattr(sample, "encode_jpeg", lambda picture, quality: bytes([quality]))
    monkeypatch.setattr(sample, "encode_flac", lambda samples, rate: b"")
    return calls


def test_a_row_does_not_depend_on_range_or_order(small: dict[str, Rows]) -> None:
    recipe = BirdRecipe(SMALL)
    for split, start, stop in [("test", 5, 9), ("train", 40, 99), ("train", 0, 1), ("shift", 7, 8), ("test", 0, 5)]:
        assert recipe.rows(split, start, stop).to_pylist() == small[split][start:stop]
    assert recipe.rows("test", 3, 3).num_rows == 0


def test_seeds_and_splits_differ(small: dict[str, Rows]) -> None:
    other = rows_of(Settings(species=20, per_species=4, size=32, seconds=0.5, p=0.6, seed=1), "validation")
    for name in ("image", "audio", "caption"):
        assert not {str(row[name]) for row in other} & {str(row[name]) for row in small["validation"]}


def test_no_two_samples_share_a_key_or_media(small: dict[str, Rows]) -> None:
    rows = [row for split in small.values() for row in split]
    assert [row["key"] for row in rows] == [f"{split}-{i:07d}" for split in SPLITS for i in range(len(small[split]))]
    for name in ("key", "image", "audio", "recording"):
        assert len({str(row[name]) for row in rows}) == len(rows)


def test_no_bird_place_or_recording_crosses_a_split(monkeypatch: pytest.MonkeyPatch, spied: Any) -> None:
    """Every random stream that a split draws from is its own, whatever it is for; reuse is drawn once for all."""
    streams: dict[str, set[tuple[str | int, ...]]] = {split: set() for split in SPLITS}
    reading = ""

    def generator(seed: int, *stream: str | int) -> np.random.Generator:
        streams[reading].add(stream)
        return random.generator(seed, *stream)

    monkeypatch.setattr(sample, "generator", generator)
    names: dict[str, list[set[str]]] = {"individual": [], "recording": []}
    for reading in SPLITS:
        rows = rows_of(Settings(species=20, per_species=20, audio_reuse=0.5), reading)
        for name, seen in names.items():
            seen.append({row[name] for row in rows})
    purposes = {stream[2] for stream in streams["train"] if stream[1] != "reuse"}
    assert purposes == {"latents", "sex", "bird", "place", "view", "singer", "site", "take", "caption"}
    for sets in (*names.values(), [{s for s in streams[split] if s[1] != "reuse"} for split in SPLITS]):
        assert len(set().union(*sets)) == sum(map(len, sets))


def test_a_bird_is_met_again_in_its_place(small: dict[str, Rows]) -> None:
    met: dict[str, Rows] = {}
    for row in small["train"]:
        met.setdefault(row["individual"], []).append(row)
    again = [rows for rows in met.values() if len(rows) > 1]
    assert len(again) > 10
    for rows in again:
        for name in ("species", "shown_look", "sex", "background"):
            assert len({row[name] for row in rows}) == 1
    assert max(map(len, met.values())) <= SMALL.per_individual


def test_without_reuse_every_recording_is_distinct(spied: Any) -> None:
    for split in SPLITS:
        rows = rows_of(Settings(species=20, per_species=20), split)
        assert len({row["recording"] for row in rows}) == len(rows)


@pytest.mark.parametrize("per_individual", [1, 3, 4])
def test_with_full_reuse_two_samples_share_one_recording(spied: Any, per_individual: int) -> None:
    settings = Settings(species=20, per_species=20, audio_reuse=1, audio_noise=0.3, per_individual=per_individual)
    for split in SPLITS:
        rows = rows_of(settings, split)
        uses = Counter(row["recording"] for row in rows)
        assert max(uses.values()) == 2
        assert len(uses) == sum(-(-count // 2) for count in Counter(row["species"] for row in rows).values())


def test_a_reused_recording_is_the_same_sound_of_the_same_types() -> None:
    rows = rows_of(Settings(species=4, per_species=12, size=16, seconds=0.25, audio_reuse=1, shares=Shares(xor=1)))
    heard: dict[str, set[tuple[Any, ...]]] = {}
    for row in rows:
        types = [row[name] for name in ("species", "look", "song", "shown_song", "gate", "snr_db")]
        heard.setdefault(row["recording"], set()).add((row["audio"]["bytes"], *types))
    assert len(heard) < 0.7 * len(rows)
    assert all(len(same) == 1 for same in heard.values())
    assert len(set().union(*heard.values())) == len(heard)


def test_reuse_is_of_a_share_of_the_species(spied: Any) -> None:
    rows = rows_of(Settings(species=100, per_species=10, audio_reuse=0.43), "train")
    uses = Counter(row["recording"] for row in rows)
    reused = {row["species"] for row in rows if uses[row["recording"]] == 2}
    assert 0.28 <= len(reused) / 100 <= 0.58


@pytest.mark.parametrize("p", [0.0, 0.6, 1.0])
def test_labels_follow_latents(spied: Any, p: float) -> None:
    settings = Settings(species=20, per_species=40, p=p)
    design = design_of(settings)
    gates = []
    for row in rows_of(settings):
        unit, position = design.place[design.names.index(row["species"])]
        looks, songs = ([design.names[i] for i in types] for types in (unit.looks, unit.songs))
        look, song = looks.index(row["look"]), songs.index(row["song"])
        assert row["group"] == unit.group
        assert (row["shown_look"], row["shown_song"]) == (row["look"], row["song"])
        if unit.group != "xor":
            assert (look, song) == unit.cells[position] and not row["gate"]
        else:
            assert position == ((look + song) % len(looks) if row["gate"] else look)
            gates.append(row["gate"])
    assert np.mean(gates) == pytest.approx(p, abs=0.12) and (0 < p < 1 or np.mean(gates) == p)


def test_samples_follow_the_exact_law(spied: Any) -> None:
    """The distribution whose ceilings are promised is the one that is drawn from, noise and reuse included."""
    noisy = {"image_noise": 0.2, "audio_noise": 0.1, "imbalance": 3.0, "audio_reuse": 0.5}
    settings = Settings(species=20, per_species=400, p=0.6, split_shares=(0.97, 0.01, 0.01, 0.01), **noisy)
    design = design_of(settings)
    rows = rows_of(settings, "train")
    for group, (looks, songs) in design.types.items():
        law = design.law(group)
        members = [row for unit in design.units if unit.group == group for row in unit.species]
        counts = np.zeros(law.shape)
        for row in rows:
            if row["group"] == group:
                species, look, song = (
                    design.names.index(row[name]) for name in ("species", "shown_look", "shown_song")
                )
                counts[members.index(species), looks.index(look), songs.index(song)] += 1
        # Reused recordings count twice, which doubles the variance of a share at most.
        deviation = np.sqrt(2 * law * (1 - law) / len(rows))
        assert np.abs(counts / len(rows) - law).max() < 0.02
        assert (np.abs(counts / len(rows) - law) <= 4.5 * deviation + 1e-3).all()
        assert (counts[law == 0] == 0).all()


@pytest.mark.parametrize("kind", ["look", "song"])
def test_certain_noise_never_shows_the_own_type(spied: Any, kind: str) -> None:
    noise = {"look": "image_noise", "song": "audio_noise"}[kind]
    settings = Settings(species=20, per_species=10, **{noise: 1.0})
    other = {"look": "song", "song": "look"}[kind]
    design = design_of(settings)
    for row in rows_of(settings):
        types = [design.names[i] for i in design.types[row["group"]][kind == "song"]]
        assert row[f"shown_{kind}"] in types
        assert (row[f"shown_{kind}"] != row[kind]) == (len(types) > 1)
        assert row[f"shown_{other}"] == row[other]


def test_what_is_drawn_sung_and_said_is_of_the_shown_types(spied: dict[str, list[dict[str, Any]]]) -> None:
    settings = Settings(species=20, per_species=8, image_noise=0.3, audio_noise=0.3, size=48, seconds=2)
    by_name = {one.common_name: one for one in species_of(settings)}
    rows = rows_of(settings)
    assert len(rows) == len(spied["picture"]) == len(spied["song"]) == len(spied["caption"]) == 160
    sexes = set()
    for row, drawn, sung, said in zip(rows, spied["picture"], spied["song"], spied["caption"], strict=True):
        own, look, song = (by_name[row[name]] for name in ("species", "shown_look", "shown_song"))
        plumage = look.female if drawn["sex"] == "female" else look.plumage
        assert drawn["plumage"] is said["plumage"] is plumage and drawn["size"] == 48
        assert sung["song"] is said["song"] is song.song and sung["seconds"] == 2
        assert said["species"] is own and (said["picture"], said["recording"]) == (SEEN, HEARD)
        assert drawn["shift"] == sung["shift"] == row["key"].startswith("shift")
        assert (row["scientific_name"], row["family"], row["order"]) == (own.scientific_name, own.family, own.order)
        sexes.add((look.female is not None, drawn["sex"]))
    assert sexes == {(True, "female"), (True, "male"), (False, "male")}


def test_captions_of_xor_species_tell_of_natural_history_alone_and_others_of_what_is_seen_and_heard(spied: Any) -> None:
    asked = {"species": 20, "per_species": 12, "shares": Shares(redundant=0.6, xor=0.4)}
    default, everywhere = rows_of(Settings(**asked)), rows_of(Settings(**asked, group_captions={}))
    nature = rows_of(Settings(**asked, group_captions={}, caption=CaptionDials(marks=0, song=0, nature=1)))
    for one, everything, alone in zip(default, everywhere, nature, strict=True):
        assert one["caption"] == (alone if one["group"] == "xor" else everything)["caption"]
    assert {call["dials"].marks for call in spied["caption"]} == {0.0, 0.5}


@pytest.mark.parametrize("share", [0.0, 0.331, 1.0])
def test_captions_name_the_species_only_when_named(spied: Any, share: float) -> None:
    rows = rows_of(Settings(species=20, per_species=50, caption=CaptionDials(name_share=share)))
    for row in rows:
        assert (row["species"] in row["caption"]) == row["named"]
        assert row["named"] or names_in(row["caption"]) == ()
    assert np.mean([row["named"] for row in rows]) == pytest.approx(share, abs=0.05)
    assert 0 < share < 1 or {row["named"] for row in rows} == {bool(share)}


def test_facts_agree_with_the_media(small: dict[str, Rows]) -> None:
    for row in small["test"]:
        with Image.open(io.BytesIO(row["image"]["bytes"])) as picture:
            assert (picture.format, picture.mode, picture.size) == ("JPEG", "RGB", (32, 32))
        sound = soundfile.info(io.BytesIO(row["audio"]["bytes"]))
        assert (sound.format, sound.subtype, sound.channels) == ("FLAC", "PCM_16", 1)
        assert (sound.samplerate, sound.frames) == (22_050, 11_025)
        assert row["image"]["path"] == f"{row['key']}.jpg" and row["audio"]["path"] == f"{row['key']}.flac"
        assert 0 < row["low_hz"] <= row["high_hz"] <= 11_025 and 0 <= row["occlusion"] <= 1
        assert row["syllables"] and row["distance_m"] > 0


def test_other_sizes_and_rates_are_kept() -> None:
    settings = Settings(species=20, per_species=4, size=49, seconds=0.333, sample_rate=16_000)
    (row,) = BirdRecipe(settings).rows("train", 0, 1).to_pylist()
    with Image.open(io.BytesIO(row["image"]["bytes"])) as picture:
        assert picture.size == (49, 49)
    sound = soundfile.info(io.BytesIO(row["audio"]["bytes"]))
    assert (sound.samplerate, sound.frames) == (16_000, round(0.333 * 16_000))


def test_quality_of_pictures_varies_below_what_is_asked_for(spied: Any) -> None:
    def qualities(highest: int) -> set[int]:
        rows = rows_of(Settings(species=20, per_species=20, jpeg_quality=highest), "train")
        return {row["image"]["bytes"][0] for row in rows}

    assert qualities(90) == set(range(70, 91))
    assert qualities(5) == {1, 2, 3, 4, 5}


def test_the_shift_split_differs_in_kind(small: dict[str, Rows]) -> None:
    shifted = rows_of(Settings(species=20, per_species=20, size=32, seconds=0.5), "shift")

    def middle(rows: Rows, name: str) -> float:
        return float(np.median([row[name] for row in rows]))

    assert middle(shifted, "snr_db") < middle(small["train"], "snr_db") - 6
    assert middle(shifted, "noise") > 2 * middle(small["train"], "noise")
