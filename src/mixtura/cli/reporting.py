"""What a command says at the end, and where."""

import shlex
import sys
from collections.abc import Callable, Sequence

import typer
from rich.console import Console

from ..commands.found import Found
from ..commands.page import reproduction
from ..display.as_json import as_json
from ..display.checked import render_check
from ..display.compared import render_comparison
from ..display.report.facts.data import Reproduction
from ..display.text import render
from ..tables.opened.checking import CheckSummary
from ..tables.told.summary import ComparisonSummary, Summary
from ..words import count, percent, plural, shortened, visible
from .options import spell
from .standard_output import say
from .terminal_page import TerminalPage

TOO_MANY_FLAGGED = 3
"""Exit code of a run that did all it was asked for, and flagged too many rows."""


# Draws what a command says, by the width of the screen and whether that has colours.
Draw = Callable[[int, bool], str]


def page_of(path: str | None, context: typer.Context) -> TerminalPage | None:
    """Return the page of what the terminal shows, None where none is asked for; raises as `TerminalPage` does."""
    return None if path is None else TerminalPage(path, context.obj or ())


def report(summary: Summary, page: TerminalPage | None, *, as_json_text: bool, quiet: bool) -> None:
    """Say what was found: JSON or text on standard output; notices on standard error where there is no text.

    Where the result is on standard output, text goes to standard error. The text goes to the `page` in any case.
    """
    if as_json_text:
        _note(summary, quiet=quiet)
        say(as_json(summary) + "\n")
    _show(
        lambda width, colours: render(summary, width=width, colours=colours, rest="with --json", spell=spell),
        page,
        on_screen=not (as_json_text or quiet),
        stderr=summary.out == "-",
    )


def _show(draw: Draw, page: TerminalPage | None, *, on_screen: bool, stderr: bool = False) -> None:
    """Show what a command says on the screen, on a page, or on both."""
    screen = Console(stderr=stderr)
    if on_screen:
        text = draw(screen.width, screen.is_terminal)
        if stderr:
            sys.stderr.write(text)
        else:
            say(text)
    if page is not None:
        page.write(draw(screen.width, True), screen.width)


def fail_above_share(summary: Summary, most: float | None) -> None:
    """End with exit code 3, and say so, when more than a share of the rows is flagged; None for no such share.

    Raises
    ------
    Exit
        More are flagged.
    """
    if most is None or summary.decision is None:
        return
    n_flagged, n_rows = summary.decision.n_anomalies, summary.table.n_rows
    if n_flagged > most * n_rows:
        sys.stderr.write(
            f"mixtura: {count(n_flagged)} of {plural(n_rows, 'row')} are flagged, more than the {percent(most)} of "
            "--fail-above\n"
        )
        raise typer.Exit(TOO_MANY_FLAGGED)


def report_comparison(
    summary: ComparisonSummary, page: TerminalPage | None, *, as_json_text: bool, quiet: bool
) -> None:
    """Say how detectors compare, as `report` says what was found."""
    if as_json_text:
        _note(summary, quiet=quiet)
        say(as_json(summary) + "\n")
    _show(
        lambda width, colours: render_comparison(summary, width=width, colours=colours),
        page,
        on_screen=not (as_json_text or quiet),
    )


def report_check(summary: CheckSummary, page: TerminalPage | None, *, as_json_text: bool, quiet: bool) -> None:
    """Say what a table holds: JSON or text on standard output."""
    if as_json_text:
        say(as_json(summary) + "\n")
    _show(
        lambda width, colours: render_check(summary, width=width, colours=colours, spell=spell),
        page,
        on_screen=not (as_json_text or quiet),
    )


def report_page(found: Found, *, to_standard_output: bool, as_json_text: bool, quiet: bool) -> None:
    """Print the page of a report or its data, or say what was found and where the page is."""
    if to_standard_output:
        say(found.page)
    elif as_json_text:
        say(as_json(found.report_data, indent=None) + "\n")
    else:
        report(found.summary, None, as_json_text=False, quiet=quiet)


def typed(arguments: Sequence[str], seed: int | None) -> Reproduction:
    """Return how to come to the same result again, by what was typed after the name of the program."""
    return reproduction(shlex.join(["mixtura", *arguments]), seed)


def _note(summary: Summary | ComparisonSummary, *, quiet: bool) -> None:
    if not quiet:
        sys.stderr.writelines(f"mixtura: note: {shortened(visible(notice))}\n" for notice in summary.notices)
