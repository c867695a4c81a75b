"""The page of a preview: one HTML file that needs no other."""

from __future__ import annotations

from collections.abc import Sequence
from importlib.metadata import version
from importlib.resources import files
from itertools import groupby
from typing import Any

from birdmml.preview.card import card_html
from birdmml.preview.choose import Card
from confu_core.page.html import facts, table, text
from confu_core.shards import Manifest

__all__ = ["document", "page"]

MEANINGS = {
    "redundant": "Looks of its own and a song of its own: either tells the species.",
    "image-unique": "Looks of its own; the song is that of its whole unit.",
    "audio-unique": "A song of its own; the looks are those of its whole unit.",
    "complement": "Looks and song are each shared with other species of the unit; both together decide.",
    "xor": "Looks and song are drawn independently; only the conjunction tells the species, with probability p.",
}
POLICY = "default-src 'none'; img-src data:; media-src data:; style-src 'unsafe-inline'; script-src 'unsafe-inline'"
ACCURACIES = {
    "bayes_image": "image (V)",
    "bayes_audio": "audio (A)",
    "pairwise_ceiling": "pairs",
    "bayes_both": "A+V",
    "headroom": "headroom",
    "higher_order_headroom": "higher order",
}


def page(manifest: Manifest, cards: Sequence[Card]) -> str:
    """Write a preview as HTML.

    Parameters
    ----------
    manifest : Manifest
        Of the dataset.
    cards : sequence of Card
        In the order of groups, units and species.

    Returns
    -------
    str
        A whole document without external resources, for light and dark screens.
    """
    title = f"{len(cards)} of {sum(manifest.splits.values()):,} triplets"
    said = manifest.information
    units = {name: unit for unit in said["units"] for name in unit["species"]}
    sections = [
        _group(group, list(members), units, said["groups"][group])
        for group, members in groupby(cards, lambda card: str(card.values["group"]))
    ]
    main = f"{_filter(cards)}\n<main>\n{''.join(sections)}\n</main>"
    return document(f"Bird-MML: {title}", f"{_header(manifest, title)}\n{main}")


def document(title: str, body: str) -> str:
    """Put the body of a preview into a page that needs no other file.

    Parameters
    ----------
    title : str
        Of the window.
    body : str
        HTML: header, filter and main part.

    Returns
    -------
    str
        A whole document for light and dark screens.
    """
    return f"""<!DOCTYPE html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<meta http-equiv="Content-Security-Policy" content="{POLICY}">
<title>{text(title)}</title>
<style>
{_file("confu_core.page", "page.css")}{_file("birdmml.preview", "preview.css")}</style>
</head>
<body>
{body}
<footer>Written by confu-bench {text(version("confu-bench"))}. This page needs no other file.
Spectrograms: log-mel, 128 bands from 0.5 to 10 kHz, 60 dB.</footer>
<script>
{_file("birdmml.preview", "preview.js")}</script>
</body>
</html>
"""


def _file(package: str, name: str) -> str:
    return files(package).joinpath(name).read_text(encoding="utf-8")


def _header(manifest: Manifest, title: str) -> str:
    return f"""<header>
<p class="kicker">Preview · Bird-MML</p>
<h1>{title}</h1>
<p class="lede">{text(manifest.description)} Synthetic: no photograph and no field recording is in it.</p>
{facts(_dials(manifest))}
{_ceilings(manifest)}
</header>"""


def _dials(manifest: Manifest) -> list[tuple[str, str]]:
    dials, caption = manifest.config, manifest.config["caption"]
    return [
        *((name, f"{rows:,}") for name, rows in manifest.splits.items()),
        ("species", str(manifest.information["overall"]["species"])),
        ("seed", str(manifest.seed)),
        ("p", f"{dials['p']:g}"),
        ("noise, image and audio", f"{dials['image_noise']:g}, {dials['audio_noise']:g}"),
        ("imbalance", f"{dials['imbalance']:g}"),
        ("audio reuse", f"{dials['audio_reuse']:g}"),
        ("picture", f"{dials['size']} by {dials['size']} px"),
        ("recording", f"{dials['seconds']:g} s at {dials['sample_rate']:,} Hz"),
        ("captions with a name", f"{caption['name_share']:.0%}"),
        ("marks, song, nature", ", ".join(f"{caption[name]:g}" for name in ("marks", "song", "nature"))),
        ("format", ", ".join(manifest.formats)),
    ]


def _ceilings(manifest: Manifest) -> str:
    said = manifest.information
    rows = [
        (name, str(one["species"]), *(f"{one[accuracy]:.3f}" for accuracy in ACCURACIES))
        for name, one in {**said["groups"], "all": said["overall"]}.items()
    ]
    headings = ["group", "species", *ACCURACIES.values()]
    note = (
        '<p class="note">Best accuracy of the species from the latent types: what media could tell at best. Pairs: by '
        "the law that knows all pairs of species, look and song, and nothing else. Headroom: A+V less the better of V "
        "and A; higher order: A+V less pairs.</p>"
    )
    return table(headings, rows) + note


def _filter(cards: Sequence[Card]) -> str:
    """Three selections; without JavaScript they stay hidden."""
    groups = dict.fromkeys(str(card.values["group"]) for card in cards)
    species = sorted({card.species for card in cards})
    splits = dict.fromkeys(card.split for card in cards)
    selects = "".join(
        f'<label>{name} <select name="{name}"><option value="">all</option>'
        + "".join(f"<option>{text(option)}</option>" for option in options)
        + "</select></label>"
        for name, options in (("group", groups), ("species", species), ("split", splits))
    )
    return f'<form class="filter" hidden>{selects}<output></output></form>'


def _group(group: str, cards: list[Card], units: dict[str, Any], known: dict[str, Any]) -> str:
    ceilings = ", ".join(f"{name} {known[key]:.2f}" for key, name in list(ACCURACIES.items())[:4])
    blocks = [
        _unit(list(members), units[members_of[0]])
        for members_of, members in groupby(cards, lambda card: tuple(units[card.species]["species"]))
    ]
    note = f'<p class="lede">{text(MEANINGS.get(group, ""))} Best accuracy: {text(ceilings)}.</p>'
    return f'<section>\n<h2 id="{text(group)}">{text(group)}</h2>\n{note}\n{"".join(blocks)}\n</section>\n'


def _unit(cards: list[Card], unit: dict[str, Any]) -> str:
    note = ""
    if len(unit["species"]) > 1:
        shared = [
            (name, ", ".join(unit[key]))
            for name, key in (("species", "species"), ("looks", "looks"), ("songs", "songs"))
        ]
        note = facts(shared, "unit")
    parts = [_species(name, list(members)) for name, members in groupby(cards, lambda card: card.species)]
    return f'<div class="block">{note}{"".join(parts)}</div>'


def _species(name: str, cards: list[Card]) -> str:
    values = cards[0].values
    latin = f'<i>{text(values["scientific_name"])}</i> <span class="family">{text(values["family"])}</span>'
    body = "\n".join(card_html(card) for card in cards)
    return f'<section class="species"><h3>{text(name)} {latin}</h3>\n<div class="cards">\n{body}\n</div></section>\n'
