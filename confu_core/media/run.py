"""One run on media: make the model, train it, evaluate it, and say all of it in one row and many measures."""

from __future__ import annotations

import math
from collections.abc import Callable, Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow as pa
import torch

from confu_core.ceilings import Ceilings, ceiling_columns
from confu_core.errors import DatasetError, InvalidValue
from confu_core.evaluation.bounds import mutual_information_bound, total_correlation_bound
from confu_core.evaluation.classification import zero_shot
from confu_core.evaluation.retrieval import rank_queries
from confu_core.inputs.text import Tokenizer
from confu_core.media.arrays import StreamedArrays, StreamedEpochs, augmentations
from confu_core.media.evaluate import directions, evaluate_media, families_of, scored, tells_class
from confu_core.media.findings import Findings, examples_of
from confu_core.media.model import embed_all, make_model, rows_of
from confu_core.media.own import check_measures
from confu_core.media.settings import MediaSettings
from confu_core.media.task import TEST, TRAIN, VALIDATION, Kind, MediaTask, query_name
from confu_core.methods.base import Method, every_direction
from confu_core.methods.batch import EmbeddedBatch
from confu_core.model import Model
from confu_core.runs.grid import PROVENANCE
from confu_core.runs.measures import Measure, predictions_table, write_predictions
from confu_core.training.checkpoint import EXTENDED, extended
from confu_core.training.epochs import MediaEpochs
from confu_core.training.fit import Progress, fit
from confu_core.training.processes import ranks
from confu_core.training.random_state import forked
from confu_core.training.settings import TrainingSettings
from confu_core.user_code import in_evaluation

CEILINGS = ("single_ceiling", "pairwise_ceiling", "bayes_accuracy")
BOUND = "total_correlation_bound"
FEWEST_WHOLE = 16  # Of a batch, on average: of millions of batches one has fewer than two.
BOUND_ROWS = 2000  # Scores of all with all, after every epoch, would outgrow the training.


@dataclass(frozen=True)
class Measured:
    """What an evaluation yields.

    Attributes
    ----------
    row : dict
        One row of results.
    measures : list of Measure
        Everything that was measured.
    examples : list of dict
        A few samples, with what they were taken for.
    label : str
        What a class is, such as ``"species"``.
    """

    row: dict[str, Any]
    measures: list[Measure]
    examples: list[dict[str, Any]]
    label: str


@dataclass(frozen=True)
class MediaResult(Measured):
    """What a run yields, besides.

    Attributes
    ----------
    model : Model
        Trained.
    tokenizer : Tokenizer or None
        Of its texts.
    settings : MediaSettings
        What it was trained with.
    inputs : mapping of str to Picture, Sound, Text, Sequence or Features
        What it takes.
    classes : tuple of str
        What it was told that samples are; empty for a method that does not learn from classes.
    """

    model: Model
    tokenizer: Tokenizer | None
    settings: MediaSettings
    inputs: Mapping[str, Kind]
    classes: tuple[str, ...] = ()


def run_media(
    task: MediaTask,
    settings: MediaSettings,
    *,
    device: str = "cpu",
    checkpoint: Path | None = None,
    watch: Callable[[Progress], None] | None = None,
    families: tuple[str, ...] | None = None,
    predicted: Path | None = None,
) -> MediaResult:
    """Train and evaluate one method once; `predicted` is a file for what it takes each test sample for."""
    if len(task.inputs) < 2:
        only = ", ".join(task.inputs)
        raise InvalidValue(f"methods align two modalities or more; the data have one, {only}: choose data with a pair")
    check_measures(settings.measures)
    families = _measured_families(task, families)
    if families != ():
        _check_classes(task, probed=families is None or "probe" in families)
    vocabulary = task.arrays.tokenizer.size if task.arrays.tokenizer else None
    model = make_model(settings, task.inputs, vocabulary, len(task.classes)).to(device)
    _check_whole(model.method, settings)
    source = media_epochs(task, settings, device)
    source.views = model.method.views
    columns = {**settings.columns(), **task.columns}
    made_with = {name: columns.pop(name) for name in PROVENANCE if name in columns}
    config = extended(checkpoint, columns)
    apart = {EXTENDED: config[EXTENDED]} if EXTENDED in config else {}
    history = fit(
        model,
        source,
        TrainingSettings.of(settings),
        settings.seed,
        validate=lambda trained: _validate(trained, task, settings.batch_size),
        checkpoint=checkpoint,
        config=config,
        watch=watch,
    )
    trained = {BOUND: history[-1].get(f"validation_{BOUND}"), "final_loss": history[-1]["loss"]}
    made_with["device"] = torch.device(device).type
    cell = {"cell": settings.cell_on({**task.columns, **apart}), **config, **made_with}
    model = model.to("cpu")
    findings = Findings(task, model)
    found = _measured(findings, cell, trained, _history(history), families, settings.measures)
    if predicted is not None and ranks()[0] == 0:
        write_predictions(predicted, predictions(findings, probed=families is None or "probe" in families))
    classes = task.classes if model.method.labelled else ()
    tokenizer, inputs = task.arrays.tokenizer, task.inputs
    return MediaResult(
        **vars(found), model=model, tokenizer=tokenizer, settings=settings, inputs=inputs, classes=classes
    )


def evaluate_trained(
    findings: Findings,
    cell: Mapping[str, Any],
    trained: Mapping[str, Any],
    without: Collection[str] = (),
    own: Sequence[str] = (),
) -> Measured:
    """Measure what is trained already: `cell` says what it is, `trained` what its training ended with."""
    check_measures(own)
    task = findings.task
    whole = {"train", VALIDATION} <= {*task.splits}
    if not (task.prompts or whole):
        needed = (
            "it takes descriptions of classes and what they are embedded as, or train and validation to fit probes on"
        )
        raise DatasetError(f"nothing tells the {task.label} of a sample: {needed}")
    if whole:
        _check_classes(task, probed=True)
    families = families_of(task, streamed=not whole)
    families += ("few_shot",) if findings.protocol.logistic else ()  # Which draws from the split that it tests on.
    families = tuple(dict.fromkeys(name for name in families if name not in without))
    return _measured(findings, cell, trained, [], families, own)


def _measured(
    findings: Findings,
    cell: Mapping[str, Any],
    trained: Mapping[str, Any],
    history: list[Measure],
    families: tuple[str, ...] | None,
    own: Sequence[str],
) -> Measured:
    """Measure all that is defined, and say it in one row."""
    task = findings.task
    measures = [*task.notes, *_ceilings(task), *history, *evaluate_media(findings, families=families, own=own)]
    row = {**cell, **_headline(findings, measures, trained), "directions": _directions(measures, task)}
    examples = examples_of(findings) if ranks()[0] == 0 else []
    return Measured(row, measures, examples, task.label)


def _check_whole(method: Method, settings: MediaSettings) -> None:
    """Refuse, before training, batches of which a method that takes whole samples only would get next to none."""
    whole = settings.batch_size * (1 - settings.missing)
    if settings.missing and not method.takes_partial and whole < FEWEST_WHOLE:
        what = (
            f"missing {settings.missing:g} leaves about {whole:.0f} of {settings.batch_size} samples of a batch whole"
        )
        enough = math.ceil(FEWEST_WHOLE / (1 - settings.missing))
        raise InvalidValue(f"{what}, and {settings.method} takes no others; lower it, or use a batch_size of {enough}")


def _measured_families(task: MediaTask, asked: tuple[str, ...] | None) -> tuple[str, ...] | None:
    """Return what a run measures; of several processes that train together, the first alone measures."""
    if ranks()[0]:
        return ()
    return families_of(task, streamed=True) if asked is None and isinstance(task.arrays, StreamedArrays) else asked


def _check_classes(task: MediaTask, *, probed: bool) -> None:
    """Refuse, before hours of training, data whose classes could not be told after it."""
    found = {split: np.unique(task.labels(split)) for split in task.splits}
    if probed and len(found["train"]) < 2:
        only = task.classes[int(found["train"][0])]
        raise DatasetError(f"all training samples are of one {task.label}, {only!r}; to tell classes takes two or more")
    for split in (VALIDATION, TEST) if probed else ():
        if not np.isin(found[split], found["train"]).any():
            first = task.classes[int(found[split][0])]
            what = f"no sample of split {split!r} is of a {task.label} that the training split has"
            raise DatasetError(f"{what}, such as {first!r}; split the data anew")


def media_epochs(task: MediaTask, settings: MediaSettings, device: str = "cpu") -> MediaEpochs | StreamedEpochs:
    """Return the batches of a run, from the task's arrays, or straight from shards where nothing is kept of them."""
    rank, count = ranks()
    how: dict[str, Any] = {
        "size": settings.batch_size,
        "augment": augmentations(settings.augment, task.inputs, settings.seed),
        "labels": task.labels("train"),
        "missing": settings.missing,
        "rank": rank,
        "ranks": count,
        "device": device,
    }
    if isinstance(task.arrays, StreamedArrays):
        return StreamedEpochs(task.arrays, settings.seed, **how)
    arrays = [task.taken("train", name) for name in task.modalities]
    if len(arrays[0]) < 2:
        raise DatasetError(f"the training split has {len(arrays[0])} samples; training needs at least 2")
    return MediaEpochs(arrays, settings.seed, balance=settings.balance, pairing=settings.pairing, **how)


@torch.no_grad()
def _validate(model: Model, task: MediaTask, size: int) -> dict[str, float]:
    """Return the loss on the validation split, in batches as in training, and bounds on what the scores tell."""
    batch = embed_all(model, [task.taken(VALIDATION, name) for name in task.modalities])
    batch.labels = torch.from_numpy(np.asarray(task.labels(VALIDATION), np.int64))
    n, size = batch.size, min(size, batch.size)
    parts = [rows_of(batch, start, start + size) for start in range(0, n - size + 1, size)]
    model = model.eval()
    method = model.method
    with in_evaluation(method), forked(next(model.parameters()).device):
        torch.manual_seed(0)  # Methods that draw negatives draw the same ones after every epoch.
        losses = [sum(float(term) for term in method.losses(_on(part, model)).values()) for part in parts]
        bound = _bound(model, batch)
    return {"loss": float(np.mean(losses)), BOUND: bound}


def _bound(model: Model, batch: EmbeddedBatch) -> float:
    """Bound the total correlation of the modalities from below by the method's own scores."""
    batch = rows_of(batch, 0, BOUND_ROWS)
    n, modalities = batch.size, batch.modalities
    scale, paired = model.method.scale(), torch.eye(n)
    scale = scale.cpu() if isinstance(scale, torch.Tensor) else scale
    bounds = {}
    for order in range(1, modalities):
        for query, key in every_direction(modalities, order):
            scores = model.method.score(_on(batch, model).view(query), _on(batch, model).view(key)).cpu()
            bounds[query, key[0]] = mutual_information_bound(scale * scores, paired)
    return total_correlation_bound(bounds, modalities)


def _on(batch: EmbeddedBatch, model: Model) -> EmbeddedBatch:
    device = next(model.parameters()).device
    if batch.embeddings[0].device == device:
        return batch
    return batch.each(lambda table: table.to(device), None if batch.labels is None else batch.labels.to(device))


def _ceilings(task: MediaTask) -> list[Measure]:
    """Return what is known exactly of fused queries, over all and by group of classes, the same for every method."""
    return [
        Measure("ceiling", query, name, ceiling_columns(ceilings, None)[name], group)
        for group, known in task.ceilings.items()
        for query, ceilings in known.items()
        for name in CEILINGS
        if "+" in query
    ]


def _history(history: Sequence[dict[str, float]]) -> list[Measure]:
    measures = []
    for record in history:
        for name, value in record.items():
            if name != "epoch":
                metric = BOUND if name == f"validation_{BOUND}" else name
                measures.append(Measure("history", "", metric, value, x=record["epoch"] + 1))
    return measures


def _headline(findings: Findings, measures: Sequence[Measure], trained: Mapping[str, Any]) -> dict[str, Any]:
    """Return the row's numbers: the accuracy of the class from all that is seen, beside what can be reached."""
    task, query = findings.task, findings.task.headline
    name = query_name(task, query)
    # A stream has no probes.
    probed = (one.value for one in measures if one.subject == name and tells_class(task, one))
    accuracy = findings.told(TEST, query).accuracy if task.prompts else next(probed, None)
    return {
        "accuracy": accuracy,
        **ceiling_columns(task.ceilings.get("all", {}).get(name), accuracy),
        "chance": 1 / len(task.classes),
        "total_correlation": None,  # Of media themselves it is not known.
        **trained,
        "status": "done",
        "error": None,
    }


def _directions(measures: Sequence[Measure], task: MediaTask) -> list[dict[str, Any]]:
    """Return the directions of a row of results: classes from what is seen, then retrieval of one sample."""
    rows = []
    known = task.ceilings.get("all", {})
    for one in measures:
        if tells_class(task, one):
            rows.append(_direction(one.subject.split("+"), task.label, one, known.get(one.subject)))
        elif (one.family, one.metric, one.condition) == ("retrieval", "R@1", "equal"):
            query, target = one.subject.split("->")[0].split("+"), one.subject.split("->")[1]
            rows.append(_direction(query, target, one, None))
    return rows


def _direction(query: list[str], target: str, one: Measure, ceilings: Ceilings | None) -> dict[str, Any]:
    return {
        "direction": f"{'+'.join(query)}->{target}",
        "query": query,
        "target": target,
        "order": len(query),
        "accuracy": one.value,
        **ceiling_columns(ceilings, one.value),
        "expected_rank": None,
        "information_bound": None,
        "defined": one.defined,
    }


def predictions(findings: Findings, *, probed: bool) -> Iterator[pa.Table]:
    """Yield a table for each query that tells the class, then one for each direction of retrieval.

    Where no text describes the classes they are told by probes, if there are any.
    """
    task = findings.task
    if task.keys is None:
        raise InvalidValue("predictions are by key, which these data have none of")
    keys = task.keys(TEST)
    truth = [task.classes[label] for label in task.labels(TEST)]
    for query in task.queries if task.prompts or probed else ():
        rank, predicted = _told(findings, query)
        named = [task.classes[label] for label in predicted]
        yield predictions_table(keys, query_name(task, query), task.label, truth, rank, named)
    for query, key in directions(task):
        score = scored(findings, findings.embedded(TEST), query, key)
        best: list[int] = []

        def noted(start: int, stop: int, score=score, best=best) -> torch.Tensor:  # type: ignore[no-untyped-def]
            block = score(start, stop)
            best.extend(block.argmax(-1).tolist())
            return block

        alike = torch.from_numpy(findings.alike(task.modalities[key[0]]))
        equal, _ = rank_queries(noted, torch.arange(len(keys)), alike)
        found = np.array(keys)[best].tolist()
        target = task.modalities[key[0]]
        yield predictions_table(keys, query_name(task, query), target, keys, equal.expected().numpy(), found)


def _told(findings: Findings, query: tuple[int, ...]) -> tuple[np.ndarray, np.ndarray]:
    """Return the rank of each test sample's class, NaN where a probe has not met it, and what class it is taken for."""
    task = findings.task
    if task.prompts:
        told = findings.told(TEST, query)
        return told.rank, told.predicted
    known, labels = np.unique(task.labels(TRAIN)), task.labels(TEST)
    met, logits = np.isin(labels, known), torch.from_numpy(findings.probe_logits(query)[TEST])
    told = zero_shot(logits, range(len(known)), np.searchsorted(known, np.where(met, labels, known[0])), len(known))
    return np.where(met, told.rank, np.nan), known[told.predicted]
