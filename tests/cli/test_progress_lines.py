"""How far a command has come: a bar on a terminal, now and then a line elsewhere, nothing when quiet."""

import contextlib
import functools
import io
import itertools
import os
import re
import sys
from dataclasses import replace

import numpy as np
import pytest

from mixtura import Progress
from mixtura.cli import progress, running
from mixtura.cli.progress import Bar
from mixtura.cli.step import Step
from mixtura.mixtures.choice.criteria import Candidate
from mixtura.mixtures.choice.search import SearchProgress
from mixtura.mixtures.em.loop import FitProgress

CONTROLS = re.compile(r"\x1b\[[0-9;?]*[a-zA-Z]")


on_a_terminal = pytest.mark.skipif(not hasattr(os, "openpty"), reason="no pseudo-terminals here")


class Clock:
    """Stands still until it is set."""

    now = 100.0

    def __call__(self):
        return self.now


@pytest.fixture
def clock():
    return Clock()


@pytest.fixture
def lines(clock):
    """A bar without a terminal, and what it has written."""
    stream = io.StringIO()
    return Bar(visible=True, clock=clock, stream=stream), stream


def test_a_line_says_what_is_done_how_fast_and_how_long_it_will_take(lines, clock):
    bar, stream = lines
    bar.step("scoring", total=50_000_000)
    bar.on_progress(Progress("scoring", 0, None))
    clock.now += 6.5
    bar.on_progress(Progress("scoring", 12_400_000, None))
    assert stream.getvalue() == (
        "mixtura: scoring: 12,400,000 of 50,000,000 rows (25%), 1.9 million rows/s, 20 s left\n"
    )


def test_short_work_is_done_in_silence(lines, clock):
    bar, stream = lines
    for _ in range(100):
        bar.step("scoring", total=100)
        clock.now += 0.0199
        bar.on_progress(Progress("scoring", 100, None))
    assert stream.getvalue() == ""


def test_lines_come_seconds_apart_and_rarely_in_long_work(lines, clock):
    bar, stream = lines
    bar.step("scoring", total=10**9)
    came = []
    for second in range(1, 3601):
        clock.now += 1
        bar.on_progress(Progress("scoring", second, None))
        if stream.getvalue().count("\n") > len(came):
            came.append(second)
    assert came[:4] == [2, 7, 12, 17]
    apart = np.diff(came)
    assert apart.min() == 5
    assert (np.diff(apart) >= 0).all()
    assert 0.045 < apart[-1] / came[-1] < 0.055


def after(what, seconds, unit="rows", done=None, total=None):
    """A step that began at zero, and of which something was told then and after some seconds."""
    begun = Step(what, 0, 0, unit, total=total)
    return begun if done is None else replace(begun, told=seconds, done=done, first=(0, 0))


@pytest.mark.parametrize(
    ("step", "sentence"),
    [
        (after("reading a.csv", 4, done=1_200_000), "reading a.csv: 1,200,000 rows, 300,000 rows/s, 4 s so far"),
        (after("reading a.csv", 4, done=1), "reading a.csv: 1 row, 1 rows/s, 4 s so far"),
        (after("growing trees", 4, "trees", 25, 100), "growing trees: 25 of 100 trees (25%), 12 s left"),
        (after("fitting", 4), "fitting: 4 s so far"),
        (after("training on 9,000 rows", 4, "machines", 0, 1), "training on 9,000 rows: 4 s so far"),
        (after("scoring", 4, "rows", 10, 36_010), "scoring: 10 of 36,010 rows (0%), 2 rows/s, 4 h 00 min left"),
        (after("scoring", 4, "rows", 10, 310), "scoring: 10 of 310 rows (3%), 2 rows/s, 2 min 00 s left"),
        (after("scoring", 0.5, "rows", 10, 20), "scoring: 10 of 20 rows (50%), 4 s so far"),
        (after("scoring", 4, "rows", 12_345), "scoring: 12,345 rows, 3,090 rows/s, 4 s so far"),
    ],
)
def test_sentences(step, sentence):
    assert step.sentence(4.0) == sentence


def test_time_left_runs_on_while_nothing_is_told():
    step = after("scoring", 4, "rows", 10, 40)
    assert [step.short(now).split("  ")[-1] for now in (4, 9, 99)] == ["12 s left", "7 s left", "0 s left"]


def test_what_it_took_to_begin_does_not_slow_the_speed(lines, clock):
    bar, stream = lines
    bar.step("scoring", total=1000)
    clock.now += 60
    bar.on_progress(Progress("scoring", 100, None))
    clock.now += 10
    bar.on_progress(Progress("scoring", 300, None))
    assert stream.getvalue().splitlines()[-1] == "mixtura: scoring: 300 of 1,000 rows (30%), 20 rows/s, 35 s left"


def test_large_numbers_keep_their_width_on_the_bar():
    early, late = (after("scoring", 4, "rows", done, 50_000_000).short(4) for done in (200_000, 40_000_000))
    assert early.startswith(" 0.2M of 50.0M rows   50,000 rows/s  ")
    assert late.startswith("40.0M of 50.0M rows    10.0M rows/s  ")


def test_a_search_says_its_best_candidate_and_a_fit_its_bound(lines, clock):
    bar, stream = lines
    for done, (count, bic) in enumerate([(1, 9.0), (2, 5.0), (3, 7.0)], 1):
        clock.now += 5
        candidate = Candidate(count, "full", bic, bic, bic, bic, -1.0, 1, 3, True)
        bar.on_progress(SearchProgress("searching", done, 4, "candidates", candidate=candidate))
    clock.now += 10
    bar.on_progress(
        FitProgress("fitting", 32, None, "iterations", start=1, n_starts=3, iteration=12, lower_bound=-3.25, change=0.1)
    )
    last_of_search, of_fit = stream.getvalue().splitlines()[-2:]
    assert last_of_search == "mixtura: searching: 3 of 4 candidates (75%), best 2 × full, 5 s left"
    assert of_fit == "mixtura: fitting: start 2 of 3, iteration 12, bound -3.25, 0 s so far"


def test_a_second_pass_begins_anew_with_the_total_of_the_step(lines, clock):
    bar, stream = lines
    bar.step("choosing the threshold", total=400)
    for _ in range(2):
        bar.on_progress(Progress("choosing the threshold", 0, None))
        clock.now += 10
        bar.on_progress(Progress("choosing the threshold", 100, None))
    said = "100 of 400 rows (25%), 10 rows/s, 30 s left"
    first, second = stream.getvalue().splitlines()
    assert first == f"mixtura: choosing the threshold: {said}"
    assert second == f"mixtura: choosing the threshold, pass 2: {said}"


def test_a_reader_that_went_away_stops_nothing(clock):
    class Gone(io.StringIO):
        def write(self, text):
            raise BrokenPipeError

    bar = Bar(visible=True, clock=clock, stream=Gone())
    clock.now += 10
    bar.step("scoring")
    bar.on_progress(Progress("scoring", 3, None))
    assert clock.now == 110


@pytest.fixture
def slow(run, monkeypatch):
    """Make every command believe that a second passes whenever it looks at the clock, and say how far it is."""
    monkeypatch.setattr(progress, "_FIRST_LINE", 2.0)
    monkeypatch.setattr(running, "Bar", functools.partial(Bar, clock=itertools.count(0.0, 1.0).__next__))


@pytest.mark.parametrize(
    ("arguments", "steps"),
    [
        (["detect"], {"looking for unusual rows", "fitting mixtures"}),
        (["detect", "--model", "mixture", "--components", "1-3"], {"searching", "choosing the threshold"}),
        (["groups", "--model", "bayesian", "--components", "3"], {"fitting"}),
        (["compare", "--rows", "60"], {"auto: fitting mixtures", "mixture: searching"}),
    ],
)
def test_lines_of_commands(iris, run, slow, arguments, steps):
    command, *options = arguments
    ended = run(command, iris, *options)
    said = ended.err.splitlines()
    assert ended.code == 0
    assert all(re.fullmatch(r"mixtura: [^:]+(: [^:]+)+( left| so far)", line) for line in said)
    assert ended.err.replace("\n", "").isprintable()
    assert steps <= {line.removeprefix("mixtura: ").rpartition(": ")[0] for line in said}
    assert "mixtura:" not in ended.out


def test_a_saved_model_says_lines_too_but_when_quiet(iris, run, slow):
    assert run("detect", iris, "--model", "forest", "--save", "model", "--quiet").err == ""
    loud, quiet = run("score", "model", iris, "--force"), run("score", "model", iris, "--quiet", "--out", "other.csv")
    assert loud.err == "mixtura: reading iris.csv: 1 s so far\n"
    assert (loud.code, quiet.code, quiet.err) == (0, 0, "")


def received(descriptor):
    """Return all that a pseudo-terminal was sent, when its other end is closed."""
    parts = []
    with contextlib.suppress(OSError), os.fdopen(descriptor, "rb", buffering=0) as reader:
        while part := reader.read(4096):
            parts.append(part)
    return b"".join(parts).decode()


@pytest.fixture
def drawn(monkeypatch):
    """Return what a terminal of some width is sent, and its rows, while something is done with a bar on it."""

    def drawn(width, do, clock, **environment):
        for name in ("FORCE_COLOR", "TTY_COMPATIBLE", "TTY_INTERACTIVE", "NO_COLOR"):
            monkeypatch.delenv(name, raising=False)
        for name, value in {"TERM": "xterm", "COLUMNS": str(width), **environment}.items():
            monkeypatch.setenv(name, value)
        main_end, process_end = os.openpty()
        with os.fdopen(process_end, "w") as terminal:
            monkeypatch.setattr(sys, "stderr", terminal)
            with Bar(visible=True, clock=clock) as bar:
                do(bar)
        sent = received(main_end)
        frames = [frame.strip("\n") for frame in re.split(r"[\r\n]+", CONTROLS.sub("", sent)) if frame.strip()]
        return sent, frames

    return drawn


def score(clock):
    def do(bar):
        bar.step("scoring", total=50_000_000)
        bar.on_progress(Progress("scoring", 0, None))
        for _ in range(3):
            clock.now += 6.5
            bar.on_progress(Progress("scoring", round(12_400_000 * (clock.now - 100) / 6.5), None))

    return do


@on_a_terminal
def test_the_bar_on_a_terminal(drawn, clock):
    sent, frames = drawn(80, score(clock), clock)
    assert "━" in frames[-1]
    assert frames[-1].rstrip().endswith("37.2M of 50.0M rows     1.9M rows/s  7 s left")
    assert "scoring" in frames[-1]
    assert sent.endswith("\x1b[2K")  # and it is gone
    assert all(len(frame) < 80 for frame in frames)


@on_a_terminal
def test_a_part_that_is_done_makes_way_for_the_whole(drawn, clock):
    def do(bar):
        bar.step("fitting")
        bar.on_progress(Progress("reading the table", 9, 9))
        clock.now += 1

    _, frames = drawn(80, do, clock)
    assert "fitting" in frames[-1]
    assert "of 9 rows" not in frames[-1]


@on_a_terminal
def test_a_narrow_terminal_wraps_nothing(drawn, clock):
    _, frames = drawn(
        60, lambda bar: bar.step("reading a table with a very long name indeed, and then some.csv"), clock
    )
    assert frames
    assert all(len(frame) < 60 and "… " in frame for frame in frames)


@on_a_terminal
def test_without_colours_the_bar_has_none(drawn, clock):
    coloured, _ = drawn(80, score(clock), clock)
    plain, _ = drawn(80, score(clock), clock, NO_COLOR="1")
    assert re.search(r"\x1b\[[0-9;]*3[0-9]", coloured)
    assert not re.search(r"\x1b\[[0-9;]*3[0-9][0-9;]*m", plain)


@on_a_terminal
def test_a_terminal_that_cannot_move_its_cursor_gets_lines(drawn, clock):
    sent, frames = drawn(80, score(clock), clock, TERM="dumb")
    assert "\x1b" not in sent
    assert len(frames) == 3
    assert frames[0].startswith("mixtura: scoring: 12,400,000 of 50,000,000 rows (25%)")


def test_forced_colours_draw_no_bar_in_a_file(clock, monkeypatch):
    monkeypatch.setenv("FORCE_COLOR", "1")
    stream = io.StringIO()
    with Bar(visible=True, clock=clock, stream=stream) as bar:
        score(clock)(bar)
    assert stream.getvalue().count("mixtura: scoring: ") == 3
    assert stream.getvalue().replace("\n", "").isprintable()


def test_quiet_writes_nothing_on_a_terminal(clock):
    stream = io.StringIO()
    with Bar(visible=False, clock=clock, stream=stream) as bar:
        score(clock)(bar)
    assert stream.getvalue() == ""


def test_a_wide_table_says_what_takes_the_time(iris, run, slow, monkeypatch):
    monkeypatch.setattr("mixtura.tables.work._WIDE", 2)
    monkeypatch.setattr(progress, "_FIRST_LINE", 0.5)
    monkeypatch.setattr(progress, "_BETWEEN_LINES", 0.5)
    monkeypatch.setattr(progress, "_GROWTH", 0.0)
    said = run("detect", iris).err.splitlines()
    assert [line for line in said if line.startswith(f"mixtura: reading {iris} (6 columns): ")], said
