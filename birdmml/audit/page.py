"""The page of an audit: one HTML file that needs no other, with what rows of examples look like."""

from __future__ import annotations

import contextlib
import io
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from importlib.metadata import version
from typing import TYPE_CHECKING, Any

from birdmml.audit.check import SEVERITIES, Finding
from birdmml.audit.facts import Facts
from confu_core.errors import DatasetError
from confu_core.inputs import InputSpec, Picture, Text
from confu_core.inputs.decode import content
from confu_core.inputs.picture import decode_picture
from confu_core.page.html import data_uri, style, templates
from confu_core.shards import Shard
from confu_core.shards.rows import read_rows

if TYPE_CHECKING:
    from birdmml.audit.audit import Audit

HEADINGS = {
    "error": ("Errors", "Results on these data do not mean what they seem to mean."),
    "warning": ("Warnings", "Look at these before you use the data."),
    "info": ("Worth knowing", ""),
}
MOST_ROWS = 24  # With about 3 kB for each picture.
_SIDE = 96  # Pixels.
_LETTERS = 160


@dataclass(frozen=True)
class Glimpse:
    """Small JPEGs of one row, as ``data:`` URIs, of a video its first frame; and the beginnings of its texts."""

    pictures: tuple[str, ...]
    captions: tuple[str, ...]


def audit_page(found: Audit) -> str:
    """Write an audit as one HTML document without external resources, for light and dark screens."""
    sections = [(*HEADINGS[severity], severity, found.of_severity(severity)) for severity in SEVERITIES]
    template = templates("birdmml.audit").get_template("audit.html.j2")
    return template.render(
        found=found,
        about=[*((name, f"{rows:,} rows") for name, rows in found.splits.items()), *found.modalities.items()],
        worst=next((severity for severity in SEVERITIES if found.reaches(severity)), "info"),
        sections=[section for section in sections if section[-1]],
        style=style(("birdmml.audit", "audit.css")),
        version=version("confu-bench"),
    )


def glimpses(facts: Facts, findings: Iterable[Finding]) -> dict[str, Glimpse]:
    """Look again at the first rows that findings name, and return what they look like by their keys, at most 24."""
    shown = {n: one for n, one in facts.contents.inputs.inputs.items() if isinstance(one, Picture | Text)}
    if not shown:
        return {}
    spec = InputSpec(shown)
    keys = dict.fromkeys(key for one in findings for example in one.examples for key in example.keys)
    wanted = set(list(keys)[:MOST_ROWS])
    rows = [row for row in range(facts.rows) if facts.where(row) in wanted]
    seen: dict[str, Glimpse] = {}
    for first, shard in _shards(facts):
        inside = [row for row in rows if first <= row < first + shard.rows]
        if inside:
            columns = [one.column for one in shown.values()]
            table = read_rows(facts.subject.dataset, shard, spec).select(columns)
            cells = table.take([row - first for row in inside]).to_pylist()
            seen |= {facts.where(row): _glimpse(spec, some) for row, some in zip(inside, cells, strict=True)}
    return seen


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
    return data_uri(file.getvalue())
