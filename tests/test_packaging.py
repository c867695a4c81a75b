"""The wheel: which names it brings into site-packages, and what lies beside the modules."""

from __future__ import annotations

import shutil
import subprocess
import sys
import tarfile
import zipfile
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[1]
FOLDERS = {"birdmml": "birdmml", "xor_bench": "xor_bench", "confu_core": "confu_core", "cli": "confu_cli"}
BUILD = "import sys; from setuptools import build_meta; print(build_meta.build_{}(sys.argv[1]))"


@pytest.fixture(scope="module")
def source(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A copy of what a wheel is made of: setuptools leaves files of its own where it works."""
    copy = tmp_path_factory.mktemp("wheel") / "source"
    copy.mkdir()
    for name in ("pyproject.toml", "README.md", "LICENSE"):
        shutil.copy(ROOT / name, copy)
    for name in FOLDERS:
        shutil.copytree(ROOT / name, copy / name, ignore=shutil.ignore_patterns("__pycache__"))
    return copy


@pytest.fixture(scope="module")
def wheel(source: Path, tmp_path_factory: pytest.TempPathFactory) -> set[str]:
    """The names of all files of the wheel."""
    out = tmp_path_factory.mktemp("dist")
    subprocess.run([sys.executable, "-c", BUILD.format("wheel"), str(out)], cwd=source, check=True, capture_output=True)
    (built,) = out.glob("*.whl")
    assert built.name.startswith("confu_bench-")
    with zipfile.ZipFile(built) as archive:
        return set(archive.namelist())


def test_a_wheel_brings_four_top_level_names_and_no_others(wheel: set[str]) -> None:
    tops = {name.partition("/")[0] for name in wheel}
    assert {name for name in tops if not name.endswith(".dist-info")} == set(FOLDERS.values())
    assert len(tops) == len(FOLDERS) + 1


def test_a_wheel_holds_every_module_of_the_source_and_nothing_else(wheel: set[str], source: Path) -> None:
    """Packages are listed by name: a new folder that is not would be missing without a word."""
    wanted = {
        f"{installed}/{path.relative_to(source / folder).as_posix()}"
        for folder, installed in FOLDERS.items()
        for path in (source / folder).rglob("*")
        if path.is_file()
    }
    assert {name for name in wheel if ".dist-info/" not in name} == wanted


def test_a_wheel_installs_both_commands(wheel: set[str]) -> None:
    assert {"entry_points.txt", "METADATA", "LICENSE"} <= {name.rpartition("/")[2] for name in wheel}


def test_a_source_distribution_holds_all_that_proves_it(source: Path, tmp_path: Path) -> None:
    for name in ("tests", "docs", "benchmarks", "examples"):
        shutil.copytree(ROOT / name, source / name, ignore=shutil.ignore_patterns("__pycache__", "_build", "api"))
    for name in ("MANIFEST.in", "constraints.txt", "Makefile", "CHANGELOG.md"):
        shutil.copy(ROOT / name, source)
    subprocess.run(
        [sys.executable, "-c", BUILD.format("sdist"), str(tmp_path)], cwd=source, check=True, capture_output=True
    )
    (built,) = tmp_path.glob("*.tar.gz")
    with tarfile.open(built) as archive:
        held = {name.partition("/")[2] for name in archive.getnames()}
    wanted = {path.relative_to(source).as_posix() for path in (source / "tests").rglob("*.py")}
    assert wanted <= held and len(wanted) > 100
    assert {"constraints.txt", "Makefile", "docs/conf.py", "birdmml/species.csv"} <= held
