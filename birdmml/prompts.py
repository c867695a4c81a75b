"""Reference descriptions of species: what a caption could say of each, by the table alone."""

from __future__ import annotations

from dataclasses import replace

import numpy as np

from birdmml.caption import write_caption
from birdmml.design import Design
from birdmml.picture.composition import choose_setting
from birdmml.settings import Settings
from birdmml.species import MARKS, PARTS, PictureFacts, SongFacts, Species
from confu_core.random import generator

PROMPTS_PER_SPECIES = 16


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
