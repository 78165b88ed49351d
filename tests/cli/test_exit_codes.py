"""How a run ends: its exit code, one sentence on standard error, and no file where something went wrong."""

import contextlib
import os
import platform
import re
import select
import signal
import subprocess
import sys
import threading
import time

import duckdb
import numpy as np
import pyarrow
import pytest
import scipy
import sklearn

import mixtura.cli
from mixtura import kernels
from mixtura.cli import main
from mixtura.cli.progress import Bar

PROGRAM = [sys.executable, "-m", "mixtura"]
PROGRESS = re.compile(r"^mixtura: .* (so far|left)\n", re.MULTILINE)
HEAVY = {"numpy", "scipy", "sklearn", "duckdb", "pyarrow", "pandas"}

BAD_USAGE = [
    (["detect"], "Missing argument"),
    (["detect", "iris.csv", "--rate", "400%"], "--rate is 4: write a number between 0 and 1, such as 0.04"),
    (["detect", "iris.csv", "--rate", "4 pct"], "'--rate': '4 pct' is not a share: write a number or a percentage"),
    (["find", "iris.csv"], "No such command 'find'"),
    (["detect", "iris.csv", "--speed", "9"], "No such option: --speed"),
    (["detect", "iris.csv", "--rate", "4"], "--rate is 4: write a number between 0 and 1, such as 0.04"),
    (["detect", "iris.csv", "--rate", "0"], "--rate is 0: write a number between 0 and 1, such as 0.04"),
    (["detect", "iris.csv", "--rate", "nan"], "--rate is nan"),
    (["detect", "iris.csv", "--rate", "few"], "'--rate'"),
    (["detect", "iris.csv", "--components", "3-1"], "--components is '3-1': write counts"),
    (["detect", "iris.csv", "--components", "many"], "--components is 'many'"),
    (["detect", "iris.csv", "--shape", "full,round"], "--shape has 'round': write some of full, tied, diag, spherical"),
    (["groups", "iris.csv", "--model", "forest"], "--model is 'forest': the kinds are mixture"),
    (["detect", "iris.csv", "--seed", "-1"], "--seed is -1"),
    (["detect", "iris.csv", "--columns", "a", "--drop", "b"], "--columns and --drop exclude each other"),
    (["detect", "iris.csv", "--model", "magic"], "--model is 'magic': the kinds are auto, mixture"),
    (
        ["detect", "iris.csv", "--model", "lof", "--components", "2"],
        "--components needs --model mixture",
    ),
    (["detect", "iris.csv", "--model", "auto", "--shape", "full"], "--shape needs --model mixture or bayesian"),
    (["detect", "iris.csv", "--model", "bayesian", "--components", "1-3"], "takes one number of --components"),
    (["detect", "iris.csv", "--model", "bayesian", "--shape", "full,diag"], "--model bayesian takes one --shape"),
    (["detect", "iris.csv", "--shape", "full", "--factors", "2"], "--factors needs --shape factor"),
    (["detect", "iris.csv", "--shape", "factor", "--factors", "0"], "--factors is 0: write a whole number from 1"),
    (
        ["detect", "iris.csv", "--model", "bayesian", "--shape", "factor"],
        "--model bayesian has no prior for --shape factor",
    ),
    (["detect", "iris.csv", "--tail", "1"], "--tail is 1: write a number between 0 and 1, such as 1e-4"),
    (["detect", "iris.csv", "--fdr", "-0.1"], "--fdr is -0.1: write a number between 0 and 1, such as 0.05"),
    (["detect", "iris.csv", "--recall", "1.5"], "--recall is 1.5: write a number between 0 and 1, such as 0.9"),
    (["detect", "iris.csv", "--f-beta", "0"], "--f-beta is 0: write a number above 0 and up to 100, such as 1"),
    (["detect", "iris.csv", "--f-beta", "inf"], "--f-beta is inf: write a number above 0"),
    (["detect", "iris.csv", "--rate", "0.1", "--tail", "0.1"], "--rate and --tail exclude each other"),
    (["detect", "iris.csv", "--precision", "0.9", "--recall", "0.9"], "--precision and --recall exclude each other"),
    (["detect", "iris.csv", "--precision", "0.9"], "--precision needs --labels"),
    (["detect", "iris.csv", "--f-beta", "2"], "--f-beta needs --labels"),
    (["detect", "iris.csv", "--tail", "0.01", "--labels", "year"], "--tail does not use --labels"),
    (["detect", "-", "--reference", "-"], "SOURCE and --reference cannot both be -"),
    (["groups", "iris.csv", "--rate", "0.1"], "No such option: --rate"),
    (["compare"], "Missing argument"),
    (["compare", "iris.csv", "--rate", "1"], "--rate is 1: write a share of the rows between 0 and 1"),
    (["compare", "iris.csv", "--rows", "9"], "--rows is 9: write a number of at least 10"),
    (["compare", "iris.csv", "--seed", "-1"], "--seed is -1"),
    (["compare", "iris.csv", "--columns", "a", "--drop", "b"], "--columns and --drop exclude each other"),
]

BAD_INPUT = [
    (["detect", "irs.csv"], "there is no file irs.csv: did you mean iris.csv?"),
    (["detect", "*.parquet"], "no file matches *.parquet"),
    (["detect", "select nothing from nowhere"], "cannot read the query"),
    (["detect", "iris.csv", "--columns", "sepal_lenght"], "did you mean 'sepal_length'?"),
    (["detect", "iris.csv", "--model", "forest", "--columns", "species"], "does not hold numbers (category)"),
    (["detect", "iris.csv", "--columns", "year"], "every column of numbers is constant"),
    (["detect", "iris.csv", "--components", "151"], "--components asks for 151, but the model is fitted to 150"),
    (["detect", "iris.csv", "--components", "151", "--model", "bayesian"], "--components asks for 151"),
    (["detect", "text.csv"], "has no columns to use, only 'a' (text)"),
    (["detect", "one.csv"], "the table has 1 row, and a model needs at least 2"),
    (["detect", "holes.csv", "--model", "lof"], "missing values in row 2 of holes.csv"),
    (["detect", "holes.csv", "--model", "svm"], "missing values in row 2 of holes.csv"),
    (["detect", "holes.csv", "--model", "elliptic"], "missing values in row 2 of holes.csv"),
    (["detect", "infinite.csv", "--model", "lof"], "infinite values in row 2 of infinite.csv"),
    (["detect", "iris.csv", "--labels", "specie"], "no column 'specie': did you mean 'species'?"),
    (["detect", "iris.csv", "--labels", "specie", "--columns", "petal_length"], "no column 'specie' for the labels"),
    (["detect", "iris.csv", "--labels", "species"], "the label in column 'species' of data row 1 is 'setosa'"),
    (["detect", "iris.csv", "--labels", "year"], "the label in column 'year' of data row 1 is '1936'"),
    (["detect", "iris.csv", "--labels", "year", "--columns", "year,petal_length"], "cannot be both used and a label"),
    (["detect", "iris.csv", "--tail", "0.01", "--columns", "petal_length", "--reference", "few.csv"], "few.csv has no"),
    (["detect", "few.csv", "--tail", "0.01"], "a tail needs at least 40 rows, and there are 3"),
    (["detect", "few.csv", "--labels", "label"], "no row is labelled an anomaly"),
    (["detect", "few.csv", "--reference", "few.csv"], "few.csv has 3 rows, too few for a reference"),
    (
        ["detect", "few.csv", "--drop", "label", "--reference", "one.csv"],
        "one.csv has 1 row, and a model",
    ),
    (["detect", "few.csv", "--columns", "a", "--reference", "text.csv"], "does not hold numbers (text)"),
    (["detect", "few.csv", "--reference", "fewer.csv"], "there is no file fewer.csv: did you mean few.csv?"),
    (["detect", "few.csv", "--columns", "a,b", "--reference", "iris.csv"], "iris.csv has no columns 'a' and 'b'"),
    (["detect", "few.csv", "--reference", "one.csv", "--out", "one.csv"], "one.csv is the input table"),
    (["detect", "few.csv", "--reference", "one.csv", "--save", "one.csv"], "one.csv is the input table"),
    (["compare", "irs.csv"], "there is no file irs.csv: did you mean iris.csv?"),
    (["compare", "one.csv"], "the table has 1 row, and a model needs at least 2"),
    (["compare", "few.csv", "--labels", "label"], "none of the 3 rows compared is an anomaly"),
    (["compare", "few.csv", "--labels", "b"], "the label in column 'b' of data row 1 is '2'"),
    (["detect", "ragged.csv"], "line 3 of ragged.csv"),
    (["detect", "vast.csv"], "the numbers of column 'a' are too large to add up"),
    (["detect", "iris.csv", "--out", "out.xyz"], "cannot tell the format of out.xyz"),
    (["detect", "iris.csv", "--out", "no/out.csv"], "there is no folder"),
    (["detect", "iris.csv", "--out", "iris.csv"], "iris.csv is the input table"),
    (["detect", "iris.csv", "--save", "iris.csv"], "iris.csv is the input table"),
    (["detect", "iris.csv", "--save", "no/model"], "there is no folder"),
    (["detect", "iris.csv", "--save", "."], "is a folder: name a file in it"),
    (["detect", "iris.csv", "--out", "x.csv", "--save", "x.csv"], "cannot hold both the result and the model"),
    (["score", "model", "iris.csv"], "there is no model file model"),
    (["score", "iris.csv", "iris.csv"], "iris.csv is not a model that mixtura can read"),
]


@pytest.fixture
def tables(iris, folder):
    """Tables that cannot be used, beside one that can."""
    for name, content in {
        "text.csv": "a\nx\ny\n",
        "one.csv": "a,b\n1,2\n",
        "holes.csv": "a,b\n1,2\n3,\n4,5\n",
        "infinite.csv": "a,b\n1,2\n3,inf\n4,5\n",
        "few.csv": "a,b,label\n1,2,0\n3,4,\n4,5,0\n",
        "ragged.csv": "a,b\n1,2\n3\n4,5\n",
        "vast.csv": "a,b\n1.6e308,2\n1.7e308,3\n1.5e308,4\n",
    }.items():
        (folder / name).write_text(content)
    return set(os.listdir(folder))


@pytest.mark.parametrize(("arguments", "sentence"), [*BAD_USAGE, *BAD_INPUT])
def test_bad_usage_and_bad_input_are_said_in_one_line(run, tables, folder, arguments, sentence):
    ended = run(*arguments)
    assert ended.code == 2
    assert ended.out == ""
    assert ended.err.startswith("mixtura: ")
    assert ended.err.count("\n") == 1
    assert sentence in ended.err
    assert set(os.listdir(folder)) == tables


def test_a_table_without_the_columns_of_the_model(run, iris, folder):
    run("detect", iris, "--components", "1", "--save", "model", "-q")
    (folder / "other.csv").write_text("sepal_length,width\n1,2\n")
    ended = run("score", "model", "other.csv")
    assert ended.code == 2
    assert "other.csv has no columns" in ended.err


def test_a_mixture_without_columns_is_no_model_for_a_table(run, iris, folder):
    run("detect", iris, "--components", "1", "--save", "model", "-q")
    mixtura.save(mixtura.load("model").mixture, "bare")
    ended = run("score", "bare", iris)
    assert ended.code == 2
    assert "bare holds a model without column names" in ended.err


@pytest.mark.skipif(not hasattr(os, "geteuid") or os.geteuid() == 0, reason="root may write everywhere")
def test_a_folder_that_cannot_be_written_to(run, iris, folder):
    closed = folder / "closed"
    closed.mkdir(mode=0o500)
    ended = run("detect", iris, "--out", "closed/x.csv")
    assert ended.code == 2
    assert "cannot write to the folder" in ended.err


def test_a_fault_of_ours(run, iris, monkeypatch):
    def fail(*_, **__):
        raise ZeroDivisionError("by nought")

    monkeypatch.setattr("mixtura.tables.work.fit_table", fail)
    ended = run("detect", iris)
    assert (ended.code, ended.out) == (1, "")
    assert "this is a bug in mixtura, not a fault of your table (ZeroDivisionError: by nought)" in ended.err
    assert "please report it" in ended.err
    assert "Traceback" not in ended.err
    monkeypatch.setenv("MIXTURA_DEBUG", "1")
    assert "Traceback" in run("detect", iris).err


def test_libraries_that_are_missing(run, monkeypatch):
    monkeypatch.setattr(mixtura.cli, "_LIBRARIES", ("typer", "no_such_library"))
    ended = run("--help")
    assert (ended.code, ended.out) == (2, "")
    assert ended.err == (
        "mixtura: the command line needs no_such_library, not installed here: pip install 'mixtura[cli]'\n"
    )


def test_help_imports_nothing_heavy():
    commands = [["detect"], ["compare"], ["report"], []]
    code = (
        "import sys; from mixtura.cli import main; "
        f"[main([*command, '--help']) for command in {commands}]; print(*sys.modules, file=sys.stderr)"
    )
    ended = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert re.findall(r"Usage: mixtura (\w+|\[OPTIONS\])", ended.stdout) == ["detect", "compare", "report", "[OPTIONS]"]
    assert {module.partition(".")[0] for module in ended.stderr.split()}.isdisjoint(HEAVY)


@pytest.mark.parametrize("command", ["detect", "score", "report", "groups", "compare", "check"])
def test_help(run, command):
    ended = run(command, "--help", width=100)
    assert ended.code == 0
    assert "Examples" in ended.out
    assert "Usage: mixtura " + command in ended.out


def test_no_arguments_show_the_help(run):
    ended = run()
    assert (ended.code, ended.err) == (0, "")
    assert ended.out == run("--help").out


def test_version(run):
    ended = run("--version")
    assert ended.code == 0
    lines = [line.split(" ") for line in ended.out.splitlines()]
    assert lines[0] == ["mixtura", f"{mixtura.__version__},", "kernels", kernels.level]
    assert lines[1:] == [
        ["Python", platform.python_version()],
        ["numpy", np.__version__],
        ["scipy", scipy.__version__],
        ["scikit-learn", sklearn.__version__],
        ["duckdb", duckdb.__version__],
        ["pyarrow", pyarrow.__version__],
    ]


def test_the_version_imports_little():
    code = "import sys; from mixtura.cli import main; main(['--version']); print(*sys.modules, file=sys.stderr)"
    ended = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert {module.partition(".")[0] for module in ended.stderr.split()}.isdisjoint(HEAVY - {"numpy"})


def test_the_program(folder):
    ended = subprocess.run([*PROGRAM, "find", "nothing.csv"], capture_output=True, text=True, check=False)
    assert ended.returncode == 2
    assert ended.stderr.startswith("mixtura: No such command 'find'")


@pytest.mark.parametrize(
    "arguments",
    [
        pytest.param(["detect", "iris.csv"], marks=pytest.mark.exhaustive),
        ["detect", "iris.csv", "--rate", "0.04", "--json", "--model", "forest"],
        pytest.param(["compare", "iris.csv"], marks=pytest.mark.exhaustive),
    ],
)
def test_nobody_reads_the_summary(iris, folder, arguments):
    reading, writing = os.pipe()
    os.close(reading)
    ended = subprocess.run([*PROGRAM, *arguments], stdout=writing, stderr=subprocess.PIPE, text=True, check=False)
    os.close(writing)
    assert (ended.returncode, PROGRESS.sub("", ended.stderr)) == (0, "")
    assert (folder / "iris.scored.csv").exists() == (arguments[0] == "detect")


@pytest.mark.parametrize(
    "arguments",
    [
        pytest.param(["detect", "t.csv", "--model", "lof"], marks=pytest.mark.exhaustive),
        ["detect", "t.csv"],
        pytest.param(["compare", "t.csv"], marks=pytest.mark.exhaustive),
    ],
)
def test_warnings_do_not_reach_standard_error(folder, arguments):
    # Rows fewer than neighbours, on a line, far beyond the squares of doubles: all that libraries like to warn of.
    lines = ["a,b", *(f"{k}e200,{2 * k}e200" for k in (1, 2, 3, 3, 3, 4, 5, -6))]
    (folder / "t.csv").write_text("\n".join(lines) + "\n")
    ended = subprocess.run([*PROGRAM, *arguments], capture_output=True, text=True, check=False)
    assert (ended.returncode, PROGRESS.sub("", ended.stderr)) == (0, "")


@pytest.mark.skipif(not hasattr(os, "openpty"), reason="no pseudo-terminals here")
@pytest.mark.parametrize(
    ("arguments", "steps"),
    [
        (
            ["detect", "iris.csv", "--model", "forest"],
            ["reading iris.csv", "fitting", "choosing the threshold", "scoring"],
        ),
        pytest.param(
            ["compare", "iris.csv"],
            ["reading iris.csv", "fitting auto", "fitting svm"],
            marks=pytest.mark.exhaustive,
        ),
    ],
)
def test_progress_is_shown_on_a_terminal_and_nowhere_else(iris, monkeypatch, arguments, steps):
    seen = []
    step = Bar.step
    monkeypatch.setattr(Bar, "step", lambda self, what, total=None: (seen.append(what), step(self, what, total)))
    for name in ("FORCE_COLOR", "TTY_COMPATIBLE", "TTY_INTERACTIVE", "NO_COLOR"):
        monkeypatch.delenv(name, raising=False)
    monkeypatch.setenv("TERM", "xterm")
    main_end, process_end = os.openpty()
    shown = []

    def read():
        """Read to the end: a terminal that nobody reads stops who writes there when it is full."""
        with contextlib.suppress(OSError):  # Linux says so of a terminal that nobody has open
            while part := os.read(main_end, 4096):
                shown.append(part)

    with os.fdopen(process_end, "w") as terminal:
        monkeypatch.setattr(sys, "stderr", terminal)
        assert main([*arguments, "-q"]) == 0
        assert not select.select([main_end], [], [], 0)[0]
        reader = threading.Thread(target=read)
        reader.start()
        assert main(arguments) == 0
    reader.join()
    os.close(main_end)
    assert b"reading" in b"".join(shown)
    assert [what for what in seen if what in steps] == 2 * steps


@pytest.mark.skipif(not os.path.exists("/dev/full"), reason="no full device here")
def test_no_room_for_the_summary(iris, folder):
    with open("/dev/full", "w") as full:
        command = [*PROGRAM, "detect", "iris.csv", "--components", "1", "--shape", "full"]
        ended = subprocess.run(command, stdout=full, stderr=subprocess.PIPE, text=True, check=False)
    assert ended.returncode == 2
    assert PROGRESS.sub("", ended.stderr).startswith("mixtura: cannot write to standard output")


@pytest.mark.skipif(sys.platform == "win32", reason="signals differ there")
def test_ctrl_c_leaves_nothing_behind(iris, folder, tmp_path_factory):
    lines = iris.read_text().splitlines()
    iris.write_text("\n".join([lines[0], *lines[1:] * 40]) + "\n")
    scratch = tmp_path_factory.mktemp("scratch")
    process = subprocess.Popen(
        [*PROGRAM, "detect", "iris.csv", "--components", "1-40", "--save", "model"],
        env={**os.environ, "TMPDIR": str(scratch)},
        stderr=subprocess.PIPE,
    )
    while not list(scratch.iterdir()) and process.poll() is None:
        time.sleep(0.01)
    time.sleep(0.5)
    process.send_signal(signal.SIGINT)
    _, err = process.communicate(timeout=60)
    assert process.returncode == 130, err
    assert b"Traceback" not in err
    assert os.listdir(folder) == ["iris.csv"]
    assert list(scratch.iterdir()) == []


def test_main_takes_the_arguments_of_the_process(iris, monkeypatch):
    monkeypatch.setattr(sys, "argv", ["mixtura", "detect", "iris.csv", "-q", "--components", "1"])
    assert main() == 0
