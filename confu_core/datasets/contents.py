"""What the columns of a dataset are to training: its modalities, the class, and how classes are described in words."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from confu_core.ceilings import Ceilings
from confu_core.errors import DatasetError, InvalidValue, nearest
from confu_core.inputs.spec import InputSpec
from confu_core.shards.manifest import Manifest
from confu_core.shards.read import Dataset

# Keys of a recipe's `information`: what columns are; where the law of the data is known, the ceilings of the class by
# group and query, and all else that is known exactly.
CONTENTS, CEILINGS, EXACT = "contents", "ceilings", "exact"


@dataclass(frozen=True)
class Contents:
    """What the columns of a dataset are to training.

    A recipe of real media says it under ``"contents"`` of its `information`, so that it travels in the manifest and
    every run, audit and card reads the same.

    Attributes
    ----------
    inputs : InputSpec
        The modalities in order, with their columns. The side of pictures and the length of texts are defaults that
        a run's settings replace.
    label : str
        Column of class names.
    classes : tuple of str
        All class names, in the order of their numbers.
    prompts : tuple of (str, int)
        Texts that describe classes, each with the number of its class; empty where classes are not described.
    groups : tuple of str
        Group of each class, such as its family; empty if there are none.
    named : bool
        Whether the text of a sample is no more than the name of its class: who trains on it trains with labels.
    least_side : int
        Pixels of a side below which pictures do not show what tells classes; 0 if that is not known.
    spoiled_by : tuple of str
        Augmentations of pictures that change what tells classes, as a mirror does digits.

    Raises
    ------
    InvalidValue
        If classes repeat, or a prompt or the groups do not fit them.

    Examples
    --------
    >>> from confu_core.inputs import Picture, Sound
    >>> inputs = InputSpec({"image": Picture("image"), "audio": Sound("audio", 16000, 1.0)})
    >>> contents = Contents(inputs, "digit", ("zero", "one"), prompts=(("a zero", 0), ("a one", 1)))
    >>> Contents.from_dict(contents.as_dict()) == contents
    True
    """

    inputs: InputSpec
    label: str
    classes: tuple[str, ...]
    prompts: tuple[tuple[str, int], ...] = ()
    groups: tuple[str, ...] = ()
    named: bool = False
    least_side: int = 0
    spoiled_by: tuple[str, ...] = ()

    def __post_init__(self) -> None:
        if not self.classes or len(set(self.classes)) < len(self.classes):
            raise InvalidValue(f"classes must be at least one, each once; got {', '.join(self.classes) or 'none'}")
        if self.groups and len(self.groups) != len(self.classes):
            raise InvalidValue(f"groups must be one per class, {len(self.classes)}; got {len(self.groups)}")
        for text, number in self.prompts:
            if not 0 <= number < len(self.classes):
                raise InvalidValue(f"prompt {text!r} must be of a class in [0, {len(self.classes) - 1}]; got {number}")

    def as_dict(self) -> dict[str, Any]:
        """Return the same as JSON values."""
        return {
            "inputs": self.inputs.as_dict(),
            "label": self.label,
            "classes": list(self.classes),
            "prompts": [[text, number] for text, number in self.prompts],
            "groups": list(self.groups),
            **({"named": True} if self.named else {}),
            **({"least_side": self.least_side} if self.least_side else {}),
            **({"spoiled_by": list(self.spoiled_by)} if self.spoiled_by else {}),
        }

    @classmethod
    def from_dict(cls, data: Mapping[str, Any]) -> Contents:
        """Return what `as_dict` described."""
        prompts = tuple((str(text), int(number)) for text, number in data["prompts"])
        inputs, names = InputSpec.from_dict(data["inputs"]), tuple(map(str, data["classes"]))
        groups = tuple(map(str, data["groups"]))
        least, spoiled = int(data.get("least_side", 0)), tuple(map(str, data.get("spoiled_by", ())))
        return cls(inputs, str(data["label"]), names, prompts, groups, data.get("named") is True, least, spoiled)


def contents_of(manifest: Manifest) -> Contents:
    """Return what the manifest of real media says of its columns.

    Parameters
    ----------
    manifest : Manifest
        Of the dataset.

    Returns
    -------
    Contents
        As its recipe said.

    Raises
    ------
    DatasetError
        If it says nothing, or what it says is damaged.

    Examples
    --------
    >>> import tempfile, pyarrow as pa
    >>> from confu_core.shards import TableRecipe, build
    >>> with tempfile.TemporaryDirectory() as folder:
    ...     contents_of(build(TableRecipe("words", {"train": pa.table({"key": ["a"]})}), folder))
    Traceback (most recent call last):
    confu_core.errors.DatasetError: the manifest of 'words' does not say which columns are modalities and classes
    """
    said = manifest.information.get(CONTENTS)
    if said is None:
        raise DatasetError(f"the manifest of {manifest.name!r} does not say which columns are modalities and classes")
    try:
        return Contents.from_dict(said)
    except (AttributeError, KeyError, TypeError, ValueError) as error:
        raise DatasetError(f"the manifest of {manifest.name!r} is damaged: its {CONTENTS} cannot be read") from error


def class_numbers(dataset: Dataset, contents: Contents, split: str, named: Sequence[Any] | None = None) -> np.ndarray:
    """Return the numbers of the classes that the rows of a split, or those given, name; int64 of shape (n,)."""
    if named is None:
        named = dataset.table(split, [contents.label])[contents.label].to_pylist()
    number = {name: row for row, name in enumerate(contents.classes)}
    if strange := sorted({str(name) for name in named} - number.keys()):
        problem = f"{contents.label} {strange[0]!r} in split {split!r} is none of its classes"
        raise DatasetError(f"{dataset.root}: {problem}; {nearest(strange[0], number)}")
    return np.array([number[str(name)] for name in named])


def ceilings_of(manifest: Manifest) -> dict[str, dict[str, Ceilings]]:
    """Return the exact ceilings that a manifest tells, by group and query; none where the law is not known."""
    try:
        return {
            group: {str(query): Ceilings(**values) for query, values in known.items()}
            for group, known in (manifest.information.get(CEILINGS) or {}).items()
        }
    except (AttributeError, InvalidValue, TypeError) as error:
        raise DatasetError(f"the manifest of {manifest.name!r} is damaged: its {CEILINGS} cannot be read") from error
