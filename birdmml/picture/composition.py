"""How a picture is composed: where a shape is seen, and what each of the three generators decides."""

from __future__ import annotations

from dataclasses import dataclass
from functools import lru_cache

import numpy as np

from birdmml.picture.background import scenery
from birdmml.picture.camera import Light
from birdmml.picture.draft import NAMES
from birdmml.picture.template import Build, Pose
from birdmml.species import Plumage, Shape, shapes

GRIPPING = ("branch", "twig", "post", "snag", "wire", "stem", "feeder")
FLYING = ("spread", "below", "above")
REACH = 0.05  # How far the middle of the bird may lie from that of the picture.
WEATHERS = ("clear", "clear", "rain", "fog")  # Of the shifted split; the others are taken on clear days.


@dataclass(frozen=True)
class Setting:
    """What a bird rests on, before what, and what it does there."""

    # What it rests on or in: branch, twig, post, snag, wire, stem, feeder, trunk, ground, mud, sand, stone, snowfield,
    # shallows, water or air.
    support: str
    background: str  # Of `birdmml.species.BACKGROUNDS`.
    activity: str  # Of `birdmml.species.ACTIVITIES`.
    # "grip", "flat", "cling", "headlong", "swim", "spread" or "hover"; a shot may show a flier from below or above.
    stance: str


@lru_cache(maxsize=64)
def settings_of(shape: str) -> tuple[tuple[Setting, ...], np.ndarray]:
    """Return the settings of a shape and the cumulative shares of how often it is seen in each."""
    own = shapes()[shape]
    settings = tuple(Setting(support, background, *_manner(own, support)) for support, background, _ in own.seen)
    weights = [weight for *_, weight in own.seen]
    return settings, np.cumsum(weights) / np.sum(weights)


def _manner(shape: Shape, support: str) -> tuple[str, str]:
    """Return what a bird does on a support, and in which stance."""
    if support == "air":
        return ("hovering" if shape.aloft == "hover" else "flying"), shape.aloft
    if support == "trunk":
        return "clinging", shape.climb
    if support == "water":
        return "swimming", "swim"
    if support in GRIPPING:
        return "perched", "grip"
    return ("wading" if support == "shallows" else "standing"), "flat"


def choose_setting(shape: str, draw: float) -> Setting:
    """Return the setting of a shape for a number in [0, 1)."""
    settings, shares = settings_of(shape)
    return settings[int(np.searchsorted(shares, draw, side="right"))]


@dataclass(frozen=True)
class Bird:
    """One individual: its proportions, the tint of each part and how worn its plumage is."""

    build: Build
    tints: np.ndarray
    wear: float
    phase: int


@dataclass(frozen=True)
class Location:
    """Where a bird is: its setting, the colours of what is around, and where the textures start."""

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


def choose_location(shape: str, scene: np.random.Generator, *, shift: bool) -> Location:
    """Return a location that suits a shape; ``shift`` takes its colours from looks that no other split has."""
    draws = scene.random(6)
    setting = choose_setting(shape, float(draws[0]))
    looks = (scenery().shifted_looks if shift else scenery().looks)[setting.background]
    look = np.array(looks[int(draws[1] * len(looks))], dtype=float)
    look = look * (0.88 + 0.24 * draws[2]) * (1 + 0.06 * (scene.random(3) - 0.5))
    return Location(setting, look.clip(0, 255), float(draws[3]), int(draws[4] * 4))


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
    """Return how the bird holds itself: stiff-tailed climbers go head up, stocky herons hunch."""
    if setting.support == "trunk" and plumage.tail == "pointed":
        return "cling"
    hunches = shapes()[plumage.shape].hunches and (plumage.bill == "stout" or plumage.length_cm < 50)
    if hunches and setting.stance == "flat":
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
        head_pitch=5 * spread[2] + (28.0 if head_down else 14.0 if stance == "cling" else shapes()[shape].pitch),
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
