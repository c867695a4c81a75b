"""How people write licences: a grammar in which every word must be accounted for, or nothing counts as understood."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterator
from dataclasses import dataclass

from confu_core.cells import is_nothing
from confu_core.publish.licence_words import CC0, CODES, NOT_IN_NAMES, PHRASES, PUBLIC, RESERVED

__all__ = ["Reading", "read"]

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
_URLS = {
    r"opendatacommons\.org/licenses/by(?:/1[.-]0|/summary)*": "ODC-By-1.0",
    r"opendatacommons\.org/licenses/odbl(?:/1[.-]0|/summary)*": "ODbL-1.0",
    r"opendatacommons\.org/licenses/pddl(?:/1[.-]0|/summary)*": "PDDL-1.0",
    r"opensource\.org/licenses?/mit(?:-license)?(?:\.php)?": "MIT",
    r"apache\.org/licenses/license-2\.0(?:\.txt|\.html)?": "Apache-2.0",
    r"gnu\.org/licenses/gpl-3\.0(?:\.txt|\.html|\.en\.html)?": "GPL-3.0-only",
    r"rightsstatements\.org/(?:vocab|page)/inc(?:-[a-z-]+)?/1\.0": RESERVED,
}


@dataclass(frozen=True)
class Reading:
    """What a text says of licences.

    Attributes
    ----------
    names : tuple of str
        Of all licences that it names, and all of them hold; empty where a word was not understood, or nothing is said.
    forbids : bool
        Whether something in it forbids adaptations or copies, be the rest understood or not.
    """

    names: tuple[str, ...]
    forbids: bool


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


def read(text: str) -> Reading:
    """Read what a text says of licences.

    Parameters
    ----------
    text : str
        Names, phrases, URLs; after a sign of copyright at its beginning also the name of a person. Lines are texts of
        their own, such as those of several columns.

    Returns
    -------
    Reading
        Without names where a word was not understood.

    Examples
    --------
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
        self._tokens = [*_tokens(text[:_MOST_LETTERS])]
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
            self.unread |= not (word in CODES and self._last.version in _PORTED)

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
            if not short and (meaning := PHRASES.get(phrase)):
                return meaning, count
        return "", 1

    def _mean(self, meaning: str) -> None:
        if meaning.startswith("="):
            self._name(meaning[1:])
        elif meaning in ("BY", "NC", "ND", "SA"):
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
        name = next((name for pattern, name in _URLS.items() if re.fullmatch(pattern, address)), None)
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
            self.unread |= word in NOT_IN_NAMES or kind == "other"
            words += kind in ("word", "number")
            self._at += 1
        self.unread |= words > _MOST_NAMES


def _tokens(text: str) -> Iterator[tuple[str, str]]:
    for found in _TOKEN.finditer(text):
        kind = str(found.lastgroup)
        if kind != "weak":
            yield kind, found[0]
