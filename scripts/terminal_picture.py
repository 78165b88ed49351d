"""Draws docs/images/detect.svg: what the README's command shows on a terminal.

With --check nothing is written: the command runs, and its words are compared with those of the picture. Figures are not
compared, because the last digits of a fit may differ between processors.
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
COMMAND = "mixtura detect examples/data/diamonds.csv --rate 0.04"


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


def words(svg: str) -> list[str]:
    """Return the words of a picture, without figures."""
    drawn = re.findall(r"<text[^>]*>([^<]*)</text>", svg)
    return re.findall(r"[A-Za-z]{2,}", html.unescape(" ".join(drawn)).replace("\xa0", " "))


def main() -> int:
    svg = draw(shown())
    if "--check" in sys.argv:
        if not PICTURE.exists() or words(PICTURE.read_text()) != words(svg):
            print(f"{PICTURE.relative_to(ROOT)} is out of date: run scripts/terminal_picture.py")
            return 1
        return 0
    PICTURE.parent.mkdir(exist_ok=True)
    PICTURE.write_text(svg)
    return 0


sys.exit(main())
