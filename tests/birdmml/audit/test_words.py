"""Languages of captions, and the lists of words that they are told by."""

from __future__ import annotations

import pytest

from birdmml.audit import words
from birdmml.audit.words import UNDECIDED, guess_language


@pytest.mark.parametrize(
    ("language", "text"),
    [
        ("English", "It sings from the top of a tree and is heard over the field."),
        ("German", "Er singt auf der Spitze und ist \u00fcber das Feld zu h\u00f6ren."),
        ("French", "Il chante dans les arbres et sur le toit avec une voix qui est claire."),
        ("Spanish", "El ave canta en las ramas y su voz se oye por todo el campo con claridad."),
        ("Italian", "Il canto degli uccelli che sono nel bosco ha una voce di cristallo."),
        ("Portuguese", "O canto da ave em uma \u00e1rvore com os seus filhotes do campo."),
        ("Dutch", "De vogel zit op een tak en zingt het lied van de lente niet te hard."),
        ("Swedish", "F\u00e5geln sitter i ett tr\u00e4d och det \u00e4r en s\u00e5ng som h\u00f6rs med vinden."),
        ("Japanese", "\u9ce5\u304c\u6728\u306e\u4e0a\u3067\u6b4c\u3046"),
        ("Chinese", "\u9e1f\u5728\u6811\u4e0a\u5531\u6b4c"),
        (UNDECIDED, "Mallard, Anas platyrhynchos."),
        (UNDECIDED, ""),
    ],
)
def test_languages(language: str, text: str) -> None:
    assert guess_language(text) == language


def test_a_word_that_is_not_plain_or_comes_twice_is_named(monkeypatch: pytest.MonkeyPatch) -> None:
    words.describing_words.cache_clear()
    for listed, wrong in (("ashy Azure", "'Azure'"), ("ashy ashy", "'ashy'")):
        monkeypatch.setattr(words, "_lists", lambda listed=listed: {"describing": listed})
        with pytest.raises(ValueError, match=f"words.toml: describing must be words in lower case, .*{wrong}"):
            words.describing_words()
    monkeypatch.undo()
    assert "ashy" in words.describing_words()
