"""Pictures of handwritten digits: those inside scikit-learn, or files of MNIST's form."""

from __future__ import annotations

import hashlib
import re
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from confu_core.datasets.digits.idx import read_idx, read_npz
from confu_core.errors import DatasetError

__all__ = ["DIGITS", "SIDE", "Pictures", "load_pictures"]

DIGITS = 10
SIDE = 28

_INNER = 20  # As in MNIST: the digit in 20 x 20 pixels, with a margin of four.
_SKLEARN_MAXIMUM = 16
_SPLITS = ("train", "validation", "test")
_SHARE = 0.2  # Of scikit-learn's pictures, for validation and for test.
_MNIST_VALIDATION = 1 / 12  # 5,000 of 60,000.
_MNIST_NAME = re.compile(r"(train|t10k)-(images|labels)[-.]idx[13]-ubyte(\.gz)?")
_NPZ = ("x_train", "y_train", "x_test", "y_test")


@dataclass(frozen=True, eq=False)
class Pictures:
    """Handwritten digits, and which split each is in.

    Attributes
    ----------
    images : ndarray of uint8, shape (pictures, 28, 28)
        Light on dark.
    labels : ndarray of uint8, shape (pictures,)
        The digits.
    indices : mapping of str to ndarray of int
        Split to the numbers of its pictures; no picture is in two.
    source : mapping
        What they are: ``name``, ``what``, ``licence``, ``url``, ``author``.
    sha256 : str
        Of images and labels.
    """

    images: np.ndarray
    labels: np.ndarray
    indices: Mapping[str, np.ndarray]
    source: Mapping[str, str]
    sha256: str


def load_pictures(where: str, licence: str = "unknown") -> Pictures:
    """Load handwritten digits.

    Parameters
    ----------
    where : str
        ``"sklearn"``, a folder of MNIST's four idx files, or ``mnist.npz``.
    licence : str
        Of the user's own files.

    Returns
    -------
    Pictures
        Of 28 x 28 pixels. Those of scikit-learn are 8 x 8 and are enlarged smoothly.

    Raises
    ------
    DatasetError
        If there is nothing to read, or it is damaged.

    Examples
    --------
    >>> pictures = load_pictures("sklearn")
    >>> {split: len(numbers) for split, numbers in pictures.indices.items()}
    {'train': 1079, 'validation': 359, 'test': 359}
    """
    if where == "sklearn":
        return _of_sklearn()
    path = Path(where)
    if path.is_dir():
        archives = sorted(path.glob("*.npz"))
        found = _idx_arrays(path) if not archives else read_npz(archives[0], _NPZ)
    elif path.is_file():
        found = read_npz(path, _NPZ)
    else:
        raise DatasetError(f"images must be 'sklearn', or a folder or file of MNIST's form; {where} does not exist")
    return _of_mnist(found, path, licence)


def _of_sklearn() -> Pictures:
    from sklearn.datasets import load_digits

    digits = load_digits()
    count = len(digits.images)
    images = np.stack([_enlarged(image) for image in digits.images])
    held = int(count * _SHARE)
    # In the order of the file, where the digits of one hand stand together: shuffled, hands would be in all splits.
    blocks = np.split(np.arange(count), [count - 2 * held, count - held])
    source = {
        "name": "sklearn-digits",
        "what": "handwritten digits of 13 people, 8 x 8 pixels, from the UCI Optical Recognition of Handwritten Digits",
        "licence": "CC-BY-4.0",
        "url": "https://archive.ics.uci.edu/dataset/80/optical+recognition+of+handwritten+digits",
        "author": "E. Alpaydin and C. Kaynak",
    }
    return _pictures(images, digits.target.astype(np.uint8), dict(zip(_SPLITS, blocks, strict=True)), source)


def _enlarged(image: np.ndarray) -> np.ndarray:
    from PIL import Image

    small = Image.fromarray((image * (255 / _SKLEARN_MAXIMUM)).astype(np.float32))
    large = np.asarray(small.resize((_INNER, _INNER), Image.Resampling.BICUBIC))
    return np.pad(np.rint(large.clip(0, 255)).astype(np.uint8), (SIDE - _INNER) // 2)


def _idx_arrays(folder: Path) -> dict[str, np.ndarray]:
    paths = {
        (found[1], found[2]): path for path in sorted(folder.iterdir()) if (found := _MNIST_NAME.fullmatch(path.name))
    }
    wanted = [(part, kind) for part in ("train", "t10k") for kind in ("images", "labels")]
    missing = [f"{part}-{kind}" for part, kind in wanted if (part, kind) not in paths]
    if missing:
        raise DatasetError(f"{folder} must hold MNIST's idx files or an .npz of them; it lacks {', '.join(missing)}")
    names = {("train", "images"): "x_train", ("train", "labels"): "y_train"}
    names |= {("t10k", "images"): "x_test", ("t10k", "labels"): "y_test"}
    return {names[key]: read_idx(paths[key], 3 if key[1] == "images" else 1) for key in wanted}


def _of_mnist(found: Mapping[str, np.ndarray], path: Path, licence: str) -> Pictures:
    for part in ("train", "test"):
        _check(found[f"x_{part}"], found[f"y_{part}"], part, path)
    images = np.concatenate([found["x_train"], found["x_test"]])
    trained, count = len(found["x_train"]), len(images)
    validation = max(1, round(trained * _MNIST_VALIDATION))
    indices = dict(zip(_SPLITS, np.split(np.arange(count), [trained - validation, trained]), strict=True))
    source = {"name": "mnist-format", "what": "pictures in files of MNIST's form", "licence": licence}
    labels = np.concatenate([found["y_train"], found["y_test"]])
    return _pictures(images, labels, indices, {**source, "url": "", "author": ""})


def _check(images: np.ndarray, labels: np.ndarray, part: str, path: Path) -> None:
    if images.ndim != 3 or images.shape[1:] != (SIDE, SIDE):
        edges = " x ".join(map(str, images.shape[1:]))
        raise DatasetError(f"pictures of {path} ({part}) must be {SIDE} x {SIDE}; got {edges or 'no pictures'}")
    if labels.shape != (len(images),):
        raise DatasetError(f"{path} ({part}) must have one label per picture, {len(images)}; got {labels.size}")
    if labels.size and labels.max() >= DIGITS:
        raise DatasetError(f"labels of {path} ({part}) must be digits, 0 to 9; got {labels.max()}")


def _pictures(
    images: np.ndarray, labels: np.ndarray, indices: Mapping[str, np.ndarray], source: Mapping[str, str]
) -> Pictures:
    for split, numbers in indices.items():
        missing = sorted(set(range(DIGITS)) - set(labels[numbers].tolist()))
        if missing:
            raise DatasetError(f"pictures of the {split} split must show every digit; there is no {missing[0]}")
    digest = hashlib.sha256(images.tobytes() + labels.tobytes()).hexdigest()
    return Pictures(images, labels, indices, source, digest)
