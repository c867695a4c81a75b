"""The words for what recordings hold and for where birds live."""

from __future__ import annotations

from collections.abc import Mapping
from types import MappingProxyType

__all__ = [
    "HABITAT_WORDS",
    "NUMBER_WORDS",
    "PITCHES",
    "PITCH_TAILS",
    "PITCH_WORDS",
    "RATES",
    "RATE_TAILS",
    "RATE_WORDS",
    "SETTING_WORDS",
    "SOME_HABITS",
    "SYLLABLE_WORDS",
    "VOICES",
]

SYLLABLE_WORDS: Mapping[str, tuple[str, ...]] = MappingProxyType(
    {
        "whistle": ("level whistles", "even whistles"),
        "slur": ("falling whistles", "downslurred whistles"),
        "upslur": ("rising whistles", "upslurred whistles"),
        "chip": ("sharp chips", "chip notes"),
        "trill": ("trills", "trilled notes"),
        "buzz": ("buzzes", "buzzy notes"),
        "warble": ("warbles", "warbled notes"),
        "hoot": ("hoots", "soft hoots"),
        "coo": ("coos", "cooing notes"),
        "drum": ("drum rolls", "blows on wood"),
        "harsh": ("harsh notes", "rasping notes"),
        "croak": ("croaks", "croaking notes"),
        "quack": ("quacks", "quacking notes"),
        "honk": ("honks", "honking notes"),
        "scream": ("screams", "screaming notes"),
        "rattle": ("rattles", "rattling notes"),
        "chirp": ("chirps", "chirping notes"),
        "flute": ("flute-like notes", "fluting notes"),
        "hum": ("wing hums", "hums of the wings"),
        "boom": ("booms", "booming notes"),
    }
)
# What one calls it, and what a bird does with it.
VOICES: Mapping[str, tuple[tuple[str, str], ...]] = MappingProxyType(
    {
        "song": (("song", "sings"), ("song", "gives"), ("voice", "sings")),
        "call": (("call", "gives"), ("call", "utters"), ("voice", "gives")),
        "drumming": (("drumming", "beats out"),),
        "hum": (("hum", "makes"),),
        "voice": (("voice", "gives"), ("voice", "utters")),
    }
)
PITCHES = ("very low", "low", "middle", "high", "very high")  # Around up to 350, 1000, 2500 and 4500 Hz, and above.
PITCH_WORDS: Mapping[str, tuple[str, ...]] = MappingProxyType(
    {
        "very low": ("very low", "deep"),
        "low": ("low", "low-pitched"),
        "middle": ("medium-pitched", "mid-pitched"),
        "high": ("high", "high-pitched"),
        "very high": ("very high", "thin, very high"),
    }
)
RATES = ("drawn-out", "slow", "steady", "quick", "fast")  # Up to 0.9, 2, 4.5 and 8 syllables per second, and above.
RATE_WORDS: Mapping[str, tuple[str, ...]] = MappingProxyType(
    {
        "drawn-out": ("drawn-out", "long-drawn"),
        "slow": ("slow", "unhurried"),
        "steady": ("steady", "moderately paced"),
        "quick": ("quick", "brisk"),
        "fast": ("fast", "rapid"),
    }
)
# The same where a description of the song comes before: "a ringing whistle, high in pitch, at a slow pace".
PITCH_TAILS: Mapping[str, tuple[str, ...]] = MappingProxyType(
    {
        "very low": ("very low in pitch", "deep in pitch"),
        "low": ("low in pitch",),
        "middle": ("of medium pitch", "neither high nor low"),
        "high": ("high in pitch",),
        "very high": ("very high in pitch",),
        "some": ("at some pitch or other",),
    }
)
RATE_TAILS: Mapping[str, tuple[str, ...]] = MappingProxyType(
    {
        "drawn-out": ("long-drawn", "all drawn out"),
        "slow": ("at a slow pace", "without hurry"),
        "steady": ("at a steady pace", "at a moderate pace"),
        "quick": ("at a quick pace", "at a brisk pace"),
        "fast": ("at a fast pace", "at a rapid pace"),
        "some": ("at some pace or other",),
    }
)
NUMBER_WORDS = ("no", "one", "two", "three", "four", "five", "six", "seven", "eight", "nine", "ten", "eleven", "twelve")
SETTING_WORDS: Mapping[tuple[str, str], tuple[str, ...]] = MappingProxyType(
    {
        ("weather", "calm"): ("in calm weather", "in still air", "on a calm day"),
        ("weather", "wind"): ("in the wind", "against the wind", "with wind in the background"),
        ("weather", "rain"): ("in the rain", "through the rain", "with rain falling"),
        ("weather", "some"): ("in some kind of weather",),
        ("distance", "near"): ("from close by", "at close range"),
        ("distance", "middle"): ("from a short way off", "at a moderate distance"),
        ("distance", "far"): ("from far away", "in the distance"),
        ("distance", "some"): ("from wherever it is",),
        ("others", "yes"): ("with other birds in the background", "among the voices of other birds"),
        ("others", "no"): ("with no other bird to be heard", "with no other birds around"),
        ("others", "some"): ("with or without other birds",),
    }
)
HABITAT_WORDS: Mapping[str, tuple[str, ...]] = MappingProxyType(
    {
        "deciduous forest": ("in leafy forest", "in broadleaf woods"),
        "conifer forest": ("in conifer forest", "among conifers"),
        "open woodland": ("in open woodland", "in open, airy woods"),
        "thicket": ("in thickets", "in dense brush"),
        "garden": ("in gardens", "around gardens and yards"),
        "grassland": ("in grassland", "on open grassland"),
        "farmland": ("on farmland", "on farms"),
        "desert": ("in the desert", "in desert country"),
        "marsh": ("in marshes", "in wet marshland"),
        "lake": ("on lakes", "around lakes"),
        "river": ("along rivers", "beside running water"),
        "seashore": ("along the seashore", "on the coast"),
        "ocean": ("out at sea", "on the open ocean"),
        "cliff": ("on cliffs", "around cliffs"),
        "tundra": ("on the tundra", "on open tundra"),
        "city": ("in cities", "in towns and cities"),
    }
)
SOME_HABITS = (
    "finds its food in its own way",
    "nests in a place that suits it",
    "keeps to habits of its own",
    "raises its young as best it can",
    "moves about with the seasons or stays put",
    "feeds on one thing or another",
)
