"""A dataset opened as a task: labels, inputs, samples and damage follow from what its columns are."""

from __future__ import annotations

import functools
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any

import numpy as np

from confu_core.ceilings import Ceilings
from confu_core.datasets.contents import Contents, contents_of
from confu_core.inputs.spec import Input, InputSpec, Picture, Text
from confu_core.media.arrays import StreamedArrays, with_features
from confu_core.media.degraded import degraded_inputs
from confu_core.media.row_content import RowLabels, row_samples
from confu_core.media.settings import MediaSettings
from confu_core.media.task import Kind, MediaTask
from confu_core.runs.measures import Measure
from confu_core.shards import Dataset
from confu_core.shards.cache import Cached, open_cache
from confu_core.shards.rows import tokenizer_of, with_lengths

__all__ = ["MediaData", "described_by", "media_data", "open_media"]

NEEDED = ("train", "validation", "test")
DESCRIPTIONS, PROBE = "descriptions", "probe"


@dataclass(frozen=True)
class MediaData:
    """A dataset to train on, before anything of it is decoded.

    Attributes
    ----------
    dataset : Dataset
        On disk, at a URL, or never written.
    contents : Contents
        What its columns are.
    benchmark : str
        Whose results its runs are.
    columns : mapping of str to object
        What results say of it.
    ceilings : mapping of str to mapping of str to Ceilings
        As in `MediaTask`; empty for real media, of which nothing is known exactly.
    facts : tuple of Measure
        What is known exactly besides, of variables that are no modalities.
    """

    dataset: Dataset
    contents: Contents
    benchmark: str
    columns: Mapping[str, Any]
    ceilings: Mapping[str, Mapping[str, Ceilings]] = field(default_factory=dict)
    facts: tuple[Measure, ...] = ()


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
        "told_by": DESCRIPTIONS if described_by(contents) else PROBE,
    }
    return MediaData(dataset, contents, manifest.name, columns)


def open_media(
    data: MediaData,
    settings: MediaSettings,
    *,
    cache: str | Path | None = None,
    stream: bool = False,
    workers: int = 1,
    progress: Callable[[int, int], None] | None = None,
) -> MediaTask:
    """Open a dataset as a task: tell the class from what is seen of a sample."""
    dataset, contents = data.dataset, data.contents
    for split in NEEDED:
        dataset.shards(split)  # One that is missing is found before hours of training.
    spec = _spec(contents, settings)
    if stream:
        spec = with_lengths(dataset, spec)
        source: Cached | StreamedArrays = StreamedArrays(dataset, spec, tokenizer_of(dataset, spec), workers)
    else:
        source = open_cache(dataset, spec, folder=cache, workers=workers, progress=progress)
    splits = tuple(dataset.manifest.splits)
    keys = {str(split): source.keys(split) for split in splits} if settings.feature_files else {}
    raw: dict[str, Kind] = {name: source.spec.inputs[name] for name in contents.inputs.names}
    arrays, kinds = with_features(source, raw, settings.feature_files, keys, described_by(contents))
    return MediaTask(
        benchmark=data.benchmark,
        inputs=kinds,
        arrays=arrays,
        labels=RowLabels(dataset, source, contents),
        classes=contents.classes,
        groups=contents.groups,
        prompts=contents.prompts if described_by(contents) else (),
        ceilings=data.ceilings,
        columns=data.columns,
        degraded=functools.partial(_degraded, dataset, source, kinds, workers) if isinstance(source, Cached) else None,
        samples=functools.partial(row_samples, dataset, source),
        notes=[*data.facts, *(_notes(source) if isinstance(source, Cached) else [])],
        label=contents.label,
        splits=splits,
    )


def described_by(contents: Contents) -> str | None:
    """Return the modality whose texts the descriptions of classes are compared with."""
    texts = [name for name, one in contents.inputs.inputs.items() if isinstance(one, Text)]
    return texts[0] if texts and contents.prompts else None


def _spec(contents: Contents, settings: MediaSettings) -> InputSpec:
    def as_set(one: Input) -> Input:
        if isinstance(one, Picture):
            return replace(one, side=settings.side)
        return replace(one, length=settings.tokens) if isinstance(one, Text) else one

    return InputSpec({name: as_set(one) for name, one in contents.inputs.inputs.items()})


def _degraded(
    dataset: Dataset, cached: Cached, kinds: Mapping[str, Kind], workers: int, split: str
) -> Iterator[tuple[str, str, float, np.ndarray]]:
    for kind, name, strength, rows in degraded_inputs(dataset, cached, split, workers=workers):
        # Features that were computed elsewhere cannot be spoiled here.
        if name in kinds and kinds[name].shape == cached.spec.inputs[name].shape:
            yield kind, name, strength, rows


def _notes(cached: Cached) -> list[Measure]:
    return [
        Measure("data", "", "samples left out", float(len(found)), split) for split, found in cached.corrupt.items()
    ]
