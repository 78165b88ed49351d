"""Columns on a common scale, that outliers do not set."""

import numpy as np
import pytest

from mixtura.engines import ThreadEngine
from mixtura.errors import DataError
from mixtura.intake.sample import take_sample
from mixtura.intake.scaling import Scaled, Scaling, scaling_of
from mixtura.intake.table import Table
from mixtura.rows import ArrayRows, Block


def scaling(columns, **options):
    table = Table(ArrayRows(np.column_stack(columns), **options), ThreadEngine(1))
    sample = take_sample(table, np.random.RandomState(0), 1)
    return scaling_of(table, sample, [f"x{column}" for column in range(table.n_columns)])


def test_a_normal_column_has_its_mean_and_deviation():
    values = 5 + 3 * np.random.default_rng(0).normal(size=10_000)
    found = scaling([values, np.append(values[:-100], np.full(100, 1e6))])
    np.testing.assert_allclose(found.center, 5, atol=0.1)
    np.testing.assert_allclose(found.scale, 3, rtol=0.05)  # a hundredth of outliers changes next to nothing


def test_a_column_that_mostly_repeats_a_value_has_its_standard_deviation():
    values = np.append(np.zeros(900), np.arange(100.0))
    found = scaling([values, np.ones(1000)])
    np.testing.assert_allclose(found.scale, [values.std(), 1.0])
    np.testing.assert_array_equal(found.center, [0.0, 1.0])


def test_missing_values_have_no_part():
    values = np.random.default_rng(0).normal(size=2000)
    holed = np.where(np.arange(2000) % 2, np.nan, values)
    np.testing.assert_array_equal(
        scaling([holed, holed], missing="allow").scale, scaling([values[::2], values[::2]]).scale
    )


def test_scaled_blocks_are_held_within_reach():
    block = Block(np.array([[1e300, np.nan], [3.0, 5.0]], np.float64), None, 0)
    scaled = Scaled(Scaling(np.array([1.0, 1.0]), np.array([2.0, 4.0])))(block)
    np.testing.assert_array_equal(scaled.values, [[1e9, np.nan], [1.0, 1.0]])


def test_a_column_that_spreads_too_far_is_named():
    with pytest.raises(DataError, match="column 'x1' spread too far to be scaled: divide the column by 1e10"):
        scaling([[0.0, 1.0, 2.0], [-1.7e308, 0.0, 1.7e308]])
