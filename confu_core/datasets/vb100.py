"""VB100: videos of 100 species of birds, as their authors distribute them."""

from __future__ import annotations

from pathlib import PurePosixPath

from confu_core.datasets.annotations import read_lines, whole_number
from confu_core.datasets.held_out import hold_out, parse_seed, parse_share
from confu_core.datasets.listed import Item, ListedRecipe, complete
from confu_core.datasets.media_root import MediaRoot, open_root
from confu_core.datasets.names import bird_sound, photo_caption, species_contents
from confu_core.datasets.video import need_video
from confu_core.datasets.video_samples import Videos, frames_input, parse_frames, with_sound
from confu_core.errors import DatasetError

__all__ = ["open_vb100"]

NAME = "vb100"
LISTS = {"train": "train_video.txt", "test": "test_video.txt"}
FOLDER = "vb100_video"


def open_vb100(
    path: str, frames: str = "8", validation: str = "0.1", seed: str = "0", missing: str = "refuse"
) -> ListedRecipe:
    """Open VB100.

    Parameters
    ----------
    path : str
        The folder with ``train_video.txt``, ``test_video.txt`` and the folders of the species, beside them or in
        ``vb100_video``. A line of the lists is the path of a video and the number of its class:
        ``American_Avocet/American_Avocet_00003.mp4 3``.
    frames : str
        Of each video, evenly spaced; the features of several are averaged.
    validation : str
        Share of each species of the training split that becomes the validation split.
    seed : str
        Decides that share.
    missing : {"refuse", "leave_out"}
        What to do where files are missing.

    Returns
    -------
    ListedRecipe
        Columns ``image``, ``audio``, ``caption``, ``species`` and more. The name of a species is that of its folder.
        Videos without a sound track are left out and counted.

    Raises
    ------
    InvalidValue
        If an option is out of its range, or PyAV is missing.
    DatasetError
        If the folder is not that dataset, or something in it is missing or damaged.

    Examples
    --------
    >>> open_vb100("vb100", frames="0")
    Traceback (most recent call last):
    confu_core.errors.InvalidValue: frames must be in [1, 64]; got 0
    """
    count, share, number = parse_frames(frames), parse_share(validation), parse_seed(seed)
    need_video()
    root = open_root(path, LISTS.values(), "VB100")
    listed = {split: _videos(root, name) for split, name in LISTS.items()}
    species = _species(root, [one for split in listed.values() for one in split])
    stay, held = hold_out(listed["train"], [label for _, label in listed["train"]], share, number, NAME)
    splits = {"train": stay, "validation": held, "test": listed["test"]}
    by_split = {
        split: [Item(_fields(video, species[label]), {"video": video}) for video, label in rows]
        for split, rows in splits.items()
    }
    items, left_out = complete(root, by_split, missing, "VB100")
    items, silent = with_sound(root, items)
    names = [species[label] for label in sorted(species)]
    files = [item.files["video"] for split in items.values() for item in split]
    options = {"frames": count, "validation": share, "seed": number, "missing": missing}
    return ListedRecipe(
        name=NAME,
        description="VB100: frames and sound of videos of birds; the caption is the name of the species.",
        root=root,
        contents=species_contents({"image": frames_input(count), "audio": bird_sound()}, names),
        config={**options, **root.identity(LISTS.values(), files)},
        items=items,
        opener=Videos(count),
        notes={"left_out": left_out, "without_sound": silent},
        seed=number,
        libraries=("av", "pillow", "soundfile"),
    )


def _videos(root: MediaRoot, name: str) -> list[tuple[str, int]]:
    inside = f"{FOLDER}/" if root.file(FOLDER).is_dir() else ""
    found = []
    for video, label in read_lines(root, name, 2):
        prefix = "" if video.startswith(f"{FOLDER}/") else inside
        found.append((f"{prefix}{video}", whole_number(label, f"{root.file(name)}: class of {video!r:.60}")))
    return found


def _species(root: MediaRoot, videos: list[tuple[str, int]]) -> dict[int, str]:
    """Return the name of each class, which only the folders of its videos say."""
    names: dict[int, str] = {}
    for video, label in videos:
        name = PurePosixPath(video).parent.name.replace("_", " ").strip()
        if not name or names.setdefault(label, name) != name:
            told = f"class {label} is {names.get(label, '')!r} and {name!r}"
            raise DatasetError(f"{root.path}: every class must be one folder of videos; {told}")
    if len(set(names.values())) < len(names):
        raise DatasetError(f"{root.path}: every folder of videos must be one class; got {len(names)} classes")
    return names


def _fields(video: str, species: str) -> dict[str, str | int | float]:
    return {"caption": photo_caption(species), "species": species, "recording": PurePosixPath(video).stem}
