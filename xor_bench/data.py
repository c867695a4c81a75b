"""The XOR task as a dataset on disk: the recipe that builds it, and the samples read back."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, fields
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from confu_core.errors import DatasetError, InvalidValue
from confu_core.settings import dial, like
from confu_core.shards import Dataset, Manifest, Recipe, open_dataset
from confu_core.shards.read import with_exact_information
from xor_bench.task import LAW, XorSamples, XorTask, code_bits, direction_name, directions, names, random_seed
from xor_bench.theory import additive_ceiling, additive_limit, ceilings, connected_information, information

NAME = "xor"
# Raise the version when the same settings and seed give other samples, so that numbers on them cannot be compared.
BENCHMARK = {"benchmark": NAME, "version": f"{NAME}-1"}
SPLITS = {"train": 10_000, "validation": 1_000, "test": 10_000}
WRITTEN = ("p", "bits", "modalities", "noise", "rows_per_p")  # What every manifest says of its task.


@dataclass(frozen=True)
class XorRecipe(Recipe):
    """What `confu_core.shards.build` needs to write the XOR task into shards.

    Parameters
    ----------
    p : tuple of float
        Mixing parameters; each split holds its number of rows for every one of them.
    bits, modalities : int
        As in `XorTask`.
    noise : float
        As in `XorTask`.
    parity : {"all", "pair"}
        As in `XorTask`.
    unreliable, unreliable_of : float, str
        As in `XorTask`.
    seed : int
        The seed: ``xorbench run`` with the same one samples the same rows.
    rows_per_p : mapping of str to int
        Rows of each split for every p.

    Raises
    ------
    InvalidValue
        If a parameter breaks its constraint.

    Examples
    --------
    >>> recipe = XorRecipe(p=(0.5,), bits=2, rows_per_p={"train": 4})
    >>> recipe.rows("train", 0, 4).column_names
    ['key', 'p', 'gate', 'a', 'b', 'c', 'a_bits', 'b_bits', 'c_bits']
    """

    p: tuple[float, ...] = dial(
        (0.5,), "Mixing parameters.", meaning="mixing parameters; each split holds its rows for every one of them"
    )
    bits: int = like(XorTask, "bits", "Bits per code.")
    modalities: int = like(XorTask, "modalities", "Number of modalities.")
    noise: float = like(
        XorTask,
        "noise",
        "Probability that an observed bit flips.",
        meaning="probability that an observed bit is flipped",
        shown="0.0",
    )
    seed: int = dial(0, "Decides the samples.")
    rows_per_p: Mapping[str, int] = field(default_factory=lambda: dict(SPLITS))
    parity: str = like(
        XorTask,
        "parity",
        "Of which others the last is the parity: all, or pair, the first two.",
        meaning="pair: the last is the parity of the first two, and those between are independent",
    )
    unreliable: float = like(
        XorTask,
        "unreliable",
        "Share of the samples in which one modality is noise.",
        meaning="share of the samples in which one modality is replaced by an independent uniform code",
        shown="0.0",
    )
    unreliable_of: str = like(
        XorTask,
        "unreliable_of",
        "Which modality that is: letters, of which each such sample draws one, or all.",
        meaning="letters of the modalities of which each such sample draws the one that is noise; all: of any",
    )

    name = NAME
    description = "The XOR synergy task: codes whose last is the parity of the others with probability p."

    def __post_init__(self) -> None:
        if not self.p:
            raise InvalidValue("p must name at least one value; got none")
        tasks = [self.task(p) for p in self.p]
        if len({task.p for task in tasks}) < len(tasks):
            raise InvalidValue(f"p must name each value once; got {', '.join(f'{task.p:g}' for task in tasks)}")
        random_seed(self.seed)
        object.__setattr__(self, "p", tuple(task.p for task in tasks))
        for name in ("noise", "parity", "unreliable", "unreliable_of"):
            object.__setattr__(self, name, getattr(tasks[0], name))
        for split, rows in self.rows_per_p.items():
            if type(rows) is not int or rows < 1:
                raise InvalidValue(f"rows of the split {split!r} must be a whole number of at least 1; got {rows!r}")

    def task(self, p: float) -> XorTask:
        """Return the distribution with one of the mixing parameters."""
        own = {one.name: getattr(self, one.name) for one in fields(XorTask)}
        return XorTask(**{**own, "p": p})

    @property
    def splits(self) -> dict[str, int]:
        """Rows of each split, for all p together."""
        return {split: rows * len(self.p) for split, rows in self.rows_per_p.items()}

    @property
    def config(self) -> dict[str, Any]:
        """All that decides the rows but the seed."""
        held = {name: getattr(self, name) for name in WRITTEN}
        # Left out where it is what every dataset had before there was a choice: their fingerprints stay.
        chosen: dict[str, Any] = {"parity": self.parity} if self.parity != "all" else {}
        if self.unreliable:
            chosen |= {"unreliable": self.unreliable, "unreliable_of": self.unreliable_of}
        return {**held, "p": list(self.p), "rows_per_p": dict(self.rows_per_p), **chosen}

    @property
    def schema(self) -> pa.Schema:
        """Key, p and gate, then the observed code of every modality, then its bits.

        With noise or unreliable modalities the clean codes follow, and with these the number of the one that is noise.
        """
        letters = names(self.modalities)
        columns = [("key", pa.string()), ("p", pa.float64()), ("gate", pa.int8())]
        columns += [(letter, pa.int32()) for letter in letters]
        columns += [(f"{letter}_bits", pa.list_(pa.int8())) for letter in letters]
        if self.noise or self.unreliable:
            columns += [(f"{letter}_clean", pa.int32()) for letter in letters]
        if self.unreliable:
            columns.append(("replaced", pa.int8()))
        return pa.schema(columns)

    def rows(self, split: str, start: int, stop: int) -> pa.Table:
        """Return a range of rows: all of the first p, then all of the next."""
        per_p = self.rows_per_p[split]
        parts = []
        for block in range(start // per_p, (stop - 1) // per_p + 1):
            low, high = max(start, block * per_p), min(stop, (block + 1) * per_p)
            parts.append(self._part(split, self.p[block], low, high - low, low - block * per_p))
        return pa.concat_tables(parts).combine_chunks()

    def information(self) -> dict[str, Any]:
        """Return, for every p, the exact information in nats and the ceilings of every direction."""
        # Briefly where that is exact, and in full where another p would read alike.
        written = {p: brief if float(brief := f"{p:g}") == p else repr(p) for p in self.p}
        return {written[p]: exact(self.task(p)) for p in self.p}

    def _part(self, split: str, p: float, first: int, count: int, start: int) -> pa.Table:
        samples = self.task(p).samples(count, self.seed, split, start)
        letters = names(self.modalities)
        columns: dict[str, Any] = {
            "key": [f"{split}-{row:09d}" for row in range(first, first + count)],
            "p": np.full(count, p),
            "gate": samples.gate.astype(np.int8),
            "replaced": samples.replaced,
        }
        for column, letter in enumerate(letters):
            codes = samples.codes[:, column]
            columns[letter] = codes.astype(np.int32)
            ends = np.arange(0, (count + 1) * self.bits, self.bits, dtype=np.int32)
            columns[f"{letter}_bits"] = pa.ListArray.from_arrays(ends, code_bits(codes, self.bits).ravel())
            columns[f"{letter}_clean"] = samples.clean[:, column].astype(np.int32)
        return pa.table({field.name: columns[field.name] for field in self.schema}, schema=self.schema)


def exact(task: XorTask, *, additive: bool = False) -> dict[str, Any]:
    """Collect what is known exactly about a task, as JSON values: informations in nats, and all ceilings by direction.

    `additive` adds what sums of pair scores could reach, which takes up to a second, or where that is not computed an
    accuracy that none of them is above.

    >>> exact(XorTask(p=1, bits=1))["ceilings"]["ac->b"]
    {'single_ceiling': 0.5, 'pairwise_ceiling': 0.5, 'bayes_accuracy': 1.0}
    """
    law = {name: getattr(task, name) for name in LAW}
    every = directions(task.modalities, range(1, task.modalities))
    known = {}
    for query, target in every:
        found = ceilings(task.p, task.bits, query, target, **law)
        said: dict[str, Any] = {"single_ceiling": found.single, "pairwise_ceiling": found.pairwise}
        if found.between:
            said["ceiling_by_order"] = {str(order): value for order, value in found.by_order.items()}
        if additive:
            said["additive_ceiling"] = additive_ceiling(task.p, task.bits, query, target, **law)
            if said["additive_ceiling"] is None:
                said["additive_limit"] = additive_limit(task.p, task.bits, query, target, **law)
        known[direction_name(query, target)] = {**said, "bayes_accuracy": found.bayes}
    quantities: dict[str, Any] = information(task.p, task.bits, **law).as_dict()
    added = connected_information(task.p, task.bits, **law)
    quantities["connected_information"] = {str(order): value for order, value in added.items()}
    return {"information": quantities, "ceilings": known}


def recipe_of(manifest: Manifest) -> XorRecipe:
    """Return the recipe that builds a dataset again; a DatasetError says that its manifest describes no XOR task.

    >>> import tempfile
    >>> from confu_core.shards import build
    >>> recipe = XorRecipe(p=(0.3,), bits=2, rows_per_p={"train": 4})
    >>> with tempfile.TemporaryDirectory() as folder:
    ...     recipe_of(build(recipe, folder)) == recipe
    True
    """
    if manifest.name != NAME:
        raise DatasetError(f"the dataset is {manifest.name!r}, not {NAME!r}; use the command that built it")
    try:
        config = {**{name: manifest.config[name] for name in WRITTEN}, **manifest.config}
        return XorRecipe(**{**config, "p": tuple(config["p"])}, seed=manifest.seed)
    except (AttributeError, InvalidValue, KeyError, TypeError) as error:
        raise DatasetError(f"the manifest does not describe an XOR task: {error}; restore it") from error


@dataclass(frozen=True)
class XorData:
    """An XOR dataset on disk, with the recipe that it was built by."""

    dataset: Dataset
    recipe: XorRecipe

    @classmethod
    def of(cls, dataset: Dataset) -> XorData:
        """Return an opened dataset as one of the XOR task, with the exact information that its settings imply."""
        if dataset.manifest.name != NAME:
            raise DatasetError(f"{dataset.root} holds the dataset {dataset.manifest.name!r}, not {NAME!r}")
        recipe = recipe_of(dataset.manifest)
        return cls(with_exact_information(dataset, recipe.information()), recipe)

    def samples(self, split: str, p: float) -> XorSamples:
        """Read the samples of one split and p.

        Parameters
        ----------
        split : str
            Name of the split.
        p : float
            One of those that the dataset holds.

        Returns
        -------
        XorSamples
            As `make_xor` draws them for the same seed.

        Raises
        ------
        DatasetError
            If it holds no such p or split, or a shard is missing or altered.
        """
        recipe = self.recipe
        if p not in recipe.p:
            raise DatasetError(f"{self.dataset.root} holds p = {', '.join(f'{x:g}' for x in recipe.p)}; got {p:g}")
        letters = names(recipe.modalities)
        clean = [f"{letter}_clean" for letter in letters] if recipe.noise or recipe.unreliable else list(letters)
        replaced = ["replaced"] if recipe.unreliable else []
        table = self.dataset.table(split, list(dict.fromkeys(["p", "gate", *letters, *clean, *replaced])))
        table = table.filter(pc.equal(table["p"], p))

        def codes(columns: Sequence[str]) -> np.ndarray:
            """Return the codes in some columns."""
            return np.stack([table[name].to_numpy() for name in columns], axis=1).astype(np.int64)

        observed = codes(letters)
        if observed.size and not 0 <= observed.min() <= observed.max() < 2**recipe.bits:
            raise DatasetError(f"{self.dataset.root} is damaged: a code is outside [0, {2**recipe.bits - 1}]")
        which = table["replaced"].to_numpy() if replaced else None
        return XorSamples(codes=observed, clean=codes(clean), gate=table["gate"].to_numpy() == 1, replaced=which)


def open_xor(path: str | Path) -> XorData:
    """Open a dataset of `XorRecipe`, of which nothing but the manifest is read yet; any other is a DatasetError."""
    return XorData.of(open_dataset(path))
