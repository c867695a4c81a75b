"""Embeddings of the codes of the XOR task, whatever model they are of, measured as runs are."""

from __future__ import annotations

import hashlib
import time
from collections.abc import Mapping
from itertools import product
from pathlib import Path
from typing import Any

import numpy as np
import torch
from torch import Tensor, nn

from confu_core.errors import DatasetError, InvalidValue, nearest
from confu_core.evaluation.directions import evaluate as evaluate_directions
from confu_core.inputs.features import as_array, chosen_rows, read_vectors
from confu_core.methods import Space, View
from confu_core.methods.clip import Brought
from confu_core.model import Model
from confu_core.runs.environment import threads
from confu_core.runs.evaluation import Evaluation
from confu_core.runs.grid import cell_id
from confu_core.training.epochs import Samples
from xor_bench.run import every_direction, row_of, samples
from xor_bench.settings import Settings
from xor_bench.sweep import plan_of
from xor_bench.task import names


class FusedByCode(Brought):
    """Embeddings of codes; the last feature of a row is its code, by which fused vectors are found."""

    def __init__(self, space: Space, fused: Mapping[tuple[int, ...], Tensor]) -> None:
        super().__init__(space)
        self.fused = dict(fused)

    def embed(self, query: View) -> Tensor | None:
        """Return the embedding of one modality, or the vector of the codes of several, where it was brought along."""
        if query.modalities not in self.fused:
            return super().embed(query)
        return self.fused[query.modalities][tuple(query.feature(at)[..., -1].long() for at in query.modalities)]


def evaluate(
    embeddings: Mapping[str, Any] | str | Path,
    p: float,
    *,
    name: str = "mine",
    seed: int = 0,
    parity: str = "all",
    test_samples: int = 10_000,
) -> Evaluation:
    """Measure embeddings of codes in every direction, beside the exact ceilings.

    Parameters
    ----------
    embeddings : mapping of str to array_like, or str or Path
        For each modality, ``"a"``, ``"b"``, ``"c"`` and on, the embeddings of all its codes: shape (2**bits, dim). For
        several together, such as ``"ac"``, where they have a vector of their own, shape (2**bits, 2**bits, dim), by the
        code of each; else cosines are added up. Or the file of such vectors, see `read_codes`.
    p : float
        Mixing probability, in [0, 1].
    name : str
        What it is called in tables.
    seed : int
        Of the samples that are tested, the same as a run of that seed has.
    parity, test_samples
        As for `xor_bench.settings.Settings`.

    Returns
    -------
    Evaluation
        Its repr is a short table; ``save`` keeps it for a report.

    Raises
    ------
    DatasetError, InvalidValue
        If a modality is missing, a shape does not fit, a number is not finite, or the file cannot be read.

    Examples
    --------
    >>> codes = np.eye(2)
    >>> same = np.stack([np.roll(codes, code, axis=0) for code in range(2)])  # By a, then c: a XOR c.
    >>> found = evaluate({"a": codes, "b": codes, "c": codes, "ac": same}, p=1)
    >>> found.row["accuracy"]
    1.0
    """
    started = time.monotonic()
    tables = _checked(read_codes(embeddings) if isinstance(embeddings, str | Path) else embeddings)
    letters = names(sum(len(name) == 1 for name in tables))
    codes = len(tables["a"])
    settings = Settings(
        "clip", p, codes.bit_length() - 1, len(letters), parity=parity, seed=seed, test_samples=test_samples
    )
    digest = hashlib.sha256()
    for one, table in sorted(tables.items()):
        digest.update(one.encode() + table.numpy().tobytes())
    task = ("p", "bits", "modalities", "parity", "noise", "seed", "test_samples")
    columns = {"method": name, "brought": "embeddings", **{each: getattr(settings, each) for each in task}}
    cell = {"cell": cell_id({**columns, "embeddings": digest.hexdigest()}, ""), **columns}
    with threads(1):
        # Embeddings with the code of each behind it.
        numbered = tuple(torch.cat([tables[one], torch.arange(codes)[:, None].float()], dim=1) for one in letters)
        drawn = Samples(numbered, torch.from_numpy(samples(settings, "test").codes))
        found = evaluate_directions(_model(tables, letters), drawn, every_direction(settings))
        row = row_of(settings, found, cell, None)
    return Evaluation(row, plan_of({}, {"method": name, "p": p}, []), time.monotonic() - started)


def read_codes(path: str | Path) -> dict[str, np.ndarray]:
    """Read embeddings of codes from a file, whose keys are codes.

    Parameters
    ----------
    path : str or Path
        Parquet with a column ``key`` and a column of lists for each modality, a row per code: ``"0"``, ``"1"`` and on.
        Vectors of several modalities together stand in a column such as ``ac``, in rows whose keys are the codes of
        both, such as ``"3,7"``. Or npz with ``keys`` and an array for each modality, without such vectors.

    Returns
    -------
    dict of str to ndarray of float32
        As `evaluate` takes them.

    Raises
    ------
    DatasetError
        If the file cannot be read, or a code is missing, doubled or strange.
    """
    tables = {}
    for name, (keys, values) in read_vectors(path, names(3)).items():
        codes = round(len(keys) ** (1 / len(name)))
        wanted = [",".join(map(str, each)) for each in product(range(codes), repeat=len(name))]
        if strange := sorted({*keys} - {*wanted}):
            hint = "of several modalities one of each, with commas" if len(name) > 1 else "0, 1 and on"
            raise DatasetError(f"{path}: keys of {name} must be all codes, {hint}; got {strange[0]!r}")
        rows = chosen_rows(f"{path}, {name}:", keys, values, wanted)
        tables[name] = rows.reshape((codes,) * len(name) + rows.shape[1:])
    return tables


def _checked(embeddings: Mapping[str, Any]) -> dict[str, Tensor]:
    if not isinstance(embeddings, Mapping):
        raise InvalidValue(f"embeddings must be a mapping of modalities to arrays; got {type(embeddings).__name__}")
    letters = names(max(3, sum(len(name) == 1 for name in embeddings)))
    for letter in letters:
        if letter not in embeddings:
            raise InvalidValue(f"there must be embeddings of every modality, {', '.join(letters)}; {letter} is missing")
    first = as_array("a", embeddings["a"], "(2**bits, dim)").shape
    if len(first) != 2 or first[0] < 2 or first[0] & (first[0] - 1) or not first[1]:
        raise InvalidValue(f"a must be of shape (2**bits, dim); got {first}")
    tables = {}
    for name, given in embeddings.items():
        known = "".join(sorted(set(name) & set(letters)))
        if name != known or not name:
            raise InvalidValue(
                f"no modalities {name!r}: {nearest(name, letters)}; of several write each once, in order"
            )
        wanted = (first[0],) * len(name) + first[1:]
        table = as_array(name, given, str(wanted))
        if table.shape != wanted:
            raise InvalidValue(f"{name} must be numbers of shape {wanted}; got {table.dtype} of shape {table.shape}")
        if not np.isfinite(table).all():
            raise InvalidValue(f"{name} must be finite; got {table[~np.isfinite(table)][0]}")
        tables[name] = nn.functional.normalize(torch.from_numpy(table.astype(np.float32)), dim=-1)
    return tables


def _model(tables: Mapping[str, Tensor], letters: tuple[str, ...]) -> Model:
    """Return the model whose embeddings are the inputs without their codes."""
    dim = tables["a"].shape[1]
    fused = {tuple(map(letters.index, name)): table for name, table in tables.items() if len(name) > 1}
    model = Model([nn.Identity()] * len(letters), dim + 1, dim, lambda space: FusedByCode(space, fused))
    for at in range(len(letters)):
        nn.init.eye_(model.get_parameter(f"projections.{at}.weight"))
        nn.init.zeros_(model.get_parameter(f"projections.{at}.bias"))
    return model
