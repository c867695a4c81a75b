"""Captions that are alike, against a slow loop over all pairs."""

from __future__ import annotations

from itertools import combinations

import numpy as np

from birdmml.audit.copies import like_groups
from birdmml.audit.words import words_of


def test_like_captions_are_those_of_a_slow_loop() -> None:
    random = np.random.default_rng(0)
    vocabulary = [f"word{number}" for number in range(60)]
    texts = []
    for _ in range(25):
        base = random.choice(vocabulary, 30).tolist()
        texts.append(" ".join(base))
        for _ in range(int(random.integers(0, 4))):
            other = list(base)
            other[int(random.integers(30))] = "changed"
            texts.append(" ".join(other[: int(random.integers(20, 31))]).upper() + ".")
    expected = list(range(len(texts)))
    runs = [set(zip(*(words_of(text)[offset:] for offset in range(3)), strict=False)) for text in texts]
    pairs = [(i, j) for i, j in combinations(range(len(texts)), 2) if _jaccard(runs[i], runs[j]) >= 0.8]
    for _ in texts:
        for one, other in pairs:
            expected[one] = expected[other] = min(expected[one], expected[other])
    assert like_groups(texts).tolist() == expected
    assert len(set(expected)) < len(texts)


def _jaccard(first: set[tuple[str, ...]], second: set[tuple[str, ...]]) -> float:
    return len(first & second) / len(first | second)


def test_texts_without_words_are_alone() -> None:
    assert like_groups(["", "...", "a", "A!"]).tolist() == [0, 1, 2, 2]
    assert like_groups([]).tolist() == []
