"""What is said of pictures and recordings of digits, where they are from and what to know of them: ``said.toml``."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from confu_core.data_files import read_data, record


@dataclass(frozen=True)
class _Said:
    """What the file holds."""

    sklearn: Mapping[str, str]
    sounds: Mapping[str, Mapping[str, str]]
    voices: Mapping[str, tuple[str, str]]
    limits: Mapping[str, str]
    no_licence: str


SAID = record(_Said, read_data("confu_core.datasets.digits", "said.toml"), "said.toml")
