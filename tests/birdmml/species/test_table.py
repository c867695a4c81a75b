import csv
import io
import re
from collections import Counter
from itertools import groupby

import pytest

from birdmml.caption.names import names_in, ordinary_words
from birdmml.species import COLUMNS, MARKS, PARTS, find_species, load_species, read_species, shapes
from birdmml.species import words as vocabulary
from confu_core.errors import ConfuError, DatasetError, InvalidValue

TABLE = load_species()
CONFUSABLE = (
    *("Acadian Flycatcher", "Alder Flycatcher", "Willow Flycatcher", "Least Flycatcher"),
    *("Downy Woodpecker", "Hairy Woodpecker", "Cooper's Hawk", "Sharp-shinned Hawk", "American Crow", "Fish Crow"),
    *("Greater Scaup", "Lesser Scaup", "Greater Yellowlegs", "Lesser Yellowlegs"),
    *("Carolina Chickadee", "Black-capped Chickadee", "Eastern Meadowlark", "Western Meadowlark"),
)
WELL_MARKED = ("Northern Cardinal", "Blue Jay", "Mallard", "American Robin", "Painted Bunting", "Wood Duck")
SOUND_WORDS = {
    *(
        "call",
        "calls",
        "calling",
        "chirp",
        "chirps",
        "drum",
        "drums",
        "hoot",
        "hoots",
        "loud",
        "loudly",
        "note",
        "notes",
    ),
    *("sing", "sings", "singing", "song", "songs", "sound", "sounds", "trill", "trills", "tune", "tunes", "voice"),
    *("warble", "warbles", "whistle", "whistles", "scream", "screams", "croak", "croaks", "noisy", "noisily"),
}
ROW = {
    **dict.fromkeys(COLUMNS, ""),
    **dict.fromkeys(PARTS, "black"),
    **{"common_name": "Inky Bird", "scientific_name": "Avis nigra", "family": "Avidae", "order": "Aviformes"},
    **{"length_cm": "20", "shape": "thrush", "bill_form": "thin", "tail_form": "square", "crest": "none"},
    **{"breast_pattern": "plain", "back_pattern": "plain", "pattern_color": "black"},
    **{"syllables": "whistle;trill", "low_hz": "1000", "high_hz": "2000", "rate": "2", "phrase": "AB", "repeats": "2"},
    **{"harmonicity": "0.9", "trill_rate": "12", "habitats": "city", "song_words": "a song", "nature": "eats ink"},
}


def table(*changes, columns=COLUMNS):
    text = io.StringIO()
    rows = csv.DictWriter(text, columns, lineterminator="\n", extrasaction="ignore")
    rows.writeheader()
    rows.writerows({**ROW, **change} for change in changes or ({},))
    return text.getvalue().splitlines()


def words(text):
    return re.findall(r"[a-z]+", text.lower().replace("'s", ""))


def songs(shape):
    return [species.song for species in TABLE if species.plumage.shape == shape]


def test_the_table_is_large_and_diverse():
    assert len(TABLE) >= 150
    assert len({species.family for species in TABLE}) >= 40
    drawn = Counter(species.plumage.shape for species in TABLE)
    assert set(drawn) == set(shapes())
    assert min(drawn.values()) >= 2
    assert {kind for species in TABLE for kind in species.song.syllables} == set(vocabulary().syllables)
    assert {habitat for species in TABLE for habitat in species.habitats} == set(vocabulary().habitats)
    assert {mark for species in TABLE for mark in species.plumage.colors} == {*PARTS, *MARKS}


@pytest.mark.parametrize("name", (*CONFUSABLE, *WELL_MARKED))
def test_species_that_birders_would_look_for_are_there(name):
    assert find_species(name).common_name == name


def test_names_are_unique_and_well_formed():
    for names in ([one.common_name for one in TABLE], [one.scientific_name for one in TABLE]):
        assert len(set(names)) == len(names)
    for species in TABLE:
        assert re.fullmatch(r"[A-Z][a-z]+ [a-z]+", species.scientific_name)
        assert species.family.endswith("idae")
        assert species.order.endswith("iformes")


def test_a_family_belongs_to_one_order():
    assert len({(species.family, species.order) for species in TABLE}) == len({species.family for species in TABLE})


def test_rows_are_together_by_family():
    families = [species.family for species in TABLE]
    assert len(list(groupby(families))) == len(set(families))


@pytest.mark.parametrize("species", TABLE, ids=lambda species: species.common_name)
def test_natural_history_names_neither_species_nor_looks_nor_song(species):
    own = set(words(f"{species.common_name} {species.scientific_name}")) - {"and", "great", "common"}
    colors = {word for color in vocabulary().colors for word in color.split()}
    assert 4 <= len(species.nature) <= 6
    assert 1 < len(species.habitats) <= 4
    for phrase in species.nature:
        said = set(words(phrase))
        assert not names_in(phrase)
        assert said.isdisjoint(own | {f"{word}s" for word in own}), phrase
        assert said.isdisjoint(colors | SOUND_WORDS), phrase
        assert re.match(r"[a-z]+s\b|rarely ", phrase), f"not a predicate of one bird: {phrase}"


def test_natural_history_does_not_repeat_itself():
    phrases = [phrase for species in TABLE for phrase in species.nature]
    assert len(set(phrases)) == len(phrases)


@pytest.mark.parametrize("species", TABLE, ids=lambda species: species.common_name)
def test_song_words_are_a_noun_phrase_without_names(species):
    assert re.match(r"an? [a-z]", species.song_words)
    assert not names_in(species.song_words)
    own = set(words(species.common_name)) - ordinary_words()
    assert own.isdisjoint(words(species.song_words))


def test_songs_are_where_they_belong():
    assert max(song.high_hz for song in songs("owl")) < 1500
    assert max(song.high_hz for song in songs("dove")) < 1000
    assert min(song.low_hz for song in songs("kinglet")) >= 3000
    assert max(song.high_hz for song in songs("crow")) < 2000
    assert find_species("Blackpoll Warbler").song.low_hz > 2 * find_species("Hooded Warbler").song.low_hz
    assert find_species("Fish Crow").song.syllables != find_species("American Crow").song.syllables
    for species in TABLE:
        song = species.song
        assert song.low_hz <= song.high_hz
        assert len(song.phrase) / song.rate <= 6, species.common_name
        dense = not {"trill", "buzz", "rattle", "drum"}.isdisjoint(song.syllables)
        assert dense == (song.trill_rate > 0), species.common_name


def test_sizes_are_in_order():
    by_size = ("Ruby-throated Hummingbird", "Song Sparrow", "American Robin", "Mallard", "Canada Goose")
    lengths = [find_species(name).plumage.length_cm for name in by_size]
    assert lengths == sorted(lengths)


def test_females_differ_and_keep_the_shape():
    females = [species for species in TABLE if species.female]
    assert len(females) > 80
    for species in females:
        assert species.female != species.plumage
        assert species.female.shape == species.plumage.shape
    assert find_species("Mallard").female.colors["crown"] != "iridescent green"


def test_no_two_species_share_a_whole_song():
    assert len({species.song for species in TABLE}) == len(TABLE)


def test_a_plain_row_reads():
    (species,) = read_species(table(), "mine.csv")
    assert species.female is None
    assert species.plumage.colors["crown"] == "black"
    assert "mask" not in species.plumage.colors


def test_a_female_may_lack_a_mark_of_the_male():
    (species,) = read_species(table({"mask": "red", "female": "crown=white;mask="}), "mine.csv")
    assert species.plumage.colors["mask"] == "red"
    assert "mask" not in species.female.colors
    assert species.female.colors["crown"] == "white"


@pytest.mark.parametrize(
    ("change", "said"),
    [
        ({"crown": "purpel"}, "crown has no value 'purpel': did you mean 'purple'?"),
        ({"crown": ""}, "crown must not be empty; known: "),
        ({"shape": "thrash"}, "shape has no value 'thrash': did you mean 'thrush'?"),
        ({"syllables": "whistel", "phrase": "A"}, "syllables has no value 'whistel': did you mean 'whistle'?"),
        ({"habitats": "citty"}, "habitats has no value 'citty': did you mean 'city'?"),
        ({"habitats": " ; "}, "habitats must name at least one value; got none"),
        ({"length_cm": "500"}, "length_cm must be a number in [6, 200]; got '500'"),
        ({"low_hz": "nan"}, "low_hz must be a number in [30, 10000]; got 'nan'"),
        ({"rate": "fast"}, "rate must be a number in [0.1, 60]; got 'fast'"),
        ({"low_hz": "3000"}, "low_hz must be at most high_hz; got 3000 and 2000"),
        ({"repeats": "2.5"}, "repeats must be a whole number; got '2.5'"),
        ({"phrase": "ABC"}, "phrase must be made of AB and -, a letter per syllable; got 'C'"),
        ({"phrase": "A-A"}, "phrase must use every syllable; 'A-A' leaves out 'B'"),
        ({"phrase": ""}, "phrase must not be empty"),
        ({"common_name": " "}, "common_name must not be empty"),
        ({"female": "crown"}, "female must be column=value pairs of the plumage; got 'crown'"),
        ({"female": "song=loud"}, "female must be column=value pairs of the plumage; got 'song=loud'"),
        ({"female": "crown=purpel"}, "female: crown has no value 'purpel': did you mean 'purple'?"),
    ],
)
def test_a_bad_value_gives_one_line_that_says_where_and_what(change, said):
    with pytest.raises(DatasetError) as error:
        read_species(table({**change}), "mine.csv")
    assert str(error.value).startswith(f"mine.csv, line 2: {said}")
    assert "\n" not in str(error.value)


def test_a_missing_column_is_named():
    with pytest.raises(DatasetError, match=r"^mine.csv: the column 'rump' is missing$"):
        read_species(table(columns=[column for column in COLUMNS if column != "rump"]), "mine.csv")


@pytest.mark.parametrize("lines", [[], table()[:1]])
def test_a_table_without_species_is_refused(lines):
    with pytest.raises(DatasetError, match=r"^mine.csv: "):
        read_species(lines, "mine.csv")


def test_a_row_with_too_many_cells_is_refused():
    header, row = table()
    with pytest.raises(DatasetError, match="line 2: the row has more cells than there are columns"):
        read_species([header, f"{row},more"], "mine.csv")


@pytest.mark.parametrize("column", ["common_name", "scientific_name"])
def test_a_name_may_occur_once_only(column):
    other = {"common_name": "Other Bird", "scientific_name": "Avis altera", column: ROW[column].upper()}
    with pytest.raises(DatasetError, match="occurs twice; each must occur once"):
        read_species(table({}, other), "mine.csv")


def test_find_species_knows_both_names_in_any_case():
    assert find_species("blue jay") is find_species("CYANOCITTA CRISTATA")


def test_find_species_suggests_the_nearest_name():
    with pytest.raises(InvalidValue, match=r"^unknown species 'Northen Cardnal': did you mean 'Northern Cardinal'\?$"):
        find_species("Northen Cardnal")
    with pytest.raises(ConfuError, match="^unknown species 'zzz'; birdmml/species.csv has all of them$"):
        find_species("zzz")
