"""What both kernels for explanations hold to: threads, levels, extremes, units, and checks of what they are given."""

from importlib import import_module

import numpy as np
import pytest

from explained_rows import MANY, Case, pairs_of_orders
from mixtura.kernels import available, repairs


@pytest.mark.parametrize("student", [False, True])
@pytest.mark.parametrize("d", [5, MANY + 1])
def test_rows_do_not_depend_on_threads_or_neighbours(d, student):
    case = Case(d, 3, student=student, n_rows=1000)
    orders = pairs_of_orders(d, 3)
    alone = case.X[[617]]
    for explain in (
        lambda X, n_threads: case.repairs(X=X, n_threads=n_threads),
        lambda X, n_threads: case.shapley(orders, X, n_threads=n_threads),
        lambda X, n_threads: case.shapley(None, X, n_threads=n_threads),
    ):
        one, two, only = explain(case.X, 1), explain(case.X, 2), explain(alone, 1)
        for a, b, c in zip(one, two, only, strict=True):
            assert np.array_equal(a, b)
            assert np.array_equal(a[[617]], c)


@pytest.mark.parametrize("level", available())
def test_all_levels_find_the_same(level, monkeypatch):
    case = Case(14, 3, n_rows=30)
    orders = pairs_of_orders(14, 3)
    mine = [case.repairs(), case.repairs(exhaustive_columns=14), case.shapley(orders), case.shapley()]
    monkeypatch.setattr(repairs, "native", import_module(f"mixtura.kernels._{level}"))
    for answer, other in zip(
        mine, [case.repairs(), case.repairs(exhaustive_columns=14), case.shapley(orders), case.shapley()], strict=True
    ):
        for a, b in zip(answer, other, strict=True):
            np.testing.assert_allclose(a, b, rtol=1e-9, atol=1e-9)


@pytest.mark.parametrize("student", [False, True])
@pytest.mark.parametrize("extreme", [1e308, -1e308, np.inf, 5e-324])
def test_extreme_values_are_answered_with_numbers(extreme, student):
    case = Case(6, 3, student=student)
    case.X[:, 1] = extreme
    case.X[3] = extreme
    for exhaustive in (MANY, 0):
        sets, values, log_densities = case.repairs(exhaustive_columns=exhaustive)
        assert np.isfinite(values).all()
        assert np.isfinite(log_densities).all()
        if abs(extreme) > 1:
            assert (sets[:3, 0, 0, 0] == 1).all()
    for orders in (None, pairs_of_orders(6, 3)):
        values, errors = case.shapley(orders)
        assert np.isfinite(values).all()
        assert np.isfinite(errors).all()
        if abs(extreme) > 1:
            assert (values[:3].argmax(axis=1) == 1).all()


@pytest.mark.parametrize("student", [False, True])
@pytest.mark.parametrize("power", [-500, 450])
def test_units_change_values_alone(power, student):
    """Powers of two round nothing: the same sets, values in other units, and densities shifted by logs of the unit."""
    case, other, unit = Case(6, 3, student=student), Case(6, 3, student=student), 2.0**power
    other.X, other.means = other.X * unit, other.means * unit
    other.covariances, other.precisions = other.covariances * unit**2, other.precisions / unit**2
    mine, scaled = case.repairs(), other.repairs()
    assert np.array_equal(mine[0], scaled[0])
    assert np.array_equal(mine[1] * unit, scaled[1])
    assert np.array_equal(mine[2], scaled[2])
    for orders in (None, pairs_of_orders(6, 3)):
        shares, errors = case.shapley(orders)
        other_shares, other_errors = other.shapley(orders)
        np.testing.assert_allclose(other_shares - power * np.log(2), shares, atol=1e-11)
        np.testing.assert_allclose(other_errors, errors, atol=1e-11)


def test_no_rows():
    case = Case(4, 2)
    none = np.empty((0, 4))
    assert [a.shape for a in case.repairs(X=none)] == [(0, 3, 5, 3), (0, 3, 5, 3), (0, 3, 5)]
    assert [a.shape for a in case.shapley(X=none)] == [(0, 4), (0, 4)]
    assert [a.shape for a in case.shapley(pairs_of_orders(4, 2), X=none)] == [(0, 4), (0, 4)]


@pytest.mark.parametrize(
    ("change", "message"),
    [
        ({"means": np.zeros((2, 4))}, "means must have"),
        ({"precisions": np.ones((2, 3, 4)), "covariances": np.ones((2, 3, 4))}, "matrix"),
        ({"precisions": np.zeros((2, 3, 3)), "covariances": np.zeros((2, 3, 3))}, "positive diagonal"),
        ({"log_constants": np.zeros(3), "log_weights": np.zeros(3)}, "log_constants must have"),
        ({"means": np.zeros((0, 3))}, "needs components"),
    ],
)
def test_mixtures_are_checked(change, message):
    case = Case(3, 2)
    for name, value in change.items():
        setattr(case, name, value)
    for explain in (case.repairs, case.shapley, lambda: case.shapley(pairs_of_orders(3, 2))):
        with pytest.raises(ValueError, match=message):
            explain()
