"""What is said of long work where stderr is no terminal."""

from __future__ import annotations

import click
import pytest

from confu_cli.show import VERBOSE, progress_bar


@pytest.mark.parametrize(
    ("verbose", "rank", "said"),
    [
        (True, "0", "building: 500 of 4,800 rows, 25 MB\nbuilding: 501 rows\ndone\n"),
        (False, "0", "done\n"),
        (True, "1", ""),  # Of several processes that train together, one tells.
    ],
)
def test_lines_are_those_asked_for(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str], verbose: bool, rank: str, said: str
) -> None:
    monkeypatch.setattr("confu_cli.show.SECONDS", -1)
    monkeypatch.setenv("RANK", rank)
    with click.Context(click.Command("build")) as context, progress_bar("building", "rows") as bar:
        context.meta[VERBOSE] = verbose
        bar(500, 4800, "25 MB")
        bar(501, None, "")
        bar.line("done")
    assert capsys.readouterr() == ("", said)


def test_of_work_without_milestones_lines_in_between_are_always_said(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr("confu_cli.show.SECONDS", -1)
    with progress_bar("evaluating", "rows", always=True) as bar:
        bar(500, 4800, "decoding")
    assert capsys.readouterr().err == "evaluating: 500 of 4,800 rows, decoding\n"


def test_lines_in_between_are_seldom(capsys: pytest.CaptureFixture[str]) -> None:
    with click.Context(click.Command("build")) as context, progress_bar("building", "rows") as bar:
        context.meta[VERBOSE] = True
        for done in range(1000):
            bar(done, 1000, "")
    assert capsys.readouterr().err == ""
