"""Videos: from a file to a few frames, evenly spaced, and its sound; and samples that are made of these."""

from __future__ import annotations

import stat
from collections.abc import Iterator
from dataclasses import dataclass
from itertools import chain
from pathlib import Path, PurePosixPath
from typing import TYPE_CHECKING, Any

import numpy as np

from confu_core.datasets.listed import Item, Opener
from confu_core.datasets.media_root import FILE_LIMIT, MediaRoot
from confu_core.datasets.sources import natural, real
from confu_core.errors import DatasetError, InvalidValue
from confu_core.inputs.picture import PIXEL_LIMIT, encode_image
from confu_core.inputs.sound import DURATION_LIMIT, encode_flac
from confu_core.inputs.spec import FRAMES_LIMIT, Frames, Input, Picture, Sound

if TYPE_CHECKING:
    from PIL.Image import Image

PARTS = {"image": "webp", "audio": "flac"}
FRAME_EDGE = 512  # Pixels of the shorter side that a frame is reduced to.
QUALITY = 90
EFFORT = 2  # Of the encoder, of 6: more of it saves a twentieth and takes twice the time.
SAMPLE_RATE, SECONDS = 22050, 10.0  # Of the recordings of SSW60.

_MEND = "restore the file, or remove it and read the rest with missing=leave_out"
_FRAMES_IN_FILE = 200_000
_SHOWN = 100  # Milliseconds of each frame: all alike, and as exact as any format has them.
_RATE_LIMIT = 200_000  # Hz.
# By the ending, so that a file cannot pass for a playlist, which would open other files.
_FORMATS = {".mp4": "mp4", ".m4v": "mp4", ".mov": "mp4", ".webm": "webm", ".mkv": "matroska", ".avi": "avi"}


@dataclass(frozen=True)
class Videos(Opener):
    """Samples whose picture and sound are those of one video, of which that many frames are taken."""

    frames: int
    every: float = 0.0  # Seconds from frame to frame; 0 where they are evenly spaced over the video.

    parts = PARTS
    libraries = ("av", "pillow", "soundfile")

    def open(self, root: MediaRoot, item: Item) -> dict[str, dict[str, Any]]:
        """Return frames and sound of the sample's video."""
        name = item.files["video"]
        try:
            clip = read_video(root.file(name), self.frames, self.every)
        except DatasetError as error:
            raise DatasetError(f"{error}; {_MEND}") from error
        if clip.sound is None:
            raise DatasetError(f"{root.file(name)} has a sound track without a sound; {_MEND}")
        media = {"image": clip.frames, "audio": clip.sound}
        stem = PurePosixPath(name).stem
        return {column: {"bytes": media[column], "path": f"{stem}.{part}"} for column, part in PARTS.items()}

    def usable(self, root: MediaRoot, item: Item) -> bool:
        """Return whether the video has a sound track by its header."""
        return not is_silent(root.file(item.files["video"]))


def bird_media(frames: int, every: float = 0.0) -> dict[str, Input]:
    """Return how pictures or videos, of which some frames are averaged, and recordings of birds are read for training.

    Examples
    --------
    >>> bird_media(8)["image"].shape, bird_media(1)["image"].shape
    ((8, 3, 64, 64), (3, 64, 64))
    """
    image = Frames("image", count=frames, every=every) if frames > 1 else Picture("image")
    return {"image": image, "audio": Sound("audio", SAMPLE_RATE, SECONDS)}


def parse_frames(text: str) -> int:
    """Read the option ``frames``, a number in [1, `FRAMES_LIMIT`]."""
    if not 1 <= (frames := natural(text, 3)) <= FRAMES_LIMIT:
        raise InvalidValue(f"frames must be in [1, {FRAMES_LIMIT}]; got {text}")
    return frames


def parse_every(text: str) -> float:
    """Read the option ``every``, seconds from frame to frame; 0 spaces them evenly over the video."""
    if not 0 <= (every := real(text)) <= DURATION_LIMIT:
        raise InvalidValue(f"every must be seconds in [0, {DURATION_LIMIT:g}], 0 for evenly spaced frames; got {text}")
    return every


def need_video() -> None:
    """Make sure that videos can be read, which PyAV does."""
    try:
        import av  # noqa: F401
    except ImportError as error:
        raise InvalidValue('videos are read by PyAV, which is missing; pip install "confu-bench[video]"') from error


@dataclass(frozen=True)
class Clip:
    """What is taken of a video."""

    frames: bytes  # An animated WebP: a reader of pictures sees the first frame, one of animations all of them.
    sound: bytes | None  # The first sound track as FLAC of 16 bits, at its own rate, mixed to one channel.


def middle_frames(total: int, wanted: int) -> list[int]:
    """Return which frames of a video are taken, the middle ones of as many equal parts; some twice where it has fewer.

    Examples
    --------
    >>> middle_frames(16, 8), middle_frames(3, 1), middle_frames(1, 2)
    ([1, 3, 5, 7, 9, 11, 13, 15], [1], [0, 0])
    """
    return [(2 * part + 1) * total // (2 * wanted) for part in range(wanted)]


def frames_at(total: int, wanted: int, every: float, rate: float) -> list[int]:
    """Return which frames of a video are those of every so many seconds, at a rate per second; the last where it ends.

    Examples
    --------
    >>> frames_at(16, 3, 0.5, 10.0)
    [5, 10, 15]
    """
    return [min(int(every * (number + 1) * rate), total - 1) for number in range(wanted)]


def read_video(path: Path, frames: int = 8, every: float = 0.0) -> Clip:
    """Take frames, whose shorter side is reduced to `FRAME_EDGE` pixels, and the sound of a video.

    Frames are evenly spaced over the video, or one every so many seconds.

    A `DatasetError` says what cannot be decoded, is cut, has no picture, or is larger or longer than what is read:
    `FILE_LIMIT` bytes, `PIXEL_LIMIT` pixels, `DURATION_LIMIT` seconds.

    Examples
    --------
    >>> read_video(Path("list.m3u8"))
    Traceback (most recent call last):
    confu_core.errors.DatasetError: list.m3u8 must be a video that ends in .mp4, .m4v, .mov, .webm, .mkv, .avi
    """
    need_video()
    import av

    if path.suffix.lower() not in _FORMATS:
        raise DatasetError(f"{path} must be a video that ends in {', '.join(_FORMATS)}")
    try:
        if path.stat().st_size > FILE_LIMIT:
            raise DatasetError(f"{path} has {path.stat().st_size} bytes; videos of up to {FILE_LIMIT} bytes are read")
        total, rate = _count(path)
        if every and not rate:
            raise DatasetError(f"{path} does not say how many frames it has in a second; leave out every")

        def chosen(total: int) -> list[int]:
            """Return which of so many frames are taken."""
            return frames_at(total, frames, every, rate) if every else middle_frames(total, frames)

        pictures, decoded = _pictures(path, chosen(total))
        if decoded < total:  # Packets that hold no frame of their own, or the end is missing: space them anew.
            pictures, _ = _pictures(path, chosen(max(1, decoded)))
        sound = _sound(path)
    except (av.error.FFmpegError, MemoryError, OSError, ValueError) as error:
        reason = getattr(error, "strerror", None) or str(error) or type(error).__name__
        raise DatasetError(f"{path} cannot be decoded: {reason.splitlines()[0]}") from error
    return Clip(_animation(pictures), sound)


def is_silent(path: Path) -> bool:
    """Return whether the header of a video tells no sound track; what is damaged is for `read_video` to say."""
    import av

    try:
        with _open(path) as container:
            return not container.streams.audio
    except (av.error.FFmpegError, DatasetError, KeyError, OSError, ValueError):
        return False


def _open(path: Path) -> Any:
    import av

    if not stat.S_ISREG(path.stat().st_mode):  # To open a pipe would take until somebody writes to it.
        raise DatasetError(f"{path} is not a regular file, as a video must be")
    return av.open(str(path), format=_FORMATS[path.suffix.lower()], metadata_errors="replace")


def _count(path: Path) -> tuple[int, float]:
    """Return the number of packets that hold pictures, without decoding any, and how many there are in a second."""
    with _open(path) as container:
        if not container.streams.video:
            raise DatasetError(f"{path} has no pictures")
        stream = container.streams.video[0]
        if stream.codec_context is None:
            raise DatasetError(f"{path} has pictures of an unknown kind")
        width, height = stream.codec_context.width, stream.codec_context.height
        if width * height > PIXEL_LIMIT:
            raise DatasetError(f"{path} has {width} x {height} pixels; at most {PIXEL_LIMIT} are decoded")
        total, last = 0, 0.0
        for packet in container.demux(stream):
            total += packet.size > 0
            last = max(last, float(packet.pts * packet.time_base) if packet.pts is not None else 0.0)
            if total > _FRAMES_IN_FILE or last > DURATION_LIMIT:
                raise DatasetError(f"{path} is longer than {DURATION_LIMIT:g} s or {_FRAMES_IN_FILE} frames")
        rate = float(stream.average_rate or 0)
    if not total:
        raise DatasetError(f"{path} has no pictures")
    return total, rate


def _pictures(path: Path, wanted: list[int]) -> tuple[list[Image], int]:
    """Return the wanted frames as far as there are, and how many were decoded."""
    found: dict[int, Image] = {}
    decoded = 0
    with _open(path) as container:
        for decoded, frame in enumerate(container.decode(container.streams.video[0]), 1):
            if decoded - 1 in wanted:
                if frame.width * frame.height > PIXEL_LIMIT:
                    raise DatasetError(f"{path} has more than {PIXEL_LIMIT} pixels")
                found[decoded - 1] = _reduced(frame.to_image())
            if decoded > _FRAMES_IN_FILE:
                raise DatasetError(f"{path} has more than {_FRAMES_IN_FILE} frames")
    if not decoded:
        raise DatasetError(f"{path} has no frame that can be decoded")
    return [found[at] for at in wanted if at in found], decoded


def _reduced(image: Image) -> Image:
    scale = FRAME_EDGE / min(image.size)
    return image if scale >= 1 else image.resize((round(image.width * scale), round(image.height * scale)))


def _animation(pictures: list[Image]) -> bytes:
    several = {"save_all": True, "append_images": pictures[1:], "duration": _SHOWN}
    rest: dict[str, Any] = several if len(pictures) > 1 else {}
    # Every frame whole, none as a change of the one before: their quality is then the same.
    how = {"quality": QUALITY, "method": EFFORT, "minimize_size": False, "kmin": 0, "kmax": 1}
    return encode_image(pictures[0], "webp", **how, **rest)


def _sound(path: Path) -> bytes | None:
    with _open(path) as container:
        if not container.streams.audio:
            return None
        if container.streams.audio[0].codec_context is None:
            raise DatasetError(f"{path} has sound of an unknown kind")
        rate = container.streams.audio[0].codec_context.sample_rate
        if not 1000 <= rate <= _RATE_LIMIT:
            raise DatasetError(f"{path} has sound at {rate} Hz; rates of 1000 to {_RATE_LIMIT} Hz are read")
        blocks, length = [], 0
        for block in _mixed(container, rate):
            blocks.append(block)
            length += len(block)
            if length > DURATION_LIMIT * rate:
                raise DatasetError(f"{path} has sound of more than {DURATION_LIMIT:g} s")
    return encode_flac(np.concatenate(blocks), rate) if length else None


def _mixed(container: Any, rate: int) -> Iterator[np.ndarray]:
    from av.audio.resampler import AudioResampler

    resampler = AudioResampler(format="s16", layout="mono", rate=rate)
    for frame in chain(container.decode(container.streams.audio[0]), [None]):  # At the end, what it holds back.
        for part in resampler.resample(frame):
            yield part.to_ndarray()[0]
