"""Sapsucker Woods 60: videos, recordings and pictures of 60 species of birds, as their authors distribute them."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from itertools import cycle
from operator import attrgetter

from confu_core.datasets.listed import Files, Item, ListedRecipe, complete, hold_out, photo_caption, species_contents
from confu_core.datasets.media_root import MediaRoot, open_root, read_table, whole_number
from confu_core.datasets.sources import check_one_of, parse_seed, parse_share
from confu_core.datasets.video import Videos, bird_media, need_video, parse_every, parse_frames
from confu_core.errors import DatasetError
from confu_core.random import generator

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
OF_VIDEOS = "SSW60: frames and sound of videos of birds, one video per sample; the caption is the name of the species."
OF_PAIRS = (
    "SSW60: pictures and recordings of the same species, paired by a draw and not by their authors; the caption is the "
    "name of the species."
)

Taxa = Mapping[int, Mapping[str, str]]  # Label of each species, to its row of taxa.csv.

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
    every: str = "0",
    splits: str = "theirs",
) -> ListedRecipe:
    """Open Sapsucker Woods 60, with the columns ``image``, ``audio``, ``caption``, ``species`` and more.

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
    every : str
        Seconds from frame to frame of a video, in place of evenly spaced ones: ``frames=19&every=0.5`` are those at
        0.5, 1, and on to 9.5 s.
    splits : {"theirs", "all"}
        ``all``: every sample is one to test on, as in ConFu's evaluation.
    """
    check_one_of("pair", pair, PAIRS)
    check_one_of("audio", audio, AUDIO)
    count, step, share, number = parse_frames(frames), parse_every(every), parse_share(validation), parse_seed(seed)
    folders = PAIRS[pair]
    used = ("audio_ml", *folders) if folders else ("video_ml",)
    tables = ["taxa.csv", *(f"{one}.csv" for one in used)]
    root = open_root(path, [*tables, *used], "SSW60")
    taxa = _taxa(root)
    if folders:
        listed, unpaired = _paired(root, taxa, folders, share, number, missing == "leave_out")
    else:
        need_video()
        listed, unpaired = _videos(root, taxa, audio == "reliable", share, number), 0
    opener = Files({"image": "jpg", "audio": "wav"}) if folders else Videos(count, step)
    items, left_out, silent = complete(root, listed, opener, missing, "SSW60", splits)
    options = {"pair": pair, "validation": share, "seed": number, "missing": missing}
    options |= {"splits": splits} if splits == "all" else {}
    of_videos = {"frames": count, "audio": audio, **({"every": step} if step else {})}
    return ListedRecipe(
        name=NAME,
        description=OF_PAIRS if folders else OF_VIDEOS,
        root=root,
        contents=species_contents(
            bird_media(1 if folders else count, step),
            [taxon["common_name"] for taxon in taxa.values()],
            [taxon["family"] for taxon in taxa.values()],
        ),
        items=items,
        opener=opener,
        options=options if folders else {**options, **of_videos},
        annotations=tables,
        notes={"left_out": left_out, "without_sound": silent, "recordings_without_picture": unpaired},
    )


def _taxa(root: MediaRoot) -> Taxa:
    rows = read_table(root, "taxa.csv", _TAXON)
    taxa = {whole_number(row["label"], f"{root.file('taxa.csv')}: label"): row for row in rows}
    if len(taxa) < len(rows) or not taxa:
        raise DatasetError(f"{root.file('taxa.csv')} must have each label once; got {len(rows)} rows")
    return dict(sorted(taxa.items()))


def _assets(root: MediaRoot, taxa: Taxa, folder: str, ending: str, more: Sequence[str] = ()) -> list[Asset]:
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
        stay, held = hold_out(splits["train"], attrgetter("label"), share, seed, f"{NAME} {name}")
        splits |= {"train": stay, "validation": held}
    return splits


def _videos(root: MediaRoot, taxa: Taxa, reliable: bool, share: float, seed: int) -> dict[str, list[Item]]:
    assets = _assets(root, taxa, "video_ml", ".mp4", ["reliable_audio"] if reliable else [])
    kept = [one for one in assets if not reliable or one.row["reliable_audio"] == "1"]
    splits = _by_split(kept, share, seed, "videos")
    return {split: [_video(taxa, one) for one in listed] for split, listed in splits.items()}


def _paired(
    root: MediaRoot, taxa: Taxa, folders: Sequence[str], share: float, seed: int, there_only: bool
) -> tuple[dict[str, list[Item]], int]:
    """Return recordings, each with a picture, and how many have none."""
    recordings = _by_split(_assets(root, taxa, "audio_ml", ".wav"), share, seed, "recordings")
    listed = [one for folder in folders for one in _assets(root, taxa, folder, ".jpg")]
    absent = set(root.missing(one.file for one in listed)) if there_only else ()
    pictures = _by_split([one for one in listed if one.file not in absent], share, seed, "pictures")
    items = {
        split: [_pair(taxa, *pair) for pair in _drawn(mine, pictures[split], seed, split)]
        for split, mine in recordings.items()
    }
    return items, sum(map(len, recordings.values())) - sum(map(len, items.values()))


def _drawn(
    recordings: Sequence[Asset], pictures: Sequence[Asset], seed: int, split: str
) -> Iterator[tuple[Asset, Asset]]:
    """Yield recordings with pictures of their species in an order drawn by the seed: none twice before all are used."""
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


def _video(taxa: Taxa, video: Asset) -> Item:
    return Item({**_fields(taxa, video), "reliable_audio": video.row.get("reliable_audio", "")}, {"video": video.file})


def _pair(taxa: Taxa, recording: Asset, picture: Asset) -> Item:
    row = picture.row
    author = row.get("rights_holder") or row.get("photographer") or ""
    of_picture = {"picture": picture.file, "author": author, "licence": row.get("license_id", "")}
    return Item({**_fields(taxa, recording), **of_picture}, {"image": picture.file, "audio": recording.file})


def _fields(taxa: Taxa, asset: Asset) -> dict[str, str]:
    taxon = taxa[asset.label]
    name = taxon["common_name"]
    names = {one: taxon[one] for one in ("scientific_name", "family", "order")}
    return {"caption": photo_caption(name), "species": name, **names, "recording": asset.row["asset_id"]}
