"""A table: its rows, where passes run, and who is told."""

import numpy as np
import pytest

from mixtura.engines import ThreadEngine
from mixtura.engines.progress import Progress
from mixtura.intake.picking import Positions
from mixtura.intake.table import Table
from mixtura.rows import ArrayRows, Block, rows_per_block
from mixtura.rows.blocks.split import SplitRows

WIDTH = 2
N_ROWS = 2 * rows_per_block(WIDTH) + 7
X = np.arange(float(N_ROWS * WIDTH)).reshape(-1, WIDTH)
WEIGHTS = np.arange(float(N_ROWS))


class Sums:
    """A model that scores a row by the sum of its values."""

    def score_samples(self, X):
        return X.sum(axis=1)


def count(block):
    return len(block.values)


def doubled(block):
    return Block(2 * block.values, block.weights, block.first_row)


def test_passes_run_over_the_rows():
    table = Table(ArrayRows(X), ThreadEngine(2))
    assert table.fold(count, 0) == N_ROWS
    assert sum(table.map(count)) == N_ROWS
    np.testing.assert_array_equal(table.values(), X)
    np.testing.assert_array_equal(table.scores(Sums()), X.sum(axis=1))
    np.testing.assert_array_equal(table.weights(), np.ones(N_ROWS))
    assert (table.n_rows, table.n_columns, table.dtype, table.has_missing) == (N_ROWS, WIDTH, np.float64, False)


def test_scores_where_the_number_of_rows_is_not_known():
    part = SplitRows(ArrayRows(X), 0.5, 0)
    table = Table(part, ThreadEngine(2))
    assert table.n_rows is None
    np.testing.assert_array_equal(table.scores(Sums()), part.read().sum(axis=1))


@pytest.mark.parametrize("positions", [[], [0], [3, N_ROWS - 1], range(0, N_ROWS, 997)], ids=len)
def test_picked_rows_are_those_at_the_positions(positions):
    positions = np.array(positions, np.int64)
    for weights in (None, WEIGHTS):
        table = Table(ArrayRows(X, sample_weight=weights), ThreadEngine(2))
        picked = table.pick(Positions(positions), len(positions))
        np.testing.assert_array_equal(picked.values, X[positions])
        np.testing.assert_array_equal(
            picked.weights, np.ones(len(positions)) if weights is None else WEIGHTS[positions]
        )


def test_blocks_are_changed_in_the_order_of_the_calls():
    table = Table(ArrayRows(X), ThreadEngine(2))
    plus_one = table.through(lambda block: Block(block.values + 1, block.weights, block.first_row)).through(doubled)
    np.testing.assert_array_equal(plus_one.values(), 2 * X + 2)
    np.testing.assert_array_equal(table.values(), X)


def test_only_watched_passes_are_told():
    told = []
    table = Table(ArrayRows(X), ThreadEngine(2), told.append)
    table.fold(count, 0)
    assert told == []
    table.watched("scoring").watched("reading").scores(Sums())
    assert told[0] == Progress("reading", 0, N_ROWS)
    assert told[-1] == Progress("reading", N_ROWS, N_ROWS)
    assert {progress.what for progress in told} == {"reading"}


def test_other_rows_go_through_the_same_engine():
    table = Table(ArrayRows(X), ThreadEngine(2)).through(doubled)
    np.testing.assert_array_equal(table.on(ArrayRows(X[:3])).values(), 2 * X[:3])
