"""How tests call a command in this process, and what every call of one must keep to."""

from __future__ import annotations

import json
import re
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import click
import pytest
from click.testing import CliRunner, Result

MILESTONE = r"(epoch|cell|measure) (\d+) of (\d+): .+; \d+\.\d s(, \d+ s left)?"
DECODING = r"(evaluating|embedding): [\d,]+ of [\d,]+ rows, decoding"  # Every ten seconds.
PROGRESS = re.compile(f"{MILESTONE}|{DECODING}")


@dataclass(frozen=True)
class Calls:
    """Calls of one command."""

    command: click.Command

    def invoke(self, *words: str | Path) -> Result:
        return CliRunner().invoke(self.command, list(map(str, words)))

    def succeed(self, *words: str | Path) -> str:
        result = self.invoke(*words)
        assert result.exit_code == 0, result.stderr
        assert unasked(result.stderr) == ""
        return result.stdout

    def said(self, *words: str | Path) -> dict[str, Any]:
        """What a verb prints with --json: one JSON object on one line, and nothing else anywhere."""
        text = self.succeed(*words, "--json")
        assert text.endswith("\n") and text.count("\n") == 1
        value = json.loads(text, parse_constant=pytest.fail)
        assert isinstance(value, dict)
        return value


def assert_one_line(result: Result, status: int, message: str) -> None:
    assert isinstance(result.exception, SystemExit), repr(result.exception)  # No traceback.
    assert result.exit_code == status, result.stderr
    assert result.stdout == ""
    said = unasked(result.stderr)
    assert said.startswith("Error: ") and said.count("\n") == 1, result.stderr
    assert message in said


def unasked(stderr: str) -> str:
    """What stderr holds besides lines on how work goes on, which every training and evaluation says off a terminal."""
    return "".join(line for line in stderr.splitlines(keepends=True) if not PROGRESS.fullmatch(line.rstrip("\n")))
