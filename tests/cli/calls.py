"""How tests call a command in this process, and what every call of one must keep to."""

from __future__ import annotations

import json
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import click
import pytest
from click.testing import CliRunner, Result


@dataclass(frozen=True)
class Calls:
    """Calls of one command."""

    command: click.Command

    def invoke(self, *words: str | Path) -> Result:
        return CliRunner().invoke(self.command, list(map(str, words)))

    def succeed(self, *words: str | Path) -> str:
        result = self.invoke(*words)
        assert result.exit_code == 0, result.stderr
        assert result.stderr == ""
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
    assert result.stderr.startswith("Error: ") and result.stderr.count("\n") == 1, result.stderr
    assert message in result.stderr
