"""Processor time per picture of birds, by stage: python benchmarks/picture_speed.py [--count 600] [--size 224]."""

from __future__ import annotations

import argparse
import time
from collections import defaultdict
from collections.abc import Callable
from typing import Any

from birdmml.picture import draw as stages
from birdmml.picture import draw_picture, encode_jpeg
from birdmml.species import Plumage, load_species
from confu_core.random import generator

STAGES = (
    "choose_bird",
    "choose_location",
    "choose_shot",
    "_template",
    "bend",
    "_placed",
    "_behind",
    "coat",
    "paint_bird",
)
STAGES += ("immerse", "over", "_before", "_seen", "_shoot")
QUALITY = 90


def timed(function: Callable[..., Any], name: str, spent: dict[str, float]) -> Callable[..., Any]:
    def wrapper(*args: Any, **kwargs: Any) -> Any:
        start = time.process_time()
        try:
            return function(*args, **kwargs)
        finally:
            spent[name] += time.process_time() - start

    return wrapper


def one(plumage: Plumage, place: int, size: int, spent: dict[str, float]) -> None:
    start = time.process_time()
    streams = {name: generator(0, name, place) for name in ("individual", "scene", "view")}
    spent["generators"] += time.process_time() - start
    picture, _ = draw_picture(plumage, size=size, **streams)
    start = time.process_time()
    encode_jpeg(picture, QUALITY)
    spent["encode_jpeg"] += time.process_time() - start


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--count", type=int, default=600)
    parser.add_argument("--size", type=int, default=224)
    options = parser.parse_args()
    plumages = [species.plumage for species in load_species()]
    start = time.process_time()
    for place in range(options.count):  # Textures and templates are made once per process.
        one(plumages[place % len(plumages)], place, options.size, defaultdict(float))
    print(f"first pass, with textures and templates   {(time.process_time() - start) / options.count * 1e3:7.3f} ms")
    start = time.process_time()
    for place in range(options.count):
        one(plumages[place % len(plumages)], place, options.size, defaultdict(float))
    each = (time.process_time() - start) / options.count * 1e3
    print(f"later passes: {options.size} px, JPEG included       {each:7.3f} ms")
    spent: dict[str, float] = defaultdict(float)
    for name in STAGES:
        setattr(stages, name, timed(getattr(stages, name), name, spent))
    for place in range(options.count):
        one(plumages[place % len(plumages)], place, options.size, spent)
    for name, seconds in spent.items():
        print(f"  {name.strip('_'):40s}{seconds / options.count * 1e3:7.3f} ms")


if __name__ == "__main__":
    main()
