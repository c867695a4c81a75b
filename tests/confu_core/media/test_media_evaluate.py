"""Every family of measures, against loops over samples, prompts and keys."""

from __future__ import annotations

import math
from collections import Counter
from dataclasses import replace
from itertools import combinations
from math import comb

import numpy as np
import pytest
import torch
from known_media import (
    BAYES,
    CEILINGS,
    CLASSES,
    GROUPS,
    PAIRWISE,
    SIZES,
    InMemory,
    cosine,
    findings,
    labels,
    make_task,
    vector,
    word_vectors,
)
from torch import Tensor

from confu_core.errors import InvalidValue, MethodError
from confu_core.evaluation.probes import Labelled, linear_probe, mlp_probe
from confu_core.media.evaluate import FAMILIES, evaluate_media, tells_class
from confu_core.media.findings import Findings
from confu_core.media.task import MediaTask
from confu_core.methods import Method, Space, View
from confu_core.methods.clip import CLIP
from confu_core.methods.symile import Symile
from confu_core.random import generator
from confu_core.runs.measures import Measure
from confu_core.statistics.bootstrap import bootstrap_mean

N = SIZES["test"]
QUERIES = (("image",), ("audio",), ("image", "audio"))

Place = tuple[str, str, str, float | None]


@pytest.fixture(scope="module")
def task() -> MediaTask:
    return make_task()


@pytest.fixture(scope="module")
def measured(task: MediaTask) -> dict[str, dict[Place, Measure]]:
    """All measures by family, and there by subject, metric, condition and x."""
    found: dict[str, dict[Place, Measure]] = {}
    for one in evaluate_media(findings(task)):
        family = found.setdefault(one.family, {})
        place = (one.subject, one.metric, one.condition, one.x)
        assert place not in family  # Nothing is told twice.
        family[place] = one
    return found


def _unit_rows(rows: np.ndarray) -> np.ndarray:
    return rows / np.linalg.norm(rows, axis=1, keepdims=True)


def values(family: dict[Place, Measure]) -> dict[Place, float | None]:
    return {place: one.value for place, one in family.items()}


def prompt_score(task: MediaTask, split: str, rows: dict[str, int], label: int) -> float:
    """The mean over a class's prompts of the summed cosines; `rows` says whose sample each modality is."""
    own = [word for word, described in task.prompts if described == label]
    total = 0.0
    for word in own:
        prompt = word_vectors()[int(word)]
        total += sum(cosine(vector(task, split, row, name), prompt) for name, row in rows.items())
    return total / len(own)


def class_order(task: MediaTask, split: str, query: tuple[str, ...]) -> list[list[int]]:
    """For every sample the classes, best first."""
    orders = []
    for row in range(SIZES[split]):
        scores = [prompt_score(task, split, dict.fromkeys(query, row), label) for label in range(len(CLASSES))]
        orders.append(sorted(range(len(CLASSES)), key=lambda label, s=scores: -s[label]))
    return orders


@pytest.fixture(scope="module")
def told(task: MediaTask) -> dict[tuple[str, ...], list[list[int]]]:
    return {query: class_order(task, "test", query) for query in QUERIES}


@pytest.fixture(scope="module")
def right(told: dict[tuple[str, ...], list[list[int]]]) -> dict[tuple[str, ...], list[bool]]:
    return {
        query: [order[0] == label for order, label in zip(told[query], labels("test"), strict=True)] for query in told
    }


def test_all_families_are_measured_in_order(task: MediaTask, measured: dict[str, dict[Place, Measure]]) -> None:
    assert list(measured) == [name for name in [*FAMILIES, "confused_pair"] if name != "robustness"]
    some = evaluate_media(findings(task), families=("missing", "zero_shot"))
    assert list(dict.fromkeys(one.family for one in some)) == ["zero_shot", "missing"]
    assert evaluate_media(findings(task), families=()) == []


def test_zero_shot_is_the_class_whose_prompts_score_highest(
    task: MediaTask, measured: dict[str, dict[Place, Measure]], told: dict[tuple[str, ...], list[list[int]]]
) -> None:
    found = measured["zero_shot"]
    assert len(found) == 3 * 2 * 4  # Queries, splits but the first, metrics.
    for query in QUERIES:
        truth = labels("test")
        rank = [order.index(label) for order, label in zip(told[query], truth, strict=True)]
        correct = [place == 0 for place in rank]
        subject = "+".join(query)
        accuracy = found[subject, "accuracy", "test", None]
        assert accuracy.value == pytest.approx(sum(correct) / N)
        assert accuracy.low is not None and accuracy.high is not None
        assert accuracy.low <= sum(correct) / N <= accuracy.high and accuracy.high - accuracy.low > 0.1
        assert accuracy.reference == BAYES[subject] and accuracy.defined
        assert found[subject, "top-5", "test", None].value == pytest.approx(sum(place < 5 for place in rank) / N)
        recalls = [np.mean([c for c, label in zip(correct, truth, strict=True) if label == k]) for k in range(7)]
        assert found[subject, "balanced accuracy", "test", None].value == pytest.approx(np.mean(recalls))
    validation = [order[0] for order in class_order(task, "validation", ("audio",))]
    assert found["audio", "accuracy", "validation", None].value == pytest.approx(
        np.mean(np.array(validation) == labels("validation"))
    )


def test_late_fusion_adds_up_what_each_modality_tells(
    task: MediaTask, measured: dict[str, dict[Place, Measure]], right: dict[tuple[str, ...], list[bool]]
) -> None:
    """Weights by a grid around those found, classes by a loop over samples; scores of a loss at its temperature."""
    found = measured["late_fusion"]
    query, names = "image+audio", ("image", "audio")

    def told(split: str, row: int, weights: dict[str, float]) -> list[float]:
        total = np.zeros(len(CLASSES))
        for name in names:
            scores = [prompt_score(task, split, {name: row}, label) / 0.07 for label in range(len(CLASSES))]
            total += weights[name] * (np.array(scores) - np.log(np.exp(scores).sum()))
        return [*(total - np.log(np.exp(total).sum()))]

    def surprise(weights: dict[str, float]) -> float:
        truth = labels("validation")
        return -float(np.mean([told("validation", row, weights)[label] for row, label in enumerate(truth)]))

    weights = {name: float(found[query, "weight", name, None].value or 0) for name in names}
    least = surprise(weights)
    for name, by in ((name, by) for name in names for by in (-0.02, 0.02)):
        assert least <= surprise({**weights, name: weights[name] + by})
    correct = [float(np.argmax(told("test", row, weights)) == label) for row, label in enumerate(labels("test"))]
    accuracy, beyond = (found[query, metric, "", None] for metric in ("accuracy", "fused less late"))
    assert accuracy.value == pytest.approx(np.mean(correct)) and accuracy.reference == BAYES[query]
    assert beyond.value == pytest.approx(np.mean(np.array(right["image", "audio"], float) - correct))
    assert beyond.low is not None and beyond.high is not None and beyond.low <= (beyond.value or 0) <= beyond.high


def test_late_fusion_without_descriptions_adds_up_probes() -> None:
    task = make_task(text=False)
    (accuracy, _, *weights) = evaluate_media(findings(task), families=("late_fusion",))
    x, y = task.arrays.tables, labels  # type: ignore[attr-defined]
    own = findings(task)
    for at, name in enumerate(("image", "audio")):
        alone = own.alone(at)["test"]
        sets = [Labelled(_unit_rows(x[split, name]), y(split)) for split in SIZES]
        assert [*alone.argmax(1)] == [*linear_probe(*sets).predicted]
    assert [one.condition for one in weights] == ["image", "audio"] and all(one.value >= 0 for one in weights)
    assert accuracy.value == pytest.approx(own.late((0, 1)).correct.mean())


def test_late_fusion_of_probes_knows_the_classes_of_training_alone() -> None:
    def fewer(split: str) -> np.ndarray:
        return np.where((split == "train") & (labels(split) == 6), 0, labels(split))

    own = findings(make_task(text=False, labels=fewer))
    assert own.alone(0)["test"].shape == (N, 6)
    correct = own.late((0, 1)).correct
    assert not correct[labels("test") == 6].any() and correct[labels("test") != 6].mean() > 0.5


def test_late_fusion_takes_samples_to_fit_its_weights_on(task: MediaTask) -> None:
    assert evaluate_media(findings(replace(task, splits=("test",))), families=("late_fusion",)) == []


def test_zero_shot_by_group_is_that_of_its_samples(
    measured: dict[str, dict[Place, Measure]], right: dict[tuple[str, ...], list[bool]]
) -> None:
    found = measured["zero_shot_group"]
    assert len(found) == 3 * 2 * 2  # Queries, groups, readings.
    for query in QUERIES:
        for group in ("small", "large"):
            mine = [c for c, label in zip(right[query], labels("test"), strict=True) if GROUPS[label] == group]
            assert found["+".join(query), "accuracy", group, None].value == pytest.approx(sum(mine) / len(mine))


def test_log_mean_exp_is_the_other_reading(task: MediaTask, measured: dict[str, dict[Place, Measure]]) -> None:
    """Of scores over the temperature, 0.07 by default: a class is as probable as its prompts are together."""
    right = {query: [] for query in QUERIES}
    for query in QUERIES:
        for row in range(N):
            told = []
            for label in range(len(CLASSES)):
                own = [word_vectors()[int(word)] for word, described in task.prompts if described == label]
                scores = [sum(cosine(vector(task, "test", row, name), word) for name in query) for word in own]
                told.append(math.log(sum(math.exp(score / 0.07) for score in scores) / len(own)))
            right[query].append(int(np.argmax(told)) == labels("test")[row])
        subject, metric = "+".join(query), "accuracy, log-mean-exp"
        assert measured["zero_shot"][subject, metric, "test", None].value == pytest.approx(np.mean(right[query]))
        for group in ("small", "large"):
            mine = [hit for hit, label in zip(right[query], labels("test"), strict=True) if GROUPS[label] == group]
            found = measured["zero_shot_group"][subject, metric, group, None]
            assert found.value == pytest.approx(np.mean(mine)) and found.reference == BAYES[subject]
    means = [measured["zero_shot"]["+".join(query), "accuracy", "test", None].value for query in QUERIES]
    assert means != pytest.approx([np.mean(hits) for hits in right.values()])
    # With one description per class both are the same, and told once.
    once = make_task(prompts=[(str(label), label) for label in range(len(CLASSES))])
    metrics = {one.metric for one in evaluate_media(findings(once), families=("zero_shot", "zero_shot_group"))}
    assert metrics == {"accuracy", "top-5", "balanced accuracy"}


def test_retrieval_counts_equal_keys_and_pairs(task: MediaTask, measured: dict[str, dict[Place, Measure]]) -> None:
    found, names = measured["retrieval"], ("image", "audio", "caption")
    directions = [
        (query, key) for size in (1, 2) for query in combinations(names, size) for key in names if key not in query
    ]
    assert len(found) == len(directions) * 2 * 5
    for query, key in directions:
        raw = [task.arrays.array("test", key)[row].tobytes() for row in range(N)]
        subject = f"{'+'.join(query)}->{key}"
        within = {(reading, k): 0.0 for reading in ("equal", "paired") for k in (1, 5, 10)}
        chance = dict.fromkeys(within, 0.0)
        expected = {"equal": 0.0, "paired": 0.0}
        for row in range(N):
            asked = [vector(task, "test", row, name) for name in query]
            # Equal keys score the same to the last digit; rounding aside, no others do.
            scores = [
                round(sum(cosine(one, vector(task, "test", other, key)) for one in asked), 6) for other in range(N)
            ]
            better = sum(score > scores[row] for score in scores)
            copies = sum(one == raw[row] for one in raw)
            for k in (1, 5, 10):
                within["equal", k] += (better < k) / N
                within["paired", k] += min(1, max(0, (k - better) / copies)) / N
                chance["equal", k] += (1 - comb(N - copies, k) / comb(N, k)) / N
                chance["paired", k] += k / N / N
            expected["equal"] += (better + 1) / N
            expected["paired"] += (better + (copies + 1) / 2) / N
        for (reading, k), value in within.items():
            one = found[subject, f"R@{k}", reading, None]
            assert one.value == pytest.approx(value), (subject, reading, k)
            assert one.reference == pytest.approx(chance[reading, k])
        for reading, mean in expected.items():
            assert found[subject, "mean rank", reading, None].value == pytest.approx(mean)
    copied = found["image->caption", "R@1", "equal", None], found["image->caption", "R@1", "paired", None]
    assert copied[0].value > copied[1].value  # Captions occur more than once.


def test_overlap_counts_who_is_right(
    measured: dict[str, dict[Place, Measure]], right: dict[tuple[str, ...], list[bool]]
) -> None:
    image, audio, both = (right[query] for query in QUERIES)
    patterns = Counter(zip(audio, image, both, strict=True))
    named = {
        "A only": (True, False, False),
        "V only": (False, True, False),
        "AV only": (False, False, True),
        "A/V": (True, True, False),
        "AV/A": (True, False, True),
        "AV/V": (False, True, True),
        "all": (True, True, True),
        "none": (False, False, False),
    }
    found = {metric: one.value for (subject, metric, _, _), one in measured["overlap"].items()}
    assert {subject for subject, *_ in measured["overlap"]} == {"image+audio"}
    assert found == pytest.approx({name: patterns[pattern] / N for name, pattern in named.items()})
    assert sum(found.values()) == pytest.approx(1)


def test_complementarity_is_the_gain_beside_what_can_be_had(
    measured: dict[str, dict[Place, Measure]], right: dict[tuple[str, ...], list[bool]]
) -> None:
    found = measured["complementarity"]
    assert len(found) == 3 * 3
    for group in ("all", "small", "large"):
        mine = [row for row in range(N) if group in ("all", GROUPS[labels("test")[row]])]
        image, audio, both = (np.mean([right[query][row] for row in mine]) for query in QUERIES)
        gain = found["image+audio", "gain", group, None]
        assert gain.value == pytest.approx(both - max(image, audio))
        assert gain.reference == pytest.approx(1.0 - 0.625)
        captured = found["image+audio", "fusion gain captured", group, None]
        assert captured.value == pytest.approx((both - max(image, audio)) / 0.375) and captured.reference == 1
        capture = found["image+audio", "higher-order capture", group, None]
        assert capture.value == pytest.approx((both - PAIRWISE) / (1 - PAIRWISE)) and capture.reference == 1
        assert capture.low <= capture.value <= capture.high
    without = evaluate_media(findings(make_task(ceilings={})), families=("complementarity", "zero_shot"))
    assert {one.metric for one in without if one.family == "complementarity"} == {"gain"}
    assert {one.reference for one in without} == {None}


def test_a_shuffled_modality_costs_what_it_told(
    task: MediaTask, measured: dict[str, dict[Place, Measure]], right: dict[tuple[str, ...], list[bool]]
) -> None:
    found = measured["dependence"]
    assert len(found) == 2 * 2
    own = np.mean(right["image", "audio"])
    for name, other in (("image", "audio"), ("audio", "image")):
        shuffled = []
        for number in range(5):
            order = generator(0, "shuffle", N, number).permutation(N)
            hits = 0
            for row in range(N):
                rows = {name: int(order[row]), other: row}
                scores = [prompt_score(task, "test", rows, label) for label in range(len(CLASSES))]
                hits += int(np.argmax(scores)) == labels("test")[row]
            shuffled.append(hits / N)
        assert found["image+audio", "drop", name, None].value == pytest.approx(own - np.mean(shuffled))
        assert own - np.mean(shuffled) > 0.1


class CopiesImage(CLIP):
    """Its fused embedding is that of the first modality."""

    def embed(self, query: View) -> Tensor:
        return query.embedding(query.modalities[0])

    def score(self, query: View, key: View) -> Tensor:
        return self.embed(query) @ self.embed(key).mT


def test_a_fused_embedding_that_copies_a_modality_depends_on_nothing_else() -> None:
    (*rows,) = evaluate_media(findings(method=CopiesImage), families=("dependence",))
    found = {(one.metric, one.condition): one for one in rows}
    assert found["R²", "image"].value == pytest.approx(1, abs=1e-3)
    assert found["R²", "audio"].value < 0.7
    assert found["drop", "audio"].value == 0 and found["drop", "image"].value > 0.1
    assert all(one.defined for one in rows)
    without = [one for one in evaluate_media(findings(), families=("dependence",)) if one.metric == "R²"]
    assert len(without) == 2 and all(one.value is None and not one.defined for one in without)


def test_missing_goes_from_the_fused_query_to_what_is_left(
    measured: dict[str, dict[Place, Measure]], right: dict[tuple[str, ...], list[bool]]
) -> None:
    found = values(measured["missing"])
    assert len(found) == 2 * 5
    both = np.mean(right["image", "audio"])
    for gone, left in (("image", "audio"), ("audio", "image")):
        alone = np.mean(right[left,])
        for share in (0.0, 0.25, 0.5, 0.75, 1.0):
            mixed = (1 - share) * both + share * alone
            assert found["image+audio", "accuracy", gone, share] == pytest.approx(mixed)


def test_confusion_counts_every_sample_once(
    measured: dict[str, dict[Place, Measure]], told: dict[tuple[str, ...], list[list[int]]]
) -> None:
    found = values(measured["confusion"])
    for query in QUERIES:
        counts: Counter[tuple[str, str]] = Counter(
            (GROUPS[label], GROUPS[order[0]]) for order, label in zip(told[query], labels("test"), strict=True)
        )
        subject = "+".join(query)
        table = {(true, taken): found[subject, taken, true, None] for true in set(GROUPS) for taken in set(GROUPS)}
        assert table == {pair: counts[pair] for pair in table}
        assert sum(value or 0 for value in table.values()) == N
    pairs = [one for (subject, *_), one in measured["confused_pair"].items() if subject == "image"]
    shares = [one.value for one in pairs]
    assert shares == sorted(shares, reverse=True) and len(pairs) <= 10
    first, second = (CLASSES.index(name) for name in pairs[0].metric.split(" ~ "))
    mixed = sum(
        {first, second} == {int(label), order[0]} for order, label in zip(told["image",], labels("test"), strict=True)
    )
    assert pairs[0].value == pytest.approx(mixed / sum(label in (first, second) for label in labels("test")))


def probe_inputs(task: MediaTask, split: str, query: tuple[str, ...], kind: str) -> list[list[float]]:
    rows = []
    for row in range(SIZES[split]):
        own = [unit_vector(task, split, row, name) for name in query]
        pairs = [[a * b for a, b in zip(*two, strict=True)] for two in combinations(own, 2)]
        rows.append([x for part in (own + pairs if kind == "bilinear" else own) for x in part])
    return rows


def test_probes_are_the_same_kinds_for_every_method(task: MediaTask, measured: dict[str, dict[Place, Measure]]) -> None:
    found = measured["probe"]
    names = ("image", "audio", "caption")
    kinds = {1: ("linear", "MLP"), 2: ("linear", "bilinear", "MLP")}
    expected = [
        ("+".join(query), metric, kind)
        for size in (1, 2)
        for query in combinations(names, size)
        for kind in kinds[size]
        for metric in ("accuracy", "balanced accuracy")
    ]
    assert [place[:3] for place in found] == expected and all(one.defined for one in found.values())
    truth = labels("test")
    for query, kind in ((("image",), "linear"), (("image", "audio"), "bilinear"), (("audio", "caption"), "MLP")):
        sets = [
            Labelled(probe_inputs(task, split, query, kind), labels(split)) for split in ("train", "validation", "test")
        ]
        told = (mlp_probe if kind == "MLP" else linear_probe)(*sets).correct
        subject = "+".join(query)
        assert found[subject, "accuracy", kind, None].value == pytest.approx(np.mean(told))
        macro = np.mean([told[truth == k].mean() for k in range(7)])
        assert found[subject, "balanced accuracy", kind, None].value == pytest.approx(macro)
    assert found["image+audio", "accuracy", "bilinear", None].reference == 1.0


def test_a_methods_own_vector_has_columns_of_its_own() -> None:
    measured = evaluate_media(findings(method=CopiesImage), families=("probe", "few_shot"))
    # The vector is that of the picture: its probe is the picture's.
    probes = [one for one in measured if (one.family, one.metric) == ("probe", "accuracy")]
    by_kind = {(one.subject, one.condition): one.value for one in probes}
    own = [subject for subject, kind in by_kind if kind == "fused"]
    assert own == ["image+audio", "image+caption", "audio+caption"]
    assert by_kind["image+audio", "fused"] == by_kind["image", "linear"] != by_kind["image+audio", "linear"]
    shots = {(one.subject, one.condition, one.x): one.value for one in measured if one.family == "few_shot"}
    assert {place[1] for place in shots if place[0] == "image+audio"} == {"", "fused"}
    assert shots["image+audio", "fused", 5.0] == shots["image", "", 5.0] != shots["image+audio", "", 5.0]
    assert ("image", "fused", 5.0) not in shots and ("image+audio", "fused", 0.0) not in shots


def unit_vector(task: MediaTask, split: str, row: int, name: str) -> list[float]:
    whole = vector(task, split, row, name)
    return [x / math.hypot(*whole) for x in whole]


def test_few_shot_begins_with_zero_shot_and_ends_with_the_smallest_class(
    measured: dict[str, dict[Place, Measure]],
) -> None:
    found = measured["few_shot"]
    least = min(Counter(labels("train").tolist()).values())
    assert least == 5
    for query in QUERIES:
        subject = "+".join(query)
        assert [x for one, _, _, x in found if one == subject] == [0.0, 1.0, 2.0, 5.0]
        start = found[subject, "accuracy", "", 0.0]
        zero_shot = measured["zero_shot"][subject, "accuracy", "test", None]
        assert (start.value, start.low, start.high) == (zero_shot.value, zero_shot.low, zero_shot.high)
        assert all(found[subject, "accuracy", "", x].reference == BAYES[subject] for x in (0.0, 5.0))


def test_robustness_classifies_what_is_spoiled(task: MediaTask, right: dict[tuple[str, ...], list[bool]]) -> None:
    turned = np.roll(task.arrays.array("test", "audio"), 1, axis=0)
    words = task.arrays.array("test", "caption")[::-1].copy()
    damage = [("none", "audio", 0.0, task.arrays.array("test", "audio")), ("turned", "audio", 1.0, turned)]
    spoiled = make_task(degraded=lambda split: [*damage, ("words", "caption", 0.5, words)] if split == "test" else [])
    found = {
        (one.subject, one.metric, one.condition, one.x): one.value
        for one in evaluate_media(findings(spoiled), families=("robustness",))
    }
    assert [(subject, kind) for subject, _, kind, _ in found] == [
        ("audio", "none"),
        ("image+audio", "none"),
        ("audio", "turned"),
        ("image+audio", "turned"),
        ("image+audio->caption", "words"),
    ]
    for query in (("audio",), ("image", "audio")):
        assert found["+".join(query), "accuracy", "none", 0.0] == pytest.approx(np.mean(right[query]))
    hits = 0
    for row in range(N):
        rows = {"image": row, "audio": (row - 1) % N}
        scores = [prompt_score(task, "test", rows, label) for label in range(len(CLASSES))]
        hits += int(np.argmax(scores)) == labels("test")[row]
    assert found["image+audio", "accuracy", "turned", 1.0] == pytest.approx(hits / N)


def test_what_a_task_does_not_define_is_left_out() -> None:
    families = {one.family for one in evaluate_media(findings(make_task(text=False)))}
    assert families == {
        "retrieval",
        "probe",
        "plain",
        "few_shot",
        "overlap",
        "late_fusion",
        "complementarity",
        "missing",
    }
    by_words = ("retrieval", "zero_shot", "zero_shot_group", "confusion", "dependence", "robustness")
    wordless = evaluate_media(findings(make_task(prompts=())), families=by_words)
    assert {one.family for one in wordless} == {"retrieval"}
    ungrouped = evaluate_media(findings(make_task(groups=())), families=(*by_words, "complementarity"))
    assert "zero_shot_group" not in {one.family for one in ungrouped}
    assert {one.condition for one in ungrouped if one.family == "complementarity"} == {"all"}
    assert not [one for one in ungrouped if one.family == "confusion"]
    shots = {one.x for one in evaluate_media(findings(make_task(prompts=())), families=("few_shot",))}
    assert shots == {1.0, 2.0, 5.0}


def test_without_descriptions_probes_tell_the_classes() -> None:
    task = make_task(prompts=())
    assert task.queries == [(0,), (1,), (2,), (0, 1), (0, 2), (1, 2), (0, 1, 2)] == task.probed
    found = findings(task)
    measured = evaluate_media(found, families=("probe", "overlap", "complementarity"))
    probes = {one.subject: one.value for one in measured if tells_class(task, one)}
    kinds = {len(one.subject.split("+")): one.condition for one in measured if tells_class(task, one)}
    assert kinds == {1: "linear", 2: "bilinear", 3: "bilinear"}
    assert probes.keys() == {"+".join(task.modalities[at] for at in query) for query in task.queries}
    for query in [(0, 1), (0, 2), (1, 2)]:
        subject = "+".join(task.modalities[at] for at in query)
        best = max(float(probes[task.modalities[at]] or 0) for at in query)
        (gain,) = [one for one in measured if (one.metric, one.subject, one.condition) == ("gain", subject, "all")]
        assert gain.value == pytest.approx(float(probes[subject] or 0) - best)
        shares = {one.metric: one.value or 0 for one in measured if (one.family, one.subject) == ("overlap", subject)}
        first, second = ("T" if at == 2 else "VA"[at] for at in query)
        both = f"{second}{first}"
        right = sum(shares[name] for name in ("all", f"{both} only", f"{both}/{first}", f"{both}/{second}"))
        assert sum(shares.values()) == pytest.approx(1) and right == pytest.approx(probes[subject])


def test_a_class_that_training_lacks_is_wrong_and_nothing_fails() -> None:
    def without_owls(split: str) -> np.ndarray:
        return np.where((labels(split) == 3) & (split == "train"), 4, labels(split))

    found = findings(make_task(labels=without_owls))
    correct = found.probed((0, 1), "linear")
    assert correct is not None
    assert correct[labels("test") == 3].sum() == 0 and correct[labels("test") != 3].mean() > 0.3


def test_groups_are_in_the_order_of_the_ceilings_known_or_not() -> None:
    assert make_task(ceilings={}).group_names == ["small", "large"]
    assert make_task(ceilings={"all": CEILINGS, "large": CEILINGS}).group_names == ["large", "small"]
    task = make_task(ceilings={"large": CEILINGS})
    measured = evaluate_media(findings(task), families=("complementarity",))
    found = {one.condition: one.reference for one in measured if one.metric == "gain"}
    assert found == {"all": None, "large": 0.375, "small": None}


def test_a_method_says_which_directions_it_defines() -> None:
    found = evaluate_media(findings(method=Symile), families=("retrieval",))
    assert {one.subject for one in found if one.defined} == {
        "image+audio->caption",
        "image+caption->audio",
        "audio+caption->image",
    }


def test_what_rests_on_a_score_that_a_method_does_not_define_is_marked() -> None:
    """Symile's score needs all three: both see the class by it, one alone by a fallback, and so all that compares."""
    task = make_task()
    damage = [("none", name, 0.0, task.arrays.array("test", name)) for name in ("audio", "caption")]
    spoiled = make_task(degraded=lambda split: damage)
    found = evaluate_media(findings(spoiled, Symile))
    marks: dict[str, dict[str, set[bool]]] = {}
    for one in found:
        marks.setdefault(one.family, {}).setdefault(one.subject, set()).add(one.defined)
    by_query = {"image": {False}, "audio": {False}, "image+audio": {True}}
    assert marks["zero_shot"] == marks["zero_shot_group"] == marks["confusion"] == by_query
    assert marks["confused_pair"] == by_query
    assert marks["robustness"] == {"audio": {False}, "image+audio": {True}, "image+audio->caption": {True}}
    assert marks["overlap"] == marks["complementarity"] == marks["missing"] == {"image+audio": {False}}
    assert marks["dependence"] == {"image+audio": {True}}
    begin = {one.subject: {one.defined} for one in found if one.family == "few_shot" and one.x == 0}
    assert begin == by_query
    assert all(one.defined for one in found if one.family in ("probe", "plain") or one.condition == "fused")
    # By probes, every method tells the class alike.
    bare = evaluate_media(findings(make_task(prompts=()), Symile), families=("overlap", "complementarity", "missing"))
    assert bare and all(one.defined for one in bare)


def test_intervals_are_those_of_the_samples(task: MediaTask, measured: dict[str, dict[Place, Measure]]) -> None:
    correct = findings(task).told("test", (0,)).correct
    one, two = bootstrap_mean(correct), measured["zero_shot"]["image", "accuracy", "test", None]
    assert (one.value, one.low, one.high) == (two.value, two.low, two.high)


def test_an_unknown_family_is_refused() -> None:
    with pytest.raises(InvalidValue, match=r"families must be of retrieval, .*; got 'zeroshot'"):
        evaluate_media(findings(), families=("zeroshot",))


class NotFinite(Method):
    def score(self, query: View, key: View) -> Tensor:
        return torch.full((len(query.embeddings[0]), len(key.embeddings[0])), torch.nan)


class Raising(Method):
    def score(self, query: View, key: View) -> Tensor:
        raise KeyError("no such thing")


class RaisingEmbed(CLIP):
    def embed(self, query: View) -> Tensor:
        raise KeyError("no such vector")


@pytest.mark.parametrize(
    ("method", "family", "message"),
    [
        (NotFinite, "zero_shot", "scores of NotFinite for 0 are not finite after training"),
        (NotFinite, "retrieval", "scores of NotFinite for 0 are not finite after training"),
        (Raising, "zero_shot", "method Raising raised in evaluation: KeyError: 'no such thing'"),
        (RaisingEmbed, "probe", "method RaisingEmbed raised in evaluation: KeyError: 'no such vector'"),
    ],
)
def test_a_method_that_fails_is_named(method: type[Method], family: str, message: str) -> None:
    with pytest.raises(MethodError, match=message) as caught:
        evaluate_media(findings(method=method), families=(family,))
    assert "\n" not in str(caught.value)


class RaisingEncoder(torch.nn.Module):
    def forward(self, x: Tensor) -> Tensor:
        raise ValueError("too loud")


def test_an_encoder_that_fails_is_named(task: MediaTask) -> None:
    found = findings(task)
    found.model.encoders[1] = RaisingEncoder()
    with pytest.raises(MethodError, match="encoder RaisingEncoder raised: ValueError: too loud"):
        found.embedded("test")
    tables = dict(task.arrays.tables)  # type: ignore[attr-defined]
    tables["test", "audio"] = np.full_like(tables["test", "audio"], np.inf)
    infinite = findings(replace(task, arrays=InMemory(tables, task.arrays.tokenizer)))
    with pytest.raises(MethodError, match="embeddings of modality 1 are not finite"):
        infinite.embedded("test")


def test_classes_without_descriptions_cannot_be_told() -> None:
    bare = findings(make_task(prompts=()))
    with pytest.raises(InvalidValue, match="classes have no descriptions"):
        bare.told("test", (0,))


def test_a_split_is_embedded_once(task: MediaTask) -> None:
    found = findings(task)
    assert found.embedded("test") is found.embedded("test")
    assert found.told("test", (0,)) is found.told("test", (0,))
    assert isinstance(found, Findings) and found.prompts is found.prompts


def test_space_of_the_known_model_is_the_inputs(task: MediaTask) -> None:
    """What all of the above rests on."""
    embedded = findings(task).embedded("test")
    for at, name in enumerate(("image", "audio", "caption")):
        rows = [unit_vector(task, "test", row, name) for row in range(N)]
        torch.testing.assert_close(embedded.embeddings[at], torch.tensor(rows))
    assert Space(3, 6, 6, (1, 1, 1)) == findings(task).model.method.space
