"""Guess the language of a text by its script and its commonest words."""

from __future__ import annotations

import re

from birdmml.audit.words import words_of

__all__ = ["UNDECIDED", "guess_language"]

UNDECIDED = "undecided"
# Words that no language of the list shares with another.
_COMMON = {
    "English": "the and with its this that from is are has have was were it on by which an of at for",
    "German": "der die das und ist ein eine mit nicht auf sich dem den ihre seine von zu wird auch",
    "French": "le les des est une dans avec sur pour qui sont du ses aux au cette ce et",
    "Spanish": "el los las con una por que del su sus muy esta este es y al",
    "Italian": "il gli della di che sono una per nel con dei ha suo sua questo e",
    "Portuguese": "o os uma com do da em que seu sua dos das muito este esta ao e",
    "Dutch": "het een van en met op zijn dat niet te is voor door aan deze",
    "Swedish": "och en ett med som det i av den har sin inte till vid",
}
_WORDS = {language: frozenset(words.split()) for language, words in _COMMON.items()}
_SCRIPTS = {
    "Greek": "\u0370-\u03ff",
    "Cyrillic": "\u0400-\u04ff",
    "Hebrew": "\u0590-\u05ff",
    "Arabic": "\u0600-\u06ff",
    "Devanagari": "\u0900-\u097f",
    "Thai": "\u0e00-\u0e7f",
    "Japanese": "\u3040-\u30ff",
    "Chinese": "\u4e00-\u9fff",
    "Korean": "\uac00-\ud7af",
}
_LETTERS = {script: re.compile(f"[{letters}]") for script, letters in _SCRIPTS.items()}
_LEAST = 3  # Common words: names and single foreign words do not decide.


def guess_language(text: str) -> str:
    """Guess which language a text is in.

    Parameters
    ----------
    text : str
        Such as a caption.

    Returns
    -------
    str
        Name of a language, or of a script that is not Latin; `UNDECIDED` for what has too few common words.

    Examples
    --------
    >>> guess_language("The bird is on a branch, and it sings."), guess_language("Der Vogel ist auf dem Ast.")
    ('English', 'German')
    >>> guess_language("\u043f\u0442\u0438\u0446\u0430"), guess_language("Duck: wings white; paddling.")
    ('Cyrillic', 'undecided')
    """
    if not text.isascii():
        letters = sum(map(str.isalpha, text))
        counts = {script: len(pattern.findall(text)) for script, pattern in _LETTERS.items()}
        if counts["Japanese"]:  # It is written with Chinese signs as well.
            counts["Japanese"] += counts.pop("Chinese")
        script = max(counts, key=lambda name: counts[name])
        if counts[script] > letters / 2:
            return script
    words = words_of(text)
    hits = {language: sum(word in common for word in words) for language, common in _WORDS.items()}
    best, second = sorted(hits, key=lambda language: -hits[language])[:2]
    return best if hits[best] >= _LEAST and hits[best] > hits[second] else UNDECIDED
