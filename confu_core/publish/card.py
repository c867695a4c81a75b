"""The card: what a dataset is, how it was made, what is known of it, how to load it, and what one may do with it."""

from __future__ import annotations

import json
import re
from collections.abc import Mapping
from typing import Any

import pyarrow as pa

from confu_core.escaping import escape_markdown, markdown_code
from confu_core.page.numbers import size
from confu_core.publish.citation import bibtex
from confu_core.publish.features import undescribed
from confu_core.publish.head import card_head, yaml
from confu_core.publish.snippets import snippets
from confu_core.publish.terms import ATTRIBUTION, Terms
from confu_core.publish.words import Code, Edition, Words, markdown_table
from confu_core.shards.layout import FOLDERS
from confu_core.shards.manifest import Manifest

__all__ = ["CARD", "write_card"]

CARD = "README.md"

_ADDRESS = re.compile(r"https?://[A-Za-z0-9._~:/?#@!&*+,;=%-]+")
_LONGEST = 300  # Letters of a setting; a manifest holds longer ones in full.


def write_card(
    manifest: Manifest, schema: pa.Schema | None, words: Words, terms: Terms, edition: Edition, files: tuple[str, ...]
) -> str:
    """Write a card in Markdown.

    Parameters
    ----------
    manifest : Manifest
        Of the dataset.
    schema : pyarrow.Schema or None
        Of its Parquet shards.
    words : Words
        Of the benchmark.
    terms : Terms
        Its licence.
    edition : Edition
        Of whoever publishes.
    files : tuple of str
        All that lies beside it.

    Returns
    -------
    str
        Sections without anything to say are left out.
    """
    sections = {
        "How it was made": "\n\n".join([*words.made, _sources(words)]),
        "Settings": _settings(manifest, words),
        "Interaction structure": _structure(words),
        "Splits and files": _splits(manifest, files),
        "Columns": _columns(manifest, schema, words),
        "Load it": _loading(manifest, schema, edition.place),
        "Limits": "\n".join(f"- {limit}" for limit in words.limits),
        "Licence": _licence(terms, files),
        "Cite it": f"```bibtex\n{bibtex(manifest, words, edition)}\n```",
    }
    parts = [
        f"---\n{yaml(card_head(manifest, schema, words, terms))}\n---",
        f"# {escape_markdown(words.title)}",
        *words.what,
    ]
    for title, text in sections.items():
        if text.strip():
            parts += [f"## {title}", text.strip()]
    return "\n\n".join(parts) + "\n"


def _sources(words: Words) -> str:
    if not words.sources:
        return ""
    names = ("name", "what", "licence", "items", "url")
    rows = [[_source(name, source.get(name, "")) for name in names] for source in words.sources]
    return "It is made from:\n\n" + markdown_table(["source", "what", "licence", "items", "where"], rows)


def _source(name: str, value: object) -> object:
    return Code(f"<{value}>") if name == "url" and _ADDRESS.fullmatch(str(value)) else value


def _settings(manifest: Manifest, words: Words) -> str:
    flat = {**_flat(manifest.config), "seed": manifest.seed}
    rows = [[_code(name), _code(_short(value)), words.dials.get(name, "")] for name, value in flat.items()]
    columns = ["setting", "value", "meaning"] if any(row[2] for row in rows) else ["setting", "value"]
    versions = escape_markdown(", ".join(f"{name} {version}" for name, version in manifest.versions.items()))
    text = "Every setting that decides the samples. The same settings give the same bytes, with the same versions of"
    return f"{text} {versions}.\n\n" + markdown_table(columns, [row[: len(columns)] for row in rows])


def _structure(words: Words) -> str:
    drawn = words.figure
    said = escape_markdown(drawn.caption) if drawn else ""
    picture = f"![{said}](figures/{drawn.name}.png)\n\n*{said}*" if drawn else ""
    return "\n\n".join(filter(None, [*words.structure[:1], picture, *words.structure[1:]]))


def _splits(manifest: Manifest, files: tuple[str, ...]) -> str:
    rows = []
    for split, count in manifest.splits.items():
        row: list[object] = [split, f"{count:,}"]
        for format in manifest.formats:
            mine = [shard for shard in manifest.shards if (shard.format, shard.split) == (format, split)]
            row.append(f"{len(mine)} ({size(sum(shard.bytes for shard in mine))})")
        rows.append(row)
    folders = [f"`{FOLDERS[format]}/`" for format in manifest.formats]
    text = markdown_table(["split", "rows", *(Code(f"files in {folder}") for folder in folders)], rows)
    if len(folders) > 1:
        text += f"\n\n{' and '.join(folders)} hold the same rows in two formats."
    beside = ["`manifest.json` says what each file must be", "`SHA256SUMS` is for `sha256sum --check`"]
    beside += ["`croissant.json` describes all of it for machines"] if "croissant.json" in files else []
    beside += ["`rejects.parquet` lists what was left out, with reasons"] if "rejects.parquet" in files else []
    beside += ["`report/` holds results of a run"] if any(name.startswith("report/") for name in files) else []
    return text + "\n\n" + "; ".join(beside) + "."


def _columns(manifest: Manifest, schema: pa.Schema | None, words: Words) -> str:
    rows = [[_code(name), kind, words.columns.get(name, "")] for name, kind in manifest.schema.items()]
    columns = ["column", "type", "holds"] if any(row[2] for row in rows) else ["column", "type"]
    table = markdown_table(columns, [row[: len(columns)] for row in rows])
    nested = ", ".join(_code(name) for name in undescribed(schema)) if schema is not None else ""
    return f"{table}\n\n`croissant.json` leaves out {nested}: it cannot describe nested lists." if nested else table


def _loading(manifest: Manifest, schema: pa.Schema | None, place: str) -> str:
    found = snippets(manifest, schema, place)
    return "\n\n".join(f"### {one.library}\n\n```python\n{one.code}\n```" for one in found)


def _licence(terms: Terms, files: tuple[str, ...]) -> str:
    link = f"[{terms.title}]({terms.licence.url})" if terms.licence and terms.licence.url else terms.title
    parts = [f"{link}; see `LICENSE`."]
    if any(terms.counts.values()):
        parts.append(markdown_table(["licence of items", "items"], [[k, f"{v:,}"] for k, v in terms.counts.items()]))
    if ATTRIBUTION in files:
        parts.append(f"`{ATTRIBUTION}` names author, licence and source of each item: name them when you use it.")
    if not terms.commercial:
        parts.append("**Not for commercial use**: some items do not allow it.")
    if terms.share_alike:
        parts.append("**Share alike**: what you make from these items must come under the same licence.")
    if terms.notes:
        parts.append("\n".join(f"- {escape_markdown(note)}" for note in terms.notes))
    if terms.unknown:
        ask = "ask their authors before you use them or pass them on"
        parts.append(f"**The licence of some items is not known**: {ask}.")
    return "\n\n".join(parts)


def _flat(config: Mapping[str, Any], prefix: str = "") -> dict[str, Any]:
    found: dict[str, Any] = {}
    for name, value in config.items():
        found |= _flat(value, f"{prefix}{name}.") if isinstance(value, dict) and value else {prefix + name: value}
    return found


def _short(value: object) -> str:
    text = json.dumps(value, ensure_ascii=False)
    return text if len(text) <= _LONGEST else text[:_LONGEST] + " ..."


def _code(text: str) -> Code:
    return Code(markdown_code(text))
