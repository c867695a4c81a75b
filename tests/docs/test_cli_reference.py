"""The reference of the commands is what the commands say."""

from __future__ import annotations

import runpy
from pathlib import Path

import click
import pytest

DOCS = Path(__file__).parents[2] / "docs"


@pytest.fixture(scope="module")
def generator() -> dict[str, object]:
    return runpy.run_path(str(DOCS / "generate_cli.py"))


def test_the_page_is_not_stale(generator) -> None:
    page = (DOCS / "cli.md").read_text(encoding="utf-8")
    assert page == generator["reference"](), "docs/cli.md is stale: run python docs/generate_cli.py"


def test_every_verb_has_a_section_with_help_and_an_example(generator) -> None:
    page = generator["reference"]()
    for name, group in generator["COMMANDS"].items():
        for verb, command in group.commands.items():
            assert command.help, f"{name} {verb} has no help text"
            section = page.partition(f"### {name} {verb}\n")[2].partition("\n### ")[0]
            assert f"```sh\n{name} {verb}" in section


def test_any_group_is_written_with_its_verbs_options_and_defaults(generator) -> None:
    @click.group(epilog="Example: tool nest leaf x")
    def tool() -> None:
        """Do things."""

    @tool.group()
    def nest() -> None:
        """Hold others."""

    @nest.command()
    @click.argument("path")
    @click.option("--one|--other", "kind", default="x|y", show_default=True, help="Which.")
    @click.option("--needed", type=int, required=True, help="How many.")
    @click.option("--hidden", hidden=True)
    def leaf(path: str, kind: str, needed: int, hidden: str) -> None:
        """Be the last.

        Second
        paragraph.
        """

    @nest.command(hidden=True)
    def secret() -> None:
        """Unseen."""

    text = "\n".join(generator["section"](tool, click.Context(tool, info_name="tool"), 2))
    assert "#### tool nest leaf\n\nBe the last.\n\nSecond paragraph.\n" in text
    assert "tool nest leaf [OPTIONS] PATH" in text
    assert "| `--needed INTEGER` | required | How many. |" in text
    assert "`x\\|y` | Which. |" in text
    assert "hidden" not in text
    assert "secret" not in text
