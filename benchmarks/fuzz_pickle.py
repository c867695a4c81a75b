"""Fuzz the reader of pickles with atheris, guided by coverage: `python benchmarks/fuzz_pickle.py --seconds 120`.

Needs `pip install atheris`. Whatever the bytes, the reader has to give a value or raise `DatasetError` in one line,
in little memory. It prints how many inputs were tried.
"""

from __future__ import annotations

import argparse
import pickle
import sys
import tempfile
from pathlib import Path

import atheris
import numpy as np

with atheris.instrument_imports(include=["confu_core.datasets.restricted_pickle"]):
    from confu_core.datasets.restricted_pickle import parse_pickle
    from confu_core.errors import DatasetError

MEMORY_MB = 1024
LONGEST = 4096


def try_one(data: bytes) -> None:
    try:
        parse_pickle(data)
    except DatasetError as error:
        if "\n" in str(error):
            raise AssertionError(f"more than one line: {error!r}") from error


def seeds(folder: Path) -> None:
    array, text = np.arange(6, dtype=np.float32).reshape(2, 3), np.array([["a", "b"]])
    objects = np.array(["x", None], object)
    for protocol in range(pickle.HIGHEST_PROTOCOL + 1):
        for number, value in enumerate(({"train": {"text": array, "id": text}}, objects, [{1, 2}, (b"x", 1.5, 2**70)])):
            (folder / f"{protocol}-{number}").write_bytes(pickle.dumps(value, protocol))


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--seconds", type=int, default=120)
    seconds = parser.parse_args().seconds
    with tempfile.TemporaryDirectory() as folder:
        seeds(Path(folder))
        limits = [
            f"-max_total_time={seconds}",
            f"-rss_limit_mb={MEMORY_MB}",
            f"-max_len={LONGEST}",
            "-print_final_stats=1",
        ]
        atheris.Setup([sys.argv[0], folder, *limits], try_one)
        atheris.Fuzz()


if __name__ == "__main__":
    main()
