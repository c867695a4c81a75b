"""Examples: a few samples of each method to look at and listen to, with what each query took them for."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from confu_core.report.measured import Measured
from confu_core.report.sections.section import Card, Section
from confu_core.report.table import Column, Table
from confu_core.runs.measures import read_examples
from confu_core.runs.results import Results

__all__ = ["examples"]

MOST = 6  # Cards of one method.
# What is by design, by group of classes.
REMARKS = {
    "xor": "By design the label is not what is seen or heard: the species is the sum of look and song, and each of "
    "these alone is as often another species'."
}
HEAVIEST = 2_000_000  # Bytes of pictures and songs on the page, before they become text.


def examples(sources: Sequence[Results], labels: Sequence[str], measured: Measured) -> Section | None:
    """Choose samples to show.

    Parameters
    ----------
    sources : sequence of Results
        One or several folders.
    labels : sequence of str
        What to call each.
    measured : Measured
        Whose groups the samples are sorted by.

    Returns
    -------
    Section or None
        None where no run kept any. Of each method the first run that has examples, its kinds taken in turns.
    """
    chosen: list[Card] = []
    held = [
        (label, row) for results, label in zip(sources, labels, strict=True) for row in read_examples(results.folder)
    ]
    for at, group in enumerate(measured.groups):
        cells = [cell for cell, number in measured.cells.items() if number == at]
        own = next(
            (rows for cell in cells if (rows := [row for label, row in held if (label, row["cell"]) == cell])), []
        )
        chosen += [_card(group.label, row) for row in _in_turns(own)[:MOST]]
    cards = _light_enough(chosen)
    if not cards:
        return None
    return Section(
        "examples",
        "Examples",
        f"Samples chosen by a run of each method, with the {measured.words.one} that each query named.",
        folded=(_table(cards, measured.words.one),),
        cards=tuple(cards),
    )


def _in_turns(rows: Sequence[dict[str, Any]]) -> list[dict[str, Any]]:
    """Return rows so that the first few have something of every kind, each kind together."""
    kinds: dict[str, list[dict[str, Any]]] = {}
    for row in rows:
        kinds.setdefault(row["kind"], []).append(row)
    turns = sorted((place, number) for number, held in enumerate(kinds.values()) for place in range(len(held)))[:MOST]
    listed = list(kinds.values())
    return [listed[number][place] for number, place in sorted((number, place) for place, number in turns)]


def _card(method: str, row: dict[str, Any]) -> Card:
    predicted = tuple((query, said, said == row["label"]) for query, said in row["predicted"].items())
    texts = {name: row[name] or "" for name in ("kind", "key", "caption", "label")}
    remark = REMARKS.get(row["group"] or "", "")
    image, audio = row["image"] or b"", row["audio"] or b""
    return Card(method, image=image, audio=audio, predicted=predicted, remark=remark, **texts)


def _light_enough(cards: Sequence[Card]) -> list[Card]:
    """Drop the last cards of every method until the page is light enough."""
    most = MOST
    while most:
        counts: dict[str, int] = {}
        kept = []
        for card in cards:
            counts[card.method] = counts.get(card.method, 0) + 1
            if counts[card.method] <= most:
                kept.append(card)
        if sum(len(card.image) + len(card.audio) for card in kept) <= HEAVIEST:
            return kept
        most -= 1
    return []


def _table(cards: Sequence[Card], label: str) -> Table:
    queries = list(dict.fromkeys(query for card in cards for query, _, _ in card.predicted))
    columns = (
        *(Column(name, name) for name in ("method", "kind", "key", label, "caption")),
        *(Column(query, query) for query in queries),
    )
    rows = tuple((card.method, card.kind, card.key, card.label, card.caption, *_said(card, queries)) for card in cards)
    return Table("examples", "Examples and predictions", columns, rows)


def _said(card: Card, queries: Sequence[str]) -> list[str]:
    said = {query: f"{species} ({'right' if right else 'wrong'})" for query, species, right in card.predicted}
    return [said.get(query, "-") for query in queries]
