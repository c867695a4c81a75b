"""Column types on disk, in the one form in which Hugging Face readers recognise pictures and sounds."""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import Any

import pyarrow as pa

from confu_core.errors import DatasetError, InvalidValue

__all__ = ["MEDIA", "column_types", "features", "media_columns", "with_features"]

# Readers compare for equality: other names, order or nullability lose the Image type in silence.
MEDIA = pa.struct([pa.field("bytes", pa.binary()), pa.field("path", pa.string())])

_METADATA_KEY = b"huggingface"
_MEDIA_FEATURES = ("Audio", "Image")


def with_features(schema: pa.Schema, wanted: Mapping[str, Mapping[str, Any]]) -> pa.Schema:
    """Return a schema whose metadata tells Hugging Face readers what its columns are.

    Parameters
    ----------
    schema : pyarrow.Schema
        The columns; pictures and sounds are of type `MEDIA`.
    wanted : mapping of str to mapping
        Column name to feature, such as ``{"image": {"_type": "Image"}}``. Others are typed by Arrow alone.

    Returns
    -------
    pyarrow.Schema
        The same columns, with the metadata key ``huggingface``.

    Raises
    ------
    InvalidValue
        If a feature names no column, or a picture or sound is not of type `MEDIA`.

    Examples
    --------
    >>> schema = pa.schema([("key", pa.string()), ("image", MEDIA)])
    >>> features(with_features(schema, {"image": {"_type": "Image"}}))
    {'image': {'_type': 'Image'}}
    """
    for name, feature in wanted.items():
        if name not in schema.names:
            raise InvalidValue(f"feature {name!r} must name a column; got columns {', '.join(schema.names)}")
        if feature.get("_type") in _MEDIA_FEATURES and schema.field(name) != pa.field(name, MEDIA):
            raise InvalidValue(f"column {name!r} must be a nullable {MEDIA}; got {schema.field(name).type}")
    text = json.dumps({"info": {"features": dict(wanted)}}, sort_keys=True)
    return schema.with_metadata({**(schema.metadata or {}), _METADATA_KEY: text.encode()})


def features(schema: pa.Schema) -> dict[str, dict[str, Any]]:
    """Return the Hugging Face features that a schema carries.

    Parameters
    ----------
    schema : pyarrow.Schema
        With or without the metadata key ``huggingface``.

    Returns
    -------
    dict
        Column name to feature; empty where the key is missing.

    Raises
    ------
    DatasetError
        If the metadata is damaged.

    Examples
    --------
    >>> features(pa.schema([("key", pa.string())]))
    {}
    """
    metadata = schema.metadata or {}
    if _METADATA_KEY not in metadata:
        return {}
    try:
        found = json.loads(metadata[_METADATA_KEY])["info"]["features"]
        return {name: dict(feature) for name, feature in found.items()}
    except (AttributeError, KeyError, RecursionError, TypeError, ValueError) as error:
        raise DatasetError("has damaged Hugging Face metadata") from error


def media_columns(schema: pa.Schema) -> list[str]:
    """Return the names of the columns that hold pictures or sounds.

    Parameters
    ----------
    schema : pyarrow.Schema
        Any schema.

    Returns
    -------
    list of str
        Names of the columns of type `MEDIA`, in order.

    Examples
    --------
    >>> media_columns(pa.schema([("key", pa.string()), ("image", MEDIA)]))
    ['image']
    """
    return [field.name for field in schema if field.type == MEDIA]


def column_types(schema: pa.Schema) -> dict[str, str]:
    """Return the type of each column as the manifest writes it.

    Parameters
    ----------
    schema : pyarrow.Schema
        Any schema.

    Returns
    -------
    dict
        Column name to type.

    Examples
    --------
    >>> column_types(pa.schema([("key", pa.string()), ("image", MEDIA)]))
    {'key': 'string', 'image': 'struct<bytes: binary, path: string>'}
    """
    return {field.name: str(field.type) for field in schema}
