"""Run the commands in the pages and paste what they print.

A block of one command (``sh``) or of Python, followed by a block of ``text``, is run, and its output replaces the
text; so is a ``console`` block that begins with ``$``. Everything runs in an empty folder, in the order of the page.
It takes about two minutes:

    python docs/generate_output.py
"""

from __future__ import annotations

import re
import subprocess
import sys
import tempfile
from pathlib import Path

ROOT = Path(__file__).parents[1]
PAGES = ("README.md", "docs/quickstart.md", "docs/own-method.md", "docs/in-python.md")
FOLLOWED = re.compile(r"```(?P<kind>sh|python)\n(?P<code>[^`]*?)```\n\n```text\n(?P<old>.*?)```\n", re.DOTALL)
CONSOLE = re.compile(r"```console\n\$ (?P<code>[^\n]*)\n(?P<old>.*?)```\n", re.DOTALL)


def printed(kind: str, code: str, folder: Path) -> str:
    """Return what a command or a script prints, without spaces at the ends of lines."""
    program = [sys.executable, "-c", code] if kind == "python" else ["sh", "-ec", code]
    # Commands are those of this environment.
    path = f"{Path(sys.executable).parent}:/usr/bin:/bin"
    done = subprocess.run(program, cwd=folder, env={"PATH": path}, capture_output=True, text=True, check=True)
    lines = [line.rstrip() for line in done.stdout.strip("\n").splitlines()]
    return "\n".join(lines) + "\n"


def renewed(text: str, folder: Path) -> str:
    """Return a page with new output in it."""

    def replace(match: re.Match[str]) -> str:
        kind = match.groupdict().get("kind", "sh")
        start, end = match.start("old") - match.start(), match.end("old") - match.start()
        return match[0][:start] + printed(kind, match["code"], folder) + match[0][end:]

    return CONSOLE.sub(replace, FOLLOWED.sub(replace, text))


def main() -> None:
    """Renew all pages."""
    for page in PAGES:
        with tempfile.TemporaryDirectory() as folder:
            (Path(folder) / "examples").symlink_to(ROOT / "examples")
            path = ROOT / page
            path.write_text(renewed(path.read_text(encoding="utf-8"), Path(folder)), encoding="utf-8")


if __name__ == "__main__":
    main()
