"""How tests have runs measure little, where they look at something else: measures take most of a small run's time."""

from __future__ import annotations

from dataclasses import replace

import pytest

from confu_core.media.evaluate import FAMILIES


def measure_only(patch: pytest.MonkeyPatch, *families: str) -> None:
    """Have runs of this process measure some families alone; the others are known, and empty."""
    assert FAMILIES.keys() > set(families)
    for name in FAMILIES.keys() - set(families):
        patch.setitem(FAMILIES, name, replace(FAMILIES[name], measure=lambda findings: iter(())))
