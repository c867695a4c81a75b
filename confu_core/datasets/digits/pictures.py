"""Pictures of handwritten digits: those inside scikit-learn, or files of MNIST's form, of which none is trusted."""

from __future__ import annotations

import gzip
import hashlib
import io
import math
import re
import zipfile
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from confu_core.datasets.digits.said import SAID
from confu_core.errors import DatasetError, InvalidValue
from confu_core.inputs.complaint import brief, refusing

DIGITS = 10
SIDE = 28
SPLITS = ("train", "validation", "test")
BYTE_LIMIT = 1 << 29  # Three times the largest published file of MNIST's form, unpacked.

_INNER = 20  # As in MNIST: the digit in 20 x 20 pixels, with a margin of four.
_SKLEARN_MAXIMUM = 16
_SHARE = 0.2  # Of scikit-learn's pictures, for validation and for test.
_MNIST_VALIDATION = 1 / 12  # 5,000 of 60,000.
_MNIST_NAME = re.compile(r"(train|t10k)-(images|labels)[-.]idx[13]-ubyte(\.gz)?")
# Arrays of an archive, to the part and kind that the name of an idx file tells.
_ARRAYS = {
    "x_train": ("train", "images"),
    "y_train": ("train", "labels"),
    "x_test": ("t10k", "images"),
    "y_test": ("t10k", "labels"),
}
_MAGIC = b"\x00\x00\x08"  # Two zeros, and the code of unsigned bytes; the number of dimensions follows.
_GZIP = b"\x1f\x8b"
_BLOCK = 4096  # Pictures whose components are found at a time.


@dataclass(frozen=True, eq=False)
class Pictures:
    """Handwritten digits, and which split each is in."""

    images: np.ndarray  # Light on dark, uint8 of shape (pictures, 28, 28).
    labels: np.ndarray  # The digits, uint8 of shape (pictures,).
    indices: Mapping[str, np.ndarray]  # Split to the numbers of its pictures; no picture is in two.
    source: Mapping[str, str]  # What they are: name, what, licence, url, author.
    sha256: str  # Of images and labels.


def load_pictures(where: str, licence: str = "unknown") -> Pictures:
    """Load the pictures of ``"sklearn"``, of a folder of MNIST's four idx files, or of ``mnist.npz``.

    Those of scikit-learn are 8 x 8 and are enlarged smoothly. The licence is that of the user's own files.

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
        found = _idx_arrays(path) if not archives else read_npz(archives[0], tuple(_ARRAYS))
    elif path.is_file():
        found = read_npz(path, tuple(_ARRAYS))
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
    return _split(images, digits.target.astype(np.uint8), [count - 2 * held, count - held], dict(SAID.sklearn))


def _enlarged(image: np.ndarray) -> np.ndarray:
    from PIL import Image

    small = Image.fromarray((image * (255 / _SKLEARN_MAXIMUM)).astype(np.float32))
    large = np.asarray(small.resize((_INNER, _INNER), Image.Resampling.BICUBIC))
    return np.pad(np.rint(large.clip(0, 255)).astype(np.uint8), (SIDE - _INNER) // 2)


def _of_mnist(found: Mapping[str, np.ndarray], path: Path, licence: str) -> Pictures:
    for part in ("train", "test"):
        _check(found[f"x_{part}"], found[f"y_{part}"], part, path)
    trained = len(found["x_train"])
    validation = max(1, round(trained * _MNIST_VALIDATION))
    images, labels = (np.concatenate([found[f"{kind}_train"], found[f"{kind}_test"]]) for kind in "xy")
    source = {"name": "mnist-format", "what": "pictures in files of MNIST's form", "licence": licence}
    return _split(images, labels, [trained - validation, trained], {**source, "url": "", "author": ""})


def _check(images: np.ndarray, labels: np.ndarray, part: str, path: Path) -> None:
    if images.ndim != 3 or images.shape[1:] != (SIDE, SIDE):
        edges = " x ".join(map(str, images.shape[1:]))
        raise DatasetError(f"pictures of {path} ({part}) must be {SIDE} x {SIDE}; got {edges or 'no pictures'}")
    if labels.shape != (len(images),):
        raise DatasetError(f"{path} ({part}) must have one label per picture, {len(images)}; got {labels.size}")
    if labels.size and labels.max() >= DIGITS:
        raise DatasetError(f"labels of {path} ({part}) must be digits, 0 to 9; got {labels.max()}")


def _split(images: np.ndarray, labels: np.ndarray, borders: list[int], source: Mapping[str, str]) -> Pictures:
    """Return pictures whose splits are blocks of them, between two borders."""
    indices = dict(zip(SPLITS, np.split(np.arange(len(images)), borders), strict=True))
    for split, numbers in indices.items():
        if missing := sorted(set(range(DIGITS)) - set(labels[numbers].tolist())):
            raise DatasetError(f"pictures of the {split} split must show every digit; there is no {missing[0]}")
    digest = hashlib.sha256(images.tobytes() + labels.tobytes()).hexdigest()
    return Pictures(images, labels, indices, source, digest)


def _idx_arrays(folder: Path) -> dict[str, np.ndarray]:
    paths = {
        named.group(1, 2): path for path in sorted(folder.iterdir()) if (named := _MNIST_NAME.fullmatch(path.name))
    }
    if missing := ["-".join(wanted) for wanted in _ARRAYS.values() if wanted not in paths]:
        raise DatasetError(f"{folder} must hold MNIST's idx files or an .npz of them; it lacks {', '.join(missing)}")
    return {name: read_idx(paths[wanted], 3 if wanted[1] == "images" else 1) for name, wanted in _ARRAYS.items()}


def read_idx(path: Path, dimensions: int) -> np.ndarray:
    """Read an array of bytes from an idx file, 3 dimensions of pictures or 1 of labels, which may be gzipped.

    The size that the header promises is compared with the file before anything is reserved for it, and what a gzipped
    file unpacks to is read no further than it promised.

    Examples
    --------
    >>> import tempfile
    >>> with tempfile.TemporaryDirectory() as folder:
    ...     path = Path(folder) / "labels"
    ...     _ = path.write_bytes(bytes([0, 0, 8, 1, 0, 0, 0, 3, 7, 2, 1]))
    ...     read_idx(path, 1)
    array([7, 2, 1], dtype=uint8)
    """
    with refusing(f"{path.name} cannot be read", brief), path.open("rb") as plain:
        if plain.read(2) == _GZIP:
            with gzip.open(path, "rb") as unpacked:
                return _array(unpacked, path, dimensions, None)
        plain.seek(0)
        return _array(plain, path, dimensions, path.stat().st_size)


def read_npz(path: Path, names: tuple[str, ...]) -> dict[str, np.ndarray]:
    """Read arrays of whole numbers in [0, 255] from a NumPy archive that must hold these; nothing in it is run.

    Examples
    --------
    >>> import tempfile
    >>> with tempfile.TemporaryDirectory() as folder:
    ...     path = Path(folder) / "mnist.npz"
    ...     np.savez(path, y_test=np.array([7, 2]))
    ...     read_npz(path, ("y_test",))
    {'y_test': array([7, 2], dtype=uint8)}
    """
    with refusing(f"{path.name} cannot be read", brief), zipfile.ZipFile(path) as archive:
        members = {name.removesuffix(".npy") for name in archive.namelist()}
        if missing := [name for name in names if name not in members]:
            raise DatasetError(f"{path.name} must hold arrays {', '.join(names)}; it lacks {', '.join(missing)}")
        return {name: _member(archive, f"{name}.npy", path) for name in names}


def _array(file: io.BufferedIOBase, path: Path, dimensions: int, size: int | None) -> np.ndarray:
    start = 4 + 4 * dimensions
    header = file.read(start)
    if header[:4] != _MAGIC + bytes([dimensions]) or len(header) < start:
        form = f"an idx file of bytes in {dimensions} dimensions"
        raise DatasetError(f"{path.name} must be {form}; its header is another")
    shape = tuple(int(edge) for edge in np.frombuffer(header[4:], ">u4"))
    count = math.prod(shape)
    if count > BYTE_LIMIT:
        raise DatasetError(f"{path.name} says that it holds {count} bytes; at most {BYTE_LIMIT} are read")
    if size is not None and size != start + count:
        raise DatasetError(f"{path.name} must have {start + count} bytes, as its header says; it has {size}")
    data = file.read(count + 1)
    if len(data) != count:
        held = "more" if len(data) > count else len(data)
        raise DatasetError(f"{path.name} must hold {count} bytes, as its header says; it holds {held}")
    return np.frombuffer(data, np.uint8).reshape(shape)


def _member(archive: zipfile.ZipFile, name: str, path: Path) -> np.ndarray:
    where, entry = f"{name} in {path.name}", archive.getinfo(name)
    if entry.file_size > BYTE_LIMIT:
        raise DatasetError(f"{where} has {entry.file_size} bytes; at most {BYTE_LIMIT} are read")
    with archive.open(entry) as file:
        version = np.lib.format.read_magic(file)
        readers = {(1, 0): np.lib.format.read_array_header_1_0, (2, 0): np.lib.format.read_array_header_2_0}
        if version not in readers:
            raise DatasetError(f"{where} must be of NumPy's format 1 or 2; got {version[0]}")
        shape, by_column, dtype = readers[version](file)
        # Objects would be unpickled, which runs code: they are refused by their type, before a byte of them is read.
        if dtype.kind not in "iu" or by_column:
            raise DatasetError(f"{where} must hold whole numbers, row by row; got {dtype}")
        data = file.read()
    if len(data) != math.prod(shape) * dtype.itemsize:
        raise DatasetError(f"{where} must hold {shape} numbers, as its header says; it has {len(data)} bytes")
    array = np.frombuffer(data, dtype).reshape(shape)
    if array.size and not 0 <= int(array.min()) <= int(array.max()) <= 255:
        raise DatasetError(f"{where} must hold numbers in [0, 255]; got {array.min()} to {array.max()}")
    return array.astype(np.uint8)


@dataclass(frozen=True, eq=False)
class Reduction:
    """The mean picture, and the directions in which pictures may still differ from it.

    The literature makes the picture alone a poor witness by leaving off most of its energy.
    """

    mean: np.ndarray  # Of the training pictures, float64 of shape (pixels,).
    components: np.ndarray  # Orthonormal, of shape (kept, pixels), the one with most energy first.
    kept: float  # Share of the energy of the training pictures, around their mean, that these hold.

    def __call__(self, image: np.ndarray) -> np.ndarray:
        """Return what is left of one picture, uint8 of the same shape, rounded and cut off at black and white."""
        if self.kept == 1:
            return image
        # One picture at a time: products of matrices of other shapes round otherwise, and bytes must not vary.
        shift = image.reshape(-1) - self.mean
        left = self.mean + sum(component * float(component @ shift) for component in self.components)
        return np.rint(left.clip(0, 255)).astype(np.uint8).reshape(image.shape)


def fit_reduction(images: np.ndarray, removed: float) -> Reduction:
    """Find the fewest principal components of training pictures that hold all but a share in [0, 1) of their energy.

    Energy is the sum of squared differences from the mean picture.

    Examples
    --------
    >>> images = np.zeros((4, 1, 2), np.uint8)
    >>> images[:, 0, 0], images[:, 0, 1] = [0, 0, 200, 200], [0, 100, 0, 100]
    >>> reduction = fit_reduction(images, 0.75)
    >>> reduction.kept, reduction(images[3]).tolist()
    (0.8, [[200, 50]])
    """
    flat = images.reshape(len(images), -1)
    mean = sum(block.sum(axis=0) for block in _blocks(flat)) / len(flat)
    if removed == 0:
        return Reduction(mean, np.empty((0, flat.shape[1])), 1.0)
    scatter = sum((block - mean).T @ (block - mean) for block in _blocks(flat))
    energy, vectors = np.linalg.eigh(scatter)
    energy, vectors = energy[::-1].clip(0), vectors[:, ::-1]
    if energy[0] == 0:
        raise InvalidValue("removed must be 0 where all pictures are the same")
    shares = np.cumsum(energy) / energy.sum()
    count = int(np.searchsorted(shares, 1 - removed - 1e-12)) + 1
    return Reduction(mean, np.ascontiguousarray(vectors[:, :count].T), float(min(shares[count - 1], 1.0)))


def _blocks(flat: np.ndarray) -> Iterator[np.ndarray]:
    for start in range(0, len(flat), _BLOCK):
        yield flat[start : start + _BLOCK].astype(np.float64)
