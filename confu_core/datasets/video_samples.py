"""Samples whose picture and sound are those of one video."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import PurePosixPath

from confu_core.datasets.listed import Cell, Item
from confu_core.datasets.media_root import MediaRoot
from confu_core.datasets.video import is_silent, read_video
from confu_core.errors import DatasetError, InvalidValue
from confu_core.inputs.spec import FRAMES_LIMIT, Frames, Picture

__all__ = ["Videos", "frames_input", "parse_frames", "with_sound"]

_MEND = "restore the file, or remove it and read the rest with missing=leave_out"


@dataclass(frozen=True)
class Videos:
    """Samples whose picture and sound are those of one video.

    Attributes
    ----------
    frames : int
        How many are taken of each.
    """

    frames: int

    @property
    def parts(self) -> Mapping[str, str]:
        """Picture and sound."""
        return {"image": "webp", "audio": "flac"}

    def open(self, root: MediaRoot, item: Item) -> dict[str, Cell]:
        """Return frames and sound of the sample's video."""
        name = item.files["video"]
        stem = PurePosixPath(name).stem
        try:
            clip = read_video(root.file(name), self.frames)
        except DatasetError as error:
            raise DatasetError(f"{error}; {_MEND}") from error
        if clip.sound is None:
            raise DatasetError(f"{root.file(name)} has a sound track without a sound; {_MEND}")
        media = {"image": (clip.frames, "webp"), "audio": (clip.sound, "flac")}
        return {column: {"bytes": data, "path": f"{stem}.{part}"} for column, (data, part) in media.items()}


def with_sound(root: MediaRoot, items: Mapping[str, Sequence[Item]]) -> tuple[dict[str, list[Item]], int]:
    """Leave out samples whose video has no sound track.

    Parameters
    ----------
    root : MediaRoot
        Where the videos lie; the header of each is read.
    items : mapping of str to sequence of Item
        By split.

    Returns
    -------
    tuple of (dict, int)
        The others, and how many were left out.
    """
    kept = {
        split: [one for one in listed if not is_silent(root.file(one.files["video"]))]
        for split, listed in items.items()
    }
    return kept, sum(map(len, items.values())) - sum(map(len, kept.values()))


def parse_frames(text: str) -> int:
    """Read the option ``frames``.

    Parameters
    ----------
    text : str
        What the user wrote.

    Returns
    -------
    int
        In [1, `FRAMES_LIMIT`].

    Raises
    ------
    InvalidValue
        If it is anything else.

    Examples
    --------
    >>> parse_frames("8")
    8
    """
    if not (text.isascii() and text.isdigit() and len(text) < 4 and 1 <= int(text) <= FRAMES_LIMIT):
        raise InvalidValue(f"frames must be in [1, {FRAMES_LIMIT}]; got {text}")
    return int(text)


def frames_input(count: int) -> Picture:
    """Return what the pictures of videos are to training.

    Parameters
    ----------
    count : int
        Frames of each.

    Returns
    -------
    Picture
        A `Frames` where there are several, whose features are averaged.

    Examples
    --------
    >>> frames_input(8).shape, frames_input(1).shape
    ((8, 3, 64, 64), (3, 64, 64))
    """
    return Frames("image", count=count) if count > 1 else Picture("image")
