"""How a picture is composed: where a shape is seen, and what each of the three generators decides."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from functools import lru_cache
from types import MappingProxyType

import numpy as np

from birdmml.picture.camera import Light
from birdmml.picture.draft import NAMES
from birdmml.picture.palettes import LOOKS, SHIFTED_LOOKS
from birdmml.picture.pose import Build, Pose
from birdmml.species import Plumage
from birdmml.vocabulary import SHAPES

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


FLYING = ("spread", "below", "above")
# How far the bill points up, in degrees.
PITCH = MappingProxyType({"heron": -4.0, "hummingbird": 4.0})
REACH = 0.05  # How far the middle of the bird may lie from that of the picture.
WEATHERS = ("clear", "clear", "rain", "fog")  # Of the shifted split; the others are taken on clear days.


@dataclass(frozen=True)
class Setting:
    """A place for a bird."""

    # What it rests on or in: branch, twig, post, snag, wire, stem, feeder, trunk, ground, mud, sand, stone, snowfield,
    # shallows, water or air.
    support: str
    background: str  # Of `birdmml.facts.BACKGROUNDS`.
    activity: str  # Of `birdmml.facts.ACTIVITIES`.
    # "grip", "flat", "cling", "headlong", "swim", "spread" or "hover"; a shot may show a flier from below or above.
    stance: str


@lru_cache(maxsize=64)
def settings_of(shape: str) -> tuple[tuple[Setting, ...], np.ndarray]:
    """Return the settings of a shape and the cumulative shares of how often it is seen in each."""
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


@dataclass(frozen=True)
class Bird:
    """One individual: its proportions, the tint of each part and how worn its plumage is."""

    build: Build
    tints: np.ndarray
    wear: float
    phase: int


@dataclass(frozen=True)
class Place:
    """A scene: its setting, the colours of what is around, and where the textures start."""

    setting: Setting
    look: np.ndarray
    horizon: float
    wood: int


@dataclass(frozen=True)
class Shot:
    """One shot of a bird in a scene: pose, framing, light, what hangs in front, and the camera."""

    pose: Pose
    stance: str
    view: str
    share: float
    center: tuple[float, float]
    light: Light
    veil: np.ndarray | None
    blur: float
    motion: bool
    noise: float
    grain_at: tuple[int, int]
    vignette: float
    weather: str


def choose_bird(individual: np.random.Generator) -> Bird:
    """Return an individual."""
    spread = individual.standard_normal(4 + 4 * len(NAMES)).clip(-2, 2)
    build = Build(1 + 0.04 * spread[0], 1 + 0.025 * spread[1], 1 + 0.05 * spread[2])
    tints = 1 + 0.045 * spread[4 : 4 + len(NAMES), None] + 0.018 * spread[4 + len(NAMES) :].reshape(-1, 3)
    return Bird(build, tints, float(individual.random()) * 0.8, int(individual.integers(512)))


def choose_place(shape: str, scene: np.random.Generator, *, shift: bool) -> Place:
    """Return a scene that suits a shape; ``shift`` takes its colours from looks that no other split has."""
    draws = scene.random(6)
    setting = choose_setting(shape, float(draws[0]))
    looks = (SHIFTED_LOOKS if shift else LOOKS)[setting.background]
    look = np.array(looks[int(draws[1] * len(looks))], dtype=float)
    look = look * (0.88 + 0.24 * draws[2]) * (1 + 0.06 * (scene.random(3) - 0.5))
    return Place(setting, look.clip(0, 255), float(draws[3]), int(draws[4] * 4))


def choose_shot(plumage: Plumage, setting: Setting, view: np.random.Generator, *, shift: bool) -> Shot:
    """Return a shot of a bird with this plumage in a setting; ``shift`` dims the light and coarsens the camera."""
    draws = view.random(40)
    spread = view.standard_normal(10).clip(-2, 2)
    stance = _stance(plumage, setting, float(draws[0]))
    turned = bool(draws[0] < 0.42) and stance not in ("cling", *FLYING)
    pose = _pose(plumage.shape, stance, draws, spread, turned=turned)
    share, center = _framing(plumage.length_cm, pose.facing, draws)
    blur, noise = _camera(draws, shift=shift)
    return Shot(
        pose=pose,
        stance=stance,
        view="three-quarter" if turned else "side",
        share=share,
        center=center,
        light=_light(draws, float(spread[5]), shift=shift),
        veil=draws[12:36] if draws[11] < 0.28 else None,
        blur=blur,
        motion=bool(draws[39] < 0.12),
        noise=noise,
        grain_at=(int(draws[38] * 512), int(draws[39] * 512)),
        vignette=0.5 if shift else 0.0,
        weather=WEATHERS[int(draws[37] * len(WEATHERS))] if shift else "clear",
    )


def _stance(plumage: Plumage, setting: Setting, draw: float) -> str:
    """Return how the bird holds itself: stiff-tailed climbers go head up, stocky herons draw their neck in."""
    if setting.support == "trunk" and plumage.tail == "pointed":
        return "cling"
    if plumage.shape == "heron" and setting.stance == "flat" and (plumage.bill == "stout" or plumage.length_cm < 50):
        return "hunched"
    if setting.stance == "spread":
        return FLYING[int(draw * len(FLYING))]
    return setting.stance


def _pose(shape: str, stance: str, draws: np.ndarray, spread: np.ndarray, *, turned: bool) -> Pose:
    head_down = stance == "headlong"
    return Pose(
        yaw=22 + 18 * draws[2] if turned else -8 + 16 * draws[2],
        head_turn=7 * spread[0],
        tilt=5.0 * spread[1] * (0.4 if stance not in ("grip", "hover") else 1.0),
        head_pitch=5 * spread[2] + (28.0 if head_down else 14.0 if stance == "cling" else PITCH.get(shape, 0.0)),
        tail_pitch=6 * spread[3],
        droop=1.5 * spread[4],
        roll=-78 - 14 * draws[3] if head_down else -8 + 18 * draws[3] if stance in FLYING else 0.0,
        facing=1 if draws[1] < 0.5 else -1,
    )


def _framing(length_cm: float, facing: int, draws: np.ndarray) -> tuple[float, tuple[float, float]]:
    """Return the share of the picture that the bird takes and where its middle is."""
    tight = draws[4] < 0.10
    share = (0.64 + 0.26 * draws[5] if not tight else 0.94 + 0.2 * draws[5]) * min(
        max((length_cm / 25) ** 0.06, 0.9), 1.06
    )
    inward = 0.10 if tight else 0.0  # A photographer who comes close keeps the head in the frame.
    x = 0.5 - facing * inward + REACH * (2 * draws[6] - 1)
    return float(share), (float(x), float(0.49 + 0.6 * inward + REACH * (2 * draws[7] - 1)))


def _light(draws: np.ndarray, warmth: float, *, shift: bool) -> Light:
    side, strength = 2 * draws[8] - 1, 0.35 + 0.6 * draws[9]
    warmth, exposure = 0.45 * warmth, 0.92 + 0.17 * draws[10]
    if shift:
        return Light(side, strength * 0.7, warmth * 1.6, exposure * (0.72 + 0.22 * draws[38]))
    return Light(side, strength, warmth, exposure)


def _camera(draws: np.ndarray, *, shift: bool) -> tuple[float, float]:
    """Return the deviations of blur, in pixels, and of noise, in grey levels."""
    blur = 1.3 * draws[36] - 0.75 if draws[36] > 0.86 else max(0.85 * draws[36] - 0.36, 0.0)
    noise = 1.0 + 4.5 * draws[37] ** 2
    return float(blur + 0.35 * shift), float(noise + 5.0 * shift)
