"""croissant.json: the dataset described for machines, in version 1.1 of the format of MLCommons."""

from __future__ import annotations

import json
import re
from collections.abc import Mapping, Sequence
from typing import Any

import pyarrow as pa

from confu_core.publish.citation import bibtex
from confu_core.publish.croissant_check import CROISSANT
from confu_core.publish.features import croissant_type
from confu_core.publish.terms import Terms
from confu_core.publish.words import Edition, Words
from confu_core.shards.layout import FOLDERS
from confu_core.shards.manifest import Manifest
from confu_core.shards.parquet import features

__all__ = ["CROISSANT", "croissant", "field_id"]

# Readers refuse blanks even where they are escaped as addresses do it, with a percent sign.
_PLAIN, _PLAIN_BUT_DOTS = re.compile(r"[^A-Za-z0-9_.-]"), re.compile(r"[^A-Za-z0-9_-]")
_FORMATS = {"parquet": "application/x-parquet", "webdataset": "application/x-tar"}
_CONTEXT = {
    "@language": "en",
    "@vocab": "https://schema.org/",
    "arrayShape": "cr:arrayShape",
    "citeAs": "cr:citeAs",
    "column": "cr:column",
    "conformsTo": "dct:conformsTo",
    "containedIn": "cr:containedIn",
    "cr": "http://mlcommons.org/croissant/",
    "data": {"@id": "cr:data", "@type": "@json"},
    "dataBiases": "cr:dataBiases",
    "dataCollection": "cr:dataCollection",
    "dataType": {"@id": "cr:dataType", "@type": "@vocab"},
    "dct": "http://purl.org/dc/terms/",
    "equivalentProperty": "cr:equivalentProperty",
    "examples": {"@id": "cr:examples", "@type": "@json"},
    "extract": "cr:extract",
    "field": "cr:field",
    "fileObject": "cr:fileObject",
    "fileProperty": "cr:fileProperty",
    "fileSet": "cr:fileSet",
    "format": "cr:format",
    "includes": "cr:includes",
    "isArray": "cr:isArray",
    "isLiveDataset": "cr:isLiveDataset",
    "jsonPath": "cr:jsonPath",
    "key": "cr:key",
    "md5": "cr:md5",
    "parentField": "cr:parentField",
    "path": "cr:path",
    "personalSensitiveInformation": "cr:personalSensitiveInformation",
    "recordSet": "cr:recordSet",
    "rai": "http://mlcommons.org/croissant/RAI/",
    "references": "cr:references",
    "regex": "cr:regex",
    "repeated": "cr:repeated",
    "replace": "cr:replace",
    "samplingRate": "cr:samplingRate",
    "sc": "https://schema.org/",
    "separator": "cr:separator",
    "source": "cr:source",
    "subField": "cr:subField",
    "transform": "cr:transform",
}


def croissant(
    manifest: Manifest,
    schema: pa.Schema | None,
    words: Words,
    terms: Terms,
    edition: Edition,
    files: Mapping[str, tuple[int, str]],
) -> bytes:
    """Describe a dataset for machines.

    Parameters
    ----------
    manifest : Manifest
        Of the dataset.
    schema : pyarrow.Schema or None
        Of its Parquet shards; without them the files are described and the columns are not.
    words : Words
        Of the benchmark.
    terms : Terms
        Its licence.
    edition : Edition
        Of whoever publishes.
    files : mapping of str to (int, str)
        Bytes and SHA-256 of further files to list, by name.

    Returns
    -------
    bytes
        JSON.
    """
    url = edition.place if "://" in edition.place else "."
    said = {
        "@context": _CONTEXT,
        "@type": "sc:Dataset",
        "conformsTo": "http://mlcommons.org/croissant/1.1",
        "name": words.title,
        "description": " ".join(words.what),
        "license": terms.licence.url if terms.licence and terms.licence.url else "LICENSE",
        "url": url,
        "version": edition.version,
        "datePublished": edition.date,
        "creator": [{"@type": "sc:Organization", "name": name} for name in edition.authors or words.authors],
        "keywords": list(words.tags),
        "citeAs": bibtex(manifest, words, edition),
        "distribution": [*_shards(manifest), *_files(files), *_sets(manifest)],
    }
    if schema is not None:
        said["recordSet"] = [_splits(manifest.splits), _rows(schema)]
    return (json.dumps(said, indent=2, ensure_ascii=False) + "\n").encode()


def field_id(column: str) -> str:
    """Return the name of a column among all names of a description, which are parts of addresses without blanks.

    Parameters
    ----------
    column : str
        Any heading.

    Returns
    -------
    str
        Another one for every heading; letters that addresses know stay.

    Examples
    --------
    >>> field_id("key"), field_id("Recording quality")
    ('rows/key', 'rows/Recording~20~quality')
    """
    plain = _PLAIN if column.strip(".") else _PLAIN_BUT_DOTS
    return f"rows/{plain.sub(lambda found: f'~{ord(found[0]):x}~', column) or '~'}"


def _shards(manifest: Manifest) -> list[dict[str, Any]]:
    return [_object(one.path, one.bytes, one.sha256, _FORMATS[one.format]) for one in manifest.shards]


def _files(files: Mapping[str, tuple[int, str]]) -> list[dict[str, Any]]:
    kinds = {"json": "application/json", "csv": "text/csv", "parquet": _FORMATS["parquet"]}
    return [
        _object(name, size, sha256, kinds.get(name.rpartition(".")[2], "text/plain"))
        for name, (size, sha256) in files.items()
    ]


def _object(name: str, size: int, sha256: str, kind: str) -> dict[str, Any]:
    return {
        "@type": "cr:FileObject",
        "@id": name,
        "name": name,
        "contentUrl": name,
        "contentSize": f"{size} B",
        "encodingFormat": kind,
        "sha256": sha256,
    }


def _sets(manifest: Manifest) -> list[dict[str, Any]]:
    suffix = {"parquet": "parquet", "webdataset": "tar"}
    return [
        {
            "@type": "cr:FileSet",
            "@id": f"{format}-files",
            "name": f"{format}-files",
            "encodingFormat": _FORMATS[format],
            "includes": f"{FOLDERS[format]}/*.{suffix[format]}",
        }
        for format in manifest.formats
    ]


def _splits(splits: Mapping[str, int]) -> dict[str, Any]:
    return {
        "@type": "cr:RecordSet",
        "@id": "splits",
        "name": "splits",
        "dataType": "cr:Split",
        "key": {"@id": "splits/name"},
        "field": [{"@type": "cr:Field", "@id": "splits/name", "name": "name", "dataType": "sc:Text"}],
        "data": [{"splits/name": name} for name in splits],
    }


def _rows(schema: pa.Schema) -> dict[str, Any]:
    media = features(schema)
    fields = [_column(field.name, field.type, media.get(field.name, {})) for field in schema]
    return {
        "@type": "cr:RecordSet",
        "@id": "rows",
        "name": "rows",
        "key": {"@id": "rows/key"},
        "field": [
            *([] if "split" in schema.names else [_split_field()]),
            *(field for field in fields if field is not None),
        ],
    }


def _split_field() -> dict[str, Any]:
    source = _source({"fileProperty": "filename"}, [{"regex": r"^([A-Za-z0-9_]+)"}])
    reference = {"references": {"field": {"@id": "splits/name"}}}
    return {"@type": "cr:Field", "@id": "rows/split", "name": "split", "dataType": "sc:Text", **source, **reference}


def _column(name: str, kind: pa.DataType, media: Mapping[str, Any]) -> dict[str, Any] | None:
    found = croissant_type(kind, media)
    if found is None:
        return None
    inside = [{"jsonPath": "bytes"}] if media else []
    field = {"@type": "cr:Field", "@id": field_id(name), "name": name, "dataType": found[0]}
    if found[1]:
        field |= {"isArray": True, "arrayShape": "-1"}  # type: ignore[dict-item]
    return {**field, **_source({"column": name}, inside)}


def _source(extract: Mapping[str, str], transform: Sequence[Mapping[str, str]]) -> dict[str, Any]:
    source: dict[str, Any] = {"fileSet": {"@id": "parquet-files"}, "extract": dict(extract)}
    if transform:
        source["transform"] = [dict(one) for one in transform] if len(transform) > 1 else dict(transform[0])
    return {"source": source}
