"""Runs the code of the pages in docs/ and compares what it prints with what the pages say it prints.

A block of `python` is run, the blocks of a page one after the other in one namespace; a block of `console` holds
commands after a dollar sign and what they print. A block of `text` right after a block of `python` is what that
printed. Everything runs in an empty folder that holds the example tables. `--write` puts what was printed into the
pages: read the difference. Pages are all of them, or those whose paths are given.
"""

import contextlib
import io
import os
import re
import shutil
import subprocess
import sys
import tempfile
import traceback
from pathlib import Path

ROOT = Path(__file__).parents[1]
BLOCK = re.compile(
    r"^```python\n(?P<python>.*?)^```\n(?:\n```text\n(?P<printed>.*?)^```\n)?|^```console\n(?P<console>.*?)^```\n",
    re.DOTALL | re.MULTILINE,
)
NUMBER = re.compile(r"(?<![\w.-])-?\d[\d,]*(?:\.\d*)?")
TIME = re.compile(r"(?:\d+ h )?(?:\d+ min )?\d+(?:\.\d+)? m?s\b")


def run_python(code: str, namespace: dict[str, object], name: str) -> str:
    """Return what a block of Python prints."""
    printed = io.StringIO()
    with contextlib.redirect_stdout(printed):
        exec(compile(code, name, "exec"), namespace)
    return _tidy(printed.getvalue())


def run_console(block: str) -> str:
    """Return a block of commands with what they print now, all but the time that they took."""
    lines = []
    environment = {**os.environ, "COLUMNS": "80", "NO_COLOR": "1"}
    environment["PATH"] = f"{Path(sys.executable).parent}{os.pathsep}{environment['PATH']}"
    for command in (line for line in block.splitlines() if line.startswith("$ ")):
        real = re.sub(r"\bmixtura\b(?= [a-z])", f"{sys.executable} -m mixtura", command[2:])
        done = subprocess.run(real, shell=True, check=True, env=environment, capture_output=True, text=True)
        printed = [line for line in done.stdout.splitlines() if not line.startswith("Took ")]
        lines.append("\n".join([command, *printed]))
    return _tidy("\n".join(lines))


def run_page(text: str, name: str) -> str:
    """Return the text of a page with what its code prints now."""
    namespace: dict[str, object] = {"__name__": "__main__"}

    def rerun(block: re.Match[str]) -> str:
        if block["console"] is not None:
            return f"```console\n{run_console(block['console'])}```\n"
        line = text[: block.start()].count("\n") + 1
        printed = run_python("\n" * line + block["python"], namespace, name)
        result = f"\n```text\n{printed}```\n" if printed else ""
        return f"```python\n{block['python']}```\n{result}"

    return BLOCK.sub(rerun, text)


def _tidy(text: str) -> str:
    stripped = "\n".join(line.rstrip() for line in text.strip("\n").splitlines())
    return f"{stripped}\n" if stripped else ""


def alike(said: str, found: str) -> bool:
    """Return whether two lines say the same, times apart, their numbers within a hundredth or one in the last digit.

    A fit may end a little elsewhere on another processor.
    """
    if said == found:
        return True
    shapes, numbers = zip(*(_split(line) for line in (said, found)), strict=True)
    return shapes[0] == shapes[1] and all(map(_near, *numbers))


def _split(line: str) -> tuple[str, list[str]]:
    line = TIME.sub("TIME", line)
    return " ".join(NUMBER.sub("#", line).split()), NUMBER.findall(line)


def _near(said: str, found: str) -> bool:
    one, other = (float(number.replace(",", "")) for number in (said, found))
    last_digit = 10.0 ** -len(said.partition(".")[2])
    return abs(one - other) <= max(0.01 * abs(one), 1.001 * last_digit)


def check(page: Path, write: bool) -> list[str]:
    """Return what a page says that its code does not, or write it into the page."""
    text = page.read_text()
    if not BLOCK.search(text):
        return []
    here = Path.cwd()
    with tempfile.TemporaryDirectory() as folder:
        shutil.copytree(ROOT / "examples" / "data", Path(folder) / "examples" / "data")
        os.chdir(folder)
        try:
            now = run_page(text, str(page))
        except subprocess.CalledProcessError as error:
            return [f"{page.name}: {error}\n{error.stderr}"]
        except Exception:
            return [f"{page.name}: {traceback.format_exc()}"]
        finally:
            os.chdir(here)
    if write:
        page.write_text(now)
        return []
    lines, lines_now = text.splitlines(), now.splitlines()
    differing = next((pair for pair in zip(lines, lines_now, strict=False) if not alike(*pair)), None)
    if differing is None and len(lines) == len(lines_now):
        return []
    said, found = differing or ("the end of the page", "more")
    return [f"{page.name} says\n    {said}\nand its code prints\n    {found}\n(scripts/run_pages.py --write writes it)"]


def main() -> int:
    named = [Path(name).resolve() for name in sys.argv[1:] if name != "--write"]
    pages = named or sorted((ROOT / "docs").glob("*.md"))
    found = [problem for page in pages for problem in check(page, "--write" in sys.argv)]
    for problem in found:
        print(problem)
    return 1 if found else 0


if __name__ == "__main__":
    sys.exit(main())
