"""Small pieces of English grammar: articles, lists, capitals, full stops."""

from __future__ import annotations

from collections.abc import Sequence

__all__ = ["article", "capitalised", "listed", "with_article"]

# Written with a vowel, spoken with a consonant.
CONSONANT_STARTS = ("eu", "uni", "one", "once", "us", "ur")


def article(words: str) -> str:
    """Return "a" or "an" for what follows.

    Parameters
    ----------
    words : str
        In any case.

    Returns
    -------
    str
        By sound: "a European", "an owl".

    Examples
    --------
    >>> article("owl"), article("Eurasian dove"), article("unhurried song")
    ('an', 'a', 'an')
    """
    low = words[:4].lower()
    return "an" if low[0] in "aeiou" and not low.startswith(CONSONANT_STARTS) else "a"


def with_article(words: str) -> str:
    """Return the words with their indefinite article.

    Examples
    --------
    >>> with_article("orange bill")
    'an orange bill'
    """
    return f"{article(words)} {words}"


def listed(items: Sequence[str]) -> str:
    """Return items as an English list.

    Examples
    --------
    >>> listed(["a black cap", "white cheeks", "a short bill"])
    'a black cap, white cheeks and a short bill'
    """
    return items[0] if len(items) == 1 else f"{', '.join(items[:-1])} and {items[-1]}"


def capitalised(words: str) -> str:
    """Return the words with a capital first letter.

    Examples
    --------
    >>> capitalised("a wren of the Rockies")
    'A wren of the Rockies'
    """
    return words[:1].upper() + words[1:]
