"""Stand-ins for SSW60 and VB100: videos of generated birds in folders laid out exactly as those of the two datasets.

The birds are of the species of a built Bird-MML dataset, made to the same dials, and other individuals: another seed
draws them. SSW60's are of all but the last quarter of the species, VB100's of all but the first; VB100's are birds of
the split `shift`, in circumstances that were never trained on. In a video a window wanders over the picture of one
bird, which is partly out of sight at times, while its recording plays again and again. Usage:

    python examples/bird_videos.py data/birds --out data/videos --seed 1 --videos 12
"""

from __future__ import annotations

import argparse
import csv
import io
from collections import defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

import av
import numpy as np
import soundfile
from PIL import Image

from birdmml.data import BirdRecipe, open_birds, recipe_of, species_of
from birdmml.settings import Settings
from birdmml.species import Species

FPS, SECONDS = 4, 10  # Of a video.
WINDOW = 0.75  # Side of what is seen, of that of the picture.
EVEN = 16  # Sides are multiples of it, as codecs have them.
TESTED = 3  # One of so many videos is to test on.

Row = dict[str, Any]


def main() -> None:
    """Write both datasets."""
    parser = argparse.ArgumentParser(description="Write stand-ins for SSW60 and VB100, of generated birds.")
    parser.add_argument("data", type=Path, help="folder of a Bird-MML dataset that was generated")
    parser.add_argument("--out", type=Path, required=True)
    parser.add_argument("--seed", type=int, default=1, help="another one than that of the data")
    parser.add_argument("--videos", type=int, default=12, help="of each species; a third of them is to test on")
    given = parser.parse_args()
    settings = recipe_of(open_birds(given.data).manifest).settings
    if given.seed == settings.seed:
        parser.error(f"--seed must be another one than {settings.seed}, with which the data were built")
    species = species_of(settings)
    quarter = len(species) // 4
    alike = of_each(settings, given.seed, given.videos)
    write_ssw60(given.out / "ssw60", species[: len(species) - quarter], drawn(alike, "test"))
    write_vb100(given.out / "vb100", species[quarter:], drawn(alike, "shift"))


def of_each(settings: Settings, seed: int, videos: int) -> Settings:
    """Return the same dials for other individuals, as many of each species in every split."""
    even = (0.25,) * 4
    return replace(
        settings, seed=seed, per_species=4 * videos, split_shares=even, imbalance=1.0, group_weights={}, audio_reuse=0.0
    )


def drawn(settings: Settings, split: str) -> dict[str, list[Row]]:
    """Draw a split, by species."""
    found = defaultdict(list)
    for row in BirdRecipe(settings).rows(split, 0, settings.splits[split]).to_pylist():
        found[row["species"]].append(row)
    return found


def write_ssw60(root: Path, species: Sequence[Species], birds: dict[str, list[Row]]) -> None:
    """Write `taxa.csv`, `video_ml.csv` and a video for each row of it."""
    taxa, videos = [], []
    for label, one in enumerate(species):
        code = "".join(filter(str.isalpha, one.common_name.lower()))[:6]
        taxa.append((label, code, "", "", "", one.common_name, one.scientific_name, one.family, one.order))
        for number, bird in enumerate(birds[one.common_name]):
            asset = 1000 * (label + 1) + number
            write_video(root / f"video_ml/{asset}.mp4", bird, asset)
            split = "train" if number % TESTED else "test"
            videos.append((asset, label, split, FPS, FPS * SECONDS, SECONDS, 1))
    names = ["species_code", "inat_taxon_id", "inat2021_label", "nabirds_labels", "common_name", "scientific_name"]
    write_table(root / "taxa.csv", ["label", *names, "family", "order"], taxa)
    lengths = ["fps", "frame_count", "duration_seconds"]
    write_table(root / "video_ml.csv", ["asset_id", "label", "split", *lengths, "reliable_audio"], videos)
    print(f"{root}: {len(videos)} videos of {len(taxa)} species")


def write_vb100(root: Path, species: Sequence[Species], birds: dict[str, list[Row]]) -> None:
    """Write the lists of videos to train and to test on, and a folder of videos for each species."""
    lists: dict[str, list[str]] = {"train": [], "test": []}
    for label, one in enumerate(species, 1):
        name = one.common_name.replace(" ", "_")
        for number, bird in enumerate(birds[one.common_name]):
            file = f"{name}/{name}_{number + 1:05d}.mp4"
            write_video(root / "vb100_video" / file, bird, 1000 * label + number)
            lists["train" if number % TESTED else "test"].append(f"{file} {label}")
    for split, lines in lists.items():
        (root / f"{split}_video.txt").write_text("\n".join(lines) + "\n", encoding="utf-8")
    print(f"{root}: {sum(map(len, lists.values()))} videos of {len(species)} species")


def write_table(path: Path, header: Sequence[str], rows: Iterable[Sequence[object]]) -> None:
    """Write a CSV."""
    with path.open("w", newline="", encoding="utf-8") as file:
        csv.writer(file).writerows([header, *rows])


def write_video(path: Path, bird: Row, seed: int) -> None:
    """Write a window that wanders over the picture of a bird, with its recording over and over again."""
    path.parent.mkdir(parents=True, exist_ok=True)
    picture = np.asarray(Image.open(io.BytesIO(bird["image"]["bytes"])).convert("RGB"))
    samples, rate = soundfile.read(io.BytesIO(bird["audio"]["bytes"]), dtype="int16")
    side = int(WINDOW * len(picture)) // EVEN * EVEN
    with av.open(str(path), "w") as file:
        video = file.add_stream("mpeg4", rate=FPS)
        video.width, video.height, video.pix_fmt, video.bit_rate = side, side, "yuv420p", 500_000
        sound = file.add_stream("aac", rate=rate, layout="mono")
        for top, left in wandering(len(picture) - side, seed):
            seen = np.ascontiguousarray(picture[top : top + side, left : left + side])
            file.mux(video.encode(av.VideoFrame.from_ndarray(seen, format="rgb24")))
        file.mux(video.encode(None))
        frame = av.AudioFrame.from_ndarray(np.resize(samples, (1, rate * SECONDS)), format="s16", layout="mono")
        frame.sample_rate = rate
        file.mux(sound.encode(frame))
        file.mux(sound.encode(None))


def wandering(room: int, seed: int) -> list[tuple[int, int]]:
    """Return where the window is in each frame: waves of two lengths, from edge to edge of the picture."""
    rng = np.random.default_rng(seed)
    turns, begin = rng.uniform(((0.5, 0.5), (0.0, 0.0)), ((1.5, 1.5), (1.0, 1.0)))
    time = np.linspace(0, 1, FPS * SECONDS, endpoint=False)[:, None]
    places = np.rint(room * (1 + np.sin(2 * np.pi * (turns * time + begin))) / 2)
    return [(int(top), int(left)) for top, left in places]


if __name__ == "__main__":
    main()
