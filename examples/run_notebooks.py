"""Run the notebooks of this folder, and write what they show into them, without Jupyter.

    python examples/run_notebooks.py

A test runs them too. Cells are plain Python; the last line of a cell is shown where it is an expression, as text, as
HTML and as a picture, whichever it offers.
"""

from __future__ import annotations

import ast
import base64
import contextlib
import io
import json
import os
import tempfile
from pathlib import Path
from typing import Any

HERE = Path(__file__).parent
SHOWN = {"text/html": "_repr_html_", "image/png": "_repr_png_"}
Notebook = dict[str, Any]


def executed(notebook: Notebook) -> Notebook:
    """Return a notebook with new outputs; its cells run in an empty folder, one after the other."""
    names: dict[str, Any] = {"__name__": "__main__"}
    cells, before = [], Path.cwd()
    with tempfile.TemporaryDirectory() as folder:
        os.chdir(folder)
        try:
            for cell in notebook["cells"]:
                cells.append(cell if cell["cell_type"] != "code" else {**cell, "outputs": _outputs(cell, names)})
        finally:
            os.chdir(before)
    return {**notebook, "cells": cells}


def source(cell: dict[str, Any]) -> str:
    """Return the text of a cell."""
    return "".join(cell["source"])


def _outputs(cell: dict[str, Any], names: dict[str, Any]) -> list[dict[str, Any]]:
    tree = ast.parse(source(cell))
    last = tree.body.pop() if tree.body and isinstance(tree.body[-1], ast.Expr) else None
    printed, value = io.StringIO(), None
    with contextlib.redirect_stdout(printed):
        exec(compile(tree, "cell", "exec"), names)
        if isinstance(last, ast.Expr):
            value = eval(compile(ast.Expression(last.value), "cell", "eval"), names)
    found: list[dict[str, Any]] = []
    if printed.getvalue():
        found.append({"output_type": "stream", "name": "stdout", "text": lines(printed.getvalue())})
    if value is not None:
        count = cell["execution_count"]
        found.append({"output_type": "execute_result", "execution_count": count, "metadata": {}, "data": _shown(value)})
    return found


def _shown(value: Any) -> dict[str, Any]:
    shown: dict[str, Any] = {"text/plain": lines(repr(value))}
    for kind, name in SHOWN.items():
        made = getattr(value, name)() if hasattr(value, name) else None
        if made is not None:
            shown[kind] = base64.b64encode(made).decode() if isinstance(made, bytes) else lines(made)
    return shown


def lines(text: str) -> list[str]:
    """Return a text as notebooks hold it."""
    return text.splitlines(keepends=True)


def main() -> None:
    """Renew the outputs of all notebooks."""
    for path in sorted(HERE.glob("*.ipynb")):
        notebook = executed(json.loads(path.read_text(encoding="utf-8")))
        path.write_text(json.dumps(notebook, indent=1, ensure_ascii=False) + "\n", encoding="utf-8")


if __name__ == "__main__":
    main()
