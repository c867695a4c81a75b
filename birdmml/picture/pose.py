"""Bending a template into a pose: one affine map per bone, then the turn towards the viewer."""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np

from birdmml.picture.draft import BODY, BONES, FOOT, HEAD, SKULL, TAIL, WING
from birdmml.picture.template import Template

# Half the width of the trunk over half its length: how much of the side a turned body shows.
ROUNDNESS = 0.56
# A linear map of the plane by rows, in plain floats: a handful of these is faster than arrays.
Linear = tuple[float, float, float, float]


@dataclass(frozen=True)
class Build:
    """Proportions of one bird: factors near 1 on depth, head, tail and bill."""

    plump: float = 1.0
    head: float = 1.0
    tail: float = 1.0


@dataclass(frozen=True)
class Pose:
    """How a bird holds itself; angles in degrees."""

    yaw: float = 0.0  # Turn of the body towards the viewer; 0 is a side view.
    head_turn: float = 0.0  # Further turn of the head.
    tilt: float = 0.0  # Raise of the body, the bill, the tail and the wing.
    head_pitch: float = 0.0
    tail_pitch: float = 0.0
    droop: float = 0.0
    roll: float = 0.0  # Turn of the whole figure, feet and all; head-down on a trunk is about -85.
    facing: int = 1  # 1: right; -1: left.


def _rotation(degrees: float, factor: float = 1.0) -> Linear:
    angle = math.radians(degrees)
    cos, sin = factor * math.cos(angle), factor * math.sin(angle)
    return cos, -sin, sin, cos


def _stretched(turn: float, degrees: float, along: float, across: float) -> Linear:
    """Return the map that stretches along a direction and across it, and then turns by ``turn`` degrees."""
    c, _, s, _ = _rotation(degrees)
    return _after(_rotation(turn + degrees), (along * c, along * s, -across * s, across * c))


def _after(second: Linear, first: Linear) -> Linear:
    a, b, c, d = second
    e, f, g, h = first
    return a * e + b * g, a * f + b * h, c * e + d * g, c * f + d * h


def _moved(linear: Linear, pivot: tuple[float, float], point: tuple[float, float]) -> tuple[float, float]:
    """Return where a point goes that turns with a map about a pivot that stays."""
    x, y = point[0] - pivot[0], point[1] - pivot[1]
    return pivot[0] + linear[0] * x + linear[1] * y, pivot[1] + linear[2] * x + linear[3] * y


def bone_maps(template: Template, pose: Pose, build: Build) -> np.ndarray:  # float64, shape (bones, 4, 2)
    """Return the maps of (x, y, z, 1) at rest to x and y in a pose, in lengths of the body, before facing and roll."""
    shape, frames = template.shape, template.frames
    hip = (0.0, -0.3 * shape.depth)
    trunk = _stretched(pose.tilt, shape.posture, 1.0, build.plump)
    wing = _after(_rotation(pose.droop), trunk)
    skull = _rotation(pose.head_pitch, build.head)
    tail = _stretched(pose.tilt - pose.tail_pitch, math.degrees(frames.tail.angle), build.tail, 1.0)
    head, root = (frames.head.x, frames.head.y), (frames.tail.x, frames.tail.y)
    lifted = _moved(trunk, hip, head)
    yaw, head_yaw = math.radians(pose.yaw), math.radians(pose.yaw + pose.head_turn)
    cos, sin, head_sin = math.cos(yaw), math.sin(yaw), math.sin(head_yaw)
    wide = math.hypot(cos, ROUNDNESS * sin)
    # By bone: the map, a point and where it goes; then the foreshortening, what depth adds, and the axis of the turn.
    by_bone = {
        BODY: _turned(trunk, hip, hip, wide, sin, 0.0),
        WING: _turned(wing, frames.shoulder, _moved(trunk, hip, frames.shoulder), wide, sin, 0.0),
        TAIL: _turned(tail, root, _moved(trunk, hip, root), cos, sin, 0.0),
        FOOT: _turned((1.0, 0.0, 0.0, 1.0), hip, hip, cos, sin, 0.0),
        HEAD: _turned(skull, head, lifted, math.cos(head_yaw), head_sin, lifted[0] * wide),
        SKULL: _turned(skull, head, lifted, 1.0, head_sin, lifted[0] * wide),
    }
    return np.array([by_bone[bone] for bone in range(BONES)])


def _turned(
    linear: Linear, before: tuple[float, float], after: tuple[float, float], factor: float, side: float, axis: float
) -> list[tuple[float, float]]:
    """Return the map of one bone: linear, through a point and its image, foreshortened about a vertical axis."""
    a, b, c, d = linear
    x = after[0] - a * before[0] - b * before[1]
    y = after[1] - c * before[0] - d * before[1]
    about = axis + (x - after[0]) * factor if axis else x * factor
    return [(a * factor, c), (b * factor, d), (-side, 0.0), (about, y)]


def bend(template: Template, pose: Pose, build: Build) -> np.ndarray:  # float32, shape (samples, 2)
    """Return the curves of a bird in a pose, x and y in lengths of the body, y up."""
    maps = bone_maps(template, pose, build)
    if pose.roll:
        maps = maps @ np.array(_rotation(pose.roll)).reshape(2, 2).T
    if pose.facing < 0:
        maps[:, :, 0] *= -1
    return (template.curves @ maps.reshape(4 * BONES, 2)).astype(np.float32)


def turned(point: tuple[float, float], pose: Pose) -> tuple[float, float]:
    """Return where a point of the ground at rest lies after roll and facing."""
    angle = math.radians(pose.roll)
    x, y = point
    x, y = x * math.cos(angle) - y * math.sin(angle), x * math.sin(angle) + y * math.cos(angle)
    return x * pose.facing, y
