"""VB100: videos of 100 species of birds, as their authors distribute them."""

from __future__ import annotations

from operator import itemgetter
from pathlib import PurePosixPath

from confu_core.datasets.listed import Item, ListedRecipe, complete, hold_out, photo_caption, species_contents
from confu_core.datasets.media_root import MediaRoot, open_root, read_lines, whole_number
from confu_core.datasets.sources import parse_seed, parse_share
from confu_core.datasets.video import Videos, bird_media, need_video, parse_every, parse_frames
from confu_core.errors import DatasetError

NAME = "vb100"
LISTS = ("train_video.txt", "test_video.txt")  # Of training and of testing.
FOLDER = "vb100_video"


def open_vb100(
    path: str,
    frames: str = "8",
    validation: str = "0.1",
    seed: str = "0",
    missing: str = "refuse",
    every: str = "0",
    splits: str = "theirs",
) -> ListedRecipe:
    """Open VB100, with the columns ``image``, ``audio``, ``caption``, ``species`` and ``recording``.

    The name of a species is that of its folder. Videos without a sound track are left out and counted.

    Parameters
    ----------
    path : str
        The folder with ``train_video.txt``, ``test_video.txt`` and the folders of the species, beside them or in
        ``vb100_video``. A line of the lists is the path of a video and the number of its class:
        ``American_Avocet/American_Avocet_00003.mp4 3``.
    frames : str
        Of each video, evenly spaced; the features of several are averaged.
    validation, seed : str
        Share of each species of the training split that becomes the validation split, and what draws it.
    missing : {"refuse", "leave_out"}
        What to do where files are missing.
    every, splits : str
        As for SSW60 (`confu_core.datasets.ssw60.open_ssw60`).
    """
    count, step, share, number = parse_frames(frames), parse_every(every), parse_share(validation), parse_seed(seed)
    need_video()
    root = open_root(path, LISTS, "VB100")
    train, test = (_videos(root, name) for name in LISTS)
    species = _species(root, [*train, *test])
    stay, held = hold_out(train, itemgetter(1), share, number, NAME)
    listed = {
        split: [Item(_fields(video, species[label]), {"video": video}) for video, label in rows]
        for split, rows in {"train": stay, "validation": held, "test": test}.items()
    }
    opener = Videos(count, step)
    items, left_out, silent = complete(root, listed, opener, missing, "VB100", splits)
    names = [species[label] for label in sorted(species)]
    return ListedRecipe(
        name=NAME,
        description="VB100: frames and sound of videos of birds; the caption is the name of the species.",
        root=root,
        contents=species_contents(bird_media(count, step), names),
        items=items,
        opener=opener,
        options={
            **{"frames": count, "validation": share, "seed": number, "missing": missing},
            **({"every": step} if step else {}),
            **({"splits": splits} if splits == "all" else {}),
        },
        annotations=LISTS,
        notes={"left_out": left_out, "without_sound": silent},
    )


def _videos(root: MediaRoot, name: str) -> list[tuple[str, int]]:
    """Return the videos of a list, and the number of the class of each."""
    inside = f"{FOLDER}/" if root.file(FOLDER).is_dir() else ""
    found = []
    for video, label in read_lines(root, name):
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
