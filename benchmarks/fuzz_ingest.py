"""Fuzz the readers of real media: `python benchmarks/fuzz_ingest.py tar --seconds 60`.

Whatever the bytes, a reader has to give a value, a reason for rejects, or one line, and within 10 s. With atheris
(`pip install atheris`) coverage guides it; without, or with `--random`, inputs are valid ones that were damaged, and
tables that are written on purpose with what people have in them. It prints how many inputs were tried.
"""

from __future__ import annotations

import argparse
import contextlib
import csv
import io
import random
import sys
import tarfile
import tempfile
import time
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pandas as pd
import pyarrow as pa
import pyarrow.parquet as pq
import soundfile
from PIL import Image

try:
    import atheris
except ImportError:
    atheris = None

with atheris.instrument_imports(include=["birdmml.ingest"]) if atheris else contextlib.nullcontext():
    from birdmml.ingest.files import Unreadable
    from birdmml.ingest.picture import look_at_picture
    from birdmml.ingest.rows import cell_rejects, manifest_of
    from birdmml.ingest.sound import listen_to_sound
    from birdmml.ingest.spellings import alike, one_spelling
    from birdmml.ingest.table import read_source_table
    from birdmml.ingest.tar_index import index_tar
from confu_core.datasets.separated import read_separated
from confu_core.errors import ConfuError
from confu_core.inputs.features import read_features

MEMORY_MB = 2048
LONGEST = 16_384
SLOWEST = 10.0  # Seconds.
HEADINGS = ["scientific_name", "photo_file", "audio_file", "combined_caption", "split", "place"]
# What cells hold that readers of tables fall over.
CELLS = [
    *(
        "",
        " ",
        "NA",
        "null",
        "-",
        "Pica pica",
        "pica_pica",
        "Pica\u00a0pica",
        "Pica pica (Linnaeus, 1758)",
        "\u200b",
        "x" * 2000,
    ),
    *(
        '"',
        '""',
        '"""',
        '"open',
        'close"',
        '15" pipe',
        '"Teich" behind',
        'a "b" c',
        "a, b",
        "a; b",
        "a\tb",
        "a\nb",
        "a\r\nb",
    ),
    *(
        "\ufeffa",
        "=1+1",
        "a\u2028b",
        "a\x0bb",
        "\x1f",
        "C:\\\\a.jpg",
        "/etc/passwd",
        "../a",
        "https://u:p@h/a?t=1",
        "'a.jpg'",
        "\\\\N",
    ),
]
SEEN = {"kept": 0, "left out": 0, "blank lines": 0, "lines within cells": 0, "refused": 0}


def read_table(path: Path) -> None:
    table = read_source_table(path)
    manifest = manifest_of(table, {})
    rejected = {row.number for row in manifest if cell_rejects(manifest, row, split_needed=True)}
    SEEN["kept"] += table.rows - len(rejected)
    SEEN["left out"] += len(rejected)
    SEEN["blank lines"] += table.blank_lines
    SEEN["lines within cells"] += table.inner_lines
    assert all(len(column) == table.rows for column in table.columns.values())


def read_separated_rows(path: Path) -> None:
    """Read a table whose rows are known: each is kept as it was, is malformed, or is a blank line."""
    parts = path.read_bytes().decode("utf-8", "surrogateescape").split("\x1e")
    separator, quoted, *lines = parts if len(parts) > 1 else (",", "no", *parts)
    separator = separator if separator in (",", ";", "\t") else ","
    rows = [line.split("\x1f") for line in lines]
    text = io.StringIO()
    if quoted == "yes":
        csv.writer(text, delimiter=separator, quoting=csv.QUOTE_ALL).writerows([HEADINGS, *rows])
    else:
        plain = [[cell.replace("\n", " ").replace("\r", " ") for cell in row] for row in rows]
        text.write("".join(separator.join(row) + "\n" for row in [HEADINGS, *plain]))
    found = read_separated(text.getvalue())
    SEEN["kept"] += len(found.rows) - len(found.malformed)
    SEEN["left out"] += len(found.malformed)
    SEEN["blank lines"] += found.blank_lines
    SEEN["lines within cells"] += found.inner_lines
    if quoted == "yes" and all(len(row) == len(HEADINGS) and "".join(row).strip() for row in rows):
        kept = [row for at, row in enumerate(found.rows) if at not in found.malformed]
        assert all(row in rows for row in kept), [row for row in kept if row not in rows]
        assert len(found.rows) >= len(rows), (rows, found)
    if quoted != "yes":
        # Without quoting every line is a row: none may have swallowed another but where its quotes close.
        assert len(found.rows) + found.blank_lines + found.inner_lines == len(rows), (rows, found)


def read_tar(path: Path) -> None:
    size = path.stat().st_size
    for place in index_tar(path, 1 << 20).members.values():
        assert 0 <= place.offset <= place.offset + place.size <= size


def read_names(path: Path) -> None:
    names = path.read_bytes().decode("utf-8", "replace").split("\n")
    classes = one_spelling(names)
    again = one_spelling(classes.values())
    assert all(again[name] == name for name in classes.values()), (names, classes, again)
    assert all(one != other for one, other in alike(sorted(set(classes.values()))))


def read_vectors(path: Path) -> None:
    named = path.with_suffix(".npz" if path.read_bytes()[:2] == b"PK" else ".parquet")
    named.write_bytes(path.read_bytes())
    values = read_features(named, ["a", "b"])
    assert values.shape == (2, 3) or values.shape[0] == 2


READERS: dict[str, Callable[[Path], object]] = {
    "table": read_table,
    "rows": read_separated_rows,
    "names": read_names,
    "features": read_vectors,
    "tar": read_tar,
    "picture": lambda path: look_at_picture(path.read_bytes()),
    "sound": lambda path: listen_to_sound(path.read_bytes(), 16_000, 0.5),
}


def seeds(what: str) -> list[bytes]:
    files = [io.BytesIO() for _ in range(3)]
    if what in ("table", "rows", "names"):
        return [made(what, random.Random(number)) for number in range(8)]
    for number, file in enumerate(files):
        if what == "tar":
            with tarfile.open(fileobj=file, mode="w", format=number) as tar:
                tar.addfile(tarfile.TarInfo("a" * 90 + "é/x.jpg"), io.BytesIO())
        elif what == "picture":
            Image.effect_noise((24, 16), 60).convert("RGB").save(file, ("JPEG", "PNG", "WEBP")[number])
        elif what == "features":
            frame = pd.DataFrame(
                {"key": ["a", "b"], "e0": [1.0, 2.0], "e1": [0.5, 1.0], "e2": [0.0, 1.0]}, index=[3, 1]
            )
            if number:
                frame.to_parquet(file)
            else:
                np.savez(file, keys=np.array(["a", "b"]), features=np.ones((2, 3)))
        else:
            samples = np.sin(np.arange(2000) / 9)
            soundfile.write(file, samples, 16_000, format=("WAV", "FLAC", "OGG")[number])
    return [file.getvalue() for file in files]


def made(what: str, source: random.Random) -> bytes:
    """Write a table on purpose: any separator, quoted or not, with what people have in their cells."""
    rows = [[source.choice(CELLS) for _ in HEADINGS] for _ in range(source.randint(1, 8))]
    separator = source.choice(",;\t")
    if what == "names":
        return "\n".join(row[0] for row in rows).encode()
    if what == "rows":
        quoted = source.choice(["yes", "no"])
        return "\x1e".join([separator, quoted, *("\x1f".join(row) for row in rows)]).encode()
    file = io.BytesIO()
    frame = pd.DataFrame(rows, columns=HEADINGS)
    kind = source.choice(["csv", "plain", "parquet", "binary"])
    if kind == "csv":
        quoting = source.choice([csv.QUOTE_ALL, csv.QUOTE_MINIMAL])
        mark = source.choice(["utf-8", "utf-8-sig"])
        frame.to_csv(file, sep=separator, index=source.random() < 0.3, quoting=quoting, encoding=mark)
    elif kind == "plain":
        head = source.choice(["", f"sep={separator}\n", "\ufeff"])
        file.write((head + "".join(separator.join(row) + "\n" for row in [HEADINGS, *rows])).encode())
    else:
        kinds = [pa.binary(), pa.large_binary(), pa.binary_view(), pa.large_string(), pa.string_view()]
        extra = pa.array([b"ab"] * len(rows)).cast(source.choice(kinds)) if kind == "binary" else pa.nulls(len(rows))
        table = pa.Table.from_pandas(frame.sample(frac=1, random_state=source.randint(0, 99)))
        pq.write_table(table.append_column("extra", extra), file)
    return file.getvalue()


def damaged(data: bytes, source: random.Random) -> bytes:
    content = bytearray(data)
    for _ in range(source.randint(0, 8)):
        place = source.randrange(len(content) + 1)
        change = source.choice(["flip", "cut", "put", "swap"])
        if change == "flip" and place < len(content):
            content[place] ^= 1 << source.randrange(8)
        elif change == "cut":
            del content[place : place + source.randint(1, 20)]
        elif change == "put":
            content[place:place] = source.choice([b'"', b"\n", b"\t", b";", b"\xff", b"\r", b"\xef\xbb\xbf"])
    return bytes(content)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("what", choices=READERS)
    parser.add_argument("--seconds", type=int, default=60)
    parser.add_argument("--random", action="store_true", help="damage valid inputs, without coverage")
    parser.add_argument("--seed", type=int, default=0, help="of the random inputs")
    asked = parser.parse_args()
    with tempfile.TemporaryDirectory() as folder:
        path, corpus = Path(folder) / "input", Path(folder) / "corpus"

        def try_one(data: bytes) -> None:
            path.write_bytes(data)
            started = time.monotonic()
            try:
                READERS[asked.what](path)
            except (ConfuError, Unreadable) as error:
                SEEN["refused"] += 1
                if "\n" in str(error):
                    raise AssertionError(f"more than one line: {error!r}") from error
            assert time.monotonic() - started < SLOWEST, f"longer than {SLOWEST} s"

        if asked.random or atheris is None:
            try_at_random(asked.what, asked.seconds, random.Random(asked.seed), try_one)
            return
        corpus.mkdir()
        for number, data in enumerate(seeds(asked.what)):
            (corpus / str(number)).write_bytes(data)
        limits = [f"-max_total_time={asked.seconds}", f"-rss_limit_mb={MEMORY_MB}", f"-max_len={LONGEST}"]
        atheris.Setup([sys.argv[0], str(corpus), *limits, "-print_final_stats=1"], try_one)
        atheris.Fuzz()


def try_at_random(what: str, seconds: int, source: random.Random, try_one: Callable[[bytes], None]) -> None:
    """Try valid and damaged inputs until the time is over; what fails is kept in a file that is named."""
    known, count, end = seeds(what), 0, time.monotonic() + seconds
    while time.monotonic() < end:
        data = made(what, source) if what in ("table", "rows", "names") else source.choice(known)
        data = damaged(data, source) if source.random() < 0.7 else data
        try:
            try_one(data)
        except BaseException:
            kept = Path(tempfile.gettempdir()) / f"fuzz-{what}"
            kept.write_bytes(data)
            print(f"input {count} of seed is kept in {kept}")
            raise
        count += 1
    print(f"{what}: {count} inputs tried; {', '.join(f'{name} {number}' for name, number in SEEN.items())}")


if __name__ == "__main__":
    main()
