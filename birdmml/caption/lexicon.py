"""The words for what pictures show: colors, parts, forms, shapes, sizes, doings and settings."""

from __future__ import annotations

from collections.abc import Mapping
from types import MappingProxyType

__all__ = [
    "ACTIVITY_WORDS",
    "BACKGROUND_WORDS",
    "BEHIND_WORDS",
    "COLOR_WORDS",
    "FORM_WORDS",
    "PART_NOUNS",
    "PLACE_WORDS",
    "POSE_WORDS",
    "SHAPE_NOUNS",
    "SIZES",
    "SIZE_WORDS",
]

# No word stands for two colors, so that a reader (and a test) can tell which one is meant.
COLOR_WORDS: Mapping[str, tuple[str, ...]] = MappingProxyType(
    {
        "black": ("black",),
        "charcoal": ("charcoal", "sooty gray"),
        "slate": ("slate", "slate gray"),
        "gray": ("gray",),
        "pale gray": ("pale gray", "light gray"),
        "white": ("white",),
        "cream": ("cream", "creamy"),
        "buff": ("buff", "buffy"),
        "tan": ("tan", "sandy"),
        "brown": ("brown",),
        "dark brown": ("dark brown",),
        "gray brown": ("gray-brown", "grayish brown"),
        "rufous": ("rufous", "rusty"),
        "chestnut": ("chestnut",),
        "cinnamon": ("cinnamon",),
        "orange": ("orange",),
        "red": ("red",),
        "scarlet": ("scarlet", "bright red"),
        "rose": ("rose", "rosy"),
        "pink": ("pink",),
        "raspberry": ("raspberry", "raspberry red"),
        "yellow": ("yellow",),
        "pale yellow": ("pale yellow",),
        "lemon": ("lemon yellow",),
        "gold": ("gold", "golden"),
        "olive": ("olive",),
        "yellow olive": ("yellowish olive", "olive-yellow"),
        "green": ("green",),
        "iridescent green": ("glossy green", "iridescent green"),
        "iridescent purple": ("glossy purple", "iridescent purple"),
        "teal": ("blue-green",),
        "sky blue": ("sky blue", "light blue"),
        "blue": ("blue",),
        "deep blue": ("deep blue", "dark blue"),
        "blue gray": ("blue-gray", "bluish gray"),
        "purple": ("purple",),
        "maroon": ("maroon", "dark red"),
    }
)
# Noun, whether it is plural, and whether other nouns can share its color ("a black cap and throat").
PART_NOUNS: Mapping[str, tuple[tuple[str, bool, bool], ...]] = MappingProxyType(
    {
        "crown": (("crown", False, True), ("cap", False, True)),
        "face": (("face", False, True), ("cheeks", True, True)),
        "throat": (("throat", False, True),),
        "breast": (("breast", False, True), ("chest", False, True)),
        "belly": (("belly", False, True),),
        "back": (("back", False, True), ("mantle", False, True)),
        "wing": (("wings", True, True),),
        "rump": (("rump", False, True),),
        "tail": (("tail", False, True),),
        "bill": (("bill", False, True), ("beak", False, True)),
        "legs": (("legs", True, True),),
        "eyebrow": (("eyebrow", False, True), ("stripe over the eye", False, False)),
        "mask": (("mask", False, True), ("patch through the eye", False, False)),
        "eye_ring": (("eye ring", False, True), ("ring around the eye", False, False)),
        "malar": (("mustache stripe", False, True), ("stripe beside the throat", False, False)),
        "collar": (("collar", False, True), ("band around the neck", False, False)),
        "breast_band": (("breast band", False, True), ("band across the chest", False, False)),
        "flanks": (("flanks", True, True), ("sides", True, True)),
        "wing_bars": (("wing bars", True, True), ("bars on the wings", True, False)),
        "wing_patch": (("wing patch", False, True), ("patch on the wing", False, False)),
        "tail_edge": (("tail edges", True, True), ("edges to the tail", True, False)),
    }
)
FORM_WORDS: Mapping[str, Mapping[str, tuple[str, ...]]] = MappingProxyType(
    {
        "bill_form": {
            "cone": ("cone-shaped", "conical"),
            "thin": ("thin", "fine"),
            "hooked": ("hooked",),
            "long": ("long",),
            "decurved": ("downcurved", "curved"),
            "chisel": ("chisel-like",),
            "flat": ("flat", "flattened"),
            "dagger": ("dagger-like",),
            "stout": ("stout", "sturdy"),
            "short": ("short", "stubby"),
            "massive": ("massive", "heavy"),
            "needle": ("needle-thin", "needle-like"),
        },
        "tail_form": {
            "rounded": ("rounded",),
            "notched": ("notched",),
            "forked": ("forked",),
            "long": ("long",),
            "short": ("short", "stubby"),
            "fan": ("fan-shaped", "broad"),
            "square": ("square-tipped", "square"),
            "pointed": ("pointed",),
            "cocked": ("cocked", "upturned"),
        },
        "crest": {
            "short": ("a short crest", "a small crest"),
            "tall": ("a tall crest", "a peaked crest"),
            "plume": ("a head plume", "a plume on the head"),
            "tufts": ("tufts on the head", "head tufts"),
        },
        "breast_pattern": {
            "streaked": ("streaked",),
            "spotted": ("spotted",),
            "barred": ("barred",),
            "scaled": ("scaly", "scaled"),
        },
        "back_pattern": {
            "streaked": ("streaked",),
            "spotted": ("spotted",),
            "barred": ("barred",),
            "scaled": ("scaly", "scaled"),
        },
    }
)
SIZES = ("tiny", "small", "medium", "large", "huge")  # Up to 11, 18, 35 and 60 cm, and above.
SIZE_WORDS: Mapping[str, tuple[str, ...]] = MappingProxyType(
    {
        "tiny": ("tiny", "very small"),
        "small": ("small",),
        "medium": ("medium-sized", "mid-sized"),
        "large": ("large", "big"),
        "huge": ("very large", "very big"),
    }
)
SHAPE_NOUNS: Mapping[str, tuple[str, ...]] = MappingProxyType(
    {
        "duck": ("duck",),
        "goose": ("goose-like bird", "long-necked waterfowl"),
        "grebe": ("grebe-like waterbird", "diving waterbird"),
        "cormorant": ("cormorant-like waterbird", "snake-necked diver"),
        "pelican": ("pelican", "pouch-billed waterbird"),
        "heron": ("heron-like wader", "long-legged wader"),
        "crane": ("crane", "crane-like wader"),
        "rail": ("rail-like marsh bird", "chicken-like marsh bird"),
        "plover": ("plover", "plover-like shorebird"),
        "sandpiper": ("sandpiper-like shorebird", "probing shorebird"),
        "gull": ("gull",),
        "tern": ("tern", "tern-like seabird"),
        "hawk": ("hawk-like raptor", "hook-billed raptor"),
        "falcon": ("falcon", "falcon-like raptor"),
        "vulture": ("vulture", "bare-headed scavenger"),
        "owl": ("owl", "round-faced owl"),
        "grouse": ("grouse-like game bird", "plump game bird"),
        "dove": ("dove", "dove-like bird"),
        "cuckoo": ("cuckoo-like bird", "lanky cuckoo-like bird"),
        "nightjar": ("nightjar", "flat-headed nightjar"),
        "swift": ("swift", "cigar-bodied swift"),
        "hummingbird": ("hummingbird",),
        "kingfisher": ("kingfisher", "heavy-headed kingfisher"),
        "woodpecker": ("woodpecker", "trunk-climbing woodpecker"),
        "flycatcher": ("flycatcher", "upright flycatcher"),
        "shrike": ("shrike", "shrike-like songbird"),
        "vireo": ("vireo", "vireo-like songbird"),
        "jay": ("jay-like bird", "jay-like songbird"),
        "crow": ("crow-like bird", "crow-shaped bird"),
        "swallow": ("swallow", "swallow-like bird"),
        "chickadee": ("chickadee-like bird", "round-headed songbird"),
        "nuthatch": ("nuthatch-like bird", "trunk-creeping songbird"),
        "wren": ("wren", "wren-like bird"),
        "kinglet": ("kinglet-like bird", "round-bodied songbird"),
        "thrush": ("thrush", "thrush-like songbird"),
        "mockingbird": ("mockingbird-like songbird", "slim, long-tailed songbird"),
        "waxwing": ("waxwing-like bird", "sleek songbird"),
        "warbler": ("warbler", "warbler-like songbird"),
        "sparrow": ("sparrow", "sparrow-like bird"),
        "finch": ("finch", "finch-like bird"),
        "grosbeak": ("grosbeak-like bird", "thick-billed songbird"),
        "blackbird": ("blackbird-like bird", "sturdy songbird"),
        "oriole": ("oriole", "oriole-like songbird"),
        "tanager": ("tanager-like songbird", "stout-billed songbird"),
    }
)
# What it does, and the same as a participle.
ACTIVITY_WORDS: Mapping[str, tuple[tuple[str, str], ...]] = MappingProxyType(
    {
        "perched": (("perches", "perched"), ("sits", "sitting"), ("rests", "resting")),
        "standing": (("stands", "standing"), ("stands upright", "standing upright")),
        "swimming": (("swims", "swimming"), ("floats", "floating"), ("paddles", "paddling")),
        "wading": (("wades", "wading"), ("wades about", "wading about")),
        "clinging": (("clings on", "clinging on"), ("clings tight", "clinging tight")),
        "hovering": (("hovers", "hovering"), ("hangs in the air", "hanging in the air")),
        "flying": (("flies", "flying"), ("flies past", "flying past")),
        "some": (
            ("does something or other", "doing something or other"),
            ("busies itself with something", "busy with something"),
        ),
    }
)
# Around a bird that stays put, and behind one that moves.
BACKGROUND_WORDS: Mapping[str, tuple[str, ...]] = MappingProxyType(
    {
        "foliage": ("among leaves", "in the foliage", "amid green leaves"),
        "sky": ("against the sky", "under open sky"),
        "water": ("by the water", "at the water"),
        "snow": ("in the snow", "in a wintry scene"),
        "feeder": ("at a feeder", "beside a feeder"),
        "reeds": ("among reeds", "in the reeds"),
        "field": ("in an open field", "in a field"),
        "rock": ("among rocks", "by bare rock"),
    }
)
BEHIND_WORDS: Mapping[str, tuple[str, ...]] = MappingProxyType(
    {
        "foliage": ("in front of leaves", "with foliage behind it"),
        "sky": ("against the sky", "with open sky behind it"),
        "water": ("with water all around", "over the water"),
        "snow": ("with snow behind it", "against snow"),
        "feeder": ("with a feeder behind it", "near a feeder"),
        "reeds": ("in front of reeds", "with reeds behind it"),
        "field": ("with a field behind it", "against a grassy field"),
        "rock": ("with rock behind it", "in front of bare rock"),
    }
)
# Where what it does and where it is go together.
PLACE_WORDS: Mapping[tuple[str, str], tuple[str, ...]] = MappingProxyType(
    {
        ("swimming", "water"): ("on open water", "on the water"),
        ("wading", "water"): ("in shallow water", "at the water's edge"),
        ("flying", "sky"): ("across open sky", "against the sky"),
        ("hovering", "feeder"): ("at a feeder", "beside a feeder"),
    }
)
POSE_WORDS: Mapping[tuple[str, str], tuple[str, ...]] = MappingProxyType(
    {
        ("facing", "left"): ("facing left", "turned to the left", "with its head to the left"),
        ("facing", "right"): ("facing right", "turned to the right", "with its head to the right"),
        ("facing", "some"): ("facing one way or the other",),
        ("view", "side"): ("side-on", "in side view"),
        ("view", "three-quarter"): ("turned partly toward the viewer", "in three-quarter view"),
        ("view", "some"): ("at some angle",),
        ("occlusion", "partly"): ("partly hidden", "half hidden from view"),
        ("occlusion", "none"): ("in full view", "with nothing in the way"),
        ("occlusion", "some"): ("more or less in view",),
        ("background", "some"): ("somewhere outdoors", "in some sort of place"),
    }
)
