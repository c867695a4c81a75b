"""Mistakes: which classes are taken for each other, and samples to look at with what queries took them for."""

from __future__ import annotations

import itertools
import math
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from confu_core.report.sections import Section, ordered, section
from confu_core.report.tables import Column, Table
from confu_core.report.tidy import HEADLINE, Measures
from confu_core.report.words import capitalised, file_stem

GROUPS, PAIRS = "confusion", "confused_pair"
MOST_PAIRS = 5  # Of each query and method.


@section(130)
def confusion(measured: Measures, shown: Measures) -> Section | None:
    """Show what is taken for what."""
    groups = [_groups(measured, subject) for subject in measured.values(GROUPS, "subject")]
    pairs = _pairs(measured)
    if not groups and not pairs.rows:
        return None
    many = measured.words.many
    return Section(
        "confusion",
        "Confusions",
        f"For the samples of each group of {many}, the group of the {measured.words.label} that was predicted; and the "
        f"{many} that are most often taken for each other.",
        tables=tuple(groups),
        folded=(pairs,) if pairs.rows else (),
        notes=("Shares of a row add up to 1, over all seeds. Right groups are on the diagonal.",) if groups else (),
    )


def _groups(measured: Measures, subject: str) -> Table:
    """Arrange row shares of the counts of all seeds, method by method."""
    true = measured.values(GROUPS, "condition", subject=subject)
    predicted = ordered(sorted(measured.values(GROUPS, "metric", subject=subject)), true)
    rows: list[tuple[Any, ...]] = []
    tints: dict[tuple[int, int], float] = {}
    for at, group in enumerate(measured.groups):
        own = measured.rows(GROUPS, group=at, subject=subject)
        for name in true:
            held = own[own["condition"] == name]
            counts = [math.fsum(held["value"][held["metric"] == other].dropna()) for other in predicted]
            total = math.fsum(counts)
            if total <= 0:
                continue
            shares = [count / total for count in counts]
            tints |= {(len(rows), 2 + column): share for column, share in enumerate(shares) if share > 0}
            rows.append((group.label, name, *shares, round(total)))
    columns = (
        Column("method", "method"),
        Column("true", "true group"),
        *(Column(name, name, 2) for name in predicted),
        Column("samples", "samples", None),
    )
    only = len(measured.values(GROUPS, "subject")) == 1
    name = GROUPS if only else file_stem(GROUPS, subject)
    return Table(name, f"Predicted group by true group, {subject}", columns, tuple(rows), tints=tints)


def _pairs(measured: Measures) -> Table:
    """List the most frequent confusions of each query and method, with the seeds that saw them."""
    rows: list[tuple[Any, ...]] = []
    for subject in measured.values(PAIRS, "subject"):
        for at, group in enumerate(measured.groups):
            own = measured.rows(PAIRS, group=at, subject=subject).dropna(subset="value")
            found = {str(name): list(shares) for name, shares in own.groupby("metric")["value"]}
            means = sorted((-math.fsum(shares) / len(shares), name) for name, shares in found.items())
            rows += [(subject, group.label, name, -mean, len(found[name])) for mean, name in means[:MOST_PAIRS]]
    many = measured.words.many
    columns = (
        Column("query", "query"),
        Column("method", "method"),
        Column("pair", many),
        Column("share", "share of their samples"),
        Column("seeds", "seeds", None),
    )
    return Table("confused_pairs", f"{capitalised(many)} most often taken for each other", columns, tuple(rows))


MOST_CARDS = 6  # Of one method.
HEAVIEST = 2_000_000  # Bytes of pictures and sounds on the page, before they become text.


@dataclass(frozen=True)
class Card:
    """A sample to look at and listen to, with what each query took it for, and whether that is right.

    `method` is which run chose it, `kind` for what; `image` is JPEG or PNG, `audio` FLAC, WAV or Ogg, empty for none.
    """

    method: str
    kind: str
    key: str
    image: bytes
    audio: bytes
    caption: str
    label: str
    predicted: tuple[tuple[str, str, bool], ...]
    remark: str = ""


@section(140, once=True)
def examples(measured: Measures, shown: Measures) -> Section | None:
    """Choose samples to show: those of the first run of each method that has any."""
    found = measured.rows(HEADLINE)
    runs = dict.fromkeys(zip(found["group"], found["folder"], found["cell"], strict=True))
    chosen: list[Card] = []
    for at, group in enumerate(measured.groups):
        held = (measured.examples.get((folder, cell), ()) for own, folder, cell in runs if own == at)
        chosen += [_card(group.label, row, measured) for row in _in_turns(next(filter(None, held), ()))[:MOST_CARDS]]
    cards = _light_enough(chosen)
    if not cards:
        return None
    label = measured.words.label
    lede = f"Samples chosen by a run of each method, with the {label} that each query named."
    return Section("examples", "Examples", lede, folded=(_examples(cards, label),), cards=tuple(cards))


def _in_turns(rows: Sequence[dict[str, Any]]) -> list[dict[str, Any]]:
    """Return rows so that the first few have something of every kind, each kind together."""
    kinds: dict[str, list[dict[str, Any]]] = {}
    for row in rows:
        kinds.setdefault(row["kind"], []).append(row)
    turns = (row for turn in itertools.zip_longest(*kinds.values()) for row in turn if row is not None)
    return sorted(itertools.islice(turns, MOST_CARDS), key=lambda row: [*kinds].index(row["kind"]))


def _card(method: str, row: dict[str, Any], measured: Measures) -> Card:
    predicted = tuple((query, said, said == row["label"]) for query, said in row["predicted"].items())
    texts = {name: row[name] or "" for name in ("kind", "key", "caption", "label")}
    remark = measured.words.remarks.get(row["group"] or "", "")
    image, audio = row["image"] or b"", row["audio"] or b""
    return Card(method, image=image, audio=audio, predicted=predicted, remark=remark, **texts)


def _light_enough(cards: Sequence[Card]) -> list[Card]:
    """Drop the last cards of every method until the page is light enough."""
    by_method = [list(own) for _, own in itertools.groupby(cards, key=lambda card: card.method)]
    for most in range(MOST_CARDS, 0, -1):
        kept = [card for own in by_method for card in own[:most]]
        if sum(len(card.image) + len(card.audio) for card in kept) <= HEAVIEST:
            return kept
    return []


def _examples(cards: Sequence[Card], label: str) -> Table:
    queries = list(dict.fromkeys(query for card in cards for query, _, _ in card.predicted))
    names = ("method", "kind", "key", label, "caption", *queries)
    rows = []
    for card in cards:
        said = {query: f"{named} ({'right' if right else 'wrong'})" for query, named, right in card.predicted}
        answers = (said.get(query, "-") for query in queries)
        rows.append((card.method, card.kind, card.key, card.label, card.caption, *answers))
    return Table("examples", "Examples and predictions", tuple(Column(name, name) for name in names), tuple(rows))
