"""What species of real media are called: one spelling for each, names that may be one, and texts that stand for them.

What is safely the same is one class; what may be the same is said.
"""

from __future__ import annotations

import re
import unicodedata
from collections import Counter, defaultdict
from collections.abc import Iterable, Iterator, Mapping, Sequence

from birdmml.species import Species, load_species
from confu_core.cells import cleaned
from confu_core.datasets.listed import photo_caption

LONGEST = 40  # Letters of a word whose slips are looked for.
SHORTEST = 5
_QUOTES = "'\"`\u2018\u2019\u201c\u201d\u00ab\u00bb"
_HYBRID = re.compile(r"(?<=\s)[xX](?=\s)|\u00d7")
_PARTICLES = r"(?:(?:af|da|de|del|den|der|dos|du|la|le|van|von|zu) )*"
# Genus, perhaps a subgenus, one or two epithets; then who described it, and when.
_DESCRIBED = re.compile(
    rf"(?P<name>[A-Z][\w-]+(?: \([A-Z][\w-]+\))?(?: [a-z][\w-]+){{1,2}}?),?"
    rf" \(?{_PARTICLES}[A-Z][^\d()]*[, ] ?(?:1[67-9]|20)\d\d\)?"
)
_PLAIN = re.compile(r"[A-Z][a-z-]+(?: (?:[a-z.-]+|\u00d7))+")
_ASIDE = re.compile(r"\([^()]*\)|\[[^\[\]]*\]")


def same_name(name: str) -> str:
    r"""Return what all safe spellings of a scientific name have in common.

    That is the name without case, without what cannot be seen, without quotation marks around it, with spaces for
    underscores and one sign for hybrids, and without who described it in which year.

    >>> same_name("Setophaga_coronata") == same_name("SETOPHAGA\u00a0coronata ")
    True
    >>> same_name("Setophaga coronata (Linnaeus, 1766)")
    'setophaga coronata'
    """
    plain = cleaned(_HYBRID.sub(" \u00d7 ", cleaned(cleaned(name).strip(_QUOTES).replace("_", " "))))
    described = _DESCRIBED.fullmatch(plain)
    return (described["name"] if described else plain).casefold()


def one_spelling(names: Iterable[str]) -> dict[str, str]:
    """Return the class of each spelling of names, which come as often as they occur.

    Where spellings differ, that is the one of the table of species; else the one written as scientific names are; else
    the most frequent.
    """
    counts = Counter(names)
    groups: defaultdict[str, Counter[str]] = defaultdict(Counter)
    for name, count in counts.items():
        groups[same_name(name)][cleaned(name)] += count
    table = _species()
    chosen = {key: _chosen(found, table.get(key)) for key, found in groups.items()}
    return {name: chosen[same_name(name)] for name in counts}


def alike(classes: Sequence[str]) -> list[tuple[str, str]]:
    """Return pairs of classes that may be one: a name within another, without accents or asides, or with a slip.

    >>> alike(["Motacilla alba", "Motacilla alba yarrellii", "Motacilla flava", "Motacila flava"])
    [('Motacila flava', 'Motacilla flava'), ('Motacilla alba', 'Motacilla alba yarrellii')]
    """
    whole: dict[tuple[str, ...], str] = {}
    slips: defaultdict[object, list[str]] = defaultdict(list)
    pairs = []
    for name in sorted(classes, key=lambda name: (len(name), name)):
        words = _reduced(name)
        pairs += [(whole[words], name)] if words in whole else []
        whole.setdefault(words, name)
        # Of hybrids and of what is one of two species the first is no other name.
        if not {"\u00d7", "/"} & set(name):
            pairs += [(whole[words[:end]], name) for end in range(2, len(words)) if words[:end] in whole]
        for key in dict.fromkeys(_meeting_places(words)):
            pairs += [(other, name) for other in slips[key][:1] if _is_slip(_reduced(other), words)]
            slips[key].append(name)
    return sorted({(min(pair), max(pair)) for pair in pairs})


def class_names(
    rows: Iterable[Mapping[str, str]],
) -> tuple[tuple[str, ...], tuple[tuple[str, int], ...], tuple[str, ...]]:
    """Return the classes of rows, cells by role in the order of the manifest; two prompts and a family for each.

    Common names and families come from the rows, or else from `species.csv`; there are no families where that of any
    class is not known. A prompt tells nothing but names.
    """
    table = _species()
    common: dict[str, str] = {}
    family: dict[str, str] = {}
    for values in rows:
        name = values["scientific_name"]
        known = table.get(name.casefold())
        for role, said in (("common_name", common), ("family", family)):
            said[name] = said.get(name) or values.get(role) or str(getattr(known, role, ""))
    classes = tuple(sorted(common))
    prompts = tuple((text, number) for number, name in enumerate(classes) for text in _prompts(name, common[name]))
    families = tuple(family[name] for name in classes)
    return classes, prompts, families if all(families) else ()


def _species() -> dict[str, Species]:
    return {one.scientific_name.casefold(): one for one in load_species()}


def _chosen(found: Mapping[str, int], known: Species | None) -> str:
    if len(found) == 1:
        return next(iter(found))
    if known:
        return known.scientific_name
    return max(found, key=lambda name: (_PLAIN.fullmatch(name) is not None, found[name], name))


def _prompts(scientific: str, common: str) -> tuple[str, str]:
    photo = photo_caption(f"{common} ({scientific})" if common and common != scientific else scientific)
    return photo, f"a recording{photo.removeprefix('a photo')}"


def _reduced(name: str) -> tuple[str, ...]:
    bare = _ASIDE.sub(" ", name).casefold()
    letters = (one for one in unicodedata.normalize("NFKD", bare) if not unicodedata.combining(one))
    return tuple("".join(" " if one in "-_," else "" if one == "." else one for one in letters).split())


def _meeting_places(words: tuple[str, ...]) -> Iterator[object]:
    """Yield what names meet in that differ by a letter of one of their words."""
    for place, word in enumerate(words if len(words) > 1 else ()):
        if SHORTEST <= len(word) <= LONGEST and word.isalpha():
            for at in range(len(word) + 1):
                yield (*words[:place], f"{word[:at]}{word[at + 1 :]}", *words[place + 1 :]), place


def _is_slip(one: tuple[str, ...], other: tuple[str, ...]) -> bool:
    """Return whether two names that meet differ by one letter that is another, missing or too many."""
    a, b = next(((a, b) for a, b in zip(one, other, strict=True) if a != b), ("", ""))
    return len(a) != len(b) or sum(x != y for x, y in zip(a, b, strict=True)) == 1
