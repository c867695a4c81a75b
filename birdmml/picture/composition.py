"""How a picture is composed: what each of the three generators decides."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from birdmml.picture.labels import NAMES
from birdmml.picture.light import Light
from birdmml.picture.palettes import LOOKS, SHIFTED_LOOKS
from birdmml.picture.pose import Build, Pose
from birdmml.picture.settings import Setting, choose_setting

__all__ = ["Bird", "Place", "Shot", "choose_bird", "choose_place", "choose_shot"]

WEATHERS = ("clear", "clear", "rain", "fog")  # Of the shifted split; the others are taken on clear days.


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


def choose_shot(shape: str, length_cm: float, setting: Setting, view: np.random.Generator, *, shift: bool) -> Shot:
    """Return a shot."""
    d = view.random(40)
    spread = view.standard_normal(10).clip(-2, 2)
    turned = bool(d[0] < 0.42) and setting.stance not in ("cling", "spread")
    facing = 1 if d[1] < 0.5 else -1
    pose = Pose(
        yaw=22 + 18 * d[2] if turned else -8 + 16 * d[2],
        head_turn=7 * spread[0],
        tilt=5.0 * spread[1] * (0.4 if setting.stance in ("cling", "swim", "flat") else 1.0),
        head_pitch=5 * spread[2] + _pitch(shape, setting),
        tail_pitch=6 * spread[3],
        droop=1.5 * spread[4],
        roll=_roll(shape, setting, d[3]),
        facing=facing,
    )
    tight = d[4] < 0.10
    share = (0.64 + 0.26 * d[5] if not tight else 0.94 + 0.2 * d[5]) * min(max((length_cm / 25) ** 0.06, 0.9), 1.06)
    reach = 0.05
    inward = 0.10 if tight else 0.0  # A photographer who comes close keeps the head in the frame.
    light = Light(
        side=2 * d[8] - 1, strength=0.35 + 0.6 * d[9], warmth=float(0.45 * spread[5]), exposure=0.92 + 0.17 * d[10]
    )
    center = (0.5 - facing * inward + reach * (2 * d[6] - 1), 0.49 + 0.6 * inward + reach * (2 * d[7] - 1))
    veil = d[12:36] if d[11] < 0.28 else None
    blur = 1.3 * d[36] - 0.75 if d[36] > 0.86 else max(0.85 * d[36] - 0.36, 0.0)
    noise = 1.0 + 4.5 * d[37] ** 2
    if shift:
        blur, noise = blur + 0.35, noise + 5.0
        light = Light(light.side, light.strength * 0.7, light.warmth * 1.6, light.exposure * (0.72 + 0.22 * d[38]))
    return Shot(
        pose, "three-quarter" if turned else "side", float(share), center, light, veil, float(blur), bool(d[39] < 0.12),
        float(noise), (int(d[38] * 512), int(d[39] * 512)), 0.5 if shift else 0.0,
        str(WEATHERS[int(d[37] * len(WEATHERS))]) if shift else "clear",
    )  # fmt: skip


def _pitch(shape: str, setting: Setting) -> float:
    if shape == "nuthatch" and setting.support == "trunk":
        return 28.0
    if setting.stance == "cling":
        return 14.0
    return {"heron": -4.0, "hummingbird": 4.0}.get(shape, 0.0)


def _roll(shape: str, setting: Setting, draw: float) -> float:
    if shape == "nuthatch" and setting.support == "trunk":
        return -78 - 14 * draw
    if setting.stance == "spread":
        return -12 + 30 * draw
    return 0.0
