"""Fuzz the readers of real media with atheris: `python benchmarks/fuzz_ingest.py tar --seconds 60`.

Needs `pip install atheris`. Whatever the bytes, a reader has to give a value, a reason for rejects, or one line. It
prints how many inputs were tried.
"""

from __future__ import annotations

import argparse
import io
import sys
import tarfile
import tempfile
from collections.abc import Callable
from pathlib import Path

import atheris
import numpy as np
import soundfile
from PIL import Image

with atheris.instrument_imports(include=["birdmml.ingest"]):
    from birdmml.ingest.files import Unreadable
    from birdmml.ingest.picture import look_at_picture
    from birdmml.ingest.rows import cell_rejects, manifest_of
    from birdmml.ingest.sound import listen_to_sound
    from birdmml.ingest.table import read_source_table
    from birdmml.ingest.tar_index import index_tar
from confu_core.errors import ConfuError

MEMORY_MB = 2048
LONGEST = 16_384
HEADINGS = b"scientific_name,photo_file,audio_file,combined_caption,split\n"


def read_table(path: Path) -> None:
    manifest = manifest_of(read_source_table(path), {})
    for row in manifest:
        cell_rejects(manifest, row, split_needed=True)


def read_tar(path: Path) -> None:
    size = path.stat().st_size
    for place in index_tar(path, 1 << 20).members.values():
        assert 0 <= place.offset <= place.offset + place.size <= size


READERS: dict[str, Callable[[Path], object]] = {
    "table": read_table,
    "tar": read_tar,
    "picture": lambda path: look_at_picture(path.read_bytes()),
    "sound": lambda path: listen_to_sound(path.read_bytes(), 16_000, 0.5),
}


def seeds(what: str) -> list[bytes]:
    files = [io.BytesIO() for _ in range(3)]
    if what == "table":
        return [HEADINGS + b'Pica pica,a.jpg,a.wav,"says ""hm"", often",train\n', HEADINGS.replace(b",", b";")]
    for number, file in enumerate(files):
        if what == "tar":
            with tarfile.open(fileobj=file, mode="w", format=number) as tar:
                tar.addfile(tarfile.TarInfo("a" * 90 + "é/x.jpg"), io.BytesIO())
        elif what == "picture":
            Image.effect_noise((24, 16), 60).convert("RGB").save(file, ("JPEG", "PNG", "WEBP")[number])
        else:
            samples = np.sin(np.arange(2000) / 9)
            soundfile.write(file, samples, 16_000, format=("WAV", "FLAC", "OGG")[number])
    return [file.getvalue() for file in files]


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("what", choices=READERS)
    parser.add_argument("--seconds", type=int, default=60)
    asked = parser.parse_args()
    with tempfile.TemporaryDirectory() as folder:
        path, corpus = Path(folder) / "input", Path(folder) / "corpus"
        corpus.mkdir()
        for number, data in enumerate(seeds(asked.what)):
            (corpus / str(number)).write_bytes(data)

        def try_one(data: bytes) -> None:
            path.write_bytes(data)
            try:
                READERS[asked.what](path)
            except (ConfuError, Unreadable) as error:
                if "\n" in str(error):
                    raise AssertionError(f"more than one line: {error!r}") from error

        limits = [f"-max_total_time={asked.seconds}", f"-rss_limit_mb={MEMORY_MB}", f"-max_len={LONGEST}"]
        atheris.Setup([sys.argv[0], str(corpus), *limits, "-print_final_stats=1"], try_one)
        atheris.Fuzz()


if __name__ == "__main__":
    main()
