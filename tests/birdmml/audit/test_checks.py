"""Every fault that is planted is found, with its exact count, and nothing else is."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import numpy as np
import planted
import pytest
from PIL import Image
from planted import RATE, Rows

from birdmml.audit import audit, audit_page, checks
from birdmml.audit.check import SEVERITIES, wordings
from confu_core.inputs.spec import Frames

Found = dict[tuple[str, str], int]


def found(rows: Rows, **options: object) -> Found:
    """Return the count of each error and warning, by code and severity."""
    result = audit(planted.dataset(rows), skip=["headroom"], **options)
    graves = [one for one in result.findings if one.severity != "info"]
    assert len({(one.code, one.severity) for one in graves}) == len(graves)
    return {(one.code, one.severity): one.count for one in graves}


def test_a_clean_dataset_has_no_finding() -> None:
    assert found(planted.clean()) == {}


def _names(rows: Rows) -> None:
    owls = [row for row in rows["train"] if row["species"] == "Snowy Owl"]
    jays = [row for row in rows["train"] if row["species"] == "Blue Jay"]
    red = next(row for row in rows["test"] if row["species"] == "Red-winged Blackbird")
    duck = next(row for row in rows["test"] if row["species"] == "Mallard")
    owls[0]["caption"] = "Two SNOWY OWLS in the grass of a wide field near the coast."
    owls[1]["caption"] = "This is Bubo scandiacus, and it waits for a lemming to show itself."
    jays[0]["caption"] = "The blue jay's crest is up while it calls from the top of an oak."
    red["caption"] = "A Red-Winged Blackbird sings on a reed with its shoulders shown."
    duck["caption"] = "A pair of mallards dabbles at the shore, and a moorhen looks on."


def _ordinary(rows: Rows) -> None:
    """Plant parts of names that are ordinary words: no fault."""
    jay = next(row for row in rows["train"] if row["species"] == "Blue Jay")
    red = next(row for row in rows["train"] if row["species"] == "Red-winged Blackbird")
    owl = next(row for row in rows["train"] if row["species"] == "Snowy Owl")
    jay["caption"] = "A jay with a blue back and a blue tail hops along the branch of a pine."
    red["caption"] = "A blackbird with red wings, or a red patch on black wings, on a reed."
    owl["caption"] = "A large owl on snow, white all over, looks at the camera from a snowy bank."


def _copied_captions(rows: Rows) -> None:
    text = "A bird with a very long tail stands on one leg in the shallow water near the old wooden bridge"
    for number, row in enumerate(rows["train"][:8]):
        row["caption"] = text.upper() + "!" if number % 2 else text + "."


def _copied_picture(rows: Rows) -> None:
    rows["test"][0]["image"] = rows["train"][0]["image"]
    again = planted.image_of(rows["validation"][1]["image"]).resize((40, 40))
    rows["test"][1]["image"] = planted.picture(again, 80)


def _copied_picture_within(rows: Rows) -> None:
    for row in rows["train"][1:3]:
        row["image"] = rows["train"][0]["image"]


def _copied_sound(rows: Rows) -> None:
    rows["test"][0]["audio"] = planted.sound(0.3 * planted.samples(rows["train"][0]["audio"]))


def _near_sound_within(rows: Rows) -> None:
    rows["train"][1]["audio"] = planted.sound(0.3 * planted.samples(rows["train"][0]["audio"]))


def _reused(rows: Rows) -> None:
    for row in (rows["train"][4], rows["train"][5]):
        row["audio"] = rows["train"][3]["audio"]
    rows["test"][1]["audio"] = rows["test"][2]["audio"]


def _crossing(rows: Rows) -> None:
    rows["test"][0]["individual"] = rows["train"][0]["individual"]
    rows["test"][1]["individual"] = rows["validation"][0]["individual"]


def _rename(rows: Rows, name: str, other: str) -> None:
    """Give half of the rows of a class another name, in every split."""
    for some in rows.values():
        for row in [row for row in some if row["species"] == name][::2]:
            row["species"] = other


def _spelled(rows: Rows) -> None:
    _rename(rows, "Blue Jay", "blue_jay")
    _rename(rows, "Mallard", "Mallart")  # One word alone is no name with a slip.
    _rename(rows, "Snowy Owl", "Snowy Owl juvenile")


def _unnamed(rows: Rows) -> None:
    _rename(rows, "Blue Jay", "N/A")


def _authors(rows: Rows) -> None:
    for split, some in rows.items():
        for number, row in enumerate(some):
            row["author"] = "" if number else f"{split} author"
    rows["train"][1]["author"] = rows["test"][1]["author"] = "A. Author"


def _creators(rows: Rows) -> None:
    """Plant who made nearly all of it, and what names nobody: no fault."""
    for row in [row for some in rows.values() for row in some]:
        row["author"] = "The Museum"
    for row in rows["train"][:3]:
        row["author"], row["individual"] = "A. Author", "unknown"
    rows["test"][0]["individual"] = "Unknown "


def _unreadable(rows: Rows) -> None:
    rows["train"][0]["image"] = planted.media(b"no picture")


def _clipped(rows: Rows) -> None:
    for row in rows["test"][:2]:
        loud = planted.samples(row["audio"])
        row["audio"] = planted.sound(np.clip(loud * (4 / np.abs(loud).max()), -0.9, 0.9))


def _silent(rows: Rows) -> None:
    for row in rows["train"][:2]:
        row["audio"] = planted.sound(np.zeros(RATE))


def _noisy(rows: Rows) -> None:
    for number, row in enumerate(rows["train"][:3]):
        row["audio"] = planted.sound(np.random.default_rng(number).normal(0, 0.1, RATE))


def _blank(rows: Rows) -> None:
    for row, colour in zip(rows["train"], ("red", "black"), strict=False):
        row["image"] = planted.picture(Image.new("RGB", (48, 48), colour))


def _half(rows: Rows) -> None:
    """Two that were cut and closed by an end mark: one as it was stored, one as a reader filled it up."""
    sharp = Image.effect_noise((48, 48), 90).convert("RGB")
    data = planted.picture(sharp)["bytes"]
    rows["train"][0]["image"] = planted.media(data[: len(data) // 2] + b"\xff\xd9")
    filled = np.asarray(sharp).copy()
    filled[24:] = (90, 128, 80)
    rows["train"][1]["image"] = planted.picture(Image.fromarray(filled))


def _small(rows: Rows) -> None:
    rows["train"][0]["image"] = planted.picture(planted.image_of(rows["train"][0]["image"]).resize((10, 10)))


def _rates(rows: Rows) -> None:
    for row in rows["train"][:3]:
        row["audio"] = planted.sound(planted.samples(row["audio"]), RATE - 50)


def _short(rows: Rows) -> None:
    rows["train"][0]["audio"] = planted.sound(planted.samples(rows["train"][0]["audio"])[: RATE // 10])


def _empty(rows: Rows) -> None:
    rows["train"][0]["caption"], rows["train"][1]["caption"] = "", " ... "


def _long(rows: Rows) -> None:
    rows["train"][0]["caption"] = " ".join(f"word{number}" for number in range(400))


def _foreign(rows: Rows) -> None:
    rows["train"][0]["caption"] = "Der Vogel ist auf dem Ast, und er singt mit der ganzen Kraft, die er hat."
    rows["train"][1]["caption"] = " ".join("".join(map(chr, range(0x430 + word, 0x436 + word))) for word in range(12))


def _untrained(rows: Rows) -> None:
    rows["train"] = [row for row in rows["train"] if row["species"] != "Mallard"]


def _unequal(rows: Rows) -> None:
    others = [row for row in rows["train"] if row["species"] != "Mallard"]
    rows["train"] = [*others, next(row for row in rows["train"] if row["species"] == "Mallard")]


EXPECTED: dict[Callable[[Rows], None], Found] = {
    _names: {("caption-names-class", "error"): 5},
    _ordinary: {},
    _copied_captions: {("caption-copies", "warning"): 8},
    _copied_picture: {("picture-copies", "error"): 4},
    _copied_picture_within: {("picture-copies", "warning"): 2},
    _copied_sound: {("sound-copies", "error"): 2},
    _near_sound_within: {("sound-copies", "warning"): 1},
    _reused: {("audio-reuse", "warning"): 5},
    _crossing: {("crosses-splits", "error"): 2},
    _spelled: {("class-names", "warning"): 2},
    _unnamed: {("class-names", "error"): 1},
    _authors: {("crosses-splits", "warning"): 1},
    _creators: {},
    _unreadable: {("unreadable", "error"): 1},
    _clipped: {("sound-clipped", "warning"): 2},
    _silent: {("sound-silent", "warning"): 2},
    _noisy: {("sound-noisy", "warning"): 3},
    _blank: {("picture-blank", "warning"): 2},
    _half: {("picture-blank", "warning"): 1, ("unreadable", "error"): 1},
    _small: {("picture-sizes", "warning"): 1},
    _rates: {("sound-format", "warning"): 3},
    _short: {("sound-format", "warning"): 1},
    _empty: {("caption-length", "error"): 2},
    _long: {("caption-length", "warning"): 1},
    _foreign: {("caption-language", "warning"): 2},
    _untrained: {("class-missing", "error"): 1},
    _unequal: {("class-balance", "warning"): 1, ("class-few", "warning"): 1},
}
# Faults of classes, captions, pictures and sounds lie in one dataset: none of them may hide or make another.
TOGETHER = (
    (_crossing, _names, _copied_picture, _copied_sound),
    (_authors, _ordinary, _copied_picture_within, _near_sound_within),
    (_spelled, _copied_captions, _unreadable, _reused),
    (_unnamed, _empty, _blank, _clipped, _short),
    (_creators, _long, _half, _silent),
    (_untrained, _foreign, _small, _noisy),
    (_unequal, _rates),
)


@pytest.mark.parametrize("plants", TOGETHER, ids=lambda plants: "+".join(one.__name__[1:] for one in plants))
def test_what_is_planted_is_found(plants: tuple[Callable[[Rows], None], ...]) -> None:
    rows = planted.clean()
    expected: Found = {}
    for plant in plants:
        plant(rows)
        assert not expected.keys() & EXPECTED[plant].keys()
        expected |= EXPECTED[plant]
    assert found(rows) == expected


def test_every_fault_is_planted_once() -> None:
    assert sorted(EXPECTED, key=str) == sorted((one for plants in TOGETHER for one in plants), key=str)


def test_a_page_shows_rows_that_were_not_looked_at_by_their_keys() -> None:
    rows = planted.clean()
    _blank(rows)
    page = audit_page(audit(planted.dataset(rows), only=["picture-blank"]))
    assert "train/train-0000001" in page and "<img" not in page


def test_findings_are_worded_and_words_are_said() -> None:
    sources = "".join(path.read_text() for path in Path(checks.__path__[0]).parent.rglob("*.py"))
    for key, words in wordings().items():
        assert f'"{key}"' in sources, key
        assert words.severity in SEVERITIES, key
        assert not words.advice or words.advice.endswith("."), key


def test_what_says_nothing_can_be_named() -> None:
    rows = planted.clean()
    rows["train"][0]["individual"], rows["test"][0]["individual"] = "x-x", "X-X"
    assert found(rows, only=["crosses-splits"]) == {("crosses-splits", "error"): 1}
    assert found(rows, only=["crosses-splits"], na=["x-x"]) == {}


def test_examples_of_copies_lie_where_the_finding_says() -> None:
    rows = planted.clean()
    for row in (*rows["train"][1:3], rows["test"][0], rows["test"][5]):
        row["image"], row["audio"] = rows["train"][0]["image"], rows["train"][0]["audio"]
    only = ["picture-copies", "audio-reuse", "sound-copies"]
    findings = audit(planted.dataset(rows), only=only).findings
    keys = {(one.code, one.severity): [example.keys for example in one.examples] for one in findings}
    train, test = ("train/train-0000000", "train/train-0000001"), ("test/test-0000000", "test/test-0000005")
    assert keys == {
        ("picture-copies", "error"): [(train[0], test[0])],
        ("picture-copies", "warning"): [train, test],
        ("sound-copies", "error"): [(train[0], test[0])],
        ("audio-reuse", "warning"): [train, test],
    }


def test_frames_of_videos_are_audited_as_their_first_picture() -> None:
    rows = planted.clean()
    for some in rows.values():
        for row in some:
            still = planted.image_of(row["image"])
            row["image"] = planted.media(planted.animation([still, Image.new("RGB", still.size)]))
    rows["test"][0]["image"] = rows["train"][0]["image"]
    inputs = {**planted.INPUTS, "image": Frames("image", count=2)}
    found = audit(planted.dataset(rows, inputs), skip=["caption-length", "caption-language"], rows=100)
    assert [(one.code, one.count) for one in found.findings if one.severity == "error"] == [("picture-copies", 2)]
    assert found.modalities["image"] == "frames"
    if found.headroom is None:
        assert "a probe needs" in found.skipped["headroom"]


def test_pictures_of_one_pattern_are_no_copies() -> None:
    rows = planted.clean()
    face = np.asarray(planted.image_of(rows["train"][0]["image"])).astype(float)
    random = np.random.default_rng(0)
    for some in rows.values():
        for row in some:
            faint = np.clip(face + random.normal(0, 2, face.shape), 0, 255).astype(np.uint8)
            row["image"] = planted.picture(Image.fromarray(faint))
    assert found(rows) == {}
    rows["test"][0]["image"] = rows["train"][0]["image"]
    assert found(rows) == {("picture-copies", "error"): 2}
