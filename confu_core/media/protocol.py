"""How a trained model is measured where there are several ways: as here by default, or as ConFu's authors measured."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from confu_core.errors import InvalidValue, nearest
from confu_core.evaluation.probes import PUBLISHED as PROBE


@dataclass(frozen=True)
class Protocol:
    """Choices between ways to measure.

    Attributes
    ----------
    name : str
        What it is called in results.
    framewise : bool
        Whether each frame of a video is embedded, and fused with what else is seen, by itself: vectors are averaged,
        and brought to length 1. Else the features of frames are averaged, before anything is projected or fused.
    names : bool
        Whether a class is described by its name and nothing else, unless another description is asked for.
    probe : mapping of str to object
        Options of `confu_core.evaluation.probes.linear_probe`.
    logistic : bool
        Whether few-shot samples and queries are of one split, told apart by logistic regression
        (`confu_core.evaluation.few_shot.logistic_few_shot`); else samples are of the training split.
    """

    name: str
    framewise: bool = False
    names: bool = False
    probe: Mapping[str, Any] = field(default_factory=dict)
    logistic: bool = False


DEFAULT = Protocol("default")
PUBLISHED = Protocol("published", framewise=True, names=True, probe=PROBE, logistic=True)
PROTOCOLS = {one.name: one for one in (DEFAULT, PUBLISHED)}


def protocol_of(name: str) -> Protocol:
    """Return a protocol by its name."""
    if name not in PROTOCOLS:
        raise InvalidValue(f"protocol must be one of {', '.join(PROTOCOLS)}; {nearest(name, PROTOCOLS)}")
    return PROTOCOLS[name]
