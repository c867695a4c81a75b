"""Bending a template into a pose: one affine map per bone, then the turn towards the viewer."""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np

from birdmml.picture.draft import BODY, BONES, FOOT, HEAD, SKULL, TAIL, WING
from birdmml.picture.template import Template

__all__ = ["Build", "Pose", "bend", "turned"]

# Half the width of the trunk over half its length: how much of the side a turned body shows.
ROUNDNESS = 0.56


@dataclass(frozen=True)
class Build:
    """Proportions of one bird: factors near 1 on depth, head, tail and bill."""

    plump: float = 1.0
    head: float = 1.0
    tail: float = 1.0


@dataclass(frozen=True)
class Pose:
    """How a bird holds itself; angles in degrees.

    Attributes
    ----------
    yaw : float
        Turn of the body towards the viewer; 0 is a side view.
    head_turn : float
        Further turn of the head.
    tilt, head_pitch, tail_pitch, droop : float
        Raise of the body, the bill, the tail and the wing.
    roll : float
        Turn of the whole figure, feet and all; head-down on a trunk is about -85.
    facing : int
        1: right; -1: left.
    """

    yaw: float = 0.0
    head_turn: float = 0.0
    tilt: float = 0.0
    head_pitch: float = 0.0
    tail_pitch: float = 0.0
    droop: float = 0.0
    roll: float = 0.0
    facing: int = 1


def _rotation(degrees: float) -> np.ndarray:
    angle = math.radians(degrees)
    cos, sin = math.cos(angle), math.sin(angle)
    return np.array([[cos, -sin], [sin, cos]])


def _stretched(turn: float, degrees: float, along: float, across: float) -> np.ndarray:
    """Return the map that stretches along a direction and across it, and then turns by ``turn`` degrees."""
    a, b = math.radians(turn + degrees), math.radians(degrees)
    cos_a, sin_a, cos_b, sin_b = math.cos(a), math.sin(a), math.cos(b), math.sin(b)
    return np.array(
        [
            [cos_a * along * cos_b + sin_a * across * sin_b, cos_a * along * sin_b - sin_a * across * cos_b],
            [sin_a * along * cos_b - cos_a * across * sin_b, sin_a * along * sin_b + cos_a * across * cos_b],
        ]
    )


def bone_maps(template: Template, pose: Pose, build: Build) -> np.ndarray:
    """Return the maps from rest to pose, before facing and roll.

    Returns
    -------
    ndarray of float64, shape (bones, 4, 2)
        Map x, y, z and 1 at rest to x and y, in lengths of the body, y up.
    """
    anatomy, frames = template.anatomy, template.frames
    hip = np.array([0.0, -0.3 * anatomy.depth])
    trunk = _stretched(pose.tilt, anatomy.posture, 1.0, build.plump)
    rests = np.array([(frames.head.x, frames.head.y), (frames.tail.x, frames.tail.y), frames.shoulder])
    head, root, shoulder = (rests - hip) @ trunk.T + hip
    matrices = np.empty((BONES, 2, 2))
    matrices[BODY], matrices[FOOT] = trunk, np.eye(2)
    matrices[HEAD] = matrices[SKULL] = _rotation(pose.head_pitch) * build.head
    angle = math.degrees(frames.tail.angle)
    matrices[TAIL] = _stretched(pose.tilt - pose.tail_pitch, angle, build.tail, 1.0)
    matrices[WING] = _rotation(pose.droop) @ trunk
    before, after = np.zeros((BONES, 2)), np.zeros((BONES, 2))
    before[[BODY, HEAD, SKULL, TAIL, WING]] = hip, rests[0], rests[0], rests[1], rests[2]
    after[[BODY, HEAD, SKULL, TAIL, WING]] = hip, head, head, root, shoulder
    moves = after - np.einsum("bij,bj->bi", matrices, before)
    return _turned(matrices, moves, pose, float(head[0]))


def _turned(matrices: np.ndarray, moves: np.ndarray, pose: Pose, head_x: float) -> np.ndarray:
    """Turn the figure towards the viewer, the head about its own axis."""
    yaw, head_yaw = math.radians(pose.yaw), math.radians(pose.yaw + pose.head_turn)
    cos, sin = math.cos(yaw), math.sin(yaw)
    wide = math.hypot(cos, ROUNDNESS * sin)
    factors, sides, pivots = np.full(BONES, wide), np.full(BONES, sin), np.zeros(BONES)
    factors[[TAIL, FOOT, HEAD, SKULL]] = cos, cos, math.cos(head_yaw), 1.0
    sides[[HEAD, SKULL]], pivots[[HEAD, SKULL]] = math.sin(head_yaw), head_x
    out = np.zeros((BONES, 4, 2))
    out[:, 0:2, 0], out[:, 0:2, 1] = matrices[:, 0] * factors[:, None], matrices[:, 1]
    out[:, 2, 0] = -sides
    out[:, 3, 0], out[:, 3, 1] = pivots * wide + (moves[:, 0] - pivots) * factors, moves[:, 1]
    return out


def bend(template: Template, pose: Pose, build: Build) -> np.ndarray:
    """Return the curves of a bird in a pose.

    Parameters
    ----------
    template : Template
        The bird at rest.
    pose : Pose
        How it holds itself.
    build : Build
        Its own proportions.

    Returns
    -------
    ndarray of float32, shape (samples, 2)
        Points x and y, in lengths of the body, y up.
    """
    maps = bone_maps(template, pose, build)
    if pose.roll:
        maps = maps @ _rotation(pose.roll).T
    if pose.facing < 0:
        maps[:, :, 0] *= -1
    return (template.curves @ maps.reshape(4 * BONES, 2)).astype(np.float32)


def turned(point: tuple[float, float], pose: Pose) -> tuple[float, float]:
    """Return where a point of the ground at rest lies after roll and facing."""
    angle = math.radians(pose.roll)
    x, y = point
    x, y = x * math.cos(angle) - y * math.sin(angle), x * math.sin(angle) + y * math.cos(angle)
    return x * pose.facing, y
