"""Every fact that a caption states is checked against its picture, its recording and its species, and its text."""

import re

import numpy as np
import pytest
from caption_draws import draw

from birdmml.caption import CaptionDials, write_caption
from birdmml.caption import lexicon as look
from birdmml.caption import sound_lexicon as sound
from birdmml.caption.facts import STATUSES
from birdmml.caption.nature_text import SOME_HABITAT
from birdmml.facts import ACTIVITIES, BACKGROUNDS, WEATHERS
from birdmml.table import load_species
from birdmml.vocabulary import BILLS, COLORS, CRESTS, HABITATS, MARKS, PARTS, SHAPES, SYLLABLES, TAILS

FORMS = {"bill_form": "bill", "tail_form": "tail", "crest": "crest"}
FORM_PART = {
    "bill_form": "bill",
    "tail_form": "tail",
    "crest": "crown",
    "breast_pattern": "breast",
    "back_pattern": "back",
}
WORDS_OF_SONGS = {species.song: species.song_words for species in load_species()}
DIALS = (
    CaptionDials(marks=0.8, song=0.8, nature=0.8),
    CaptionDials(marks=0.8, song=0.8, wrong_share=0.5, generic_share=0.1),
)


def pitch(recording):
    middle = (recording.low_hz * recording.high_hz) ** 0.5
    return next(word for word, most in zip(sound.PITCHES, (350, 1000, 2500, 4500, 1e9), strict=True) if middle <= most)


def rate(recording):
    return next(word for word, most in zip(sound.RATES, (0.9, 2, 4.5, 8, 1e9), strict=True) if recording.rate <= most)


def size(plumage):
    return next(word for word, most in zip(look.SIZES, (11, 18, 35, 60, 1e9), strict=True) if plumage.length_cm <= most)


def range_agrees(value, recording):
    factor = 1000 if "kHz" in value else 1
    step = 100 if factor == 1000 else 10
    stated = [float(number) * factor for number in re.findall(r"[\d.]+", value)]
    true = [recording.low_hz, recording.high_hz][-len(stated) :]
    return all(abs(one - other) <= step / 2 + 1e-6 for one, other in zip(stated, true, strict=True))


def is_true(attribute, value, facts):
    """Say whether a fact holds, by a path of its own."""
    plumage, picture, recording, species = facts["plumage"], facts["picture"], facts["recording"], facts["species"]
    distance = "near" if recording.distance_m < 20 else "middle" if recording.distance_m < 50 else "far"
    checks = {
        "shape": lambda: value == plumage.shape,
        "size": lambda: value == size(plumage),
        "sex": lambda: value == picture.sex,
        "occlusion": lambda: (value == "none") == (picture.occlusion == 0),
        "song": lambda: value == WORDS_OF_SONGS[facts["song"]],
        "syllable": lambda: value in recording.syllables,
        "pitch": lambda: value == pitch(recording),
        "range": lambda: range_agrees(value, recording),
        "rate": lambda: value == rate(recording),
        "phrases": lambda: value == str(recording.phrases),
        "distance": lambda: value == distance,
        "others": lambda: (value == "yes") == recording.others,
        "nature": lambda: value in species.nature,
        "habitat": lambda: value in species.habitats,
        "name": lambda: value == species.common_name,
        "weather": lambda: value == recording.weather,
    }
    if attribute in checks:
        return checks[attribute]()
    if attribute in ("activity", "background", "facing", "view"):
        return value == getattr(picture, attribute)
    if attribute in FORM_PART:
        return value == getattr(plumage, FORMS.get(attribute, attribute))
    return value == plumage.colors[attribute]


def wordings(attribute, value):
    """List the words that may stand for a fact."""
    if attribute in COLORED:
        return look.COLOR_WORDS[value]
    if attribute in look.FORM_WORDS:
        return look.FORM_WORDS[attribute][value]
    if attribute == "background":
        near = [words for (_, place), words in look.PLACE_WORDS.items() if place == value]
        return (*look.BACKGROUND_WORDS[value], *look.BEHIND_WORDS[value], *(word for words in near for word in words))
    if attribute == "phrases":
        number = sound.NUMBER_WORDS[int(value)] if int(value) <= 12 else value
        return (number, "twice", "once", "single")
    tables = {
        "shape": look.SHAPE_NOUNS,
        "size": look.SIZE_WORDS,
        "syllable": sound.SYLLABLE_WORDS,
        "habitat": sound.HABITAT_WORDS,
    }
    if attribute in tables:
        return tables[attribute][value]
    if attribute == "activity":
        return [form for forms in look.ACTIVITY_WORDS[value] for form in forms]
    if attribute in ("pitch", "rate"):
        words, tails = {"pitch": (sound.PITCH_WORDS, sound.PITCH_TAILS), "rate": (sound.RATE_WORDS, sound.RATE_TAILS)}[
            attribute
        ]
        return (*words[value], *tails[value])
    return {**look.POSE_WORDS, **sound.SETTING_WORDS}.get((attribute, value), (value,))


COLORED = (*PARTS, *MARKS)


@pytest.fixture(scope="module", params=DIALS, ids=("true", "partly wrong"))
def triplets(request):
    random = np.random.default_rng(11)
    drawn = [draw(random) for _ in range(3000)]
    return [(facts, write_caption(**facts, dials=request.param, random=random)) for facts in drawn]


def test_true_facts_are_true_and_wrong_ones_wrong(triplets):
    for facts, caption in triplets:
        for attribute, value, status in caption.facts:
            assert status in STATUSES
            if status == "generic":
                assert value == "some"
            else:
                assert is_true(attribute, value, facts) == (status == "true"), (attribute, value, status, caption.text)


def test_the_text_says_what_the_facts_say(triplets):
    for _, caption in triplets:
        low = caption.text.lower()
        for attribute, value, status in caption.facts:
            if status != "generic":
                said = wordings(attribute, value)
                assert any(words.lower() in low for words in said), (attribute, value, caption.text)


def test_an_attribute_is_stated_once(triplets):
    for _, caption in triplets:
        stated = [fact.attribute for fact in caption.facts if fact.attribute != "nature"]
        assert len(set(stated)) == len(stated)


def test_only_what_can_be_seen_and_heard_is_mentioned(triplets):
    for facts, caption in triplets:
        visible = facts["picture"].visible
        for attribute, _, _ in caption.facts:
            if attribute in COLORED:
                assert attribute in visible
            if attribute in FORM_PART:
                assert FORM_PART[attribute] in visible


def test_no_part_is_mentioned_that_is_out_of_view():
    random = np.random.default_rng(4)
    nouns = {noun: part for part, forms in look.PART_NOUNS.items() for noun, _, _ in forms}
    for _ in range(2000):
        facts = draw(random)
        text = write_caption(**facts, dials=CaptionDials(marks=0.7, song=0, nature=0), random=random).text.lower()
        for nouns_of_shape in look.SHAPE_NOUNS.values():
            for words in nouns_of_shape:
                text = text.replace(words, "")
        mentioned = {part for noun, part in nouns.items() if re.search(rf"\b{noun}\b", text)}
        # A longer noun may hold a shorter one ("breast band", "stripe beside the throat").
        inside = {"wing", "tail", "breast", "throat"} if mentioned & {*MARKS} else set()
        assert mentioned - inside <= facts["picture"].visible, text


def test_colors_are_read_back_without_doubt():
    words = [word for forms in look.COLOR_WORDS.values() for word in forms]
    assert len(set(words)) == len(words)


def test_the_words_cover_the_vocabularies():
    assert set(look.COLOR_WORDS) == set(COLORS)
    assert set(look.SHAPE_NOUNS) == set(SHAPES)
    assert set(look.PART_NOUNS) == {*PARTS, *MARKS}
    assert set(look.FORM_WORDS["bill_form"]) == set(BILLS)
    assert set(look.FORM_WORDS["tail_form"]) == set(TAILS)
    assert set(look.FORM_WORDS["crest"]) == set(CRESTS) - {"none"}
    assert set(look.ACTIVITY_WORDS) == {*ACTIVITIES, "some"}
    assert set(look.BACKGROUND_WORDS) == set(look.BEHIND_WORDS) == set(BACKGROUNDS)
    assert set(sound.SYLLABLE_WORDS) == set(SYLLABLES)
    assert set(sound.HABITAT_WORDS) == set(HABITATS)
    assert {value for name, value in sound.SETTING_WORDS if name == "weather"} == {*WEATHERS, "some"}


def test_no_two_shapes_share_a_noun():
    nouns = [noun for forms in look.SHAPE_NOUNS.values() for noun in forms]
    assert len(set(nouns)) == len(nouns)


def test_generic_habits_fit_every_species():
    habits = {habit for species in load_species() for habit in species.nature}
    assert habits.isdisjoint({*sound.SOME_HABITS, SOME_HABITAT})
