"""The commands together, and how a run ends: exit codes, and one sentence on standard error when it ends badly."""

import os
import re
import sys
import traceback
import warnings
from collections.abc import Callable, Sequence
from inspect import cleandoc
from typing import Annotated

import typer

from ..errors import MixturaError, RequestError
from ..versions import versions
from ..words import shortened, visible
from .check import EXAMPLES as CHECK_EXAMPLES
from .check import check
from .compare import EXAMPLES as COMPARE_EXAMPLES
from .compare import compare
from .detect import EXAMPLES as DETECT_EXAMPLES
from .detect import detect
from .groups import EXAMPLES as GROUPS_EXAMPLES
from .groups import groups
from .options import one_of
from .report import EXAMPLES as REPORT_EXAMPLES
from .report import report
from .score import EXAMPLES as SCORE_EXAMPLES
from .score import score
from .stopping import ReaderLeftError, stopping

# Typer carries a copy of click in some versions and imports click in others; its classes are reached from here in both.
_UsageError: type[Exception] = typer.BadParameter.__mro__[1]
_ClickError: type[Exception] = typer.BadParameter.__mro__[2]

_NO_MEMORY = "not enough memory: use fewer columns (--columns or --drop), or free some memory"
_REFUSED = re.compile(
    "out of memory|cannot allocate memory|failed to allocate|bad_alloc|failed to map segment|can't start new thread",
    re.IGNORECASE,
)

app = typer.Typer(
    name="mixtura",
    help="Find the groups in a table and the rows that do not fit, with a reason for each.",
    epilog="Exit codes: 0 done, 1 a bug in mixtura, 2 bad usage or bad input, 3 findings of check --fail or more "
    "rows flagged than --fail-above allows, 130 stopped by Ctrl-C (128 and the number of the signal for others).\n\n"
    "mixtura help COMMAND explains a command.",
    rich_markup_mode="markdown",
    pretty_exceptions_enable=False,
    context_settings={"help_option_names": ["-h", "--help"]},
)
COMMANDS: dict[Callable[..., None], str] = {
    detect: DETECT_EXAMPLES,
    score: SCORE_EXAMPLES,
    report: REPORT_EXAMPLES,
    groups: GROUPS_EXAMPLES,
    compare: COMPARE_EXAMPLES,
    check: CHECK_EXAMPLES,
}
for _command, _examples in COMMANDS.items():
    _first, _rest = cleandoc(_command.__doc__ or "").split("\n\n", 1)
    app.command(help=f"{_first}\n\n{_examples}\n{_rest}")(_command)


@app.command(name="help")
def _help(
    command: Annotated[
        str | None,
        typer.Argument(
            metavar="COMMAND",
            help="Name of a command.",
            autocompletion=one_of([command.__name__ for command in COMMANDS]),
            show_default=False,
        ),
    ] = None,
) -> None:
    """Explain mixtura or one of its commands."""
    app(args=["--help"] if command is None else [command, "--help"], prog_name="mixtura", standalone_mode=False)


def _show_version(wanted: bool) -> None:
    if wanted:
        from ..kernels import level  # it brings NumPy, which other options answer without

        programs = versions()
        typer.echo(f"mixtura {programs.pop('mixtura')}, kernels {level}")
        for program, version in programs.items():
            typer.echo(f"{program} {version}")
        raise typer.Exit


@app.callback(invoke_without_command=True)
def _program(
    context: typer.Context,
    version: Annotated[
        bool, typer.Option("--version", callback=_show_version, is_eager=True, help="Show the versions and exit.")
    ] = False,
) -> None:
    if context.invoked_subcommand is None:
        typer.echo(context.get_help())


def run(arguments: Sequence[str]) -> int:
    """Run one command and return its exit code."""
    for stream in (sys.stdout, sys.stderr):
        # A terminal that cannot show a character shows a question mark, not a traceback.
        if hasattr(stream, "reconfigure"):
            stream.reconfigure(errors="replace")
    try:
        with warnings.catch_warnings():
            # NumPy's, of overflow and the like, tell users nothing; after the filters of -W and of tests, which want
            # them. Warnings that say something about the table become notices where they arise.
            warnings.filterwarnings("ignore", category=RuntimeWarning, append=True)
            # Reports say what was typed.
            code = app(args=list(arguments), prog_name="mixtura", standalone_mode=False, obj=tuple(arguments))
    except ReaderLeftError:
        return 0
    except BaseException as error:
        # Libraries make errors of their own of a signal, which says by itself how the run ended.
        return 130 if stopping.number is not None else _ended(error, arguments)
    return code if isinstance(code, int) else 0


def _ended(error: BaseException, arguments: Sequence[str]) -> int:
    """Say what went wrong, and return the exit code."""
    if isinstance(error, (_UsageError, RequestError)):
        return _fail(2, _usage(error, arguments))
    if _wants_memory(error):
        return _fail(2, _NO_MEMORY)
    if isinstance(error, (MixturaError, _ClickError)):
        return _fail(2, _one_line(error))
    if isinstance(error, (KeyboardInterrupt, typer.Abort)):
        return 130
    if isinstance(error, Exception):
        return _fail(1, _fault(error))
    raise error


def _fail(code: int, sentence: str) -> int:
    sys.stderr.write(f"mixtura: {sentence}\n")
    return code


def _one_line(error: BaseException) -> str:
    text = error.format_message() if hasattr(error, "format_message") else str(error)
    return shortened(visible(" ".join(text.split())))


def _usage(error: BaseException, arguments: Sequence[str]) -> str:
    known = [argument for argument in arguments[:1] if argument in [command.__name__ for command in COMMANDS]]
    what = _one_line(error).removeprefix("Invalid value: ").rstrip(".")
    return f"{what} (see {' '.join(['mixtura', *known, '--help'])})"


def _wants_memory(error: BaseException) -> bool:
    """Tell whether an error is of memory that was refused, which libraries call by many names."""
    if isinstance(error, MemoryError) or type(error).__name__ == "OutOfMemoryException":
        return True
    if not isinstance(error, MixturaError) and _REFUSED.search(str(error)):
        return True
    return error.__cause__ is not None and _wants_memory(error.__cause__)


def _fault(error: Exception) -> str:
    if os.environ.get("MIXTURA_DEBUG") == "1":
        sys.stderr.write("".join(traceback.format_exception(error)))
    what = f"{type(error).__name__}: {_one_line(error)}".rstrip(": ")
    return (
        f"this is a bug in mixtura, not a fault of your table ({what}): please report it with your command; set "
        "MIXTURA_DEBUG=1 to see where it happened"
    )
