"""The rows of a dataset as training reads them, and what must be known before: its vocabulary, the length of sounds."""

from __future__ import annotations

import contextlib
import re
from collections.abc import Iterator, Sequence

import pyarrow as pa

from confu_core.errors import DatasetError, nearest
from confu_core.inputs.decode import content
from confu_core.inputs.sound import decode_sound
from confu_core.inputs.spec import Input, InputSpec, Picture, Sound, Text
from confu_core.inputs.spec import Sequence as Steps
from confu_core.inputs.text import Tokenizer
from confu_core.shards.layout import AUDIO, IMAGE
from confu_core.shards.manifest import Manifest, Shard
from confu_core.shards.parquet import each_row
from confu_core.shards.read import Dataset

TRAIN = "train"

_TEXT, _STEPS = frozenset({"txt"}), frozenset({"npy"})
_BINARY = ("struct", "binary", "large_binary", "fixed_size_binary")
_NESTED = re.compile(r"(large_|fixed_size_)?list<\w+: (large_|fixed_size_)?list<")  # Sequences of vectors.


def read_rows(dataset: Dataset, shard: Shard, spec: InputSpec) -> pa.Table:
    """Read the key, the modalities' columns and all labels of one shard; either format gives the same but for order."""
    if shard.format == "webdataset":
        return named(dataset.read_shard(shard), spec, f"{dataset.root / shard.path}")
    columns = [*label_columns(dataset.manifest), *(modality.column for modality in spec.inputs.values())]
    return dataset.read_shard(shard, list(dict.fromkeys(columns)))


def check_columns(dataset: Dataset, spec: InputSpec, labels: Sequence[str] = ()) -> None:
    """Refuse a spec, or labels, whose columns the dataset does not have."""
    known, plain = list(dataset.manifest.schema), label_columns(dataset.manifest)
    columns = [(modality.column, known) for modality in spec.inputs.values()]
    for name, there in [*columns, *((label, plain) for label in labels)]:
        if name not in there:
            raise DatasetError(f"{dataset.root} has no column {name!r}; {nearest(name, there)}")


def label_columns(manifest: Manifest) -> list[str]:
    """Return the columns that hold neither media nor sequences of vectors, the key first."""
    kinds = manifest.schema.items()
    plain = [name for name, kind in kinds if not (kind.startswith(_BINARY) or _NESTED.match(kind))]
    return ["key", *(name for name in plain if name != "key")]


def named(table: pa.Table, spec: InputSpec, where: str) -> pa.Table:
    """Give the parts of a tar's samples, which are named by their extension, the names of their columns."""
    names = part_names(spec, table.column_names, where)
    return table.rename_columns([names.get(name, name) for name in table.column_names])


def part_names(spec: InputSpec, known: Sequence[str], where: str) -> dict[str, str]:
    """Return part to column for the modalities of a tar; `where` names the shard in the error if none can be meant."""
    return {_part(modality, known, where): modality.column for modality in spec.inputs.values()}


def _part(modality: Input, known: Sequence[str], where: str) -> str:
    if modality.column in known:
        return modality.column
    kinds = {Picture: IMAGE, Sound: AUDIO, Steps: _STEPS, Text: _TEXT}
    extensions = next(parts for kind, parts in kinds.items() if isinstance(modality, kind))
    # The column's own part, such as audio.png, where several modalities are of one kind.
    own = [name for name in known if name.partition(".")[0] == modality.column and name.partition(".")[2] in extensions]
    chosen = own or [name for name in known if name in extensions]
    if len(chosen) != 1:
        wanted = f"column {modality.column!r} must be the only part among {', '.join(sorted(extensions))}"
        raise DatasetError(f"{where}: {wanted}; found {len(chosen)}")
    return chosen[0]


def tokenizer_of(dataset: Dataset, spec: InputSpec) -> Tokenizer | None:
    """Train the tokenizer of a dataset on the captions of its training split."""
    texts = [text for text in spec.inputs.values() if isinstance(text, Text)]
    if not texts or spec.vocabulary is None:
        return None
    columns = InputSpec({f"text{place}": text for place, text in enumerate(texts)})
    captions = []
    for row in _rows(dataset, columns):
        for text in texts:
            with contextlib.suppress(DatasetError):  # It is counted when its row is decoded.
                captions.append(str(content(text, row[text.column])))
    return Tokenizer.train(captions, spec.vocabulary)


def with_lengths(dataset: Dataset, spec: InputSpec) -> InputSpec:
    """Give sounds without a length that of the first sound of the training split."""
    check_columns(dataset, spec)
    sounds = {name: sound for name, sound in spec.inputs.items() if isinstance(sound, Sound) and sound.seconds is None}
    return spec.with_seconds({name: _first_length(dataset, sound) for name, sound in sounds.items()})


def _first_length(dataset: Dataset, sound: Sound) -> float:
    for row in _rows(dataset, InputSpec({"sound": sound})):
        with contextlib.suppress(DatasetError):
            data = content(sound, row[sound.column])
            assert isinstance(data, bytes)
            return len(decode_sound(data, sound.sample_rate)) / sound.sample_rate
    raise DatasetError(f"{dataset.root}: no sound of column {sound.column!r} can be decoded in split {TRAIN!r}")


def _rows(dataset: Dataset, spec: InputSpec) -> Iterator[dict[str, object]]:
    columns = [modality.column for modality in spec.inputs.values()]
    for shard in dataset.shards(TRAIN):
        # Of Parquet these columns alone; a tar is read whole either way.
        parquet = shard.format == "parquet"
        table = dataset.read_shard(shard, columns) if parquet else read_rows(dataset, shard, spec).select(columns)
        yield from each_row(table)
