"""The tail: a form per name, seen from the side and a little from above."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from dataclasses import replace
from types import MappingProxyType
from typing import NamedTuple

from birdmml.picture.anatomy import Anatomy
from birdmml.picture.body import Frames
from birdmml.picture.draft import Draft, Frame
from birdmml.picture.labels import DARK, label

__all__ = ["TAIL_FORMS", "draw_tail"]


class TailForm(NamedTuple):
    """Factors on length and width, what is cut out of (positive) or added to the middle of the end, and the lift."""

    length: float
    width: float
    notch: float
    lift: float


TAIL_FORMS: Mapping[str, TailForm] = MappingProxyType(
    {
        "rounded": TailForm(1.0, 1.0, -0.07, 0),
        "notched": TailForm(1.0, 1.0, 0.05, 0),
        "forked": TailForm(1.35, 1.25, 0.45, 0),
        "long": TailForm(1.22, 0.9, -0.09, 0),
        "short": TailForm(0.72, 0.95, -0.02, 0),
        "fan": TailForm(0.95, 1.7, -0.09, 0),
        "square": TailForm(1.0, 1.0, 0.0, 0),
        "pointed": TailForm(1.12, 0.55, -0.24, 0),
        "cocked": TailForm(0.95, 1.0, -0.05, 72),
    }
)


def tail_frame(frames: Frames, form: TailForm) -> Frame:
    """Return the frame of the tail: forward along its length, upward to the bird's back."""
    lift = form.lift * 3.141592653589793 / 180
    return replace(frames.tail, angle=frames.tail.angle - lift)


def draw_tail(draft: Draft, anatomy: Anatomy, frames: Frames, tail: str, marks: Collection[str]) -> None:
    """Add the tail with its feathers and marks."""
    form = TAIL_FORMS[tail]
    frame = tail_frame(frames, form)
    length, tip = anatomy.tail * form.length, anatomy.tail_width * form.width
    root = min(0.17 * anatomy.depth + 0.015, 0.115)
    notch = form.notch * min(1.0, length / 0.6) * (length if tail == "forked" else 1.0)
    # The frame looks backward, so that "up" on the bird's back is negative.
    top = [(-0.10, -root), (0.5 * length, -0.5 * (root + tip)), (0.97 * length, -tip)]
    low = [(0.97 * length, tip), (0.5 * length, 0.5 * (root + tip)), (-0.10, root)]
    if tail == "forked":
        end = [(length, -0.80 * tip), (length - 0.5 * notch, -0.35 * tip), (length - notch, 0.0)]
        end += [(length - 0.5 * notch, 0.45 * tip), (length, 0.85 * tip)]
        sharp = [2, 3, 5, 7, 8]
    else:
        end = [(length - notch, 0.0)]
        sharp = [2, 4] if notch >= -0.03 else []
    outline = [frame.at(*p) for p in (*top, *end, *low)]
    draft.add("tail", label("tail"), outline, sharp=sharp, steps=4)
    under = [(0.0, root * 0.25), (0.5 * length, 0.4 * tip), (0.9 * length - max(notch, 0), 0.3 * tip), *low[:0]]
    draft.add("tail", label("tail", DARK), [frame.at(*p) for p in (*under, (0.95 * length, tip), *low[1:])], sharp=(3,))
    for share in (-0.55, -0.1, 0.35):
        line = [(0.25 * length, share * root), (0.92 * length - max(notch, 0) * (1 - abs(share)), share * tip)]
        draft.band("tail", label("tail", DARK), [frame.at(*p) for p in line], [0.004, 0.009])
    if "tail_edge" in marks:
        _tail_edge(draft, anatomy, frame, length, tip, root, notch)


def _tail_edge(
    draft: Draft, anatomy: Anatomy, frame: Frame, length: float, tip: float, root: float, notch: float
) -> None:
    if anatomy.tail_mark == "tip":
        end = length - max(notch, 0.0)
        band = [(end - 0.10, -tip), (end, -tip), (length - notch, 0.0), (end, tip), (end - 0.10, tip)]
        draft.polygon("tail", label("tail_edge"), [frame.at(*p) for p in band])
        return
    line = [(0.10 * length, root * 0.86), (0.5 * length, 0.41 * (root + tip)), (0.95 * length, tip * 0.80)]
    draft.band("tail", label("tail_edge"), [frame.at(*p) for p in line], [0.02, 0.034, 0.036])
    top = [(0.62 * length, -0.43 * (root + tip)), (0.95 * length, -tip * 0.84)]
    draft.band("tail", label("tail_edge"), [frame.at(*p) for p in top], [0.008, 0.026])
