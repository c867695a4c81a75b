"""Random pictures and recordings of all species, as the caption tests need them."""

import functools

import numpy as np

from birdmml.caption import write_caption
from birdmml.species import ACTIVITIES, BACKGROUNDS, WEATHERS, PictureFacts, SongFacts, load_species

TABLE = load_species()
OWN_TYPE = 0.7  # Share of triplets whose picture (whose song) is of the species' own type.


def _pick(items, random):
    return items[int(random.random() * len(items))]


def draw(random):
    """Draw what `write_caption` takes, but dials and generator."""
    species, looks, sings = TABLE[random.integers(len(TABLE))], *(TABLE[random.integers(len(TABLE))] for _ in range(2))
    looks, sings = (species if random.random() < OWN_TYPE else other for other in (looks, sings))
    female = looks.female is not None and random.random() < 0.5
    plumage = looks.female if female else looks.plumage
    return {
        "species": species,
        "plumage": plumage,
        "song": sings.song,
        "picture": draw_picture(plumage, "female" if female else "male", random),
        "recording": draw_recording(sings.song, random),
    }


def draw_picture(plumage, sex, random):
    return PictureFacts(
        background=_pick(BACKGROUNDS, random),
        activity=_pick(ACTIVITIES, random),
        facing=_pick(("left", "right"), random),
        view=_pick(("side", "three-quarter"), random),
        sex=sex,
        visible=frozenset(part for part in sorted(plumage.colors) if random.random() < 0.8),
        occlusion=_pick((0.0, 0.05, 0.3), random),
        blur=0.5,
        noise=3.0,
    )


def draw_recording(song, random):
    heard = tuple(dict.fromkeys(song.syllables))
    if random.random() < 0.2:
        heard = heard[:1]
    return SongFacts(
        syllables=heard,
        low_hz=song.low_hz * random.uniform(0.95, 1.05),
        high_hz=song.high_hz * random.uniform(0.95, 1.05),
        rate=song.rate * random.uniform(0.85, 1.15),
        phrases=int(random.integers(0, 14)),
        weather=_pick(WEATHERS, random),
        others=bool(random.integers(2)),
        distance_m=float(random.uniform(2, 120)),
        snr_db=15.0,
    )


@functools.cache
def write(count, dials, seed=0):
    """Write captions of random triplets."""
    random = np.random.default_rng(seed)
    return tuple(write_caption(**draw(random), dials=dials, random=random) for _ in range(count))
