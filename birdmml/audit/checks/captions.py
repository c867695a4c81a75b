"""Checks of captions: that name their class, are copies, are empty or long, are in several languages."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator
from typing import Any

import numpy as np

from birdmml.audit.check import MOST_EXAMPLES, Example, Finding, check, examples_of, row_findings, worded
from birdmml.audit.copies import like_groups
from birdmml.audit.facts import Facts
from birdmml.audit.words import UNDECIDED, guess_language, naming_of, words_of
from confu_core.inputs import Text

# Above one in a hundred, what a text encoder learns of names moves a score by more than its interval is wide.
NAMED = 0.01
# One of twenty captions that finds another's picture lowers the best recall at 1 by more than methods differ.
COPIED = 0.05
FOREIGN = 0.005  # Guesses by common words are wrong on one text in some hundreds.
# A caption is extreme if it is so many times longer, or shorter, than the median; and long ones of at least so many
# words, since one-word captions among two-word ones are nothing.
TIMES, LONG, WORDS = 6.0, 60, 12


@check("caption-names-class", Text)
def caption_names_class(facts: Facts, name: str) -> Iterator[Finding]:
    """Find captions that name the class of their row."""
    numbers, texts = facts.numbers, facts.texts[name]
    rows = np.flatnonzero(facts.readable[name] & (numbers >= 0)).tolist()
    naming = naming_of(facts.contents.classes, facts.labels, facts.columns)
    naming.exclusive((texts[row], numbers[row]) for row in rows)
    found = {row: words for row in rows if (words := naming.found_in(texts[row], numbers[row]))}
    if found:
        whole = sum(f" {words} " in naming.phrases[numbers[row]] for row, words in found.items())
        filled: dict[str, Any] = {"whole": whole, "part": len(found) - whole}
        severity = "error" if len(found) >= NAMED * len(rows) else "warning"
        examples = examples_of(facts, found, lambda row: f"{found[row]!r} in: {_around(texts[row], found[row])}")
        yield worded("caption-names-class", name, len(found), len(rows), examples, severity=severity, **filled)


def _around(text: str, name: str) -> str:
    """Return the part of a caption where a name begins."""
    start = max(0, text.casefold().find(name.split()[0]) - 40)
    return ("..." if start else "") + text[start : start + 100] + ("..." if start + 100 < len(text) else "")


@check("caption-copies", Text)
def caption_copies(facts: Facts, name: str) -> Iterator[Finding]:
    """Find captions that occur more than once, but for case, punctuation and a few words."""
    texts = facts.texts[name]
    group = like_groups(texts)
    sizes = np.bincount(group, minlength=len(group))
    count, total = int(sizes[sizes > 1].sum()), int(facts.readable[name].sum())
    if count:
        largest = [first for first in np.argsort(-sizes, kind="stable")[:MOST_EXAMPLES] if sizes[first] > 1]
        pairs = {first: map(facts.where, np.flatnonzero(group == first)[:2]) for first in largest}
        examples = [Example(tuple(pair), f"{sizes[one]} rows: {texts[one][:80]}") for one, pair in pairs.items()]
        severity, groups = "warning" if count >= COPIED * total else "info", int((sizes > 1).sum())
        yield worded("caption-copies", name, count, total, examples, severity=severity, groups=groups)


@check("caption-language", Text)
def caption_language(facts: Facts, name: str) -> Iterator[Finding]:
    """Find captions in another language than most."""
    texts = facts.texts[name]
    guessed = [guess_language(text) if text else UNDECIDED for text in texts]
    counts = Counter(guessed)
    decided = len(texts) - counts.pop(UNDECIDED, 0)
    if not decided:
        return
    (main, many), *others = counts.most_common()
    rows = [row for row, language in enumerate(guessed) if language not in (main, UNDECIDED)]
    listed = ", ".join(f"{language} {count:,}" for language, count in [(main, many), *others[:4]])
    filled: dict[str, Any] = {"main": main, "listed": listed, "short": len(texts) - decided}
    if rows and len(rows) >= FOREIGN * decided:
        examples = examples_of(facts, rows, lambda row: f"{guessed[row]}: {texts[row][:80]}")
        yield worded("caption-foreign", name, len(rows), decided, examples, **filled)
    else:
        yield worded("caption-language", name, many, decided, **filled)


@check("caption-length", Text)
def caption_length(facts: Facts, name: str) -> Iterator[Finding]:
    """Find captions without words and much shorter or longer ones, and say how long they are."""
    texts, readable = facts.texts[name], facts.readable[name]
    counts = np.array([len(words_of(text)) for text in texts])
    yield from row_findings(facts, name, "caption-empty", counts == 0, show=lambda row: repr(texts[row]))
    worded_rows = readable & (counts > 0)
    if not worded_rows.any():
        return
    known = counts[worded_rows]
    middle = float(np.median(known))
    yield from row_findings(
        facts,
        name,
        "caption-extreme",
        (counts > max(LONG, TIMES * middle)) | ((counts * TIMES < middle) & (middle >= WORDS)),
        among=worded_rows,
        show=lambda row: f"{counts[row]} words: {texts[row][:80]}",
        times=TIMES,
        median=middle,
    )
    low, high = np.quantile(known, [0.05, 0.95])
    what = f"{known.min()} to {known.max()} words, nine tenths {low:.0f} to {high:.0f}, median {middle:.0f}"
    if known.min() == known.max():
        what = f"all have {known.max()} word{'s' if known.max() != 1 else ''}"
    yield worded("caption-length", name, len(known), len(known), lengths=what)
