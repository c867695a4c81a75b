"""The columns of a sample: of which type each is, what it means, and where its value comes from.

To add one, add a `Column` here: schema, samples, cards and pages read this list.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from operator import attrgetter
from typing import Any, Literal

from birdmml.caption import Caption
from birdmml.design import Latents
from birdmml.species import PictureFacts, SongFacts, Species

Kind = Literal["string", "bool", "int32", "double", "image", "audio"]


@dataclass(frozen=True)
class Drawn:
    """All that is known of one sample once it is drawn.

    `own` is its species; the others are those whose looks and song it has, and shows. Media are a JPEG and a FLAC.
    """

    own: Species
    look: Species
    song: Species
    shown_look: Species
    shown_song: Species
    group: str
    latents: Latents
    individual: str
    recording: str
    seen: PictureFacts
    heard: SongFacts
    caption: Caption
    image: bytes
    audio: bytes


@dataclass(frozen=True)
class Column:
    """A column of the samples: its name in files, its type, and what it holds, in the words of the card.

    `value` takes it from a sample, and is None for the key alone, which follows from split and row; `about` is what it
    is true of. Pages call it by its label, if the name does not tell the unit, and round it to some digits.
    """

    name: str
    type: Kind
    meaning: str
    value: Callable[[Drawn], Any] | None
    about: str = "sample"  # Or "picture" or "recording".
    label: str = ""
    digits: int = 2


def _at(path: str, kind: Kind, meaning: str, label: str = "", digits: int = 2) -> Column:
    """Return a column of what stands at a path within a sample, under the last name of the path."""
    first, _, name = path.rpartition(".")
    about = {"seen": "picture", "heard": "recording"}.get(first, "sample")
    return Column(name, kind, meaning, attrgetter(path), about, label, digits)


def _named(name: str, meaning: str) -> Column:
    """Return a column of the common name of one of the species of a sample."""
    return Column(name, "string", meaning, attrgetter(f"{name}.common_name"))


# In the order of the files, which a new column joins at the end.
COLUMNS = (
    Column("key", "string", "split and row number", None),
    _at("image", "image", "JPEG"),
    _at("audio", "audio", "FLAC, mono"),
    Column("caption", "string", "English", attrgetter("caption.text")),
    Column("species", "string", "the class, by common name", attrgetter("own.common_name")),
    _at("own.scientific_name", "string", "of the species"),
    _at("own.family", "string", "of the species"),
    _at("own.order", "string", "of the species"),
    _at("group", "string", "how the species is told apart"),
    _named("look", "visual type, named by the species it is taken from"),
    _named("song", "song type, named likewise"),
    _named("shown_look", "visual type that the picture shows; another one with image_noise"),
    _named("shown_song", "song type that the recording holds; another one with audio_noise"),
    _at("latents.gate", "bool", "whether the rule of the xor group held; false in other groups"),
    _at("caption.named", "bool", "whether the caption names the species"),
    _at("individual", "string", "which bird; in one split only"),
    _at("recording", "string", "which recording"),
    _at("seen.sex", "string", "of the bird in the picture"),
    _at("seen.activity", "string", "what the bird does"),
    _at("seen.background", "string", "where it is"),
    _at("seen.facing", "string", "to which side it looks"),
    _at("seen.view", "string", "from where it is seen"),
    _at("seen.occlusion", "double", "share of the bird that is hidden"),
    _at("seen.blur", "double", "of the picture, in pixels", "blur, px"),
    _at("seen.noise", "double", "of the picture", "noise, grey levels"),
    Column(
        "syllables",
        "string",
        "kinds of syllables in the recording",
        lambda drawn: ",".join(drawn.heard.syllables),
        "recording",
    ),
    _at("heard.weather", "string", "in the recording"),
    _at("heard.others", "bool", "whether other birds are heard", "other birds"),
    _at("heard.low_hz", "double", "lowest pitch of the song, in Hz", "lowest, Hz", 0),
    _at("heard.high_hz", "double", "highest pitch of the song, in Hz", "highest, Hz", 0),
    _at("heard.rate", "double", "syllables per second", "syllables per s", 1),
    _at("heard.distance_m", "double", "of bird and recorder, in metres", "distance, m", 1),
    _at("heard.snr_db", "double", "signal-to-noise ratio of the recording, in dB", "SNR, dB", 1),
    _at("heard.phrases", "int32", "in the recording", "whole phrases"),
)
