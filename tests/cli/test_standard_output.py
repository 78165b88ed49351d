"""Results on standard output, help, and completion in a shell."""

import io
import json
import os
import subprocess
import sys

import pytest

PROGRAM = [sys.executable, "-m", "mixtura"]
FOREST = ("--model", "forest")


def program(*arguments, **options):
    return subprocess.run([*PROGRAM, *arguments], capture_output=True, check=False, **options)


def forms(*names):
    """Formats of which a default run tries the first and the last: each starts a program."""
    between = (pytest.param(name, marks=pytest.mark.exhaustive) for name in names[1:-1])
    return [names[0], *between, names[-1]]


@pytest.mark.parametrize("form", forms(None, "csv", "jsonl", "json", "arrow", "parquet"))
def test_the_result_is_on_standard_output_and_all_else_is_not(run, iris, folder, need, form):
    chosen = () if form is None else ("--format", form)
    ended = program("detect", "iris.csv", *FOREST, "--out", "-", *chosen)
    assert ended.returncode == 0
    assert b"Wrote standard output" in ended.stderr
    assert [file.name for file in folder.iterdir()] == ["iris.csv"]
    assert run("detect", "iris.csv", *FOREST, "--out", "there.parquet", "-q").err == ""
    expected = need("pyarrow.parquet").read_table("there.parquet")
    if form in (None, "csv"):
        assert run("detect", "iris.csv", *FOREST, "--out", "there.csv", "-q").code == 0
        assert ended.stdout == (folder / "there.csv").read_bytes()
    elif form == "jsonl":
        assert [json.loads(line) for line in ended.stdout.splitlines()] == expected.to_pylist()
    elif form == "json":
        assert json.loads(ended.stdout) == expected.to_pylist()
    elif form == "arrow":
        assert need("pyarrow.ipc").open_stream(ended.stdout).read_all() == expected
    else:
        assert need("pyarrow.parquet").read_table(io.BytesIO(ended.stdout)) == expected


@pytest.mark.each_value
@pytest.mark.skipif(os.name == "nt", reason="pipes differ there")
@pytest.mark.parametrize("form", ["csv", "jsonl", "arrow"])
@pytest.mark.parametrize("save", [False, True])
def test_a_reader_that_leaves_ends_the_run_quietly(iris, folder, form, save):
    saved = ["--save", "m"] if save else []
    reading, writing = os.pipe()
    os.close(reading)
    ended = subprocess.run(
        [*PROGRAM, "detect", "iris.csv", *FOREST, "--out", "-", "--format", form, *saved, "-q"],
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
        ended = program("detect", "-", "--out", "iris.csv", "--force", stdin=table)
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
def test_a_shell_completes(typed, completed):
    words = typed.split(" ")
    environment = {
        **os.environ,
        "_MIXTURA_COMPLETE": "complete_bash",
        "COMP_WORDS": typed,
        "COMP_CWORD": str(len(words) - 1),
    }
    command = "import sys; sys.argv[0] = 'mixtura'; from mixtura.cli import program; program()"
    ended = subprocess.run([sys.executable, "-c", command], env=environment, capture_output=True, text=True, check=True)
    assert ended.stdout.split() == completed
