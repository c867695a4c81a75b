"""The verbs `results merge`, `results check` and `leaderboard` of both commands."""

from __future__ import annotations

from collections.abc import Callable
from importlib.resources import files
from pathlib import Path
from typing import Any

import click

from confu_cli.group import Group, Verb
from confu_cli.options import PATH, diagnostics, results_folder
from confu_cli.show import say

Truth = Callable[[dict[str, Any]], dict[str, dict[str, float | None]]]


def results_command(command: str, truth: Truth | None = None) -> click.Group:
    """Return the group; what is known exactly of a row is compared with what it holds."""

    @click.group(
        "results", cls=Group, epilog=f"Example: {command} results merge runs/part-1 runs/part-2 --out runs/all"
    )
    def results() -> None:
        """Join results folders, or see whether one can be handed on."""

    @results.command(epilog=f"Example: {command} results merge runs/part-1 runs/part-2 --out runs/all")
    @click.argument("folders", nargs=-1, required=True, type=PATH)
    @results_folder
    @diagnostics
    def merge(folders: tuple[Path, ...], out: Path, as_json: bool) -> None:
        """Join results folders of one benchmark in one folder.

        Of a cell that several hold, the first folder that has finished it gives everything.
        """
        from confu_core.runs.merge import merge_results

        found = merge_results(folders, out)
        lines = [f"{folder}: {count} cells" for folder, count in zip(folders, found.taken, strict=True)]
        if found.twice:
            most = f"their accuracies differ by {found.differs:.3g} at most"
            lines.append(f"{found.twice} cells are in several folders; {most}")
        say(as_json, {"path": str(out), **vars(found)}, *lines, f"{out}: {found.cells} cells")

    @results.command(epilog=f"Example: {command} results check runs/all")
    @click.argument("folder", type=PATH)
    @diagnostics
    def check(folder: Path, as_json: bool) -> int:
        """See whether results can be handed on: unaltered, finished, with enough seeds, costs and what they ran on.

        Ceilings that are known exactly are worked out again. Exit status 1 if there is anything to doubt.
        """
        from confu_core.runs.merge import check_results

        found = check_results(folder, truth)
        count = "1 finding" if len(found) == 1 else f"{len(found)} findings"
        verdict = f"{folder}: {count if found else 'nothing to doubt'}"
        say(as_json, {"path": str(folder), "findings": found}, *found, verdict)
        return 1 if found else 0

    return results


def reference_folder(package: str) -> Path:
    """Return where the reference results of a package are."""
    return Path(str(files(package).joinpath("reference")))


def leaderboard_command(
    command: str, words: Callable[[], Any], benchmark: str, truth: Truth | None = None, *, package: str
) -> click.Command:
    """Return the verb; what is known exactly of a row, and how it speaks, is that of one benchmark.

    The package is the one with the reference results.
    """

    @click.command(cls=Verb, epilog=f"Example: {command} leaderboard runs/ours runs/theirs --out leaderboard.html")
    @click.argument("folders", nargs=-1, required=True, type=PATH)
    @click.option("--out", required=True, type=PATH, help="HTML file to write.")
    @click.option("--reference", is_flag=True, help="Add the results that come with this command.")
    @diagnostics
    def leaderboard(folders: tuple[Path, ...], out: Path, reference: bool, as_json: bool) -> None:
        """Write one page that ranks the methods of many results folders, by dataset and measure.

        A folder may hold a submission.toml with the name of who submits it and a contact url. Each method stands with
        the setting that is best on validation; what `results check` finds stands beside it. Of datasets that share six
        methods the page says whether they put them in one order, by Kendall's tau.
        """
        from confu_core.report.leaderboard import write_leaderboard
        from confu_core.report.words import ReportWords

        known = [reference_folder(package)] if reference else []
        written = write_leaderboard(
            [*folders, *known],
            out,
            truth=lambda name: truth if name == benchmark else None,
            words=lambda name: words() if name == benchmark else ReportWords(),
        )
        say(as_json, {"path": str(written)}, str(written))

    return leaderboard
