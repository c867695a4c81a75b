"""What a card shows of the samples themselves: statistics of classes and captions, and a sheet of pictures."""

from __future__ import annotations

import io
from collections import Counter
from statistics import fmean

from PIL import Image as Pictures
from PIL import ImageOps

from confu_core.escaping import markdown_code
from confu_core.publish.words import Code, Words, markdown_table
from confu_core.shards.read import Dataset

_ACROSS, _DOWN, _SIDE = 4, 2, 160  # Of the sheet: pictures, and pixels of each.


def statistics(dataset: Dataset, words: Words) -> Code:
    """Return tables of how often classes are met, and of the words of captions; nothing where there are neither."""
    if "parquet" not in dataset.manifest.formats:
        return Code("")
    tables = [_classes(dataset, words.label)] if words.label else []
    tables += [_texts(dataset, words.texts)] if words.texts else []
    return Code("\n\n".join(tables))


def sample_sheet(dataset: Dataset, words: Words) -> bytes:
    """Return pictures of samples, spread evenly over the first shard, as a JPEG; nothing where there are none."""
    if not words.picture or "parquet" not in dataset.manifest.formats:
        return b""
    shard = dataset.shards(next(iter(dataset.manifest.splits)))[0]
    count = min(_ACROSS * _DOWN, shard.rows)
    rows = dataset.take(shard, [at * shard.rows // count for at in range(count)])[words.picture].to_pylist()
    sheet = Pictures.new("RGB", (_ACROSS * _SIDE, -(-count // _ACROSS) * _SIDE), "white")
    for at, row in enumerate(rows):
        with Pictures.open(io.BytesIO(row["bytes"])) as picture:
            shown = ImageOps.fit(picture.convert("RGB"), (_SIDE, _SIDE), Pictures.Resampling.BICUBIC)
        sheet.paste(shown, (at % _ACROSS * _SIDE, at // _ACROSS * _SIDE))
    file = io.BytesIO()
    sheet.save(file, "JPEG", quality=85)
    return file.getvalue()


def _classes(dataset: Dataset, label: str) -> Code:
    rows = []
    for split in dataset.manifest.splits:
        found = Counter(dataset.table(split, [label])[label].to_pylist()).values()
        rows.append([split, f"{len(found):,}", f"{min(found):,}", f"{fmean(found):.1f}", f"{max(found):,}"])
    named = Code(f"classes ({markdown_code(label)})")
    return markdown_table(["split", named, "samples of a class, least", "mean", "most"], rows)


def _texts(dataset: Dataset, columns: tuple[str, ...]) -> Code:
    rows = []
    for column in columns:
        for split in dataset.manifest.splits:
            texts = [text or "" for text in dataset.table(split, [column])[column].to_pylist()]
            lengths = [len(text.split()) for text in texts]
            known = {word for text in texts for word in text.lower().split()}
            counts = [f"{len(texts):,}", f"{len(set(texts)):,}", f"{len(known):,}"]
            rows.append(
                [Code(markdown_code(column)), split, *counts, min(lengths), f"{fmean(lengths):.1f}", max(lengths)]
            )
    heads = ["texts", "split", "texts in all", "distinct", "distinct words", "words of a text, least", "mean", "most"]
    return markdown_table(heads, rows)
