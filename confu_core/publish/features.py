"""The types of columns, as the Hugging Face reader and Croissant name them."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import pyarrow as pa

from confu_core.shards.parquet import features, parquet_shape
from confu_core.shards.read import Dataset

__all__ = ["card_features", "croissant_type", "is_list", "shard_schema", "undescribed"]

_SIMPLE = {"double": "float64", "float": "float32", "halffloat": "float16", "bool": "bool", "date32[day]": "date32"}


def shard_schema(dataset: Dataset) -> pa.Schema | None:
    """Return the columns of the Parquet shards, with what their metadata says of pictures and sounds.

    Parameters
    ----------
    dataset : Dataset
        To be published.

    Returns
    -------
    pyarrow.Schema or None
        None where there is no Parquet.
    """
    shards = [shard for shard in dataset.manifest.shards if shard.format == "parquet"]
    return parquet_shape(dataset.root / shards[0].path)[1] if shards else None


def card_features(schema: pa.Schema) -> list[dict[str, Any]]:
    """Return the types of the columns as a card pins them.

    Parameters
    ----------
    schema : pyarrow.Schema
        Of the Parquet shards.

    Returns
    -------
    list of dict
        For ``dataset_info.features``.

    Examples
    --------
    >>> card_features(pa.schema([("key", pa.string()), ("bits", pa.list_(pa.int8()))]))
    [{'name': 'key', 'dtype': 'string'}, {'name': 'bits', 'list': 'int8'}]
    """
    media = features(schema)
    return [{"name": field.name, **_feature(field.type, media.get(field.name, {}))} for field in schema]


def _feature(kind: pa.DataType, media: Mapping[str, Any]) -> dict[str, Any]:
    if media.get("_type") == "Image":
        return {"dtype": "image"}
    if media.get("_type") == "Audio":
        return {"dtype": {"audio": {"sampling_rate": media["sampling_rate"]}}}
    if is_list(kind):
        inner = _feature(kind.value_type, {})
        name = "large_list" if pa.types.is_large_list(kind) else "list"
        length = {"length": kind.list_size} if pa.types.is_fixed_size_list(kind) else {}
        return {name: inner["dtype"] if set(inner) == {"dtype"} else inner, **length}
    if pa.types.is_struct(kind):
        return {"struct": [{"name": part.name, **_feature(part.type, {})} for part in kind]}
    return {"dtype": _SIMPLE.get(str(kind), str(kind))}


def croissant_type(kind: pa.DataType, media: Mapping[str, Any]) -> tuple[str, bool] | None:
    """Return what Croissant calls the type of a column.

    Parameters
    ----------
    kind : pyarrow.DataType
        Of the column.
    media : mapping
        Its Hugging Face feature, if it has one.

    Returns
    -------
    tuple of str and bool, or None
        Name, and whether it is a list; None for nested types, which Croissant does not describe.

    Examples
    --------
    >>> croissant_type(pa.list_(pa.int8()), {}), croissant_type(pa.string(), {"_type": "Image"})
    (('sc:Integer', True), ('sc:ImageObject', False))
    """
    if name := {"Image": "sc:ImageObject", "Audio": "sc:AudioObject"}.get(media.get("_type", "")):
        return name, False
    if is_list(kind):
        inner = croissant_type(kind.value_type, {})
        return (inner[0], True) if inner is not None and not inner[1] else None
    for test, name in (
        (pa.types.is_boolean, "sc:Boolean"),
        (pa.types.is_integer, "sc:Integer"),
        (pa.types.is_floating, "sc:Float"),
        (lambda one: pa.types.is_string(one) or pa.types.is_large_string(one), "sc:Text"),
    ):
        if test(kind):
            return name, False
    return None


def undescribed(schema: pa.Schema) -> list[str]:
    """Return the columns that Croissant leaves out.

    Parameters
    ----------
    schema : pyarrow.Schema
        Of the Parquet shards.

    Returns
    -------
    list of str
        Those whose type it has no name for.

    Examples
    --------
    >>> undescribed(pa.schema([("bits", pa.list_(pa.int8())), ("steps", pa.list_(pa.list_(pa.float32())))]))
    ['steps']
    """
    media = features(schema)
    return [field.name for field in schema if croissant_type(field.type, media.get(field.name, {})) is None]


def is_list(kind: pa.DataType) -> bool:
    """Return whether a column holds lists, of any length or of one.

    Parameters
    ----------
    kind : pyarrow.DataType
        Of the column.

    Returns
    -------
    bool
        False for text and bytes.

    Examples
    --------
    >>> is_list(pa.list_(pa.int8(), 3)), is_list(pa.string())
    (True, False)
    """
    return pa.types.is_list(kind) or pa.types.is_large_list(kind) or pa.types.is_fixed_size_list(kind)
