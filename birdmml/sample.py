"""One triplet: a picture, a song and a caption of a species, drawn from keys of its own."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from birdmml.caption import write_caption
from birdmml.design import Design, Latents
from birdmml.picture import draw_picture, encode_jpeg
from birdmml.settings import Settings
from birdmml.song import encode_flac, sing
from birdmml.species import Species
from confu_core.random import generator

__all__ = ["Place", "draw_sample"]

QUALITY_BELOW = 20  # Pictures vary by up to this much below the JPEG quality asked for.


@dataclass(frozen=True)
class Place:
    """Which sample it is.

    Attributes
    ----------
    split : str
        Its split.
    row : int
        Its row there.
    species : int
        Row of the species among those used.
    ordinal : int
        Which of the split's samples of this species it is, from 0.
    """

    split: str
    row: int
    species: int
    ordinal: int


def draw_sample(place: Place, settings: Settings, design: Design, species: Sequence[Species]) -> dict[str, Any]:
    """Draw one triplet.

    Random numbers are keyed by what they belong to. A bird's traits and its place follow from (split, species, shown
    type, number of the individual), so that the same bird is met again and never in another split; the view of it from
    the row.

    Parameters
    ----------
    place : Place
        Which sample.
    settings : Settings
        The dials.
    design : Design
        How species are told apart.
    species : sequence of Species
        Those used.

    Returns
    -------
    dict
        A row of `birdmml.data.SCHEMA`, but for its key.
    """
    split, shift = place.split, place.split == "shift"
    latents = design.draw(place.species, generator(settings.seed, "birdmml", split, "latents", place.row))
    own, look, song = species[place.species], species[latents.shown_look], species[latents.shown_song]
    bird = (own.common_name, look.common_name, place.ordinal // settings.per_individual)
    singer, take = _recording(place, settings, own, song)

    def source(*stream: str | int) -> np.random.Generator:
        return generator(settings.seed, "birdmml", split, *stream)

    sex = "female" if look.female and source("sex", *bird).random() < 0.5 else "male"
    plumage = look.female if sex == "female" and look.female else look.plumage
    view = source("view", place.row)
    picture, seen = draw_picture(
        plumage,
        size=settings.size,
        individual=source("bird", *bird),
        scene=source("place", *bird),
        view=view,
        sex=sex,
        shift=shift,
    )
    samples, heard = sing(
        song.song,
        seconds=settings.seconds,
        sample_rate=settings.sample_rate,
        individual=source("singer", *singer),
        scene=source("site", *singer),
        take=source("take", *singer, take),
        shift=shift,
    )
    caption = write_caption(
        own,
        plumage=plumage,
        song=song.song,
        picture=seen,
        recording=heard,
        dials=settings.caption,
        random=source("caption", place.row),
    )
    quality = max(1, settings.jpeg_quality - int(view.integers(QUALITY_BELOW + 1)))
    return {
        **_labels(own, latents, design, species, place),
        "individual": "/".join(map(str, (split, *bird))),
        "recording": "/".join(map(str, (split, *singer, take))),
        **_seen(seen),
        **_heard(heard),
        "named": caption.named,
        "caption": caption.text,
        "image": encode_jpeg(picture, quality),
        "audio": encode_flac(samples, settings.sample_rate),
    }


def _recording(place: Place, settings: Settings, own: Species, song: Species) -> tuple[tuple[str, str, int], int]:
    """Return the singer and the number of the recording; with reuse, two samples in a row share one."""
    reused = generator(settings.seed, "birdmml", "reuse", own.common_name).random() < settings.audio_reuse
    take = place.ordinal // 2 * 2 if reused else place.ordinal
    return (own.common_name, song.common_name, take // settings.per_individual), take


def _labels(own: Species, latents: Latents, design: Design, species: Sequence[Species], place: Place) -> dict[str, Any]:
    return {
        "species": own.common_name,
        "scientific_name": own.scientific_name,
        "family": own.family,
        "order": own.order,
        "group": design.place[place.species][0].group,
        "look": species[latents.look].common_name,
        "song": species[latents.song].common_name,
        "shown_look": species[latents.shown_look].common_name,
        "shown_song": species[latents.shown_song].common_name,
        "gate": latents.gate,
    }


def _seen(facts: Any) -> Mapping[str, Any]:
    names = ("sex", "activity", "background", "facing", "view", "occlusion", "blur", "noise")
    return {name: getattr(facts, name) for name in names}


def _heard(facts: Any) -> Mapping[str, Any]:
    names = ("low_hz", "high_hz", "rate", "phrases", "weather", "others", "distance_m", "snr_db")
    values = {name: getattr(facts, name) for name in names}
    return {**values, "syllables": ",".join(facts.syllables)}
