"""Every fact that a caption states is checked against its picture, its recording and its species, and its text."""

import re

import numpy as np
import pytest
from caption_draws import draw

from birdmml.caption import CaptionDials, write_caption
from birdmml.caption.facts import STATUSES
from birdmml.species import MARKS, PARTS, load_species, shapes, words

WORDS = words()
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
    return next(word for word, most in zip(WORDS.pitches, (350, 1000, 2500, 4500, 1e9), strict=True) if middle <= most)


def rate(recording):
    return next(word for word, most in zip(WORDS.rates, (0.9, 2, 4.5, 8, 1e9), strict=True) if recording.rate <= most)


def size(plumage):
    return next(
        word for word, most in zip(WORDS.sizes, (11, 18, 35, 60, 1e9), strict=True) if plumage.length_cm <= most
    )


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
        return WORDS.colors[value].words
    if attribute in WORDS.forms:
        return WORDS.forms[attribute][value]
    if attribute == "background":
        near = [said for places in WORDS.places.values() for said in places.get(value, ())]
        return (*WORDS.around[value], *WORDS.behind[value], *near)
    if attribute == "phrases":
        number = WORDS.numbers[int(value)] if int(value) <= 12 else value
        return (number, "twice", "once", "single")
    tables = {
        "shape": lambda: shapes()[value].nouns,
        "size": lambda: WORDS.sizes[value].words,
        "syllable": lambda: WORDS.syllables[value].words,
        "habitat": lambda: WORDS.habitats[value],
    }
    if attribute in tables:
        return tables[attribute]()
    if attribute == "activity":
        return [form for forms in WORDS.activities[value] for form in forms]
    if attribute in ("pitch", "rate"):
        entry = (WORDS.pitches if attribute == "pitch" else WORDS.rates)[value]
        return (*entry.words, *entry.tails)
    return {**WORDS.pose, **WORDS.setting}.get(attribute, {}).get(value, (value,))


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
    nouns = {noun.noun: part for part, forms in WORDS.parts.items() for noun in forms}
    for _ in range(2000):
        facts = draw(random)
        text = write_caption(**facts, dials=CaptionDials(marks=0.7, song=0, nature=0), random=random).text.lower()
        for shape in shapes().values():
            for noun in shape.nouns:
                text = text.replace(noun, "")
        mentioned = {part for noun, part in nouns.items() if re.search(rf"\b{noun}\b", text)}
        # A longer noun may hold a shorter one ("breast band", "stripe beside the throat").
        inside = {"wing", "tail", "breast", "throat"} if mentioned & {*MARKS} else set()
        assert mentioned - inside <= facts["picture"].visible, text


def test_colors_are_read_back_without_doubt():
    said = [way for color in WORDS.colors.values() for way in color.words]
    assert len(set(said)) == len(said)


def test_no_two_shapes_share_a_noun():
    nouns = [noun for shape in shapes().values() for noun in shape.nouns]
    assert len(set(nouns)) == len(nouns)


def test_generic_habits_fit_every_species():
    habits = {habit for species in load_species() for habit in species.nature}
    assert habits.isdisjoint({*WORDS.some["habits"], *WORDS.some["habitat"]})
