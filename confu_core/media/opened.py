"""A dataset opened as a task: labels, inputs, samples and damage follow from what its columns are."""

from __future__ import annotations

import functools
import hashlib
import logging
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any

import numpy as np

from confu_core.ceilings import Ceilings
from confu_core.datasets.contents import Contents, ceilings_of, class_numbers, contents_of
from confu_core.encoders import takes_strings
from confu_core.errors import InvalidValue
from confu_core.inputs.alterations import degrade
from confu_core.inputs.features import DESCRIPTIONS
from confu_core.inputs.spec import Frames, Input, InputSpec, Picture, Sound, Text
from confu_core.inputs.text import Tokenizer
from confu_core.media.arrays import (
    SEED,
    StreamedArrays,
    check_described,
    degraded_inputs,
    described_features,
    with_features,
)
from confu_core.media.settings import MediaSettings
from confu_core.media.task import TEST, ArraysBy, Features, Kind, MediaTask
from confu_core.runs.measures import Measure
from confu_core.shards import Dataset
from confu_core.shards.cache import Cached, open_cache
from confu_core.shards.rows import named, tokenizer_of, with_lengths

_log = logging.getLogger(__name__)
_warn_once = functools.cache(_log.warning)  # Not once per cell of a sweep.
NEEDED = ("train", "validation", "test")
NAMES, PROBE = "names", "probe"


@dataclass(frozen=True)
class Fitted:
    """What a trained model takes: its modalities by name in order, and the tokenizer of its texts."""

    inputs: Mapping[str, Kind]
    tokenizer: Tokenizer | None


@dataclass(frozen=True)
class MediaData:
    """A dataset to train on, before anything of it is decoded."""

    dataset: Dataset  # On disk, at a URL, or never written.
    contents: Contents
    benchmark: str  # Whose results its runs are.
    columns: Mapping[str, Any]  # What results say of it.
    ceilings: Mapping[str, Mapping[str, Ceilings]] = field(default_factory=dict)  # As in `MediaTask`.
    facts: tuple[Measure, ...] = ()  # What is known exactly besides, of variables that are no modalities.
    version: int = 1  # Of the benchmark.

    def known_by(self, training: str | None) -> MediaData:
        """Return the same as it is to a model whose training told classes by that: with names it had them as labels."""
        known = replace(self, contents=replace(self.contents, named=training == NAMES))
        return replace(known, columns=known.columns_of(described_by(known.contents)))

    def columns_of(self, text: str | None) -> dict[str, Any]:
        """Return what results say of the data, whose classes are told by descriptions like a modality's texts."""
        told = {"told_by": told_by(text, self.contents.named)} if "told_by" in self.columns else {}
        return {**self.columns, **told}

    def task(self, text: str | None, **rest: Any) -> MediaTask:
        """Return a task on the data, whose classes are told by descriptions like a modality's texts, or by probes."""
        contents = self.contents
        return MediaTask(
            classes=contents.classes,
            groups=contents.groups,
            prompts=contents.prompts if text else (),
            ceilings=self.ceilings,
            columns=self.columns_of(text),
            label=contents.label,
            **rest,
        )


def checksum_of(dataset: Dataset) -> dict[str, str]:
    """Return the column that says which bytes a dataset has, by its manifest, which holds the checksums of all."""
    return {"checksum": hashlib.sha256(dataset.sealed).hexdigest()[:12]}


def media_data(dataset: Dataset) -> MediaData:
    """Return a dataset whose manifest says what its columns are."""
    manifest, contents = dataset.manifest, contents_of(dataset.manifest)
    columns = {
        "data": manifest.fingerprint[:12],
        "dataset": manifest.name,
        "classes": len(contents.classes),
        "species": len(contents.classes) if contents.label == "species" else None,
        "p": None,
        "triplets": sum(manifest.splits.values()),
        "data_seed": manifest.seed,
        "told_by": told_by(described_by(contents), contents.named),
        **checksum_of(dataset),
    }
    return MediaData(dataset, contents, manifest.name, columns, ceilings_of(manifest))


def open_media(
    data: MediaData,
    settings: MediaSettings,
    *,
    cache: str | Path | None = None,
    stream: bool = False,
    fitted: Fitted | None = None,
    workers: int = 1,
    progress: Callable[[int, int], None] | None = None,
) -> MediaTask:
    """Open a dataset as a task: tell the class from what is seen of a sample.

    For a trained model the inputs are made as it takes them, and it is enough that there are samples to test on.
    """
    dataset, contents = data.dataset, data.contents
    for split in NEEDED if fitted is None else (TEST,):
        dataset.shards(split)  # One that is missing is found before hours of training.
    spec = _spec(contents, settings, fitted)
    if fitted is None:
        _warn(dataset.manifest.name, contents, settings)
    spelled = _spelled(spec, settings)
    source: Cached | StreamedArrays
    if stream:
        spec = with_lengths(dataset, spec)
        source = StreamedArrays(dataset, spec, tokenizer_of(dataset, spec), workers, spelled)
    else:
        known = fitted.tokenizer if fitted and spec.vocabulary else None
        source = open_cache(dataset, spec, folder=cache, tokenizer=known, workers=workers, progress=progress)
    splits = tuple(dataset.manifest.splits)
    keys = {str(split): source.keys(split) for split in splits} if settings.feature_files else {}
    text, files = described_by(contents, None if fitted is None else fitted.inputs), dict(settings.feature_files)
    check_described(text, files, len(contents.prompts))
    of_descriptions = files.pop(DESCRIPTIONS, None)
    arrays, kinds = with_features(source, {name: source.spec.inputs[name] for name in spec.names}, files, keys)
    described = _described(contents, text, of_descriptions, kinds, spelled)
    absent: frozenset[str] = frozenset()
    if fitted is not None:
        arrays, absent = ArraysBy(arrays.array, fitted.tokenizer), frozenset(fitted.inputs.keys() - kinds.keys())
        kinds = _as_taken(kinds, fitted.inputs)
    cached = source if isinstance(source, Cached) else None
    strings = {name: functools.cache(functools.partial(_texts, source, name)) for name in spelled & {*spec.names}}
    return data.task(
        text,
        inputs=kinds,
        arrays=arrays,
        labels=functools.cache(functools.partial(_labels, dataset, source, contents)),
        degraded=functools.partial(_degraded, dataset, cached, kinds, workers, strings) if cached else None,
        samples=functools.partial(row_samples, dataset, source),
        keys=source.keys,
        notes=[*data.facts, *(_left_out(cached) if cached else ())],
        splits=splits,
        absent=absent,
        describing=text if text and text in files else "",
        described=described,
        strings=strings,
    )


def _described(
    contents: Contents, text: str | None, features: str | None, kinds: Mapping[str, Kind], spelled: frozenset[str]
) -> np.ndarray | None:
    """Return what stands for the descriptions of classes, if it is not their tokens: features, or texts as they are."""
    if text and features:
        return described_features(text, features, len(contents.prompts), kinds[text].shape[0])
    return np.array([prompt for prompt, _ in contents.prompts], dtype=object) if text in spelled else None


def described_by(contents: Contents, inputs: Mapping[str, Kind] | None = None) -> str | None:
    """Return the modality, of the data or of a model, whose texts the descriptions of classes are compared with.

    To a model these may be features of the texts that the data have.
    """
    own = contents.inputs.inputs
    texts = [
        name
        for name, one in (inputs or own).items()
        if isinstance(one, Text) or (isinstance(one, Features) and isinstance(own.get(name), Text))
    ]
    return texts[0] if texts and contents.prompts else None


def told_by(text: str | None, named: bool) -> str:
    """Say what classes are told by, given the modality of their descriptions, if any, and whether these are names."""
    return (NAMES if named else DESCRIPTIONS) if text else PROBE


def _spelled(spec: InputSpec, settings: MediaSettings) -> frozenset[str]:
    """Return the modalities whose encoder takes texts as they are."""
    names = [name for name, place in settings.encoders.items() if takes_strings(place)]
    for name in names:
        if not isinstance(spec.inputs.get(name, Text(name)), Text) or name in settings.feature_files:
            raise InvalidValue(f"{settings.encoders[name]} takes strings, and {name} is no text; give another encoder")
    return frozenset(names)


def _texts(source: Cached | StreamedArrays, name: str, split: str) -> np.ndarray:
    if isinstance(source, StreamedArrays):
        return source.array(split, name)
    column = source.spec.inputs[name].column
    return np.array(source.labels(split, [column])[column].to_pylist(), dtype=object)


def _warn(name: str, contents: Contents, settings: MediaSettings) -> None:
    """Say which settings take from pictures what tells the classes."""
    seen = [one for one, kind in contents.inputs.inputs.items() if isinstance(kind, Picture)]
    if not seen or settings.feature_files.keys() >= {*seen}:
        return
    if settings.side < contents.least_side:
        what = f"pictures of {settings.side} pixels a side lose some of what tells the {contents.label}"
        _warn_once(f"{name}: {what}; give --side {contents.least_side} or more")
    for one in settings.augment:
        if one in contents.spoiled_by:
            _warn_once(f"{name}: the augmentation {one} changes what tells the {contents.label}; leave it out")


def _spec(contents: Contents, settings: MediaSettings, fitted: Fitted | None) -> InputSpec:
    """Return what is read of a dataset: as settings say, or what a trained model has too, as it takes that."""
    own = contents.inputs.inputs
    if fitted is None:
        return InputSpec({name: _as_set(one, settings) for name, one in own.items()})
    taken, features = fitted.inputs, settings.feature_files
    there = {name: _as_fitted(name, one, taken[name], name in features) for name, one in own.items() if name in taken}
    if not there:
        mine, theirs = ", ".join(taken), ", ".join(own)
        raise InvalidValue(
            f"the model takes {mine} and the data have {theirs}; name columns alike or choose other data"
        )
    return InputSpec(there)


def _as_set(one: Input, settings: MediaSettings) -> Input:
    if isinstance(one, Picture):
        return replace(one, side=settings.side)
    return replace(one, length=settings.tokens) if isinstance(one, Text) else one


def _as_fitted(name: str, one: Input, taken: Kind, featured: bool) -> Input:
    if featured:
        return one  # Whose width is compared when they are read.
    if isinstance(taken, Features):
        raise InvalidValue(f"the model was trained on features of {name}; give --features {name}=FILE")
    if isinstance(one, Frames) and type(taken) is Picture:
        return replace(one, side=taken.side)
    if type(one) is not type(taken):
        mine, theirs = (type(each).__name__.lower() for each in (taken, one))
        raise InvalidValue(f"{name} is a {mine} to the model and a {theirs} in the data; choose other data")
    return replace(taken, column=one.column)


def _as_taken(there: Mapping[str, Kind], taken: Mapping[str, Kind]) -> dict[str, Kind]:
    """Return what a trained model takes, checked against what there is; to a model of pictures a video stays one."""
    for name, one in there.items():
        shape = one.shape[-len(taken[name].shape) :] if isinstance(one, Frames) else one.shape
        if shape != taken[name].shape:
            raise InvalidValue(f"{name} must be of shape {taken[name].shape} for the model; got {one.shape}")
    return {**taken, **{name: one for name, one in there.items() if isinstance(one, Frames)}}


def _left_out(cached: Cached) -> Iterator[Measure]:
    for split, found in cached.corrupt.items():
        yield Measure("data", "", "samples left out", float(len(found)), split)


def _degraded(
    dataset: Dataset,
    cached: Cached,
    kinds: Mapping[str, Kind],
    workers: int,
    strings: Mapping[str, Callable[[str], np.ndarray]],
    split: str,
) -> Iterator[tuple[str, str, float, np.ndarray]]:
    for kind, name, strength, rows in degraded_inputs(dataset, cached, split, workers=workers):
        # Features that were computed elsewhere cannot be spoiled here.
        if name in kinds and not isinstance(kinds[name], Features):
            if name in strings:
                rows = _spoiled(kind, strings[name](split), strength, cached.rows(split))
            yield kind, name, strength, rows


def _spoiled(kind: str, texts: np.ndarray, strength: float, rows: np.ndarray) -> np.ndarray:
    spoiled = [degrade(kind, text, strength, seed=SEED, row=int(row)) for text, row in zip(texts, rows, strict=True)]
    return np.array(spoiled, dtype=object)


def _labels(dataset: Dataset, source: Cached | StreamedArrays, contents: Contents, split: str) -> np.ndarray:
    names = source.labels(split, [contents.label])[contents.label].to_pylist()
    return class_numbers(dataset, contents, split, names)


def row_samples(
    dataset: Dataset, source: Cached | StreamedArrays, split: str, rows: Sequence[int]
) -> list[dict[str, Any]]:
    """Return the media of some rows of a split."""
    inputs = source.spec.inputs.items()
    first = {kind: next((one.column for _, one in inputs if isinstance(one, kind)), "") for kind in (Picture, Sound)}
    text = next((one.column for _, one in inputs if isinstance(one, Text)), "")
    numbers = source.rows(split)
    return [
        {
            "key": row["key"],
            "image": _bytes(row.get(first[Picture])),
            "audio": _bytes(row.get(first[Sound])),
            "caption": _words(row.get(text)),
        }
        for row in _rows_at(dataset, source.spec, split, [int(numbers[row]) for row in rows])
    ]


def _rows_at(dataset: Dataset, spec: InputSpec, split: str, numbers: Sequence[int]) -> list[dict[str, Any]]:
    """Read rows of a split by their numbers, and no shard that has none of them."""
    found: dict[int, dict[str, Any]] = {}
    start = 0
    for shard in dataset.shards(split):
        inside = sorted({number for number in numbers if start <= number < start + shard.rows})
        if inside:
            table = dataset.take(shard, [number - start for number in inside])
            table = named(table, spec, f"{dataset.root / shard.path}") if shard.format == "webdataset" else table
            found.update(zip(inside, table.to_pylist(), strict=True))
        start += shard.rows
    return [found[number] for number in numbers]


def _bytes(value: Any) -> bytes:
    return (value["bytes"] if isinstance(value, dict) else value) or b""


def _words(value: Any) -> str:
    return value.decode(errors="replace") if isinstance(value, bytes) else value or ""
