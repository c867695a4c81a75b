"""What the validator of Croissant lets pass: empty checksums, files that are missing, files that nobody describes."""

from __future__ import annotations

import importlib.util
import json
import logging
import re
import sys
import warnings
from collections.abc import Iterator
from typing import Any

from confu_core.errors import DatasetError
from confu_core.io.storage import Location
from confu_core.publish.release import Part
from confu_core.shards.verify import Finding

__all__ = ["CROISSANT", "check_croissant", "croissant_problems", "description_findings"]

CROISSANT = "croissant.json"

# Readers refuse blanks, escaped ones as well.
_NAME = re.compile(r"[A-Za-z0-9_.~/-]+")
_SHA256 = re.compile(r"[0-9a-f]{64}")


def check_croissant(content: bytes, parts: list[Part]) -> None:
    """Compare a description with the files that it describes.

    Parameters
    ----------
    content : bytes
        Of ``croissant.json``.
    parts : list of Part
        All other files.

    Raises
    ------
    DatasetError
        If a checksum is not one, a file that is described is missing or another one, a shard is not described, or two
        things have the same name.

    Examples
    --------
    >>> check_croissant(b'{"distribution": [{"@id": "a", "@type": "cr:FileObject", "sha256": ""}]}', [])
    Traceback (most recent call last):
    confu_core.errors.DatasetError: croissant.json: the SHA-256 of 'a' must be 64 hexadecimal digits; got ''
    """
    said = json.loads(content)
    known = {part.name: part for part in parts}
    objects = [one for one in said["distribution"] if one["@type"] == "cr:FileObject"]
    for one in objects:
        _check_object(one, known)
    described = {one["contentUrl"] for one in objects}
    for name in known:
        if name.partition("/")[0] in ("data", "webdataset") and name not in described:
            raise DatasetError(f"croissant.json: the shard {name!r} is not described")
    for problem in croissant_problems(content):
        raise DatasetError(f"{CROISSANT}: {problem}")


def croissant_problems(content: bytes) -> Iterator[str]:
    """Say what is wrong with a description by itself, whatever lies beside it.

    Parameters
    ----------
    content : bytes
        Of ``croissant.json``.

    Yields
    ------
    str
        By our own rules, and where there are none and mlcroissant is installed by those of its validator.

    Examples
    --------
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
    """Say what is wrong with the description of a published dataset, for `confu_core.shards.verify`.

    Parameters
    ----------
    root : Path or RemotePath
        Of the dataset.

    Returns
    -------
    list of Finding
        None where there is no description.
    """
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


def _check_object(one: dict[str, Any], known: dict[str, Part]) -> None:
    name, sha256 = one["@id"], one.get("sha256", "")
    if not _SHA256.fullmatch(sha256):
        raise DatasetError(f"croissant.json: the SHA-256 of {name!r} must be 64 hexadecimal digits; got {sha256!r}")
    part = known.get(one["contentUrl"])
    if part is None:
        raise DatasetError(f"croissant.json: the file {name!r} is missing")
    if (part.sha256, f"{part.size} B") != (sha256, one["contentSize"]):
        raise DatasetError(f"croissant.json: the file {name!r} is not the one that is described")
