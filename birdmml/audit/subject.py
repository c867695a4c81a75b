"""What is audited: a dataset, what its columns are, and which of them name birds, recordings and people."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from pathlib import Path

from birdmml.data import NAME, design_of, recipe_of
from birdmml.modalities import bird_inputs
from confu_core.cells import NOTHING, cleaned
from confu_core.datasets.contents import CONTENTS, Contents, contents_of
from confu_core.datasets.places import open_place
from confu_core.errors import DatasetError
from confu_core.inputs import Picture, Sound, Text
from confu_core.inputs.spec import Frames
from confu_core.shards import Manifest
from confu_core.shards.read import Dataset

__all__ = ["Subject", "contents_from", "letters", "open_subject"]

_LETTERS = {
    **dict.fromkeys(("image", "picture", "photo", "vision", "visual", "video"), "V"),
    **dict.fromkeys(("audio", "sound", "song", "speech"), "A"),
    **dict.fromkeys(("caption", "text", "words", "transcript"), "T"),
}


@dataclass(frozen=True)
class Subject:
    """An open dataset and what its columns are.

    Attributes
    ----------
    dataset : Dataset
        On disk, at a URL, or read in place.
    contents : Contents
        Its modalities and classes.
    nothing : collection of str
        What cells say where nothing is known, in lower case.
    """

    dataset: Dataset
    contents: Contents
    nothing: Collection[str] = NOTHING

    def names(self, *kinds: type) -> list[str]:
        """Return the modalities of some kinds."""
        return [name for name, one in self.contents.inputs.inputs.items() if isinstance(one, kinds)]


def open_subject(path: str | Path | Dataset, na: Sequence[str] | None = None) -> Subject:
    """Open what is to be audited.

    Parameters
    ----------
    path : str, Path or Dataset
        A folder, a URL, a dataset read in place, such as ``"ssw60:/data/ssw60"``, or one that is open already.
    na : sequence of str, optional
        What cells say where nothing is known; by default as the dataset was built.

    Returns
    -------
    Subject
        Nothing but its manifest is read yet.

    Raises
    ------
    DatasetError
        If there is no dataset, or it does not say what its columns are.
    InvalidValue
        If it is written as a dataset read in place, and there is no such scheme or option.
    """
    dataset = path if isinstance(path, Dataset) else open_place(path)
    built = dataset.manifest.config.get("na", NOTHING)
    said = [str(one) for one in (built if isinstance(built, list | tuple) else NOTHING)] if na is None else na
    return Subject(dataset, contents_from(dataset.manifest), frozenset(cleaned(one).casefold() for one in said))


def contents_from(manifest: Manifest) -> Contents:
    """Return what the columns of a dataset are: as its manifest says, or as every build of birds has them.

    Parameters
    ----------
    manifest : Manifest
        Of the dataset.

    Returns
    -------
    Contents
        Modalities in order, and classes.

    Raises
    ------
    DatasetError
        If it is neither.
    """
    if CONTENTS in manifest.information:
        return contents_of(manifest)
    if manifest.name != NAME:
        raise DatasetError(f"the manifest of {manifest.name!r} does not say which columns are modalities and classes")
    settings = recipe_of(manifest).settings
    return Contents(bird_inputs(settings), "species", design_of(settings).names)


def letters(contents: Contents) -> dict[str, str]:
    """Return a short sign for each modality: V, A and T where that is plain, else its name.

    Parameters
    ----------
    contents : Contents
        Whose modalities.

    Returns
    -------
    dict of str to str
        All different.

    Examples
    --------
    >>> from confu_core.inputs import InputSpec
    >>> inputs = InputSpec({"image": Picture("image"), "caption": Text("caption")})
    >>> letters(Contents(inputs, "species", ("a", "b")))
    {'image': 'V', 'caption': 'T'}
    """
    kinds = {Picture: "V", Frames: "V", Sound: "A", Text: "T"}
    inputs = contents.inputs.inputs
    signs = {name: _LETTERS.get(name.lower(), kinds.get(type(one), name)) for name, one in inputs.items()}
    return signs if len(set(signs.values())) == len(signs) else {name: name for name in signs}
