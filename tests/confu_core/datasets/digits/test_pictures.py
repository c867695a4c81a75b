"""Pictures in files of MNIST's form, files that only pretend to be, and pictures without most of their energy."""

from __future__ import annotations

import gzip
import io
import zipfile
from pathlib import Path

import numpy as np
import pytest
from digit_sounds import idx, mnist_arrays, mnist_folder
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from confu_core.datasets.digits import pictures as pictures_module
from confu_core.datasets.digits.pictures import fit_reduction, load_pictures, read_idx, read_npz
from confu_core.errors import DatasetError, InvalidValue


@pytest.mark.parametrize("packed", [False, True])
def test_idx_files_give_the_arrays_that_were_written(tmp_path: Path, packed: bool) -> None:
    pictures = load_pictures(str(mnist_folder(tmp_path, packed)), "CC-BY-4.0")
    wanted = mnist_arrays(120, 20)
    assert np.array_equal(pictures.images, np.concatenate([wanted["x_train"], wanted["x_test"]]))
    assert np.array_equal(pictures.labels, np.concatenate([wanted["y_train"], wanted["y_test"]]))
    # The published test file stays the test split; a twelfth of the other validates.
    assert pictures.indices["test"].tolist() == list(range(120, 140))
    assert pictures.indices["validation"].tolist() == list(range(110, 120))
    assert pictures.source["licence"] == "CC-BY-4.0"


def test_an_archive_and_a_folder_give_the_same(tmp_path: Path) -> None:
    np.savez_compressed(tmp_path / "mnist.npz", **mnist_arrays(120, 20))
    (tmp_path / "idx").mkdir()
    assert (
        load_pictures(str(tmp_path / "mnist.npz")).sha256 == load_pictures(str(mnist_folder(tmp_path / "idx"))).sha256
    )
    assert load_pictures(str(tmp_path)).sha256 == load_pictures(str(tmp_path / "mnist.npz")).sha256


def test_scikit_learns_digits_are_split_in_blocks_and_keep_their_shape() -> None:
    from sklearn.datasets import load_digits

    digits, pictures = load_digits(), load_pictures("sklearn")
    assert np.array_equal(pictures.labels, digits.target)
    order = np.concatenate(list(pictures.indices.values()))
    assert order.tolist() == list(range(1797))
    assert not pictures.images[:, :4].any() and not pictures.images[:, :, -4:].any()
    # Averaged back to 8 x 8 the enlarged pictures are the originals but for the smoothing.
    inner = pictures.images[:, 4:24, 4:24].reshape(-1, 4, 5, 4, 5).mean(axis=(2, 4))
    coarse = digits.images.reshape(-1, 4, 2, 4, 2).mean(axis=(2, 4)) * 255 / 16
    assert np.corrcoef(inner.ravel(), coarse.ravel())[0, 1] > 0.97


HOSTILE = {
    "another magic": (b"\x00\x00\x0d\x01" + bytes(8), "must be an idx file"),
    "no header": (b"\x00\x00\x08", "must be an idx file"),
    "empty": (b"", "must be an idx file"),
    "three dimensions": (idx(np.zeros((1, 2, 2))), "in 1 dimensions"),
    "says more than it has": (b"\x00\x00\x08\x01\x00\x00\x00\x09abc", "must have 17 bytes"),
    "has more than it says": (b"\x00\x00\x08\x01\x00\x00\x00\x01abc", "must have 9 bytes"),
    "says four gigabytes": (b"\x00\x00\x08\x01\xff\xff\xff\xff", "at most"),
}


@pytest.mark.parametrize("name", HOSTILE)
@pytest.mark.parametrize("packed", [False, True])
def test_hostile_idx_files_are_refused_in_one_line(tmp_path: Path, name: str, packed: bool) -> None:
    data, message = HOSTILE[name]
    path = tmp_path / "labels"
    path.write_bytes(gzip.compress(data) if packed else data)
    if packed and message.startswith("must have"):
        message = "must hold"
    with pytest.raises(DatasetError, match=message) as caught:
        read_idx(path, 1)
    assert "\n" not in str(caught.value)


def test_a_gzip_bomb_and_a_cut_gzip_are_refused(tmp_path: Path) -> None:
    path = tmp_path / "bomb"
    path.write_bytes(gzip.compress(b"\x00\x00\x08\x01\x00\x00\x00\x04" + bytes(20_000_000)))
    with pytest.raises(DatasetError, match="it holds more"):
        read_idx(path, 1)
    path.write_bytes(gzip.compress(idx(np.arange(200)), mtime=0)[:-20])
    with pytest.raises(DatasetError, match="cannot be read"):
        read_idx(path, 1)


def _npz(path: Path, **members: bytes) -> Path:
    with zipfile.ZipFile(path, "w") as archive:
        for name, data in members.items():
            archive.writestr(f"{name}.npy", data)
    return path


def _npy(array: np.ndarray, **changed: object) -> bytes:
    file = io.BytesIO()
    header = {"descr": np.lib.format.dtype_to_descr(array.dtype), "fortran_order": False, "shape": array.shape}
    np.lib.format.write_array_header_1_0(file, {**header, **changed})
    return file.getvalue() + array.tobytes()


def test_hostile_archives_are_refused(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    path = tmp_path / "a.npz"
    small = np.arange(3, dtype=np.uint8)
    np.savez(path, y=np.array([{"a": 1}], dtype=object))
    with pytest.raises(DatasetError, match="must hold whole numbers"):
        read_npz(path, ("y",))
    with pytest.raises(DatasetError, match="as its header says"):
        read_npz(_npz(path, y=_npy(small, shape=(1 << 40,))), ("y",))
    with pytest.raises(DatasetError, match=r"must hold numbers in \[0, 255\]"):
        read_npz(_npz(path, y=_npy(np.array([300]))), ("y",))
    with pytest.raises(DatasetError, match="it lacks x"):
        read_npz(_npz(path, y=_npy(small)), ("x", "y"))
    with pytest.raises(DatasetError, match="cannot be read"):
        read_npz(_npz(path, y=b"not an array"), ("y",))
    path.write_bytes(b"PK no archive")
    with pytest.raises(DatasetError, match="cannot be read"):
        read_npz(path, ("y",))
    monkeypatch.setattr(pictures_module, "BYTE_LIMIT", 100)
    with pytest.raises(DatasetError, match="at most 100"):
        read_npz(_npz(path, y=_npy(np.zeros(200, np.uint8))), ("y",))


@settings(max_examples=60, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(data=st.data())
def test_damage_anywhere_is_an_error_or_another_picture(tmp_path: Path, data: st.DataObject) -> None:
    arrays = {"y": np.arange(40, dtype=np.uint8)}
    path = tmp_path / "a"
    if data.draw(st.booleans()):
        with path.open("wb") as file:
            np.savez_compressed(file, **arrays)
        read = lambda: read_npz(path, ("y",))["y"]  # noqa: E731
    else:
        path.write_bytes(gzip.compress(idx(arrays["y"]), mtime=0))
        read = lambda: read_idx(path, 1)  # noqa: E731
    content = bytearray(path.read_bytes())
    content[data.draw(st.integers(0, len(content) - 1))] = data.draw(st.integers(0, 255))
    path.write_bytes(content[: data.draw(st.integers(1, len(content)))])
    try:
        assert read().dtype == np.uint8
    except DatasetError as error:
        assert "\n" not in str(error)


def test_what_is_no_set_of_digits_is_refused(tmp_path: Path) -> None:
    with pytest.raises(DatasetError, match="does not exist"):
        load_pictures(str(tmp_path / "none"))
    with pytest.raises(DatasetError, match="it lacks train-images, train-labels"):
        load_pictures(str(tmp_path))
    arrays = mnist_arrays()
    path = tmp_path / "mnist.npz"
    for change, message in (
        ({"x_train": np.zeros((60, 8, 8), np.uint8)}, "must be 28 x 28; got 8 x 8"),
        ({"y_test": np.zeros(19, np.uint8)}, "one label per picture, 20; got 19"),
        ({"y_test": np.full(20, 11, np.uint8)}, "must be digits, 0 to 9; got 11"),
        ({"y_test": np.zeros(20, np.uint8)}, "validation split must show every digit"),
    ):
        np.savez(path, **{**arrays, **change})
        with pytest.raises(DatasetError, match=message):
            load_pictures(str(path))


@pytest.mark.parametrize("removed", [0.3, 0.75, 0.9])
def test_the_reduction_is_that_of_a_singular_value_decomposition(removed: float) -> None:
    draw = np.random.default_rng(0)
    images = (draw.random((50, 4, 4)) * np.linspace(20, 250, 16).reshape(4, 4)).astype(np.uint8)
    reduction = fit_reduction(images, removed)
    flat = images.reshape(50, 16).astype(float)
    _, singular, rows = np.linalg.svd(flat - flat.mean(axis=0))
    share = np.cumsum(singular**2) / np.sum(singular**2)
    count = next(number for number in range(1, 17) if share[number - 1] >= 1 - removed)
    assert len(reduction.components) == count
    assert reduction.kept == pytest.approx(share[count - 1])
    wanted = flat.mean(axis=0) + (flat - flat.mean(axis=0)) @ rows[:count].T @ rows[:count]
    left = np.stack([reduction(image) for image in images]).reshape(50, 16)
    assert np.abs(left - wanted.clip(0, 255)).max() <= 0.5 + 1e-9


def test_nothing_removed_leaves_pictures_alone() -> None:
    images = np.random.default_rng(0).integers(0, 256, (5, 28, 28)).astype(np.uint8)
    assert np.array_equal(fit_reduction(images, 0.0)(images[2]), images[2])
    with pytest.raises(InvalidValue, match="where all pictures are the same"):
        fit_reduction(np.zeros((3, 2, 2), np.uint8), 0.5)
