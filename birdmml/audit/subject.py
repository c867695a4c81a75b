"""What is audited: a dataset, what its columns are, and which of them name birds, recordings and people."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

from birdmml.data import NAME, design_of, recipe_of
from confu_core.datasets.contents import CONTENTS, Contents, contents_of
from confu_core.datasets.sources import is_source, open_source
from confu_core.errors import DatasetError
from confu_core.inputs import InputSpec, Picture, Sound, Text
from confu_core.inputs.spec import Frames
from confu_core.shards import Manifest, open_dataset
from confu_core.shards.read import Dataset
from confu_core.shards.unwritten import unwritten

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
    """

    dataset: Dataset
    contents: Contents

    def names(self, *kinds: type) -> list[str]:
        """Return the modalities of some kinds."""
        return [name for name, one in self.contents.inputs.inputs.items() if isinstance(one, kinds)]


def open_subject(path: str | Path | Dataset) -> Subject:
    """Open what is to be audited.

    Parameters
    ----------
    path : str, Path or Dataset
        A folder, a URL, a dataset read in place, such as ``"ssw60:/data/ssw60"``, or one that is open already.

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
    if isinstance(path, Dataset):
        dataset = path
    else:
        dataset = unwritten(open_source(str(path))) if is_source(str(path)) else open_dataset(path)
    return Subject(dataset, contents_from(dataset.manifest))


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
    audio = Sound("audio", settings.sample_rate, settings.seconds)
    inputs = InputSpec({"image": Picture("image"), "audio": audio, "caption": Text("caption")})
    return Contents(inputs, "species", design_of(settings).names)


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
    >>> inputs = InputSpec({"image": Picture("image"), "caption": Text("caption")})
    >>> letters(Contents(inputs, "species", ("a", "b")))
    {'image': 'V', 'caption': 'T'}
    """
    kinds = {Picture: "V", Frames: "V", Sound: "A", Text: "T"}
    inputs = contents.inputs.inputs
    signs = {name: _LETTERS.get(name.lower(), kinds.get(type(one), name)) for name, one in inputs.items()}
    return signs if len(set(signs.values())) == len(signs) else {name: name for name in signs}
