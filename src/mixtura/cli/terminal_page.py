"""What the terminal shows as a page of HTML: the same words and colours, for a ticket or a letter."""

import html
import os
import shlex
from collections.abc import Sequence

from rich.console import Console
from rich.terminal_theme import TerminalTheme
from rich.text import Text

from ..errors import SourceError
from ..rows.disk.whole import WholeFile

# What tells such a page from others: only these are replaced.
_MARK = '<meta name="generator" content="mixtura --html">'

# Dim text is half-way between the two, and still read: a contrast of 4.5 and more. Yellow and green are what is used.
_DARK, _LIGHT, _YELLOW, _GREEN = (18, 18, 18), (240, 240, 240), (249, 226, 100), (152, 224, 36)
_THEME = TerminalTheme(_DARK, _LIGHT, [_LIGHT, _LIGHT, _GREEN, _YELLOW, *[_LIGHT] * 4])

_PAGE = """<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
{mark}
<meta name="viewport" content="width=device-width, initial-scale=1">
<title>{title}</title>
<style>
body {{{{ margin: 0; padding: 1rem; color: {{foreground}}; background: {{background}}; }}}}
pre {{{{ margin: 0; overflow-x: auto; font: 14px/1.4 ui-monospace, Menlo, Consolas, "DejaVu Sans Mono", monospace; }}}}
</style>
</head>
<body>
<main><pre tabindex="0" aria-label="Terminal">{{code}}</pre></main>
</body>
</html>
"""


class TerminalPage:
    """The page of a command, for which there is room before the work begins.

    Parameters
    ----------
    path : str
        File of the page.
    arguments : sequence of str
        What was typed after the name of the program.

    Raises
    ------
    SourceError
        The page cannot be written there, or would replace another file.
    """

    def __init__(self, path: str, arguments: Sequence[str]) -> None:
        if path == "-":
            raise SourceError("--html cannot write to standard output, where the summary goes: name a file")
        self._file = WholeFile(path)
        self._command = shlex.join(["mixtura", *arguments])
        self._check()

    def write(self, shown: str, width: int) -> None:
        """Write the page of what a terminal is sent, its codes of colours included."""
        self._check()
        self._file.write(as_html(shown, self._command, width).encode())
        self._file.replace()

    def _check(self) -> None:
        target = self._file.target
        if not target.exists():
            return
        with target.open("rb") as file:
            begins = file.read(1000)
        if _MARK.encode() not in begins:
            raise SourceError(f"{self._file.path} exists and is not a page of --html: name another file")


def as_html(shown: str, command: str, width: int) -> str:
    """Return a page of the command and of what it sends to a terminal of so many columns."""
    with open(os.devnull, "w") as nowhere:
        console = Console(record=True, width=max(width, 1), file=nowhere)
        console.print(Text(f"$ {command}\n", "bold"), soft_wrap=True)
        console.print(Text.from_ansi(shown), soft_wrap=True, end="")
    title = html.escape(command).replace("{", "{{").replace("}", "}}")
    return console.export_html(theme=_THEME, inline_styles=True, code_format=_PAGE.format(mark=_MARK, title=title))
