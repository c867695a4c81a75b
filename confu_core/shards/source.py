"""The rows of a dataset as training reads them: the columns of its modalities, and the labels beside them."""

from __future__ import annotations

import re
from collections.abc import Sequence

import pyarrow as pa

from confu_core.errors import DatasetError, nearest
from confu_core.inputs.spec import Input, InputSpec, Picture, Sound, Text
from confu_core.inputs.spec import Sequence as Steps
from confu_core.shards.decode import AUDIO, IMAGE
from confu_core.shards.manifest import Manifest, Shard
from confu_core.shards.read import Dataset

__all__ = ["check_columns", "label_columns", "named", "part_names", "read_rows", "wanted_columns"]

_TEXT, _STEPS = frozenset({"txt"}), frozenset({"npy"})
_BINARY = ("struct", "binary", "large_binary", "fixed_size_binary")
_NESTED = re.compile(r"(large_|fixed_size_)?list<\w+: (large_|fixed_size_)?list<")  # Sequences of vectors.


def read_rows(dataset: Dataset, shard: Shard, spec: InputSpec) -> pa.Table:
    """Read one shard: the key, the columns of the modalities, and all labels.

    Parameters
    ----------
    dataset : Dataset
        Which it belongs to.
    shard : Shard
        Of any format.
    spec : InputSpec
        Which columns are modalities.

    Returns
    -------
    pyarrow.Table
        The same for either format, but for the order of the columns.

    Raises
    ------
    DatasetError
        If a column is missing, or the shard is missing, cut or altered.
    """
    columns = None if shard.format == "webdataset" else wanted_columns(dataset.manifest, spec)
    table = dataset._table(shard, columns)
    return table if columns else named(table, spec, f"{dataset.root / shard.path}")


def check_columns(dataset: Dataset, spec: InputSpec, labels: Sequence[str] = ()) -> None:
    """Refuse a spec, or labels, whose columns the dataset does not have.

    Parameters
    ----------
    dataset : Dataset
        To be read.
    spec : InputSpec
        What is asked of it.
    labels : sequence of str
        Further columns, which hold no media.

    Raises
    ------
    DatasetError
        Naming the column.

    Examples
    --------
    >>> import tempfile
    >>> from confu_core.shards import TableRecipe, build, open_dataset
    >>> with tempfile.TemporaryDirectory() as folder:
    ...     _ = build(TableRecipe("words", {"train": pa.table({"key": ["a"], "caption": ["x"]})}), folder)
    ...     check_columns(open_dataset(folder), InputSpec({"text": Text("captoin")}))
    Traceback (most recent call last):
    confu_core.errors.DatasetError: /... has no column 'captoin'; did you mean 'caption'?
    """
    known, plain = list(dataset.manifest.schema), label_columns(dataset.manifest)
    for name, there in [*((one.column, known) for one in spec.inputs.values()), *((name, plain) for name in labels)]:
        if name not in there:
            raise DatasetError(f"{dataset.root} has no column {name!r}; {nearest(name, there)}")


def label_columns(manifest: Manifest) -> list[str]:
    """Return the columns that hold no media, the key first.

    Parameters
    ----------
    manifest : Manifest
        Of the dataset.

    Returns
    -------
    list of str
        In the order of the manifest.
    """
    kinds = manifest.schema.items()
    plain = [name for name, kind in kinds if not (kind.startswith(_BINARY) or _NESTED.match(kind))]
    return ["key", *(name for name in plain if name != "key")]


def wanted_columns(manifest: Manifest, spec: InputSpec) -> list[str]:
    """Return the labels, and the columns of the modalities that are not among them.

    Parameters
    ----------
    manifest : Manifest
        Of the dataset.
    spec : InputSpec
        The modalities.

    Returns
    -------
    list of str
        Each once.
    """
    return list(dict.fromkeys([*label_columns(manifest), *(one.column for one in spec.inputs.values())]))


def named(table: pa.Table, spec: InputSpec, where: str) -> pa.Table:
    """Give the parts of a tar's samples, which are named by their extension, the names of their columns.

    Parameters
    ----------
    table : pyarrow.Table
        As read from a tar.
    spec : InputSpec
        The modalities.
    where : str
        The shard, for the message.

    Returns
    -------
    pyarrow.Table
        With the columns of the spec; captions are text.

    Raises
    ------
    DatasetError
        If no part, or more than one, can be meant.

    Examples
    --------
    >>> spec = InputSpec({"image": Picture("photo")})
    >>> named(pa.table({"key": ["a"], "jpg": [b"x"], "txt": [b"y"]}), spec, "x.tar").column_names
    ['key', 'photo', 'txt']
    """
    names = part_names(spec, table.column_names, where)
    return table.rename_columns([names.get(name, name) for name in table.column_names])


def part_names(spec: InputSpec, known: Sequence[str], where: str) -> dict[str, str]:
    """Return which part of a tar's samples is which column of a spec; see `named`."""
    return {_part(one, known, where): one.column for one in spec.inputs.values()}


def _part(one: Input, known: Sequence[str], where: str) -> str:
    if one.column in known:
        return one.column
    kinds = {Picture: IMAGE, Sound: AUDIO, Steps: _STEPS, Text: _TEXT}
    extensions = next(parts for kind, parts in kinds.items() if isinstance(one, kind))
    # The column's own part, such as audio.png, where several modalities are of one kind.
    own = [name for name in known if name.partition(".")[0] == one.column and name.partition(".")[2] in extensions]
    found = own or [name for name in known if name in extensions]
    if len(found) != 1:
        parts = ", ".join(sorted(extensions))
        raise DatasetError(f"{where}: column {one.column!r} must be the only part among {parts}; found {len(found)}")
    return found[0]
