"""What the rows of examples look like, for a page: small pictures and captions."""

from __future__ import annotations

import base64
import contextlib
import io
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from typing import Any

from birdmml.audit.facts import Facts
from birdmml.audit.finding import Finding
from confu_core.errors import DatasetError
from confu_core.inputs import InputSpec, Picture, Text
from confu_core.inputs.decode import content
from confu_core.inputs.picture import decode_picture
from confu_core.shards import Shard
from confu_core.shards.rows import read_rows

__all__ = ["Glimpse", "glimpses"]

MOST_ROWS = 24  # With about 3 kB for each picture.
_SIDE = 96  # Pixels.
_LETTERS = 160


@dataclass(frozen=True)
class Glimpse:
    """One row.

    Attributes
    ----------
    pictures : tuple of str
        Small JPEGs, as ``data:`` URIs; of a video, its first frame.
    captions : tuple of str
        The beginnings of its texts.
    """

    pictures: tuple[str, ...]
    captions: tuple[str, ...]


def glimpses(facts: Facts, findings: Iterable[Finding]) -> dict[str, Glimpse]:
    """Look again at the first rows that findings name.

    Parameters
    ----------
    facts : Facts
        What was read.
    findings : iterable of Finding
        The gravest first.

    Returns
    -------
    dict of str to Glimpse
        By the keys of their examples, at most 24; empty for a dataset without pictures and texts.

    Raises
    ------
    DatasetError
        If a shard is missing, cut or altered.
    """
    inputs = facts.subject.contents.inputs.inputs
    shown = {name: one for name, one in inputs.items() if isinstance(one, Picture | Text)}
    if not shown:
        return {}
    spec = InputSpec(shown)
    keys = dict.fromkeys(key for one in findings for example in one.examples for key in example.keys)
    wanted = set(list(keys)[:MOST_ROWS])
    rows = [row for row in range(facts.rows) if facts.where(row) in wanted]
    found: dict[str, Glimpse] = {}
    for first, shard in _shards(facts):
        inside = [row for row in rows if first <= row < first + shard.rows]
        if inside:
            table = read_rows(facts.subject.dataset, shard, spec).select([one.column for one in shown.values()])
            cells = table.take([row - first for row in inside]).to_pylist()
            found |= {facts.where(row): _glimpse(spec, some) for row, some in zip(inside, cells, strict=True)}
    return found


def _shards(facts: Facts) -> Iterator[tuple[int, Shard]]:
    first = 0
    for split in facts.splits:
        for shard in facts.subject.dataset.shards(split):
            yield first, shard
            first += shard.rows


def _glimpse(spec: InputSpec, cells: dict[str, Any]) -> Glimpse:
    pictures, captions = [], []
    for one in spec.inputs.values():
        with contextlib.suppress(DatasetError):  # What cannot be read is a finding of its own.
            held = content(one, cells[one.column])
            if isinstance(held, str):
                captions.append(held if len(held) <= _LETTERS else f"{held[:_LETTERS]} ...")
            else:
                pictures.append(_small(held))
    return Glimpse(tuple(pictures), tuple(captions))


def _small(data: bytes) -> str:
    from PIL import Image

    file = io.BytesIO()
    Image.fromarray(decode_picture(data, _SIDE).transpose(1, 2, 0)).save(file, "jpeg", quality=75)
    return f"data:image/jpeg;base64,{base64.b64encode(file.getvalue()).decode()}"
