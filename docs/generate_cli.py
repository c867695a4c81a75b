"""Write the reference of the commands, ``docs/cli.md``, from the commands themselves.

Run it after a change to a command; a test fails while the page is stale:

    python docs/generate_cli.py
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from pathlib import Path

import click

from confu_cli.birdmml import birdmml
from confu_cli.xorbench import xorbench

COMMANDS = {"xorbench": xorbench, "birdmml": birdmml}
PAGE = Path(__file__).with_name("cli.md")
INTRODUCTION = """\
# Commands

<!-- Written by docs/generate_cli.py; change the commands and run it, not this page. -->

A verb that both commands have does the same in both. For all of them:

- Results go to stdout, progress and logs to stderr. `--json` prints one JSON object and nothing else on stdout.
- Progress is a bar at a terminal. Elsewhere `run` says a line per epoch, `sweep` one per cell and `birdmml evaluate`
  one per kind of measure. `-v` says more: such lines at a terminal too, terms of the loss, long work every ten seconds,
  which files stand for others.
- `--config FILE` gives `run` and `sweep` what the command line leaves out: TOML with the names of the options, where
  options of methods that have no flag stand in a table `[option]`; the `sweep.json` of a results folder; or what
  `run --json` printed. Flags go first. `build` takes a file of its dials.
- The exit status is 0 for success; 2 where the command line cannot be taken: an unknown verb or option, one that is
  missing, a value out of range or one that the data or the method named beside it does not have, all the same in a
  file of `--config`; 1 where the work failed, as of a file, a folder or code that is missing, damaged or in the way, or
  where a check found something; and 130 for Ctrl-C.
- An error is one line that names the value, the constraint and the mend. `--debug` shows where it comes from.
- A list is written with commas, and a range of numbers as `start:stop:step` with the stop included: `0:1:0.25`.
- `-h` or `--help` shows what this page shows. `python -m xor_bench` and `python -m birdmml` are the commands too.
"""

# What click, or the text of an option, says at the end of its help: [default: 5], [required].
REMARKS = re.compile(r"\s*\[(default: [^\[\]]*|required)\]\s*$")


def reference() -> str:
    """Return the page."""
    parts = [INTRODUCTION]
    for name, command in COMMANDS.items():
        parts += section(command, click.Context(command, info_name=name, **command.context_settings), depth=2)
    return "\n".join(parts)


def section(command: click.Command, context: click.Context, depth: int) -> Iterator[str]:
    """Yield the section of a command, and those of its verbs if it is a group."""
    yield f"{'#' * depth} {context.command_path}\n"
    yield paragraphs(command.help)
    yield f"```text\n{command.get_usage(context)}\n```\n"
    rows = [row for parameter in command.params if (row := described(parameter, context))]
    if rows:
        yield "| option | default | meaning |\n| --- | --- | --- |"
        yield "\n".join(f"| {' | '.join(row)} |" for row in rows) + "\n"
    for line in (command.epilog or "").splitlines():
        before, mark, example = line.partition("Example: ")
        yield f"Example:\n\n```sh\n{example}\n```\n" if mark and not before else f"{line}\n"
    if isinstance(command, click.Group):
        for name in command.list_commands(context):
            verb = command.get_command(context, name)
            if verb is not None and not verb.hidden:
                yield from section(verb, click.Context(verb, info_name=name, parent=context), depth + 1)


def paragraphs(text: str | None) -> str:
    """Return a help text with each paragraph on one line."""
    blocks = re.split(r"\n\s*\n", (text or "").strip())
    return "\n\n".join(" ".join(block.split()) for block in blocks) + "\n"


def described(parameter: click.Parameter, context: click.Context) -> tuple[str, str, str] | None:
    """Return names, default and meaning as cells of a Markdown table; None for what the usage line says already."""
    record = parameter.get_help_record(context)
    if record is None or (isinstance(parameter, click.Argument) and not record[1]):
        return None
    names, text = record
    default = ""
    while remark := REMARKS.search(text):
        said = remark.group(1).removeprefix("default: ")
        default = "required" if said == "required" else f"`{said}`" if " " not in said else said
        text = text[: remark.start()]
    cells = ", ".join(f"`{name}`" for name in names.split(", ")), default, text.strip().removesuffix(";")
    return tuple(cell.replace("|", "\\|") for cell in cells)  # type: ignore[return-value]


if __name__ == "__main__":
    PAGE.write_text(reference(), encoding="utf-8")
