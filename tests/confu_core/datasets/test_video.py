"""Frames and sound of videos, and the averaging of several frames."""

from __future__ import annotations

import io
import os
import socket
import sys
from pathlib import Path

import numpy as np
import pytest
import soundfile
import torch
from known_sets import RATE, write_video
from PIL import Image

from confu_core.datasets.video import (
    FRAME_EDGE,
    frames_at,
    is_silent,
    middle_frames,
    parse_every,
    parse_frames,
    read_video,
)
from confu_core.encoders import AveragedFrames, PictureEncoder
from confu_core.errors import DatasetError, InvalidValue
from confu_core.inputs import Frames, InputSpec, Picture, decode_picture
from confu_core.inputs.picture import decode_frames
from confu_core.media.model import make_model
from confu_core.media.settings import MediaSettings
from confu_core.shards.verify import media_problem


@pytest.fixture(scope="module")
def clip(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """24 frames of the greys 0, 10, ... 230, and a tone of 440 Hz."""
    path = tmp_path_factory.mktemp("video") / "clip.mp4"
    write_video(path, range(0, 240, 10), 440.0)
    return path


def test_frames_are_evenly_spaced(clip: Path) -> None:
    found = decode_frames(read_video(clip, 8).frames, 8, 8)[:, 0, 4, 4].astype(int)
    np.testing.assert_allclose(found, np.array([1, 4, 7, 10, 13, 16, 19, 22]) * 10, atol=4)
    assert decode_picture(read_video(clip, 1).frames, 8)[0, 4, 4] == pytest.approx(120, abs=4)


def test_middle_frames_by_their_definition() -> None:
    for total in (1, 2, 7, 8, 250):
        for wanted in (1, 3, 8):
            assert middle_frames(total, wanted) == [int((part + 0.5) / wanted * total) for part in range(wanted)]


def test_frames_of_every_so_many_seconds(clip: Path) -> None:
    """At 25 frames in a second every 0.2 s is every fifth frame; behind the end it is the last one."""
    found = decode_frames(read_video(clip, 6, 0.2).frames, 8, 6)[:, 0, 4, 4].astype(int)
    np.testing.assert_allclose(found, np.array([5, 10, 15, 20, 23, 23]) * 10, atol=4)
    assert frames_at(250, 19, 0.5, 25.0) == [int(0.5 * (k + 1) * 25) for k in range(19)]
    with pytest.raises(InvalidValue, match=r"every must be seconds in \[0, 600\], 0 for evenly spaced frames; got x"):
        parse_every("x")


def test_how_frames_are_spaced_is_said_where_they_are_not_even() -> None:
    spaced = InputSpec({"image": Frames("image", count=3, every=0.5)})
    assert InputSpec.from_dict(spaced.as_dict()) == spaced
    assert "every" not in InputSpec({"image": Frames("image", count=3)}).as_dict()["image"]
    with pytest.raises(InvalidValue, match=r"every of 'image' must be in \[0, 600\] s; got -1"):
        Frames("image", every=-1.0)


def test_sound_is_the_track_itself(clip: Path) -> None:
    data = read_video(clip).sound
    assert data is not None and media_problem(data, "flac") is None
    samples, rate = soundfile.read(io.BytesIO(data))
    assert rate == RATE and samples.ndim == 1
    assert len(samples) / rate == pytest.approx(24 / 25, abs=0.1)
    loudest = np.abs(np.fft.rfft(samples)).argmax() * rate / len(samples)
    assert loudest == pytest.approx(440, abs=3)


def test_the_same_file_gives_the_same_bytes(clip: Path) -> None:
    assert read_video(clip) == read_video(clip)


def test_a_reader_of_pictures_sees_the_first_frame(clip: Path) -> None:
    data = read_video(clip).frames
    assert media_problem(data, "webp") is None
    np.testing.assert_array_equal(decode_picture(data, 16), decode_frames(data, 16, 8)[0])
    np.testing.assert_array_equal(decode_frames(data, 16, 16)[::2], decode_frames(data, 16, 8))


def test_equal_frames_keep_their_weight(tmp_path: Path) -> None:
    write_video(tmp_path / "still.mp4", [50] * 9 + [200] * 3)  # The writer joins the frames that are equal.
    found = decode_frames(read_video(tmp_path / "still.mp4", 4).frames, 8, 4)[:, 0, 4, 4].astype(int)
    np.testing.assert_allclose(found, [50, 50, 50, 200], atol=4)
    write_video(tmp_path / "one.mp4", [50] * 9)
    assert decode_frames(read_video(tmp_path / "one.mp4", 4).frames, 8, 4).shape == (4, 3, 8, 8)


def test_large_frames_are_reduced_and_silent_videos_have_no_sound(tmp_path: Path) -> None:
    write_video(tmp_path / "large.mp4", [100, 110], size=(1280, 720))
    found = read_video(tmp_path / "large.mp4", 2)
    assert found.sound is None
    with Image.open(io.BytesIO(found.frames)) as image:
        assert min(image.size) == FRAME_EDGE and image.n_frames == 2
    assert read_video(tmp_path / "large.mp4", 5).frames  # More frames than it has: some are taken twice.


def test_videos_that_cannot_be_read(clip: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    whole = clip.read_bytes()
    (tmp_path / "cut.mp4").write_bytes(whole[: len(whole) // 2])
    (tmp_path / "list.mp4").write_text(f"#EXTM3U\n#EXTINF:1\n{clip}\n")
    (tmp_path / "concat.mp4").write_text(f"ffconcat version 1.0\nfile {clip}\n")
    (tmp_path / "empty.mp4").touch()
    for name in ("cut", "list", "concat", "empty", "missing"):
        with pytest.raises(DatasetError, match=f"{name}.mp4 (cannot be decoded|has no)") as found:
            read_video(tmp_path / f"{name}.mp4")
        assert "\n" not in str(found.value)
    (tmp_path / "list.m3u8").write_text(f"#EXTM3U\n#EXTINF:1\n{clip}\n")
    with pytest.raises(DatasetError, match="must be a video that ends in .mp4"):
        read_video(tmp_path / "list.m3u8")
    for name, value, line in (
        ("PIXEL_LIMIT", 1000, "has 64 x 48 pixels; at most 1000 are decoded"),
        ("DURATION_LIMIT", 0.5, "is longer than 0.5 s"),
        ("FILE_LIMIT", 100, "videos of up to 100 bytes are read"),
    ):
        with monkeypatch.context() as changed, pytest.raises(DatasetError, match=line):
            changed.setattr(f"confu_core.datasets.video.{name}", value)
            read_video(clip)


@pytest.mark.parametrize("kind", ["pipe", "socket", "folder", "device"])
def test_what_is_no_file_is_refused_without_waiting(kind: str, tmp_path: Path) -> None:
    path = tmp_path / "odd.mp4"
    with socket.socket(socket.AF_UNIX) as listener:
        if kind == "pipe":
            os.mkfifo(path)
        elif kind == "socket":
            listener.bind(os.path.relpath(path))  # Names of sockets are short.
        elif kind == "folder":
            path.mkdir()
        else:
            path.symlink_to(os.devnull)
        with pytest.raises(DatasetError) as found:
            read_video(path)
        assert str(found.value) == f"{path} is not a regular file, as a video must be"
        assert not is_silent(path)


def test_damaged_videos_raise_nothing_of_their_own(clip: Path, tmp_path: Path) -> None:
    whole = clip.read_bytes()
    rng = np.random.default_rng(0)
    refused = 0
    for number in range(40):
        damaged = bytearray(whole)
        for at in rng.integers(len(whole), size=20):
            damaged[at] = rng.integers(256)
        path = tmp_path / f"{number}.mp4"
        path.write_bytes(damaged)
        try:
            read_video(path)
        except DatasetError as error:
            refused += 1
            assert "\n" not in str(error)
    assert refused > 0


def test_without_pyav_one_line_says_what_to_install(clip: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "av", None)
    with pytest.raises(InvalidValue, match=r'PyAV, which is missing; pip install "confu-bench\[video\]"'):
        read_video(clip)


@pytest.mark.parametrize("text", ["0", "65", "-1", "x", "8.0", ""])
def test_numbers_of_frames_outside_their_range(text: str) -> None:
    with pytest.raises(InvalidValue, match=r"frames must be in \[1, 64\]"):
        parse_frames(text)


def test_frames_travel_in_a_spec() -> None:
    spec = InputSpec({"image": Frames("image", side=32, count=4), "other": Picture("other")})
    assert InputSpec.from_dict(spec.as_dict()) == spec
    assert spec.inputs["image"].shape == (4, 3, 32, 32)
    with pytest.raises(InvalidValue, match=r"count of 'image' must be in \[1, 64\] frames; got 0"):
        Frames("image", count=0)


def test_features_of_frames_are_averaged() -> None:
    encoder = PictureEncoder(8, 16)
    frames = torch.randint(0, 256, (3, 5, 3, 32, 32), dtype=torch.uint8)
    expected = torch.stack([encoder(frames[:, at]) for at in range(5)]).mean(0)
    torch.testing.assert_close(AveragedFrames(encoder)(frames), expected)


def test_a_model_of_a_run_averages_them() -> None:
    kinds = {"image": Frames("image", side=32, count=3), "other": Picture("other", side=32)}
    model = make_model(MediaSettings(data="x", method="clip", width=8), kinds, None)
    assert isinstance(model.encoders[0], AveragedFrames)
    assert not isinstance(model.encoders[1], AveragedFrames)
