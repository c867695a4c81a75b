"""Write a preview of real media: whatever modalities there are, by class and by split."""

from __future__ import annotations

import base64
import io
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from itertools import groupby
from pathlib import Path
from typing import Any

import numpy as np
from PIL import Image

from birdmml.preview.choose import Place, chosen_rows, fitting_limit
from birdmml.preview.page import document
from birdmml.preview.sheet import labelled_sheet
from birdmml.preview.spectrogram import spectrogram_svg
from birdmml.preview.write import Preview, check_counts, places, selected
from confu_core.datasets import Contents, contents_of
from confu_core.errors import DatasetError, InvalidValue
from confu_core.inputs import Picture, Sound, Text, decode_picture, decode_sound
from confu_core.inputs.decode import content
from confu_core.io.atomic import write_whole
from confu_core.report.markup import facts, text
from confu_core.shards import Dataset
from confu_core.shards.rows import label_columns, named

__all__ = ["write_gallery"]

SIDE = 224  # Pixels, at most, of a picture on the page.
SHEET_SIDE = 160
_KINDS = {b"fLaC": "audio/flac", b"RIFF": "audio/wav", b"OggS": "audio/ogg"}


@dataclass(frozen=True)
class _Sample:
    key: str
    split: str
    label: str
    body: str
    picture: np.ndarray | None


def write_gallery(
    dataset: Dataset,
    out: str | Path,
    *,
    sheet: str | Path | None = None,
    splits: Sequence[str] | None = None,
    species: Sequence[str] | None = None,
    per_species: int = 4,
    limit: int | None = None,
    seed: int = 0,
) -> Preview:
    """Write a page, and a contact sheet where there are pictures, of a dataset whose manifest says its contents.

    Parameters
    ----------
    dataset : Dataset
        An open dataset of real media.
    out, sheet, splits, species, per_species, limit, seed
        As for `write_preview`; `species` are classes.

    Returns
    -------
    Preview
        What was written.

    Raises
    ------
    InvalidValue
        If there is no such split or class, or a number or a path breaks its constraint.
    DatasetError
        If the manifest does not say what its columns are, a shard is damaged, or a file cannot be written.
    """
    contents = contents_of(dataset.manifest)
    page_path, sheet_path = places(dataset, Path(out), sheet)
    check_counts(per_species, limit)
    classes = selected(dataset, contents.label, species, contents.classes)
    wanted = selected(dataset, "split", splits, list(dataset.manifest.splits))
    most = fitting_limit(dataset) if limit is None else limit
    rows = chosen_rows(dataset, classes, wanted, label=contents.label, per_class=per_species, limit=most, seed=seed)
    samples = sorted(
        (one for shard in dict.fromkeys(row.shard for row in rows) for one in _samples(dataset, contents, shard, rows)),
        key=lambda one: (classes.index(one.label), wanted.index(one.split), one.key),
    )
    if not samples:
        raise InvalidValue(f"{dataset.root} has no sample of that {contents.label} in that split; ask for other ones")
    page = _page(dataset, contents, samples).encode()
    write_whole(page_path, page)
    pictures = [(one.picture, [one.label, one.split]) for one in samples if one.picture is not None]
    if pictures:
        write_whole(sheet_path, labelled_sheet(pictures))
    in_split = [one.split for one in samples]
    counts = {split: in_split.count(split) for split in wanted if split in in_split}
    found = len({one.label for one in samples})
    return Preview(page_path, sheet_path if pictures else None, counts, found, len(page))


def _samples(dataset: Dataset, contents: Contents, shard: Any, rows: Sequence[Place]) -> Iterator[_Sample]:
    table = dataset.take(shard, [row.place for row in rows if row.shard == shard])
    table = named(table, contents.inputs, f"{dataset.root / shard.path}")
    plain = [name for name in label_columns(dataset.manifest) if name in table.column_names]
    shown = {one.column for one in contents.inputs.inputs.values()}
    for row in table.to_pylist():
        pictures: list[np.ndarray] = []
        parts = [_part(name, one, row[one.column], pictures) for name, one in contents.inputs.inputs.items()]
        label = str(row[contents.label])
        about = facts([(name, str(row[name])) for name in plain if name not in shown and str(row[name])])
        body = f"{''.join(parts)}<details><summary>{text(row['key'])}</summary>{about}</details>"
        yield _Sample(str(row["key"]), shard.split, label, body, pictures[0] if pictures else None)


def _part(name: str, one: Any, value: Any, pictures: list[np.ndarray]) -> str:
    """Return a modality as HTML; a picture is noted for the contact sheet."""
    try:
        found = content(one, value) if isinstance(one, Picture | Sound | Text) else None
        if isinstance(one, Picture):
            return _picture(name, found, pictures)
        if isinstance(one, Sound):
            return _sound(name, found, one)
    except DatasetError as error:
        return f'<p class="note">{text(name)}: {text(error)}</p>'
    if isinstance(one, Text):
        return f'<div class="words"><p class="caption">{text(found)}</p></div>'
    return f'<p class="note">{text(name)}: up to {one.length} steps of {one.width} numbers</p>'


def _picture(name: str, found: Any, pictures: list[np.ndarray]) -> str:
    # Encoded anew: what a browser makes of a stranger's bytes is not for a page to find out.
    pixels = decode_picture(found, SIDE).transpose(1, 2, 0)
    pictures.append(decode_picture(found, SHEET_SIDE).transpose(1, 2, 0))
    buffer = io.BytesIO()
    Image.fromarray(np.ascontiguousarray(pixels)).save(buffer, "JPEG", quality=85)
    return f'<img src="{_data("image/jpeg", buffer.getvalue())}" alt="{text(name)}" decoding="async">'


def _sound(name: str, found: Any, one: Sound) -> str:
    samples = decode_sound(found, one.sample_rate, one.seconds)
    drawing = spectrogram_svg(np.rint(np.clip(samples, -1, 1) * 32767).astype(np.int16), one.sample_rate)
    kind = _KINDS.get(found[:4], "audio/mpeg")
    return f'{drawing}<audio controls preload="none" aria-label="{text(name)}" src="{_data(kind, found)}"></audio>'


def _data(kind: str, found: bytes) -> str:
    return f"data:{kind};base64,{base64.b64encode(found).decode()}"


def _page(dataset: Dataset, contents: Contents, samples: Sequence[_Sample]) -> str:
    manifest = dataset.manifest
    title = f"{len(samples)} of {sum(manifest.splits.values()):,} samples"
    about = [
        *((name, f"{rows:,}") for name, rows in manifest.splits.items()),
        (contents.label, str(len(contents.classes))),
        ("modalities", ", ".join(contents.inputs.names)),
        ("format", ", ".join(manifest.formats)),
    ]
    sections = [_section(name, list(members)) for name, members in groupby(samples, lambda one: one.label)]
    header = f"""<header>
<p class="kicker">Preview · {text(manifest.name)}</p>
<h1>{title}</h1>
<p class="lede">{text(manifest.description)} Ceilings are not known.</p>
{facts(about)}
</header>"""
    body = f"{header}\n{_filter(contents.label, samples)}\n<main>\n{''.join(sections)}\n</main>"
    return document(f"{manifest.name}: {title}", body)


def _filter(label: str, samples: Sequence[_Sample]) -> str:
    """Two selections; without JavaScript they stay hidden."""
    selects = "".join(
        f'<label>{text(shown)} <select name="{name}"><option value="">all</option>'
        + "".join(f"<option>{text(option)}</option>" for option in dict.fromkeys(options))
        + "</select></label>"
        for shown, name, options in (
            (label, "species", [one.label for one in samples]),
            ("split", "split", [one.split for one in samples]),
        )
    )
    return f'<form class="filter" hidden>{selects}<output></output></form>'


def _section(name: str, samples: Sequence[_Sample]) -> str:
    cards = "\n".join(
        f'<article class="card" data-split="{text(one.split)}" data-species="{text(one.label)}">'
        f'<span class="split">{text(one.split)}</span>{one.body}</article>'
        for one in samples
    )
    return f'<section class="species"><h3>{text(name)}</h3>\n<div class="cards">\n{cards}\n</div></section>\n'
