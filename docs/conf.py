"""Sphinx settings of the documentation; `make docs` builds it."""

from __future__ import annotations

import re
import runpy
from importlib.metadata import version as installed_version
from pathlib import Path
from typing import Any

HERE = Path(__file__).parent

project = "confu-bench"
author = "the confu-bench authors"
project_copyright = "2026, the confu-bench authors"
version = release = installed_version("confu-bench")

extensions = ["myst_parser", "sphinx.ext.autodoc", "sphinx.ext.napoleon", "sphinx.ext.mathjax"]
myst_enable_extensions = ["dollarmath", "deflist"]
myst_heading_anchors = 3
exclude_patterns = ["_build"]

html_theme = "furo"
html_title = f"confu-bench {version}"
html_copy_source = False

autodoc_member_order = "bysource"
autodoc_typehints = "none"  # Every docstring gives types with their shapes and units.
# Both benchmarks have a class `Settings`; each page links to one of them.
suppress_warnings = ["ref.python"]
napoleon_google_docstring = False
napoleon_use_ivar = True
napoleon_use_rtype = False

# The API reference has one page per package, written from the packages as they are: it cannot go stale.
runpy.run_path(str(HERE / "generate_api.py"))["write_pages"](HERE / "api")


def plain_references(app: Any, what: str, name: str, obj: Any, options: Any, lines: list[str]) -> None:
    """Turn the numbered references of a docstring into text: as footnotes they collide with those of its neighbours."""
    lines[:] = [re.sub(r"^\.\. \[(\d+)\]", r"\n[\1]", re.sub(r"\[(\d+)\]_", r"[\1]", line)) for line in lines]
    lines[:] = "\n".join(lines).split("\n")


def setup(app: Any) -> None:
    """Register what changes docstrings."""
    app.connect("autodoc-process-docstring", plain_references)
