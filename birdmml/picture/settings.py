"""Where each shape is seen: what it rests on or in, before which background."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from functools import lru_cache
from types import MappingProxyType

import numpy as np

from birdmml.vocabulary import SHAPES

__all__ = ["Setting", "choose_setting", "settings_of"]

# Per shape: support:background weight. What most songbirds do is said once.
IN_TREES = (
    "branch:foliage 6; twig:foliage 4; branch:field 1; branch:snow 1; twig:field 1; feeder:feeder 1; branch:sky 0.6"
)
USUAL: Mapping[str, str] = MappingProxyType(
    {
        "duck": "water:water 9; water:reeds 3; mud:water 0.4",
        "goose": "water:water 5; ground:field 4; mud:water 1; snowfield:snow 1",
        "grebe": "water:water 8; water:reeds 2",
        "cormorant": "stone:water 4; post:water 3; water:water 3; snag:sky 1",
        "pelican": "water:water 6; post:water 2; stone:water 1",
        "heron": "shallows:water 5; shallows:reeds 5; stone:water 1; ground:field 0.5",
        "crane": "ground:field 6; shallows:reeds 2; shallows:water 1; snowfield:snow 1",
        "rail": "shallows:reeds 7; mud:reeds 3; water:water 1",
        "plover": "sand:water 4; ground:field 3; mud:water 3; sand:rock 2",
        "sandpiper": "mud:water 5; sand:water 3; shallows:water 2; stone:rock 1",
        "gull": "sand:water 4; post:water 2; water:water 2; stone:rock 2; air:sky 2",
        "tern": "sand:water 4; post:water 2; stone:rock 1; air:sky 3",
        "hawk": "snag:sky 5; post:field 4; branch:foliage 3; branch:snow 1; air:sky 1",
        "falcon": "snag:sky 4; stone:rock 3; post:field 3; wire:sky 1; air:sky 1",
        "vulture": "snag:sky 5; post:field 2; stone:rock 1; air:sky 3",
        "owl": "branch:foliage 6; snag:foliage 2; post:field 1; branch:snow 2; snag:sky 0.6",
        "grouse": "ground:field 7; snowfield:snow 1; stone:rock 1; branch:foliage 0.5",
        "dove": "branch:foliage 4; wire:sky 2; ground:field 3; feeder:feeder 1; branch:field 1; snowfield:snow 0.5",
        "cuckoo": "branch:foliage 7; twig:foliage 2; branch:field 1",
        "nightjar": "branch:foliage 4; stone:rock 3; ground:field 3",
        "swift": "air:sky 9; air:rock 1",
        "hummingbird": "air:foliage 6; air:feeder 3; twig:foliage 4; twig:sky 0.5",
        "kingfisher": "branch:water 6; post:water 3; wire:sky 1; branch:foliage 1",
        "woodpecker": "trunk:foliage 8; trunk:snow 2; trunk:field 1; branch:foliage 0.7",
        "flycatcher": "twig:foliage 5; twig:field 3; branch:foliage 3; wire:sky 2; post:field 1",
        "shrike": "twig:field 5; wire:sky 2; post:field 2; twig:sky 1; branch:snow 1",
        "jay": "branch:foliage 6; feeder:feeder 2; branch:snow 2; ground:field 1; stone:rock 0.5",
        "crow": "branch:foliage 3; snag:sky 3; ground:field 3; post:field 2; snowfield:snow 1; stone:rock 1",
        "swallow": "wire:sky 5; twig:sky 2; post:field 2; air:sky 2; air:water 1; twig:field 1",
        "nuthatch": "trunk:foliage 7; trunk:snow 2; branch:foliage 1",
        "chickadee": "branch:foliage 5; twig:foliage 4; feeder:feeder 3; branch:snow 3",
        "wren": "branch:foliage 4; twig:reeds 2; stone:rock 2; post:field 2; twig:foliage 2",
        "thrush": "branch:foliage 6; ground:field 4; branch:snow 1; post:field 1; twig:foliage 1",
        "mockingbird": "branch:foliage 4; twig:field 3; post:field 2; twig:sky 1; ground:field 1",
        "sparrow": "twig:field 4; branch:foliage 3; twig:foliage 3; ground:field 3; feeder:feeder 1; snowfield:snow 1",
        "blackbird": "stem:reeds 6; branch:foliage 2; post:field 2; ground:field 3; wire:sky 1",
    }
)
GRIPPING = ("branch", "twig", "post", "snag", "wire", "stem", "feeder")
ACTIVITY = MappingProxyType({"trunk": "clinging", "water": "swimming", "shallows": "wading"})


@dataclass(frozen=True)
class Setting:
    """A place for a bird.

    Attributes
    ----------
    support : str
        What it rests on or in: branch, twig, post, snag, wire, stem, feeder, trunk, ground, mud, sand, stone,
        snowfield, shallows, water or air.
    background : str
        Of `birdmml.facts.BACKGROUNDS`.
    activity : str
        Of `birdmml.facts.ACTIVITIES`.
    stance : str
        "grip", "flat", "cling", "headlong", "swim", "spread" or "hover"; a shot may show a flier from below or above.
    """

    support: str
    background: str
    activity: str
    stance: str


@lru_cache(maxsize=64)
def settings_of(shape: str) -> tuple[tuple[Setting, ...], np.ndarray]:
    """Return the settings of a shape and the cumulative shares of how often it is seen in each.

    Examples
    --------
    >>> {setting.activity for setting in settings_of("grebe")[0]}
    {'swimming'}
    """
    settings, weights = [], []
    for entry in USUAL.get(shape, IN_TREES).split(";"):
        place, weight = entry.split()
        support, background = place.split(":")
        settings.append(Setting(support, background, *_manner(shape, support)))
        weights.append(float(weight))
    return tuple(settings), np.cumsum(weights) / np.sum(weights)


def _manner(shape: str, support: str) -> tuple[str, str]:
    if support == "air":
        return ("hovering", "hover") if shape == "hummingbird" else ("flying", "spread")
    if support == "trunk":
        return "clinging", "headlong" if shape == "nuthatch" else "cling"
    if support == "water":
        return "swimming", "swim"
    if support in GRIPPING:
        return "perched", "grip"
    return ACTIVITY.get(support, "standing"), "flat"


def choose_setting(shape: str, draw: float) -> Setting:
    """Return the setting of a shape for a number in [0, 1)."""
    settings, shares = settings_of(shape)
    return settings[int(np.searchsorted(shares, draw, side="right"))]


assert set(USUAL) <= set(SHAPES)
