"""The licences that items of a dataset come under: their names as people write them, and what they allow."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from confu_core.errors import InvalidValue, nearest
from confu_core.publish.licence_grammar import read

__all__ = ["LICENCES", "Licence", "common_licence", "licence_named", "read_licence"]

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
    *(
        Licence(
            f"GPL-3.0-{which}",
            f"GNU GPL 3.0 {which.replace('-', ' ')}",
            "https://www.gnu.org/licenses/gpl-3.0.html",
            "gpl-3.0",
            share_alike=True,
        )
        for which in ("only", "or-later")
    ),
    Licence("all-rights-reserved", "All rights reserved", "", "other", False, False),
]
LICENCES: dict[str, Licence] = {one.name: one for one in [*_OTHERS, *_creative_commons()]}


def common_licence(names: Sequence[str]) -> Licence | None:
    """Return one licence that fits items of several.

    Parameters
    ----------
    names : sequence of str
        Of the licences.

    Returns
    -------
    Licence or None
        None where they do not go together, or one of them is none of `LICENCES`.

    Examples
    --------
    >>> [getattr(common_licence(names), "name", None) for names in (
    ...     ["CC0-1.0", "CC-BY-3.0", "CC-BY-4.0"], ["CC-BY-4.0", "CC-BY-SA-4.0"], ["CC-BY-SA-4.0", "CC-BY-NC-4.0"])]
    ['CC-BY-4.0', 'CC-BY-SA-4.0', None]
    """
    different = sorted(set(names))
    if not different or any(name not in LICENCES for name in different):
        return None
    if len(different) == 1:
        return LICENCES[different[0]]
    found = [LICENCES[name] for name in different]
    if any(not one.publishable or not one.name.startswith(("CC", "PDM")) for one in found):
        return None
    alike = [one for one in found if one.share_alike]
    commercial = all(one.commercial for one in found)
    if not alike:
        versions = [one.name[-3:] for one in found if one.name.startswith("CC-")]
        return LICENCES[f"CC-BY{'' if commercial else '-NC'}-{max(versions)}" if versions else "CC0-1.0"]
    # What is to be shared alike can only be joined by what allows exactly that licence.
    kinds = {one.name[:-4] for one in alike}
    fits = len(kinds) == 1 and all(one.commercial >= alike[0].commercial for one in found)
    return LICENCES[f"{kinds.pop()}-{max(one.name[-3:] for one in alike)}"] if fits else None


def read_licence(text: str | None) -> Licence | None:
    """Return the licence that a text names.

    Parameters
    ----------
    text : str or None
        A name, a phrase or a URL: ``"CC BY-NC 4.0"``, ``"cc-by"``, ``"All rights reserved"``. Of a Creative Commons
        licence without a version the latest is meant. Where it names several, all of them hold.

    Returns
    -------
    Licence or None
        None where it says nothing, or a word of it is not understood, or it names several that do not go together.

    Examples
    --------
    >>> read_licence("http://creativecommons.org/licenses/by-nc-sa/3.0/").name
    'CC-BY-NC-SA-3.0'
    >>> read_licence("CC0 / CC BY-NC 4.0").name
    'CC-BY-NC-4.0'
    >>> read_licence("(c) Me, all rights reserved").publishable, read_licence("CC BY 4.0, or ask me")
    (False, None)
    """
    names = read(text or "").names
    # What forbids adaptations forbids them in every version, known or not, and beside whatever else is named.
    for name in names:
        if name not in LICENCES and "-ND-" in name:
            return LICENCES["all-rights-reserved"]
        if name in LICENCES and not LICENCES[name].publishable:
            return LICENCES[name]
    return common_licence(names)


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
