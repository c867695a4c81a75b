"""Words of captions and names: without case, accents, hyphens and possessives; and the language that they are of."""

from __future__ import annotations

import re
import unicodedata
from functools import lru_cache
from typing import Any

from confu_core.data_files import read_data

__all__ = ["UNDECIDED", "describing_words", "guess_language", "singulars", "words_of"]

UNDECIDED = "undecided"
_LEAST = 3  # Common words: names and single foreign words do not decide a language.
_WORD = re.compile(r"[^\W_]+")
_POSSESSIVE = re.compile(r"['\u2019]s?\b")


def words_of(text: str) -> list[str]:
    r"""Split a text into words in lower case; a hyphen ends a word, a possessive is left out.

    >>> words_of("The Ring-necked Duck's R\u00e9veil, in 3/4")
    ['the', 'ring', 'necked', 'duck', 'reveil', 'in', '3', '4']
    """
    plain = text.casefold()
    if not plain.isascii():
        decomposed = unicodedata.normalize("NFKD", plain)
        plain = "".join(letter for letter in decomposed if not unicodedata.combining(letter))
    return _WORD.findall(_POSSESSIVE.sub("", plain))


@lru_cache(maxsize=100_000)
def singulars(word: str) -> tuple[str, ...]:
    """Return a word and what it may be the plural of.

    >>> singulars("finches"), singulars("canaries")
    (('finches', 'finche', 'finch'), ('canaries', 'canarie', 'canari', 'canary'))
    """
    found = [word]
    if len(word) > 3 and word.endswith("s") and not word.endswith("ss"):
        found.append(word[:-1])
        if word.endswith("es"):
            found.append(word[:-2])
        if word.endswith("ies"):
            found.append(f"{word[:-3]}y")
    return tuple(found)


def guess_language(text: str) -> str:
    r"""Guess the language of a text by its script and its commonest words; `UNDECIDED` where it has too few.

    >>> guess_language("The bird is on a branch, and it sings."), guess_language("Der Vogel ist auf dem Ast.")
    ('English', 'German')
    >>> guess_language("\u043f\u0442\u0438\u0446\u0430"), guess_language("Duck: wings white; paddling.")
    ('Cyrillic', 'undecided')
    """
    common, scripts = _languages()
    if not text.isascii():
        letters = sum(map(str.isalpha, text))
        counts = {script: len(pattern.findall(text)) for script, pattern in scripts.items()}
        if counts["Japanese"]:  # It is written with Chinese signs as well.
            counts["Japanese"] += counts.pop("Chinese")
        script = max(counts, key=lambda name: counts[name])
        if counts[script] > letters / 2:
            return script
    words = words_of(text)
    hits = {language: sum(word in its for word in words) for language, its in common.items()}
    best, second = sorted(hits, key=lambda language: -hits[language])[:2]
    return best if hits[best] >= _LEAST and hits[best] > hits[second] else UNDECIDED


@lru_cache(maxsize=1)
def describing_words() -> frozenset[str]:
    """Return words of names that captions use for what is seen and heard, beside those of our own table."""
    return _word_set("describing", _lists()["describing"])


@lru_cache(maxsize=1)
def _languages() -> tuple[dict[str, frozenset[str]], dict[str, re.Pattern[str]]]:
    """Return the common words of each language, and what finds the letters of each script that is not Latin."""
    lists = _lists()
    common = {name: _word_set(f"languages.{name}", words) for name, words in lists["languages"].items()}
    return common, {name: re.compile(f"[{letters}]") for name, letters in lists["scripts"].items()}


@lru_cache(maxsize=1)
def _lists() -> dict[str, Any]:
    return read_data("birdmml.audit", "words.toml")


def _word_set(key: str, words: str) -> frozenset[str]:
    listed = words.split()
    if wrong := [word for word in listed if words_of(word) != [word] or listed.count(word) > 1]:
        raise ValueError(f"words.toml: {key} must be words in lower case, each once; got {wrong[0]!r}")
    return frozenset(listed)
