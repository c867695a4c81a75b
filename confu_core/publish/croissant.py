"""croissant.json: a dataset described for machines, in version 1.1 of the format of MLCommons.

Beside the validator of that format stand checks of our own: it lets pass empty checksums, files that are missing and
files that nobody describes.
"""

from __future__ import annotations

import importlib.util
import json
import logging
import re
import sys
import warnings
from collections.abc import Callable, Iterable, Iterator, Mapping
from importlib.resources import files
from itertools import chain
from typing import Any

import pyarrow as pa

from confu_core.errors import DatasetError
from confu_core.inputs.features import is_list
from confu_core.io.storage import Location
from confu_core.publish.words import SECTIONS, About
from confu_core.shards.layout import FOLDERS
from confu_core.shards.manifest import Manifest
from confu_core.shards.parquet import features
from confu_core.shards.verify import Finding

CROISSANT = "croissant.json"
# Readers refuse blanks even where they are escaped as addresses do it, with a percent sign.
_PLAIN, _PLAIN_BUT_DOTS = re.compile(r"[^A-Za-z0-9_.-]"), re.compile(r"[^A-Za-z0-9_-]")
_NAME = re.compile(r"[A-Za-z0-9_.~/-]+")
_SHA256 = re.compile(r"[0-9a-f]{64}")
_FORMATS = {"parquet": "application/x-parquet", "webdataset": "application/x-tar"}
_SUFFIXES = {"parquet": "parquet", "webdataset": "tar"}
_KINDS = {"json": "application/json", "csv": "text/csv", "parquet": _FORMATS["parquet"]}
_MEDIA = {"Image": "sc:ImageObject", "Audio": "sc:AudioObject"}
_TYPES: tuple[tuple[str, Callable[[pa.DataType], bool]], ...] = (
    ("sc:Boolean", pa.types.is_boolean),
    ("sc:Integer", pa.types.is_integer),
    ("sc:Float", pa.types.is_floating),
    ("sc:Text", lambda kind: pa.types.is_string(kind) or pa.types.is_large_string(kind)),
)
# Name, size in bytes and SHA-256 of a file.
Listed = tuple[str, int, str]


def croissant(about: About, citation: str, listed: Iterable[Listed]) -> bytes:
    """Describe a dataset with its shards and the files that are listed, as JSON; without Parquet no columns."""
    manifest, words, edition, licence = about.manifest, about.words, about.edition, about.terms.licence
    shards = [_object(one.path, one.bytes, one.sha256, _FORMATS[one.format]) for one in manifest.shards]
    beside = [_object(*one, _KINDS.get(one[0].rpartition(".")[2], "text/plain")) for one in listed]
    fixed = json.loads(files("confu_core.publish").joinpath("croissant_fixed.json").read_bytes())
    said = {
        "@context": fixed["context"],
        "@type": "sc:Dataset",
        "conformsTo": ["http://mlcommons.org/croissant/1.1", "http://mlcommons.org/croissant/RAI/1.0"],
        "name": words.title,
        "description": " ".join(words.what),
        "license": licence.url if licence and licence.url else "LICENSE",
        "url": edition.place if "://" in edition.place else ".",
        "version": edition.version,
        "datePublished": edition.date,
        "creator": [{"@type": "sc:Organization", "name": name} for name in about.authors],
        "keywords": list(words.tags),
        "citeAs": citation,
        **{name: words.datasheet[of] for of, name in SECTIONS.items() if name and of in words.datasheet},
        **({"rai:dataLimitations": " ".join(words.limits)} if words.limits else {}),
        "distribution": [*shards, *beside, *_sets(manifest)],
    }
    if about.schema is not None:
        said["recordSet"] = _records(about.schema, manifest.splits, fixed)
    return (json.dumps(said, indent=2, ensure_ascii=False) + "\n").encode()


def field_id(column: str) -> str:
    """Return the name of a column among all names of a description, which are parts of addresses without blanks.

    >>> field_id("key"), field_id("Recording quality")
    ('rows/key', 'rows/Recording~20~quality')
    """
    plain = _PLAIN if column.strip(".") else _PLAIN_BUT_DOTS
    return f"rows/{plain.sub(lambda found: f'~{ord(found[0]):x}~', column) or '~'}"


def croissant_type(kind: pa.DataType, media: Mapping[str, Any]) -> tuple[str, bool] | None:
    """Return the type of a column of a Hugging Face feature, and whether it is a list; None for what has no name.

    >>> croissant_type(pa.list_(pa.int8()), {}), croissant_type(pa.string(), {"_type": "Image"})
    (('sc:Integer', True), ('sc:ImageObject', False))
    """
    if name := _MEDIA.get(media.get("_type", "")):
        return name, False
    if is_list(kind):
        inner = croissant_type(kind.value_type, {})
        return (inner[0], True) if inner is not None and not inner[1] else None
    return next(((name, False) for name, fits in _TYPES if fits(kind)), None)


def undescribed(schema: pa.Schema) -> list[str]:
    """Return the columns of Parquet shards that Croissant leaves out, having no name for their type.

    >>> undescribed(pa.schema([("bits", pa.list_(pa.int8())), ("steps", pa.list_(pa.list_(pa.float32())))]))
    ['steps']
    """
    media = features(schema)
    return [field.name for field in schema if croissant_type(field.type, media.get(field.name, {})) is None]


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
    return [
        {
            "@type": "cr:FileSet",
            "@id": f"{format}-files",
            "name": f"{format}-files",
            "encodingFormat": _FORMATS[format],
            "includes": f"{FOLDERS[format]}/*.{_SUFFIXES[format]}",
        }
        for format in manifest.formats
    ]


def _records(schema: pa.Schema, splits: Iterable[str], fixed: Mapping[str, Any]) -> list[dict[str, Any]]:
    media = features(schema)
    fields = [] if "split" in schema.names else [fixed["split"]]
    for field in schema:
        if (kind := croissant_type(field.type, media.get(field.name, {}))) is not None:
            fields.append(_column(field.name, *kind, media=field.name in media))
    return [{**fixed["splits"], "data": [{"splits/name": name} for name in splits]}, {**fixed["rows"], "field": fields}]


def _column(name: str, kind: str, several: bool, *, media: bool) -> dict[str, Any]:
    field: dict[str, Any] = {"@type": "cr:Field", "@id": field_id(name), "name": name, "dataType": kind}
    if several:
        field |= {"isArray": True, "arrayShape": "-1"}
    source: dict[str, Any] = {"fileSet": {"@id": "parquet-files"}, "extract": {"column": name}}
    if media:
        source["transform"] = {"jsonPath": "bytes"}
    return {**field, "source": source}


def check_croissant(content: bytes, listed: Iterable[Listed]) -> None:
    """Compare a description with all other files; a DatasetError names what is missing, another one, or not described.

    >>> check_croissant(b'{"distribution": [{"@id": "a", "@type": "cr:FileObject", "sha256": ""}]}', [])
    Traceback (most recent call last):
    confu_core.errors.DatasetError: croissant.json: the SHA-256 of 'a' must be 64 hexadecimal digits; got ''
    """
    known = {name: (sha256, f"{size} B") for name, size, sha256 in listed}
    for problem in chain(_mismatches(json.loads(content), known), croissant_problems(content)):
        raise DatasetError(f"{CROISSANT}: {problem}")


def _mismatches(said: dict[str, Any], known: Mapping[str, tuple[str, str]]) -> Iterator[str]:
    missing = {name for name in known if name.partition("/")[0] in FOLDERS.values()}
    for one in said["distribution"]:
        if one["@type"] != "cr:FileObject":
            continue
        name, url, sha256 = one["@id"], one.get("contentUrl"), one.get("sha256", "")
        missing.discard(url)
        if not _SHA256.fullmatch(sha256):
            yield f"the SHA-256 of {name!r} must be 64 hexadecimal digits; got {sha256!r}"
        elif url not in known:
            yield f"the file {name!r} is missing"
        elif known[url] != (sha256, one["contentSize"]):
            yield f"the file {name!r} is not the one that is described"
    yield from (f"the shard {name!r} is not described" for name in known if name in missing)


def croissant_problems(content: bytes) -> Iterator[str]:
    """Say what is wrong with a description by itself, whatever lies beside it.

    By our own rules, and where there is nothing and mlcroissant is installed by those of its validator.

    >>> list(croissant_problems(b'{"distribution": [{"@id": "a b"}]}'))
    ["the name 'a b' must be without blanks, percent signs and what addresses do not know; rename a column"]
    """
    try:
        said = json.loads(content)
        names = [one["@id"] for one in said["distribution"]]
        for records in said.get("recordSet", []):
            names += [records["@id"], *(field["@id"] for field in records["field"])]
    except (ValueError, KeyError, TypeError, AttributeError, RecursionError):
        yield "is no description of files and columns"
        return
    wrong = [name for name in names if not isinstance(name, str) or not _NAME.fullmatch(name)]
    for name in wrong:
        yield f"the name {name!r} must be without blanks, percent signs and what addresses do not know; rename a column"
    twice = sorted({name for name in names if names.count(name) > 1} - {*wrong}) if not wrong else []
    for name in twice:
        yield f"two things have the name {name!r}; rename a column"
    if not wrong and not twice:
        yield from _validated(said)


def description_findings(root: Location) -> list[Finding]:
    """Say what is wrong with the description of a published dataset, if it has one, for `confu_core.shards.verify`."""
    path = root / CROISSANT
    if not path.is_file():
        return []
    return [Finding(CROISSANT, problem) for problem in croissant_problems(path.read_bytes())]


def _validated(said: dict[str, Any]) -> Iterator[str]:
    if "mlcroissant" not in sys.modules and importlib.util.find_spec("mlcroissant") is None:
        return
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        import mlcroissant

        before = logging.root.manager.disable
        logging.disable(logging.CRITICAL)
        try:
            mlcroissant.Dataset(jsonld=said)
        except mlcroissant.ValidationError as error:
            yield f"mlcroissant refuses it: {' '.join(str(error).split())}"
        finally:
            logging.disable(before)
