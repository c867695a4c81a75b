"""What must not leave this machine with a release: absolute paths, and URLs with secrets."""

from __future__ import annotations

import contextlib
import io
import json
import os
import re
from collections.abc import Iterator
from functools import cache
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq

from confu_core.errors import DatasetError
from confu_core.io.refusal import without_secrets
from confu_core.shards.read import Dataset

# Where people's files lie on systems of any kind; those of this machine come in addition.
_TOPS = ("home", "Users", "root", "mnt", "media", "tmp", "var", "private", "Volumes", "scratch")
_SYSTEM = ("bin", "boot", "dev", "etc", "lib", "lib64", "proc", "run", "sbin", "sys", "usr")
_MARKED = re.compile(r"[/\\]|hf_|Bearer ")  # Without one of these there is neither path nor secret.


def private_in(text: str) -> str | None:
    """Return the absolute path that a text holds, or the URL with a secret, without that; None where there is neither.

    >>> private_in("no such file: /home/ada/birds/1.jpg"), private_in("https://example.org/home/ada")
    ('/home/ada/birds/1.jpg', None)
    """
    if not _MARKED.search(text):
        return None
    if found := _paths().search(text):
        return found[0]
    clean = without_secrets(text, every_query=False)  # Sources are often named by a query.
    if clean == text:
        return None
    return next((word for word in clean.split() if "..." in word), "...")


def without_private(text: str) -> str:
    """Return a text with the last part of each absolute path alone, and without secrets.

    >>> without_private("no such file: /home/ada/birds/1.jpg")
    'no such file: 1.jpg'
    """
    return without_secrets(_paths().sub(lambda found: re.split(r"[/\\]", found[0].rstrip("/\\"))[-1], text))


def check_text(name: str, text: str) -> None:
    """Refuse a file whose text tells where things lie on somebody's machine, or holds a secret.

    >>> check_text("README.md", "Made from /home/ada/birds.")
    Traceback (most recent call last):
    confu_core.errors.DatasetError: README.md holds '/home/ada/birds.', which is not to be told to others; ...
    """
    texts = [text]
    if name.endswith(".json"):
        with contextlib.suppress(ValueError, RecursionError):
            texts = [*_strings(json.loads(text))]
    _check(name, texts, "make it again from names that are relative, and from addresses without keys")


def check_columns(dataset: Dataset) -> None:
    """Refuse a dataset whose rows hold an absolute path or a URL with a secret."""
    texts = [name for name, kind in dataset.manifest.schema.items() if "string" in kind and "binary" not in kind]
    mend = "build it again from a table with names that are relative to it, and without keys"
    for split in dataset.manifest.splits if texts else ():
        table = dataset.table(split, list(dict.fromkeys(["key", *texts])))
        keys = table["key"].to_pylist()
        for name in texts:
            for key, value in zip(keys, table[name].to_pylist(), strict=True):
                _check(f"column {name!r} of {key!r}", value, mend)


def cleaned_table(content: bytes) -> bytes:
    """Return a Parquet file without absolute paths and secrets in its texts; the same bytes where there are none."""
    table = clean = pq.read_table(pa.BufferReader(content))
    for at, field in enumerate(table.schema):
        if pa.types.is_string(field.type) or pa.types.is_large_string(field.type):
            values = [None if one is None else without_private(one) for one in table.column(at).to_pylist()]
            clean = clean.set_column(at, field, pa.array(values, field.type))
    if clean.equals(table):
        return content
    buffer = io.BytesIO()
    pq.write_table(clean, buffer, compression="snappy", write_page_checksum=True)
    return buffer.getvalue()


def _check(where: str, value: Any, mend: str) -> None:
    found = next(filter(None, map(private_in, _strings(value))), None)
    if found is not None:
        raise DatasetError(f"{where} holds {found!r}, which is not to be told to others; {mend}")


def _strings(value: Any) -> Iterator[str]:
    if isinstance(value, str):
        yield value
    elif isinstance(value, dict):
        yield from (text for pair in value.items() for one in pair for text in _strings(one))
    elif isinstance(value, list | tuple):
        yield from (text for one in value for text in _strings(one))


@cache
def _paths() -> re.Pattern[str]:
    root = Path(Path.cwd().anchor)
    here = {path.name for path in root.iterdir() if path.is_dir()} - {*_SYSTEM} if os.access(root, os.R_OK) else set()
    tops = "|".join(sorted(map(re.escape, {*_TOPS, *here})))
    return re.compile(
        rf"(?:file://|(?<![\w:/.~%-]))/(?:{tops})/[^\s'\"<>|()]+|file:///[^\s'\"<>|()]+"
        r"|(?<![\w%])[A-Za-z]:(?:\\+|/)(?=\w)[^'\"<>|()\n]+|^\\\\[\w.-]+\\[^'\"<>|()\n]+|(?<![\w/.])~/[^\s'\"<>|()]+"
    )
