"""Words of captions and names: without case, accents, hyphens and possessives."""

from __future__ import annotations

import re
import unicodedata
from functools import lru_cache

__all__ = ["singulars", "words_of"]

_WORD = re.compile(r"[^\W_]+")
_POSSESSIVE = re.compile(r"['\u2019]s?\b")


def words_of(text: str) -> list[str]:
    """Split a text into words.

    Parameters
    ----------
    text : str
        Such as a caption.

    Returns
    -------
    list of str
        In lower case; a hyphen ends a word, a possessive is left out.

    Examples
    --------
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

    Parameters
    ----------
    word : str
        In lower case.

    Returns
    -------
    tuple of str
        Itself first.

    Examples
    --------
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
