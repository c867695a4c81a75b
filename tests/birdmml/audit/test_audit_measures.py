"""What is measured of captions, sounds and languages, against truth that was planted or worked out slowly."""

from __future__ import annotations

import io
from itertools import combinations

import numpy as np
import pytest
import soundfile

from birdmml.audit.language import UNDECIDED, guess_language
from birdmml.audit.likeness import like_groups
from birdmml.audit.names import naming_of
from birdmml.audit.sound import clipped_share, measure_sound, mel_power, signal_to_noise
from birdmml.audit.words import words_of
from birdmml.species import load_species
from confu_core.errors import DatasetError

RATE = 22050
CLASSES = ["Blue Jay", "Killdeer", "Red-winged Blackbird", "Cooper's Hawk", "House Finch", "Bullock's Oriole"]


@pytest.mark.parametrize(
    ("text", "number", "said"),
    [
        ("A BLUE JAY calls.", 0, "blue jay"),
        ("The blue-jay's crest", 0, "blue jay"),
        ("Blue Jays", 0, "blue jay"),
        ("Cyanocitta cristata, they say", 0, "cyanocitta cristata"),
        ("of the genus Cyanocitta", 0, "cyanocitta"),
        ("A jay, blue above", 0, ""),
        ("bluejayish", 0, ""),
        ("two killdeers on gravel", 1, "killdeer"),
        ("red wings, and a blackbird", 2, ""),
        ("Red winged blackbirds", 2, "red winged blackbird"),
        ("the hawk of Mr Cooper", 3, "cooper"),
        ("Coopers hawk", 3, "cooper hawk"),
        ("a finch on a house", 4, ""),
        ("House finches", 4, "house finch"),
        ("Bullock\u2019s oriole", 5, "bullock oriole"),
        ("A blue jay calls.", 1, ""),
    ],
)
def test_names_in_every_form_and_ordinary_words(text: str, number: int, said: str) -> None:
    assert naming_of(CLASSES, [], {}).found_in(text, number) == said


def test_no_plain_description_of_any_species_names_one() -> None:
    species = load_species()
    naming = naming_of([one.common_name for one in species], [], {})
    for number, one in enumerate(species):
        parts = one.plumage.colors
        text = f"A {one.plumage.shape} with {', '.join(f'a {colour} {part}' for part, colour in parts.items())}."
        assert naming.found_in(text, number) == "", text
        assert naming.found_in(f"Look, {one.common_name}s!", number)
        assert naming.found_in(f"Look, {one.scientific_name.upper()}!", number)


def test_a_part_that_others_use_as_well_does_not_name() -> None:
    naming = naming_of(["Garrulous Thing", "Other Thing"], [], {})
    assert naming.found_in("a garrulous bird", 0) == "garrulous"
    naming.exclusive([("a garrulous bird", 1), ("garrulous and grey", 1), ("a garrulous bird", 0)])
    assert naming.found_in("a garrulous bird", 0) == ""


def test_like_captions_are_those_of_a_slow_loop() -> None:
    random = np.random.default_rng(0)
    vocabulary = [f"word{number}" for number in range(60)]
    texts = []
    for _ in range(25):
        base = random.choice(vocabulary, 30).tolist()
        texts.append(" ".join(base))
        for _ in range(int(random.integers(0, 4))):
            other = list(base)
            other[int(random.integers(30))] = "changed"
            texts.append(" ".join(other[: int(random.integers(20, 31))]).upper() + ".")
    expected = list(range(len(texts)))
    runs = [set(zip(*(words_of(text)[offset:] for offset in range(3)), strict=False)) for text in texts]
    pairs = [(i, j) for i, j in combinations(range(len(texts)), 2) if _jaccard(runs[i], runs[j]) >= 0.8]
    for _ in texts:
        for one, other in pairs:
            expected[one] = expected[other] = min(expected[one], expected[other])
    assert like_groups(texts).tolist() == expected
    assert len(set(expected)) < len(texts)


def _jaccard(first: set[tuple[str, ...]], second: set[tuple[str, ...]]) -> float:
    return len(first & second) / len(first | second)


def test_texts_without_words_are_alone() -> None:
    assert like_groups(["", "...", "a", "A!"]).tolist() == [0, 1, 2, 2]
    assert like_groups([]).tolist() == []


@pytest.mark.parametrize(
    ("language", "text"),
    [
        ("English", "It sings from the top of a tree and is heard over the field."),
        ("German", "Er singt auf der Spitze und ist \u00fcber das Feld zu h\u00f6ren."),
        ("French", "Il chante dans les arbres et sur le toit avec une voix qui est claire."),
        ("Spanish", "El ave canta en las ramas y su voz se oye por todo el campo con claridad."),
        ("Italian", "Il canto degli uccelli che sono nel bosco ha una voce di cristallo."),
        ("Portuguese", "O canto da ave em uma \u00e1rvore com os seus filhotes do campo."),
        ("Dutch", "De vogel zit op een tak en zingt het lied van de lente niet te hard."),
        ("Swedish", "F\u00e5geln sitter i ett tr\u00e4d och det \u00e4r en s\u00e5ng som h\u00f6rs med vinden."),
        ("Japanese", "\u9ce5\u304c\u6728\u306e\u4e0a\u3067\u6b4c\u3046"),
        ("Chinese", "\u9e1f\u5728\u6811\u4e0a\u5531\u6b4c"),
        (UNDECIDED, "Mallard, Anas platyrhynchos."),
        (UNDECIDED, ""),
    ],
)
def test_languages(language: str, text: str) -> None:
    assert guess_language(text) == language


@pytest.mark.parametrize("colour", [0.0, 0.5, 1.0])
@pytest.mark.parametrize("seconds", [1.0, 3.0])
def test_noise_of_any_colour_has_no_signal(colour: float, seconds: float) -> None:
    for seed in range(3):
        white = np.fft.rfft(np.random.default_rng(seed).normal(size=int(seconds * RATE)))
        shaped = np.fft.irfft(white / np.maximum(1, np.arange(len(white))) ** colour)
        samples = (0.1 * shaped / shaped.std()).astype(np.float32)
        assert signal_to_noise(mel_power(samples, RATE)) < -1.5


@pytest.mark.parametrize("level", [0, 10, 20])
def test_the_ratio_of_a_tone_in_noise_rises_with_its_level(level: int) -> None:
    time = np.arange(2 * RATE) / RATE
    noise = np.random.default_rng(1).normal(0, 0.01, len(time))
    for steady in (True, False):
        tone = np.sin(2 * np.pi * 2500 * time) * (1 if steady else (time % 0.5 < 0.15))
        tone *= 0.01 * 10 ** (level / 20) / np.sqrt((tone**2).mean())
        assert signal_to_noise(mel_power((tone + noise).astype(np.float32), RATE)) > level - 3


def test_clipping_is_told_by_its_shape() -> None:
    time = np.arange(RATE) / RATE
    tone = np.sin(2 * np.pi * 500 * time)
    assert clipped_share(tone) == 0
    # Of a sine clipped at half its height two thirds lie on plateaus.
    assert clipped_share(0.2 * np.clip(tone, -0.5, 0.5)) == pytest.approx(2 / 3, abs=0.03)
    assert clipped_share(np.zeros(10)) == clipped_share(np.ones(2)) == 0


def test_measures_of_a_file() -> None:
    file = io.BytesIO()
    soundfile.write(file, 0.5 * np.sin(np.arange(8000) / 3), 16000, format="flac")
    measures, _ = measure_sound(file.getvalue(), 16000)
    assert (measures["rate"], measures["seconds"]) == (16000, 0.5)
    assert measures["peak"] == pytest.approx(0.5, abs=1e-3)
    with pytest.raises(DatasetError, match="the sound cannot be decoded"):
        measure_sound(b"RIFF", 16000)
