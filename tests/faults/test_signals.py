"""Signals at random moments: one line, the exit code that says which, no file and no scratch."""

import contextlib
import os
import random
import shlex
import signal
import subprocess
import sys
import time

import numpy as np
import pytest

from mixtura.cli import main

pytestmark = pytest.mark.skipif(sys.platform == "win32", reason="signals differ there")

PROGRAM = [sys.executable, "-m", "mixtura"]
# A fit of a file, and what comes through a pipe and goes into one.
FEW = [
    ["detect", "t.csv", "--model", "forest", "--save", "m2", "--report", "r.html"],
    ["detect", "-", "--model", "forest", "--out", "-"],
]
OTHERS = [
    ["score", "m", "t.csv", "--out", "scored.jsonl"],
    ["groups", "t.jsonl", "--components", "1,2", "--shape", "diag", "--save", "m2"],
    ["compare", "t.parquet", "--rows", "500"],
    ["detect", "select * from 't.csv' order by random()", "--model", "forest"],
]
# What hears a signal does not know the command: each of them once.
STOPPED = [
    *zip(FEW, ["SIGINT", "SIGHUP"], strict=True),
    *(
        pytest.param(command, name, marks=pytest.mark.exhaustive)
        for command, name in zip(OTHERS, ["SIGTERM", "SIGHUP", "SIGTERM", "SIGINT"], strict=True)
    ),
]


@pytest.fixture(autouse=True)
def heard():
    """Hear all signals: a program ignores those that the process which started it ignores, as under nohup."""
    numbers = signal.SIGINT, signal.SIGTERM, signal.SIGHUP
    ignored = [number for number in numbers if signal.getsignal(number) is signal.SIG_IGN]
    for number in ignored:
        signal.signal(number, signal.SIG_DFL)
    yield
    for number in ignored:
        signal.signal(number, signal.SIG_IGN)


@pytest.fixture(scope="module")
def place(tmp_path_factory):
    """A folder with one table in every format, and a model."""
    folder = tmp_path_factory.mktemp("signals")
    values = np.random.default_rng(0).normal(size=(20_000, 4)).round(3)
    lines = ["a,b,c,d", *(",".join(map(str, row)) for row in values.tolist())]
    (folder / "t.csv").write_text("\n".join(lines) + "\n")
    run(folder, ["detect", "t.csv", "--model", "forest", "--save", "m", "--out", "t.parquet"])
    run(folder, ["score", "m", "t.csv", "--out", "t.jsonl"])
    return folder


def run(folder, arguments):
    with contextlib.chdir(folder):
        assert main([*arguments, "-q"]) == 0


@pytest.fixture(scope="module")
def start_up():
    """Seconds until the program is there to be told, on this machine beside all else that it does."""
    started = time.monotonic()
    subprocess.run([*PROGRAM, "--help"], stdout=subprocess.DEVNULL, check=True)
    return time.monotonic() - started


@pytest.mark.parametrize(("command", "name"), STOPPED, ids=lambda value: value if isinstance(value, str) else value[0])
def test_a_signal_at_any_moment(place, start_up, tmp_path, command, name):
    before = {file: (place / file).read_bytes() for file in os.listdir(place)}
    moments, number = random.Random(f"{command} {name}"), getattr(signal, name)
    moment, twice = moments.uniform(1, 3), moments.random() < 0.5
    ended, err = stopped(place, tmp_path, command, [number] * (1 + twice), start_up * moment)
    while ended == 0:  # it was done before: sooner, then
        assert err == ""
        assert moment > 1.01, "it ends before it can be told to stop"
        for file in set(os.listdir(place)) - set(before):
            (place / file).unlink()
        moment = (1 + moment) / 2
        ended, err = stopped(place, tmp_path, command, [number], start_up * moment)
    assert ended == 128 + number
    called = "Ctrl-C" if name == "SIGINT" else name
    assert err == f"mixtura: stopped by {called}: no file was written\n"
    assert {file: (place / file).read_bytes() for file in os.listdir(place)} == before


def stopped(place, scratch, command, numbers, seconds):
    """Run a command, tell it so many seconds later to stop, and return how it ended and what it said."""
    with (place / "t.csv").open() as table:
        process = subprocess.Popen(
            [*PROGRAM, *command, "-q"],
            cwd=place,
            env={**os.environ, "TMPDIR": str(scratch)},
            stdin=table,
            stdout=subprocess.DEVNULL,
            stderr=subprocess.PIPE,
            text=True,
        )
    time.sleep(seconds)
    for number in numbers:
        process.send_signal(number)
    _, err = process.communicate(timeout=120)
    assert not os.listdir(scratch)
    return process.returncode, err


@pytest.mark.exhaustive
def test_nohup_is_respected(place, tmp_path):
    score = shlex.join([*PROGRAM, "score", "m", "t.parquet", "--out", str(tmp_path / "x.csv"), "-q"])
    process = subprocess.Popen(["sh", "-c", f"trap '' HUP; exec {score}"], cwd=place)
    time.sleep(0.5)
    while process.poll() is None:
        process.send_signal(signal.SIGHUP)
        time.sleep(0.05)
    assert process.returncode == 0
    assert (tmp_path / "x.csv").exists()


@pytest.mark.exhaustive
def test_what_a_killed_run_left_is_swept_by_the_next(place, tmp_path):
    environment = {**os.environ, "TMPDIR": str(tmp_path)}
    query = [*PROGRAM, "detect", "select * from 't.csv'", "--out", str(tmp_path / "q.csv"), "-q"]
    process = subprocess.Popen(query, cwd=place, env=environment)
    while not list(tmp_path.glob("mixtura-*/query.parquet")):
        time.sleep(0.01)
    process.kill()
    process.wait()
    assert list(tmp_path.glob("mixtura-*"))
    subprocess.run([*query, "--model", "forest"], cwd=place, env=environment, check=True)
    assert [file.name for file in tmp_path.iterdir()] == ["q.csv"]
