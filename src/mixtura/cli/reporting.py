"""What a command says at the end, and where."""

import sys

from rich.console import Console

from .summary import Summary, as_json
from .terminal import render


def report(summary: Summary, *, as_json_text: bool, quiet: bool) -> None:
    """Say what was found: JSON or text on standard output; notices on standard error where there is no text."""
    if as_json_text:
        if not quiet:
            sys.stderr.writelines(f"mixtura: note: {notice}\n" for notice in summary.notices)
        _write(as_json(summary) + "\n")
    elif not quiet:
        _write(render(summary, Console(highlight=False)))


def _write(text: str) -> None:
    # In one piece, and not through rich, which ends the process itself when nobody reads any more.
    sys.stdout.write(text)
    sys.stdout.flush()
