"""Small datasets in exactly the formats of their authors, of which everything is known."""

from __future__ import annotations

import csv
import io
import pickle
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import numpy as np
import soundfile
from PIL import Image

FPS, RATE = 25, 22050
TAXA = [
    (0, "cangoo", "Canada Goose", "Branta canadensis", "Anatidae (Ducks, Geese, and Waterfowl)", "Anseriformes"),
    (1, "amerob", "American Robin", "Turdus migratorius", "Turdidae (Thrushes and Allies)", "Passeriformes"),
]


def write_video(path: Path, greys: Sequence[int], tone: float | None = None, size: tuple[int, int] = (64, 48)) -> None:
    """Write frames of one grey each, and a tone of as many seconds."""
    import av

    path.parent.mkdir(parents=True, exist_ok=True)
    with av.open(str(path), "w") as file:
        video = file.add_stream("mpeg4", rate=FPS)
        video.width, video.height, video.pix_fmt, video.bit_rate = *size, "yuv420p", 2_000_000
        sound = None if tone is None else file.add_stream("aac", rate=RATE, layout="mono")
        for grey in greys:
            pixels = np.full((size[1], size[0], 3), grey, np.uint8)
            file.mux(video.encode(av.VideoFrame.from_ndarray(pixels, format="rgb24")))
        file.mux(video.encode(None))
        if sound is not None:
            time = np.arange(RATE * len(greys) // FPS) / RATE
            wave = (np.sin(2 * np.pi * (tone or 0) * time) * 8000).astype(np.int16)
            frame = av.AudioFrame.from_ndarray(wave[None], format="s16", layout="mono")
            frame.sample_rate = RATE
            file.mux(sound.encode(frame))
            file.mux(sound.encode(None))


def write_picture(path: Path, color: tuple[int, int, int]) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    Image.new("RGB", (24, 16), color).save(path, "jpeg")


def write_wav(path: Path, tone: float) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    soundfile.write(path, 0.3 * np.sin(2 * np.pi * tone * np.arange(RATE // 10) / RATE), RATE, subtype="PCM_16")


def write_csv(path: Path, header: Sequence[str], rows: Sequence[Sequence[object]]) -> None:
    with path.open("w", newline="", encoding="utf-8") as file:
        csv.writer(file).writerows([header, *rows])


def write_ssw60(root: Path, videos: bool = True) -> Path:
    """Two species, each with 4 training and 2 test assets of every kind."""
    root.mkdir(parents=True, exist_ok=True)
    taxa = [(n, code, 10 + n, 20 + n, "57 457", common, name, *rest) for n, code, common, name, *rest in TAXA]
    names = ["species_code", "inat_taxon_id", "inat2021_label", "nabirds_labels", "common_name", "scientific_name"]
    write_csv(root / "taxa.csv", ["label", *names, "family", "order"], taxa)
    places = [(label, at, "train" if at < 4 else "test") for label in (0, 1) for at in range(6)]
    more = ["fps", "frame_count", "duration_seconds", "reliable_audio"]
    rows = [(1000 + 10 * label + at, label, split, 25, 24, 0.96, int(at != 1)) for label, at, split in places]
    write_csv(root / "video_ml.csv", ["asset_id", "label", "split", *more], rows)
    (root / "video_ml").mkdir()
    for asset, label, *_ in rows if videos else []:
        write_video(root / f"video_ml/{asset}.mp4", [asset % 10 * 20 + 5 * label] * 24, 440.0 * (1 + label))
    recordings = [(2000 + 10 * label + at, label, split, RATE, 1, 2205, 0.1) for label, at, split in places]
    names = ["asset_id", "label", "split", "samplerate", "channels", "samples", "duration_seconds"]
    write_csv(root / "audio_ml.csv", names, recordings)
    for asset, *_ in recordings:
        write_wav(root / f"audio_ml/{asset}.wav", 300 + asset)
    write_pictures(root, "images_inat", places, 3000, ["rights_holder", "license_id"], ["A. Author", 5])
    write_pictures(root, "images_nabirds", places, 4000, ["photographer"], ["P. Photographer"])
    return root


def write_pictures(
    root: Path, folder: str, places: Sequence[tuple[int, int, str]], first: int, names: list[str], values: list[object]
) -> None:
    rows = [
        (first + 10 * label + at, label, "val" if folder == "images_inat" and at == 3 else split, 16, 24, 3, *values)
        for label, at, split in places
    ]
    write_csv(root / f"{folder}.csv", ["asset_id", "label", "split", "height", "width", "channels", *names], rows)
    for asset, label, *_ in rows:
        write_picture(root / f"{folder}/{asset}.jpg", (250 * label, asset % 10 * 20, 100))


def write_vb100(root: Path) -> Path:
    """Two species, each with 3 training and 1 test videos."""
    lists: dict[str, list[str]] = {"train": [], "test": []}
    for label, species in ((7, "American_Avocet"), (3, "Rock_Wren")):
        for at in range(1, 5):
            name = f"{species}/{species}_{at:05d}.mp4"
            write_video(root / "vb100_video" / name, [40 * at] * 16, 500.0)
            lists["train" if at < 4 else "test"].append(f"{name} {label}")
    for split, lines in lists.items():
        (root / f"{split}_video.txt").write_text("\n".join(lines) + "\n")
    return root


def write_cub200(root: Path, lists: bool = True, texts: bool = False) -> Path:
    """Two species, each with 4 training and 2 test pictures."""
    folders = ("001.Black_footed_Albatross", "002.Laysan_Albatross")
    files = [f"{folder}/{folder[4:]}_{at:04d}_{at}.jpg" for folder in folders for at in range(6)]
    for number, file in enumerate(files):
        write_picture(root / "images" / file, (number * 20, 0, 255 * (number // 6)))
        if texts:
            path = (root / "text_c10" / file).with_suffix(".txt")
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_text(f"\nbird number {number} has a beak.\nanother sentence.\n")
    if lists:
        numbered = list(enumerate(files, 1))
        write_list(root / "images.txt", numbered)
        write_list(root / "image_class_labels.txt", [(n, 1 + (n - 1) // 6) for n, _ in numbered])
        write_list(root / "train_test_split.txt", [(n, int((n - 1) % 6 < 4)) for n, _ in numbered])
        write_list(root / "classes.txt", list(enumerate(folders, 1)))
    return root


def write_list(path: Path, rows: Sequence[tuple[object, object]]) -> None:
    path.write_text("".join(f"{one} {two}\n" for one, two in rows))


def write_avmnist(root: Path, train: int = 24, test: int = 5, kind: str = "uint8", flat: bool = True) -> Path:
    """Sample n of a split has pictures of the grey n, and spectrograms of the grey 100 + n."""
    for split, rows in (("train", train), ("test", test)):
        for name, side, first in (("image", 28, 0), ("audio", 112, 100)):
            (root / name).mkdir(parents=True, exist_ok=True)
            greys = np.arange(first, first + rows)[:, None, None] * np.ones((side, side))
            shaped = greys.reshape(rows, -1) if flat and name == "image" else greys
            np.save(root / f"{name}/{split}_data.npy", shaped.astype(kind))
        np.save(root / f"{split}_labels.npy", np.arange(rows) % 10)
    return root


def affect(rows: int = 6, steps: int = 5, widths: tuple[int, int, int] = (3, 2, 4), *, seed: int = 0) -> dict[str, Any]:
    """Features as MultiBench has them: row i has i % 4 steps of zeros in front, and labels alternate."""
    rng = np.random.default_rng(seed)
    found: dict[str, Any] = {}
    for name, width in zip(("vision", "audio", "text"), widths, strict=True):
        values = rng.uniform(0.5, 1, (rows, steps, width))
        for row in range(rows):
            values[row, : row % 4] = 0
        found[name] = values.astype(np.float32 if name != "text" else np.float64)
    found["labels"] = np.array([[[1.5 if row % 2 else -0.5]] for row in range(rows)])
    found["id"] = [f"video{row // 2}[{row % 2}]" for row in range(rows)]
    return found


def write_affect(path: Path, splits: Mapping[str, Any] | None = None, protocol: int = 4) -> Path:
    content = splits or {split: affect(seed=at) for at, split in enumerate(("train", "valid", "test"))}
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_bytes(pickle.dumps(dict(content), protocol))
    return path


def grey_of(cell: dict[str, Any]) -> float:
    with Image.open(io.BytesIO(cell["bytes"])) as image:
        return float(np.asarray(image.convert("L"), dtype=float).mean())


def all_rows(recipe: Any) -> list[dict[str, Any]]:
    return [row for split, rows in recipe.splits.items() for row in recipe.rows(split, 0, rows).to_pylist()]
