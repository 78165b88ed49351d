"""Which columns votes see in logarithms."""

import numpy as np
import pytest

from mixtura.detectors.ensemble.columns import Range
from mixtura.detectors.ensemble.logarithms import Logarithms
from mixtura.kernels.ensemble import Units


@pytest.fixture
def skewed():
    normal = np.random.default_rng(0).normal(size=400)
    return normal, np.column_stack([np.exp(2 * normal), normal, normal + 50, -np.exp(normal)])


def test_skewed_positive_columns_are_seen_in_logarithms(skewed):
    normal, X = skewed
    logarithms = Logarithms.of(X)
    assert logarithms.columns.tolist() == [0]
    np.testing.assert_allclose(logarithms.seen(X)[:, 0], 2 * normal)
    np.testing.assert_array_equal(logarithms.seen(X)[:, 1:], X[:, 1:])
    assert np.isfinite(logarithms.seen(-X)).all()
    assert np.isnan(logarithms.seen(X * np.nan)).all()


def test_a_table_without_such_columns_is_seen_as_it_is(skewed):
    _, X = skewed
    numbers = X[:, 1:]
    assert Logarithms.of(numbers).seen(numbers) is numbers
    assert Logarithms.none().arrays() == {}


def test_units_and_files_have_centres_of_logarithms(skewed):
    _, X = skewed
    units = Units(np.arange(4.0), np.ones(4), 10.0)
    seen = Units(np.full(4, 7.0), np.full(4, 0.5), 10.0)
    logarithms = Logarithms.of(X).measured(seen)
    again = Logarithms.from_arrays(logarithms.arrays(), 4)
    assert again.units(units).center.tolist() == [7, 1, 2, 3]
    assert again.units(units).scale.tolist() == [0.5, 1, 1, 1]
    np.testing.assert_array_equal(again.seen(X), logarithms.seen(X))
    whole = Range(X.min(axis=0), X.max(axis=0), len(X))
    np.testing.assert_array_equal(logarithms.range(whole).maxima, logarithms.seen(X).max(axis=0))
    with pytest.raises(ValueError, match="columns of the table"):
        Logarithms.from_arrays(logarithms.arrays(), 0)
