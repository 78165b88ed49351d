import math
from dataclasses import dataclass

import numpy as np
import pytest
from sklearn.datasets import load_iris

from mixtura.cli import main, progress
from mixtura.tables import comparing


@dataclass
class Ended:
    """How a run of the command line ended."""

    code: int
    out: str
    err: str


@pytest.fixture
def folder(tmp_path, monkeypatch):
    """An empty current folder."""
    monkeypatch.chdir(tmp_path)
    return tmp_path


@pytest.fixture
def run(folder, capfd, monkeypatch):
    """Run the command line in this process, its standard output a file of a given width.

    However slow it is today, it says nothing of its progress.
    """
    monkeypatch.setattr(progress, "_FIRST_LINE", math.inf)

    def run(*arguments, width=80):
        monkeypatch.setenv("COLUMNS", str(width))
        for name in ("FORCE_COLOR", "TTY_COMPATIBLE", "TTY_INTERACTIVE"):
            monkeypatch.delenv(name, raising=False)
        capfd.readouterr()
        code = main([str(argument) for argument in arguments])
        captured = capfd.readouterr()
        return Ended(code, captured.out, captured.err)

    return run


def write_csv(path, names, rows):
    lines = [",".join(names), *(",".join(map(str, row)) for row in rows)]
    path.write_text("\n".join(lines) + "\n", encoding="utf-8")
    return path


@pytest.fixture
def write(folder):
    """Write a table to the current folder."""
    return lambda name, names, rows: write_csv(folder / name, names, rows).relative_to(folder)


@pytest.fixture
def iris(folder):
    """The table of irises, with a column of text and one that never changes."""
    data = load_iris()
    names = [name.removesuffix(" (cm)").replace(" ", "_") for name in data.feature_names]
    rows = [
        [*values, data.target_names[target], 1936]
        for values, target in zip(data.data.tolist(), data.target.tolist(), strict=True)
    ]
    return write_csv(folder / "iris.csv", [*names, "species", "year"], rows).relative_to(folder)


@pytest.fixture
def only(monkeypatch):
    """Let some detectors be all that `compare` knows."""

    def only(*names):
        everything = comparing.modelling.detectors
        monkeypatch.setattr(
            comparing.modelling, "detectors", lambda *given: {name: everything(*given)[name] for name in names}
        )

    return only


@pytest.fixture
def small_blocks(monkeypatch):
    """Let a table of some thousand rows be several blocks."""
    monkeypatch.setattr("mixtura.rows.blocks.block._VALUES_PER_BLOCK", 2**12)


@pytest.fixture
def wide(folder):
    """Two groups in 30 columns, far apart in the last five of them."""
    rng = np.random.default_rng(0)
    values = rng.normal(size=(120, 30)).round(2)
    values[:40, 25:] += 50
    names = [f"measurement_{position}" for position in range(30)]
    return write_csv(folder / "wide.csv", names, values.tolist()).relative_to(folder)
