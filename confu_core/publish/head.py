"""The YAML at the head of a card, which tells the Hugging Face hub and reader what is where."""

from __future__ import annotations

import json
import re
from typing import Any

import pyarrow as pa

from confu_core.publish.features import card_features
from confu_core.publish.terms import UNKNOWN, Terms
from confu_core.publish.words import Words
from confu_core.shards.layout import FOLDERS
from confu_core.shards.manifest import Manifest

__all__ = ["card_head", "yaml"]

_SIZES = (("n<1K", 1e3), ("1K<n<10K", 1e4), ("10K<n<100K", 1e5), ("100K<n<1M", 1e6), ("1M<n<10M", 1e7))
# Anything else might be read as a number, a date, a truth or a mark of YAML's own.
_BARE = re.compile(r"[A-Za-z_][A-Za-z0-9_.-]*")
_NOT_WORDS = {"true", "false", "null", "yes", "no", "on", "off", "y", "n"}


def card_head(manifest: Manifest, schema: pa.Schema | None, words: Words, terms: Terms) -> dict[str, Any]:
    """Return what stands at the head of a card.

    Parameters
    ----------
    manifest : Manifest
        Of the dataset.
    schema : pyarrow.Schema or None
        Of its Parquet shards.
    words : Words
        Of the benchmark.
    terms : Terms
        Its licence.

    Returns
    -------
    dict
        To be written by `yaml`. The one configuration lists Parquet alone where there is Parquet: with tars beside it,
        readers would take every row twice.
    """
    head: dict[str, Any] = {"pretty_name": words.title, "language": list(words.languages)}
    head |= _licence(terms)
    head |= {
        "size_categories": [_size(sum(manifest.splits.values()))],
        "task_categories": list(words.tasks),
        "tags": list(words.tags),
        "configs": [{"config_name": "default", "data_files": _files(manifest)}],
    }
    if schema is not None:
        head["dataset_info"] = {"config_name": "default", "features": card_features(schema), **_counts(manifest)}
    return {name: value for name, value in head.items() if value != []}


def yaml(value: Any, indent: int = 0) -> str:
    """Write JSON values as YAML that every reader takes for the same.

    Parameters
    ----------
    value : dict, list or scalar
        Texts are quoted unless they are plain words.
    indent : int
        Spaces before each line.

    Returns
    -------
    str
        Lines in block style.

    Examples
    --------
    >>> print(yaml({"license": "cc-by-4.0", "tags": ["a", "1.0"], "info": [{"name": "no", "size": 3}]}))
    license: cc-by-4.0
    tags:
    - a
    - "1.0"
    info:
    - name: "no"
      size: 3
    """
    space = " " * indent
    if isinstance(value, dict):
        return "\n".join(f"{space}{_scalar(key)}:{_below(inner, indent)}" for key, inner in value.items())
    if isinstance(value, list):
        return "\n".join(f"{space}- {yaml(inner, indent + 2).lstrip()}" for inner in value)
    return f"{space}{_scalar(value)}"


def _below(value: Any, indent: int) -> str:
    if isinstance(value, dict | list):
        return "\n" + yaml(value, indent + 2 * isinstance(value, dict)) if value else " []"
    return f" {_scalar(value)}"


def _scalar(value: Any) -> str:
    if isinstance(value, str) and _BARE.fullmatch(value) and value.lower() not in _NOT_WORDS:
        return value
    return json.dumps(value, ensure_ascii=False)


def _licence(terms: Terms) -> dict[str, Any]:
    if terms.licence is not None and terms.licence.hub != "other":
        return {"license": terms.licence.hub}
    if set(terms.counts) == {UNKNOWN}:
        return {"license": "unknown"}
    name = "per-item" if terms.licence is None else terms.licence.name.lower()
    return {"license": "other", "license_name": name, "license_link": "LICENSE"}


def _size(rows: int) -> str:
    return next((name for name, limit in _SIZES if rows < limit), "n>10M")


def _files(manifest: Manifest) -> list[dict[str, str]]:
    format = "parquet" if "parquet" in manifest.formats else manifest.formats[0]
    suffix = {"parquet": "parquet", "webdataset": "tar"}[format]
    return [{"split": split, "path": f"{FOLDERS[format]}/{split}-*.{suffix}"} for split in manifest.splits]


def _counts(manifest: Manifest) -> dict[str, Any]:
    stored = {
        split: sum(shard.bytes for shard in manifest.shards if (shard.format, shard.split) == ("parquet", split))
        for split in manifest.splits
    }
    total = sum(stored.values())
    splits = [{"name": name, "num_bytes": stored[name], "num_examples": rows} for name, rows in manifest.splits.items()]
    return {"splits": splits, "download_size": total, "dataset_size": total}
