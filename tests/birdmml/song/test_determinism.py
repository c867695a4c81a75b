from __future__ import annotations

import hashlib
import os
import subprocess
import sys
from pathlib import Path

import numpy as np
from song_rows import SONGS, streams

from birdmml.song import encode_flac, sing
from birdmml.species import Song

PROGRAM = """
import hashlib, sys
sys.path.insert(0, sys.argv[1])
from song_rows import SONGS, streams
from birdmml.song import encode_flac, sing
made = {kind: encode_flac(sing(song, **streams(3))[0], 22050) for kind, song in reversed(SONGS.items())}
print(hashlib.sha256(b"".join(made[kind] for kind in SONGS)).hexdigest())
"""


def test_equal_streams_give_equal_bytes_in_any_order() -> None:
    kinds = list(SONGS)[::3]
    first = {kind: sing(SONGS[kind], **streams(1)) for kind in kinds}
    sing(SONGS["trill"], seconds=0.7, sample_rate=16_000, **streams(2), shift=True)
    for kind in reversed(kinds):
        samples, facts = sing(SONGS[kind], **streams(1))
        assert samples.tobytes() == first[kind][0].tobytes()
        assert facts == first[kind][1]


def test_another_process_with_other_threads_makes_the_same_bytes() -> None:
    here = str(Path(__file__).parent)
    environment = {**os.environ, "OMP_NUM_THREADS": "2", "OPENBLAS_NUM_THREADS": "2"}
    other = subprocess.run(
        [sys.executable, "-c", PROGRAM, here], capture_output=True, text=True, check=True, env=environment
    )
    made = hashlib.sha256(b"".join(encode_flac(sing(song, **streams(3))[0], 22_050) for song in SONGS.values()))
    assert other.stdout.strip() == made.hexdigest()


def test_every_stream_matters() -> None:
    song = SONGS["slur"]
    base = sing(song, **streams(0))[0]
    for part in ("individual", "scene", "take"):
        assert not np.array_equal(base, sing(song, **streams(0, **{part: 1}))[0]), part
    assert not np.array_equal(base, sing(song, **streams(0), shift=True)[0])


def test_equal_songs_sound_equal_whatever_the_type_of_their_numbers() -> None:
    whole = Song(("slur",), 2000, 5000, 3, "AA", 1, 1, 0)
    floating = Song(("slur",), 2000.0, 5000.0, 3.0, "AA", 1, 1.0, 0.0)
    from birdmml.song.voice import species_manner

    made = []
    for song in (whole, floating):
        species_manner.cache_clear()
        made.append(sing(song, **streams(0))[0])
    assert np.array_equal(*made)


def test_the_individual_leaves_the_site_alone() -> None:
    song = SONGS["whistle"]
    one, other = (sing(song, **streams(0, individual=bird))[1] for bird in (1, 2))
    assert (one.weather, one.distance_m, one.snr_db) == (other.weather, other.distance_m, other.snr_db)


def test_the_type_of_a_number_does_not_matter() -> None:
    plain = sing(SONGS["drum"], seconds=1, sample_rate=16_000, **streams(0))[0]
    other = sing(SONGS["drum"], seconds=np.float64(1), sample_rate=np.int64(16_000), **streams(0))[0]
    assert np.array_equal(plain, other)
