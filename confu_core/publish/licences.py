"""Licences: what each allows, and a grammar of how people write them.

Every word of a text must be accounted for: what is left unread makes the licence unknown, and what is unknown is never
taken for one that allows something. Words and licences are data, in ``licences.toml``.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass

from confu_core.cells import is_nothing
from confu_core.data_files import read_data, record, refuse
from confu_core.errors import InvalidValue, nearest

RESERVED, CC0, PUBLIC = "all-rights-reserved", "CC0-1.0", "PDM-1.0"
_FILE = "licences.toml"
_KINDS = ("BY", "BY-SA", "BY-NC", "BY-NC-SA", "BY-ND", "BY-NC-ND")
_LATEST = "4.0"
_PORTED = ("1.0", "2.0", "2.5", "3.0")  # Later versions are the same everywhere.
_MOST_LETTERS, _MOST_WORDS, _MOST_NAMES, _SHORT = 500, 10, 8, 5
_CODE = re.compile(r"(cc)?((?:by|nc|nd|sa)+)")
_TOKEN = re.compile(
    r"(?P<url>(?:https?:)?//[^\s,;|()<>\"']+|(?:www\.)?creativecommons\.org/[^\s,;|()<>\"']+)"
    r"|(?P<copyright>©|\(c\)|^c$)|(?P<word>[^\W\d_]+|\+)|(?P<number>\d+(?:[.,]\d+|_\d(?![\d_]))*)"
    r"|(?P<weak>[\s_&'\u2019\"\u201c\u201d\u2013\u2014-]+)|(?P<strong>[,;:|/().\[\]{}<>•·]+)|(?P<other>.)"
)
_SPDX = re.compile(r"(?:https?:)?//spdx\.org/licenses/([a-z0-9.-]+?)(?:\.html|\.json)?(?=[\s,;)]|$)")
_CC_URL = re.compile(
    r"creativecommons\.org/(?:licenses/((?:by|nc|nd|sa)(?:-(?:by|nc|nd|sa))*)(?:/(\d\.\d))?(?:/[a-z]{2,8})?"
    r"|publicdomain/(zero|mark)(?:/1\.0)?(?:/[a-z]{2})?|licenses/(publicdomain))"
    r"(?:/(?:deed|legalcode)(?:[.-][a-z_-]+)?)?"
)


@dataclass(frozen=True)
class Licence:
    """A licence: its name in SPDX, title and address for readers, and what it allows of media that are cut and resized.

    The hub calls it ``"other"`` where it has no name for it. Phrases and addresses are how people write it.
    """

    name: str
    title: str
    url: str = ""
    hub: str = "other"
    publishable: bool = True
    commercial: bool = True
    share_alike: bool = False
    phrases: str = ""
    addresses: tuple[str, ...] = ()


@dataclass(frozen=True)
class Reading:
    """The licences of a text, all of which hold, none where a word is not understood; and whether any of it forbids."""

    names: tuple[str, ...]
    forbids: bool


@dataclass(frozen=True)
class _Words:
    """What the file holds beside licences: parts of those of Creative Commons, phrases by their meaning, lists."""

    parts: Mapping[str, Mapping[str, str]]
    meanings: Mapping[str, str]
    lists: Mapping[str, str]


def _creative_commons(named: Mapping[str, Mapping[str, str]]) -> Iterator[Licence]:
    for kind in _KINDS:
        parts = kind.split("-")
        for version in (_LATEST, *reversed(_PORTED)):
            yield Licence(
                f"CC-{kind}-{version}",
                f"Creative Commons {'-'.join(named[part]['title'] for part in parts)} {version}",
                f"https://creativecommons.org/licenses/{kind.lower()}/{version}/",
                f"cc-{kind.lower()}-{version}",
                publishable="ND" not in parts,
                commercial="NC" not in parts,
                share_alike="SA" in parts,
            )


def _meanings(groups: Mapping[str, str]) -> dict[str, str]:
    """Return each phrase with what it means, which must be one thing."""
    found: dict[str, str] = {}
    for meaning, phrases in groups.items():
        for phrase in phrases.split():
            if found.setdefault(phrase, meaning) != meaning:
                refuse(f"{_FILE}: {meaning}", f"without what means {found[phrase]} already", phrase)
    return found


_DATA = read_data("confu_core.publish", _FILE)
_OTHERS = [
    record(Licence, {"name": name, **said}, f"{_FILE}: licences.{name}") for name, said in _DATA.pop("licences").items()
]
_WORDS = record(_Words, _DATA, _FILE)
LICENCES = {one.name: one for one in (*_OTHERS, *_creative_commons(_WORDS.parts))}
# A part of a licence of Creative Commons, or "=" and the name of another, or what the file says of other words.
_PHRASES = _meanings(
    {f"={one.name}": one.phrases for one in _OTHERS}
    | {part: said["phrases"] for part, said in _WORDS.parts.items()}
    | dict(_WORDS.meanings)
)
_ADDRESSES = {address: one.name for one in _OTHERS for address in one.addresses}
LISTS = {name: frozenset(words.split()) for name, words in _WORDS.lists.items()}


def common_licence(names: Sequence[str]) -> Licence | None:
    """Return one licence that fits items of several; None where they do not go together, or one of them is not known.

    >>> [getattr(common_licence(names), "name", None) for names in (
    ...     ["CC0-1.0", "CC-BY-3.0", "CC-BY-4.0"], ["CC-BY-4.0", "CC-BY-SA-4.0"], ["CC-BY-SA-4.0", "CC-BY-NC-4.0"])]
    ['CC-BY-4.0', 'CC-BY-SA-4.0', None]
    """
    different = sorted(set(names))
    if not different or any(name not in LICENCES for name in different):
        return None
    found = [LICENCES[name] for name in different]
    if len(found) == 1:
        return found[0]
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
    """Return the licence that a name, phrase or address names; None where it says nothing, or not all is understood.

    Of one of Creative Commons without a version the latest is meant. Where a text names several, all of them hold: None
    where they do not go together.

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
            return LICENCES[RESERVED]
        if name in LICENCES and not LICENCES[name].publishable:
            return LICENCES[name]
    return common_licence(names)


def licence_named(text: str) -> Licence:
    """Return the licence that a user chose; InvalidValue if it is not known, or forbids publishing.

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


def read(text: str) -> Reading:
    """Read what a text says of licences: names, phrases, addresses, and after a sign of copyright the name of a person.

    Lines are texts of their own, such as those of several columns.

    >>> read("(c) A. Author, some rights reserved (CC BY-NC)").names
    ('CC-BY-NC-4.0',)
    >>> read("CC0 for the table, all rights reserved for pictures")
    Reading(names=(), forbids=True)
    """
    readers = [_Reader(_plain(line)) for line in text.splitlines() if not is_nothing(line)]
    forbids = any(one.forbids for one in readers)
    named = [licence for one in readers for licence in one.named]
    names: list[str] = []
    if not any(one.unread for one in readers):
        bare = any(one.copyright for one in readers) and not named
        names = [RESERVED] if bare else _names(named)
    return Reading(tuple(sorted(set(names))), forbids)


@dataclass
class _Named:
    """A licence as far as it was read: parts and version of one of Creative Commons, or the name of another."""

    name: str = ""
    parts: frozenset[str] = frozenset()
    version: str = ""
    marked: bool = False  # As one of Creative Commons, by these words or by a URL.

    @property
    def whole(self) -> bool:
        """Whether it stands for itself, and is not only a word on another licence."""
        return self.marked or ("BY" in self.parts and (len(self.parts) > 1 or self.version != ""))


def _plain(text: str) -> str:
    """Return a text in small letters, without accents and invisible signs."""
    letters = unicodedata.normalize("NFKD", text).casefold()
    kept = "".join(letter for letter in letters if unicodedata.category(letter) not in ("Mn", "Cf"))
    return _SPDX.sub(r" \1 ", " ".join(kept.split()))


def _names(named: list[_Named]) -> list[str]:
    """Return the names of licences; none where something is neither a whole one nor a repetition of one."""
    whole = [one for one in named if not one.name and one.whole]
    for one in named:
        repeated = not one.whole and any(one.parts <= other.parts for other in whole)
        if not one.name and not (one.parts and (one.whole or repeated)):
            return []
    return [one.name for one in named if one.name] + [_creative(one, whole) for one in whole]


def _creative(one: _Named, others: list[_Named]) -> str:
    said = [other.version for other in others if other.parts == one.parts]
    parts = [part for part in ("BY", "NC", "ND", "SA") if part in one.parts]
    return f"CC-{'-'.join(parts)}-{one.version or max(said) or _LATEST}"


class _Reader:
    """One text, read from left to right; what it says is in the attributes."""

    def __init__(self, text: str) -> None:
        self.named: list[_Named] = []
        self.forbids = self.copyright = False
        self.unread = len(text) > _MOST_LETTERS
        self._some = False
        found = _TOKEN.finditer(text[:_MOST_LETTERS])
        self._tokens = [(str(one.lastgroup), one[0]) for one in found if one.lastgroup != "weak"]
        self._at = 0
        while self._at < len(self._tokens):
            self._step()
        self.unread |= self._some and not self.named

    @property
    def _last(self) -> _Named:
        return self.named[-1] if self.named else _Named(name="nothing")

    def _step(self) -> None:
        kind, word = self._tokens[self._at]
        meaning, count = self._ahead()
        start, self._at = self._at, self._at + count
        if kind == "copyright" or meaning == "copyright":
            before = self._tokens[:start]
            self.unread |= any(one not in ("copyright", "strong") and said != "copyright" for one, said in before)
            self.copyright = True
            self._person()
        elif meaning == "sender":
            self.unread |= not self.copyright
            self._person()
        elif meaning:
            self._mean(meaning)
        elif kind == "url":
            self._url(word)
        elif kind == "number":
            self._number(word)
        elif kind == "word" and (code := _CODE.fullmatch(word)):
            self._part(code[2], marked=bool(code[1]))
        elif kind != "strong":
            self.unread |= not (word in LISTS["codes"] and self._last.version in _PORTED)

    def _ahead(self) -> tuple[str, int]:
        """Return what the longest phrase from here on means, and its length.

        It reaches over no comma, bracket or short part, and words are not joined to a short one: "a nd" is not "and".
        """
        words: list[str] = []
        for kind, word in self._tokens[self._at : self._at + _MOST_WORDS]:
            if kind not in ("word", "number") or (words and word in ("nc", "nd", "sa")):
                break
            words.append(word)
        for count in range(len(words), 0, -1):
            phrase = "".join(words[:count])
            short = count > 1 and len(phrase) < _SHORT and phrase.isalpha()
            if not short and (meaning := _PHRASES.get(phrase)):
                return meaning, count
        return "", 1

    def _mean(self, meaning: str) -> None:
        if meaning.startswith("="):
            self._name(meaning[1:])
        elif meaning in _WORDS.parts:
            self._part(meaning.lower())
        elif meaning == "CC":
            if self._last.name or self._last.parts:
                self.named.append(_Named(marked=True))
            self._last.marked = True
        elif meaning == "BY of CC":
            self._part("by")
            self._last.marked = True
        elif meaning == "everywhere":
            self.unread |= not self.named
        elif meaning == "country":
            self.unread |= self._last.version not in _PORTED
        elif meaning == "some":
            self._some = True
        elif meaning != "silent":
            self.unread = True

    def _name(self, name: str) -> None:
        self.forbids |= name == RESERVED
        # After a person stands the place where he works, such as MIT.
        self.unread |= self.copyright and name not in (CC0, RESERVED)
        if name in (CC0, PUBLIC) and self._last.marked and not self._last.parts:
            self.named.pop()
        self.named.append(_Named(name))

    def _part(self, code: str, *, marked: bool = False) -> None:
        parts = frozenset(re.findall("BY|NC|ND|SA", code.upper()))
        self.forbids |= "ND" in parts
        if marked or self._last.name or (self._last.parts and self._last.version):
            self.named.append(_Named(parts=parts, marked=marked))
        else:
            self._last.parts |= parts

    def _number(self, word: str) -> None:
        version = re.sub("[_,]", ".", word)
        version = f"{version}.0" if len(version) == 1 else version
        last = self._last
        self.unread |= bool(last.version) or not re.fullmatch(r"\d\.\d", version)
        self.unread |= bool(last.name) and (last.name not in (CC0, PUBLIC) or version != "1.0")
        last.version = version

    def _url(self, url: str) -> None:
        address = re.sub(r"^(?:https?:)?(?://)?(?:www\.|en\.)?", "", re.sub(r"\?ref=[\w.-]*$", "", url)).rstrip("/.")
        if found := _CC_URL.fullmatch(address):
            code, version, public, _ = found.groups()
            if code:
                self._part(code, marked=True)
                self._last.version = version or ""
            else:
                self._name(CC0 if public == "zero" else PUBLIC)
            return
        name = next((name for pattern, name in _ADDRESSES.items() if re.fullmatch(pattern, address)), None)
        self.unread |= name is None
        if name is not None:
            self._name(name)

    def _person(self) -> None:
        """Pass over a name: what stands before a comma or bracket, or before words on licences."""
        words = 0
        while self._at < len(self._tokens):
            kind, word = self._tokens[self._at]
            meaning, _ = self._ahead()
            said = meaning not in ("", "silent", "everywhere", "country")
            if said or kind in ("url", "copyright") or (kind == "strong" and word.strip(".")):
                break
            self.unread |= word in LISTS["not_in_names"] or kind == "other"
            words += kind in ("word", "number")
            self._at += 1
        self.unread |= words > _MOST_NAMES
