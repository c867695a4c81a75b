"""How to load a published dataset, as Python that runs where its card lies."""

from __future__ import annotations

import json
import keyword
import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

import pyarrow as pa

from confu_core.publish.features import is_list
from confu_core.shards.layout import FOLDERS
from confu_core.shards.manifest import Manifest
from confu_core.shards.parquet import features

__all__ = ["HUB", "Snippet", "snippets"]

HUB = "hf://datasets/"

_BYTES = "  # needs neither torchcodec nor FFmpeg"
_DECODER = [
    "",
    "",
    "def sound(part, data):",
    '    if part.rpartition(".")[2] in ("flac", "wav", "ogg"):',
    '        return soundfile.read(io.BytesIO(data), dtype="float32")',
    "",
    "",
]
_WRITABLE = '        row = {name: value.copy() if hasattr(value, "copy") else value for name, value in row.items()}'
_ROWS = [
    "class Rows(Dataset):",
    "    def __init__(self, files):",
    "        self.frame = pd.concat([pd.read_parquet(file) for file in files], ignore_index=True)",
    "",
    "    def __len__(self):",
    "        return len(self.frame)",
    "",
    "    def __getitem__(self, index):",
    "        row = self.frame.iloc[index].to_dict()",
]


@dataclass(frozen=True)
class Snippet:
    """One way to load.

    Attributes
    ----------
    library : str
        With what.
    code : str
        Python that runs as it stands.
    """

    library: str
    code: str


def snippets(manifest: Manifest, schema: pa.Schema | None, place: str) -> list[Snippet]:
    """Return how to load a dataset with each library that its formats allow.

    Parameters
    ----------
    manifest : Manifest
        Of the dataset.
    schema : pyarrow.Schema or None
        Of its Parquet shards.
    place : str
        Its URL, or ``"."``.

    Returns
    -------
    list of Snippet
        Of the first split.
    """
    return list(_snippets(_Facts(manifest, schema, place)))


def _snippets(facts: _Facts) -> Iterator[Snippet]:
    if facts.schema is not None:
        yield Snippet("datasets", _with_datasets(facts))
        yield Snippet("pandas", _with_pandas(facts))
    if "webdataset" in facts.manifest.formats:
        yield Snippet("webdataset", _with_webdataset(facts))
    if facts.schema is not None:
        yield Snippet("torch", _with_torch(facts))


class _Facts:
    """What the snippets have in common."""

    def __init__(self, manifest: Manifest, schema: pa.Schema | None, place: str) -> None:
        self.manifest, self.schema, self.place = manifest, schema, place
        kinds = features(schema) if schema is not None else {}
        self.images = [name for name, kind in kinds.items() if kind.get("_type") == "Image"]
        self.sounds = [name for name, kind in kinds.items() if kind.get("_type") == "Audio"]
        self.split = next(iter(manifest.splits))

    @property
    def root(self) -> str:
        note = "  # the folder of this page" if self.place == "." else ""
        return f'root = "{self.place}"{note}'

    @property
    def parquet(self) -> str:
        count, folder = self.shards("parquet"), FOLDERS["parquet"]
        return f'[f"{{root}}/{folder}/{self.split}-{{i:05d}}-of-{count:05d}.parquet" for i in range({count})]'

    def shards(self, format: str) -> int:
        """Count the shards of the split."""
        return sum((shard.format, shard.split) == (format, self.split) for shard in self.manifest.shards)

    def imports(self, *lines: str, images: bool = True, standard: Sequence[str] = ()) -> list[str]:
        """Lines that import what decodes, and others, in the order in which a linter wants them."""
        others = [*lines, *(["import soundfile"] if self.sounds else [])]
        others += ["from PIL import Image"] if self.images and images else []
        plain = sorted(line for line in others if line.startswith("import"))
        named = sorted((line for line in others if line.startswith("from")), key=str.lower)
        first = [*(["import io"] if self.sounds or (self.images and images) else []), *standard]
        return [*first, *([""] if first else []), *plain, *named]

    def pictures(self, row: str) -> list[str]:
        """Lines that decode the pictures of a row."""
        return [f'{_variable(n)} = Image.open(io.BytesIO({row}[{_text(n)}]["bytes"]))' for n in self.images]

    def waves(self, row: str) -> list[str]:
        """Lines that decode the sounds of a row."""
        read = 'soundfile.read(io.BytesIO({row}[{name}]["bytes"]), dtype="float32")'
        names = [(_variable(name), read.format(row=row, name=_text(name))) for name in self.sounds]
        return [f"{name}, {name}_rate = {call}" for name, call in names]


def _text(name: str) -> str:
    return json.dumps(name)


def _variable(name: str) -> str:
    plain = re.sub(r"\W", "_", name)
    return plain if plain.isidentifier() and not keyword.iskeyword(plain) else f"column_{plain}"


def _with_datasets(facts: _Facts) -> str:
    names = ", ".join(["Audio", "load_dataset"] if facts.sounds else ["load_dataset"])
    here = ["from pathlib import Path"] if facts.place == "." else []
    lines = [*facts.imports(f"from datasets import {names}", images=False, standard=here), ""]
    if facts.place.startswith(HUB):
        lines.append(f'dataset = load_dataset("{facts.place.removeprefix(HUB)}")')
    elif facts.place == ".":
        lines.append("dataset = load_dataset(str(Path.cwd()))  # the folder of this page")
    else:
        files = ", ".join(f'"{s}": f"{{root}}/{FOLDERS["parquet"]}/{s}-*.parquet"' for s in facts.manifest.splits)
        lines += [facts.root, f"files = {{{files}}}", 'dataset = load_dataset("parquet", data_files=files)']
    for at, name in enumerate(facts.sounds):
        lines.append(f"dataset = dataset.cast_column({_text(name)}, Audio(decode=False)){_BYTES if at == 0 else ''}")
    lines.append(f'row = dataset["{facts.split}"][0]')
    return "\n".join(
        [*lines, *(f"{_variable(name)} = row[{_text(name)}]" for name in facts.images), *facts.waves("row")]
    )


def _with_pandas(facts: _Facts) -> str:
    lines = [*facts.imports("import pandas as pd"), "", facts.root, f"files = {facts.parquet}"]
    lines += ["frame = pd.concat([pd.read_parquet(file) for file in files], ignore_index=True)", "row = frame.iloc[0]"]
    return "\n".join([*lines, *facts.pictures("row"), *facts.waves("row")])


def _with_webdataset(facts: _Facts) -> str:
    count, remote = facts.shards("webdataset"), facts.place != "."
    # Of tars alone it is not known whether they hold sounds.
    sounds = bool(facts.sounds) or facts.schema is None
    numbers = "000000" if count == 1 else f"{{000000..{count - 1:06d}}}"
    lines = ["import io", ""] if sounds else []
    lines += [*(["import fsspec"] if remote else []), *(["import soundfile"] if sounds else [])]
    lines += ["import webdataset as wds", *(["from webdataset.gopen import gopen_schemes"] if remote else [])]
    lines += _DECODER if sounds else [""]
    if remote:
        scheme = facts.place.partition("://")[0]
        lines += [f'gopen_schemes["{scheme}"] = lambda url, *how, **more: fsspec.open(url, "rb").open()']
    lines += [f'url = "{facts.place}/{FOLDERS["webdataset"]}/{facts.split}-{numbers}.tar"']
    decoders = '"pilrgb", sound' if sounds else '"pilrgb"'
    lines += [f"samples = wds.WebDataset(url, shardshuffle=False).decode({decoders})", "sample = next(iter(samples))"]
    return "\n".join(lines)


def _with_torch(facts: _Facts) -> str:
    assert facts.schema is not None
    nested = [field.name for field in facts.schema if is_list(field.type) and is_list(field.type.value_type)]
    arrays = ["import numpy as np"] if facts.images or nested else []
    imports = ["import pandas as pd", "import torch", *arrays, "from torch.utils.data import DataLoader, Dataset"]
    lines = [*facts.imports(*imports), "", "", *_ROWS]
    if any(is_list(field.type) for field in facts.schema):
        lines.append(_WRITABLE)
    for name in facts.images:
        lines.append(f'        image = Image.open(io.BytesIO(row[{_text(name)}]["bytes"])).convert("RGB")')
        lines.append(f"        row[{_text(name)}] = torch.from_numpy(np.array(image)).permute(2, 0, 1)")
    for name in facts.sounds:
        lines.append(f'        wave, _ = soundfile.read(io.BytesIO(row[{_text(name)}]["bytes"]), dtype="float32")')
        lines.append(f"        row[{_text(name)}] = torch.from_numpy(wave)")
    lines += [f"        row[{_text(name)}] = torch.from_numpy(np.array([*row[{_text(name)}]]))" for name in nested]
    lines += ["        return row", "", "", facts.root, f"rows = Rows({facts.parquet})"]
    # Sequences differ in length, and cannot be put together as they are.
    together = ", collate_fn=list" if nested else ""
    return "\n".join([*lines, f"batch = next(iter(DataLoader(rows, batch_size=4{together})))"])
