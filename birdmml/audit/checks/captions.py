"""Checks of captions: that name their class, are copies, are empty or long, are in several languages."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator

import numpy as np

from birdmml.audit.check import MOST_EXAMPLES, Example, Finding, check, examples_of, row_findings
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


@check("caption-names-class", "captions that name their species or class", Text)
def caption_names_class(facts: Facts, name: str) -> Iterator[Finding]:
    """Find captions that name the class of their row."""
    numbers, texts = facts.numbers, facts.texts[name]
    rows = np.flatnonzero(facts.readable[name] & (numbers >= 0)).tolist()
    naming = naming_of(facts.contents.classes, facts.labels, facts.columns)
    naming.exclusive((texts[row], numbers[row]) for row in rows)
    found = {row: words for row in rows if (words := naming.found_in(texts[row], numbers[row]))}
    if found:
        whole = sum(f" {words} " in naming.phrases[numbers[row]] for row, words in found.items())
        yield Finding(
            "error" if len(found) >= NAMED * len(rows) else "warning",
            f"{name}: captions name their own class, {whole:,} by a whole name, {len(found) - whole:,} by a part",
            len(found),
            len(rows),
            "captions",
            "Mask the names, or report scores with and without these rows: reading a name is not understanding.",
            examples_of(facts, found, lambda row: f"{found[row]!r} in: {_around(texts[row], found[row])}"),
        )


def _around(text: str, name: str) -> str:
    """Return the part of a caption where a name begins."""
    start = max(0, text.casefold().find(name.split()[0]) - 40)
    return ("..." if start else "") + text[start : start + 100] + ("..." if start + 100 < len(text) else "")


@check("caption-copies", "duplicate and nearly duplicate captions", Text)
def caption_copies(facts: Facts, name: str) -> Iterator[Finding]:
    """Find captions that occur more than once, but for case, punctuation and a few words."""
    texts = facts.texts[name]
    group = like_groups(texts)
    sizes = np.bincount(group, minlength=len(group))
    rows = np.flatnonzero(sizes[group] > 1)
    if len(rows):
        total = int(facts.readable[name].sum())
        largest = [first for first in np.argsort(-sizes, kind="stable")[:MOST_EXAMPLES] if sizes[first] > 1]
        pairs = [np.flatnonzero(group == first)[:2] for first in largest]
        yield Finding(
            "warning" if len(rows) >= COPIED * total else "info",
            f"{name}: captions are nearly those of other rows, in {int((sizes > 1).sum()):,} groups",
            len(rows),
            total,
            "captions",
            "Count every row of a group as right in retrieval by text, or write captions that tell them apart.",
            tuple(
                Example(tuple(facts.where(row) for row in pair), f"{sizes[first]} rows: {texts[first][:80]}")
                for first, pair in zip(largest, pairs, strict=True)
            ),
        )


@check("caption-language", "the languages of captions", Text)
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
    grave = len(rows) >= FOREIGN * decided and bool(rows)
    listed = ", ".join(f"{language} {count:,}" for language, count in [(main, many), *others[:4]])
    yield Finding(
        "warning" if grave else "info",
        f"{name}: {listed}; {len(texts) - decided:,} are too short to say",
        len(rows) if grave else many,
        decided,
        f"captions not in {main}" if grave else f"captions in {main}",
        "Translate or leave out the others: a word tells where a row comes from." if grave else "",
        examples_of(facts, rows if grave else [], lambda row: f"{guessed[row]}: {texts[row][:80]}"),
    )


@check("caption-length", "captions that are empty, or of unlike lengths", Text)
def caption_length(facts: Facts, name: str) -> Iterator[Finding]:
    """Find captions without words and much shorter or longer ones, and say how long they are."""
    texts, readable = facts.texts[name], facts.readable[name]
    counts = np.array([len(words_of(text)) for text in texts])
    yield from row_findings(
        facts,
        name,
        counts == 0,
        "error",
        "captions hold no word",
        "Write or remove them: a query without words finds nothing.",
        lambda row: repr(texts[row]),
    )
    worded = readable & (counts > 0)
    if not worded.any():
        return
    known = counts[worded]
    middle = float(np.median(known))
    yield from row_findings(
        facts,
        name,
        (counts > max(LONG, TIMES * middle)) | ((counts * TIMES < middle) & (middle >= WORDS)),
        "warning",
        f"captions are {TIMES:.0f} times longer or shorter than the median, {middle:.0f} words",
        "Read some of them: they are often cut off, or hold more than one caption.",
        lambda row: f"{counts[row]} words: {texts[row][:80]}",
        among=worded,
    )
    low, high = np.quantile(known, [0.05, 0.95])
    what = f"{known.min()} to {known.max()} words, nine tenths {low:.0f} to {high:.0f}, median {middle:.0f}"
    if known.min() == known.max():
        what = f"all have {known.max()} word{'s' if known.max() != 1 else ''}"
    yield Finding("info", f"{name}: {what}", len(known), len(known), "captions")
