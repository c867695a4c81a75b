"""Sapsucker Woods 60: videos, recordings and pictures of 60 species of birds, as their authors distribute them."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from itertools import cycle

from confu_core.datasets.annotations import read_table, whole_number
from confu_core.datasets.held_out import hold_out, parse_seed, parse_share
from confu_core.datasets.listed import Files, Item, ListedRecipe, complete
from confu_core.datasets.media_root import MediaRoot, open_root
from confu_core.datasets.names import bird_sound, photo_caption, species_contents
from confu_core.datasets.video import need_video
from confu_core.datasets.video_samples import Videos, frames_input, parse_frames, with_sound
from confu_core.errors import DatasetError, InvalidValue
from confu_core.inputs.spec import Picture
from confu_core.random import generator

__all__ = ["open_ssw60"]

NAME = "ssw60"
SPLITS = {"train": "train", "val": "validation", "validation": "validation", "test": "test"}
# Option `pair`, to the folders that pictures are taken from: none where one video is both picture and sound.
PAIRS: Mapping[str, tuple[str, ...]] = {
    "videos": (),
    "images": ("images_inat", "images_nabirds"),
    "inat": ("images_inat",),
    "nabirds": ("images_nabirds",),
}
AUDIO = ("present", "reliable")
_TAXON = ("label", "common_name", "scientific_name", "family", "order")


@dataclass(frozen=True)
class Asset:
    """One video, recording or picture."""

    file: str
    label: int
    split: str
    row: Mapping[str, str]


def open_ssw60(
    path: str,
    pair: str = "videos",
    frames: str = "8",
    audio: str = "present",
    validation: str = "0.1",
    seed: str = "0",
    missing: str = "refuse",
) -> ListedRecipe:
    """Open Sapsucker Woods 60.

    Parameters
    ----------
    path : str
        The folder with ``taxa.csv`` and the tables and folders of the media.
    pair : {"videos", "images", "inat", "nabirds"}
        ``videos``: frames and sound of one and the same bird. Else each recording with a picture of the same species
        out of the same split, drawn by the seed; their authors pair none of them.
    frames : str
        Of each video, evenly spaced; the features of several are averaged.
    audio : {"present", "reliable"}
        Videos without a sound track, which the header of every file tells, are left out and counted; ``reliable``
        leaves out those too whose sound the authors do not call reliable.
    validation : str
        Share of each species of the training split that becomes the validation split, which videos and recordings
        do not have.
    seed : str
        Decides that share, and the pairs.
    missing : {"refuse", "leave_out"}
        What to do where files are missing.

    Returns
    -------
    ListedRecipe
        Columns ``image``, ``audio``, ``caption``, ``species`` and more.

    Raises
    ------
    InvalidValue
        If an option is out of its range, or PyAV is missing and needed.
    DatasetError
        If the folder is not that dataset, or something in it is missing or damaged.

    Examples
    --------
    >>> open_ssw60("ssw60", pair="photos")
    Traceback (most recent call last):
    confu_core.errors.InvalidValue: pair must be one of videos, images, inat, nabirds; got 'photos'
    """
    if pair not in PAIRS:
        raise InvalidValue(f"pair must be one of {', '.join(PAIRS)}; got {pair!r}")
    if audio not in AUDIO:
        raise InvalidValue(f"audio must be one of {', '.join(AUDIO)}; got {audio!r}")
    count, share, number = parse_frames(frames), parse_share(validation), parse_seed(seed)
    folders = PAIRS[pair]
    used = ("audio_ml", *folders) if folders else ("video_ml",)
    tables = ["taxa.csv", *(f"{one}.csv" for one in used)]
    root = open_root(path, [*tables, *used], "SSW60")
    taxa = _taxa(root)
    if folders:
        by_split, unpaired = _paired(root, taxa, folders, share, number, missing == "leave_out")
    else:
        need_video()
        by_split, unpaired = _videos(root, taxa, audio, share, number), 0
    items, left_out = complete(root, by_split, missing, "SSW60")
    items, silent = (items, 0) if folders else with_sound(root, items)
    options = {"pair": pair, "validation": share, "seed": number, "missing": missing}
    options |= {} if folders else {"frames": count, "audio": audio}
    files = [file for split in items.values() for item in split for file in item.files.values()]
    return ListedRecipe(
        name=NAME,
        description=_description(folders),
        root=root,
        contents=species_contents(
            {"image": Picture("image") if folders else frames_input(count), "audio": bird_sound()},
            [taxon["common_name"] for taxon in taxa.values()],
            [taxon["family"] for taxon in taxa.values()],
        ),
        config={**options, **root.identity(tables, files)},
        items=items,
        opener=Files({"image": "jpg", "audio": "wav"}) if folders else Videos(count),
        notes={"left_out": left_out, "without_sound": silent, "recordings_without_picture": unpaired},
        seed=number,
        libraries=() if folders else ("av", "pillow", "soundfile"),
    )


def _description(folders: Sequence[str]) -> str:
    if not folders:
        return (
            "SSW60: frames and sound of videos of birds, one video per sample; the caption is the name of the species."
        )
    paired = "pictures and recordings of the same species, paired by a draw and not by their authors"
    return f"SSW60: {paired}; the caption is the name of the species."


def _taxa(root: MediaRoot) -> dict[int, dict[str, str]]:
    rows = read_table(root, "taxa.csv", _TAXON)
    taxa = {whole_number(row["label"], f"{root.file('taxa.csv')}: label"): row for row in rows}
    if len(taxa) < len(rows) or not taxa:
        raise DatasetError(f"{root.file('taxa.csv')} must have each label once; got {len(rows)} rows")
    return dict(sorted(taxa.items()))


def _assets(root: MediaRoot, taxa: Mapping[int, object], folder: str, ending: str, more: Sequence[str]) -> list[Asset]:
    table, found = f"{folder}.csv", []
    for row in read_table(root, table, ["asset_id", "label", "split", *more]):
        label = whole_number(row["label"], f"{root.file(table)}: label")
        if label not in taxa or row["split"] not in SPLITS:
            where = f"{root.file(table)}, asset {row['asset_id']!r}"
            raise DatasetError(f"{where}: label {label} must be in taxa.csv and the split known; got {row['split']!r}")
        found.append(Asset(f"{folder}/{row['asset_id']}{ending}", label, SPLITS[row["split"]], row))
    return found


def _by_split(assets: Sequence[Asset], share: float, seed: int, name: str) -> dict[str, list[Asset]]:
    splits = {split: [one for one in assets if one.split == split] for split in ("train", "validation", "test")}
    if not splits["validation"]:
        labels = [one.label for one in splits["train"]]
        splits["train"], splits["validation"] = hold_out(splits["train"], labels, share, seed, f"{NAME} {name}")
    return splits


def _videos(
    root: MediaRoot, taxa: Mapping[int, Mapping[str, str]], audio: str, share: float, seed: int
) -> dict[str, list[Item]]:
    more = ["reliable_audio"] if audio == "reliable" else []
    assets = _assets(root, taxa, "video_ml", ".mp4", more)
    kept = [one for one in assets if audio != "reliable" or one.row["reliable_audio"] == "1"]
    return {
        split: [Item(_fields(taxa[one.label], one, {}), {"video": one.file}) for one in listed]
        for split, listed in _by_split(kept, share, seed, "videos").items()
    }


def _paired(
    root: MediaRoot,
    taxa: Mapping[int, Mapping[str, str]],
    folders: Sequence[str],
    share: float,
    seed: int,
    there_only: bool,
) -> tuple[dict[str, list[Item]], int]:
    """Give each recording a picture; one of a species is not used again before all others of it are."""
    recordings = _by_split(_assets(root, taxa, "audio_ml", ".wav", []), share, seed, "recordings")
    listed_pictures = [one for folder in folders for one in _assets(root, taxa, folder, ".jpg", [])]
    absent = set(root.missing(one.file for one in listed_pictures)) if there_only else ()
    pictures = _by_split([one for one in listed_pictures if one.file not in absent], share, seed, "pictures")
    items = {
        split: [
            Item(
                _fields(taxa[one.label], one, {**picture.row, "file": picture.file}),
                {"image": picture.file, "audio": one.file},
            )
            for one, picture in _drawn(listed, pictures[split], seed, split)
        ]
        for split, listed in recordings.items()
    }
    return items, sum(map(len, recordings.values())) - sum(map(len, items.values()))


def _drawn(
    recordings: Sequence[Asset], pictures: Sequence[Asset], seed: int, split: str
) -> Iterator[tuple[Asset, Asset]]:
    """Yield recordings, each with the next picture of its species in an order drawn by the seed."""
    of_species: dict[int, list[Asset]] = defaultdict(list)
    for one in pictures:
        of_species[one.label].append(one)
    order = {
        label: cycle([there[at] for at in generator(seed, NAME, "pair", split, label).permutation(len(there))])
        for label, there in of_species.items()
    }
    for one in recordings:
        if one.label in order:
            yield one, next(order[one.label])


def _fields(taxon: Mapping[str, str], asset: Asset, picture: Mapping[str, str]) -> dict[str, str]:
    common = {"caption": photo_caption(taxon["common_name"]), "species": taxon["common_name"]}
    common |= {name: taxon[name] for name in ("scientific_name", "family", "order")}
    if not picture:
        return {**common, "recording": asset.row["asset_id"], "reliable_audio": asset.row.get("reliable_audio", "")}
    author = picture.get("rights_holder") or picture.get("photographer") or ""
    return {
        **common,
        "recording": asset.row["asset_id"],
        "picture": picture["file"],
        "author": author,
        "licence": picture.get("license_id", ""),
    }
