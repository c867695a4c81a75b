"""Train and evaluate methods on the XOR task: one run, or many of equal shape together."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any

import pyarrow as pa
import torch

from confu_core.ceilings import ceiling_columns
from confu_core.encoders import vector_encoder
from confu_core.errors import InvalidValue
from confu_core.evaluation.directions import DirectionResults, evaluate
from confu_core.evaluation.retrieval import ranks
from confu_core.methods import base
from confu_core.methods.registry import make_method
from confu_core.model import Model
from confu_core.random import torch_seed
from confu_core.runs.environment import threads
from confu_core.runs.measures import predictions_table, write_predictions
from confu_core.training.epochs import Samples
from confu_core.training.fit import TrainingSettings, train
from confu_core.user_code import in_evaluation
from xor_bench.data import XorData
from xor_bench.settings import Settings
from xor_bench.task import LAW, XorSamples, code_inputs, direction_name, names
from xor_bench.theory import ceilings, chance, information

__all__ = ["every_direction", "headline", "row_of", "run", "run_together", "samples", "untrained"]


def run(
    settings: Settings,
    *,
    data: XorData | None = None,
    watch: Callable[[int, int, torch.Tensor], None] | None = None,
    reduce: bool = True,
    predicted: Path | None = None,
) -> dict[str, Any]:
    """Train and evaluate one method once.

    Parameters
    ----------
    settings : Settings
        What to run.
    data : XorData, optional
        A dataset to train and test on, in place of sampling; for the same seed the numbers are the same.
    watch : callable, optional
        Called after every step with the steps done, the steps in all, and the loss in nats, a tensor.
    reduce : bool
        Whether distinct inputs may stand for the samples that share them; the numbers are the same.
    predicted : Path, optional
        File to write what is taken for each test sample's codes; see `confu_core.runs.measures`.

    Returns
    -------
    dict
        One row of results: the settings, ``accuracy`` and the exact quantities beside it, and ``directions``.

    Raises
    ------
    InvalidValue, MethodError, TrainingError, DatasetError
        See these.

    Examples
    --------
    >>> row = run(Settings(method="clip", bits=1, epochs=1, train_samples=200, test_samples=100, batch_size=100))
    >>> row["bayes_accuracy"], len(row["directions"])
    (0.75, 9)
    """
    return run_together([settings], data=data, watch=watch, reduce=reduce, predicted=predicted)[0]


def run_together(
    cells: Sequence[Settings],
    *,
    data: XorData | None = None,
    watch: Callable[[int, int, torch.Tensor], None] | None = None,
    reduce: bool = True,
    predicted: Path | None = None,
) -> list[dict[str, Any]]:
    """Train and evaluate runs of one `Settings.shape`, which differ in p, noise and seed alone, in one stack.

    Returns a row of results per cell, the same as each would have alone; the rest is as for `run`, and a TrainingError
    has the number of the cell.
    """
    first = cells[0]
    if any(cell.shape() != first.shape() for cell in cells):
        raise InvalidValue("runs that train together must differ in p, noise and seed alone")
    training = TrainingSettings.of(first)
    with threads(1):  # Matrices here are too small to gain from more.
        models = [untrained(cell) for cell in cells]
        drawn = [_samples(cell, data, "train") for cell in cells]
        losses = train(models, drawn, [cell.seed for cell in cells], training, watch=watch, reduce=reduce)
        if predicted is not None:
            write_predictions(predicted, _predictions(first, models[0], _samples(first, data, "test")))
        return [_row(*each, data) for each in zip(cells, models, losses, strict=True)]


@torch.no_grad()
def _predictions(settings: Settings, model: Model, samples: Samples) -> Iterator[pa.Table]:
    """Yield what is taken for the code of each test sample in every direction; equal codes are one candidate."""
    letters, batch = names(settings.modalities), model.eval().embed(samples.tables, samples.codes)
    keys = [f"test-{at:09d}" for at in range(len(samples.codes))]
    for query, target in every_direction(settings):
        with in_evaluation(model.method):
            scores = model.method.score(batch.view(query), batch.view((target,)))[batch.rows(query)[0]]
        truth = batch.rows((target,))[0]
        true, found = ([str(code) for code in codes.tolist()] for codes in (truth, scores.argmax(-1)))
        rank = ranks(scores, truth).expected().numpy()
        yield predictions_table(keys, "".join(letters[at] for at in query), letters[target], true, rank, found)


def untrained(settings: Settings) -> Model:
    """Return the model of a run as it is before training."""
    options = settings.resolved_options()
    width = code_inputs(settings.inputs, settings.bits).shape[1]
    with torch.random.fork_rng(devices=[]):
        torch.manual_seed(torch_seed(settings.seed, "weights"))
        made = [vector_encoder(width, settings.width, settings.depth) for _ in range(settings.modalities)]
        encoders, (wide, *_) = zip(*made, strict=True)
        return Model(encoders, wide, settings.dim, lambda space: make_method(settings.method, space, options))


def _samples(settings: Settings, data: XorData | None, split: str) -> Samples:
    table = torch.from_numpy(code_inputs(settings.inputs, settings.bits, random_state=settings.seed))
    drawn = samples(settings, split) if data is None else data.samples(split, settings.p)
    return Samples((table,) * settings.modalities, torch.from_numpy(drawn.codes))


def samples(settings: Settings, split: str) -> XorSamples:
    """Draw the samples of a run."""
    count = settings.train_samples if split == "train" else settings.test_samples
    return settings.task.samples(count, settings.seed, split)


def _row(settings: Settings, model: Model, loss: float, data: XorData | None) -> dict[str, Any]:
    cell = {"cell": settings.cell(), **settings.columns()}
    return row_of(settings, evaluate(model, _samples(settings, data, "test"), every_direction(settings)), cell, loss)


def every_direction(settings: Settings) -> list[tuple[tuple[int, ...], int]]:
    """List the directions of a task, as numbers of modalities."""
    orders = range(1, settings.modalities)
    return [(query, key) for k in orders for query, (key,) in base.every_direction(settings.modalities, k)]


def row_of(settings: Settings, found: DirectionResults, cell: Mapping[str, Any], loss: float | None) -> dict[str, Any]:
    """Return a row of results: what was reached in every direction, beside what can be reached."""
    rows = _direction_rows(settings, found)
    main = next(row for row in rows if row["direction"] == headline(settings.modalities))
    return {
        **cell,
        **{key: main[key] for key in ("accuracy", *ceiling_columns(None, None))},
        "chance": chance(settings.bits),
        "total_correlation": information(settings.p, settings.bits, **_law(settings)).total_correlation,
        "total_correlation_bound": found.total_correlation_bound,
        "final_loss": loss,
        "status": "done",
        "error": None,
        "directions": rows,
    }


def headline(modalities: int) -> str:
    """Name the direction of the headline number: the second modality from all others, as in the paper."""
    letters = names(modalities)
    return direction_name([letter for letter in letters if letter != letters[1]], letters[1])


def _direction_rows(settings: Settings, found: DirectionResults) -> list[dict[str, Any]]:
    letters = names(settings.modalities)
    rows = []
    for result in found.directions:
        query, target = tuple(letters[m] for m in result.query), letters[result.target]
        exact = ceilings(settings.p, settings.bits, query, target, **_law(settings))
        rows.append(
            {
                "direction": direction_name(query, target),
                "query": list(query),
                "target": target,
                "order": len(query),
                "accuracy": result.accuracy,
                **ceiling_columns(exact, result.accuracy),
                "expected_rank": result.expected_rank,
                "information_bound": result.information_bound,
                "defined": result.defined,
            }
        )
    return rows


def _law(settings: Settings) -> dict[str, Any]:
    return {name: getattr(settings, name) for name in LAW}
