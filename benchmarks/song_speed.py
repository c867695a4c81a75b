"""Milliseconds of each stage of a recording, on one core: `python benchmarks/song_speed.py [--seconds 10]`."""

from __future__ import annotations

import argparse
import time
from collections.abc import Callable

import numpy as np

from birdmml.song import encode_flac
from birdmml.song.air import path_through
from birdmml.song.recording import record
from birdmml.song.site import draw_circumstances, draw_site
from birdmml.song.stage import perform
from birdmml.song.surroundings import surroundings
from birdmml.song.voice import voice_of, write_score
from birdmml.species import Song, load_species
from confu_core.random import generator


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--seconds", type=float, default=3.0)
    parser.add_argument("--sample-rate", type=int, default=22_050)
    parser.add_argument("--rounds", type=int, default=3)
    parser.add_argument("--shift", action="store_true")
    options = parser.parse_args()
    songs = [species.song for species in load_species()]
    best: dict[str, np.ndarray] = {}
    for number in range(options.rounds + 1):  # The first round fills the banks of noise and is not counted.
        rounds = [
            stages(song, f"{index}", options.seconds, options.sample_rate, options.shift)
            for index, song in enumerate(songs)
        ]
        for stage in rounds[0] if number else ():
            times = np.array([1000 * one[stage] for one in rounds])
            best[stage] = np.minimum(best.get(stage, np.inf), times)
    print(f"{len(songs)} species, {options.seconds:g} s at {options.sample_rate} Hz, best of {options.rounds}")
    print("ms of processor time     mean  median     95%")
    for stage, times in best.items():
        print(f"{stage:22s} {np.mean(times):7.3f} {np.median(times):7.3f} {np.quantile(times, 0.95):7.3f}")


def stages(song: Song, name: str, seconds: float, rate: int, shift: bool) -> dict[str, float]:
    spent = {}

    def timed(stage: str, work: Callable, *arguments: object, **named: object) -> object:
        start = time.process_time()
        result = work(*arguments, **named)
        spent[stage] = time.process_time() - start
        return result

    def streams() -> dict[str, np.random.Generator]:
        return {part: generator(0, part, name) for part in ("individual", "scene", "take")}

    clip = round(seconds * rate)
    drawn = timed("streams", streams)
    voice = timed("voice", voice_of, song, drawn["individual"])
    site = timed("site", draw_site, drawn["scene"], shift)
    score = timed("score", write_score, voice, seconds, rate, drawn["take"])
    around = timed("circumstances", draw_circumstances, site, seconds, drawn["take"])
    path = timed("path", path_through, site, around.distance_m, rate)
    timed("perform", perform, voice, score, clip, path, drawn["take"])
    timed("surroundings", surroundings, site, around, path, clip)
    made = timed("record, all", record, song, seconds=seconds, sample_rate=rate, shift=shift, **streams())
    samples = timed("mix", made.mix, rate)
    spent["sing"] = spent["record, all"] + spent["mix"] - spent["streams"]
    timed("FLAC", encode_flac, samples, rate)
    return spent


if __name__ == "__main__":
    main()
