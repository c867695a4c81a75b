"""What is drawn for a sample depends on its row alone, and does what its name says."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from confu_core.errors import InvalidValue, MethodError
from confu_core.inputs import InputSpec, Picture, Sound, Text
from confu_core.inputs.alterations import AUGMENTATIONS, DEGRADATIONS, GAIN_DB, augment, degrade
from confu_core.inputs.text import CLS, PAD, UNK
from confu_core.random import generator

SPEC = InputSpec({"image": Picture("i", 16), "audio": Sound("a", seconds=0.5), "caption": Text("c", 12)})
RANDOM = generator(0, "augment tests")
BATCH = {
    "image": RANDOM.integers(0, 256, (40, 3, 16, 16), dtype=np.uint8),
    "audio": RANDOM.normal(-40, 15, (40, *SPEC.inputs["audio"].shape)).astype(np.float16),
    "caption": np.concatenate(
        [np.full((40, 1), CLS), RANDOM.integers(3, 900, (40, 8)), np.full((40, 3), PAD)], axis=1
    ).astype(np.int16),
}
ROWS = RANDOM.permutation(10_000)[:40]
KINDS = {"picture": "image", "sound": "audio", "text": "caption"}


def augmented(name: str, some: np.ndarray | slice = slice(None), seed: int = 0, epoch: int = 0) -> np.ndarray:
    batch = {modality: values[some] for modality, values in BATCH.items()}
    result = augment(batch, SPEC, [name], seed=seed, epoch=epoch, rows=ROWS[some])
    for modality, values in batch.items():
        if modality != KINDS[AUGMENTATIONS[name].modality]:
            assert result[modality] is values
    return result[KINDS[AUGMENTATIONS[name].modality]]


@pytest.mark.parametrize("name", sorted(set(AUGMENTATIONS) - {"soften"}))  # So little that 16 pixels show nothing.
def test_a_sample_is_augmented_alike_in_any_batch(name: str) -> None:
    before = {modality: values.copy() for modality, values in BATCH.items()}
    whole = augmented(name)
    chosen = np.array([31, 2, 17])
    assert np.array_equal(augmented(name, chosen), whole[chosen])
    original = BATCH[KINDS[AUGMENTATIONS[name].modality]]
    assert whole.shape == original.shape and whole.dtype == original.dtype
    assert not np.array_equal(whole, original)
    assert not np.array_equal(whole, augmented(name, epoch=1))
    assert not np.array_equal(whole, augmented(name, seed=1))
    assert all(np.array_equal(before[modality], BATCH[modality]) for modality in BATCH)


def test_flip_mirrors_half_of_the_pictures() -> None:
    made, pictures = augmented("flip"), BATCH["image"]
    mirrored = np.array([np.array_equal(m, p[..., ::-1]) for m, p in zip(made, pictures, strict=True)])
    same = np.array([np.array_equal(m, p) for m, p in zip(made, pictures, strict=True)])
    assert (mirrored ^ same).all() and 8 < mirrored.sum() < 32


def test_crop_moves_by_an_eighth_at_most() -> None:
    made, seen = augmented("crop"), set()
    for result, picture in zip(made, BATCH["image"], strict=True):
        padded = np.pad(picture, ((0, 0), (2, 2), (2, 2)), mode="edge")
        places = [(y, x) for y in range(5) for x in range(5)]
        found = [place for place in places if np.array_equal(padded[:, place[0] :, place[1] :][:, :16, :16], result)]
        assert found
        seen |= set(found)
    assert len(seen) > 10


def test_color_keeps_grey_grey_and_changes_brightness() -> None:
    grey = np.full((40, 3, 4, 4), 100, dtype=np.uint8)
    made = augment({"image": grey}, SPEC, ["color"], seed=0, epoch=0, rows=ROWS)["image"].astype(int)
    assert np.abs(made - made[:, :1]).max() <= 1
    assert made.min() < 85 and made.max() > 115


def test_zoom_enlarges_a_part_of_the_published_size() -> None:
    across = np.broadcast_to(np.linspace(0, 255, 64), (3, 64, 64)).astype(np.uint8)
    slopes = np.stack([across if at % 2 else across.transpose(0, 2, 1) for at in range(400)])
    spec = InputSpec({"image": Picture("i", 64)})
    seen = augment({"image": slopes}, spec, ["zoom"], seed=0, epoch=0, rows=np.arange(400) // 2)["image"]
    extents = seen.reshape(400, -1).astype(float).max(1) - seen.reshape(400, -1).min(1)
    wide, high = (extents[at::2] / 252 for at in (1, 0))  # A row of a slope down and of one across is drawn alike.
    area, ratio = wide * high, wide / high
    assert 0.06 < area.min() < 0.12 and area.max() > 0.95 and 0.45 < area.mean() < 0.6
    assert ratio.min() > 0.7 and ratio.max() < 1.43 and (np.diff(seen[1, 0].astype(int), axis=1) >= 0).all()


def test_jitter_turns_hues_of_four_fifths_and_grey_takes_the_colours_of_a_fifth() -> None:
    spec, rows = InputSpec({"image": Picture("i", 8)}), np.arange(500)
    grey = np.full((500, 3, 8, 8), 128, np.uint8)
    red = np.zeros_like(grey)
    red[:, 0] = 200

    def made(name: str, pictures: np.ndarray) -> np.ndarray:
        return augment({"image": pictures}, spec, [name], seed=0, epoch=0, rows=rows)["image"].astype(int)

    unseen = (made("jitter", red) == red).all((1, 2, 3))
    assert 0.15 < unseen.mean() < 0.25 and np.ptp(made("jitter", grey), axis=1).max() <= 1
    first, other = made("jitter", red)[~unseen, 1:, 0, 0].T
    assert (first > other + 20).any() and (other > first + 20).any()  # Towards yellow, and towards magenta.
    colourless = np.ptp(made("grey", red), axis=1).max((1, 2)) == 0
    assert 0.15 < colourless.mean() < 0.25 and (made("grey", red)[colourless] == 60).all()
    assert (made("grey", red)[~colourless] == red[~colourless]).all()


@pytest.mark.parametrize("name", ["jitter", "grey", "soften"])
def test_a_batch_of_which_nothing_is_drawn_is_left(name: str) -> None:
    spec, picture = InputSpec({"image": Picture("i", 8)}), np.full((1, 3, 8, 8), 90, np.uint8)
    picture[:, 0] = 200
    made = [
        augment({"image": picture}, spec, [name], seed=0, epoch=0, rows=np.array([row]))["image"] for row in range(40)
    ]
    assert any(np.array_equal(one, picture) for one in made)


def test_soften_blurs_half_of_the_pictures_by_two_of_224_pixels_at_most() -> None:
    spec = InputSpec({"image": Picture("i", 224)})
    point = np.zeros((60, 3, 224, 224), np.uint8)
    point[:, :, 112, 112] = 255
    made = augment({"image": point}, spec, ["soften"], seed=0, epoch=0, rows=np.arange(60))["image"]
    peaks = made[:, 0, 112, 112] / 255
    few = augment({"image": point[:3]}, spec, ["soften"], seed=0, epoch=0, rows=np.array([31, 2, 17]))["image"]
    assert np.array_equal(few, made[[31, 2, 17]])
    assert 15 < (peaks < 1).sum() < 45 and 1 / (2 * np.pi * 4) - 0.01 < peaks.min() < 0.15


def test_sounds_are_shifted_masked_and_made_louder() -> None:
    levels = BATCH["audio"].astype(np.float32)
    shifted, masked, gained = (augmented(name).astype(np.float32) for name in ("shift", "mask", "gain"))
    assert np.array_equal(np.sort(shifted, axis=-1), np.sort(levels, axis=-1))
    silenced = masked != levels
    assert (np.where(silenced, masked, 0) == np.where(silenced, levels.min(axis=(1, 2), keepdims=True), 0)).all()
    assert 0.02 < silenced.mean() < 0.36
    assert np.abs(gained - levels).max() <= GAIN_DB + 0.1
    assert (gained - levels).std(axis=(1, 2)).max() < 0.1


def test_drop_spares_special_tokens() -> None:
    made, tokens = augmented("drop"), BATCH["caption"]
    changed = made != tokens
    assert (made[changed] == UNK).all() and not changed[:, 0].any() and not changed[:, 9:].any()
    assert 0.04 < changed[:, 1:9].mean() < 0.18


def test_unknown_names_are_refused() -> None:
    with pytest.raises(InvalidValue, match="unknown augmentation 'flipp'; did you mean 'flip'"):
        augment(BATCH, SPEC, ["flipp"], seed=0, epoch=0, rows=ROWS)
    with pytest.raises(InvalidValue, match="unknown degradation 'snrr'; did you mean 'snr'"):
        degrade("snrr", "", 1.0, seed=0, row=0)
    with pytest.raises(InvalidValue, match=r"strength of 'words' must be in \[0, 1\]; got 2"):
        degrade("words", "a b", 2, seed=0, row=0)
    with pytest.raises(InvalidValue, match="strength of 'snr' must be finite, in dB; got nan"):
        degrade("snr", BATCH["audio"][0], float("nan"), seed=0, row=0)


SAMPLES = {
    "picture": RANDOM.integers(0, 256, (3, 32, 32), dtype=np.uint8),
    "sound": RANDOM.normal(0, 0.1, 4000).astype(np.float32),
    "text": " ".join(f"w{n}" for n in range(20)),
}


@pytest.mark.parametrize("kind", DEGRADATIONS)
def test_degradations_are_reproducible_and_pure(kind: str) -> None:
    one = DEGRADATIONS[kind]
    sample = SAMPLES[one.modality]
    before = sample if isinstance(sample, str) else sample.copy()
    assert len(one.strengths) == 5
    for strength in one.strengths:
        made = degrade(kind, sample, strength, seed=0, row=3)
        assert np.array_equal(made, degrade(kind, sample, strength, seed=0, row=3))
        assert not np.array_equal(made, sample)
        if kind != "blur":
            assert not np.array_equal(made, degrade(kind, sample, strength, seed=0, row=4))
            assert not np.array_equal(made, degrade(kind, sample, strength, seed=1, row=3))
        if not isinstance(sample, str):
            assert made.shape == sample.shape and made.dtype == sample.dtype
    assert np.array_equal(sample, before)


def test_noise_has_the_ratio_that_was_asked_for() -> None:
    sound = SAMPLES["sound"].astype(np.float64)
    for strength in DEGRADATIONS["snr"].strengths:
        noise = degrade("snr", SAMPLES["sound"], strength, seed=0, row=0) - sound
        assert 10 * np.log10((sound**2).mean() / (noise**2).mean()) == pytest.approx(strength, abs=0.01)
        power = np.abs(np.fft.rfft(noise)) ** 2
        # Pink: octaves have equal power.
        assert power[250:500].sum() == pytest.approx(power[500:1000].sum(), rel=0.3)
    silence = np.zeros(50, dtype=np.float32)
    assert np.array_equal(degrade("snr", silence, 0, seed=0, row=0), silence)


def test_occlusion_covers_the_share_and_words_go_missing() -> None:
    white = np.full((3, 50, 50), 255, dtype=np.uint8)
    for strength in DEGRADATIONS["occlusion"].strengths:
        covered = degrade("occlusion", white, strength, seed=0, row=1) != 255
        assert covered.mean() == pytest.approx(strength, abs=0.03)
    for strength in DEGRADATIONS["words"].strengths:
        left = degrade("words", SAMPLES["text"], strength, seed=0, row=1).split()
        assert len(left) == 20 - round(20 * strength)
        assert left == sorted(left, key=lambda word: int(word[1:]))
    assert degrade("words", "", 0.5, seed=0, row=0) == ""
    stronger = [degrade("blur", SAMPLES["picture"], s, seed=0, row=0).std() for s in DEGRADATIONS["blur"].strengths]
    assert stronger == sorted(stronger, reverse=True)


OWN = """
import numpy as np
from confu_core.inputs.alterations import Alteration
from confu_core.random import uniform

def _dim(pictures, drawn):
    return (pictures * uniform(drawn[:, 0])[:, None, None, None]).astype(np.uint8)

dim = Alteration("picture", _dim)
wide = Alteration("picture", lambda pictures, drawn: pictures.astype(float))
broken = Alteration("sound", lambda levels, drawn: levels[0, 0, 0, 0])
odd = Alteration("smell", _dim)
"""


@pytest.fixture
def own(tmp_path: Path) -> Path:
    (tmp_path / "own_augment.py").write_text(OWN)
    return tmp_path / "own_augment.py"


def test_an_augmentation_of_the_users_is_keyed_by_its_name_and_row(own: Path, tmp_path: Path) -> None:
    whole = augment(BATCH, SPEC, ["flip", f"{own}:dim"], seed=0, epoch=0, rows=ROWS)
    assert whole["audio"] is BATCH["audio"] and (whole["image"] <= augmented("flip")).all()
    assert not np.array_equal(whole["image"], augmented("flip"))
    chosen = np.array([31, 2, 17])
    some = {name: rows[chosen] for name, rows in BATCH.items()}
    (tmp_path / "moved.py").write_text(OWN)
    again = augment(some, SPEC, ["flip", f"{tmp_path / 'moved.py'}:dim"], seed=0, epoch=0, rows=ROWS[chosen])
    assert np.array_equal(again["image"], whole["image"][chosen])


@pytest.mark.parametrize(
    ("name", "said"),
    [
        ("dime", "own_augment.py has no augmentation 'dime': did you mean 'dim'\\?$"),
        ("_dim", "own_augment.py:_dim is not an Alteration of confu_core.inputs.alterations$"),
        ("odd", "own_augment.py:odd must be of picture, frames, sound, text, sequence; got 'smell'$"),
        ("wide", r"own_augment.py:wide must return uint8 \(40, 3, 16, 16\), as it was given; got float64 \(40, .*\)$"),
        ("broken", r"^augmentation .*:broken raised: IndexError: .* \(own_augment.py, line 11\)$"),
    ],
)
def test_what_is_no_augmentation_is_one_line(own: Path, name: str, said: str) -> None:
    with pytest.raises(MethodError, match=said):
        augment(BATCH, SPEC, [f"{own}:{name}"], seed=0, epoch=0, rows=ROWS)
