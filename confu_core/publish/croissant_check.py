"""What the validator of Croissant lets pass: empty checksums, files that are missing, files that nobody describes."""

from __future__ import annotations

import json
import re
from typing import Any

from confu_core.errors import DatasetError
from confu_core.publish.release import Part

__all__ = ["check_croissant"]

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
    names = [one["@id"] for one in said["distribution"]]
    for records in said.get("recordSet", []):
        names += [records["@id"], *(field["@id"] for field in records["field"])]
    if twice := sorted({name for name in names if names.count(name) > 1}):
        raise DatasetError(f"croissant.json: two things have the name {twice[0]!r}; rename a column")


def _check_object(one: dict[str, Any], known: dict[str, Part]) -> None:
    name, sha256 = one["@id"], one.get("sha256", "")
    if not _SHA256.fullmatch(sha256):
        raise DatasetError(f"croissant.json: the SHA-256 of {name!r} must be 64 hexadecimal digits; got {sha256!r}")
    part = known.get(one["contentUrl"])
    if part is None:
        raise DatasetError(f"croissant.json: the file {name!r} is missing")
    if (part.sha256, f"{part.size} B") != (sha256, one["contentSize"]):
        raise DatasetError(f"croissant.json: the file {name!r} is not the one that is described")
