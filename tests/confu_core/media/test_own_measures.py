"""Measures of the user's own: what a function of theirs finds, as a family of its own, and one line where it fails."""

from __future__ import annotations

from pathlib import Path

import pytest
from known_media import findings

from confu_core.errors import InvalidValue, MethodError
from confu_core.media.evaluate import evaluate_media
from confu_core.media.own import check_measures
from confu_core.media.run import evaluate_trained
from confu_core.runs.measures import Measure

OWN = """
import numpy as np
from confu_core.runs.measures import Measure


def hardest(findings):
    task = findings.task
    for query in task.queries:
        correct, labels = findings.told("test", query).correct, task.labels("test")
        by_class = [correct[labels == label].mean() for label in np.unique(labels)]
        yield Measure("", "+".join(task.modalities[at] for at in query), "accuracy", min(by_class))


def numbers(findings):
    return [3.0]


def nothing(findings):
    yield Measure("", "image", "share", None)


def endless(findings):
    yield Measure("", "image", "share", float("inf"))


def failing(findings):
    raise KeyError("no such thing")


constant = 3
"""


@pytest.fixture
def file(tmp_path: Path) -> Path:
    path = tmp_path / "own_measure.py"
    path.write_text(OWN)
    return path


def test_what_a_function_yields_stands_beside_the_others(file: Path) -> None:
    own = findings()
    found = evaluate_media(own, families=("zero_shot",), own=[f"{file}:hardest", f"{file}:nothing"])
    mine = [one for one in found if one.family == "own:hardest"]
    assert {one.family for one in found} == {"zero_shot", "own:hardest", "own:nothing"}
    assert [one.subject for one in mine] == ["image", "audio", "image+audio"]
    correct, labels = own.told("test", (0,)).correct, own.task.labels("test")
    assert mine[0].value == min(correct[labels == label].mean() for label in range(7))
    assert type(mine[0].value) is float and found[-1] == Measure("own:nothing", "image", "share", None)
    assert evaluate_media(own, families=(), own=[f"{file}:hardest"]) == []  # Of processes that measure nothing.


def test_the_measure_of_the_page_is_one(file: Path, tmp_path: Path) -> None:
    page = (Path(__file__).parents[3] / "docs" / "own-method.md").read_text(encoding="utf-8")
    code = next(part for part in page.split("```python\n") if "def weakest_class" in part).partition("```")[0]
    (tmp_path / "page.py").write_text(code)
    own = [f"{tmp_path / 'page.py'}:weakest_class", f"{file}:hardest"]
    found = evaluate_media(findings(), families=("missing",), own=own)
    page_values, ours = (
        [one.value for one in found if one.family == f"own:{name}"] for name in ("weakest_class", "hardest")
    )
    assert page_values == ours and len(ours) == 3


def test_models_that_were_trained_before_are_measured_alike(file: Path) -> None:
    found = evaluate_trained(findings(), {"method": "x", "seed": 0}, {}, own=[f"{file}:hardest"])
    assert sum(one.family == "own:hardest" for one in found.measures) == 3


@pytest.mark.parametrize(
    ("name", "said"),
    [
        ("numbers", "own_measure.py:numbers must yield Measures; got float$"),
        ("endless", "own_measure.py:endless must yield finite values, or None; got inf for 'share'$"),
        ("failing", r"own_measure.py:failing raised: KeyError: 'no such thing' \(own_measure.py, line 27\)$"),
        ("constant", "own_measure.py:constant is no function of findings$"),
        ("hardst", r"own_measure.py has no function 'hardst': did you mean 'hardest'\?$"),
    ],
)
def test_what_is_no_measure_is_one_line(file: Path, name: str, said: str) -> None:
    with pytest.raises(MethodError, match=said):
        evaluate_media(findings(), families=("missing",), own=[f"{file}:{name}"])


def test_what_is_no_function_is_found_before_training(file: Path) -> None:
    check_measures([f"{file}:hardest"])
    with pytest.raises(InvalidValue, match="^a measure must be path/to/file.py:NAME or .*; got 'recall'$"):
        check_measures(["recall"])
    with pytest.raises(MethodError, match="^no file 'no.py' to load a measure from$"):
        check_measures(["no.py:x"])
