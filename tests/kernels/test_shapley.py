"""Shapley values of columns, against their definition by SciPy's densities, and laws."""

import numpy as np
import pytest

from explained_rows import CASES, Case, pairs_of_orders


@pytest.mark.parametrize(("d", "count", "student"), CASES)
def test_exact_shapley_values_are_those_of_the_definition(d, count, student):
    case = Case(d, count, student=student, n_rows=3)
    values, errors = case.shapley()
    np.testing.assert_allclose(values, case.shapley_by_definition(), rtol=1e-9, atol=1e-9)
    assert not errors.any()


@pytest.mark.parametrize(("d", "count", "student"), CASES)
def test_orders_give_the_mean_of_marginal_contributions(d, count, student):
    case = Case(d, count, student=student, n_rows=6)
    orders, v = pairs_of_orders(d, 5), case.surprises()
    added = np.empty((len(orders), *case.X.shape))
    for p, order in enumerate(orders.tolist()):
        for place, j in enumerate(order):
            added[p, :, j] = v[frozenset(order[: place + 1])] - v[frozenset(order[:place])]
    of_pairs = (added[::2] + added[1::2]) / 2
    values, errors = case.shapley(orders)
    np.testing.assert_allclose(values, of_pairs.mean(axis=0), rtol=1e-9, atol=1e-9)
    np.testing.assert_allclose(errors, of_pairs.std(axis=0, ddof=1) / np.sqrt(5), rtol=1e-7, atol=1e-9)


@pytest.mark.parametrize("student", [False, True])
@pytest.mark.parametrize(("d", "count"), [(10, 3), (25, 16)])
def test_shares_add_up_to_the_surprise_at_the_row(d, count, student):
    case = Case(d, count, student=student, n_rows=20)
    surprise = -case.log_density(list(range(d)), case.X)
    for orders in [None, pairs_of_orders(d, 2)] if d == 10 else [pairs_of_orders(d, 2)]:
        np.testing.assert_allclose(case.shapley(orders)[0].sum(axis=1), surprise, rtol=1e-10)


def test_columns_that_cannot_be_told_apart_have_equal_shares():
    case = Case(5, 2)
    case.means[:, 3], case.X[:, 3] = case.means[:, 1], case.X[:, 1]
    case.covariances[:, 3] = case.covariances[:, 1]
    case.covariances[:, :, 3] = case.covariances[:, :, 1]
    case.covariances[:, [1, 3], [1, 3]] += 1.0
    values, _ = case.shapley()
    np.testing.assert_allclose(values[:, 1], values[:, 3], rtol=1e-10)


@pytest.mark.parametrize("orders", [None, pairs_of_orders(5, 2)])
def test_a_column_independent_of_the_others_has_its_own_surprise(orders):
    """It is -log p of the value alone, whatever the others: with its value at the mean that is the log of sd √(2π)."""
    case = Case(5, 3)
    case.covariances[:, 2], case.covariances[:, :, 2], case.means[:, 2] = 0, 0, 1.5
    case.covariances[:, 2, 2] = 4.0
    case.X[0, 2] = 1.5
    values, errors = case.shapley(orders)
    np.testing.assert_allclose(values[:, 2], np.log(2 * np.sqrt(2 * np.pi)) + (case.X[:, 2] - 1.5) ** 2 / 8, rtol=1e-10)
    np.testing.assert_allclose(errors[:, 2], 0, atol=1e-12)


def test_two_columns_share_their_mutual_surprise_equally():
    """One component in closed form: half of x_j² / var_j and half of what the squared distance grows by column j."""
    case = Case(2, 1)
    case.means = np.zeros((1, 2))
    covariance = case.covariances[0]
    distance = np.einsum("ni,ij,nj->n", case.X, np.linalg.inv(covariance), case.X)
    alone = case.X**2 / np.diag(covariance)
    squares = (alone - alone[:, ::-1] + distance[:, None]) / 2
    variances = np.log(np.diag(covariance))
    constants = (variances - variances[::-1] + np.linalg.slogdet(covariance)[1] + 2 * np.log(2 * np.pi)) / 2
    np.testing.assert_allclose(case.shapley()[0], (squares + constants) / 2, rtol=1e-10)


@pytest.mark.parametrize("student", [False, True])
def test_estimates_are_as_far_from_exact_values_as_their_errors_say(student):
    case = Case(8, 3, student=student, n_rows=50)
    exact, _ = case.shapley()
    scores = []
    for seed in range(8):
        values, errors = case.shapley(pairs_of_orders(8, 60, seed))
        scores.append((values - exact) / errors)
    assert np.abs(scores).max() < 6
    assert 0.8 < np.sqrt(np.mean(np.square(scores))) < 1.25


def test_exact_values_of_many_columns_are_refused():
    with pytest.raises(ValueError, match="17 columns"):
        Case(17, 1).shapley()


@pytest.mark.parametrize(
    ("orders", "message"),
    [
        (np.zeros((4, 3), np.int32), "every column once"),
        (np.full((4, 3), [0, 1, 3], np.int32), "every column once"),
        (pairs_of_orders(3, 1), "two pairs"),
        (pairs_of_orders(3, 3)[:5], "two pairs"),
        (pairs_of_orders(4, 2), "orders must have the columns"),
    ],
)
def test_orders_are_checked(orders, message):
    with pytest.raises(ValueError, match=message):
        Case(3, 2).shapley(orders)
