"""What the classes of real media are called: species, their families, and the texts that stand for them."""

from __future__ import annotations

from collections.abc import Iterable
from typing import NamedTuple

from birdmml.ingest.rows import Row
from birdmml.species import load_species

__all__ = ["ClassNames", "class_names", "prompts_of"]


class ClassNames(NamedTuple):
    """Classes in order, with what describes them.

    Attributes
    ----------
    classes : tuple of str
        Scientific names, sorted.
    prompts : tuple of (str, int)
        Two per class.
    families : tuple of str
        One per class; empty where that of any class is not known.
    """

    classes: tuple[str, ...]
    prompts: tuple[tuple[str, int], ...]
    families: tuple[str, ...]


def class_names(rows: Iterable[Row]) -> ClassNames:
    """Collect the classes of rows; common names and families come from the rows, or else from `species.csv`.

    Parameters
    ----------
    rows : iterable of Row
        Those that become samples.

    Returns
    -------
    ClassNames
        The same for any order of the rows.

    Examples
    --------
    >>> found = class_names([Row(1, {"scientific_name": "Turdus migratorius"}, {})])
    >>> found.prompts[0], found.families
    (('a photo of an American Robin (Turdus migratorius)', 0), ('Turdidae',))
    """
    table = {species.scientific_name.casefold(): species for species in load_species()}
    common: dict[str, str] = {}
    family: dict[str, str] = {}
    for row in sorted(rows, key=lambda row: row.number):
        name = row.values["scientific_name"]
        known = table.get(name.casefold())
        for said, role, other in (
            (common, "common_name", known.common_name if known else ""),
            (family, "family", known.family if known else ""),
        ):
            said[name] = said.get(name) or row.values.get(role) or other
    classes = tuple(sorted(common))
    prompts = tuple((text, number) for number, name in enumerate(classes) for text in prompts_of(name, common[name]))
    families = tuple(family[name] for name in classes)
    return ClassNames(classes, prompts, families if all(families) else ())


def prompts_of(scientific: str, common: str) -> tuple[str, str]:
    """Write two texts that name a species and tell nothing else of it.

    Parameters
    ----------
    scientific, common : str
        Names; the common one may be empty.

    Returns
    -------
    tuple of str
        For a photo and for a recording.

    Examples
    --------
    >>> prompts_of("Corvus corax", "")
    ('a photo of a Corvus corax', 'a recording of a Corvus corax')
    """
    name = f"{common} ({scientific})" if common and common != scientific else scientific
    article = "an" if name[0].lower() in "aeiou" else "a"
    return f"a photo of {article} {name}", f"a recording of {article} {name}"
