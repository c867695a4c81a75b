"""What is drawn of a species: a triplet of picture, song and caption, and descriptions that no triplet has."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from functools import lru_cache, partial
from typing import Any

import numpy as np

from birdmml.caption import CaptionDials, write_caption
from birdmml.columns import COLUMNS, Drawn
from birdmml.design import Design
from birdmml.picture import draw_picture, encode_jpeg
from birdmml.picture.composition import choose_setting
from birdmml.settings import Settings
from birdmml.song import encode_flac, sing
from birdmml.species import MARKS, PARTS, PictureFacts, Plumage, SongFacts, Species
from confu_core.random import generator

SHIFT = "shift"  # The split of unseen circumstances.
Source = Callable[..., np.random.Generator]  # Of a split, by the name of what random numbers belong to.
QUALITY_BELOW = 20  # Pictures vary by up to this much below the JPEG quality asked for.
PROMPTS_PER_SPECIES = 16


@dataclass(frozen=True)
class SampleKey:
    """Which sample it is, and so what it is drawn from: its split and row, and its species, a row of those used.

    `ordinal` counts the split's samples of this species from 0.
    """

    split: str
    row: int
    species: int
    ordinal: int


def draw_sample(key: SampleKey, settings: Settings, design: Design, species: Sequence[Species]) -> dict[str, Any]:
    """Draw one triplet: a value for each of `COLUMNS` but the key, with media as bytes.

    Random numbers are keyed by what they belong to. A bird's traits and its place follow from (split, species, shown
    type, number of the individual), so that the same bird is met again and never in another split; the types from the
    number of the recording, so that one that is used again tells of the same; the view from the row.
    """
    source = partial(generator, settings.seed, "birdmml", key.split)
    own = species[key.species]
    take = _take(key, settings, own)
    group = design.place[key.species][0].group
    latents = design.draw(key.species, source("latents", own.common_name, take))
    look, song = species[latents.shown_look], species[latents.shown_song]
    bird = (own.common_name, look.common_name, key.ordinal // settings.per_individual)
    singer = (own.common_name, song.common_name, take // settings.per_individual)
    plumage, picture, seen = _picture(look, bird, settings, key, source)
    audio, heard = _song(song, (*singer, take), settings, key, source)
    caption = write_caption(
        own,
        plumage=plumage,
        song=song.song,
        picture=seen,
        recording=heard,
        dials=_dials(settings, group),
        random=source("caption", key.row),
    )
    drawn = Drawn(
        own=own,
        look=species[latents.look],
        song=species[latents.song],
        shown_look=look,
        shown_song=song,
        group=group,
        latents=latents,
        individual="/".join(map(str, (key.split, *bird))),
        recording="/".join(map(str, (key.split, *singer, take))),
        seen=seen,
        heard=heard,
        caption=caption,
        image=picture,
        audio=audio,
    )
    return {column.name: column.value(drawn) for column in COLUMNS if column.value}


def _picture(
    look: Species, bird: tuple[str, str, int], settings: Settings, key: SampleKey, source: Source
) -> tuple[Plumage, bytes, PictureFacts]:
    """Draw a bird: what it wears, the JPEG, and what is seen."""
    sex = "female" if look.female and source("sex", *bird).random() < 0.5 else "male"
    plumage = look.female if sex == "female" and look.female else look.plumage
    view = source("view", key.row)
    picture, seen = draw_picture(
        plumage,
        size=settings.size,
        individual=source("bird", *bird),
        scene=source("place", *bird),
        view=view,
        sex=sex,
        shift=key.split == SHIFT,
    )
    quality = max(1, settings.jpeg_quality - int(view.integers(QUALITY_BELOW + 1)))
    return plumage, encode_jpeg(picture, quality), seen


def _song(
    song: Species, recording: tuple[str, str, int, int], settings: Settings, key: SampleKey, source: Source
) -> tuple[bytes, SongFacts]:
    """Sing a song: the FLAC, and what is heard."""
    samples, heard = sing(
        song.song,
        seconds=settings.seconds,
        sample_rate=settings.sample_rate,
        individual=source("singer", *recording[:3]),
        scene=source("site", *recording[:3]),
        take=source("take", *recording),
        shift=key.split == SHIFT,
    )
    return encode_flac(samples, settings.sample_rate), heard


@lru_cache(maxsize=64)
def _dials(settings: Settings, group: str) -> CaptionDials:
    return settings.caption_of(group)


def _take(key: SampleKey, settings: Settings, own: Species) -> int:
    """Return the number of the recording; with reuse, two samples in a row share one, and so the types it tells of."""
    reused = _reuse(settings.seed, own.common_name) < settings.audio_reuse
    return key.ordinal // 2 * 2 if reused else key.ordinal


@lru_cache(maxsize=1024)
def _reuse(seed: int, name: str) -> float:
    """Return the number in [0, 1) of a species: its recordings are used again where the share of these is above it."""
    return float(generator(seed, "birdmml", "reuse", name).random())


def reference_descriptions(
    settings: Settings, design: Design, species: tuple[Species, ...], count: int = PROMPTS_PER_SPECIES
) -> list[tuple[str, int]]:
    """Write descriptions of every species in the manner of the dataset's captions, each with the row of its species.

    They say of a species what its captions say in the same shares, but nothing of any one bird: the marks of its
    looks, the usual song, and its natural history, of individuals that no split has. Where captions name the species,
    so do they. Where captions of ``xor`` species tell of looks and song, against the default, these are any of the
    unit and tell nothing of the species.
    """
    written = []
    for row, own in enumerate(species):
        dials = settings.caption_of(design.place[row][0].group)
        dials = replace(dials, name_share=1.0 if dials.name_share else 0.0)
        for number in range(count):
            random = generator(settings.seed, "birdmml", "reference", own.common_name, number)
            latents = design.draw(row, random)
            look, song = species[latents.look], species[latents.song]
            female = look.female is not None and random.random() < 0.5
            plumage = look.female if female and look.female else look.plumage
            caption = write_caption(
                own,
                plumage=plumage,
                song=song.song,
                picture=_usual_picture(plumage.shape, "female" if female else "male", random),
                recording=_usual_recording(song),
                dials=dials,
                random=random,
            )
            written.append((caption.text, row))
    return written


def _usual_picture(shape: str, sex: str, random: np.random.Generator) -> PictureFacts:
    setting = choose_setting(shape, float(random.random()))
    seen = frozenset((*PARTS, *MARKS))
    return PictureFacts(setting.background, setting.activity, "left", "side", sex, seen, 0.0, 0.0, 0.0)


def _usual_recording(singer: Species) -> SongFacts:
    song = singer.song
    return SongFacts(song.syllables, song.low_hz, song.high_hz, song.rate, song.repeats, "calm", False, 12.0, 30.0)
