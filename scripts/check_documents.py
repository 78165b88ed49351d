"""Checks the documents: links lead somewhere, and the README's Python and pictures are current."""

import re
import subprocess
import sys
from pathlib import Path

ROOT = Path(__file__).parents[1]
LINK = re.compile(r"\]\(([^)#\s]+)(?:#[^)]*)?\)")


def broken_links() -> list[str]:
    """Return the links in Markdown files of the repository that lead to no file."""
    documents = subprocess.run(
        ["git", "ls-files", "*.md"], cwd=ROOT, check=True, capture_output=True, text=True
    ).stdout.split()
    return [
        f"{name}: {target}"
        for name in documents
        for target in LINK.findall((ROOT / name).read_text())
        if "://" not in target and not (ROOT / name).parent.joinpath(target).exists()
    ]


def main() -> int:
    problems = broken_links()
    for problem in problems:
        print(f"broken link in {problem}")
    stale = [
        subprocess.run([sys.executable, ROOT / "scripts" / script, "--check"], check=False).returncode
        for script in ("terminal_picture.py", "speed_picture.py")
    ]
    return 1 if problems or any(stale) else 0


sys.exit(main())
