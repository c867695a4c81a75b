"""Provenance: which sources the digits come from, on which terms, and what should be known of them."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np

from confu_core.datasets.digits.pictures import Pictures
from confu_core.datasets.digits.recordings import Recording

__all__ = ["limits", "sources"]

_WHAT = {
    "espeak-ng": "digits spoken by the program espeak-ng, a synthesizer, in voices that are variants of one",
    "asterisk": "digits spoken by people for the telephone, from Debian's packages asterisk-core-sounds-*-wav",
    "folder": "recordings of spoken digits in a folder of the user's",
}
_URL = {
    "espeak-ng": "https://github.com/espeak-ng/espeak-ng",
    "asterisk": "https://downloads.asterisk.org/pub/telephony/sounds/",
    "folder": "",
}
_NO_LICENCE = "none on what is spoken; the program is GPL-3.0-or-later"


def sources(
    pictures: Pictures, recordings: Mapping[str, Sequence[Recording]], pairs: Mapping[str, np.ndarray]
) -> list[dict[str, Any]]:
    """List where pictures and sounds come from.

    Parameters
    ----------
    pictures : Pictures
        All there are.
    recordings : mapping of str to sequence of Recording
        Split to its own.
    pairs : mapping of str to ndarray of int, shape (rows, 2)
        Which of them are used.

    Returns
    -------
    list of dict
        ``name``, ``what``, ``licence``, ``url``, ``author`` and ``items``: how many are used, each counted once.
    """
    seen = {int(number) for mine in pairs.values() for number in mine[:, 0]}
    used = {recordings[split][int(number)] for split, mine in pairs.items() for number in mine[:, 1]}
    kinds: dict[tuple[str, str, str], int] = {}
    for one in sorted(used, key=lambda one: (one.voice.source, one.voice.author, one.name)):
        terms = (one.voice.source, one.voice.author, one.voice.licence or _NO_LICENCE)
        kinds[terms] = kinds.get(terms, 0) + 1
    heard = [
        {"name": name, "what": _WHAT[name], "licence": licence, "url": _URL[name], "author": author, "items": count}
        for (name, author, licence), count in kinds.items()
    ]
    return [{**pictures.source, "items": len(seen)}, *heard]


def limits(
    pictures: Pictures,
    recordings: Mapping[str, Sequence[Recording]],
    pairs: Mapping[str, np.ndarray],
    apart: str,
    noise: Sequence[str],
) -> list[str]:
    """Say what should be known before numbers are compared.

    Parameters
    ----------
    pictures : Pictures
        All there are.
    recordings : mapping of str to sequence of Recording
        Split to its own.
    pairs : mapping of str to ndarray of int, shape (rows, 2)
        Which of them are used.
    apart : str
        What no two splits share of the recordings.
    noise : sequence of str
        Its kinds.

    Returns
    -------
    list of str
        Sentences for the card.
    """
    said = ["This is not the published AV-MNIST, whose generator and files are lost; numbers compare in kind only."]
    if pictures.source["name"] == "sklearn-digits":
        said.append(
            "The pictures have no writer's name. Splits are blocks in the order of the file, where the digits of one"
            " hand stand together, so that at most the hands at the two borders are in two splits."
        )
    said.append(_AUDIO[apart])
    used = max(float(np.bincount(mine[:, 0]).max()) for mine in pairs.values())
    if used > 1:
        said.append(f"A picture is used up to {used:.0f} times in its split, each time beside another recording.")
    if any(one.voice.source == "espeak-ng" for mine in recordings.values() for one in mine):
        said.append("Voices of espeak-ng are variants of one synthesizer and are more alike than people are.")
    if len({one.voice.language for mine in recordings.values() for one in mine}) > 1:
        said.append("The digits are spoken in several languages; the words of a class differ.")
    if noise:
        said.append(f"The noise is {', '.join(noise)}, made here; the literature took recordings of ESC-50.")
    return said


_AUDIO = {
    "speakers": "No speaker is in two splits.",
    "recordings": "No recording is in two splits, but speakers may be.",
    "nothing": "All splits have the same recordings; only variation and noise differ, which flatters the sound.",
}
