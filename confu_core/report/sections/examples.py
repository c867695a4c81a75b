"""Examples: a few samples of each method to look at and listen to, with what each query took them for."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from confu_core.report.sections import Card, Section, section
from confu_core.report.tables import Column, Table
from confu_core.report.tidy import HEADLINE, Measures

MOST = 6  # Cards of one method.
HEAVIEST = 2_000_000  # Bytes of pictures and sounds on the page, before they become text.


@section(140, once=True)
def examples(measured: Measures, shown: Measures) -> Section | None:
    """Choose samples to show: those of the first run of each method that has any."""
    found = measured.rows(HEADLINE)
    runs = dict.fromkeys(zip(found["group"], found["folder"], found["cell"], strict=True))
    chosen: list[Card] = []
    for at, group in enumerate(measured.groups):
        held = (measured.examples.get((folder, cell), ()) for own, folder, cell in runs if own == at)
        chosen += [_card(group.label, row, measured) for row in _in_turns(next(filter(None, held), ()))[:MOST]]
    cards = _light_enough(chosen)
    if not cards:
        return None
    label = measured.words.label
    lede = f"Samples chosen by a run of each method, with the {label} that each query named."
    return Section("examples", "Examples", lede, folded=(_table(cards, label),), cards=tuple(cards))


def _in_turns(rows: Sequence[dict[str, Any]]) -> list[dict[str, Any]]:
    """Return rows so that the first few have something of every kind, each kind together."""
    kinds: dict[str, list[dict[str, Any]]] = {}
    for row in rows:
        kinds.setdefault(row["kind"], []).append(row)
    turns = sorted((place, number) for number, held in enumerate(kinds.values()) for place in range(len(held)))[:MOST]
    listed = list(kinds.values())
    return [listed[number][place] for number, place in sorted((number, place) for place, number in turns)]


def _card(method: str, row: dict[str, Any], measured: Measures) -> Card:
    predicted = tuple((query, said, said == row["label"]) for query, said in row["predicted"].items())
    texts = {name: row[name] or "" for name in ("kind", "key", "caption", "label")}
    remark = measured.words.remarks.get(row["group"] or "", "")
    image, audio = row["image"] or b"", row["audio"] or b""
    return Card(method, image=image, audio=audio, predicted=predicted, remark=remark, **texts)


def _light_enough(cards: Sequence[Card]) -> list[Card]:
    """Drop the last cards of every method until the page is light enough."""
    for most in range(MOST, 0, -1):
        counts: dict[str, int] = {}
        kept = []
        for card in cards:
            counts[card.method] = counts.get(card.method, 0) + 1
            if counts[card.method] <= most:
                kept.append(card)
        if sum(len(card.image) + len(card.audio) for card in kept) <= HEAVIEST:
            return kept
    return []


def _table(cards: Sequence[Card], label: str) -> Table:
    queries = list(dict.fromkeys(query for card in cards for query, _, _ in card.predicted))
    names = ("method", "kind", "key", label, "caption", *queries)
    rows = tuple((card.method, card.kind, card.key, card.label, card.caption, *_said(card, queries)) for card in cards)
    return Table("examples", "Examples and predictions", tuple(Column(name, name) for name in names), rows)


def _said(card: Card, queries: Sequence[str]) -> list[str]:
    said = {query: f"{named} ({'right' if right else 'wrong'})" for query, named, right in card.predicted}
    return [said.get(query, "-") for query in queries]
