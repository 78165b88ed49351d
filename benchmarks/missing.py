"""Missing values beside a complete table."""

import time
from collections.abc import Iterator
from typing import Any

import numpy as np

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


def missing(repeat: int) -> Iterator[dict[str, Any]]:
    """EM iterations when rows miss a quarter of their values in ten patterns, beside the complete table; and sorting
    the rows by pattern, which a fit does once.
    """
    problem = Problem(200_000, 16, 8)
    table = problem.table()
    complete = Expectation(Table(ArrayRows(table, checked=True), ThreadEngine()))
    holes = ArrayRows(with_patterns(table, 10), checked=True, missing="allow")
    for shape in SEARCHED:
        start = problem.start(shape)
        began = time.perf_counter()
        expect = Expectation(Table(holes, ThreadEngine()))
        iterate(expect, start)
        first = time.perf_counter() - began
        seconds, complete_seconds, ratio = in_turn(
            lambda start=start, expect=expect: iterate(expect, start),
            lambda start=start: iterate(complete, start),
            repeat,
        )
        yield {
            "case": f"{problem.name}, 10 patterns",
            "shape": shape,
            "missing_ms": 1e3 * seconds,
            "complete_ms": 1e3 * complete_seconds,
            "times_complete": 1 / ratio,
            "sorting_ms": 1e3 * (first - seconds),
        }
