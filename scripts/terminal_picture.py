"""Draws docs/images/detect.svg: what the README's command shows on a terminal.

With --check nothing is written: the command runs, and every line of it that has no figures has to be in the picture.
Lines with figures are not compared, because a fit may end a little elsewhere on another processor.
"""

import html
import os
import re
import subprocess
import sys
import tempfile
from pathlib import Path

from rich.console import Console
from rich.text import Text

ROOT = Path(__file__).parents[1]
PICTURE = ROOT / "docs" / "images" / "detect.svg"
COMMAND = "mixtura detect examples/data/diamonds.csv"


def shown() -> Text:
    """Return what the command shows, in colour, without the line that says how long it took."""
    arguments = [sys.executable, "-m", *COMMAND.replace("examples", str(ROOT / "examples")).split()]
    environment = {**os.environ, "FORCE_COLOR": "1", "COLUMNS": "100"}
    with tempfile.TemporaryDirectory() as folder:
        output = subprocess.run(
            arguments, cwd=folder, env=environment, check=True, capture_output=True, text=True
        ).stdout
    lines = output.replace(f"{ROOT}/", "").rstrip().split("\n")
    return Text.from_ansi("\n".join([f"$ {COMMAND}", *(line for line in lines if "Took" not in line)]))


def draw(text: Text) -> str:
    """Return the text as a picture of a terminal."""
    with open(os.devnull, "w") as nowhere:
        console = Console(record=True, width=100, file=nowhere)
        console.print(text, end="\n\n")  # the frame would cut the underscores of its last line
    svg = console.export_svg(title="mixtura", unique_id="mixtura")
    svg = re.sub(r"@font-face \{.*?\}", "", svg, flags=re.DOTALL)  # no font from elsewhere
    return re.sub(r' clip-path="url\(#mixtura-line-\d+\)"', "", svg)  # the clips cut underscores off other fonts


def missing_lines(text: Text, svg: str) -> list[str]:
    """Return the lines of the text without figures that a picture does not show."""
    drawn = _packed(html.unescape("".join(re.findall(r"<text[^>]*>([^<]*)</text>", svg))))
    plain = [line for line in text.plain.splitlines() if line.strip() and not re.search(r"\d", line)]
    return [line for line in plain if _packed(line) not in drawn]


def _packed(text: str) -> str:
    return "".join(text.split())


def main() -> int:
    text = shown()
    if "--check" in sys.argv:
        missing = missing_lines(text, PICTURE.read_text()) if PICTURE.exists() else ["the picture"]
        for line in missing:
            print(f"{PICTURE.relative_to(ROOT)} lacks {line.strip()!r}: run scripts/terminal_picture.py")
        return 1 if missing else 0
    PICTURE.parent.mkdir(exist_ok=True)
    PICTURE.write_text(draw(text))
    return 0


sys.exit(main())
