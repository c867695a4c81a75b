"""How a dataset is cited, and under what terms: CITATION.cff, BibTeX and LICENSE."""

from __future__ import annotations

import json
import re

from confu_core.escaping import visible
from confu_core.publish.terms import Terms
from confu_core.publish.words import Edition, Words
from confu_core.shards.manifest import Manifest

__all__ = ["CITATION", "LICENSE", "bibtex", "citation_file", "licence_file"]

CITATION = "CITATION.cff"
LICENSE = "LICENSE"

_TEX = {"\\": r"\textbackslash{}", **{mark: "\\" + mark for mark in "&%$#_{}"}}


def citation_file(manifest: Manifest, words: Words, terms: Terms, edition: Edition) -> str:
    """Return CITATION.cff, in version 1.2 of its format.

    Parameters
    ----------
    manifest : Manifest
        Of the dataset.
    words : Words
        Of the benchmark.
    terms : Terms
        Its licence.
    edition : Edition
        Of whoever publishes.

    Returns
    -------
    str
        YAML whose texts are quoted, so that nothing in a name is read as YAML.
    """
    lines = [
        "cff-version: 1.2.0",
        "message: If you use this dataset, please cite it as below.",
        "type: dataset",
        f"title: {_quoted(words.title)}",
        "authors:",
        *(f"  - name: {_quoted(name)}" for name in edition.authors or words.authors),
        f"version: {_quoted(edition.version)}",
        f"date-released: {edition.date}",
        f"abstract: {_quoted(manifest.description)}",
        *([f"license: {terms.licence.name}"] if terms.licence and terms.licence.name != "PDM-1.0" else []),
        *([f"url: {_quoted(edition.place)}"] if edition.place.startswith("http") else []),
        "identifiers:",
        f"  - type: other\n    value: {manifest.fingerprint}",
        "    description: Fingerprint of the settings and the seed that the samples were made with",
    ]
    return "\n".join(lines) + "\n"


def bibtex(manifest: Manifest, words: Words, edition: Edition) -> str:
    """Return an entry for BibTeX.

    Parameters
    ----------
    manifest : Manifest
        Of the dataset.
    words : Words
        Of the benchmark.
    edition : Edition
        Of whoever publishes.

    Returns
    -------
    str
        One entry of the type ``misc``.
    """
    year = edition.date[:4]
    key = re.sub(r"[^a-z0-9]+", "", manifest.name.lower()) or "dataset"
    authors = " and ".join("{" + _tex(name) + "}" for name in edition.authors or words.authors)
    note = f"Version {_tex(edition.version)}, fingerprint {manifest.fingerprint[:12]}"
    fields = {"author": authors, "title": "{" + _tex(words.title) + "}", "year": year, "note": note}
    if "://" in edition.place:
        fields["howpublished"] = rf"\url{{{edition.place}}}"
    return "\n".join([f"@misc{{{key}{year},", *(f"  {name} = {{{value}}}," for name, value in fields.items()), "}"])


def licence_file(words: Words, terms: Terms, edition: Edition, attributed: bool) -> str:
    """Return the text of LICENSE.

    Parameters
    ----------
    words : Words
        Of the benchmark.
    terms : Terms
        The licence.
    edition : Edition
        Of whoever publishes.
    attributed : bool
        Whether a table beside it names author and licence of each item.

    Returns
    -------
    str
        Which licence, where its text is, and who is to be named.
    """
    who, title = (
        visible(" ".join(text.split())) for text in (", ".join(edition.authors or words.authors), words.title)
    )
    lines = [f"{title} ({edition.version}, {edition.date}), by {who}.", "", f"Licence: {terms.title}"]
    if terms.licence is not None:
        lines += [f"SPDX-License-Identifier: {terms.licence.name}", f"Full text: {terms.licence.url}"]
        where = f", {edition.place}" if "://" in edition.place else ""
        lines += ["", "When you use it, name it like this:"]
        lines += [f'  "{title}" ({edition.version}) by {who}{where}, {terms.licence.name}']
    if terms.wants_text:
        lines += ["", "The licences of Apache, BSD, GNU and MIT ask that their text goes along with every copy:"]
        lines += ["put it beside this file when you pass the dataset on."]
    if any(terms.counts.values()):
        counts = (f"  {name}: {count:,} items" for name, count in sorted(terms.counts.items()))
        lines += ["", "Licences of its items:", *counts]
    if attributed:
        lines += [
            "",
            "attribution.csv names author, licence and source of each item. Pictures and recordings",
            "were changed as the settings in README.md say.",
        ]
    if not terms.commercial:
        lines += ["", "Not for commercial use."]
    if terms.share_alike:
        lines += ["", "What is made from these items must come under the same licence."]
    if terms.notes:
        lines += ["", *map(visible, terms.notes)]
    if terms.unknown:
        lines += ["", "The licence of some items is not known: ask their authors before you use them or pass them on."]
    return "\n".join(lines) + "\n"


def _quoted(text: str) -> str:
    return json.dumps(text, ensure_ascii=False)


def _line(text: str) -> str:
    return visible(" ".join(text.split()))


def _tex(text: str) -> str:
    return "".join(_TEX.get(letter, letter) for letter in _line(text))
