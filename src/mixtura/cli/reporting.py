"""What a command says at the end, and where."""

import os
import sys
from collections.abc import Callable

from rich.console import Console

from ..display.report.data import Report
from ..display.summary import ComparisonSummary, Summary, as_json
from ..errors import SourceError
from ..rows import is_query
from .opening import open_page
from .options import default_out
from .page import Page, as_page
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


def report_page(
    make: Callable[[str | None], Report],
    model: str,
    source: str,
    out: str | None,
    *,
    as_json_text: bool,
    quiet: bool,
) -> None:
    """Write the page of a report, or its data, and say what was found.

    Parameters
    ----------
    make : callable
        Returns the report, told the path of its page.
    model, source : str
        What it is about, which no page may replace.
    out : str or None
        Where the page goes: a file, "-" for standard output, or None for no page beside JSON, and else for one that is
        called after the source.
    as_json_text, quiet : bool
        Whether to print the data; whether to say nothing else.
    """
    if out == "-":
        _write(as_page(make(None)))
        return
    if out is None and not as_json_text:
        out = default_out(source, query=is_query(source), ending=".report.html")
    with Page(None) if out is None else open_page(source, model, out) as page:
        made = make(out)
        if out is not None:
            page.write(as_page(made))
    if as_json_text:
        _write(as_json(made, indent=None) + "\n")
    else:
        report(made.summary, as_json_text=False, quiet=quiet)


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
