"""Settings by name and from a file: presets, and changes to them."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import fields, replace
from typing import Any

from birdmml.caption import CaptionDials
from birdmml.design import Shares
from birdmml.settings import Settings, checked_dials
from confu_core.data_files import read_data
from confu_core.errors import InvalidValue, nearest

PRESETS: dict[str, dict[str, Any]] = read_data("birdmml", "presets.toml")


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
