"""Bending a template into a pose: one affine map per bone, then the turn towards the viewer."""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np

from birdmml.picture.curves import sample_curves
from birdmml.picture.draft import BODY, BONES, FOOT, HEAD, SKULL, TAIL, WING
from birdmml.picture.template import Template

__all__ = ["Build", "Pose", "bend"]

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
    return np.array([[math.cos(angle), -math.sin(angle)], [math.sin(angle), math.cos(angle)]])


def _stretch(degrees: float, along: float, across: float) -> np.ndarray:
    turn = _rotation(degrees)
    return turn @ np.diag([along, across]) @ turn.T


def _about(matrix: np.ndarray, pivot: np.ndarray, moved: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    return matrix, moved - matrix @ pivot


def bone_maps(template: Template, pose: Pose, build: Build) -> np.ndarray:
    """Return the maps from rest to pose, before facing and roll.

    Returns
    -------
    ndarray of float32, shape (bones, 4, 2)
        Map x, y, z and 1 at rest to x and y, in lengths of the body, y up.
    """
    anatomy, frames = template.anatomy, template.frames
    hip = np.array([0.0, -0.3 * anatomy.depth])
    trunk = _rotation(pose.tilt) @ _stretch(anatomy.posture, 1.0, build.plump)
    body = _about(trunk, hip, hip)
    maps: dict[int, tuple[np.ndarray, np.ndarray]] = {BODY: body, FOOT: (np.eye(2), np.zeros(2))}
    center = np.array([frames.head.x, frames.head.y])
    skull = _rotation(pose.head_pitch) * build.head
    lifted = body[0] @ center + body[1]
    maps[HEAD] = maps[SKULL] = _about(skull, center, lifted)
    root = np.array([frames.tail.x, frames.tail.y])
    tail = _rotation(pose.tilt - pose.tail_pitch) @ _stretch(math.degrees(frames.tail.angle), build.tail, 1.0)
    maps[TAIL] = _about(tail, root, body[0] @ root + body[1])
    shoulder = np.array(frames.shoulder)
    maps[WING] = _about(_rotation(pose.droop) @ trunk, shoulder, body[0] @ shoulder + body[1])
    return _turned(maps, pose, lifted[0])


def _turned(maps: dict[int, tuple[np.ndarray, np.ndarray]], pose: Pose, head_x: float) -> np.ndarray:
    yaw, head_yaw = math.radians(pose.yaw), math.radians(pose.yaw + pose.head_turn)
    cos, sin = math.cos(yaw), math.sin(yaw)
    wide = math.hypot(cos, ROUNDNESS * sin)
    shrink = {BODY: wide, WING: wide, TAIL: cos, FOOT: cos, HEAD: math.cos(head_yaw), SKULL: 1.0}
    out = np.zeros((BONES, 4, 2), dtype=np.float32)
    for bone, (matrix, move) in maps.items():
        on_head = bone in (HEAD, SKULL)
        factor, side = shrink[bone], math.sin(head_yaw) if on_head else sin
        pivot = head_x if on_head else 0.0
        out[bone, 0:2, 0], out[bone, 0:2, 1] = matrix[0] * factor, matrix[1]
        out[bone, 2, 0] = -side
        out[bone, 3] = pivot * wide + (move[0] - pivot) * factor, move[1]
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
    moved = np.zeros((len(template.pens), 2), dtype=np.float32)
    for bone in range(BONES):
        moved += (template.pens @ maps[bone]) * template.bones[:, bone : bone + 1]
    points = sample_curves(moved, template.places, template.weights)
    if pose.roll:
        points = points @ _rotation(pose.roll).T.astype(np.float32)
    if pose.facing < 0:
        points[:, 0] *= -1
    return points
