"""Why a row of real media is left out: the words that `rejects.parquet` uses, and the file itself."""

from __future__ import annotations

import io
from collections import Counter
from collections.abc import Iterable, Sequence
from types import MappingProxyType
from typing import NamedTuple

import pyarrow as pa
import pyarrow.parquet as pq

__all__ = ["REASONS", "REJECTS", "Reject", "counts", "reject_bytes"]

REJECTS = "rejects.parquet"
# In the order in which a row is looked at.
REASONS = MappingProxyType(
    {
        "malformed row": "the row cannot be told into as many cells as there are columns, or a cell is too long",
        "not UTF-8": "a cell is not UTF-8 text",
        "no species": "the scientific name is empty, or says that nothing is known",
        "empty caption": "the caption is empty, or says that nothing is known",
        "unknown split": "the split is none of train, validation, test, nor another word for one",
        "no file": "the cell that names the file is empty, or says that nothing is known",
        "outside": "the file's name leads outside of the root, as a path of another place, a URL or a link does",
        "missing": "there is no such file, or it lies in a part of an archive that cannot be read",
        "empty file": "the file has no bytes",
        "too large": "the file, or the picture in it, is larger than is ever decoded",
        "unreadable": "the file cannot be decoded",
        "too small": "a side of the picture is shorter than min_side",
        "wrong length": "the sound is shorter or longer than its header or the manifest says",
        "too long": "the recording is longer than longest",
        "too short": "the recording is shorter than shortest",
        "silent": "no part of the recording is louder than silence",
        "constant": "the recording keeps a level, as of a faulty microphone, and hardly leaves it",
        "antiphase": "the channels of the recording cancel each other",
        "duplicate": "the file has the bytes of one in an earlier row",
        "near duplicate": "the picture or the sound is a copy of one in an earlier row",
    }
)
_SCHEMA = pa.schema(
    [(name, pa.string() if name != "row" else pa.int64()) for name in ("key", "row", "file", "reason", "detail")]
)


class Reject(NamedTuple):
    """One finding about one row of the manifest.

    Attributes
    ----------
    key : str
        The row would have had.
    row : int
        Of the manifest, from 1 below its headings.
    file : str
        As the manifest names it; empty where the finding is about the row.
    reason : str
        One of `REASONS`.
    detail : str
        What was found.
    """

    key: str
    row: int
    file: str
    reason: str
    detail: str


def reject_bytes(rejects: Sequence[Reject]) -> bytes:
    """Return the content of `rejects.parquet`: equal findings give equal bytes.

    Parameters
    ----------
    rejects : sequence of Reject
        In the order of rows.

    Returns
    -------
    bytes
        A Parquet file with the columns of `Reject`, none or more rows.

    Examples
    --------
    >>> found = reject_bytes([Reject("row-0000003", 3, "a.jpg", "missing", "no such file in photos")])
    >>> pq.read_table(io.BytesIO(found)).to_pylist()[0]["reason"]
    'missing'
    """
    table = pa.table(
        [pa.array(column, field.type) for column, field in zip(_columns(rejects), _SCHEMA, strict=True)], schema=_SCHEMA
    )
    buffer = io.BytesIO()
    pq.write_table(table, buffer, compression="snappy", write_page_checksum=True)
    return buffer.getvalue()


def counts(rejects: Iterable[Reject]) -> dict[str, int]:
    """Count findings by reason.

    Parameters
    ----------
    rejects : iterable of Reject
        Of a dataset.

    Returns
    -------
    dict of str to int
        Only reasons that occur, in the order of `REASONS`.

    Examples
    --------
    >>> counts([Reject("row-1", 1, "a.jpg", "missing", ""), Reject("row-2", 2, "b.jpg", "missing", "")])
    {'missing': 2}
    """
    found = Counter(reject.reason for reject in rejects)
    return {reason: found[reason] for reason in REASONS if found[reason]}


def _columns(rejects: Sequence[Reject]) -> list[tuple[object, ...]]:
    return list(zip(*rejects, strict=True)) if rejects else [()] * len(_SCHEMA)
