"""Files that lie beside the shards of a dataset, such as a list of what was left out."""

from __future__ import annotations

import hashlib
from collections.abc import Mapping
from typing import Protocol, runtime_checkable

from confu_core.io.atomic import sha256_of, write_whole
from confu_core.io.storage import Location
from confu_core.shards.recipe import Recipe
from confu_core.shards.sums import legible_sums, write_sums

__all__ = ["RecipeWithFiles", "files_beside", "write_beside"]


@runtime_checkable
class RecipeWithFiles(Protocol):
    """A recipe whose dataset has files besides its shards."""

    def files_beside(self) -> Mapping[str, bytes]:
        """Return name to content: small files, directly in the dataset's folder."""
        ...


def files_beside(recipe: Recipe) -> dict[str, bytes]:
    """Return the files that lie beside the shards of a recipe.

    Parameters
    ----------
    recipe : Recipe
        Of the dataset.

    Returns
    -------
    dict of str to bytes
        Empty for most recipes.

    Examples
    --------
    >>> import pyarrow as pa
    >>> from confu_core.shards.recipe import TableRecipe
    >>> files_beside(TableRecipe("words", {"train": pa.table({"key": ["a"]})}))
    {}
    """
    return dict(recipe.files_beside()) if isinstance(recipe, RecipeWithFiles) else {}


def write_beside(recipe: Recipe, root: Location) -> list[str]:
    """Write the files beside the shards, and their checksums, unless they are there.

    Parameters
    ----------
    recipe : Recipe
        Of the dataset.
    root : Path or RemotePath
        Its folder.

    Returns
    -------
    list of str
        Names of those that were written.

    Raises
    ------
    DatasetError
        If one cannot be written.

    Examples
    --------
    >>> import tempfile
    >>> from pathlib import Path
    >>> class Noted:
    ...     def files_beside(self):
    ...         return {"notes.txt": b"whole"}
    >>> with tempfile.TemporaryDirectory() as folder:
    ...     write_beside(Noted(), Path(folder)), write_beside(Noted(), Path(folder))
    (['notes.txt'], [])
    """
    files = files_beside(recipe)
    wanted = {name: hashlib.sha256(content).hexdigest() for name, content in files.items()}
    lost = [name for name in files if not (root / name).is_file() or sha256_of(root / name) != wanted[name]]
    for name in lost:
        write_whole(root / name, files[name])
    sums = legible_sums(root) if files else {}
    if not sums.items() >= wanted.items():
        write_sums(root, {**sums, **wanted})
    return lost
