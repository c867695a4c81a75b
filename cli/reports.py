"""The verb `report`, the same for every benchmark."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING

import click

from confu_cli.group import Verb
from confu_cli.options import as_json, debug
from confu_cli.show import echo, print_json

if TYPE_CHECKING:
    from confu_core.report.words import ReportWords

__all__ = ["report_command"]


def report_command(command: str, make: str, words: Callable[[], ReportWords]) -> click.Command:
    """Return the verb `report` of a command; `make` is what makes results, `words` what its benchmark calls things."""

    @click.command("report", cls=Verb, epilog=f"Example: {command} report runs/quick")
    @click.argument("folders", nargs=-1, required=True, type=click.Path(path_type=Path))
    @click.option(
        "--out", type=click.Path(path_type=Path), help="Where to write.  [default: report/ in the first folder]"
    )
    @as_json
    @debug
    def report(folders: tuple[Path, ...], out: Path | None, as_json: bool) -> None:
        """Make tables and figures of finished sweeps: Markdown, CSV, LaTeX, SVG, PNG and one HTML page.

        Several folders are compared with each other.
        """
        from confu_core.report import write_report

        written = write_report(folders, out or folders[0] / "report", hint=f"make some with {make}", words=words())
        if as_json:
            print_json({"files": [str(path) for path in written]})
        else:
            for path in written:
                echo(str(path))

    return report
