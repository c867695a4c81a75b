"""Write a preview: a page, and a contact sheet beside it."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from birdmml.data import BirdData
from birdmml.preview.choose import choose, fitting_limit
from birdmml.preview.page import page
from birdmml.preview.sheet import contact_sheet
from confu_core.errors import InvalidValue, nearest
from confu_core.io.atomic import write_whole
from confu_core.shards import Dataset
from confu_core.shards.layout import FOLDERS

__all__ = ["Preview", "check_counts", "places", "selected", "write_preview"]


@dataclass(frozen=True)
class Preview:
    """What was written.

    Attributes
    ----------
    page : Path
        One file.
    sheet : Path or None
        The other; None where there are no pictures.
    splits : dict of str to int
        Cards of each split.
    species : int
        How many there are cards of.
    bytes : int
        Size of the page.
    """

    page: Path
    sheet: Path | None
    splits: dict[str, int]
    species: int
    bytes: int

    @property
    def cards(self) -> int:
        """All cards."""
        return sum(self.splits.values())


def write_preview(
    birds: BirdData,
    out: str | Path,
    *,
    sheet: str | Path | None = None,
    splits: Sequence[str] | None = None,
    species: Sequence[str] | None = None,
    per_species: int = 4,
    limit: int | None = None,
    seed: int = 0,
) -> Preview:
    """Write a page and a contact sheet to look at.

    Parameters
    ----------
    birds : BirdData
        An open dataset.
    out : str or Path
        The page.
    sheet : str or Path, optional
        The contact sheet; by default it has the name of the page, with ``.png`` at the end.
    splits, species : sequence of str, optional
        Which to show; all by default.
    per_species : int
        Samples of each species, from every split in turn.
    limit : int, optional
        Samples of all together; by default as many as make a page of about 22 MB, and at most 160.
    seed : int
        Decides which samples.

    Returns
    -------
    Preview
        Both files are written whole or not at all.

    Raises
    ------
    InvalidValue
        If there is no such split or species, or a number or a path breaks its constraint.
    DatasetError
        If a shard is missing, cut or altered, or a file cannot be written.

    Examples
    --------
    >>> import tempfile
    >>> from birdmml.data import BirdRecipe, open_birds
    >>> from birdmml.settings import Settings
    >>> from confu_core.shards import build
    >>> with tempfile.TemporaryDirectory() as folder:
    ...     _ = build(BirdRecipe(Settings(species=20, per_species=4, size=16, seconds=0.25)), f"{folder}/birds")
    ...     written = write_preview(open_birds(f"{folder}/birds"), f"{folder}/gallery.html", per_species=1)
    ...     written.cards, written.sheet.name
    (20, 'gallery.png')
    """
    page_path, sheet_path = places(birds.dataset, Path(out), sheet)
    check_counts(per_species, limit)
    known = [name for unit in birds.manifest.information["units"] for name in unit["species"]]
    cards = choose(
        birds.dataset,
        selected(birds.dataset, "species", species, known),
        selected(birds.dataset, "split", splits, list(birds.manifest.splits)),
        per_species=per_species,
        limit=fitting_limit(birds.dataset) if limit is None else limit,
        seed=seed,
    )
    if not cards:
        raise InvalidValue(f"{birds.dataset.root} has no sample of that species in that split; ask for other ones")
    content = page(birds.manifest, cards).encode()
    write_whole(page_path, content)
    write_whole(sheet_path, contact_sheet(cards))
    in_split = [card.split for card in cards]
    counts = {split: in_split.count(split) for split in birds.manifest.splits if split in in_split}
    return Preview(page_path, sheet_path, counts, len({card.species for card in cards}), len(content))


def places(dataset: Dataset, out: Path, sheet: str | Path | None) -> tuple[Path, Path]:
    """Return where page and contact sheet go.

    Parameters
    ----------
    dataset : Dataset
        Among whose shards they must not lie.
    out : Path
        The page.
    sheet : str, Path or None
        The contact sheet, if the user named it.

    Returns
    -------
    tuple of Path
        Page and sheet.

    Raises
    ------
    InvalidValue
        If they are one file, or lie among shards.
    """
    paths = out, out.with_suffix(".png") if sheet is None else Path(sheet)
    if paths[0].resolve() == paths[1].resolve():
        raise InvalidValue(f"page and contact sheet must be two files; got {out} for both")
    for path in paths:
        for folder in FOLDERS.values():
            # Readers take every file there for a part of the dataset.
            if (dataset.root / folder).resolve() in path.resolve().parents:
                raise InvalidValue(f"{path} lies among the shards of the dataset; choose another place")
    return paths


def check_counts(per_species: int, limit: int | None) -> None:
    """Refuse numbers of samples that are no whole numbers of at least 1.

    Parameters
    ----------
    per_species : int
        Of each class.
    limit : int or None
        Of all together.

    Raises
    ------
    InvalidValue
        Naming the one that is wrong.

    Examples
    --------
    >>> check_counts(1, 0)
    Traceback (most recent call last):
    confu_core.errors.InvalidValue: limit must be a whole number of at least 1; got 0
    """
    for name, value in (("per_species", per_species), ("limit", 1 if limit is None else limit)):
        if type(value) is not int or value < 1:
            raise InvalidValue(f"{name} must be a whole number of at least 1; got {value!r}")


def selected(dataset: Dataset, what: str, wanted: Sequence[str] | None, known: Sequence[str]) -> list[str]:
    """Return names as the dataset has them and in its order.

    Parameters
    ----------
    dataset : Dataset
        For messages.
    what : str
        What they name.
    wanted : sequence of str or None
        In any case; None is all.
    known : sequence of str
        What there is.

    Returns
    -------
    list of str
        Those wanted.

    Raises
    ------
    InvalidValue
        If one is not known.
    """
    by_name = {name.lower(): name for name in known}
    for name in wanted or ():
        if name.lower() not in by_name:
            raise InvalidValue(f"{dataset.root} has no {what} {name!r}: {nearest(name, known)}")
    chosen = known if wanted is None else [by_name[name.lower()] for name in wanted]
    return [name for name in known if name in chosen]
