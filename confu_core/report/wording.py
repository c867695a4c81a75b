"""The words of a report: names of metrics, counts of seeds, numbers for readers."""

from __future__ import annotations

import re
from collections.abc import Sequence
from typing import Any

from confu_core.report.series import Series
from confu_core.statistics.intervals import Interval

__all__ = [
    "DEFINITIONS",
    "capitalised",
    "definitions_of",
    "file_stem",
    "label_of",
    "seeds_phrase",
    "show",
    "show_interval",
    "show_setting",
    "show_spread",
    "spread_words",
]

LABELS = {
    "single_ceiling": "single ceiling",
    "pairwise_ceiling": "pairwise ceiling",
    "bayes_accuracy": "Bayes accuracy",
    "chance": "chance",
    "accuracy": "accuracy",
    "higher_order_capture": "higher-order capture",
    "fusion_gain_captured": "fusion gain captured",
    "total_correlation": "total correlation (nats)",
    "total_correlation_bound": "total correlation bound (nats)",
}
DEFINITIONS = {
    "Accuracy": "The share of test samples for which the right one of all candidates scores highest; ties count by "
    "their chance of being right.",
    "Direction": "“ac → b” asks for b, given a and c. “→” from one modality is 1→1 retrieval, from two 2→1.",
    "Single ceiling": "The best accuracy from any single one of the query modalities.",
    "Pairwise ceiling": "The accuracy of the best guess by all that pairs of modalities tell, combined as well as can "
    "be: by the law of greatest entropy that has all pairwise marginals of the true one. A score made of pairs that "
    "is trained on triples can be right more often.",
    "Bayes accuracy": "What the best possible predictor reaches. All ceilings are computed from the distribution, "
    "never estimated by training. A finite test set can put a method slightly above them.",
    "Higher-order capture": "(accuracy - pairwise ceiling) / (Bayes accuracy - pairwise ceiling). 0: nothing beyond "
    "what pairs tell; 1: all that only the modalities together tell. Undefined where the two ceilings coincide.",
    "Fusion gain captured": "(accuracy - single ceiling) / (Bayes accuracy - single ceiling): the share of what "
    "fusing adds to the best single modality, in pairs or beyond. It says nothing of higher order by itself.",
    "Total correlation": "What all modalities share, in nats: the sum of their entropies less their joint entropy. "
    "The bound is the most that a method's scores prove; where the exact value is of the same variables, it cannot "
    "exceed it except by chance.",
    "±": "Half-width of the 95% confidence interval of the mean over seeds (Student t). It covers what varies with the "
    "seed and nothing else; a single seed has none. Of two seeds it is 12.7 standard errors: figures show their dots "
    "and no interval. Where an interval reaches beyond what is possible or beyond the axes, it is cut there.",
    "Bold": "The best on the same data, where it is better than every other over the seeds that both have: the "
    "interval of the paired difference lies above 0. So nothing is bold with one seed, or where methods are equal.",
}

# What runs on media have beyond that, and what means something else there.
OF_MEASURES = {
    "Direction": "“image+audio → caption” asks for the caption, given picture and song. “→ species” is zero-shot "
    "classification: the key is the mean of captions of a species.",
    "Zero-shot": "The species whose captions score highest for the query; no label was used in training.",
    "Groups of species": "How species are told apart, by design: redundant, image-unique, audio-unique, complement, "
    "xor. Ceilings are exact for each group.",
    "Few-shot": "A linear classifier on frozen embeddings of a few samples per species.",
    "Probes": "Classifiers on frozen embeddings of all training samples. Linear: of single embeddings side by side; "
    "bilinear: with their products beside them; MLP: with one hidden layer; own fused: linear, on the vector that "
    "the method itself makes of both. A kind of probe is compared with itself only.",
    "Plain features": "Colour histograms of images, means and spreads of mel bands of sounds, by a linear classifier "
    "with labels: what needs no method.",
    "[ , ]": "With a single seed: the 95% interval over test samples (bootstrap), where there is one.",
    "-": "Not defined: the method has no score of its own for this. What a fallback reaches in its place stands in a "
    "table at the end, marked †.",
}


# What runs on media have where nothing is known exactly of the data.
OF_REAL_MEDIA = {
    "Direction": "“image → audio” asks for the recording that belongs to an image. Where a class stands behind the "
    "arrow, it is told from what stands before: by texts that describe classes, or by a probe where there are none.",
    "Few-shot": "A linear classifier on frozen embeddings of a few samples per class.",
    **{name: OF_MEASURES[name] for name in ("Probes", "Plain features", "[ , ]", "-")},
}
KNOWN_EXACTLY = ("Single ceiling", "Pairwise ceiling", "Bayes accuracy", "Higher-order capture", "Fusion gain captured")


def definitions_of(*, measures: bool, exact: bool = True) -> dict[str, str]:
    """Return what the terms of a report mean.

    Parameters
    ----------
    measures : bool
        Whether the report has sections of measures.
    exact : bool
        Whether ceilings are known.

    Returns
    -------
    dict of str to str
        By term.

    Examples
    --------
    >>> "Probes" in definitions_of(measures=False)
    False
    """
    if exact or not measures:
        return {**DEFINITIONS, **OF_MEASURES} if measures else DEFINITIONS
    kept = {name: meaning for name, meaning in DEFINITIONS.items() if name not in KNOWN_EXACTLY}
    return {**kept, **OF_REAL_MEDIA}


def file_stem(*parts: str) -> str:
    """Name a file after words of a user.

    Parameters
    ----------
    *parts : str
        What it is about; empty ones are left out.

    Returns
    -------
    str
        Of small letters, digits and underscores.

    Examples
    --------
    >>> file_stem("zero_shot", "top-5"), file_stem("confusion", "../image+audio")
    ('zero_shot_top_5', 'confusion_image_audio')
    """
    return "_".join(re.findall(r"[^\W_]+", " ".join(parts).lower().replace("_", " ")))


def label_of(column: str) -> str:
    """Return what to call a metric.

    Parameters
    ----------
    column : str
        Of the results.

    Returns
    -------
    str
        The column with spaces if it has no better name.

    Examples
    --------
    >>> label_of("bayes_accuracy"), label_of("final_loss")
    ('Bayes accuracy', 'final loss')
    """
    return LABELS.get(column, column.replace("_", " "))


def capitalised(words: str) -> str:
    """Begin words with a capital letter, and leave the others as they are.

    Parameters
    ----------
    words : str
        A label.

    Returns
    -------
    str
        A heading.

    Examples
    --------
    >>> capitalised("accuracy, AC->B")
    'Accuracy, AC->B'
    """
    return words[:1].upper() + words[1:]


def seeds_phrase(series: Sequence[Series], column: str) -> str:
    """Say how many seeds stand behind each point.

    Parameters
    ----------
    series : sequence of Series
        As shown.
    column : str
        The metric.

    Returns
    -------
    str
        Such as ``5 seeds``, or ``2 to 5 seeds`` where points differ.

    Examples
    --------
    >>> from confu_core.report.series import Point
    >>> points = (Point(0.0, ({"accuracy": 0.1},)), Point(1.0, ({"accuracy": 0.9}, {"accuracy": 0.8})))
    >>> seeds_phrase([Series("runs", "clip", "clip", "clip", points)], "accuracy")
    '1 to 2 seeds'
    """
    found = [point.interval(column) for one in series for point in one.points]
    counts = {interval.n for interval in found if interval is not None} or {0}
    if len(counts) > 1:
        return f"{min(counts)} to {max(counts)} seeds"
    return "1 seed" if counts == {1} else f"{counts.pop()} seeds"


def spread_words(found: Sequence[Interval], *, lines: bool = False, many: bool = False) -> str:
    """Say what stands behind the means of a figure, and what its intervals are.

    Parameters
    ----------
    found : sequence of Interval
        All that is drawn.
    lines : bool
        Whether means are joined by lines, and have no intervals of their own.
    many : bool
        Whether they are too many to show seeds, and have a band.

    Returns
    -------
    str
        A sentence or two.

    Examples
    --------
    >>> spread_words([Interval(2, 0.5, 0.4, 0.6, 1.27)])
    'Mean over 2 seeds, which are the small dots; two seeds are too few for an interval.'
    """
    counts = sorted({interval.n for interval in found}) or [0]
    if counts == [1]:
        own = any(interval.ends is not None for interval in found)
        return "One seed; lines show the 95% interval over test samples." if own else "One seed."
    seeds = f"{counts[0]} seeds" if len(counts) == 1 else f"{counts[0]} to {counts[-1]} seeds"
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


def show(value: float | None, digits: int = 3) -> str:
    """Write a number for a table.

    Parameters
    ----------
    value : float or None
        None is undefined.
    digits : int
        After the point.

    Returns
    -------
    str
        A dash for None.

    Examples
    --------
    >>> show(0.51562), show(-0.0001), show(None)
    ('0.516', '0.000', '-')
    """
    # Adding zero turns a negative zero into a positive one.
    return "-" if value is None else f"{round(value, digits) + 0.0:.{digits}f}"


def show_interval(interval: Interval | None, digits: int = 3) -> str:
    """Write a mean with its interval.

    Parameters
    ----------
    interval : Interval or None
        None is undefined.
    digits : int
        After the point.

    Returns
    -------
    str
        Without ± for a single seed.

    Examples
    --------
    >>> show_interval(Interval(5, 0.51372, 0.5, 0.52, 0.0059))
    '0.514 ± 0.006'
    """
    if interval is None:
        return show(None)
    return f"{show(interval.mean, digits)} {show_spread(interval, digits)}".rstrip()


def show_spread(interval: Interval, digits: int = 3) -> str:
    """Write how far an interval reaches.

    Parameters
    ----------
    interval : Interval
        With or without a spread.
    digits : int
        After the point.

    Returns
    -------
    str
        A half-width over seeds, or both ends of an interval over samples; empty where there is neither.

    Examples
    --------
    >>> show_spread(Interval(5, 0.51, 0.5, 0.52, 0.0059)), show_spread(Interval(1, 0.5, 0.5, 0.5, None, (0.4, 0.7)), 1)
    ('± 0.006', '[0.4, 0.7]')
    """
    if interval.ends is not None:
        return f"[{show(interval.low, digits)}, {show(interval.high, digits)}]"
    return "" if interval.half_width is None else f"± {show(interval.half_width, digits)}"


def show_setting(value: Any) -> str:
    """Write the value of a setting as it was given.

    Parameters
    ----------
    value : object
        Text, a number, a bool, or None for a method that does not have it.

    Returns
    -------
    str
        Without digits that only rounding has made.

    Examples
    --------
    >>> show_setting(0.1 + 0.2), show_setting(1e-4), show_setting(True), show_setting(None)
    ('0.3', '0.0001', 'yes', '-')
    """
    if isinstance(value, bool):
        return "yes" if value else "no"
    return "-" if value is None else f"{value:.6g}" if isinstance(value, float) else str(value)
