"""What the README shows works, and the benchmarks run."""

import json
import re
import subprocess
import sys
from pathlib import Path

import pytest

from mixtura.cli import main

ROOT = Path(__file__).parents[1]
README = (ROOT / "README.md").read_text()


@pytest.mark.exhaustive
def test_python_of_the_readme_runs(capsys, monkeypatch):
    monkeypatch.chdir(ROOT)
    example = "".join(re.findall(r"```python\n(.*?)```", README, re.DOTALL))
    exec(compile(example, "README.md", "exec"), {})
    flagged, reason, chosen, columns = capsys.readouterr().out.splitlines()
    assert flagged == "62 rows flagged"
    assert "the score falls from" in reason
    assert "'n_components': 2" in chosen
    assert len(re.findall(r"\d", columns)) == 5


def test_commands_of_the_readme_are_known(capfd):
    commands = re.findall(r"^    mixtura (\w+) .*$", README, re.MULTILINE)
    assert commands
    for command in set(commands):
        assert main([command, "--help"]) == 0
        text = capfd.readouterr().out
        used = " ".join(line for line in README.splitlines() if line.startswith(f"    mixtura {command} "))
        for option in set(re.findall(r"--[a-z]+", used)):
            assert option in text


def test_every_decision_has_a_number_of_its_own():
    numbers = [page.name.split("-")[0] for page in sorted((ROOT / "docs" / "decisions").glob("*.md"))]
    assert numbers == [f"{number:04}" for number in range(1, len(numbers) + 1)]


@pytest.mark.exhaustive
def test_benchmarks_run_and_print_json():
    result = subprocess.run(
        [sys.executable, "-m", "benchmarks", "startup", "--repeat", "1", "--json"],
        check=True,
        capture_output=True,
        text=True,
        cwd=ROOT,
    )
    figures = json.loads(result.stdout)
    assert {row["command"] for row in figures["startup"]} >= {"mixtura --help", "import sklearn.mixture, mixtura"}
    assert all(row["ms"] > 0 for row in figures["startup"])


def test_the_map_of_the_house_names_files_that_are_there():
    """A name without a folder is beside the one before it, in the same row of the table."""
    missing = []
    for row in re.findall(r"^\|.*", (ROOT / "docs" / "architecture.md").read_text(encoding="utf-8"), re.MULTILINE):
        folder = None
        for name in re.findall(r"`([\w/]+\.(?:py|hpp|js))`", row):
            inside = ROOT if name.startswith("native/") else ROOT / "src" / "mixtura"
            path = inside / name if "/" in name else folder / name
            folder = path.parent
            if not path.is_file():
                missing.append(name)
    assert missing == []
