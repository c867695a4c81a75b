"""A command group in which an error that a user can cause is one line."""

from __future__ import annotations

import sys
from collections.abc import Sequence
from typing import Any, NoReturn

import click

from confu_cli.show import echo
from confu_core.errors import ConfuError, InvalidValue, nearest

__all__ = ["Group", "Verb"]

USAGE, FAILURE, INTERRUPTED = 2, 1, 130


class Verb(click.Command):
    """A verb whose example stands on one line of the help text, so that it can be copied."""

    def format_epilog(self, ctx: click.Context, formatter: click.HelpFormatter) -> None:
        """Write the example as it is: click would break it where the terminal ends."""
        if self.epilog:
            formatter.write(f"\n  {self.epilog}\n")


class Group(click.Group):
    """Verbs of one command; errors end the process with one line on stderr.

    Exit status 2 for what was asked wrongly, 1 for what went wrong, 130 for Ctrl-C. With ``--debug`` among the
    arguments errors of the library show where they come from. Without a verb there is help.
    """

    command_class = Verb

    def main(self, args: Sequence[str] | None = None, **options: Any) -> NoReturn:  # type: ignore[override]
        """Run the command."""
        words = list(sys.argv[1:] if args is None else args) or ["--help"]
        options["standalone_mode"] = False
        try:
            status = super().main(words, **options)
        except ConfuError as error:
            if "--debug" in words:
                raise
            _end(str(error), USAGE if isinstance(error, InvalidValue) else FAILURE)
        except click.ClickException as error:
            _end(error.format_message(), error.exit_code)
        except (click.Abort, KeyboardInterrupt):
            _end("interrupted; what is finished is kept, and the same command goes on from there", INTERRUPTED)
        sys.exit(status if isinstance(status, int) else 0)

    def resolve_command(
        self, ctx: click.Context, args: list[str]
    ) -> tuple[str | None, click.Command | None, list[str]]:
        """Find the verb, or suggest the nearest."""
        if args and not args[0].startswith("-") and self.get_command(ctx, args[0]) is None:
            raise click.UsageError(f"no verb {args[0]!r}: {nearest(args[0], self.commands)}")
        return super().resolve_command(ctx, args)


def _end(message: str, status: int) -> NoReturn:
    echo(f"Error: {' '.join(message.split())}", err=True)
    sys.exit(status)
