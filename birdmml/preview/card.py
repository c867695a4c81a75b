"""One sample as a piece of a page: picture, spectrogram, sound, caption, latents and facts."""

from __future__ import annotations

import base64
from collections.abc import Iterator

from birdmml.preview.choose import Card
from birdmml.preview.spectrogram import spectrogram_svg
from birdmml.song import decode_flac
from confu_core.page.html import text

__all__ = ["card_html"]

PICTURE_FACTS = ("sex", "activity", "background", "facing", "view", "occlusion", "blur", "noise")
SONG_FACTS = ("syllables", "low_hz", "high_hz", "rate", "phrases", "weather", "others", "distance_m", "snr_db")
# Columns whose name alone does not tell the unit.
NAMES = {
    "blur": "blur, px",
    "noise": "noise, grey levels",
    "low_hz": "lowest, Hz",
    "high_hz": "highest, Hz",
    "rate": "syllables per s",
    "phrases": "whole phrases",
    "others": "other birds",
    "distance_m": "distance, m",
    "snr_db": "SNR, dB",
}
DIGITS = {"low_hz": 0, "high_hz": 0, "snr_db": 1, "distance_m": 1, "rate": 1}


def card_html(card: Card) -> str:
    """Return a sample as HTML.

    Parameters
    ----------
    card : Card
        The sample.

    Returns
    -------
    str
        An ``article`` element; picture and sound are in it.
    """
    values = card.values
    marks = "".join(
        f' data-{name}="{text(value)}"'
        for name, value in (("split", card.split), ("species", card.species), ("group", values["group"]))
    )
    title = f"{card.species}, {card.split}"
    return f"""<article class="card"{marks}>
<span class="split">{text(card.split)}</span>
<img src="{_data("image/jpeg", card.image)}" alt="Picture: {text(values["shown_look"])}" decoding="async">
{spectrogram_svg(*decode_flac(card.audio))}
<audio controls preload="none" aria-label="Song: {text(title)}" src="{_data("audio/flac", card.audio)}"></audio>
<div class="words">
<p class="caption">{text(card.caption)}</p>
<dl class="latents">{"".join(_latents(card))}</dl>
<details><summary>{text(card.key)}</summary>{_facts(card)}</details>
</div>
</article>"""


def _data(kind: str, content: bytes) -> str:
    return f"data:{kind};base64,{base64.b64encode(content).decode()}"


def _latents(card: Card) -> Iterator[str]:
    for name in ("look", "song"):
        own, shown = card.values[name], card.values[f"shown_{name}"]
        said = text(own) if own == card.species else f"<b>{text(own)}</b>"
        if shown != own:
            said += f', shown as <b class="noisy">{text(shown)}</b>'
        yield f"<div><dt>{name}</dt><dd>{said}</dd></div>"
    if card.values["group"] == "xor":
        said = "sum of both types" if card.values["gate"] else "follows the look"
        yield f"<div><dt>gate</dt><dd>{int(card.values['gate'])}, {said}</dd></div>"


def _facts(card: Card) -> str:
    lists = ((("individual", "recording"), "sample"), (PICTURE_FACTS, "picture"), (SONG_FACTS, "recording"))
    return "".join(
        f"<h4>{title}</h4><dl>"
        + "".join(f"<div><dt>{text(NAMES.get(name, name))}</dt><dd>{_shown(card, name)}</dd></div>" for name in names)
        + "</dl>"
        for names, title in lists
    )


def _shown(card: Card, name: str) -> str:
    value = card.values[name]
    if isinstance(value, bool):
        return "yes" if value else "no"
    if isinstance(value, float):
        return f"{value:.{DIGITS.get(name, 2)}f}"
    return text(str(value).replace(",", ", "))
