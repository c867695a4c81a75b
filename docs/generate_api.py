"""Write the pages of the API reference: one per package, with its public modules or with what it exports.

The build of the documentation calls this; the pages are not kept under version control.
"""

from __future__ import annotations

import importlib
import pkgutil
from pathlib import Path
from types import ModuleType

from confu_core.methods import BUILT_IN

PACKAGES = ("birdmml", "xor_bench", "confu_core")

# What no user imports: its docstrings are a sentence each, and no page shows them.
INSIDE = (
    "birdmml.columns",
    "birdmml.describe",
    "birdmml.placement",
    "birdmml.sample",
    "confu_core.io",
    "confu_core.media",
    "confu_core.page",
    "confu_core.parallel",
    "confu_core.report.sections",
    "confu_core.runs",
    "confu_core.training",
)

# Modules that stand beside what their package exports: the built-in methods.
ALSO = {"confu_core.methods": sorted(place.partition(":")[0] for place in BUILT_IN.values())}


def packages(name: str) -> list[ModuleType]:
    """Return a package and all packages within it that users import, sorted by name."""
    root = importlib.import_module(name)
    inner = [m.name for m in pkgutil.walk_packages(root.__path__, name + ".") if m.ispkg and m.name not in INSIDE]
    return [root, *map(importlib.import_module, sorted(inner))]


def documented_modules(package: ModuleType) -> list[str]:
    """Return what the page of a package documents: what it exports, else its public modules; of the roots both."""
    name, exported = package.__name__, getattr(package, "__all__", ())
    if exported and name not in PACKAGES:
        return [name, *ALSO.get(name, [])]
    shown = {getattr(getattr(package, one), "__module__", "") for one in exported}
    found = [m.name for m in pkgutil.iter_modules(package.__path__, name + ".") if not m.ispkg]
    public = sorted(one for one in found if not one.rpartition(".")[2].startswith("_") and one not in INSIDE)
    return [*([name] if exported else []), *(module for module in public if module not in shown)]


def page(package: ModuleType) -> str:
    """Return the page of a package, in reStructuredText."""
    name = package.__name__
    lines = headline(name, "=")
    for module in documented_modules(package):
        # The package's own docstring needs no heading of its own.
        lines += [
            "",
            *(headline(module, "-") if module != name else []),
            "",
            f".. automodule:: {module}",
            "   :members:",
        ]
    if documented_modules(package)[:1] != [name]:
        lines[2:2] = ["", (package.__doc__ or "").strip()]
    return "\n".join(lines) + "\n"


def first_line(package: ModuleType) -> str:
    """Return the sentence that a package says of itself first."""
    return (package.__doc__ or "").partition("\n")[0]


def headline(text: str, line: str) -> list[str]:
    """Return a title and the line under it."""
    return [text, line * len(text)]


def index(documented: list[ModuleType]) -> str:
    """Return the page that leads to the others, with the first sentence of each package."""
    names = [package.__name__ for package in documented]
    said = [f":doc:`{one.__name__}`\n   {first_line(one)}" for one in documented]
    lines = [*headline("API reference", "="), "", "Every public function and class, by package.", "", *said, ""]
    hidden = [".. toctree::", "   :hidden:", "   :maxdepth: 1", "", *(f"   {name}" for name in names)]
    return "\n".join([*lines, *hidden]) + "\n"


def write_pages(folder: Path) -> None:
    """Write all pages into a folder, leaving those that are right as they are, and remove any other."""
    found = [package for name in PACKAGES for package in packages(name)]
    documented = [package for package in found if documented_modules(package)]
    pages = {f"{package.__name__}.rst": page(package) for package in documented}
    pages["index.rst"] = index(documented)
    folder.mkdir(exist_ok=True)
    for old in set(folder.iterdir()) - {folder / name for name in pages}:
        old.unlink()
    for name, text in pages.items():
        # A page whose time of change stays is not built anew.
        if not (folder / name).exists() or (folder / name).read_text(encoding="utf-8") != text:
            (folder / name).write_text(text, encoding="utf-8")


if __name__ == "__main__":
    write_pages(Path(__file__).parent / "api")
