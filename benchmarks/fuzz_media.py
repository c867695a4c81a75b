"""Damage sounds and pictures of every container, and count what becomes of them: `python benchmarks/fuzz_media.py`.

Files of ours are cut, spliced, emptied in a stretch, and changed in a few bits. Each has to be read, or left out with a
reason in one line, within ten seconds. How many are read whose samples or pixels are not those of the whole file is
counted too: where a container has checksums none may.
"""

from __future__ import annotations

import argparse
import io
import random
import time
from collections import Counter
from collections.abc import Callable
from functools import partial

import numpy as np
import soundfile
from PIL import Image

from birdmml.ingest.files import Unreadable
from birdmml.ingest.media import listen_to_sound, look_at_picture
from confu_core.inputs.picture import decode_picture
from confu_core.inputs.sound import decode_sound

RATE, SLOW_SECONDS = 16_000, 10.0
SOUNDS = ("WAV", "RF64", "W64", "AIFF", "AU", "CAF", "FLAC", "OGG", "OPUS", "MP3")
PICTURES = {
    "JPEG": {},
    "progressive": {"progressive": True},
    "restarts": {"restart_marker_rows": 2},
    "PNG": {},
    "WEBP": {},
}
# A changed bit is always noticed where every byte of content has a checksum.
CHECKED = ("FLAC", "OGG", "OPUS", "PNG")
CUT, FLIP, SPLICE, EMPTY, END_MARK = "cut", "flip", "splice", "empty", "cut and closed"


def sound(name: str, seed: int) -> bytes:
    draw, file = np.random.default_rng(seed), io.BytesIO()
    samples = 0.2 * np.sin(np.cumsum(draw.uniform(0.05, 1.2, 400)).repeat(60)) + draw.normal(0, 0.01, 24_000)
    form, subtype = ("OGG", "OPUS") if name == "OPUS" else (name, None)
    soundfile.write(file, samples.astype(np.float32), RATE, subtype, format=form)
    return file.getvalue()


def picture(name: str, seed: int) -> bytes:
    draw, file = np.random.default_rng(seed), io.BytesIO()
    cells = Image.fromarray(draw.integers(0, 255, (5, 6, 3), dtype=np.uint8)).resize((160, 120))
    pixels = (np.asarray(cells) * 0.8 + draw.integers(0, 40, (120, 160, 3))).astype(np.uint8)
    form = name if name in ("PNG", "WEBP") else "JPEG"
    Image.fromarray(pixels).save(file, form, quality=88, **PICTURES[name])
    return file.getvalue()


def damaged(data: bytes, draw: random.Random, jpeg: bool) -> tuple[str, bytes]:
    how = draw.choice([CUT, FLIP, SPLICE, EMPTY, *([END_MARK] if jpeg else [])])
    start, stop = sorted(draw.sample(range(len(data)), 2))
    if how == CUT:
        return how, data[:stop]
    if how == END_MARK:
        return how, data[:stop] + b"\xff\xd9"
    if how == SPLICE:
        return how, draw.choice([data[:start] + data[stop:], data[:stop] + data[start:]])
    if how == EMPTY:
        return how, data[:start] + bytes(stop - start) + data[stop:]
    changed = bytearray(data)
    for _ in range(draw.randrange(1, 5)):
        changed[draw.randrange(len(data))] ^= 1 << draw.randrange(8)
    return how, bytes(changed)


def outcome(
    look: Callable[[bytes], object], decode: Callable[[bytes], np.ndarray], data: bytes, whole: np.ndarray
) -> str:
    try:
        look(data)
    except Unreadable as error:
        assert "\n" not in error.detail, error.detail
        return "rejected"
    found = decode(data)
    if found.shape != whole.shape:
        return "read, another length"
    return "read, the same" if np.abs(found.astype(float) - whole.astype(float)).max() < 1e-6 else "read, other values"


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--each", type=int, default=200, help="Damaged files of each container.")
    parser.add_argument("--seed", type=int, default=0)
    asked = parser.parse_args()
    hear = partial(listen_to_sound, sample_rate=RATE, seconds=0.5), partial(decode_sound, sample_rate=RATE)
    see = look_at_picture, partial(decode_picture, side=120)
    kinds = [(name, sound, hear) for name in SOUNDS] + [(name, picture, see) for name in PICTURES]
    for name, make, (look, decode) in kinds:
        draw, counts, slowest = random.Random(f"{asked.seed} {name}"), Counter[tuple[str, str]](), 0.0
        for number in range(asked.each):
            data = make(name, number % 4)
            how, broken = damaged(data, draw, name in ("JPEG", "progressive", "restarts"))
            began = time.perf_counter()
            counts[how, outcome(look, decode, broken, decode(data))] += 1
            slowest = max(slowest, time.perf_counter() - began)
        said = ", ".join(f"{how}: {what} {count}" for (how, what), count in sorted(counts.items()))
        print(f"{name}: {asked.each} files, slowest {slowest:.1f} s{' TOO SLOW' * (slowest > SLOW_SECONDS)}; {said}")
        silent = [key for key in counts if name in CHECKED and key[1] in ("read, other values", "read, another length")]
        assert not silent, (name, silent)


if __name__ == "__main__":
    main()
