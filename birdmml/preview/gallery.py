"""Write a preview: a page to look at and listen to, and a contact sheet beside it."""

from __future__ import annotations

import io
from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from importlib.metadata import version
from importlib.resources import files
from itertools import groupby
from pathlib import Path
from typing import Any

from PIL import Image

from birdmml.preview.about import ACCURACIES, About, Card, about
from birdmml.preview.choose import Row, chosen_rows, fitting_limit
from birdmml.preview.drawings import Labelled, contact_sheet, spectrogram_svg
from confu_core.errors import DatasetError, InvalidValue, nearest
from confu_core.inputs import Picture, Sound, Text, decode_sound
from confu_core.inputs.decode import content
from confu_core.inputs.picture import decoded_image, encode_image
from confu_core.inputs.spec import Input
from confu_core.io.atomic import write_whole
from confu_core.page.html import data_uri, style, templates
from confu_core.shards import Dataset
from confu_core.shards.layout import FOLDERS, check_count
from confu_core.shards.rows import named

SIDE = 224  # Pixels, at most, of a picture on the page that is not trusted.
SHEET_SIDE = 160


@dataclass(frozen=True)
class Preview:
    """What was written: page, contact sheet where there are pictures, cards by split, classes, bytes of the page."""

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
    dataset: Dataset,
    out: str | Path,
    *,
    sheet: str | Path | None = None,
    splits: Sequence[str] | None = None,
    species: Sequence[str] | None = None,
    per_species: int = 4,
    limit: int | None = None,
    seed: int = 0,
) -> Preview:
    """Write a page, and a contact sheet where there are pictures, of generated birds or of real media.

    Parameters
    ----------
    dataset : Dataset
        An open dataset, generated or one whose manifest says its contents.
    out : str or Path
        The page.
    sheet : str or Path, optional
        The contact sheet; by default it has the name of the page, with ``.png`` at the end.
    splits, species : sequence of str, optional
        Which splits and classes to show; all by default.
    per_species : int
        Samples of each class, from every split in turn.
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
        If there is no such split or class, or a number or a path breaks its constraint.
    DatasetError
        If the manifest does not say what its columns are, a shard is missing, cut or altered, or a file cannot be
        written.

    Examples
    --------
    >>> import tempfile
    >>> from birdmml.data import BirdRecipe
    >>> from birdmml.settings import Settings
    >>> from confu_core.shards import build, open_dataset
    >>> with tempfile.TemporaryDirectory() as folder:
    ...     _ = build(BirdRecipe(Settings(species=20, per_species=4, size=16, seconds=0.25)), f"{folder}/birds")
    ...     written = write_preview(open_dataset(f"{folder}/birds"), f"{folder}/gallery.html", per_species=1)
    ...     written.cards, written.sheet.name
    (20, 'gallery.png')
    """
    paths = _paths(dataset, Path(out), sheet)
    for name, value in (("per_species", per_species), ("limit", 1 if limit is None else limit)):
        check_count(name, value)
    shown = about(dataset)
    label = shown.contents.label
    classes = _selected(dataset, label, species, shown.contents.classes)
    wanted = _selected(dataset, "split", splits, list(dataset.manifest.splits))
    most = fitting_limit(dataset) if limit is None else limit
    cards = choose_cards(dataset, shown, classes, wanted, per_class=per_species, limit=most, seed=seed)
    if not cards:
        raise InvalidValue(f"{dataset.root} has no sample of that {label} in that split; ask for other ones")
    content, pictures = page(shown, cards).encode(), sheet_of(shown, cards)
    write_whole(paths[0], content)
    if pictures is not None:
        write_whole(paths[1], pictures)
    of_split, labels = Counter(card.split for card in cards), {card.label for card in cards}
    counts = {split: of_split[split] for split in wanted if split in of_split}
    return Preview(paths[0], None if pictures is None else paths[1], counts, len(labels), len(content))


def choose_cards(
    dataset: Dataset,
    shown: About,
    classes: Sequence[str],
    splits: Sequence[str],
    *,
    per_class: int,
    limit: int,
    seed: int,
) -> list[Card]:
    """Draw samples as `chosen_rows` does, and return them by class, then split, then key."""
    label = shown.contents.label
    rows = chosen_rows(dataset, classes, splits, label=label, per_class=per_class, limit=limit, seed=seed)
    cards = [card for shard in dict.fromkeys(row.shard for row in rows) for card in _read(dataset, shown, shard, rows)]
    return sorted(cards, key=lambda card: (classes.index(card.label), splits.index(card.split), card.key))


def page(shown: About, cards: Sequence[Card]) -> str:
    """Write cards, those of a group and of a class next to each other, as one HTML file that needs no other."""
    title = f"{len(cards)} of {sum(shown.manifest.splits.values()):,} {shown.noun}"
    groups = [
        (group, shown.note(group), _runs(members, lambda card: shown.unit(card) or card.label))
        for group, members in groupby(cards, shown.group)
    ]
    template = templates("birdmml.preview").get_template("gallery.html.j2")
    return template.render(
        shown=shown,
        title=title,
        accuracies=list(ACCURACIES.values()),
        cards=cards,
        groups=groups,
        by_class=lambda members: _runs(members, lambda card: card.label),
        media_of=lambda card: list(_media(shown, card)),
        style=style(("birdmml.preview", "preview.css")),
        script=files("birdmml.preview").joinpath("preview.js").read_text(encoding="utf-8"),
        version=version("confu-bench"),
    )


def sheet_of(shown: About, cards: Sequence[Card]) -> bytes | None:
    """Return the contact sheet of cards, one block per group; None where there are no pictures."""
    blocks = [
        (group, [labelled for card in members if (labelled := _labelled(shown, card)) is not None])
        for group, members in groupby(cards, shown.group)
    ]
    blocks = [(group, pictures) for group, pictures in blocks if pictures]
    return contact_sheet(blocks) if blocks else None


def _read(dataset: Dataset, shown: About, shard: Any, rows: Sequence[Row]) -> Iterator[Card]:
    contents = shown.contents
    table = dataset.take(shard, [row.number for row in rows if row.shard == shard])
    for row in named(table, contents.inputs, f"{dataset.root / shard.path}").to_pylist():
        # One column may serve two modalities.
        media = {name: _content(one, row[one.column]) for name, one in contents.inputs.inputs.items()}
        label, taken = str(row[contents.label]), {"key", *(one.column for one in contents.inputs.inputs.values())}
        values = {name: value for name, value in row.items() if name not in taken}
        yield Card(str(row["key"]), shard.split, label, media, values)


def _content(one: Input, cell: Any) -> Any:
    try:
        return content(one, cell) if isinstance(one, Picture | Sound | Text) else None
    except DatasetError as error:
        return error


def _media(shown: About, card: Card) -> Iterator[dict[str, Any]]:
    """Yield what the page shows of each modality: its kind, and what belongs to it."""
    for name, one in shown.contents.inputs.inputs.items():
        held, described = card.media[name], shown.described(name, card) if not isinstance(one, Text) else name
        try:
            if isinstance(held, DatasetError):
                raise held
            if isinstance(one, Picture):
                yield {"kind": "picture", "name": described, "address": data_uri(_jpeg(shown, held))}
            elif isinstance(one, Sound):
                drawing = spectrogram_svg(decode_sound(held, one.sample_rate, one.seconds), one.sample_rate)
                address = data_uri(held, "audio/flac" if held.startswith(b"fLaC") else "audio/mpeg")
                yield {"kind": "sound", "name": described, "drawing": drawing, "address": address}
            elif isinstance(one, Text):
                yield {"kind": "text", "text": held}
            else:
                yield {"kind": "note", "text": f"{name}: up to {one.length} steps of {one.width} numbers"}
        except DatasetError as error:
            yield {"kind": "note", "text": f"{name}: {error}"}


def _jpeg(shown: About, data: bytes) -> bytes:
    """Return a picture as the page shows it: what a browser makes of a stranger's bytes is not for it to find out."""
    return data if shown.trusted else encode_image(decoded_image(data, SIDE), "JPEG", quality=85)


def _labelled(shown: About, card: Card) -> Labelled | None:
    """Return the first picture of a sample that can be decoded, with the lines below it."""
    for name, one in shown.contents.inputs.inputs.items():
        held = card.media[name]
        if isinstance(one, Picture) and isinstance(held, bytes):
            try:
                trusted = shown.trusted
                picture = Image.open(io.BytesIO(held)).convert("RGB") if trusted else decoded_image(held, SHEET_SIDE)
                return picture, shown.labels(card)
            except DatasetError:  # The page says why.
                continue
    return None


def _runs(cards: Any, key: Any) -> list[list[Card]]:
    """Return cards that follow each other and have one key together."""
    return [list(members) for _, members in groupby(cards, key)]


def _paths(dataset: Dataset, out: Path, sheet: str | Path | None) -> tuple[Path, Path]:
    """Return where page and contact sheet go, which must be two files, and not among the shards."""
    paths = out, out.with_suffix(".png") if sheet is None else Path(sheet)
    if paths[0].resolve() == paths[1].resolve():
        raise InvalidValue(f"page and contact sheet must be two files; got {out} for both")
    for path in paths:
        for folder in FOLDERS.values():
            # Readers take every file there for a part of the dataset.
            if (dataset.root / folder).resolve() in path.resolve().parents:
                raise InvalidValue(f"{path} lies among the shards of the dataset; choose another place")
    return paths


def _selected(dataset: Dataset, what: str, wanted: Sequence[str] | None, known: Sequence[str]) -> list[str]:
    """Return the names wanted, in any case, as the dataset has them and in its order; None is all."""
    by_name = {name.lower(): name for name in known}
    for name in wanted or ():
        if name.lower() not in by_name:
            raise InvalidValue(f"{dataset.root} has no {what} {name!r}: {nearest(name, known)}")
    chosen = known if wanted is None else [by_name[name.lower()] for name in wanted]
    return [name for name in known if name in chosen]
