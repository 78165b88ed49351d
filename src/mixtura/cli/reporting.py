"""What a command says at the end, and where."""

import os
import sys

from rich.console import Console

from ..display.summary import ComparisonSummary, Summary, as_json
from ..errors import SourceError
from .terminal import render, render_comparison


def report(summary: Summary, *, as_json_text: bool, quiet: bool) -> None:
    """Say what was found: JSON or text on standard output; notices on standard error where there is no text."""
    if as_json_text:
        _note(summary, quiet=quiet)
        _write(as_json(summary) + "\n")
    elif not quiet:
        screen = Console()
        _write(render(summary, width=screen.width, colours=screen.is_terminal))


def report_comparison(summary: ComparisonSummary, *, as_json_text: bool, quiet: bool) -> None:
    """Say how detectors compare, as `report` says what was found."""
    if as_json_text:
        _note(summary, quiet=quiet)
        _write(as_json(summary) + "\n")
    elif not quiet:
        screen = Console()
        _write(render_comparison(summary, width=screen.width, colours=screen.is_terminal))


def _note(summary: Summary | ComparisonSummary, *, quiet: bool) -> None:
    if not quiet:
        sys.stderr.writelines(f"mixtura: note: {notice}\n" for notice in summary.notices)


def _write(text: str) -> None:
    if sys.stdout is None:  # closed by whoever started this process
        return
    try:
        # In one piece, and not through rich, which ends the process itself when nobody reads any more.
        sys.stdout.write(text)
        sys.stdout.flush()
    except BrokenPipeError:
        # Whoever read standard output has left, as `head` does. The result is written; what is left to print is not
        # wanted, and Python would complain when it flushes the rest at exit.
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
    except OSError as error:
        raise SourceError(f"cannot write to standard output ({error.strerror})") from error
