"""The words of the species table: colours, shapes, forms, parts, patterns, habitats and kinds of syllable."""

from __future__ import annotations

from collections.abc import Mapping
from types import MappingProxyType

__all__ = [
    "BILLS",
    "COLORS",
    "CRESTS",
    "HABITATS",
    "MARKS",
    "PARTS",
    "PATTERNS",
    "SHAPES",
    "SYLLABLES",
    "TAILS",
]

# Red, green, blue in [0, 255] of the colours that the table names, as they look on a bird in flat light.
COLORS: Mapping[str, tuple[int, int, int]] = MappingProxyType(
    {
        "black": (28, 28, 30),
        "charcoal": (62, 63, 66),
        "slate": (92, 99, 108),
        "gray": (140, 143, 146),
        "pale gray": (190, 193, 196),
        "white": (244, 243, 238),
        "cream": (238, 228, 202),
        "buff": (219, 187, 137),
        "tan": (190, 158, 118),
        "brown": (118, 86, 60),
        "dark brown": (72, 52, 40),
        "gray brown": (128, 117, 104),
        "rufous": (168, 84, 42),
        "chestnut": (124, 56, 34),
        "cinnamon": (194, 124, 74),
        "orange": (236, 128, 34),
        "red": (200, 32, 36),
        "scarlet": (226, 38, 24),
        "rose": (206, 92, 108),
        "pink": (232, 158, 166),
        "raspberry": (166, 50, 76),
        "yellow": (248, 212, 44),
        "pale yellow": (240, 228, 138),
        "lemon": (250, 236, 70),
        "gold": (222, 170, 44),
        "olive": (120, 122, 66),
        "yellow olive": (160, 158, 70),
        "green": (62, 128, 66),
        "iridescent green": (20, 104, 78),
        "iridescent purple": (42, 32, 56),
        "teal": (38, 108, 118),
        "sky blue": (112, 168, 214),
        "blue": (50, 98, 178),
        "deep blue": (38, 56, 128),
        "blue gray": (112, 134, 156),
        "purple": (96, 56, 112),
        "maroon": (94, 30, 34),
    }
)
SHAPES = (
    "duck",
    "goose",
    "grebe",
    "cormorant",
    "pelican",
    "heron",
    "crane",
    "rail",
    "plover",
    "sandpiper",
    "gull",
    "tern",
    "hawk",
    "falcon",
    "vulture",
    "owl",
    "grouse",
    "dove",
    "cuckoo",
    "nightjar",
    "swift",
    "hummingbird",
    "kingfisher",
    "woodpecker",
    "flycatcher",
    "shrike",
    "vireo",
    "jay",
    "crow",
    "swallow",
    "chickadee",
    "nuthatch",
    "wren",
    "kinglet",
    "thrush",
    "mockingbird",
    "waxwing",
    "warbler",
    "sparrow",
    "finch",
    "grosbeak",
    "blackbird",
    "oriole",
    "tanager",
)
BILLS = (
    "cone",
    "thin",
    "hooked",
    "long",
    "decurved",
    "chisel",
    "flat",
    "dagger",
    "stout",
    "short",
    "massive",
    "needle",
)
TAILS = ("rounded", "notched", "forked", "long", "short", "fan", "square", "pointed", "cocked")
CRESTS = ("none", "short", "tall", "plume", "tufts")
# Parts that every bird has, with one colour each, and marks that only some have (blank in the table: none).
PARTS = ("crown", "face", "throat", "breast", "belly", "back", "wing", "rump", "tail", "bill", "legs")
MARKS = (
    "eyebrow",
    "mask",
    "eye_ring",
    "malar",
    "collar",
    "breast_band",
    "flanks",
    "wing_bars",
    "wing_patch",
    "tail_edge",
)
PATTERNS = ("plain", "streaked", "spotted", "barred", "scaled")
HABITATS = (
    "deciduous forest",
    "conifer forest",
    "open woodland",
    "thicket",
    "garden",
    "grassland",
    "farmland",
    "desert",
    "marsh",
    "lake",
    "river",
    "seashore",
    "ocean",
    "cliff",
    "tundra",
    "city",
)
SYLLABLES = (
    "whistle",  # a steady tone
    "slur",  # a whistle that falls
    "upslur",  # a whistle that rises
    "chip",  # short, steep and falling
    "trill",  # one element, fast
    "buzz",  # dense, rasping
    "warble",  # rising and falling in quick turns
    "hoot",  # low and soft
    "coo",  # low, swelling
    "drum",  # blows on wood
    "harsh",  # noisy call
    "croak",  # low and harsh
    "quack",  # nasal, many harmonics
    "honk",  # nasal, breaking upward
    "scream",  # long, high, falling, rough
    "rattle",  # fast dry clicks
    "chirp",  # short rise and fall
    "flute",  # rich whistle with an upper voice of its own
    "hum",  # of wings
    "boom",  # very low
)
