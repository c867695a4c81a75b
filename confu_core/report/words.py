"""Words of a report: those that a benchmark hands in, what metrics are called, and how means are written."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Any

from confu_core.data_files import read_data
from confu_core.page.numbers import show
from confu_core.runs.results import Results
from confu_core.statistics.intervals import Interval

LABELS = {
    "single_ceiling": "single ceiling",
    "pairwise_ceiling": "pairwise ceiling",
    "bayes_accuracy": "Bayes accuracy",
    "higher_order_capture": "higher-order capture",
    "fusion_gain_captured": "fusion gain captured",
    "total_correlation": "total correlation (nats)",
    "total_correlation_bound": "total correlation bound (nats)",
}
KNOWN_EXACTLY = ("Single ceiling", "Pairwise ceiling", "Bayes accuracy", "Higher-order capture", "Fusion gain captured")


@dataclass(frozen=True)
class Claims:
    """What a paper claims of a method against a baseline and rivals, with how much it may lose where it claims none."""

    subject: str
    baseline: str
    rivals: tuple[str, ...]
    tolerance: float
    lede: str


@dataclass(frozen=True)
class Design:
    """Words for data made to a design, whose groups of classes differ in what tells them apart."""

    groups: str = ""
    groups_lede: str = ""
    modalities: Mapping[str, str] = field(default_factory=dict)
    definitions: Mapping[str, str] = field(default_factory=dict)


@dataclass(frozen=True)
class ReportWords:
    """What the reports of a benchmark say in its own words; all of it may be left out."""

    name: str = ""
    label: str = "class"
    remarks: Mapping[str, str] = field(default_factory=dict)
    claims: Claims | None = None
    design: Design = field(default_factory=Design)
    plurals: Mapping[str, str] = field(default_factory=dict)
    many: str = "classes"
    exact: bool = True
    described: bool = True
    named: bool = False

    @property
    def zero_shot(self) -> str:
        """What telling classes by texts is called: not zero-shot where these are names that were trained with."""
        return "named classes" if self.named else "zero-shot"

    def titled(self, what: str) -> str:
        """Return the title of something of zero-shot classification."""
        return f"{capitalised(self.zero_shot)}{':' if self.named else ''} {what}"

    def told_by(self, sources: Sequence[Results]) -> ReportWords:
        """Return the words for results folders: what their classes are, and what is known of them."""
        labels = {str(source.sweep.get("label", self.label)) for source in sources}
        label = labels.pop() if len(labels) == 1 else "class"
        ways = [way for source in sources for way in _values(source, "told_by")]
        exact = any(value is not None for source in sources for value in _values(source, "bayes_accuracy"))
        return replace(
            self,
            label=label,
            many=self.plurals.get(label, "classes"),
            exact=exact,
            described=not ways or any(way != "probe" for way in ways),
            named=bool(ways) and all(way in ("names", "probe") for way in ways) and "names" in ways,
            design=self.design if exact and label == self.label else Design(),
        )

    def definitions(self, *, measures: bool, exact: bool = True) -> dict[str, str]:
        """Return what terms mean: those of measures too, and those of ceilings only where they are known."""
        said = read_data("confu_core.report", "words.toml")
        if not measures:
            return said["definitions"]
        own = self.design.definitions if exact else {}
        common = said["definitions"] if exact else _without(said["definitions"], KNOWN_EXACTLY)
        return {**common, **own, **_without(said["measures"], own)}


def ours_notes(methods: Iterable[str]) -> tuple[str, ...]:
    """Say of which methods scores are this toolkit's choice and not their paper's, a sentence each.

    >>> ours_notes(["clip", "pmrl"])
    ('Ours, not in the paper of pmrl: scores of two or more modalities: the largest singular value with the key.',)
    """
    ours = read_data("confu_core.report", "words.toml")["ours"]
    return tuple(f"Ours, not in the paper of {name}: {ours[name]}." for name in dict.fromkeys(methods) if name in ours)


def _without(texts: Mapping[str, str], names: Any) -> dict[str, str]:
    return {name: meaning for name, meaning in texts.items() if name not in names}


def _values(source: Results, column: str) -> list[object]:
    return source.table[column].to_pylist() if column in source.table.column_names else []


def file_stem(*parts: str) -> str:
    """Name a file after words of a user, in small letters, digits and underscores.

    >>> file_stem("zero_shot", "top-5"), file_stem("confusion", "../image+audio")
    ('zero_shot_top_5', 'confusion_image_audio')
    """
    return "_".join(re.findall(r"[^\W_]+", " ".join(parts).lower().replace("_", " ")))


def label_of(column: str) -> str:
    """Return what readers call a column of the results: its name with spaces if it has no better one."""
    return LABELS.get(column, column.replace("_", " "))


def capitalised(words: str) -> str:
    """Begin words with a capital letter, and leave the others as they are."""
    return words[:1].upper() + words[1:]


def seed_count(counts: Sequence[int]) -> str:
    """Say how many seeds stand behind means, such as ``2 to 5 seeds`` where they differ."""
    low, high = min(counts, default=0), max(counts, default=0)
    return f"{low} to {high} seeds" if low < high else "1 seed" if low == 1 else f"{low} seeds"


def spread_words(found: Sequence[Interval], *, lines: bool = False, many: bool = False) -> str:
    """Say what stands behind the means of a figure, and what its intervals are.

    Means joined by `lines` have no intervals of their own; too `many` to show seeds have a band.

    >>> spread_words([Interval(2, 0.5, 0.4, 0.6, 1.27)])
    'Mean over 2 seeds, which are the small dots; two seeds are too few for an interval.'
    """
    counts = sorted({interval.n for interval in found}) or [0]
    if counts == [1]:
        own = any(interval.ends is not None for interval in found)
        return "One seed; lines show the 95% interval over test samples." if own else "One seed."
    seeds = seed_count(counts)
    if many:
        return f"Mean over {seeds}; bands show the 95% confidence interval (Student t) of three seeds or more."
    if lines:
        return f"Every dot is a seed, {seeds} each; a thin line joins their means."
    interval = "lines show the 95% confidence interval (Student t)"
    if any(each.ends is not None for each in found):
        interval += ", of a single seed that over test samples"
    few = "two seeds are too few for an interval"
    shown = few if counts[-1] == 2 else f"{interval}; {few}" if 2 in counts else interval
    return f"Mean over {seeds}, which are the small dots; {shown}."


def show_interval(interval: Interval | None, digits: int = 3) -> str:
    """Write a mean with its interval, without ± for a single seed.

    >>> show_interval(Interval(5, 0.51372, 0.5, 0.52, 0.0059))
    '0.514 ± 0.006'
    """
    return show(None) if interval is None else f"{show(interval.mean, digits)} {show_spread(interval, digits)}".rstrip()


def show_spread(interval: Interval, digits: int = 3) -> str:
    """Write a half-width over seeds, or both ends of an interval over samples; nothing where there is neither."""
    if interval.ends is not None:
        return f"[{show(interval.low, digits)}, {show(interval.high, digits)}]"
    return "" if interval.half_width is None else f"± {show(interval.half_width, digits)}"
