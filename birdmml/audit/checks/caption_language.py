"""The languages of captions."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator

from birdmml.audit.check import Check, examples_of
from birdmml.audit.facts import Facts
from birdmml.audit.finding import Finding
from birdmml.audit.language import UNDECIDED, guess_language
from confu_core.inputs import Text

__all__ = ["CHECK"]

# Guesses by common words are wrong on one text in some hundreds.
GRAVE_SHARE = 0.005


def _run(facts: Facts, name: str) -> Iterator[Finding]:
    texts = facts.texts[name]
    guessed = [guess_language(text) if text else UNDECIDED for text in texts]
    counts = Counter(guessed)
    decided = len(texts) - counts.pop(UNDECIDED, 0)
    if not decided:
        return
    (main, many), *others = counts.most_common()
    rows = [row for row, language in enumerate(guessed) if language not in (main, UNDECIDED)]
    grave = len(rows) >= GRAVE_SHARE * decided and bool(rows)
    said = ", ".join(f"{language} {count:,}" for language, count in [(main, many), *others[:4]])
    yield Finding(
        CHECK.code,
        "warning" if grave else "info",
        f"{name}: {said}; {len(texts) - decided:,} are too short to say",
        len(rows) if grave else many,
        decided,
        f"captions not in {main}" if grave else f"captions in {main}",
        "Translate or leave out the others: a word tells where a row comes from." if grave else "",
        examples_of(facts, rows if grave else [], lambda row: f"{guessed[row]}: {texts[row][:80]}"),
    )


CHECK = Check("caption-language", "the languages of captions", _run, (Text,))
