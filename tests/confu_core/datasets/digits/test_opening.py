"""Options of digits, splits of recordings, and pairs."""

from __future__ import annotations

import itertools
from pathlib import Path

import numpy as np
import pytest
from digit_sounds import fake_espeak, folder_per_digit, mnist_folder, tone, wav, write

from confu_core.datasets import open_source
from confu_core.datasets.digits import open_digits
from confu_core.datasets.digits.opening import pair_rows, split_recordings
from confu_core.errors import ConfuError, DatasetError, InvalidValue


def test_the_reduction_is_fitted_on_training_pictures_alone(tmp_path: Path, folder: Path) -> None:
    mnist_folder(tmp_path)
    options = {"images": str(tmp_path), "sounds": str(folder)}
    before = open_digits(**options).reduction
    path = tmp_path / "t10k-images-idx3-ubyte"
    data = path.read_bytes()
    path.write_bytes(data[:16] + bytes(len(data) - 16))
    after = open_digits(**options).reduction
    assert np.array_equal(before.components, after.components) and np.array_equal(before.mean, after.mean)


def test_espeak_and_a_folder_together(tmp_path: Path, folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PATH", str(fake_espeak(tmp_path)), prepend=":")
    recipe = open_source(
        f"digits:?sounds={folder},espeak&voices=f1,m1&takes=1&train=20&validation=10&test=10&rate=16000"
    )
    assert recipe.config["recordings"]["programs"] == {"espeak-ng": "9.87"}
    assert recipe.config["rate"] == 16000
    speakers = set(itertools.chain(*recipe.information()["sounds"]["speakers"].values()))
    assert speakers == {"anna", "bert", "carl", "dora", "f1", "m1"}


def test_fewer_speakers_keep_recordings_apart_and_fewer_recordings_nothing(tmp_path: Path) -> None:
    many = open_digits(sounds=str(folder_per_digit(tmp_path / "many", ("anna",), takes=4)))
    assert many.apart == "recordings"
    names = {split: {one.sha256 for one in mine} for split, mine in many.recordings.items()}
    assert sum(map(len, names.values())) == len(set.union(*names.values())) == 40
    assert all({one.digit for one in mine} == set(range(10)) for mine in many.recordings.values())
    few = open_digits(sounds=str(folder_per_digit(tmp_path / "few", ("anna",))))
    assert few.apart == "nothing" and any("flatters" in one for one in few.information()["limits"])
    with pytest.raises(DatasetError, match="to keep recordings apart there must be at least 3 of every digit; got 1"):
        split_recordings(few.recordings["train"], "recordings", 0)
    with pytest.raises(DatasetError, match="at least 3 of all ten digits; got 1 named"):
        split_recordings(many.recordings["train"], "speakers", 0)


def test_pairs_are_distinct_and_use_everything_equally() -> None:
    pictures, recordings = [np.arange(6), np.arange(6, 10)], [np.arange(4), np.arange(4, 10)]
    pairs = pair_rows(pictures, recordings, 40, "train", 3)
    assert len(set(map(tuple, pairs.tolist()))) == 40
    assert np.bincount(pairs[:, 0]).tolist() == [4] * 10
    assert np.ptp(np.bincount(pairs[pairs[:, 0] < 6, 1])) == 0
    once = pair_rows(pictures, recordings, 10, "train", 3)
    assert sorted(once[:, 0].tolist()) == list(range(10))
    with pytest.raises(InvalidValue, match="6 pictures and 4 recordings of class 0 make 24; it needs 25"):
        pair_rows(pictures, recordings, 42, "train", 3)


@pytest.mark.parametrize(
    ("options", "message"),
    [
        ("removed=1", r"removed must be in \[0, 1\); got 1"),
        ("removed=half", "removed must be a number; got 'half'"),
        ("snr=nan", "snr must be a number; got 'nan'"),
        ("snr=1000", r"snr must be in \[-60, 100\] dB"),
        ("noise=brown", "noise must be none, or some of white, pink, babble"),
        ("vary=2", r"vary must be in \[0, 1\]"),
        ("captions=poem", "captions must be word or phrase; got 'poem'"),
        ("rate=44100", "rate must be 8000 or 16000 Hz; got 44100"),
        ("seconds=0", r"seconds must be in \[0.25, 10\]"),
        ("train=-1", "train must be a whole number of at least 1; got '-1'"),
        ("seed=x", "seed must be a whole number"),
        ("apart=people", "apart must be auto, speakers, recordings, nothing; got 'people'"),
        ("train=100000", "train must ask for no more pairs than there are"),
        ("languages=", "languages must be 'all'"),
        ("remove=1", "has no option 'remove'; did you mean 'removed'"),
    ],
)
def test_options_outside_their_constraints_are_one_line(folder: Path, options: str, message: str) -> None:
    with pytest.raises(ConfuError, match=message) as caught:
        open_source(f"digits:?sounds={folder}&{options}")
    assert "\n" not in str(caught.value)


def test_a_path_and_missing_digits_are_refused(tmp_path: Path, folder: Path) -> None:
    with pytest.raises(InvalidValue, match="digits: takes no path"):
        open_source("digits:/data")
    with pytest.raises(InvalidValue, match="each once"):
        open_digits(sounds=f"{folder},{folder}")
    for digit in range(8):
        write(tmp_path / str(digit) / "anna_0.wav", wav(tone(digit, 0)))
    with pytest.raises(DatasetError, match="must be of all ten digits; they lack eight, nine"):
        open_digits(sounds=str(tmp_path))
