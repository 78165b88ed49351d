"""Missing values beside a complete table."""

import time
from collections.abc import Iterator
from typing import Any

import numpy as np

from mixtura.distributions.missing import ObservedPasses, sorted_by_pattern
from mixtura.distributions.shapes import SEARCHED
from mixtura.engines import ThreadEngine
from mixtura.intake.table import Table
from mixtura.mixtures.em.expectation import Expectation
from mixtura.rows import ArrayRows

from .problems import Problem
from .suites import iterate
from .timing import in_turn


def with_patterns(table: np.ndarray, n_patterns: int) -> np.ndarray:
    """Return the table with values missing: every row lacks the columns of one pattern, the first pattern none."""
    random = np.random.default_rng(0)
    patterns = random.random((n_patterns, table.shape[1])) < 0.25
    patterns[0] = False
    return np.where(patterns[random.integers(n_patterns, size=len(table))], np.nan, table)


def at_random(table: np.ndarray, share: float) -> np.ndarray:
    """Return the table with each value missing with the same probability: hardly two rows lack the same columns."""
    return np.where(np.random.default_rng(0).random(table.shape) < share, np.nan, table)


def missing(repeat: int) -> Iterator[dict[str, Any]]:
    """EM iterations when rows miss a quarter of their values in ten patterns, and a tenth of them at random, beside the
    complete table; over rows that are not sorted by pattern, as those of a file; and sorting them, once a fit. In
    processor seconds of all threads.
    """
    patterns, random = Problem(200_000, 16, 8), Problem(200_000, 20, 2)
    cases = (
        (patterns, "10 patterns", with_patterns(patterns.table(), 10)),
        (random, "10 % at random", at_random(random.table(), 0.1)),
    )
    for problem, name, table in cases:
        for shape in SEARCHED:
            yield {"case": f"{problem.name}, {name}", "shape": shape, **_beside_complete(problem, table, shape, repeat)}


def _beside_complete(problem: Problem, table: np.ndarray, shape: str, repeat: int) -> dict[str, float]:
    complete = Expectation(Table(ArrayRows(problem.table(), checked=True), ThreadEngine()))
    holes = ArrayRows(table, checked=True, missing="allow")
    start = problem.start(shape)
    began = time.process_time()
    sorted_by_pattern(holes)
    sorting = time.process_time() - began
    expect = Expectation(Table(holes, ThreadEngine()))
    seconds, complete_seconds, ratio = in_turn(lambda: iterate(expect, start), lambda: iterate(complete, start), repeat)
    _, _, unsorted = in_turn(
        lambda: ObservedPasses(start.components, holes.dtype).moments(holes, ThreadEngine()),
        lambda: iterate(complete, start),
        repeat,
        time.process_time,
    )
    return {
        "missing_ms": 1e3 * seconds,
        "complete_ms": 1e3 * complete_seconds,
        "times_complete": 1 / ratio,
        "times_unsorted": 1 / unsorted,
        "sorting_ms": 1e3 * sorting,
    }
