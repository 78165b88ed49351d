"""Results on standard output, help, and completion in a shell."""

import io
import json
import os
import subprocess
import sys

import pytest

from mixtura.cli import main

PROGRAM = [sys.executable, "-m", "mixtura"]
FAST = ("--components", "1")


@pytest.mark.parametrize("form", [None, "csv", "jsonl", "json", "arrow", "parquet"])
def test_the_result_is_on_standard_output_and_all_else_is_not(iris, folder, need, capfdbinary, form):
    chosen = () if form is None else ("--format", form)
    assert main(["detect", "iris.csv", *FAST, "--out", "-", *chosen]) == 0
    out, err = capfdbinary.readouterr()
    assert b"Wrote standard output" in err
    assert [file.name for file in folder.iterdir()] == ["iris.csv"]
    assert main(["detect", "iris.csv", *FAST, "--out", "there.parquet", "-q"]) == 0
    expected = need("pyarrow.parquet").read_table("there.parquet")
    if form in (None, "csv"):
        assert main(["detect", "iris.csv", *FAST, "--out", "there.csv", "-q"]) == 0
        assert out == (folder / "there.csv").read_bytes()
    elif form == "jsonl":
        assert [json.loads(line) for line in out.splitlines()] == expected.to_pylist()
    elif form == "json":
        assert json.loads(out) == expected.to_pylist()
    elif form == "arrow":
        assert need("pyarrow.ipc").open_stream(out).read_all() == expected
    else:
        assert need("pyarrow.parquet").read_table(io.BytesIO(out)) == expected


@pytest.mark.skipif(os.name == "nt", reason="pipes differ there")
@pytest.mark.parametrize(
    ("form", "save"),
    [
        ("csv", True),
        *(pytest.param(*other, marks=pytest.mark.exhaustive) for other in (("jsonl", False), ("arrow", True))),
    ],
)
def test_a_reader_that_leaves_ends_the_run_quietly(iris, folder, form, save):
    saved = ["--save", "m"] if save else []
    reading, writing = os.pipe()
    os.close(reading)
    ended = subprocess.run(
        [*PROGRAM, "detect", "iris.csv", *FAST, "--out", "-", "--format", form, *saved, "-q"],
        stdout=writing,
        stderr=subprocess.PIPE,
        check=False,
    )
    os.close(writing)
    assert (ended.returncode, ended.stderr) == (0, b"")
    assert (folder / "m").exists() == save


@pytest.mark.parametrize(
    ("arguments", "sentence"),
    [
        (["--out", "-", "--json"], "--json and --out - both write to standard output"),
        (["--out", "-", "--format", "xml"], "--format is 'xml': the formats are parquet, csv"),
        (["--out", "x.csv", "--format", "jsonl"], "x.csv has the ending of another format than jsonl"),
        (["--save", "-"], "the model cannot be written to standard output"),
    ],
)
def test_what_cannot_be(run, iris, folder, arguments, sentence):
    ended = run("detect", iris, *arguments)
    assert (ended.code, ended.out) == (2, "")
    assert sentence in ended.err
    assert [file.name for file in folder.iterdir()] == ["iris.csv"]


def test_a_format_says_the_ending(run, iris, folder):
    assert run("groups", iris, "--components", "1", "--format", "csv").code == 0
    assert (folder / "iris.grouped.csv").exists()
    assert run("groups", iris, "--components", "1", "--format", "jsonl", "--out", "plain").code == 0
    assert json.loads((folder / "plain").read_text().splitlines()[0])["probability"] == 1


@pytest.mark.skipif(os.name == "nt", reason="descriptors differ there")
def test_a_table_that_its_own_result_would_go_to(iris, folder):
    before = iris.read_bytes()
    with iris.open("ab") as end:
        ended = subprocess.run(
            [*PROGRAM, "detect", "iris.csv", "--out", "-"], stdout=end, stderr=subprocess.PIPE, check=False
        )
    assert ended.returncode == 2
    assert b"standard output is the input table" in ended.stderr
    with iris.open() as table:
        command = [*PROGRAM, "detect", "-", "--out", "iris.csv", "--force"]
        ended = subprocess.run(command, stdin=table, capture_output=True, check=False)
    assert ended.returncode == 2
    assert b"iris.csv is the input table" in ended.stderr
    assert iris.read_bytes() == before


def test_help_is_a_command(run):
    assert run("help").out == run("--help").out
    assert run("help", "groups").out == run("groups", "--help").out
    ended = run("help", "nothing")
    assert ended.code == 2
    assert "No such command 'nothing'" in ended.err


@pytest.mark.parametrize(
    ("typed", "completed"),
    [
        ("mixtura gr", ["groups"]),
        ("mixtura help sc", ["score"]),
        ("mixtura detect --model ", ["auto", "mixture", "bayesian", "elliptic", "forest", "lof", "svm"]),
        ("mixtura groups --model b", ["bayesian"]),
        ("mixtura score --form", ["--format"]),
        ("mixtura detect x.csv --shape f", ["full", "factor"]),
    ],
)
def test_a_shell_completes(monkeypatch, capfd, typed, completed):
    words = typed.split(" ")
    monkeypatch.setenv("_MIXTURA_COMPLETE", "complete_bash")
    monkeypatch.setenv("COMP_WORDS", typed)
    monkeypatch.setenv("COMP_CWORD", str(len(words) - 1))
    with pytest.raises(SystemExit) as ended:
        main([])
    assert ended.value.code == 0
    assert capfd.readouterr().out.split() == completed
