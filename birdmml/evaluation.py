"""What others bring along, measured as runs are: trained models, and embeddings of any model."""

from __future__ import annotations

import hashlib
import math
import time
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
from torch.utils.data import DataLoader

from birdmml.bench import NAMES, OWN, open_data, prompted
from confu_core.errors import InvalidValue
from confu_core.inputs.features import DESCRIPTIONS, as_array, description_keys
from confu_core.media import vectors as brought
from confu_core.media.evaluate import norm_probes
from confu_core.media.findings import Findings
from confu_core.media.framewise import FramewiseFindings, model_on_videos
from confu_core.media.loading import MediaSamples, MediaStream
from confu_core.media.opened import Fitted, MediaData, described_by, open_media
from confu_core.media.own import chosen_keys, is_own_split, measured_on, tested_on
from confu_core.media.protocol import DEFAULT, Protocol, protocol_of
from confu_core.media.run import evaluate_trained
from confu_core.media.saved import SavedModel, load_model
from confu_core.media.settings import MediaSettings
from confu_core.media.sweep import kept, media_plan
from confu_core.media.task import TEST
from confu_core.runs import environment
from confu_core.runs.evaluation import Evaluation
from confu_core.runs.grid import cell_id, code_places
from confu_core.settings import Dial

__all__ = ["Evaluation", "embed_model", "evaluate", "evaluate_model", "load"]


SEED, TEMPERATURE = Dial(int, low=0, high=2**63 - 1), Dial(float, above=0, below=math.inf)
Encode = Callable[[dict[str, Any]], Mapping[str, Any]]
BATCH = 64  # Samples, or descriptions, that a function is given at once.
TRAINED = ("total_correlation_bound", "final_loss")


def load(
    data: str | Path | MediaData, split: str, *, side: int = MediaSettings.side, stream: bool = False
) -> MediaSamples | MediaStream:
    """Open a split as a dataset of PyTorch.

    Parameters
    ----------
    data : str, Path or MediaData
        As for `birdmml.bench.open_data`, or what it returned.
    split : str
        Such as ``"train"``.
    side : int
        Pictures are cut to a square and brought to so many pixels; by default as many as a run trains on.
    stream : bool
        Whether to read shard by shard, in order, in place of any sample by its number.

    Returns
    -------
    MediaSamples or MediaStream
        Of dictionaries: ``key``, each modality, and ``label``; see `confu_core.media.loading.MediaSamples`.

    Raises
    ------
    DatasetError, InvalidValue
        If there is no such dataset or split; when it is read, if a sample cannot be decoded, by its key.
    """
    if type(side) is not int:
        raise InvalidValue(f"side must be a whole number of pixels; got {side!r}")
    known = _opened(data)
    return (MediaStream if stream else MediaSamples)(known.dataset, known.contents, split, side)


def evaluate(
    embeddings: brought.Embeddings | Mapping[str, Any] | Encode | str | Path,
    data: str | Path | MediaData,
    *,
    name: str = "mine",
    seed: int = 0,
    temperature: float = 0.07,
    measures: Sequence[str] = (),
) -> Evaluation:
    """Measure embeddings of a dataset's samples, whatever model they are of.

    Nothing is trained but probes. What is known exactly of the dataset stands beside what the embeddings reach.

    Parameters
    ----------
    embeddings : mapping of str to array_like, callable, or str or Path
        Arrays of shape (n, dim) by modality, ``"image"``, ``"audio"``, ``"caption"``, and by query, such as
        ``"image+audio"``, where several modalities have a vector of their own; and ``"descriptions"``, those of the
        dataset's `descriptions`, in their order. Rows are the test split in the dataset's order; or all splits, one
        after the other as its manifest has them (``birdmml info``); or those of ``"keys"``. Or a ``.npz`` of such
        arrays with keys, or Parquet by ``key``. Or a function that is given batches of every split, mappings of each
        modality to the samples of `load`, 64 at most, and returns such arrays of a batch, and of
        ``{"caption": texts}`` alone, the descriptions, where it has arrays of captions.
    data : str, Path or MediaData
        As for `birdmml.bench.open_data`, or what it returned.
    name : str
        What it is called in tables.
    seed : int
        Of what was brought: several seeds of one name are averaged in reports.
    temperature : float
        Divides scores where several descriptions are read together by log-mean-exp.
    measures : sequence of str
        Measures of your own besides, each ``FILE.py:NAME``.

    Returns
    -------
    Evaluation
        Its repr is a short table; ``frame`` holds every measure, ``save`` keeps it for a report.

    Raises
    ------
    DatasetError, InvalidValue
        If there is no such dataset, or the embeddings do not fit it.

    Examples
    --------
    >>> print(evaluate({"image": x, "audio": y, "descriptions": d}, data="data/birds"))  # doctest: +SKIP
    """
    started = time.monotonic()
    SEED.checked("seed", seed)
    TEMPERATURE.checked("temperature", temperature)
    if not (isinstance(name, str) and name.strip() and name.isprintable()):
        raise InvalidValue(f"name must be text that can be printed; got {name!r}")
    known = _opened(data).known_by(None)
    if isinstance(embeddings, str | Path):
        embeddings = brought.read_embeddings(embeddings, known)
    elif not isinstance(embeddings, brought.Embeddings):
        embeddings = _by_split(_encoded(embeddings, known) if callable(embeddings) else embeddings, known)
    given = [(split, query, rows) for split, found in embeddings.splits.items() for query, rows in found.items()]
    digest = _digest((f"{split} {query} {rows.shape}", rows) for split, query, rows in given)
    columns = {"method": name, "seed": seed, "brought": "embeddings", **known.columns}
    cell = {"cell": cell_id({**columns, "embeddings": digest}, "", *code_places(measures)), **columns}
    findings = brought.findings_of(known, embeddings, temperature)
    # Plain features are those of media; and a vector of several modalities is none of one that is shuffled.
    without = {"plain", *(["dependence"] if any("+" in query for query in embeddings.splits["test"]) else [])}
    with environment.threads(1):
        found = evaluate_trained(findings, cell, dict.fromkeys(TRAINED), without, measures)
    return Evaluation(kept(found), _plan(known, name), time.monotonic() - started, found.label)


def evaluate_model(
    model: SavedModel | str | Path,
    data: str | Path | MediaData,
    *,
    cache: str | Path | None = None,
    features: Mapping[str, str] | None = None,
    name: str | None = None,
    split: str = TEST,
    norm_probe: bool = False,
    measures: Sequence[str] = (),
    protocol: str = "default",
    prompts: str | None = None,
    threads: int = 1,
    workers: int = 1,
    progress: Any = None,
) -> Evaluation:
    """Measure a trained model on any dataset, with whatever modalities both have.

    Parameters
    ----------
    model : SavedModel, or str or Path
        As `confu_core.load_model` returns it, or the file of ``birdmml run --model``.
    data : str, Path or MediaData
        As for `birdmml.bench.open_data`, or what it returned. Without splits ``train`` and ``validation`` there are no
        probes.
    cache, workers, progress
        As for `birdmml.bench.open_task`.
    features : mapping of str to str, optional
        Files of features in place of raw inputs, by modality.
    name : str, optional
        What it is called in tables; its method by default.
    split : str
        Which samples it is measured on, in the place of those of the test split. Of ``validation`` there are no probes,
        which it would choose. Or which of all samples but those of ``train`` and ``validation``: ``column=value``, a
        file of keys (``.txt``, or ``.csv`` or ``.parquet`` with a column ``key``), or ``FILE.py:function``, which is
        given their columns as a pandas DataFrame, with their split, and returns a boolean for each.
    norm_probe : bool
        Whether the probe of CoMM's comparison is fitted besides (`confu_core.evaluation.norm_probe.norm_probe`): a
        probe of kind ``"norm"`` of a method's own vector of several modalities, or of their embeddings side by side.
    measures : sequence of str
        Measures of your own besides, each ``FILE.py:NAME``.
    protocol : {"default", "published"}
        How it is measured; ``published`` is how ConFu's authors measured on videos, see
        `confu_core.media.protocol.Protocol`.
    prompts : str, optional
        What describes the classes: ``"own"``, what the data have; ``"names"``, the name of each class alone; or other
        data, as for `birdmml.bench.open_data`, whose descriptions of classes of the same names are taken. By default
        what the protocol says.
    threads : int
        Cores to compute on; numbers may differ in their last digits.

    Returns
    -------
    Evaluation
        The same model on the data that it was trained on gives the numbers of its run.

    Raises
    ------
    DatasetError, InvalidValue, MethodError, TrainingError
        If the file is no model, or does not fit the data.
    """
    started = time.monotonic()
    how, saved = protocol_of(protocol), load_model(model) if isinstance(model, str | Path) else model
    opened, described = prompted(_opened(data), prompts or (NAMES if how.names else OWN))
    opened = opened.known_by(saved.row.get("told_by"))
    own = chosen_keys(split, opened.dataset) if is_own_split(split) else None  # Before anything is decoded.
    known, findings = _findings(saved, opened, features, how, cache=cache, workers=workers, progress=progress)
    task = tested_on(findings.task, split) if own is None else measured_on(findings.task, own)
    findings = type(findings)(task, findings.model, protocol=how)
    name = name or saved.settings.method
    # Of the run that trained it, but of these data.
    settings = replace(saved.settings, measures=tuple(measures))
    columns = {**settings.columns(), "method": name, "brought": "model", "trained_on": saved.row["data"]}
    columns |= {**({} if how == DEFAULT else {"protocol": protocol}), **described}
    columns |= {**task.columns, **({} if split == TEST else {"split": split})}
    chosen = {} if own is None else {"keys": sorted(own)}
    weights = _digest((name, tensor.numpy()) for name, tensor in saved.model.state_dict().items())
    cell = {"cell": cell_id({**columns, "weights": weights, **chosen}, "", *code_places(settings.measures)), **columns}
    with environment.threads(threads):
        found = evaluate_trained(findings, cell, {each: saved.row.get(each) for each in TRAINED}, own=settings.measures)
        if norm_probe:
            found = replace(found, measures=[*found.measures, *norm_probes(findings)])
    return Evaluation(kept(found), _plan(known, name), time.monotonic() - started, found.label)


def embed_model(
    model: SavedModel | str | Path,
    data: str | Path | MediaData,
    out: str | Path,
    *,
    features: Mapping[str, str] | None = None,
    threads: int = 1,
    **reading: Any,
) -> brought.Embeddings:
    """Write the embeddings of a dataset's samples and descriptions by key, for `evaluate` or tools of others.

    `out` is a ``.parquet`` file with ``key`` and a column of float32 vectors for each modality and each fused query.
    Descriptions have the keys ``description/0`` and on, in the column of the text that describes. The rest, with
    `cache`, `workers` and `progress`, is as for `evaluate_model`; what was written is returned.
    """
    if Path(out).suffix != ".parquet":
        raise InvalidValue(f"out must end in .parquet; got {out}")
    saved = load_model(model) if isinstance(model, str | Path) else model
    _, findings = _findings(saved, data, features, **reading)
    task = findings.task
    assert task.keys is not None, "a dataset that is read has keys"
    with environment.threads(threads):
        found = brought.embeddings_of(findings, task.splits)
    text = None if task.text is None else task.modalities[task.text]
    brought.write_embeddings(Path(out), found, {split: task.keys(split) for split in task.splits}, text)
    return found


def _findings(
    saved: SavedModel,
    data: str | Path | MediaData,
    features: Mapping[str, str] | None,
    protocol: Protocol = DEFAULT,
    **reading: Any,
) -> tuple[MediaData, Findings]:
    known = _opened(data)
    if not isinstance(saved, SavedModel):
        raise InvalidValue(f"model must be a file or what load_model returns; got {type(saved).__name__}")
    if saved.classes and saved.classes != known.contents.classes:
        asked = f"the model tells {len(saved.classes)} classes, such as {saved.classes[0]!r}"
        raise InvalidValue(f"{asked}, and the data have other ones; give it data of the same classes in the same order")
    settings = replace(saved.settings, feature_files=dict(features or {}))
    task = open_media(known, settings, fitted=Fitted(saved.inputs, saved.tokenizer), **reading)
    on_videos = model_on_videos(saved.model, task.inputs, framewise=protocol.framewise)
    return known, (FramewiseFindings if protocol.framewise else Findings)(task, on_videos, protocol=protocol)


def _opened(data: Any) -> MediaData:
    if isinstance(data, MediaData):
        return data
    if not isinstance(data, str | Path):
        raise InvalidValue(f"data must be a folder, a URL or a source such as ssw60:PATH; got {type(data).__name__}")
    return open_data(data)


def _digest(parts: Iterable[tuple[str, np.ndarray]]) -> str:
    """Return the SHA-256 of named arrays."""
    digest = hashlib.sha256()
    for name, rows in parts:
        digest.update(name.encode() + np.ascontiguousarray(rows).tobytes())
    return digest.hexdigest()


def _by_split(arrays: Mapping[str, Any], data: MediaData) -> brought.Embeddings:
    """Sort rows by split: those of keys, of the test split, or of all splits."""
    if not isinstance(arrays, Mapping):
        raise InvalidValue(f"embeddings must be a mapping of names to arrays, or a file; got {type(arrays).__name__}")
    vectors = {name: as_array(name, rows, "(rows, dim)") for name, rows in arrays.items() if name != "keys"}
    for name, rows in vectors.items():
        if rows.ndim != 2 or not rows.shape[1]:
            raise InvalidValue(f"{name} must be numbers of shape (rows, dim); got {rows.dtype} of shape {rows.shape}")
    described = vectors.pop(DESCRIPTIONS, None)
    counts = sorted({len(rows) for rows in vectors.values()})
    if len(counts) != 1:
        raise InvalidValue(f"all modalities must have as many rows; got {', '.join(map(str, counts)) or 'none'}")
    keys = arrays.get("keys")
    keys = _keys(data, counts[0]) if keys is None else [str(key) for key in keys]
    if len(keys) != counts[0]:
        raise InvalidValue(f"there must be a key for every row; got {len(keys)} keys and {counts[0]} rows")
    columns = {name: (keys, rows.astype(np.float32)) for name, rows in vectors.items()}
    if described is not None:
        columns[DESCRIPTIONS] = (description_keys(len(described)), described.astype(np.float32))
    return brought.sorted_by_split("embeddings", columns, data)


def _encoded(encode: Encode, data: MediaData) -> dict[str, Any]:
    """Return what a function makes of batches of every split, by key, and of the texts that describe classes."""
    contents, keys, found = data.contents, list[str](), dict[str, list[np.ndarray]]()

    def add(name: str, rows: Any) -> None:
        """Take note of what came of a batch."""
        found.setdefault(name, []).append(as_array(name, rows, "(rows, dim)"))

    for split in data.dataset.manifest.splits:
        for batch in DataLoader(load(data, split, stream=True), batch_size=BATCH):
            keys += batch["key"]
            made = encode({name: batch[name] for name in contents.inputs.names})
            if not isinstance(made, Mapping):
                wanted = "arrays by modality, such as {'image': rows}"
                raise InvalidValue(f"a function that embeds a batch must return {wanted}; got {type(made).__name__}")
            for name, rows in made.items():
                add(name, rows)
    text, texts = described_by(contents), [prompt for prompt, _ in contents.prompts]
    if text is not None and text in found:
        for start in range(0, len(texts), BATCH):
            add(DESCRIPTIONS, encode({text: texts[start : start + BATCH]})[text])
    return {"keys": keys, **{name: np.concatenate(parts) for name, parts in found.items()}}


def _keys(data: MediaData, rows: int) -> list[str]:
    splits = data.dataset.manifest.splits
    for chosen in (["test"], list(splits)):
        if rows == sum(splits.get(split, 0) for split in chosen):
            return [key for split in chosen for key in data.dataset.table(split, ["key"])["key"].to_pylist()]
    every = f"{splits.get('test', 0)} rows of the test split, or the {sum(splits.values())} of {', then '.join(splits)}"
    raise InvalidValue(f"embeddings must have the {every}, or bring their keys; got {rows} rows")


def _plan(data: MediaData, name: str) -> dict[str, Any]:
    return media_plan({}, {"method": name}, [], {"": data})
