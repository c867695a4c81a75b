"""CUB-200-2011: pictures of 200 species of birds, as their authors distribute them, or any folder per class."""

from __future__ import annotations

import re
import unicodedata
from collections import Counter
from collections.abc import Iterator
from operator import itemgetter
from pathlib import Path, PurePosixPath

from confu_core.datasets.listed import Files, Item, ListedRecipe, complete, hold_out, photo_caption, species_contents
from confu_core.datasets.media_root import MediaRoot, open_root, read_lines
from confu_core.datasets.sources import check_one_of, parse_seed, parse_share
from confu_core.errors import DatasetError
from confu_core.inputs.spec import Picture
from confu_core.io.atomic import reading

NAME = "cub200"
IMAGES, CAPTIONS = "images", "text_c10"
LISTS = ("images.txt", "image_class_labels.txt", "classes.txt", "train_test_split.txt")
ENDINGS = (".jpg", ".jpeg")
HIDDEN = ("__MACOSX", "Thumbs.db", "desktop.ini", "@eaDir")  # Beside what begins with a dot.
TEST_SHARE = 0.5  # Of each class, where no list says: that of the authors.

Pictures = list[tuple[str, str]]  # Files, and the class of each.

_NUMBER = re.compile(r"\d+\.")


def open_cub200(
    path: str, caption: str = "auto", validation: str = "0.1", seed: str = "0", missing: str = "refuse"
) -> ListedRecipe:
    """Open CUB-200-2011, with the columns ``image``, ``caption``, ``species`` and ``picture``.

    Parameters
    ----------
    path : str
        The folder with ``images.txt``, ``image_class_labels.txt``, ``classes.txt``, ``train_test_split.txt`` and
        ``images/``. Without the lists, any folder with a folder of JPEG files per class, in ``images/`` or beside
        each other; half of each class is then tested on. What is hidden, a link, empty, or no JPEG by its name is
        passed over and counted.
    caption : {"auto", "text", "name"}
        ``text``: the first description of each picture out of ``text_c10/``; ``name``: the name of its class;
        ``auto``: descriptions if there is such a folder.
    validation, seed : str
        Share of each class of the training split that becomes the validation split, and what draws it.
    missing : {"refuse", "leave_out"}
        What to do where files are missing.
    """
    check_one_of("caption", caption, ("auto", "text", "name"))
    share, number = parse_share(validation), parse_seed(seed)
    root = open_root(path, [], "CUB-200-2011")
    lists = _lists(root)
    passed = Counter[str]()
    train, test = _listed(root) if lists else _folders(root, number, passed)
    texts = root.file(CAPTIONS).is_dir() if caption == "auto" else caption == "text"
    stay, held = hold_out(train, itemgetter(1), share, number, NAME)
    splits = {"train": stay, "validation": held, "test": test}
    described = {
        split: [Item({"species": name, "picture": file}, _files(file, texts)) for file, name in rows]
        for split, rows in splits.items()
    }
    opener = Files({"image": "jpg"})
    items, left_out, _ = complete(root, described, opener, missing, "CUB-200-2011")
    told = "the first of ten descriptions" if texts else "the name of the species"
    return ListedRecipe(
        name=NAME,
        description=f"CUB-200-2011: pictures of birds; the caption is {told}.",
        root=root,
        contents=species_contents({"image": Picture("image")}, _names([*stay, *held, *test]), named=not texts),
        items={split: [_captioned(root, item) for item in rows] for split, rows in items.items()},
        opener=opener,
        options={"caption": "text" if texts else "name", "validation": share, "seed": number, "missing": missing},
        annotations=lists,
        notes={"left_out": left_out, **passed},
    )


def _lists(root: MediaRoot) -> list[str]:
    lists = [name for name in LISTS if root.file(name).exists()]
    if lists and len(lists) < len(LISTS):
        absent = ", ".join(name for name in LISTS if name not in lists)
        raise DatasetError(f"{root.path} is not CUB-200-2011: {absent} missing; remove the other lists to read folders")
    return lists


def _listed(root: MediaRoot) -> tuple[Pictures, Pictures]:
    """Return the pictures that the lists train on, and those that they test on."""
    images = dict(read_lines(root, "images.txt", rest=True))
    labels, trained = (dict(read_lines(root, name)) for name in ("image_class_labels.txt", "train_test_split.txt"))
    classes = {number: _class_name(name) for number, name in read_lines(root, "classes.txt", rest=True)}
    train: Pictures = []
    test: Pictures = []
    for image, file in images.items():
        if labels.get(image) not in classes:
            where = root.file("image_class_labels.txt")
            raise DatasetError(f"{where}: image {image!r:.40} has no class of classes.txt")
        if trained.get(image) not in ("0", "1"):
            raise DatasetError(f"{root.file('train_test_split.txt')}: image {image!r:.40} must be 0 or 1")
        (train if trained[image] == "1" else test).append((f"{IMAGES}/{file}", classes[labels[image]]))
    return train, test


def _folders(root: MediaRoot, seed: int, passed: Counter[str]) -> tuple[Pictures, Pictures]:
    """Return the pictures in a folder per class, half of each class to be tested on."""
    inside = f"{IMAGES}/" if root.file(IMAGES).is_dir() else ""
    found: Pictures = []
    for folder in _seen(root, root.path / inside, passed):
        if not folder.is_dir():
            passed.update({"files_beside_the_classes": 1} if inside else {})
        elif inside or folder.name != CAPTIONS:
            pictures = _pictures(root, folder, passed)
            found += [(f"{inside}{folder.name}/{name}", _class_name(folder.name)) for name in pictures]
    if not found:
        said = f" (passed over: {', '.join(f'{name} {count}' for name, count in passed.items())})" if passed else ""
        raise DatasetError(f"{root.path} has neither {LISTS[0]} nor a folder of JPEG files per class{said}")
    return hold_out(found, itemgetter(1), TEST_SHARE, seed, f"{NAME} test")


def _pictures(root: MediaRoot, folder: Path, passed: Counter[str]) -> list[str]:
    pictures = []
    for one in _seen(root, folder, passed):
        if one.is_dir():
            passed["folders_within_classes"] += 1
        elif one.suffix.lower() in ENDINGS:
            pictures.append(one.name)
        else:
            passed["files_of_other_kinds"] += 1
    passed.update({"folders_without_pictures": 1} if not pictures else {})
    return pictures


def _seen(root: MediaRoot, folder: Path, passed: Counter[str]) -> Iterator[Path]:
    """Yield what a folder holds, in order, but what systems hide there and links; those are counted."""
    with reading(folder):
        inner = sorted(folder.iterdir())
    for one in inner:
        if one.name.startswith(".") or one.name in HIDDEN:
            passed["hidden"] += 1
        elif one.is_symlink() and not root.is_stored(one):
            passed["links"] += 1
        else:
            yield one


def _class_name(folder: str) -> str:
    name = unicodedata.normalize("NFC", folder)  # Some systems take accents apart.
    return _NUMBER.sub("", name, count=1).replace("_", " ").strip() or name


def _names(pictures: Pictures) -> list[str]:
    """Return the classes in the order of their folders, whose numbers are those of the authors."""
    folders = {name: PurePosixPath(file).parent.name for file, name in pictures}
    return sorted(folders, key=lambda name: (folders[name], name))


def _files(file: str, texts: bool) -> dict[str, str]:
    within = PurePosixPath(file).relative_to(IMAGES) if file.startswith(f"{IMAGES}/") else PurePosixPath(file)
    return {"image": file, **({"caption": f"{CAPTIONS}/{within.with_suffix('.txt')}"} if texts else {})}


def _captioned(root: MediaRoot, item: Item) -> Item:
    text = item.files.get("caption")
    caption = photo_caption(str(item.fields["species"])) if text is None else _first_line(root, text)
    return Item({"caption": caption, **item.fields}, item.files)


def _first_line(root: MediaRoot, name: str) -> str:
    try:
        text = root.read(name).decode("utf-8-sig")
    except UnicodeDecodeError as error:
        raise DatasetError(f"{root.file(name)} is not UTF-8: byte {error.start}") from error
    if not text.strip():
        raise DatasetError(f"{root.file(name)} has no line of text")
    return text.strip().splitlines()[0].strip()
