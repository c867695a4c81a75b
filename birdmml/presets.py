"""Settings by name and from a file: presets, and changes to them."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import fields, replace
from typing import Any

from birdmml.caption import CaptionDials
from birdmml.design import Shares
from birdmml.settings import Settings, checked_dials
from confu_core.errors import InvalidValue, nearest

PRESETS: dict[str, dict[str, Any]] = {
    # For trying commands out: 240 rows to train on teach next to nothing.
    "tiny": {
        "species": 12,
        "per_species": 400 / 12,
        "shares": {"redundant": 1 / 6, "image_unique": 1 / 6, "audio_unique": 1 / 6, "complement": 2 / 6, "xor": 1 / 6},
        "group_weights": {"xor": 5.0},
        "size": 96,
        "seconds": 1.0,
    },
    "small": {},
    # What is published: 149 species, 149,681 triplets, 10 s clips, a third of the captions naming the species and
    # audio reused for 43% of the species.
    "paper": {
        "species": 149,
        "per_species": 149_681 / 149,
        "shares": {"redundant": 0.2, "image_unique": 0.2, "audio_unique": 0.2, "complement": 0.2, "xor": 0.2},
        "group_weights": {},
        "seconds": 10.0,
        "audio_reuse": 0.43,
        "split_shares": (0.8, 0.05, 0.1, 0.05),
        "caption": {"name_share": 0.331},
    },
    # XOR in pixels and sound: captions tell of the species alone, and only picture and song together tell it.
    "xor": {"species": 4, "per_species": 500, "shares": {"xor": 1.0}, "group_weights": {}},
}


def preset(name: str, changes: Mapping[str, Any] | None = None) -> Settings:
    """Return the settings of a preset, changed.

    Parameters
    ----------
    name : {"tiny", "small", "paper", "xor"}
        Which one.
    changes : mapping of str to object, optional
        Values by name; ``shares`` and ``caption`` are mappings of their own.

    Returns
    -------
    Settings
        Checked.

    Raises
    ------
    InvalidValue
        If there is no such preset or setting, or a value breaks its constraint.

    Examples
    --------
    >>> preset("paper").caption.name_share
    0.331
    """
    if not isinstance(name, str):
        raise InvalidValue(f"preset must be the name of one ({', '.join(PRESETS)}); got {name!r}")
    if name not in PRESETS:
        raise InvalidValue(f"no preset {name!r}: {nearest(name, PRESETS)}")
    return _changed(_changed(Settings(), PRESETS[name]), changes or {})


def _changed(settings: Settings, changes: Mapping[str, Any]) -> Settings:
    known = [f.name for f in fields(Settings)]
    values: dict[str, Any] = {}
    for name, value in changes.items():
        if name not in known:
            raise InvalidValue(f"unknown setting {name!r}: {nearest(name, known)}")
        if name == "shares" and not isinstance(value, Shares):
            value = Shares(**checked_dials(name, Shares, value))
        elif name == "caption" and not isinstance(value, CaptionDials):
            value = replace(settings.caption, **checked_dials(name, CaptionDials, value))
        elif name in ("species", "split_shares") and isinstance(value, list):
            value = tuple(value)
        values[name] = value
    return replace(settings, **values)
