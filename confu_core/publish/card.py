"""The card of a dataset, how it is cited, and its licence in full: README.md, CITATION.cff, BibTeX and LICENSE.

The texts are templates; what stands in them is escaped for the language that it stands in.
"""

from __future__ import annotations

import io
import json
import keyword
import re
from collections import Counter
from collections.abc import Callable, Collection, Mapping, Sequence
from functools import cache
from statistics import fmean
from typing import TYPE_CHECKING, Any

import pyarrow as pa
from PIL import Image as Pictures
from PIL import ImageOps

from confu_core.escaping import markdown_code, visible
from confu_core.inputs.features import is_list
from confu_core.inputs.picture import encode_image
from confu_core.page.numbers import size
from confu_core.publish.croissant import undescribed
from confu_core.publish.terms import UNKNOWN, Terms
from confu_core.publish.words import SECTIONS, About, Code, Words, escaped, markdown_table
from confu_core.shards.layout import FOLDERS
from confu_core.shards.manifest import Manifest
from confu_core.shards.parquet import features
from confu_core.shards.read import Dataset

if TYPE_CHECKING:
    from jinja2 import Environment

CARD, CITATION, LICENSE = "README.md", "CITATION.cff", "LICENSE"

_ADDRESS = re.compile(r"https?://[A-Za-z0-9._~:/?#@!&*+,;=%-]+")
_ACROSS, _DOWN, _SIDE = 4, 2, 160  # Of the sheet of samples: pictures, and pixels of each.
_LONGEST = 300  # Letters of a setting; a manifest holds longer ones in full.
_SIZES = {"n<1K": 1e3, "1K<n<10K": 1e4, "10K<n<100K": 1e5, "100K<n<1M": 1e6, "1M<n<10M": 1e7}
_TYPES = {"double": "float64", "float": "float32", "halffloat": "float16", "bool": "bool", "date32[day]": "date32"}
_TEX = {"\\": r"\textbackslash{}", **{mark: "\\" + mark for mark in "&%$#_{}"}}
# Anything else might be read as a number, a date, a truth or a mark of YAML's own.
_BARE = re.compile(r"(?!(?i:true|false|null|yes|no|on|off|y|n)\Z)[A-Za-z_][A-Za-z0-9_.-]*")


def write_card(about: About, files: Collection[str]) -> str:
    """Write a card in Markdown, beside which files lie; sections without anything to say are left out."""
    manifest, schema, words, counts = about.manifest, about.schema, about.words, about.terms.counts
    named = ("name", "what", "licence", "items", "url")
    sources = [[_source(name, source.get(name, "")) for name in named] for source in words.sources]
    flat = {**_flat(manifest.config), "seed": manifest.seed}
    settings = [(name, _code(_short(value)), words.dials.get(name, "")) for name, value in flat.items()]
    columns = [(name, kind, words.columns.get(name, "")) for name, kind in manifest.schema.items()]
    rows = sum(manifest.splits.values())
    return _rendered(
        CARD,
        about,
        escaped,
        beside={name.partition("/")[0] for name in files},
        pictures={name.rpartition("/")[2] for name in files},
        sections=list(SECTIONS),
        licence=_on_the_hub(about.terms),
        magnitude=next((name for name, limit in _SIZES.items() if rows < limit), "n>10M"),
        pattern="data/{}-*.parquet" if "parquet" in manifest.formats else "webdataset/{}-*.tar",
        features=None if schema is None else Code(yaml(card_features(schema), 2)),
        stored={split: sum(_sizes(manifest, "parquet", split)) for split in manifest.splits},
        sources=markdown_table(["source", "what", "licence", "items", "where"], sources),
        versions=", ".join(f"{name} {version}" for name, version in manifest.versions.items()),
        settings=_described(["setting", "value", "meaning"], settings),
        splits=_splits(manifest),
        folders=[FOLDERS[format] for format in manifest.formats],
        columns=_described(["column", "type", "holds"], columns),
        nested=Code(", ".join(map(_code, undescribed(schema))) if schema is not None else ""),
        loading=Code(_loading(about)),
        items=markdown_table(["licence of items", "items"], [[name, f"{count:,}"] for name, count in counts.items()]),
        citation=Code(bibtex(about)),
    )


def citation_file(about: About) -> str:
    """Return CITATION.cff, in version 1.2 of its format; its texts are quoted, so that none is read as YAML."""
    return _rendered(CITATION, about)


def bibtex(about: About) -> str:
    """Return an entry for BibTeX, of the type ``misc``."""
    key = re.sub(r"[^a-z0-9]+", "", about.manifest.name.lower()) or "dataset"
    return _rendered("citation.bib", about, key=key)[:-1]


def licence_file(about: About, files: Collection[str]) -> str:
    """Return LICENSE: which licence, where its text is, and who is to be named; files are what lies beside it."""
    return _rendered(LICENSE, about, files=files, title=_line(about.words.title), who=_line(", ".join(about.authors)))


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
    return encode_image(sheet, "JPEG", quality=85)


def _rendered(name: str, about: About, finalize: Callable[[Any], Any] | None = None, **values: Any) -> str:
    return _templates(finalize).get_template(f"{name}.j2").render(vars(about), authors=about.authors, **values)


@cache
def _templates(finalize: Callable[[Any], Any] | None) -> Environment:
    from jinja2 import Environment, PackageLoader, StrictUndefined

    made = Environment(
        loader=PackageLoader("confu_core.publish"),
        undefined=StrictUndefined,
        finalize=finalize,
        trim_blocks=True,
        lstrip_blocks=True,
        keep_trailing_newline=True,
    )
    made.filters |= {"markup": Code, "json": _json, "tex": _tex, "visible": visible, "variable": _variable}
    made.filters["yaml"] = lambda value: Code(yaml(value))
    return made


def card_features(schema: pa.Schema) -> list[dict[str, Any]]:
    """Return the types of the columns as a card pins them, for ``dataset_info.features``.

    >>> card_features(pa.schema([("key", pa.string()), ("bits", pa.list_(pa.int8()))]))
    [{'name': 'key', 'dtype': 'string'}, {'name': 'bits', 'list': 'int8'}]
    """
    media = features(schema)
    return [{"name": field.name, **_feature(field.type, media.get(field.name, {}))} for field in schema]


def _feature(kind: pa.DataType, media: Mapping[str, Any]) -> dict[str, Any]:
    if media.get("_type") == "Image":
        return {"dtype": "image"}
    if media.get("_type") == "Audio":
        rate = media.get("sampling_rate")  # Of files that each have their own there is none.
        return {"dtype": {"audio": {"sampling_rate": rate}} if rate else "audio"}
    if is_list(kind):
        inner = _feature(kind.value_type, {})
        name = "large_list" if pa.types.is_large_list(kind) else "list"
        length = {"length": kind.list_size} if pa.types.is_fixed_size_list(kind) else {}
        return {name: inner["dtype"] if set(inner) == {"dtype"} else inner, **length}
    if pa.types.is_struct(kind):
        return {"struct": [{"name": part.name, **_feature(part.type, {})} for part in kind]}
    return {"dtype": _TYPES.get(str(kind), str(kind))}


def yaml(value: Any, indent: int = 0) -> str:
    """Write JSON values as YAML in block style that every reader takes for the same: texts but plain words are quoted.

    >>> print(yaml({"license": "cc-by-4.0", "tags": ["a", "1.0"], "info": [{"name": "no", "size": 3}]}))
    license: cc-by-4.0
    tags:
    - a
    - "1.0"
    info:
    - name: "no"
      size: 3
    """
    space = " " * indent
    if isinstance(value, dict):
        return "\n".join(f"{space}{yaml(key)}:{_below(inner, indent)}" for key, inner in value.items())
    if isinstance(value, list):
        return "\n".join(f"{space}- {yaml(inner, indent + 2).lstrip()}" for inner in value)
    return space + (value if isinstance(value, str) and _BARE.fullmatch(value) else _json(value))


def _below(value: Any, indent: int) -> str:
    if isinstance(value, dict | list):
        return "\n" + yaml(value, indent + 2 * isinstance(value, dict)) if value else " []"
    return f" {yaml(value)}"


def _loading(about: About) -> str:
    """Return how to load the first split with each library that the formats of a dataset allow."""
    manifest, schema = about.manifest, about.schema
    split = next(iter(manifest.splits))
    kinds = features(schema) if schema is not None else {}
    media = {what: [name for name, kind in kinds.items() if kind.get("_type") == what] for what in ("Image", "Audio")}
    lists = [field for field in schema or () if is_list(field.type)]
    return _rendered(
        "load.md",
        about,
        place=about.edition.place,
        split=split,
        shards=len(_sizes(manifest, "parquet", split)),
        tars=len(_sizes(manifest, "webdataset", split)),
        images=media["Image"],
        sounds=media["Audio"],
        lists=lists,
        nested=[field.name for field in lists if is_list(field.type.value_type)],
    )[:-1]


def _sizes(manifest: Manifest, format: str, split: str) -> list[int]:
    return [shard.bytes for shard in manifest.shards if (shard.format, shard.split) == (format, split)]


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
            rows.append([_code(column), split, *counts, min(lengths), f"{fmean(lengths):.1f}", max(lengths)])
    heads = ["texts", "split", "texts in all", "distinct", "distinct words", "words of a text, least", "mean", "most"]
    return markdown_table(heads, rows)


def _on_the_hub(terms: Terms) -> str:
    several = UNKNOWN if set(terms.counts) == {UNKNOWN} else "other"
    return several if terms.licence is None else terms.licence.hub


def _splits(manifest: Manifest) -> Code:
    rows = []
    for split, count in manifest.splits.items():
        stored = [_sizes(manifest, format, split) for format in manifest.formats]
        rows.append([split, f"{count:,}", *(f"{len(sizes)} ({size(sum(sizes))})" for sizes in stored)])
    files = [Code(f"files in `{FOLDERS[format]}/`") for format in manifest.formats]
    return markdown_table(["split", "rows", *files], rows)


def _source(name: str, value: object) -> object:
    return Code(f"<{value}>") if name == "url" and _ADDRESS.fullmatch(str(value)) else value


def _described(headings: list[str], rows: Sequence[tuple[str, str, str]]) -> Code:
    """Return a table of names, without its last column where no name is explained."""
    count = 3 if any(row[2] for row in rows) else 2
    return markdown_table(headings[:count], [[_code(row[0]), *row[1:count]] for row in rows])


def _flat(config: Mapping[str, Any], prefix: str = "") -> dict[str, Any]:
    found: dict[str, Any] = {}
    for name, value in config.items():
        found |= _flat(value, f"{prefix}{name}.") if isinstance(value, dict) and value else {prefix + name: value}
    return found


def _short(value: object) -> str:
    text = _json(value)
    return text if len(text) <= _LONGEST else text[:_LONGEST] + " ..."


def _code(text: str) -> Code:
    return Code(markdown_code(text))


def _json(value: object) -> str:
    return json.dumps(value, ensure_ascii=False)


def _variable(name: str) -> str:
    plain = re.sub(r"\W", "_", name)
    return plain if plain.isidentifier() and not keyword.iskeyword(plain) else f"column_{plain}"


def _line(text: str) -> str:
    return visible(" ".join(text.split()))


def _tex(text: str) -> str:
    return "".join(_TEX.get(letter, letter) for letter in _line(text))
