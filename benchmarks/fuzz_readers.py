"""Fuzz the readers of what others wrote: `python benchmarks/fuzz_readers.py tar --seconds 60`.

Whatever the bytes, a reader has to give a value, a reason for rejects, or one line, and within 10 s. With atheris
(`pip install atheris`) coverage guides it; without, or with `--random`, inputs are valid ones that were damaged, and
tables that are written on purpose with what people have in them. It prints how many inputs were tried. Seconds are
those of the processor.
"""

from __future__ import annotations

import argparse
import contextlib
import csv
import io
import json
import os
import pickle
import random
import resource
import sys
import tarfile
import tempfile
import time
from collections import Counter
from collections.abc import Callable
from pathlib import Path
from typing import NoReturn
from unittest import mock

import numpy as np
import pandas as pd
import pyarrow as pa
import pyarrow.parquet as pq
import soundfile
import torch
from PIL import Image

sys.path.append(str(Path(__file__).parents[1] / "tests" / "confu_core" / "publish"))
from licence_forms import FORMS

try:
    import atheris
except ImportError:
    atheris = None

FOLLOWED = [
    *("birdmml.ingest", "confu_core.cells", "confu_core.typed", "confu_core.inputs.features"),
    *(f"confu_core.datasets.{name}" for name in ("affect", "restricted_pickle", "separated")),
    *("confu_core.publish.licences", "confu_core.shards.manifest", "confu_core.training.checkpoint"),
]
with atheris.instrument_imports(include=FOLLOWED) if atheris else contextlib.nullcontext():
    from birdmml.ingest import checked_information
    from birdmml.ingest.files import Unreadable
    from birdmml.ingest.media import listen_to_sound, look_at_picture
    from birdmml.ingest.names import alike, one_spelling
    from birdmml.ingest.plain_tar import index_tar
    from birdmml.ingest.rows import cell_rejects, manifest_of
    from birdmml.ingest.table import read_source_table
    from confu_core.cells import is_nothing
    from confu_core.datasets import Contents, contents_of
    from confu_core.datasets.affect import read_parts
    from confu_core.datasets.restricted_pickle import parse_pickle
    from confu_core.datasets.separated import read_separated
    from confu_core.errors import ConfuError, DatasetError
    from confu_core.inputs import InputSpec, Picture, Text
    from confu_core.inputs.features import read_features
    from confu_core.publish.licences import read as read_licences
    from confu_core.publish.licences import read_licence
    from confu_core.shards import TableRecipe, build
    from confu_core.shards.manifest import load_manifest
    from confu_core.training.checkpoint import KIND, VERSION, load_checkpoint

MEMORY_MB = 4096
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
MADE = ("table", "rows", "names", "licence")  # Written on purpose, not only damaged.
SEEN = Counter[str]()


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


def read_pickle(path: Path) -> None:
    """Read a pickle, and an affect pickle if it is one; nothing that it names is called."""
    data = path.read_bytes()
    parse_pickle(data)
    with mock.patch("confu_core.datasets.restricted_pickle._try_apart"):  # A process for each would take its time.
        read_parts(path)


def read_licence_text(path: Path) -> None:
    """Read a licence; more words make none freer."""
    text = path.read_bytes().decode("utf-8", "replace")
    found = read_licence(text)
    assert found is None or not is_nothing(text)
    for more in ("CC BY-NC-ND 4.0", "all rights reserved"):
        both = read_licence(f"{text}\n{more}")
        assert both is None or not both.publishable, (text, more, both)
        assert both is not None or read_licences(f"{text}\n{more}").forbids, (text, more)
    if (both := read_licence(f"{text}\nCC BY-NC 4.0")) is not None and found is not None and found.publishable:
        assert not both.commercial, (text, both)


def read_manifest(path: Path) -> None:
    """Read a manifest, and what it says of columns and sources."""
    manifest = load_manifest(path)
    SEEN["read"] += 1
    for told in (contents_of, checked_information):
        with contextlib.suppress(DatasetError):
            told(manifest)


READERS: dict[str, Callable[[Path], object]] = {
    "table": read_table,
    "rows": read_separated_rows,
    "names": read_names,
    "features": read_vectors,
    "tar": read_tar,
    "pickle": read_pickle,
    "licence": read_licence_text,
    "manifest": read_manifest,
    "checkpoint": load_checkpoint,
    "picture": lambda path: look_at_picture(path.read_bytes()),
    "sound": lambda path: listen_to_sound(path.read_bytes(), 16_000, 0.5),
}


def seeds(what: str) -> list[bytes]:
    files = [io.BytesIO() for _ in range(3)]
    if what in MADE:
        return [made(what, random.Random(number)) for number in range(8)]
    if what == "pickle":
        part = {name: np.ones((2, 3, 4), "f4") for name in ("vision", "audio", "text")}
        part |= {"labels": np.ones((2, 1)), "id": ["a", b"b"]}
        values = [{"train": part, "valid": part, "test": part}, [np.float64(1), np.array(["p", None]), {1, "x"}, -1.5]]
        return [pickle.dumps(value, protocol) for value in values for protocol in range(6)]
    if what == "manifest":
        with tempfile.TemporaryDirectory() as folder:
            rows = pa.table({"key": ["a", "b"], "text": ["x", "y"], "number": [1, 2]})
            build(TableRecipe("words", {"train": rows, "test": rows}), folder)
            said = json.loads((Path(folder) / "manifest.json").read_bytes())
        contents = Contents(InputSpec({"text": Text("text"), "image": Picture("image")}), "label", ("a", "b"))
        source = {"splits": "made", "groups": 1, "crossing": 0, "rows": 1, "rejected_rows": 0, "findings": {}}
        rest = {"licences": {}, "columns_left_out": [], "archives": []}
        said["information"] = {"contents": contents.as_dict(), "source": source, **rest}
        without = {name: value for name, value in said.items() if name != "digest"}  # As older versions wrote it.
        return [json.dumps(one).encode() for one in (said, without)]
    if what == "checkpoint":
        held = {"kind": KIND, "version": VERSION, "config": "{}", "epoch": 1, "model": {"a": torch.ones(2, 2)}}
        torch.save(held, files[0])
        return [files[0].getvalue()]
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
    """Write a table or a licence on purpose: any separator, quoted or not, with what people have in their cells."""
    rows = [[source.choice(CELLS) for _ in HEADINGS] for _ in range(source.randint(1, 8))]
    separator = source.choice(",;\t")
    if what == "licence":
        texts = [text.strip() for text in "\n".join(FORMS.values()).splitlines() if text.strip()]
        return source.choice([" ", "\n", ", ", "", " / "]).join(source.choices(texts, k=source.randint(1, 3))).encode()
    if what == "names":
        return "\n".join(row[0] for row in rows).encode()
    if what == "rows":
        quoted = source.choice(["yes", "no"])
        return "\x1e".join([separator, quoted, *("\x1f".join(row) for row in rows)]).encode()
    file = io.BytesIO()
    frame = pd.DataFrame(rows, columns=HEADINGS)
    kind = source.choice(["csv", "plain", "json lines", "parquet", "binary"])
    if kind == "csv":
        quoting = source.choice([csv.QUOTE_ALL, csv.QUOTE_MINIMAL])
        mark = source.choice(["utf-8", "utf-8-sig"])
        frame.to_csv(file, sep=separator, index=source.random() < 0.3, quoting=quoting, encoding=mark)
    elif kind == "json lines":
        frame.to_json(file, orient="records", lines=True)
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
    parser.add_argument("--seconds", type=int, default=60, help="of the processor")
    parser.add_argument("--random", action="store_true", help="damage valid inputs, without coverage")
    parser.add_argument("--seed", type=int, default=0, help="of the random inputs")
    asked = parser.parse_args()
    with tempfile.TemporaryDirectory() as folder:
        path, corpus = Path(folder) / "input", Path(folder) / "corpus"

        begun, longest = time.process_time(), 0.0
        resource.setrlimit(resource.RLIMIT_AS, (MEMORY_MB << 20, MEMORY_MB << 20))

        def try_one(data: bytes) -> None:
            nonlocal longest
            if (started := time.process_time()) - begun > asked.seconds:
                said = ", ".join(f"{name} {number}" for name, number in SEEN.items())
                print(f"{asked.what}: the slowest {longest:.2f} s; {said}", flush=True)
                os._exit(0)  # libFuzzer would call itself crashed.
            SEEN["tried"] += 1
            path.write_bytes(data)
            try:
                READERS[asked.what](path)
            except (ConfuError, Unreadable) as error:
                SEEN["refused"] += 1
                if "\n" in str(error):
                    raise AssertionError(f"more than one line: {error!r}") from error
            longest = max(longest, time.process_time() - started)
            assert longest < SLOWEST, f"longer than {SLOWEST} s"

        if asked.random or atheris is None:
            try_at_random(asked.what, random.Random(asked.seed), try_one)
        corpus.mkdir()
        for number, data in enumerate(seeds(asked.what)):
            (corpus / str(number)).write_bytes(data)
        limits = [f"-rss_limit_mb={MEMORY_MB}", f"-max_len={LONGEST}", "-timeout=100"]
        atheris.Setup([sys.argv[0], str(corpus), *limits], try_one)
        atheris.Fuzz()


def try_at_random(what: str, source: random.Random, try_one: Callable[[bytes], None]) -> NoReturn:
    """Try valid and damaged inputs until the time is over; what fails is kept in a file that is named."""
    known = seeds(what)
    while True:
        data = made(what, source) if what in MADE else source.choice(known)
        data = damaged(data, source) if source.random() < 0.7 else data
        try:
            try_one(data)
        except BaseException:
            kept = Path(tempfile.gettempdir()) / f"fuzz-{what}"
            kept.write_bytes(data)
            print(f"the input is kept in {kept}")
            raise


if __name__ == "__main__":
    main()
