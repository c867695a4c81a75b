"""A command group in which an error that a user can cause is one line."""

from __future__ import annotations

import contextlib
import ctypes
import errno
import os
import sys
import traceback
from collections.abc import Iterator, Sequence
from pathlib import Path
from types import TracebackType
from typing import Any, NoReturn

import click
from click.core import ParameterSource

from confu_cli.options import Dials, ListOf
from confu_cli.show import echo
from confu_core.errors import ConfuError, InvalidValue, ResultsError, nearest

USAGE, FAILURE, INTERRUPTED = 2, 1, 130
_UNWRITTEN = {errno.ENOSPC, errno.EFBIG, errno.EDQUOT, errno.EIO}


class Verb(click.Command):
    """A verb whose example stands on one line of the help text, so that it can be copied.

    Settings that are options of it are loaded when it is asked for them: no other verb waits for these.
    """

    @property
    def params(self) -> list[click.Parameter]:
        """Its arguments and options."""
        made = [each.options() if isinstance(each, Dials) else [each] for each in self._params]
        self._params: list[click.Parameter] = [one for each in made for one in each]
        return self._params

    @params.setter
    def params(self, given: list[click.Parameter]) -> None:
        self._params = given

    def parse_args(self, ctx: click.Context, args: list[str]) -> list[str]:
        """Read the command line; what may be given several times adds to what a file of settings gives."""
        _, _, order = self.make_parser(ctx).parse_args(args=list(args))
        for one in order:  # Of several lists of names click would take the last without a word.
            if isinstance(one.type, ListOf) and one.type.kind is str and order.count(one) > 1:
                raise click.UsageError(f"{one.opts[0]} is given twice; give it once, several values with commas")
        left = super().parse_args(ctx, args)
        for name in self._said_twice(ctx):
            ctx.params[name] = (*(ctx.default_map or {})[name], *ctx.params[name])
        return left

    def _said_twice(self, ctx: click.Context) -> list[str]:
        repeated = [one.name for one in self.params if one.multiple and one.name in (ctx.default_map or {})]
        return [name for name in repeated if name and ctx.get_parameter_source(name) is ParameterSource.COMMANDLINE]

    def format_epilog(self, ctx: click.Context, formatter: click.HelpFormatter) -> None:
        """Write the example as it is: click would break it where the terminal ends."""
        if self.epilog:
            formatter.write(f"\n  {self.epilog}\n")


class Group(click.Group):
    """Verbs of one command; errors end the process with one line on stderr.

    Exit status 2 where the command line cannot be taken, 1 where the work failed, 130 for Ctrl-C. With ``--debug``
    among the arguments errors of the library show where they come from. Without a verb there is help.
    """

    command_class = Verb

    def __init__(self, *args: Any, **options: Any) -> None:
        settings = {"help_option_names": ["-h", "--help"], "show_default": True}
        super().__init__(*args, context_settings=settings, **options)

    def main(self, args: Sequence[str] | None = None, **options: Any) -> NoReturn:  # type: ignore[override]
        """Run the command."""
        words = list(sys.argv[1:] if args is None else args) or ["--help"]
        options["standalone_mode"] = False
        sys.excepthook = _show_traceback
        # Drawings go to files: what a notebook has set for its own is not looked at, and may not be installed here.
        os.environ.pop("MPLBACKEND", None)
        keep_freed_memory()
        try:
            with _writable_output():
                status = super().main(words, **options)
        except (ConfuError, OSError, MemoryError) as error:
            if "--debug" in words:
                raise
            _end(_line(error), USAGE if isinstance(error, InvalidValue) else FAILURE)
        except click.exceptions.NoArgsIsHelpError as error:  # Of verbs that have verbs of their own.
            echo(*error.message.splitlines())
            sys.exit(0)
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


def keep_freed_memory() -> None:
    """Have glibc keep what is freed, in this process and in those that it starts, unless their environment says more.

    Arrays of some MB are made anew at every step; given back to the system, each would be cleared page by page again.
    """
    for name, number, size in (("MALLOC_TRIM_THRESHOLD_", -1, 256 << 20), ("MALLOC_MMAP_THRESHOLD_", -3, 32 << 20)):
        if name not in os.environ:
            os.environ[name] = str(size)
            with contextlib.suppress(AttributeError, OSError, TypeError):  # Of another C library.
                ctypes.CDLL(None).mallopt(number, size)


@contextlib.contextmanager
def _writable_output() -> Iterator[None]:
    """See that all that was printed arrives, and that there is something to print to."""
    with contextlib.ExitStack() as stack:
        for name in ("stdout", "stderr"):
            stream = getattr(sys, name)
            if stream is None:  # It was closed before this process began, or there is no console.
                nothing = stack.enter_context(Path(os.devnull).open("w", encoding="utf-8"))
                stack.enter_context(getattr(contextlib, f"redirect_{name}")(nothing))
            elif hasattr(stream, "reconfigure"):
                stream.reconfigure(errors="backslashreplace")  # A terminal need not know every letter.
        yield
        try:
            sys.stdout.flush()
        except BrokenPipeError:
            _drop_output()  # Whoever read has seen enough.
        except OSError as error:
            _drop_output()
            raise ResultsError(f"the output cannot be written: {error.strerror}") from error


def _drop_output() -> None:
    """Let nothing more be written, which would fail once more when the process ends."""
    with contextlib.suppress(OSError, ValueError), Path(os.devnull).open("w", encoding="utf-8") as nothing:
        os.dup2(nothing.fileno(), sys.stdout.fileno())


def _line(error: BaseException) -> str:
    """Say in one line what the operating system refused."""
    if isinstance(error, MemoryError):
        return "there is not enough memory; use fewer --workers, or a machine with more"
    if isinstance(error, OSError):
        if error.errno == errno.EMFILE:
            return "too many files are open at once; allow more (ulimit -n 4096), or use fewer --workers"
        reason = error.strerror or str(error) or type(error).__name__
        if error.filename is None and error.errno in _UNWRITTEN:
            _drop_output()
            return f"the output cannot be written: {reason}"
        return f"{error.filename}: {reason}" if error.filename else reason
    return str(error)


def _show_traceback(kind: type[BaseException], error: BaseException, place: TracebackType | None) -> None:
    """Print a traceback in which others' texts move no cursor and tell no secret."""
    from confu_core.io.refusal import without_secrets

    text = without_secrets("".join(traceback.format_exception(kind, error, place)))
    echo(*text.rstrip("\n").split("\n"), err=True)


def _end(message: str, status: int) -> NoReturn:
    from confu_core.io.refusal import without_secrets

    echo(f"Error: {without_secrets(' '.join(message.split()))}", err=True)
    sys.exit(status)
