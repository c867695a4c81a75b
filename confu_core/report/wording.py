"""The words of a report: names of metrics, counts of seeds, numbers for readers."""

from __future__ import annotations

import re
from collections.abc import Sequence
from typing import Any

from confu_core.report.intervals import Interval
from confu_core.report.series import Series

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
]

LABELS = {
    "bayes_accuracy": "Bayes accuracy",
    "single_ceiling": "best single modality",
    "pairwise_ceiling": "pairwise ceiling",
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
    "Bayes accuracy": "What the best possible predictor reaches. Computed from the distribution, never estimated by "
    "training. A finite test set can put a method slightly above it.",
    "Pairwise ceiling": "The best accuracy from any single one of the query modalities.",
    "Higher-order capture": "(accuracy - pairwise ceiling) / (Bayes accuracy - pairwise ceiling). 0: nothing beyond "
    "the best single modality; 1: all of it. Undefined where the two ceilings coincide.",
    "Total correlation": "What all modalities share, in nats: the sum of their entropies less their joint entropy. "
    "The bound is the most that a method's scores prove; it cannot exceed the exact value except by chance.",
    "± and bands": "95% confidence interval of the mean over seeds (Student t). It covers what varies with the "
    "seed and nothing else; a single seed has none.",
}

# What runs on media have beyond that, and what means something else there.
OF_MEASURES = {
    "Direction": "“image+audio → caption” asks for the caption, given picture and song. “→ species” is zero-shot "
    "classification: the key is the mean of captions of a species.",
    "Zero-shot": "The species whose captions score highest for the query; no label was used in training.",
    "Groups of species": "How species are told apart, by design: redundant, image-unique, audio-unique, complement, "
    "xor. Ceilings are exact for each group.",
    "Few-shot and probes": "Logistic regression on frozen embeddings, of a few samples per species or of all.",
    "[ , ]": "With a single seed: the 95% interval over test samples (bootstrap), where there is one.",
    "†": "Not defined: the method has no score of its own for this, and a fallback stood in.",
}


# What runs on media have where nothing is known exactly of the data.
OF_REAL_MEDIA = {
    "Direction": "“image → audio” asks for the recording that belongs to an image. Where a class stands behind the "
    "arrow, it is told from what stands before: by texts that describe classes, or by a linear probe where there "
    "are none.",
    "Few-shot and probes": "Linear classifiers on frozen embeddings, of a few samples per class or of all.",
    **{name: OF_MEASURES[name] for name in ("[ , ]", "†")},
}
KNOWN_EXACTLY = ("Bayes accuracy", "Pairwise ceiling", "Higher-order capture")


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
    >>> "Few-shot and probes" in definitions_of(measures=False)
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
