"""Odd places to print to and to run in: one line, or as if nothing were odd."""

from __future__ import annotations

import errno
import os
import platform
import resource
import shlex
import signal
import subprocess
import sys
from pathlib import Path

import click
import pytest
from calls import Calls, assert_one_line
from click.testing import CliRunner

from confu_cli.birdmml import birdmml
from confu_cli.group import Group
from confu_cli.xorbench import xorbench
from confu_core.errors import DatasetError
from confu_core.shards.cache import cache_folder

PROGRAM = "from confu_cli.xorbench import xorbench; xorbench(['info', '--p', '0.5'])"


def run(redirected: str, **how: object) -> subprocess.CompletedProcess[str]:
    command = f"exec {shlex.quote(sys.executable)} -c {shlex.quote(PROGRAM)} {redirected}"
    return subprocess.run(["sh", "-c", command], capture_output=True, text=True, timeout=120, **how)  # type: ignore


@pytest.mark.parametrize("redirected", [">&-", ">&- 2>&-"])
def test_closed_outputs_are_no_trouble(redirected: str) -> None:
    done = run(redirected)
    assert (done.returncode, done.stderr) == (0, "")


def test_a_full_output_is_one_line(tmp_path: Path) -> None:
    def limited() -> None:
        signal.signal(signal.SIGXFSZ, signal.SIG_IGN)
        resource.setrlimit(resource.RLIMIT_FSIZE, (10, 10))

    done = run(f"> {shlex.quote(str(tmp_path / 'out'))}", preexec_fn=limited)
    assert (done.returncode, done.stderr) == (1, "Error: the output cannot be written: File too large\n")


def test_the_backend_of_a_notebook_is_not_looked_at(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("MPLBACKEND", "module://a_notebook.that_is_elsewhere")
    code = PROGRAM.replace("['info', '--p', '0.5']", "['info', '--p', '2']")
    code = code.replace("; ", "\ntry:\n ") + "\nexcept SystemExit: import matplotlib; print(matplotlib.__name__)"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, timeout=120)
    assert done.stdout == "matplotlib\n"


def verbs(group: click.Group, *before: str) -> list[str]:
    """All verbs of a command, those of verbs that have some among them."""
    found: list[str] = []
    for name, verb in group.commands.items():
        found += verbs(verb, *before, name) if isinstance(verb, click.Group) else [" ".join([*before, name])]
    return sorted(found)


# What each verb cannot do where MISSING is missing and FILE is a file of somebody else's.
BOTH = {
    "build": "--out FILE",
    "evaluate": "--embeddings MISSING.npz",
    "info": "MISSING",
    "leaderboard": "MISSING --out board.html",
    "publish": "MISSING --out release",
    "report": "MISSING",
    "results check": "MISSING",
    "results merge": "MISSING --out all",
    "run": "--data MISSING",
    "sweep": "--out FILE",
    "verify": "MISSING",
}
FAILING: dict[click.Group, dict[str, str]] = {
    xorbench: {**BOTH, "check-method": "MISSING.py:Method"},
    birdmml: {
        **BOTH,
        "audit": "MISSING",
        "cache clear": "--cache FILE",
        "cache list": "--cache FILE",
        "embed": "--model MISSING.pt --data MISSING --out embeddings.parquet",
        "evaluate": "--model MISSING.pt --data MISSING",
        "preview": "MISSING --out page.html",
        "sweep": "--data MISSING --out runs",
    },
}
EVERY = [(command, verb) for command in FAILING for verb in verbs(command)]


@pytest.mark.parametrize(("command", "verb"), EVERY, ids=[f"{command.name} {verb}" for command, verb in EVERY])
def test_the_status_is_2_where_a_command_line_cannot_be_taken_and_1_where_its_work_fails(
    command: click.Group, verb: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    Path("FILE").write_text("of somebody else")
    call = Calls(command).invoke
    assert_one_line(call(*verb.split(), "--no-such-option"), 2, "No such option")
    assert_one_line(call(*verb.split(), *FAILING[command][verb].split()), 1, "")
    assert [path.name for path in tmp_path.iterdir()] == ["FILE"]


@click.group(cls=Group)
def command() -> None:
    """Fail in several ways."""


@command.command()
@click.argument("way")
@click.option("--debug", is_flag=True)
def fail(way: str, debug: bool) -> None:
    raise {
        "unreadable": PermissionError(errno.EACCES, "Permission denied", "data/x"),
        "descriptors": OSError(errno.EMFILE, "Too many open files", "data/x"),
        "memory": MemoryError(),
        "full": OSError(errno.ENOSPC, "No space left on device"),
    }[way]


@pytest.mark.parametrize(
    ("way", "message"),
    [
        ("unreadable", "data/x: Permission denied"),
        ("descriptors", "too many files are open at once; allow more (ulimit -n 4096), or use fewer --workers"),
        ("memory", "there is not enough memory"),
        ("full", "the output cannot be written: No space left on device"),
    ],
)
def test_what_the_system_refuses_is_one_line(way: str, message: str) -> None:
    assert_one_line(Calls(command).invoke("fail", way), 1, message)
    assert isinstance(Calls(command).invoke("fail", way, "--debug").exception, OSError | MemoryError)


SHOWN = """
import sys
from confu_cli.birdmml import birdmml
birdmml(["info", *sys.argv[1:]])
"""


def test_the_traceback_of_debug_moves_no_cursor_and_tells_no_secret(tmp_path: Path) -> None:
    name = "a\x1b[2J\x07\x7fb"
    folder = tmp_path / name
    folder.mkdir()
    (folder / "manifest.json").mkdir()
    key = "S3cr3tK3y"
    cases = {str(folder): "a\\x1b[2J\\x07\\x7fb", f"http://user:{key}@127.0.0.1:9/x?token={key}": "http://...@"}
    for place, shown in cases.items():
        done = subprocess.run([sys.executable, "-c", SHOWN, place, "--debug"], capture_output=True, text=True)
        lines = done.stderr.split("\n")
        assert (done.returncode, done.stdout, lines[0]) == (1, "", "Traceback (most recent call last):")
        assert "\nconfu_core.errors." in done.stderr and shown in done.stderr and key not in done.stderr
        assert all(line.isprintable() for line in lines)


def test_without_a_home_the_cache_wants_a_place(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    def nobody() -> Path:
        raise RuntimeError("Could not determine home directory.")

    monkeypatch.setattr(Path, "home", nobody)
    for base in ("", "relative"):
        monkeypatch.setenv("XDG_CACHE_HOME", base)
        with pytest.raises(DatasetError, match="^there is no home folder for a cache; set XDG_CACHE_HOME"):
            cache_folder()
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path))
    assert cache_folder() == tmp_path / "confu-bench"


def test_names_that_are_given_twice_are_refused_and_groups_without_a_verb_show_help() -> None:
    result = CliRunner().invoke(xorbench, ["sweep", "--method", "confu", "--method", "clip", "--out", "runs"])
    line = "Error: --method is given twice; give it once, several values with commas\n"
    assert (result.exit_code, result.stderr) == (2, line)
    result = CliRunner().invoke(xorbench, ["results"])
    assert result.exit_code == 0 and "merge" in result.stdout and not result.stderr


def test_predictions_are_parquet() -> None:
    result = CliRunner().invoke(xorbench, ["run", "--predictions", "p.csv"])
    assert (result.exit_code, result.stderr) == (2, "Error: --predictions must end in .parquet; got p.csv\n")


FAULTS = """
import resource, sys
import numpy as np
from confu_cli.group import keep_freed_memory
if sys.argv[1:] == ["keep"]:
    keep_freed_memory()
np.ones(1 << 21)
before = resource.getrusage(resource.RUSAGE_SELF).ru_minflt
for _ in range(20):
    np.ones(1 << 21) + 1
print(resource.getrusage(resource.RUSAGE_SELF).ru_minflt - before)
"""


@pytest.mark.skipif(platform.libc_ver()[0] != "glibc", reason="the settings are those of glibc")
def test_memory_that_is_freed_is_not_cleared_page_by_page_again() -> None:
    environment = {name: value for name, value in os.environ.items() if not name.startswith("MALLOC_")}
    how = {"env": environment, "capture_output": True, "check": True}
    kept, given_back = (
        int(subprocess.run([sys.executable, "-c", FAULTS, *words], **how).stdout)  # type: ignore[call-overload]
        for words in (["keep"], [])
    )
    assert kept < given_back / 4
