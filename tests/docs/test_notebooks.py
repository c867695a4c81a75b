"""The notebooks run without Jupyter, show what they were committed with, and show what they say."""

from __future__ import annotations

import json
import re
import runpy
from typing import Any

import pytest
from markdown_pages import ROOT

PATHS = sorted((ROOT / "examples").glob("*.ipynb"))
RUNNER = runpy.run_path(str(ROOT / "examples/run_notebooks.py"))
NUMBER = re.compile(r"-?\d+(\.\d+)?(e-?\d+)?")


def texts(notebook: dict[str, Any]) -> list[str]:
    """What cells print and show, as text."""
    found = [one for cell in notebook["cells"] for one in cell.get("outputs", [])]
    return ["".join(one["text"] if "text" in one else one["data"]["text/plain"]) for one in found]


def shape(text: str) -> str:
    """A text without its numbers, which differ in their last digits between machines, and addresses in memory."""
    return re.sub(r"\s+", " ", NUMBER.sub("#", re.sub(r"0x[0-9A-F]+", "#", text))).strip()


@pytest.fixture(scope="module")
def shown() -> dict[str, list[str]]:
    return {}


@pytest.mark.parametrize("path", PATHS, ids=lambda path: path.stem)
def test_a_notebook_shows_what_it_was_committed_with(path: Any, shown: dict[str, list[str]]) -> None:
    notebook = json.loads(path.read_text(encoding="utf-8"))
    assert (notebook["nbformat"], notebook["metadata"]["kernelspec"]["language"]) == (4, "python")
    code = [cell for cell in notebook["cells"] if cell["cell_type"] == "code"]
    assert [cell["execution_count"] for cell in code] == list(range(1, len(code) + 1))
    assert path.stat().st_size < 200_000
    again = RUNNER["executed"](notebook)
    assert list(map(shape, texts(again))) == list(map(shape, texts(notebook)))
    kinds = [[sorted(one.get("data", ["text"])) for one in cell["outputs"]] for cell in code]
    assert kinds == [
        [sorted(one.get("data", ["text"])) for one in cell["outputs"]]
        for cell in again["cells"]
        if cell["cell_type"] == "code"
    ]
    shown[path.stem] = texts(again)


def test_they_show_what_they_say(shown: dict[str, list[str]]) -> None:
    assert [path.stem for path in PATHS] == ["dials_and_ceilings", "own_embeddings", "own_loss"]
    clip, confu, product = re.findall(r"accuracy (\d\.\d+)", "\n".join(shown["own_loss"]))
    assert float(clip) < 0.4 and min(float(confu), float(product)) > 0.9
    headline = dict(re.findall(r"^(\w+) +(\d\.\d+)$", "\n".join(shown["own_embeddings"]), re.MULTILINE))
    assert headline["bayes_accuracy"] == "1.000" and float(headline["accuracy"]) > 2 * float(headline["chance"])
    assert re.search(r"^xor +2 +0\.5 +0\.5 +0\.50 +1\.0$", shown["dials_and_ceilings"][1], re.MULTILINE)


RICH = """
class Rich:
    def __repr__(self):
        return "rich"

    def _repr_html_(self):
        return "<b>rich</b>\\n"

    def _repr_png_(self):
        return b"png"

Rich()
"""


def test_the_runner_shows_values_as_a_notebook_does() -> None:
    cells = ["x = 1\nprint(x)\nx + 1", "x = 2", "None", RICH]
    made = [{"cell_type": "code", "execution_count": n, "source": [one]} for n, one in enumerate(cells)]
    done = RUNNER["executed"]({"cells": [*made, {"cell_type": "markdown", "source": ["1 + 1"]}]})["cells"]
    assert [one["output_type"] for one in done[0]["outputs"]] == ["stream", "execute_result"]
    assert done[0]["outputs"][0]["text"] == ["1\n"] and done[0]["outputs"][1]["data"] == {"text/plain": ["2"]}
    assert done[1]["outputs"] == done[2]["outputs"] == [] and "outputs" not in done[4]
    assert done[3]["outputs"][0]["data"] == {
        "text/plain": ["rich"],
        "text/html": ["<b>rich</b>\n"],
        "image/png": "cG5n",
    }
