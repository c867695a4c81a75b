"""What `birdmml run` prints where classes are described, where probes tell them, and where neither does."""

from __future__ import annotations

from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow as pa
import pytest
from calls import Calls, assert_one_line

from confu_cli.birdmml import birdmml
from confu_cli.results import print_run
from confu_core.datasets import Contents
from confu_core.inputs import InputSpec, Sequence
from confu_core.runs.measures import Measure
from confu_core.runs.results import read_results
from confu_core.shards import TableRecipe, build

MOODS = ("glad", "sad")

calls = Calls(birdmml)


def direction(query: str, target: str, accuracy: float, **other: Any) -> dict[str, Any]:
    names = ("single_ceiling", "pairwise_ceiling", "bayes_accuracy", "higher_order_capture")
    known = {**dict.fromkeys(names), "defined": True, **other}
    return {"query": query.split("+"), "target": target, "accuracy": accuracy, **known}


def row(directions: list[dict[str, Any]], measures: list[Measure], **other: Any) -> dict[str, Any]:
    held = [measure.row("a") for measure in measures]
    known = {"chance": 0.5, "total_correlation": None, "total_correlation_bound": None}
    return {"method": "clip", "seed": 3, **known, "directions": directions, "measures": held, **other}


def printed(capsys: pytest.CaptureFixture[str], *given: Any) -> str:
    print_run(*given)
    return " ".join(capsys.readouterr().out.split())


def test_ceilings_are_shown_where_they_are_known(capsys: pytest.CaptureFixture[str]) -> None:
    levels = {"single_ceiling": 0.5, "pairwise_ceiling": 0.625, "bayes_accuracy": 1.0, "higher_order_capture": 1 / 3}
    told = [direction("image+audio", "species", 0.75, **levels)]
    capture = Measure("complementarity", "image+audio", "higher-order capture", 1 / 3, "all", None, 0.25, 0.5, 1.0)
    gain = Measure("complementarity", "image+audio", "gain", 0.125, "all", None, 0.1, 0.15, 0.375)
    text = printed(capsys, row(told, [gain, capture]), "species")
    assert "clip: the species, by descriptions (seed 3)" in text
    assert "from accuracy single ceiling pairwise ceiling Bayes accuracy capture" in text
    assert "image + audio 0.7500 0.5000 0.6250 1.0000 0.33" in text
    assert "0.125 (0.100 to 0.150) beyond the best single modality; 0.375 can be had." in text
    assert "Of what no pair tells, 0.33 (0.25 to 0.50) is captured." in text


def test_a_bound_says_of_what_it_is_and_of_what_an_exact_value_is(capsys: pytest.CaptureFixture[str]) -> None:
    bound = "Total correlation of the modalities: at least 1.500 nats by this method's scores"
    known = {"total_correlation_bound": 1.5, "total_correlation": 2.0}
    assert f"{bound}; exactly 2.000." in printed(capsys, row([], [], **known), "species")
    latents = Measure("data", "species and look", "total correlation", 3.0)
    text = printed(capsys, row([], [latents], total_correlation_bound=1.5), "species")
    assert f"{bound}; that of species and look is exactly 3.000." in text
    assert "left out" not in text.partition("Total")[2]
    assert f"{bound}." in printed(capsys, row([], [], total_correlation_bound=1.5), "species")
    assert "Total" not in printed(capsys, row([], []), "species")


def test_intervals_and_chance_are_shown_where_nothing_is_known(capsys: pytest.CaptureFixture[str]) -> None:
    told = [direction("image", "digit", 0.5), direction("image+audio", "digit", 0.75)]
    probes = [
        Measure("probe", "image", "accuracy", 0.5, "linear", None, 0.4, 0.6),
        Measure("probe", "image+audio", "accuracy", 0.625, "linear", None, 0.6, 0.65),
        Measure("probe", "image+audio", "accuracy", 0.75, "bilinear", None, 0.7, 0.8),
        Measure("complementarity", "image+audio", "gain", 0.25, "all", None, 0.2, 0.3),
    ]
    text = printed(capsys, row(told, probes, told_by="probe"), "digit")
    assert "clip: the digit, by probes (seed 3)" in text and "Bayes" not in text
    assert "image 0.5000 0.4000 to 0.6000 0.5000" in text
    assert "image + audio 0.7500 0.7000 to 0.8000 0.5000" in text
    assert "beyond the best single modality." in text and "defines no score" not in text


def test_what_a_method_does_not_define_is_empty(capsys: pytest.CaptureFixture[str]) -> None:
    levels = dict.fromkeys(("single_ceiling", "pairwise_ceiling", "bayes_accuracy"), 0.5)
    told = [direction("image", "species", 0.25, defined=False, **levels)]
    recall = Measure("retrieval", "image->caption", "R@1", 0.375, "equal", defined=False)
    ranks = [replace(recall, metric=name) for name in ("R@10", "median rank")]
    text = printed(capsys, row(told, [recall, *ranks]), "species")
    assert "image - 0.5000 0.5000 0.5000 -" in text and "image->caption - - -" in text
    assert "0.2500" not in text and "0.3750" not in text
    assert "-: the method defines no score of its own for this direction" in text


def test_a_run_fits_a_hundred_columns(capsys: pytest.CaptureFixture[str]) -> None:
    levels = {"single_ceiling": 0.5, "pairwise_ceiling": 0.625, "bayes_accuracy": 1.0, "higher_order_capture": -0.25}
    print_run(row([direction("image+audio", "species", 0.75, **levels)], []), "species")
    lines = capsys.readouterr().out.splitlines()
    assert max(map(len, lines)) <= 100
    (heading,) = (line for line in lines if "from" in line)
    assert heading.split() == [
        "from",
        "accuracy",
        "single",
        "ceiling",
        "pairwise",
        "ceiling",
        "Bayes",
        "accuracy",
        "capture",
    ]


def test_where_nothing_tells_the_class_that_is_said(capsys: pytest.CaptureFixture[str]) -> None:
    text = printed(capsys, row([direction("image", "audio", 0.1)], [], told_by="probe"), "digit")
    assert text.startswith("No text describes the digit, and a stream has no probes; leave out --stream for them.")


@dataclass(frozen=True)
class Moods(TableRecipe):
    def information(self) -> dict[str, Any]:
        spec = InputSpec({name: Sequence(name, 3, 2) for name in ("vision", "audio")})
        return {"contents": Contents(spec, "mood", MOODS).as_dict()}


@pytest.fixture
def moods(tmp_path: Path) -> Path:
    random = np.random.default_rng(0)
    kind = pa.list_(pa.list_(pa.float32()))

    def table(split: str, rows: int) -> pa.Table:
        values = {name: random.normal(size=(rows, 3, 2)) + 4 * (np.arange(rows) % 2)[:, None, None] for name in "va"}
        columns = {"vision": pa.array(values["v"].tolist(), kind), "audio": pa.array(values["a"].tolist(), kind)}
        moods = [MOODS[number % 2] for number in range(rows)]
        return pa.table({"key": [f"{split}{number}" for number in range(rows)], "mood": moods, **columns})

    tables = {"train": table("train", 20), "validation": table("validation", 8), "test": table("test", 12)}
    build(Moods("moods", tables), tmp_path / "moods")
    return tmp_path / "moods"


def test_real_media_are_trained_on_and_kept(moods: Path, tmp_path: Path) -> None:
    words = ["run", "--data", moods, "--cache", tmp_path / "cache", "--epochs", "1", "--batch-size", "8", "--dim", "8"]
    text = calls.succeed(*words, "--method", "gram", "--out", tmp_path / "out")
    assert "gram: the mood, by probes (seed 0)" in text
    (held,) = read_results(tmp_path / "out").rows()
    assert (held["dataset"], held["told_by"], held["classes"], held["p"]) == ("moods", "probe", 2, None)
    assert_one_line(calls.invoke(*words), 2, "confu fuses two modalities to find a third; got 2 in all")


def test_a_source_that_there_is_not_is_one_line() -> None:
    done = calls.invoke("run", "--data", "ssw61:/data/ssw60")
    assert_one_line(done, 2, "no dataset is read as 'ssw61:'; did you mean 'ssw60'?")
