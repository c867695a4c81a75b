"""Alter what the toolkit itself wrote, and read it: `python benchmarks/fuzz_files.py --seed 1 --trials 200`.

Manifests of generated and real data (values of another kind, keys that are gone, flipped bits; with their digest and
without one, as older versions wrote them), checkpoints (intact files with tampered insides), results, measures,
examples and caches (flipped bits). Each trial has to end in one line or in what was written. It prints, for every
kind, how many were refused, how many read as before, and how many gave a traceback, took over 10 s, or changed without
a word.
"""

from __future__ import annotations

import argparse
import contextlib
import copy
import json
import tempfile
import time
import traceback
from collections import Counter
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import click
import numpy as np
import soundfile
import torch
from click.testing import CliRunner
from PIL import Image

from birdmml.bench import open_data
from birdmml.data import BirdRecipe
from birdmml.settings import Settings
from confu_cli.birdmml import birdmml
from confu_cli.xorbench import xorbench
from confu_core.errors import ConfuError
from confu_core.inputs.spec import InputSpec, Picture
from confu_core.methods import Space, load_method
from confu_core.model import Model
from confu_core.runs.measures import Measure, read_examples, read_measures, write_examples, write_measures
from confu_core.runs.results import read_results, write_results
from confu_core.shards import build, open_dataset
from confu_core.shards.cache import open_cache
from confu_core.training.checkpoint import KIND, VERSION
from confu_core.training.epochs import MediaEpochs
from confu_core.training.fit import fit
from confu_core.training.settings import TrainingSettings
from xor_bench.data import XorRecipe

LONGEST = 10.0
VALUES: list[Any] = [
    None, True, 0, -1, 3, 10**30, 0.5, -1e300, "", "x", "é" * 40, [], [1], [[]], {}, {"x": 1}, [None], "1e999",
]  # fmt: skip
CALLS: dict[str, list[tuple[click.Command, list[str]]]] = {
    "birds": [(birdmml, ["info", "--json"]), (birdmml, ["info"]), (birdmml, ["verify"])],
    "xor": [(xorbench, ["info"]), (xorbench, ["verify"]), (xorbench, ["info", "--json"])],
    "real": [
        (birdmml, ["info"]),
        (birdmml, ["info", "--json"]),
        (birdmml, ["verify"]),
        (birdmml, ["audit", "--json"]),
        (birdmml, ["preview", "--limit", "2", "--out"]),
    ],
}


class Silent(Exception):
    """Something else was read than was written, without a word."""


class Trace(Exception):
    """A command ended with a traceback."""


def places_of(value: Any, at: tuple[Any, ...] = ()) -> Iterator[tuple[Any, ...]]:
    """Yield the path of everything within JSON."""
    inside = value.items() if isinstance(value, dict) else enumerate(value) if isinstance(value, list) else ()
    for key, one in inside:
        yield (*at, key)
        yield from places_of(one, (*at, key))


def tampered(value: Any, source: np.random.Generator) -> tuple[Any, str]:
    """Change one place of JSON, or remove it."""
    value = copy.deepcopy(value)
    # Of every depth equally often: most places lie deep within the list of shards.
    known = [place for place in places_of(value) if place[0] != "digest"]
    depths = sorted({len(place) for place in known})
    depth = depths[source.integers(len(depths))]
    level = [place for place in known if len(place) == depth]
    *path, last = level[source.integers(len(level))]
    holder = value
    for key in path:
        holder = holder[key]
    if isinstance(holder, dict) and source.random() < 0.3:
        del holder[last]
        return value, f"without {[*path, last]}"
    holder[last] = copy.deepcopy(VALUES[source.integers(len(VALUES))])
    return value, f"{[*path, last]} = {holder[last]!r}"


def flipped(content: bytes, source: np.random.Generator) -> bytes:
    """Alter one bit."""
    altered = bytearray(content)
    altered[source.integers(len(altered))] ^= 1 << int(source.integers(8))
    return bytes(altered)


def called(command: click.Command, words: list[str]) -> str | None:
    """Return what a command printed, or None where it ended in one line."""
    result = CliRunner().invoke(command, words)
    if not isinstance(result.exception, SystemExit | None) or result.stderr.count("\n") > 1:
        lines = traceback.format_exception(result.exception) if result.exception else [result.stderr]
        raise Trace("".join(lines[-3:]))
    return result.stdout if result.exit_code == 0 else None


def manifests(folder: Path, kind: str) -> Callable[[np.random.Generator], str]:
    """Tamper with the manifest of a dataset, and ask for it in every way."""
    root = folder / kind
    path, calls = root / "manifest.json", CALLS[kind]
    whole = path.read_bytes()
    said = json.loads(whole)

    def words_of(call: list[str]) -> list[str]:
        place = [str(folder / "gallery.html")] if call[-1] == "--out" else []
        return [call[0], str(root), *call[1:], *place]

    known = {place: called(command, words_of(call)) for place, (command, call) in enumerate(calls)}

    def trial(source: np.random.Generator) -> str:
        way, place = source.integers(3), int(source.integers(len(calls)))
        if way == 0:
            content, what = flipped(whole, source), "a bit"
        else:
            changed, what = tampered(said, source)
            if way == 1:
                changed.pop("digest", None)
            content = json.dumps(changed).encode()
        path.write_bytes(content)
        command, call = calls[place]
        try:
            found = called(command, words_of(call))
            if kind != "xor":
                with contextlib.suppress(ConfuError):
                    open_data(root)
        except Exception as error:
            raise Trace(f"{call} after {what}, way {way}: {error}") from error
        finally:
            path.write_bytes(whole)
        if found is None:
            return "refused"
        if way != 1 and found != known[place] and call[0] not in ("audit", "preview"):
            raise Silent(f"{call} after {what}, way {way}")
        return "read"

    return trial


def files(path: Path, read: Callable[[], Any]) -> Callable[[np.random.Generator], str]:
    """Flip a bit of a file, and read it."""
    whole, known = path.read_bytes(), read()

    def trial(source: np.random.Generator) -> str:
        path.write_bytes(flipped(whole, source))
        try:
            found = read()
        except ConfuError:
            return "refused"
        finally:
            path.write_bytes(whole)
        if found != known:
            raise Silent(path.name)
        return "read"

    return trial


class _Linear(torch.nn.Linear):
    output_dim = 4


def checkpoints(folder: Path) -> Callable[[np.random.Generator], str]:
    """Tamper with what a checkpoint holds, and go on from it."""
    arrays = [np.random.default_rng(at).normal(size=(8, 4)).astype(np.float32) for at in range(2)]
    settings, path = TrainingSettings(epochs=2, batch_size=4), folder / "c.pt"

    def go(epochs: int) -> None:
        def make(space: Space) -> Any:
            return load_method("clip")(space)

        model = Model([_Linear(4, 4), _Linear(4, 4)], 4, 4, make)
        fit(model, MediaEpochs(arrays, 0, size=4), TrainingSettings(epochs=epochs, batch_size=4), 0, checkpoint=path)

    go(settings.epochs)
    held = torch.load(path, weights_only=True)
    values = [*VALUES, torch.ones(2), torch.ones(4, 4, dtype=torch.complex64), torch.tensor(7)]

    def trial(source: np.random.Generator) -> str:
        changed = copy.deepcopy(held)
        known = [place for place in places_of(changed) if place[0] not in ("kind",)]
        depths = sorted({len(place) for place in known})
        depth = depths[source.integers(len(depths))]
        level = [place for place in known if len(place) == depth]
        *at, last = level[source.integers(len(level))]
        holder = changed
        for key in at:
            holder = holder[key]
        if isinstance(holder, dict) and source.random() < 0.3:
            del holder[last]
            what = f"without {[*at, last]}"
        else:
            holder[last] = values[source.integers(len(values))]
            what = f"{[*at, last]} = {holder[last]!r}"
        torch.save(changed, path)
        try:
            go(3)
        except ConfuError as error:
            if "\n" in str(error):
                raise Trace(f"{what}: {error}") from error
            return "refused"
        except Exception as error:
            raise Trace(f"{what}: {''.join(traceback.format_exception(error)[-3:])}") from error
        return "read"

    assert (held["kind"], held["version"]) == (KIND, VERSION)
    return trial


Trial = Callable[[np.random.Generator], str]


def _birds(folder: Path) -> Trial:
    build(BirdRecipe(Settings(species=20, per_species=4, size=32, seconds=0.5, p=0.6)), folder / "birds")
    return manifests(folder, "birds")


def _xor(folder: Path) -> Trial:
    build(XorRecipe(p=(0.1, 0.5), rows_per_p={"train": 20, "validation": 5, "test": 10}), folder / "xor")
    return manifests(folder, "xor")


def _real(folder: Path) -> Trial:
    _make_real(folder)
    return manifests(folder, "real")


def _results(folder: Path) -> Trial:
    row = {"cell": "a", "method": "confu", "seed": 0, "accuracy": 0.5, "status": "done"}
    write_results(folder, "xor", [row, {**row, "cell": "b"}])
    return files(folder / "results.parquet", lambda: read_results(folder).rows())


def _measures(folder: Path) -> Trial:
    write_measures(folder, [Measure("probe", "image", "accuracy", 0.5, x=at / 7).row("a") for at in range(20)])
    return files(folder / "measures.parquet", lambda: read_measures(folder).to_pylist())


def _examples(folder: Path) -> Trial:
    example = {"kind": "x", "key": "k", "caption": "c", "label": "l", "predicted": {"a": "b"}}
    write_examples(folder, [{"cell": "a", "image": bytes(range(200)), "audio": None, **example}])
    return files(folder / "examples.parquet", lambda: read_examples(folder))


def _cache(folder: Path, name: str) -> Trial:
    _make_real(folder)
    dataset, spec = open_dataset(folder / "real"), InputSpec({"image": Picture("image", side=16)})

    def read() -> dict[str, bytes]:
        found = open_cache(dataset, spec, folder=folder / "cache")
        return {split: found.array(split, "image").tobytes() for split in found.splits}

    return files(open_cache(dataset, spec, folder=folder / "cache").folder / name, read)


MAKERS: dict[str, Callable[[Path], Trial]] = {
    "manifest birds": _birds,
    "manifest xor": _xor,
    "manifest real": _real,
    "checkpoint": checkpoints,
    "results": _results,
    "measures": _measures,
    "examples": _examples,
    "cache array": lambda folder: _cache(folder, "train-image.npy"),
    "cache index": lambda folder: _cache(folder, "index.json"),
}


def _make_real(folder: Path) -> None:
    photos, source = folder / "photos", np.random.default_rng(0)
    photos.mkdir()
    lines = ["scientific_name,photo_file,audio_file,combined_caption,split,licence"]
    for row in range(24):
        pixels = source.integers(0, 256, (40, 40, 3), dtype=np.uint8)
        Image.fromarray(pixels).save(photos / f"{row}.png")
        soundfile.write(photos / f"{row}.wav", source.uniform(-0.5, 0.5, 4000), 8000)
        split = ("train", "train", "validation", "test")[row % 4]
        name = ("Parus major", "Corvus corax")[row // 4 % 2]
        lines.append(f"{name},photos/{row}.png,photos/{row}.wav,a bird {row},{split},CC0-1.0")
    (folder / "m.csv").write_text("\n".join(lines) + "\n")
    words = ["build", "--from", str(folder / "m.csv"), "--out", str(folder / "real"), "--workers", "1"]
    result = CliRunner().invoke(birdmml, words)
    assert result.exit_code == 0, result.stderr


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--seed", type=int, default=0)
    parser.add_argument("--trials", type=int, default=100, help="of each kind")
    parser.add_argument("--only", default="", help="kinds that begin so")
    asked = parser.parse_args()
    for kind, maker in MAKERS.items():
        if kind.startswith(asked.only):
            with tempfile.TemporaryDirectory() as folder:
                print(f"{kind}: {tried(maker(Path(folder)), asked.seed, asked.trials, kind)}", flush=True)


def tried(trial: Trial, seed: int, trials: int, kind: str) -> dict[str, Any]:
    """Count how trials ended."""
    count, slowest = Counter[str](), 0.0
    for number in range(trials):
        started = time.monotonic()
        try:
            count[trial(np.random.default_rng([seed, number]))] += 1
        except (Trace, Silent) as error:
            count[type(error).__name__.lower()] += 1
            print(f"{kind}, trial {number}: {error}")
        took = time.monotonic() - started
        slowest = max(slowest, took)
        count["slow"] += took > LONGEST
    return {**count, "slowest": round(slowest, 1)}


if __name__ == "__main__":
    main()
