"""The leaderboard: the best first within a dataset and a version, with who, when and what to doubt."""

from __future__ import annotations

import json
import re
from pathlib import Path
from typing import Any

import pytest
import scipy.stats
from media_results import write_media
from results_for_reports import write_rows

from confu_core.errors import ResultsError
from confu_core.report.leaderboard import write_leaderboard
from confu_core.runs.merge import merge_results
from confu_core.runs.results import read_results, write_results


def boards(page: str) -> list[list[tuple[str, str]]]:
    """The methods of each table with their means, in order."""
    found = re.findall(r'<table class="board">.*?</table>', page, re.DOTALL)
    return [re.findall(r'<th scope="row">([^<]*).*?<td>([^<]*)', each, re.DOTALL) for each in found]


@pytest.fixture
def made(tmp_path: Path) -> Path:
    rows = [{"method": name, "seed": seed, "accuracy": value} for name, value in MEANS.items() for seed in (0, 1, 2)]
    return write_rows(tmp_path / "made", [{"x": 0, **row} for row in rows])


MEANS = {"low": 0.25, "high": 0.75}


def test_methods_stand_from_the_best_by_dataset_and_version(tmp_path: Path, made: Path) -> None:
    results = read_results(made)
    newer = tmp_path / "newer"
    newer.mkdir()
    write_results(newer, "made", results.rows(), version="made-2")
    page = write_leaderboard([made, newer], tmp_path / "board.html").read_text()
    order = [("high", "0.750"), ("low", "0.250")]
    assert boards(page) == [order, order]
    assert re.findall(r"<h2>(\S+) <small>(\S+)</small>", page) == [("made", "made-1"), ("made", "made-2")]
    assert "Known exactly: Bayes accuracy 0.900." in page


@pytest.mark.parametrize("first", [True, False])
def test_a_cell_of_equal_content_in_several_folders_counts_once(tmp_path: Path, first: bool) -> None:
    cells = [
        {"cell": f"{name}-{seed}", "x": 0, "method": name, "seed": seed, "accuracy": accuracy}
        for name, accuracy in MEANS.items()
        for seed in (0, 1, 2)
    ]
    parts = [write_rows(tmp_path / name, cells[start::2]) for name, start in (("one", 0), ("two", 1))]
    merge_results(parts, tmp_path / "all")
    other = write_rows(tmp_path / "other", [{**cells[0], "accuracy": 0.125}])
    folders = [tmp_path / "all", *parts, other] if first else [*parts, other, tmp_path / "all"]
    page = write_leaderboard(folders, tmp_path / "board.html").read_text()
    assert boards(page)[0] == [("high", "0.750"), ("low", "0.250"), ("low", "0.125")]
    assert page.count("3 of its cells are in all too, with equal content, and count there.") == 2
    with pytest.raises(ResultsError, match="one is given twice"):
        write_leaderboard([parts[0], parts[0]], tmp_path / "board.html")


def test_it_says_whether_datasets_put_the_methods_that_both_have_in_one_order(tmp_path: Path) -> None:
    reached = {"a": (0.1, 0.2), "b": (0.3, 0.3), "c": (0.2, 0.5), "d": (0.5, 0.4), "e": (0.6, 0.9), "f": (0.7, 0.6)}
    # What one dataset lacks, and a baseline, have no say.
    every = {**reached, "g": (0.4,), "supervised": (0.9, 0.1)}
    rows = [
        {"method": method, "dataset": f"set-{at}", "x": 0, "accuracy": value}
        for method, values in every.items()
        for at, value in enumerate(values)
    ]
    page = write_leaderboard([write_rows(tmp_path / "made", rows)], tmp_path / "board.html").read_text()
    ((tau, low, high, methods),) = re.findall(
        r"<td>([+-][\d.]+)<small>([+-][\d.]+) to ([+-][\d.]+)</small></td><td>(\d+)</td>", page
    )
    one, other = zip(*reached.values(), strict=True)
    assert tau == f"{scipy.stats.kendalltau(one, other).statistic:+.2f}" and methods == "6"
    assert float(low) <= float(tau) <= float(high)
    # A method of several settings counts once, at its best.
    more = [*rows, {"method": "a", "dataset": "set-0", "x": 0, "accuracy": 0.05, "lr": 0.1}]
    more = [{"lr": 0.2, **row} for row in more]
    page = write_leaderboard([write_rows(tmp_path / "more", more)], tmp_path / "more.html").read_text()
    assert f"<td>{tau}<small>" in page and "a, lr 0.1" in page
    none = "No two of these datasets share 6 methods that each of them tells apart"
    fewer = [row for row in rows if row["method"] != "a"]
    # Where one of them tells no method from another there is no order.
    flat = [{**row, "accuracy": 0.5} if row["dataset"] == "set-1" else row for row in rows]
    for name, some in (("fewer", fewer), ("flat", flat)):
        page = write_leaderboard([write_rows(tmp_path / name, some)], tmp_path / f"{name}.html").read_text()
        assert none in page and "tau" not in page
    alone = [row for row in rows if row["dataset"] == "set-0"]
    assert (
        "agree" not in write_leaderboard([write_rows(tmp_path / "alone", alone)], tmp_path / "alone.html").read_text()
    )


def test_paths_are_shown_as_far_as_they_tell_methods_apart(tmp_path: Path) -> None:
    rows = [
        {"x": 0, "method": f"/home/{who}/deep/own.py:Gate", "accuracy": accuracy, "encoders": f"image={file}"}
        for who, accuracy, file in (
            ("ann", 0.5, "/home/ann/one.py:Net"),
            ("ann", 0.4, "/home/ann/two.py:Net"),
            ("bob", 0.3, "/home/bob/one.py:Net"),
        )
    ]
    page = write_leaderboard([write_rows(tmp_path / "made", rows)], tmp_path / "board.html").read_text()
    ann = "ann/deep/own.py:Gate, encoders image="
    assert [name for name, _ in boards(page)[0]] == [f"{ann}one.py:Net", f"{ann}two.py:Net", "bob/deep/own.py:Gate"]


def test_of_what_was_brought_labels_say_no_more_than_a_reader_needs(tmp_path: Path) -> None:
    brought = {"brought": "model", "trained_on": "0a1b2c"}
    rows = [
        {"x": 0, "method": "confu", "data": "0a1b2c", "accuracy": accuracy, **said}
        for accuracy, said in ((0.5, {}), (0.4, brought), (0.3, {**brought, "trained_on": "ffffff"}))
    ]
    page = write_leaderboard([write_rows(tmp_path / "made", rows)], tmp_path / "board.html").read_text()
    named = ["confu", "confu, brought model", "confu, brought model, trained_on ffffff"]
    assert [name for name, _ in boards(page)[0]] == named


def test_settings_are_chosen_on_validation(tmp_path: Path) -> None:
    folder = write_media(tmp_path / "birds", ("confu", "clip"), (0, 1, 2), rates=(0.1, 0.2), families=["zero_shot"])
    page = write_leaderboard([folder], tmp_path / "board.html").read_text()
    assert [name for name, _ in boards(page)[0]] == ["confu", "clip"]
    assert len(re.findall(r"<small>lr 0\.\d \(of 2\)</small>", page)) == 2 * len(boards(page))


def test_it_says_who_and_when_and_what_to_doubt(tmp_path: Path, made: Path) -> None:
    (made / "submission.toml").write_text('name = "<b>Us</b>"\nurl = "https://example.org/us"\n')
    (made / "environment.json").write_text(json.dumps({"date": "2026-02-03"}))
    page = write_leaderboard([made], tmp_path / "board.html").read_text()
    assert "&lt;b&gt;Us&lt;/b&gt;" in page and "<b>Us" not in page
    assert 'href="https://example.org/us"' in page and "2026-02-03" in page
    assert "6 cells have no costs" in page


@pytest.mark.parametrize(
    ("said", "problem"),
    [
        ('url = "javascript:alert(1)"', "url must start with https://, http://, mailto:; got 'javascript"),
        ("name = 3", "name must be"),
        ('email = "a@b"', "has no key 'email'"),
        ("name", "submission.toml holds name and url"),
        (f'name = "{"x" * 201}"', "at most 200 letters; got 201"),
    ],
)
def test_what_a_submission_may_not_say(tmp_path: Path, made: Path, said: str, problem: str) -> None:
    (made / "submission.toml").write_text(said)
    with pytest.raises(ResultsError, match=re.escape(problem)) as error:
        write_leaderboard([made], tmp_path / "board.html")
    assert "\n" not in str(error.value)


def test_files_of_others_are_not_written_over(tmp_path: Path, made: Path) -> None:
    page: Any = tmp_path / "thesis.html"
    page.write_text("<p>mine")
    with pytest.raises(ResultsError, match=r"thesis.html is no leaderboard, and is not overwritten; choose another"):
        write_leaderboard([made], page)
    board = write_leaderboard([made], tmp_path / "board.html")
    before = board.read_bytes()
    assert write_leaderboard([made], board).read_bytes() == before
