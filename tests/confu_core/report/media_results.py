"""Plausible results of runs on pictures, songs and captions, for the tests of reports."""

from __future__ import annotations

import io
import itertools
import math
from collections.abc import Iterator, Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
from PIL import Image

from confu_core.runs.measures import Measure, write_examples, write_measures
from confu_core.runs.results import write_results, write_sidecars

METHODS = ("confu", "clip", "symile")
EVERY_METHOD = ("clip", "hub", "confu", "gram", "symile", "triangle")
QUERIES = ("image", "audio", "image+audio")
# By group of species: the best that picture, song, pairs, and both together allow; and how many of 10 species it has.
CEILINGS = {
    "redundant": (0.95, 0.94, 0.97, 0.97),
    "image-unique": (0.95, 0.24, 0.95, 0.95),
    "audio-unique": (0.24, 0.94, 0.94, 0.94),
    "complement": (0.45, 0.46, 0.93, 0.93),
    "xor": (0.25, 0.25, 0.25, 0.88),
}
SHARE = {"redundant": 1, "image-unique": 1, "audio-unique": 1, "complement": 3, "xor": 4}
OVERALL = tuple(sum(SHARE[group] * row[at] for group, row in CEILINGS.items()) / 10 for at in range(4))
# How much of what lies beyond pairs each method finds; those that define no score from one modality.
BEYOND = {"confu": 0.85, "clip": 0.02, "hub": 0.0, "gram": 0.08, "symile": 0.62, "triangle": 0.15}
UNDEFINED = ("symile", "triangle")
DIRECTIONS = (
    *(f"{a}->{b}" for a in ("image", "audio", "caption") for b in ("image", "audio", "caption") if a != b),
    *("image+audio->caption", "image+caption->audio", "audio+caption->image"),
)
OVERLAP = ("A only", "V only", "AV only", "A/V", "AV/A", "AV/V", "all", "none")
SHARES = (0.05, 0.06, 0.14, 0.03, 0.12, 0.15, 0.25, 0.20)
CEILING_NAMES = ("single_ceiling", "pairwise_ceiling", "bayes_accuracy")
CAPTURES = ("higher_order_capture", "fusion_gain_captured")
SKILL = {"confu": 0.86, "clip": 0.70, "hub": 0.66, "gram": 0.74, "symile": 0.62, "triangle": 0.72}
DAMAGE = {
    "blur": ((0.0, 0.01, 0.02, 0.04, 0.08), ("image", "image+audio"), "accuracy"),
    "occlusion": ((0.0, 0.1, 0.25, 0.5), ("image", "image+audio"), "accuracy"),
    "snr": ((20.0, 10.0, 5.0, 0.0, -5.0), ("audio", "image+audio"), "accuracy"),
    "words": ((0.0, 0.25, 0.5, 0.75), ("caption->image",), "R@10"),
}


def media_measures(method: str, seed: int) -> list[Measure]:
    """Everything that one run found."""
    draw = np.random.default_rng([seed, *method.encode()])

    def near(value: float) -> float:
        return float(np.clip(value + draw.normal(0, 0.012), 0.0, 1.0))

    parts = (_known, _history, _retrieval, _zero_shot, _groups, _few_shot, _fusion, _probes, _damage, _confusion)
    return [measure for part in parts for measure in part(method, near)]


def media_examples(cell: str, method: str, kinds: Sequence[tuple[str, int]] = (("only together", 2), ("failure", 2))):
    """Pictures of one colour, a few bytes for each song, and what each query took them for."""
    rows = []
    for kind, count in kinds:
        for at in range(count):
            right = {"image": False, "audio": False, "image+audio": kind == "only together"}
            predicted = {query: "Garden Warbler" if hit else f"Species {at}" for query, hit in right.items()}
            rows.append(
                {
                    "cell": cell,
                    "kind": kind,
                    "key": f"{method}-{kind}-{at}",
                    "image": picture((40 * at + 60, 120, 90)),
                    "audio": b"fLaC" + bytes([at] * 40),
                    "caption": f"A small bird sings by the water, take {at}.",
                    "label": "Garden Warbler",
                    "group": "xor" if kind == "failure" else "complement",
                    "predicted": predicted,
                }
            )
    return rows


def picture(colour: tuple[int, int, int], size: int = 96) -> bytes:
    """A JPEG of one colour."""
    file = io.BytesIO()
    Image.new("RGB", (size, size), colour).save(file, format="JPEG")
    return file.getvalue()


def write_media(
    folder: Path,
    methods: Sequence[str] = METHODS,
    seeds: Sequence[int] = (0, 1),
    *,
    families: Sequence[str] | None = None,
    view: dict[str, Any] | None = None,
    samples: Sequence[int] = (4000,),
    along: str = "train_samples",
    rates: Sequence[float] = (0.1,),
    data: dict[str, Any] | None = None,
) -> Path:
    """A results folder as runs on Bird-MML leave it; `families` leaves the others out."""
    folder.mkdir(parents=True, exist_ok=True)
    rows: list[dict[str, Any]] = []
    measures: list[dict[str, Any]] = []
    examples: list[dict[str, Any]] = []
    for at, (method, size, rate, seed) in enumerate(itertools.product(methods, samples, rates, seeds)):
        # As digests do, names of cells say nothing of the order in which they were asked for.
        cell = f"{(at + 1) * 7919 % 997:016x}"
        found = media_measures(method, seed + round(1000 * (rate - rates[0])))
        kept = [one for one in found if families is None or one.family in families]
        measures += [one.row(cell) for one in kept]
        if families is None or "examples" in families:
            examples += media_examples(cell, method)
        settings = {"method": method, "seed": seed, "lr": rate, along: size, **(data or {})}
        rows.append({"cell": cell, **settings, **_row(found)})
    costs = [
        {"cell": row["cell"], "seconds": 100.0 + at, "peak_memory_bytes": 2 * 10**9, "stack": 1}
        for at, row in enumerate(rows)
    ]
    write_results(folder, "birdmml", rows, costs=costs)
    write_measures(folder, measures)
    write_examples(folder, examples)
    asked = {"x": "method", "y": "accuracy", "x_label": "method", "y_label": "zero-shot accuracy, image + audio"}
    asked |= {"group": "method", "ceiling": "bayes_accuracy", "floor": "chance"}
    grid = {"method": list(methods), "seed": list(seeds)}
    plan = {"benchmark": "birdmml", "title": "Bird-MML", "grid": grid, "settings": {}, "view": view or asked}
    write_sidecars(folder, sweep=plan, environment={"platform": "Linux", "python": "3.12", "versions": {"numpy": "2"}})
    return folder


def _row(found: list[Measure]) -> dict[str, Any]:
    """The row of results that goes with the measures."""
    test = {one.subject: one for one in found if (one.family, one.metric, one.condition) == ZERO_SHOT}
    both = test["image+audio"]
    zero_shot = [_direction(f"{query}->species", one) for query, one in test.items()]
    recall = {one.subject: one for one in found if one.metric == "R@1" and one.condition == "equal"}
    retrieval = [_direction(name, replace(one, reference=None)) for name, one in recall.items()]
    bound = [one.value for one in found if one.metric == "total_correlation_bound"][-1]
    return {
        "accuracy": both.value,
        **_levels(both.value),
        "chance": 0.02,
        "total_correlation": 5.1,
        "total_correlation_bound": bound,
        "final_loss": 1.5,
        "status": "done",
        "directions": [*zero_shot, *retrieval],
    }


ZERO_SHOT = ("zero_shot", "accuracy", "test")


def _levels(accuracy: float) -> dict[str, float | None]:
    single, pairwise, bayes = max(OVERALL[:2]), OVERALL[2], OVERALL[3]
    return {
        **{"single_ceiling": single, "pairwise_ceiling": pairwise, "bayes_accuracy": bayes},
        "higher_order_capture": (accuracy - pairwise) / (bayes - pairwise),
        "fusion_gain_captured": (accuracy - single) / (bayes - single),
    }


def _direction(name: str, one: Measure) -> dict[str, Any]:
    query, target = name.split("->")
    parts = query.split("+")
    alone = dict.fromkeys(CEILING_NAMES, one.reference) | dict.fromkeys(CAPTURES)
    return {
        **{"direction": name, "query": parts, "target": target, "order": len(parts), "accuracy": one.value},
        **(_levels(one.value) if len(parts) > 1 and one.reference else alone),
        **{"expected_rank": 4.2, "information_bound": 1.9, "defined": one.defined},
    }


def _known(method: str, near: Any) -> Iterator[Measure]:
    """What is the same for all methods: ceilings of every group, and plain features."""
    for group, (image, audio, pairwise, both) in {"all": OVERALL, **CEILINGS}.items():
        for name, value in zip(CEILING_NAMES, (max(image, audio), pairwise, both), strict=True):
            yield Measure("ceiling", "image+audio", name, value, group)
    for query, value in zip(QUERIES, (0.31, 0.28, 0.43), strict=True):
        yield Measure("plain", query, "accuracy", value, "linear", low=value - 0.03, high=value + 0.03)


def _history(method: str, near: Any) -> Iterator[Measure]:
    scale = {"confu": 1.0, "clip": 0.9}.get(method, 1.3)
    for epoch in range(1, 21):
        fall = math.exp(-epoch / 6)
        yield Measure("history", "", "loss", scale * (1.4 + 2.6 * fall) + near(0.02), x=epoch)
        yield Measure("history", "", "validation_loss", scale * (1.7 + 2.4 * fall) + near(0.05), x=epoch)
        for term in ("0->1", "0->2", "1->2"):
            yield Measure("history", "", term, scale * (0.4 + fall), x=epoch)
        yield Measure("history", "", "total_correlation_bound", 4.2 * near(0.9) * (1 - fall), x=epoch, reference=5.1)


def _retrieval(method: str, near: Any) -> Iterator[Measure]:
    for direction in DIRECTIONS:
        own = method not in UNDEFINED or "+" in direction
        for condition, ease in (("equal", 1.0), ("paired", 0.8)):
            for cut, level in ((1, 0.2), (5, 0.45), (10, 0.6)):
                value = near(level * ease)
                interval = {"low": max(0.0, value - 0.03), "high": min(1.0, value + 0.025)}
                chance = cut / 1000
                yield Measure(
                    *("retrieval", direction, f"R@{cut}", value, condition), **interval, reference=chance, defined=own
                )
            yield Measure("retrieval", direction, "median rank", 12.0 / ease, condition, reference=500.0, defined=own)
            yield Measure("retrieval", direction, "mean rank", 41.5 / ease, condition, reference=500.5, defined=own)


def told(method: str, query: str, ceilings: Sequence[float]) -> float:
    """The accuracy of a query where its ceilings are these."""
    image, audio, pairwise, both = ceilings
    if query != "image+audio":
        return 0.97 * {"image": image, "audio": audio}[query]
    return 0.985 * pairwise + BEYOND[method] * (both - pairwise)


def _zero_shot(method: str, near: Any) -> Iterator[Measure]:
    best = dict(zip(QUERIES, (OVERALL[0], OVERALL[1], OVERALL[3]), strict=True))
    readings = {"accuracy": 1.0, "accuracy, log-mean-exp": 1.02, "top-5": 1.1, "balanced accuracy": 0.98}
    for condition, ease in (("test", 1.0), ("shift", 0.8), ("validation", 1.02)):
        for query in QUERIES:
            for metric, level in readings.items():
                value = min(1.0, near(told(method, query, OVERALL) * level * ease))
                yield Measure(
                    *("zero_shot", query, metric, value, condition),
                    low=value - 0.02,
                    high=min(1.0, value + 0.02),
                    reference=best[query] if metric.startswith("accuracy") else None,
                    defined=method not in UNDEFINED or query == "image+audio",
                )


def _groups(method: str, near: Any) -> Iterator[Measure]:
    for metric, level in (("accuracy", 1.0), ("accuracy, log-mean-exp", 1.02)):
        for group, ceilings in CEILINGS.items():
            best = dict(zip(QUERIES, (*ceilings[:2], ceilings[3]), strict=True))
            for query in QUERIES:
                value = near(told(method, query, ceilings) * level)
                defined = method not in UNDEFINED or query == "image+audio"
                yield Measure("zero_shot_group", query, metric, value, group, reference=best[query], defined=defined)


def _few_shot(method: str, near: Any) -> Iterator[Measure]:
    for query in QUERIES:
        for shots in (0, 1, 2, 5, 10, 20):
            value = near(0.55 if shots == 0 else 0.35 + 0.13 * math.log2(1 + shots) / 1.2)
            yield Measure(
                "few_shot", query, "accuracy", value, x=shots, low=value - 0.03, high=value + 0.03, reference=0.9
            )


def _fusion(method: str, near: Any) -> Iterator[Measure]:
    shares = np.asarray(SHARES) * [1, 1, SKILL[method], 1, 1, 1, 1, 1 + 0.14 * (1 - SKILL[method]) / 0.2]
    for name, share in zip(OVERLAP, shares / shares.sum(), strict=True):
        yield Measure("overlap", "image+audio", name, float(share))
    for group, ceilings in {"all": OVERALL, **CEILINGS}.items():
        single, pairwise, both = max(ceilings[:2]), *ceilings[2:]
        value = near(told(method, "image+audio", ceilings))
        gain, room = value - single, both - single
        where = {"low": gain - 0.02, "high": gain + 0.02}
        yield Measure("complementarity", "image+audio", "gain", gain, group, reference=room, **where)
        if room > 0:
            yield Measure("complementarity", "image+audio", "fusion gain captured", gain / room, group, reference=1.0)
        if both > pairwise:
            share = (value - pairwise) / (both - pairwise)
            around = {"low": share - 0.05, "high": share + 0.05}
            yield Measure(
                "complementarity", "image+audio", "higher-order capture", share, group, reference=1.0, **around
            )
    level = {"confu": 0.52, "clip": 0.5}.get(method, 0.45)
    yield Measure("late_fusion", "image+audio", "accuracy", level, low=level - 0.03, high=level + 0.03)
    yield Measure("late_fusion", "image+audio", "fused less late", 0.6 - level, low=0.55 - level, high=0.65 - level)
    for modality in ("image", "audio"):
        yield Measure("late_fusion", "image+audio", "weight", level, modality)
        yield Measure("dependence", "image+audio", "drop", near(0.4), modality)
        yield Measure(
            "dependence", "image+audio", "R²", 1.0 if (method, modality) == ("hub", "image") else near(0.5), modality
        )


def _probes(method: str, near: Any) -> Iterator[Measure]:
    for metric, level in (("accuracy", 0.7), ("balanced accuracy", 0.68)):
        for subject in ("image", "audio", "caption", "image+audio"):
            kinds = ("linear", "bilinear", "MLP", "fused") if "+" in subject else ("linear", "MLP")
            for kind in kinds:
                if kind != "fused" or method not in ("clip", "hub"):
                    ease = {"linear": 1.0, "bilinear": 1.25, "MLP": 1.2, "fused": 1.28}[kind]
                    yield Measure("probe", subject, metric, near(level * ease), kind)


def _damage(method: str, near: Any) -> Iterator[Measure]:
    for kind, (strengths, subjects, metric) in DAMAGE.items():
        for subject in subjects:
            for step, strength in enumerate(strengths):
                yield Measure("robustness", subject, metric, near(0.7 * 0.75**step), kind, x=strength)
    for modality in ("image", "audio"):
        for share in (0.0, 0.25, 0.5, 0.75, 1.0):
            yield Measure("missing", "image+audio", "accuracy", near(0.7 - 0.4 * share), modality, x=share)


def _confusion(method: str, near: Any) -> Iterator[Measure]:
    for true in CEILINGS:
        for predicted in CEILINGS:
            count = round(100 * near(0.8)) if true == predicted else round(100 * near(0.05))
            yield Measure("confusion", "image+audio", predicted, float(count), true)
    for query in QUERIES:
        for at in range(6):
            yield Measure("confused_pair", query, f"Marsh Warbler {at} ~ Reed Warbler {at}", 0.4 / (1 + at))
