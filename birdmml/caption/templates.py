"""The sentences of each register, read from ``templates.toml``."""

from __future__ import annotations

import string
from collections.abc import Mapping
from dataclasses import dataclass
from functools import lru_cache
from typing import Any

from confu_core.data_files import read_data, record, refuse

FILE = "templates.toml"
REGISTERS = ("plain", "photo", "field", "spoken", "catalogue")
BIRD, SOUND = {"a", "bare"}, {"voice", "gives"}
SLOTS = {
    "look": {*BIRD, "with_marks", "marks", "entries", "does", "doing", "scene"},
    "song": {*BIRD, *SOUND, "sound", "how"},
    "song_setting": {*BIRD, *SOUND, "setting"},
    "nature": {*BIRD, "habits"},
}
ByRegister = Mapping[str, Mapping[str, tuple[str, ...]]]


@dataclass(frozen=True)
class Templates:
    """Sentences by register and case: of the picture, of the recording, of how it was recorded, of the species."""

    look: ByRegister
    song: ByRegister
    song_setting: ByRegister
    nature: ByRegister


@lru_cache(maxsize=1)
def templates() -> Templates:
    """Return the sentences; a file that breaks a constraint is a `DatasetError` that names it."""
    return make_templates(read_data("birdmml", FILE))


def make_templates(held: Mapping[str, Any]) -> Templates:
    """Return the sentences that a file holds, once they are checked."""
    made = record(Templates, held, f"{FILE}: templates")
    for kind, slots in SLOTS.items():
        by_register = getattr(made, kind)
        if tuple(by_register) != REGISTERS:
            refuse(f"{FILE}: {kind}", f"tables of {', '.join(REGISTERS)}", list(by_register))
        for register, cases in by_register.items():
            for case, sentences in cases.items():
                for sentence in sentences:
                    if {slot for _, slot, _, _ in string.Formatter().parse(sentence)} - {*slots, None}:
                        where = f"{FILE}: {kind}.{register}.{case}"
                        refuse(where, f"sentences with slots of {', '.join(sorted(slots))}", sentence)
    return made
