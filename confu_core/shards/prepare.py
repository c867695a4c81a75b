"""What has to be known of a dataset before its samples are decoded: its vocabulary and the length of its sounds."""

from __future__ import annotations

import contextlib
from collections.abc import Iterator

from confu_core.errors import DatasetError
from confu_core.inputs.decode import content
from confu_core.inputs.sound import decode_sound
from confu_core.inputs.spec import InputSpec, Sound, Text
from confu_core.inputs.text import Tokenizer
from confu_core.shards.read import Dataset
from confu_core.shards.source import check_columns, read_rows

__all__ = ["tokenizer_of", "with_lengths"]

TRAIN = "train"

_BATCH_ROWS = 100


def tokenizer_of(dataset: Dataset, spec: InputSpec) -> Tokenizer | None:
    """Train the tokenizer of a dataset on the captions of its training split.

    Parameters
    ----------
    dataset : Dataset
        With a split ``train``.
    spec : InputSpec
        Its text columns share the tokenizer.

    Returns
    -------
    Tokenizer or None
        None where the spec has no text.

    Raises
    ------
    DatasetError
        If the dataset has no such split or column.
    """
    texts = [one for one in spec.inputs.values() if isinstance(one, Text)]
    if not texts or spec.vocabulary is None:
        return None
    columns = InputSpec({f"text{place}": one for place, one in enumerate(texts)})
    captions = []
    for row in _rows(dataset, columns):
        for one in texts:
            with contextlib.suppress(DatasetError):  # It is counted when its row is decoded.
                captions.append(str(content(one, row[one.column])))
    return Tokenizer.train(captions, spec.vocabulary)


def with_lengths(dataset: Dataset, spec: InputSpec) -> InputSpec:
    """Give sounds without a length that of the first sound of the training split.

    Parameters
    ----------
    dataset : Dataset
        With a split ``train``.
    spec : InputSpec
        What is read of it.

    Returns
    -------
    InputSpec
        With the lengths of all sounds.

    Raises
    ------
    DatasetError
        If a column or the split is missing, or none of its sounds can be decoded.
    """
    check_columns(dataset, spec)
    open_ones = {name: one for name, one in spec.inputs.items() if isinstance(one, Sound) and one.seconds is None}
    return spec.with_seconds({name: _first_length(dataset, one) for name, one in open_ones.items()})


def _first_length(dataset: Dataset, one: Sound) -> float:
    for row in _rows(dataset, InputSpec({"sound": one})):
        with contextlib.suppress(DatasetError):
            data = content(one, row[one.column])
            assert isinstance(data, bytes)
            return len(decode_sound(data, one.sample_rate)) / one.sample_rate
    raise DatasetError(f"{dataset.root}: no sound of column {one.column!r} can be decoded in split {TRAIN!r}")


def _rows(dataset: Dataset, spec: InputSpec) -> Iterator[dict[str, object]]:
    columns = [one.column for one in spec.inputs.values()]
    for shard in dataset.shards(TRAIN):
        # Of Parquet these columns alone; a tar is read whole either way.
        parquet = shard.format == "parquet"
        table = dataset._table(shard, columns) if parquet else read_rows(dataset, shard, spec).select(columns)
        for batch in table.to_batches(max_chunksize=_BATCH_ROWS):
            yield from batch.to_pylist()
