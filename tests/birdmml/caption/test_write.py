import re

import numpy as np
import pytest
from caption_draws import TABLE, draw, write

from birdmml.caption import Caption, CaptionDials, names_in, write_caption
from birdmml.caption.facts import LOOK_SLOTS, NATURE_SLOTS, SONG_SLOTS
from birdmml.caption.grammar import article, capitalised, listed
from birdmml.caption.names import ordinary_words
from birdmml.species import find_species, words
from confu_core.errors import InvalidValue

DIALS = {
    "default": CaptionDials(),
    "full": CaptionDials(marks=1, song=1, nature=1),
    "sparse": CaptionDials(marks=0.05, song=0.05, nature=0.1),
    "species alone": CaptionDials(marks=0, song=0),
    "noisy": CaptionDials(drop_share=0.2, wrong_share=0.3, generic_share=0.3),
    "generic": CaptionDials(generic_share=1),
    "named": CaptionDials(name_share=1),
    "dropped": CaptionDials(drop_share=1),
    "silent": CaptionDials(marks=0, song=0, nature=0),
}
LOOKS = {*("shape", "size", "sex", "activity", "background", "facing", "view", "occlusion")}
SOUNDS = {"song", "syllable", "pitch", "range", "rate", "phrases", "weather", "distance", "others"}
NATURE = {"nature", "habitat"}


def kind_of(fact):
    if fact.attribute in SOUNDS:
        return "song"
    return "nature" if fact.attribute in NATURE else "name" if fact.attribute == "name" else "marks"


def binomial_bounds(share, count, sigmas=5):
    return sigmas * (share * (1 - share) / count) ** 0.5 + 1e-12


@pytest.fixture(scope="module", params=DIALS)
def captions(request):
    return write(2000, DIALS[request.param])


def test_a_caption_is_made_of_sentences(captions):
    for caption in captions:
        text = caption.text
        assert re.match(r"[A-Z]", text), text
        assert text.endswith("."), text
        assert text.isascii(), text
        assert not re.search(r"\s{2}|\s[,.;:?]|[,;:]{2}|\.\.|[,;:]\.|[,;]\s*$|\?\.", text), text
        assert not re.search(r"[{}\[\]_]|None|some\.", text), text
        assert not re.search(r"[.?] [a-z]", text), text
        assert not re.search(r"[,;:][A-Za-z]", text), text


def test_no_word_is_doubled(captions):
    for caption in captions:
        assert not re.search(r"\b([a-z]+),? \1\b", caption.text.lower()), caption.text


def test_articles_agree(captions):
    for caption in captions:
        for given, word in re.findall(r"\b([Aa]n?) ([A-Za-z]+)", caption.text):
            vowel = word == "hour" or (word[0].lower() in "aeiou" and not word.startswith(("Eu", "one")))
            assert (given.lower() == "an") == vowel, caption.text


def test_plural_marks_have_no_article_and_verbs_agree(captions):
    plural = "wings|legs|flanks|sides|cheeks|wing bars|tail edges|tufts"
    for caption in captions:
        assert not re.search(rf"\ban? (?:(?!of |with )[a-z]+(?:-[a-z]+)? ){{1,2}}(?:{plural})\b", caption.text), (
            caption.text
        )
        assert not re.search(r"\b(?:it|bird|species|kind) (?:have|are|nest|live|feed|sing|give)\b", caption.text)
        assert not re.search(r"\balso is\b|\bone of those that\b", caption.text), caption.text


def test_lengths():
    lengths = [len(caption.text.split()) for dials in DIALS.values() for caption in write(2000, dials)]
    assert min(lengths) >= 6
    usual = [len(caption.text.split()) for caption in write(2000, CaptionDials())]
    assert np.percentile(usual, 1) < 15
    assert 25 < np.mean(usual) < 45
    assert np.percentile(usual, 99) < 65


def test_captions_hardly_ever_repeat():
    captions = write(5000, CaptionDials())
    assert len({caption.text for caption in captions}) >= 0.97 * len(captions)


def test_one_bird_is_described_in_many_ways():
    bird, random = find_species("Blue Jay"), np.random.default_rng(3)
    facts = {**draw(random), "species": bird, "plumage": bird.plumage, "song": bird.song}
    texts = {write_caption(**facts, dials=CaptionDials(), random=random).text for _ in range(1000)}
    assert len(texts) >= 950


@pytest.mark.parametrize("name", [name for name in DIALS if name != "named"])
def test_species_are_not_named_unless_asked(name):
    for caption in write(2000, DIALS[name]):
        assert not caption.named
        assert not names_in(caption.text), caption.text


def test_named_captions_name_their_own_species():
    random = np.random.default_rng(0)
    for _ in range(1000):
        facts = draw(random)
        caption = write_caption(**facts, dials=DIALS["named"], random=random)
        assert caption.named
        assert facts["species"].common_name in caption.text
        assert caption.facts[0] == ("name", facts["species"].common_name, "true")


def test_share_of_named_captions():
    captions = write(6000, CaptionDials(name_share=0.331))
    share = np.mean([caption.named for caption in captions])
    assert abs(share - 0.331) < binomial_bounds(0.331, len(captions))


@pytest.mark.parametrize("share", [0.3, 0.7, 1])
def test_slots_are_filled_as_the_dials_say(share):
    captions = write(3000, CaptionDials(marks=share, song=share, nature=share))
    for kind, slots in (("song", SONG_SLOTS), ("nature", NATURE_SLOTS)):
        counts = [sum(kind_of(fact) == kind for fact in caption.facts) for caption in captions]
        assert abs(np.mean(counts) / slots - share) < binomial_bounds(share, slots * len(captions)) + 0.01
    marks = [sum(kind_of(fact) == "marks" for fact in caption.facts) for caption in captions]
    assert abs(np.mean(marks) / LOOK_SLOTS - share) < 0.02  # A bird of which little can be seen has fewer.


def test_shares_of_dropped_wrong_and_generic_attributes():
    dials = {"marks": 1, "song": 1, "nature": 1}
    whole = sum(len(caption.facts) for caption in write(2000, CaptionDials(**dials)))
    captions = write(2000, CaptionDials(**dials, drop_share=0.2, wrong_share=0.3, generic_share=0.1))
    statuses = [fact.status for caption in captions for fact in caption.facts]
    for status, share in (("true", 0.4), ("wrong", 0.3), ("generic", 0.1)):
        assert abs(statuses.count(status) / whole - share) < binomial_bounds(share, whole), status


def test_equal_generators_give_equal_captions():
    assert write(200, DIALS["noisy"], seed=5) == write.__wrapped__(200, DIALS["noisy"], seed=5)
    assert write(200, DIALS["noisy"], seed=5) != write(200, DIALS["noisy"], seed=6)


@pytest.mark.parametrize("dial", ["marks", "song", "nature"])
def test_a_dial_at_zero_cuts_the_text_off_from_its_source(dial):
    """Two sources that differ in everything else write the same text."""
    random = np.random.default_rng(1)
    dials = CaptionDials(**{"marks": 0.7, "song": 0.7, "nature": 0.7, dial: 0}, generic_share=0.2)
    fields = {"marks": ("plumage", "picture"), "song": ("song", "recording"), "nature": ("species",)}[dial]
    for seed in range(500):
        one, other = draw(random), draw(random)
        mixed = {**one, **{field: other[field] for field in fields}}
        if dial == "nature" and one["song"] in (one["species"].song, other["species"].song):
            continue
        texts = {write_caption(**facts, dials=dials, random=np.random.default_rng(seed)).text for facts in (one, mixed)}
        assert len(texts) == 1


def test_with_nothing_to_say_it_says_so():
    assert {caption.text for caption in write(50, DIALS["silent"])} == {"A bird, of which nothing more is said."}
    assert all(caption.facts == () for caption in write(50, DIALS["dropped"]))


def test_a_recording_in_which_nothing_is_heard_is_survived():
    facts = draw(np.random.default_rng(0))
    silence = type(facts["recording"])((), 500.0, 500.0, 1.0, 0, "calm", False, 10.0, -20.0)
    for seed in range(100):
        dials = CaptionDials(song=1, wrong_share=0.5)
        caption = write_caption(**{**facts, "recording": silence}, dials=dials, random=np.random.default_rng(seed))
        assert isinstance(caption, Caption)
        assert not {"syllable", "phrases"} & {fact.attribute for fact in caption.facts}


def test_song_words_are_used_where_the_song_is_heard():
    captions = write(3000, CaptionDials(song=1))
    stated = [fact for caption in captions for fact in caption.facts]
    assert sum(fact.attribute == "song" for fact in stated) > 1000
    assert {fact.value for fact in stated if fact.attribute == "syllable"} == set(words().syllables)


@pytest.mark.parametrize(
    "dial", ["name_share", "marks", "song", "nature", "drop_share", "wrong_share", "generic_share"]
)
@pytest.mark.parametrize("value", [1.3, -0.1, float("nan"), "much", True])
def test_dials_are_shares(dial, value):
    with pytest.raises(InvalidValue, match=re.escape(f"{dial} must be in [0, 1]; got {value!r}")):
        CaptionDials(**{dial: value})


def test_shares_of_what_goes_wrong_add_up_to_at_most_one():
    CaptionDials(drop_share=0.3, wrong_share=0.3, generic_share=0.4)
    with pytest.raises(InvalidValue, match=r"must be in \[0, 1\]; got 1.2"):
        CaptionDials(drop_share=0.4, wrong_share=0.4, generic_share=0.4)


def test_names_are_found_in_any_form():
    assert names_in("Two Northern Cardinals.") == ("cardinals",)
    assert "mallard" in names_in("The mallard's wing.")
    assert "blue jay" in names_in("A blue jay.")
    assert "turdus" in names_in("Of the genus Turdus.")
    assert not names_in("A large owl with a white face, a duck, a woodpecker and a northern jay.")


def test_every_species_but_the_plainly_named_has_a_telling_word():
    for species in TABLE:
        assert names_in(f"See the {species.common_name} here.")
        assert names_in(f"See {species.scientific_name} here.")
    assert {"owl", "duck", "woodpecker"} <= ordinary_words()


def test_grammar():
    assert [article(word) for word in ("owl", "Eurasian", "unhurried", "one", "wren", "Upland")] == [
        *("an", "a", "an", "a", "a", "an")
    ]
    assert listed(["one"]) == "one"
    assert listed(["one", "two"]) == "one and two"
    assert capitalised("a Mallard") == "A Mallard"
