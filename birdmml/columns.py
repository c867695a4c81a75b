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
    type: Literal["string", "bool", "int32", "double", "image", "audio"]
    meaning: str
    value: Callable[[Drawn], Any] | None
    about: Literal["sample", "picture", "recording"] = "sample"
    label: str = ""
    digits: int = 2


def _seen(name: str, kind: Literal["string", "double"], meaning: str, label: str = "") -> Column:
    """Return a column of what is true of the picture, under the name that it has there."""
    return Column(name, kind, meaning, attrgetter(f"seen.{name}"), "picture", label)


def _heard(
    name: str, kind: Literal["string", "bool", "int32", "double"], meaning: str, label: str = "", digits: int = 2
) -> Column:
    """Return a column of what is true of the recording, under the name that it has there."""
    return Column(name, kind, meaning, attrgetter(f"heard.{name}"), "recording", label, digits)


# In the order of the files, which a new column joins at the end.
COLUMNS = (
    Column("key", "string", "split and row number", None),
    Column("image", "image", "JPEG", attrgetter("image")),
    Column("audio", "audio", "FLAC, mono", attrgetter("audio")),
    Column("caption", "string", "English", attrgetter("caption.text")),
    Column("species", "string", "the class, by common name", attrgetter("own.common_name")),
    Column("scientific_name", "string", "of the species", attrgetter("own.scientific_name")),
    Column("family", "string", "of the species", attrgetter("own.family")),
    Column("order", "string", "of the species", attrgetter("own.order")),
    Column("group", "string", "how the species is told apart", attrgetter("group")),
    Column("look", "string", "visual type, named by the species it is taken from", attrgetter("look.common_name")),
    Column("song", "string", "song type, named likewise", attrgetter("song.common_name")),
    Column(
        "shown_look",
        "string",
        "visual type that the picture shows; another one with image_noise",
        attrgetter("shown_look.common_name"),
    ),
    Column(
        "shown_song",
        "string",
        "song type that the recording holds; another one with audio_noise",
        attrgetter("shown_song.common_name"),
    ),
    Column("gate", "bool", "whether the rule of the xor group held; false in other groups", attrgetter("latents.gate")),
    Column("named", "bool", "whether the caption names the species", attrgetter("caption.named")),
    Column("individual", "string", "which bird; in one split only", attrgetter("individual")),
    Column("recording", "string", "which recording", attrgetter("recording")),
    _seen("sex", "string", "of the bird in the picture"),
    _seen("activity", "string", "what the bird does"),
    _seen("background", "string", "where it is"),
    _seen("facing", "string", "to which side it looks"),
    _seen("view", "string", "from where it is seen"),
    _seen("occlusion", "double", "share of the bird that is hidden"),
    _seen("blur", "double", "of the picture, in pixels", "blur, px"),
    _seen("noise", "double", "of the picture", "noise, grey levels"),
    Column(
        "syllables",
        "string",
        "kinds of syllables in the recording",
        lambda drawn: ",".join(drawn.heard.syllables),
        "recording",
    ),
    _heard("weather", "string", "in the recording"),
    _heard("others", "bool", "whether other birds are heard", "other birds"),
    _heard("low_hz", "double", "lowest pitch of the song, in Hz", "lowest, Hz", 0),
    _heard("high_hz", "double", "highest pitch of the song, in Hz", "highest, Hz", 0),
    _heard("rate", "double", "syllables per second", "syllables per s", 1),
    _heard("distance_m", "double", "of bird and recorder, in metres", "distance, m", 1),
    _heard("snr_db", "double", "signal-to-noise ratio of the recording, in dB", "SNR, dB", 1),
    _heard("phrases", "int32", "in the recording", "whole phrases"),
)
