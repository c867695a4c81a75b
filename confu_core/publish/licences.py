"""The licences that items of a dataset come under: their names as people write them, and what they allow."""

from __future__ import annotations

import re
from dataclasses import dataclass

from confu_core.errors import InvalidValue, nearest

__all__ = ["LICENCES", "Licence", "licence_named", "read_licence"]

_CC = "https://creativecommons.org"


@dataclass(frozen=True)
class Licence:
    """One licence.

    Attributes
    ----------
    name : str
        As SPDX writes it.
    title, url : str
        For readers, and where its text is.
    hub : str
        What the Hugging Face hub calls it; ``"other"`` where it has no name for it.
    publishable : bool
        Whether pictures and sounds under it may be published, cut and resized as they are here.
    commercial : bool
        Whether it allows commercial use.
    share_alike : bool
        Whether what is made from it must come under the same licence.
    """

    name: str
    title: str
    url: str
    hub: str = "other"
    publishable: bool = True
    commercial: bool = True
    share_alike: bool = False


def _creative_commons() -> list[Licence]:
    words = {"BY": "Attribution", "NC": "NonCommercial", "ND": "NoDerivatives", "SA": "ShareAlike"}
    found = []
    for kind in ("BY", "BY-SA", "BY-NC", "BY-NC-SA", "BY-ND", "BY-NC-ND"):
        parts = kind.split("-")
        for version in ("4.0", "3.0", "2.5", "2.0", "1.0"):
            found.append(
                Licence(
                    f"CC-{kind}-{version}",
                    f"Creative Commons {'-'.join(words[part] for part in parts)} {version}",
                    f"{_CC}/licenses/{kind.lower()}/{version}/",
                    f"cc-{kind.lower()}-{version}",
                    publishable="ND" not in parts,
                    commercial="NC" not in parts,
                    share_alike="SA" in parts,
                )
            )
    return found


_OTHERS = [
    Licence("CC0-1.0", "Creative Commons Zero 1.0", f"{_CC}/publicdomain/zero/1.0/", "cc0-1.0"),
    Licence("PDM-1.0", "Public domain", f"{_CC}/publicdomain/mark/1.0/"),
    Licence("MIT", "MIT License", "https://spdx.org/licenses/MIT.html", "mit"),
    Licence("Apache-2.0", "Apache License 2.0", "https://www.apache.org/licenses/LICENSE-2.0", "apache-2.0"),
    Licence("BSD-2-Clause", "BSD 2-Clause License", "https://spdx.org/licenses/BSD-2-Clause.html", "bsd-2-clause"),
    Licence("BSD-3-Clause", "BSD 3-Clause License", "https://spdx.org/licenses/BSD-3-Clause.html", "bsd-3-clause"),
    Licence(
        "ODC-By-1.0", "Open Data Commons Attribution 1.0", "https://opendatacommons.org/licenses/by/1-0/", "odc-by"
    ),
    Licence(
        "ODbL-1.0",
        "Open Database License 1.0",
        "https://opendatacommons.org/licenses/odbl/1-0/",
        "odbl",
        True,
        True,
        True,
    ),
    Licence(
        "PDDL-1.0", "Open Data Commons Public Domain 1.0", "https://opendatacommons.org/licenses/pddl/1-0/", "pddl"
    ),
    Licence(
        "GPL-3.0-or-later",
        "GNU GPL 3.0 or later",
        "https://www.gnu.org/licenses/gpl-3.0.html",
        "gpl-3.0",
        True,
        True,
        True,
    ),
    Licence("all-rights-reserved", "All rights reserved", "", "other", False, False),
]
LICENCES: dict[str, Licence] = {one.name: one for one in [*_OTHERS, *_creative_commons()]}

_BY_LOWER = {name.lower(): one for name, one in LICENCES.items()}
_WRITTEN = {
    "cc0": "CC0-1.0", "cczero": "CC0-1.0", "cc zero": "CC0-1.0", "publicdomain": "PDM-1.0", "public domain": "PDM-1.0",
    "pd": "PDM-1.0", "pdm": "PDM-1.0", "mit license": "MIT", "apache 2.0": "Apache-2.0",
    "apache license 2.0": "Apache-2.0", "odc by": "ODC-By-1.0",
    "odbl": "ODbL-1.0", "pddl": "PDDL-1.0", "gpl 3.0": "GPL-3.0-or-later",
    "gpl 3.0+": "GPL-3.0-or-later", "gpl 3.0 only": "GPL-3.0-or-later",
}  # fmt: skip
_RESERVED = re.compile(r"all rights|reserved|\barr\b|proprietary|copyright|©|no reuse|do not (copy|distribute)|^c$")
_NOTHING = {"", "none", "null", "nan", "n/a", "na", "unknown", "unspecified", "other", "?", "-"}
_CC_URL = re.compile(r"creativecommons\.org/(?:licenses/([a-z-]+)|publicdomain/(zero|mark))(?:/(\d\.\d))?")
_CC_NAME = re.compile(r"^(?:cc|creative commons)\b")
_CC_PARTS = (
    ("BY", re.compile(r"\bby\b|\battribution\b")),
    ("NC", re.compile(r"\bnc\b|non ?commercial")),
    ("SA", re.compile(r"\bsa\b|share ?alike")),
    ("ND", re.compile(r"\bnd\b|no ?deriv")),
)
_LATEST = "4.0"


def read_licence(text: str | None) -> Licence | None:
    """Return the licence that a text names.

    Parameters
    ----------
    text : str or None
        A name, a phrase or a URL: ``"CC BY-NC 4.0"``, ``"cc-by"``, ``"All rights reserved"``. Of a Creative Commons
        licence without a version the latest is meant.

    Returns
    -------
    Licence or None
        None where it says nothing, or nothing that is known.

    Examples
    --------
    >>> read_licence("http://creativecommons.org/licenses/by-nc-sa/3.0/").name
    'CC-BY-NC-SA-3.0'
    >>> read_licence("(c) Me, all rights reserved").publishable, read_licence("unknown")
    (False, None)
    """
    said = re.sub(r"\s+", " ", (text or "").strip().lower())
    if said in _NOTHING:
        return None
    if match := _CC_URL.search(said):
        kind, public, version = match.groups()
        return _creative(kind, version) if kind else LICENCES["CC0-1.0" if public == "zero" else "PDM-1.0"]
    if said in _BY_LOWER:
        return _BY_LOWER[said]
    spaced = re.sub(r"[\s_/,()-]+", " ", said).strip()
    if spaced in _WRITTEN:
        return LICENCES[_WRITTEN[spaced]]
    if _CC_NAME.match(spaced) and not spaced.startswith(("cc zero", "creative commons zero", "cc0")):
        return _creative(spaced, (re.findall(r"\d\.\d", spaced) or [None])[0])
    if spaced.startswith(("cc0", "creative commons zero", "cc zero")):
        return LICENCES["CC0-1.0"]
    return LICENCES["all-rights-reserved"] if _RESERVED.search(said) else None


def licence_named(text: str) -> Licence:
    """Return the licence that a user chose for what is published.

    Parameters
    ----------
    text : str
        As for `read_licence`.

    Returns
    -------
    Licence
        One that allows publishing.

    Raises
    ------
    InvalidValue
        If it is not known, or forbids it.

    Examples
    --------
    >>> licence_named("CC-BY-5.0")
    Traceback (most recent call last):
    confu_core.errors.InvalidValue: --licence must be a known one; got 'CC-BY-5.0'; did you mean 'CC-BY-4.0'?
    """
    found = read_licence(text)
    if found is None:
        raise InvalidValue(f"--licence must be a known one; got {text!r}; {nearest(text, LICENCES)}")
    if not found.publishable:
        raise InvalidValue(f"--licence must allow publishing pictures that were cut and resized; got {found.name}")
    return found


def _creative(said: str, version: str | None) -> Licence | None:
    """Return a Creative Commons licence from its words, in any order."""
    spaced = said.replace("-", " ")
    parts = [name for name, pattern in _CC_PARTS if pattern.search(spaced)]
    found = LICENCES.get(f"CC-{'-'.join(parts)}-{version or _LATEST}")
    # What forbids adaptations forbids them in every version, known or not.
    return LICENCES["all-rights-reserved"] if found is None and "ND" in parts else found
