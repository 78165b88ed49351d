"""A table, or its reference, that changes while a command runs: one sentence, exit 2, and no result."""

import os

import numpy as np
import pyarrow as pa
import pyarrow.csv
import pyarrow.parquet as pq
import pytest

from mixtura.cli.progress import Bar
from mixtura.tables.asking.run import Stage

X = np.random.default_rng(0).normal(size=(3000, 2))


def write_arrow(path, table):
    with pa.ipc.new_file(str(path), table.schema) as writer:
        writer.write_table(table)


WRITERS = {
    "csv": lambda path, table: pa.csv.write_csv(table, path),
    "parquet": lambda path, table: pq.write_table(table, path),
    "arrow": write_arrow,
}


def table_of(values, names):
    return pa.table(dict(zip(names, values.T, strict=True)))


def reordered(path):
    WRITERS[path.suffix[1:]](path, table_of(X[:, ::-1], "ba"))


def renamed(path):
    WRITERS[path.suffix[1:]](path, table_of(X, "ba"))


def grown(path):
    WRITERS[path.suffix[1:]](path, table_of(np.vstack([X, X[:7]]), "ab"))


def replaced_within_the_same_time(path):
    was = path.stat()
    WRITERS[path.suffix[1:]](path.with_name("new"), table_of(X[::-1], "ab"))
    os.utime(path.with_name("new"), ns=(was.st_atime_ns, was.st_mtime_ns))
    path.with_name("new").replace(path)


def cut_short(path):
    os.truncate(path, 1000)


def deleted(path):
    path.unlink()


@pytest.fixture
def changes(monkeypatch):
    """Change a file when a command begins a step."""

    def changes(path, change, at):
        step = Bar.step

        def changing(self, what, total=None):
            step(self, what, total)
            if what == at and path.exists():
                change(path)

        monkeypatch.setattr(Bar, "step", changing)

    return changes


@pytest.mark.pairwise
@pytest.mark.parametrize("ending", WRITERS)
@pytest.mark.parametrize("change", [reordered, renamed, grown, replaced_within_the_same_time, cut_short, deleted])
@pytest.mark.parametrize("step", ["fitting", "scoring"])
def test_a_table_that_changes(folder, run, changes, ending, change, step):
    path = folder / f"t.{ending}"
    WRITERS[ending](path, table_of(X, "ab"))
    changes(path, change, step)
    ended = run("detect", path.name, "--rate", "0.01", "--model", "elliptic", "--out", "out.csv", "--save", "m")
    assert (ended.code, ended.out) == (2, "")
    assert f"mixtura: t.{ending} " in ended.err
    assert "changed while it was in use" in ended.err or "is gone since it was opened" in ended.err
    assert len(ended.err.splitlines()) == 1
    assert {file.name for file in folder.iterdir()} <= {path.name}


@pytest.mark.parametrize("command", ["groups", "score", "report"])
def test_every_command_sees_it(folder, run, changes, command):
    path = folder / "t.csv"
    WRITERS["csv"](path, table_of(X, "ab"))
    assert run("detect", "t.csv", "--rate", "0.01", "--model", "elliptic", "--save", "m", "--out", "0.csv").code == 0
    changes(path, reordered, "scoring")
    model = [] if command == "groups" else ["m"]
    quick = ("--components", "1") if command == "groups" else ()
    result = "out.html" if command == "report" else "out.csv"
    ended = run(command, *model, "t.csv", *quick, "--out", result)
    assert ended.code == 2
    assert "t.csv changed while it was in use" in ended.err
    assert not (folder / result).exists()


@pytest.mark.parametrize("command", [["detect", "t.csv", "--reference", "other.csv"], ["compare", "other.csv"]])
def test_a_change_while_it_is_copied(folder, run, monkeypatch, command):
    for name in ("t.csv", "other.csv"):
        WRITERS["csv"](folder / name, table_of(np.tile(X, (30, 1)), "ab"))
    on_progress = Bar.on_progress

    def changing(self, progress):
        on_progress(self, progress)
        if not isinstance(progress, Stage):
            grown(folder / "other.csv")

    monkeypatch.setattr(Bar, "on_progress", changing)
    ended = run(*command)
    assert (ended.code, ended.out) == (2, "")
    assert "other.csv changed while it was in use" in ended.err
    assert {file.name for file in folder.iterdir()} == {"t.csv", "other.csv"}
