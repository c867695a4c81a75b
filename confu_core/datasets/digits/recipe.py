"""AV-MNIST as a recipe: pictures of handwritten digits beside recordings of the same digits, and their sources."""

from __future__ import annotations

import hashlib
from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, ClassVar

import numpy as np
import pyarrow as pa

from confu_core.datasets.avmnist import WORDS, encode_png
from confu_core.datasets.contents import CONTENTS, Contents
from confu_core.datasets.digits.pictures import SIDE, Pictures, Reduction
from confu_core.datasets.digits.recordings import Recording
from confu_core.datasets.digits.said import SAID
from confu_core.datasets.digits.sample import CAPTIONS, DigitSettings, caption_of, draw_sound
from confu_core.inputs.sound import encode_flac
from confu_core.inputs.spec import Input, InputSpec, Picture, Sound, Text
from confu_core.shards.parquet import MEDIA, with_features
from confu_core.shards.recipe import Recipe

_TEXT = ("caption", "digit", "speaker", "recording", "sound_source", "language", "noise")
_NUMBERS = ("pitch", "tempo", "start_s", "word_s")
_CREDIT = ("author", "licence", "source_url")
_CAPTION_TOKENS = 8


@dataclass(frozen=True, eq=False)
class DigitsRecipe(Recipe):
    """What `confu_core.shards.build` needs to write AV-MNIST into shards; `open_digits` makes one.

    Attributes
    ----------
    settings : DigitSettings
        The dials.
    pictures : Pictures
        Of all splits.
    reduction : Reduction
        Fitted to the training pictures.
    recordings : mapping of str to tuple of Recording
        Split to its own.
    pairs : mapping of str to ndarray of int, shape (rows, 2)
        Picture and recording of each row of a split.
    apart : str
        What no two splits share of the recordings.
    programs : mapping of str to str
        Versions of the programs that made recordings.
    """

    settings: DigitSettings
    pictures: Pictures
    reduction: Reduction
    recordings: Mapping[str, tuple[Recording, ...]]
    pairs: Mapping[str, np.ndarray]
    apart: str
    programs: Mapping[str, str]

    name = "av-digits"
    description = "AV-MNIST, built anew: handwritten digits and spoken digits, each made a poor witness."
    parts: ClassVar = {"image": "png", "audio": "flac", "caption": "txt"}
    libraries = ("librosa", "pillow", "scikit-learn", "scipy", "soundfile", "soxr")

    @property
    def seed(self) -> int:
        """The user's seed."""
        return self.settings.seed

    @property
    def splits(self) -> dict[str, int]:
        """Rows of each split."""
        return {split: len(pairs) for split, pairs in self.pairs.items()}

    @property
    def config(self) -> dict[str, Any]:
        """The dials, and checksums of what is seen and heard; not where it lay."""
        heard = {split: _digest(recordings) for split, recordings in self.recordings.items()}
        return {
            **self.settings.as_dict(),
            "rows": self.splits,
            "apart": self.apart,
            "pictures": {"name": self.pictures.source["name"], "sha256": self.pictures.sha256},
            "recordings": {"sha256": heard, "programs": dict(self.programs)},
        }

    @property
    def schema(self) -> pa.Schema:
        """Columns of a row."""
        columns = [("key", pa.string()), ("image", MEDIA), ("audio", MEDIA)]
        columns += [(name, pa.string()) for name in _TEXT] + [("image_index", pa.int32())]
        columns += [(name, pa.float64()) for name in _NUMBERS] + [(name, pa.string()) for name in _CREDIT]
        sound = {"_type": "Audio", "sampling_rate": self.settings.rate}
        return with_features(pa.schema(columns), {"image": {"_type": "Image"}, "audio": sound})

    def rows(self, split: str, start: int, stop: int) -> pa.Table:
        """Return a range of rows; a row does not depend on the range."""
        rows = [self._row(split, number) for number in range(start, min(stop, self.splits[split]))]
        return pa.Table.from_pylist(rows, schema=self.schema)

    def information(self) -> dict[str, Any]:
        """Return what the columns are, where everything comes from, and what the dials did."""
        inputs: dict[str, Input] = {
            "image": Picture("image", SIDE),
            "audio": Sound("audio", self.settings.rate, self.settings.seconds),
            "caption": Text("caption", length=_CAPTION_TOKENS),
        }
        forms = CAPTIONS[self.settings.captions]
        prompts = tuple((form.format(name), digit) for digit, name in enumerate(WORDS) for form in forms)
        return {
            CONTENTS: Contents(InputSpec(inputs), "digit", WORDS, prompts, named=True, spoiled_by=("flip",)).as_dict(),
            "sources": self._sources(),
            "pictures": {
                "removed": self.settings.removed,
                "kept": round(self.reduction.kept, 6),
                "components": len(self.reduction.components),
                "distinct": {split: len(np.unique(pairs[:, 0])) for split, pairs in self.pairs.items()},
            },
            "sounds": {
                "snr_db": self.settings.snr,
                "noise": list(self.settings.noise) or ["none"],
                "apart": self.apart,
                "speakers": {split: _speakers(recordings) for split, recordings in self.recordings.items()},
                "recordings": {split: len(recordings) for split, recordings in self.recordings.items()},
            },
            "limits": self._limits(),
        }

    def _row(self, split: str, number: int) -> dict[str, Any]:
        index, heard = map(int, self.pairs[split][number])
        recording, key = self.recordings[split][heard], f"{split}-{number:07d}"
        clip, facts = draw_sound(recording, self.recordings[split], self.settings, split, number)
        digit = int(self.pictures.labels[index])
        image = encode_png(self.reduction(self.pictures.images[index]))
        return {
            "key": key,
            "image": {"bytes": image, "path": f"{key}.png"},
            "audio": {"bytes": encode_flac(clip, self.settings.rate), "path": f"{key}.flac"},
            "caption": caption_of(digit, self.settings, split, number),
            "digit": WORDS[digit],
            "speaker": recording.voice.speaker,
            "recording": recording.name,
            "sound_source": recording.voice.source,
            "language": recording.voice.language,
            "image_index": index,
            **facts,
            **_credit(self.pictures, recording),
        }

    def _sources(self) -> list[dict[str, Any]]:
        """Return where pictures and sounds come from, on which terms, and how many of each are used."""
        seen = {int(number) for pairs in self.pairs.values() for number in pairs[:, 0]}
        heard = {self.recordings[split][int(number)] for split, pairs in self.pairs.items() for number in pairs[:, 1]}
        used = sorted(heard, key=lambda one: (one.voice.source, one.voice.author, one.name))
        terms = Counter((one.voice.source, one.voice.author, one.voice.licence or SAID.no_licence) for one in used)
        told: list[dict[str, Any]] = [{**self.pictures.source, "items": len(seen)}]
        for (name, author, licence), count in terms.items():
            of = SAID.sounds[name]
            about = {"name": name, "what": of["what"], "licence": licence, "url": of.get("url", "")}
            told.append({**about, "author": author, "items": count})
        return told

    def _limits(self) -> list[str]:
        """Return what should be known before numbers are compared, in sentences for the card."""
        voices = {one.voice for mine in self.recordings.values() for one in mine}
        most = max(int(np.bincount(pairs[:, 0]).max()) for pairs in self.pairs.values())
        noise = ", ".join(self.settings.noise)
        holding = {
            "another": True,
            "writers": self.pictures.source == SAID.sklearn,
            self.apart: True,
            "often": most > 1,
            "synthetic": "espeak-ng" in {one.source for one in voices},
            "languages": len({one.language for one in voices}) > 1,
            "noise": bool(noise),
        }
        return [SAID.limits[name].format(most=most, noise=noise) for name, holds in holding.items() if holds]


def _digest(recordings: tuple[Recording, ...]) -> str:
    lines = "".join(f"{one.name}\t{one.digit}\t{one.voice.speaker}\t{one.sha256}\n" for one in recordings)
    return hashlib.sha256(lines.encode()).hexdigest()


def _speakers(recordings: tuple[Recording, ...]) -> list[str]:
    return sorted({one.voice.speaker or "unknown" for one in recordings})


def _credit(pictures: Pictures, recording: Recording) -> dict[str, str]:
    seen, heard = pictures.source, recording.voice
    authors = [(seen["author"], "picture"), (heard.author, "sound")]
    licences = dict.fromkeys(licence for licence in (seen["licence"], heard.licence) if licence)
    return {
        "author": ", ".join(f"{name} ({what})" for name, what in authors if name),
        "licence": " AND ".join(licences),
        "source_url": seen["url"],
    }
