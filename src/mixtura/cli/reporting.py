"""What a command says at the end, and where."""

import sys
from collections.abc import Callable

from rich.console import Console

from ..display.as_json import as_json
from ..display.report.facts.data import Report
from ..tables.summary import ComparisonSummary, Summary
from ..words import shortened, visible
from .page import as_page
from .places import REPORT_ENDING, Origin, default_out, open_page
from .standard_output import say
from .terminal import render, render_comparison


def report(summary: Summary, *, as_json_text: bool, quiet: bool) -> None:
    """Say what was found: JSON or text on standard output; notices on standard error where there is no text.

    Where the result is on standard output, text goes to standard error.
    """
    if as_json_text:
        _note(summary, quiet=quiet)
        say(as_json(summary) + "\n")
    elif not quiet:
        screen = Console(stderr=summary.out == "-")
        text = render(summary, width=screen.width, colours=screen.is_terminal)
        if summary.out == "-":
            sys.stderr.write(text)
        else:
            say(text)


def report_comparison(summary: ComparisonSummary, *, as_json_text: bool, quiet: bool) -> None:
    """Say how detectors compare, as `report` says what was found."""
    if as_json_text:
        _note(summary, quiet=quiet)
        say(as_json(summary) + "\n")
    elif not quiet:
        screen = Console()
        say(render_comparison(summary, width=screen.width, colours=screen.is_terminal))


def report_page(
    make: Callable[[str | None], Report],
    model: str,
    source: str,
    out: str | None,
    *,
    force: bool,
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
    force : bool
        Whether any file may be replaced.
    as_json_text, quiet : bool
        Whether to print the data; whether to say nothing else.
    """
    if out == "-":
        say(as_page(make(None)))
        return
    if out is None and not as_json_text:
        out = default_out(source, REPORT_ENDING)
    place = open_page(Origin("report", source, model=model), out, force=force)
    with place.together():
        made = make(out)
        if place.page is not None:
            place.page.write(as_page(made).encode())
    if as_json_text:
        say(as_json(made, indent=None) + "\n")
    else:
        report(made.summary, as_json_text=False, quiet=quiet)


def _note(summary: Summary | ComparisonSummary, *, quiet: bool) -> None:
    if not quiet:
        sys.stderr.writelines(f"mixtura: note: {shortened(visible(notice))}\n" for notice in summary.notices)
