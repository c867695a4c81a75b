"""The verb `birdmml audit`."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from confu_cli.group import Verb
from confu_cli.options import ENGINES, PATH, PATH_OR_URL, ListOf, diagnostics, together, workers
from confu_cli.show import echo, number, print_json, print_table, progress_bar
from confu_core.escaping import visible

if TYPE_CHECKING:
    from birdmml.audit import Audit, Finding
    from birdmml.audit.headroom import Headroom


STYLES = {"error": "bold red", "warning": "yellow", "info": "cyan"}
LAYOUT = [{"no_wrap": True}, *[{"no_wrap": True, "justify": "right"}] * 2, {"overflow": "fold"}]
HEADINGS = {"error": "Errors", "warning": "Warnings", "info": "Worth knowing"}


@click.command("audit", cls=Verb, epilog="Example: birdmml audit data/birds --fail-on error")
@click.argument("path", type=PATH_OR_URL)
@click.option("--page", type=PATH, help="Write a page as well, one HTML file.")
@click.option("--only", type=ListOf(str), help="Checks to run, by code.  [default: all]")
@click.option("--skip", type=ListOf(str), help="Checks not to run, by code.")
@click.option("--fail-on", type=click.Choice(["error", "warning"]), help="Exit status 1 if there is one as grave.")
@click.option("--rows", default=2000, help="Rows of each split that probes use, at most.")
@click.option("--seed", default=0, help="Decides which, and the intervals.")
@click.option("--na", type=ListOf(str), help="Cells that say nothing is known.  [default: as the dataset was built]")
@together(workers, *ENGINES)
@diagnostics
def audit(
    path: str | Path,
    page: Path | None,
    skip: list[str] | None,
    fail_on: str | None,
    engine: str,
    scheduler: str | None,
    as_json: bool,
    **how: Any,
) -> int:
    """Tell what is wrong with a dataset, generated or real, and where modalities complement each other.

    PATH is a folder, a URL, or a dataset read in place, such as ssw60:/data/ssw60. Every shard is read once.
    """
    from birdmml.audit import audit as examine
    from birdmml.audit import audit_page
    from confu_core.io.atomic import write_whole
    from confu_core.parallel.cluster import engine_in_use

    with engine_in_use(engine, scheduler), progress_bar("auditing", "rows") as bar:
        skipped = [code for code in skip or () if code]
        found = examine(path, skip=skipped, look=page is not None, progress=lambda at, all: bar(at, all, ""), **how)
    if as_json:
        print_json(found.as_dict())
    else:
        _print(found)
    if page is not None:
        write_whole(page, audit_page(found).encode())
        if not as_json:
            echo(f"page: {page}", err=True)
    return 1 if fail_on is not None and found.reaches(fail_on) else 0


def _print(found: Audit) -> None:
    rows = ", ".join(f"{name} {count:,}" for name, count in found.splits.items())
    echo(f"{found.path}: {found.name}; {rows}; {', '.join(found.modalities)}")
    for severity, heading in HEADINGS.items():
        if some := [one for one in found.findings if one.severity == severity]:
            _print_findings(heading, severity, some)
    if found.headroom is not None:
        _print_headroom(found.headroom)
    for code, why in found.skipped.items():
        echo(f"not looked at: {code}: {why}")
    echo(f"{found.path}: {found.verdict}")


def _print_findings(heading: str, severity: str, findings: list[Finding]) -> None:
    from rich.text import Text

    rows = []
    for one in findings:
        said = Text(visible(one.summary))
        for example in one.examples[:2]:
            where = f"{', '.join(example.keys)}{': ' if example.keys else ''}{example.what}"
            said.append(f"\n{visible(where)}", style="dim")
        if one.advice:
            said.append(f"\n{visible(one.advice)}", style="italic")
        rows.append([one.code, f"{one.count:,}", f"{one.share:.1%}", said])
    columns = ["check", "count", "share", "what, where, and what to do"]
    print_table(Text(heading, style=STYLES[severity]), columns, rows, LAYOUT)


def _print_headroom(found: Headroom) -> None:
    gains = {one.name: one for one in found.gains}
    rows = []
    for one in found.subsets:
        gain = gains.get(one.name)
        beyond = ["", "", ""]
        if gain is not None:
            interval = f"{gain.gain.value:+.3f} [{gain.gain.low:+.2f}, {gain.gain.high:+.2f}]"
            beyond = [gain.over, interval, gain.verdict]
        accuracy = f"{one.accuracy.value:.3f} [{one.accuracy.low:.2f}, {one.accuracy.high:.2f}]"
        rows.append([one.name, accuracy, number(one.ceiling, digits=3), *beyond])
    signs = ", ".join(f"{sign} {name}" for name, sign in found.signs.items())
    print_table(
        f"Linear probes ({signs}; {found.test:,} rows of {found.tested_on}; 95% intervals)",
        ["set", "accuracy", "Bayes", "over", "gain", "headroom"],
        rows,
    )
