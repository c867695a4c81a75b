"""Which packages may import which, and which commands start without the heavy libraries."""

from __future__ import annotations

import ast
import importlib.util
import json
import re
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[1]
OWN = {"birdmml", "xor_bench", "confu_core", "confu_cli"}
# Folder to what it may import; the command line is installed as confu_cli.
ALLOWED = {
    "confu_core": {"confu_core"},
    "xor_bench": {"confu_core", "xor_bench"},
    "birdmml": {"confu_core", "birdmml"},
    "cli": {"birdmml", "confu_cli", "confu_core", "xor_bench"},
}
# The floors of confu_core, from the ground up: each imports from those above it in this list, and from nothing else.
FLOORS = [
    "errors",
    "cells data_files escaping random settings typed",
    "io",
    "page parallel statistics user_code",
    "ceilings geometry info_nce information layers singular steps_encoder",
    "additive losses orders",
    "methods",
    "encoders inputs model",
    "shards",
    "contract datasets training",
    "evaluation runs",
    "media",
    "report",
    "publish",
]
HEAVY = {"torch", "pandas", "matplotlib", "sklearn", "librosa", "scipy"}
REPORT = """
import json, sys
sys.argv = ["command", *sys.argv[2:]] if (name := sys.argv[1]) else []
command = __import__(f"confu_cli.{name}", fromlist=[name])
try:
    getattr(command, name)(prog_name=name)
finally:
    print(json.dumps(sorted({module.partition(".")[0] for module in sys.modules})), file=sys.stderr)
"""


def imported(path: Path) -> Iterator[tuple[int, str]]:
    """Yield line and top-level name of every import of a file, those within functions too."""
    for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
        if isinstance(node, ast.Import):
            yield from ((node.lineno, alias.name.partition(".")[0]) for alias in node.names)
        elif isinstance(node, ast.ImportFrom):
            yield node.lineno, "." if node.level else (node.module or "").partition(".")[0]


@pytest.mark.parametrize("folder", ALLOWED)
def test_imports_point_downwards(folder: str) -> None:
    files = sorted(path for path in (ROOT / folder).rglob("*.py") if path.name != "__main__.py")  # It is the command.
    found = [(path, line, name) for path in files for line, name in imported(path) if name in {*OWN, ".", "cli"}]
    assert any(name == "confu_core" for _, _, name in found)  # The search finds what is there.
    wrong = [
        f"{path.relative_to(ROOT)}:{line} imports {name}" for path, line, name in found if name not in ALLOWED[folder]
    ]
    assert wrong == []


def floor(name: str) -> int:
    """Where a module of confu_core lies, by its dotted name."""
    return next(at for at, names in enumerate(FLOORS) if name.split(".")[1] in names.split())


def test_each_package_of_the_core_imports_from_lower_floors_alone() -> None:
    edges = []
    for path in sorted((ROOT / "confu_core").rglob("*.py")):
        own = path.relative_to(ROOT).with_suffix("").as_posix().replace("/", ".")
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
            if isinstance(node, ast.ImportFrom) and (node.module or "").startswith("confu_core."):
                edges.append((own, node.module))
    inner = [(own, other) for own, other in edges if own.split(".")[1] != other.split(".")[1]]
    assert len(inner) > 300  # The search finds what is there.
    assert [(own, other) for own, other in inner if "__init__" not in own and floor(other) >= floor(own)] == []


def test_the_drawers_of_birds_stand_on_the_species_alone() -> None:
    """Pictures, songs and captions import nothing of `birdmml` but the ground, and the ground nothing but itself."""
    allowed = {name: {name, "species"} for name in ("picture", "song", "caption", "species")}
    found = []
    for name in allowed:
        for path in sorted((ROOT / "birdmml" / name).glob("*.py")):
            for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
                if isinstance(node, ast.ImportFrom) and (node.module or "").split(".")[0] == "birdmml":
                    found.append((name, path.name, node.module or ""))
    assert len(found) > 50  # The search finds what is there.
    assert [where for where in found if where[2].split(".")[1] not in allowed[where[0]]] == []


def loaded(command: str, *words: str | Path) -> set[str]:
    """Which libraries a command has loaded by the time it ends."""
    done = subprocess.run([sys.executable, "-c", REPORT, command, *map(str, words)], capture_output=True, text=True)
    assert done.returncode == 0, done.stderr
    return set(json.loads(done.stderr.splitlines()[-1]))


@pytest.mark.parametrize("command", ["xorbench", "birdmml"])
def test_help_loads_no_heavy_library(command: str) -> None:
    libraries = loaded(command, "--help")
    assert {"click", "confu_cli"} <= libraries
    assert libraries & {*HEAVY, "numpy", "pyarrow"} == set()


def test_generating_data_loads_no_torch(tmp_path: Path) -> None:
    rows = ["--train", "20", "--validation", "10", "--test", "10", "--format", "parquet,webdataset"]
    libraries = loaded("xorbench", "build", "--out", tmp_path / "xor", *rows)
    assert (tmp_path / "xor/manifest.json").exists() and "pyarrow" in libraries
    assert libraries & (HEAVY - {"pandas"}) == set()  # PyArrow imports pandas where it is installed.
    for words in (["verify", tmp_path / "xor"], ["info", tmp_path / "xor"], ["info", "--p", "0.5"]):
        assert loaded("xorbench", *words) & {"torch", "matplotlib"} == set()


def test_building_birds_loads_no_torch(tmp_path: Path) -> None:
    few = ["--preset", "tiny", "--per-species", "6", "--size", "32", "--seconds", "0.5", "--workers", "1"]
    libraries = loaded("birdmml", "build", "--out", tmp_path / "birds", *few)
    assert (tmp_path / "birds/manifest.json").exists() and "torch" not in libraries


def test_auditing_birds_loads_no_torch(tmp_path: Path) -> None:
    """With its probes of what modalities get together."""
    few = ["--preset", "tiny", "--per-species", "24", "--size", "32", "--seconds", "0.5", "--workers", "1"]
    loaded("birdmml", "build", "--out", tmp_path / "birds", *few)
    libraries = loaded("birdmml", "audit", tmp_path / "birds", "--only", "headroom", "--workers", "1")
    assert "sklearn" in libraries and "torch" not in libraries


def test_training_loads_torch(tmp_path: Path) -> None:
    """The counterpart, without which the tests above might look at nothing."""
    words = ["--bits", "1", "--epochs", "1", "--train-samples", "20", "--test-samples", "10", "--batch-size", "10"]
    assert "torch" in loaded("xorbench", "run", "--method", "clip", *words)


@pytest.mark.parametrize("package", ["birdmml", "xor_bench", "confu_core"])
def test_a_public_face_says_what_it_offers(package: str) -> None:
    face = importlib.import_module(package)
    offered = {name for name in face.__all__ if name != "__version__"}
    assert offered and all(callable(getattr(face, name)) for name in offered)
    assert re.fullmatch(r"\d+\.\d+\.\d+", face.__version__)
    assert all(f"`{name}`" in face.__doc__ for name in offered)
    # What it points to is there.
    for place in re.findall(rf"`((?:{package})\.[\w.]+)`", face.__doc__):
        parent, _, name = place.rpartition(".")
        assert importlib.util.find_spec(place if name.islower() else parent), place
