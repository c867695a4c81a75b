"""Whether the files of a row can be used: what was found of them, against the limits of the settings."""

from __future__ import annotations

from collections.abc import Iterator, Mapping

from birdmml.ingest.files import public_name
from birdmml.ingest.inspect import Found
from birdmml.ingest.reasons import Reject
from birdmml.ingest.rows import Row
from birdmml.ingest_settings import IngestSettings

__all__ = ["file_rejects"]

# A declared length may be rounded, and codecs add a little silence.
TOLERANCE_SECONDS, TOLERANCE_SHARE = 0.5, 0.02


def file_rejects(
    row: Row, settings: IngestSettings, pictures: Mapping[str, Found], sounds: Mapping[str, Found]
) -> list[Reject]:
    """Return what is wrong with the files of a row.

    Parameters
    ----------
    row : Row
        Whose cells are in order.
    settings : IngestSettings
        With the limits.
    pictures, sounds : mapping of str to Found
        What the inspection found, by name.

    Returns
    -------
    list of Reject
        Empty where both can be used.

    Examples
    --------
    >>> names = {"photo_file": "a.jpg", "audio_file": "a.wav"}
    >>> pictures = {"a.jpg": Found("a.jpg", "1", "", "", {"width": 20, "height": 500, "hash": [1, 1, 1, 1]})}
    >>> heard = {"seconds": 2.0, "level": -20.0, "movement": -20.0, "hash": [1, 1, 1, 1]}
    >>> sounds = {"a.wav": Found("a.wav", "2", "", "", heard)}
    >>> [(found.reason, found.detail) for found in file_rejects(Row(1, names, {}), IngestSettings(), pictures, sounds)]
    [('too small', '20 x 500 pixels; a side must have at least 32')]
    """
    photo, audio = pictures[row.values["photo_file"]], sounds[row.values["audio_file"]]
    return [
        *(Reject(row.key, row.number, public_name(photo.name), *one) for one in _picture_problems(photo, settings)),
        *(Reject(row.key, row.number, public_name(audio.name), *one) for one in _sound_problems(row, audio, settings)),
    ]


def _picture_problems(photo: Found, settings: IngestSettings) -> Iterator[tuple[str, str]]:
    if photo.reason:
        yield photo.reason, photo.detail
    elif min(photo.measures["width"], photo.measures["height"]) < settings.min_side:
        size = f"{photo.measures['width']} x {photo.measures['height']} pixels"
        yield "too small", f"{size}; a side must have at least {settings.min_side}"


def _sound_problems(row: Row, audio: Found, settings: IngestSettings) -> Iterator[tuple[str, str]]:
    if audio.reason:
        yield audio.reason, audio.detail
        return
    seconds, level = audio.measures["seconds"], audio.measures["level"]
    if problem := _length_problem(row.values.get("duration", ""), seconds):
        yield "wrong length", problem
    if seconds > settings.longest:
        yield "too long", f"{seconds:.2f} s; at most {settings.longest:g}"
    elif seconds < settings.shortest:
        yield "too short", f"{seconds:.2f} s; at least {settings.shortest:g}"
    if level < settings.silence:
        yield "silent", f"{level:.1f} dB in its loudest {settings.seconds:g} s; at least {settings.silence:g}"
    elif (movement := audio.measures["movement"]) < settings.silence:
        yield "constant", f"{movement:.1f} dB about its mean; at least {settings.silence:g}"


def _length_problem(declared: str, seconds: float) -> str:
    if not declared:
        return ""
    try:
        wanted = float(declared)
    except ValueError:
        return f"the manifest says {declared!r:.40}, which is no number of seconds"
    if not abs(seconds - wanted) <= max(TOLERANCE_SECONDS, TOLERANCE_SHARE * seconds):
        return f"{seconds:.2f} s; the manifest says {wanted:g}"
    return ""
