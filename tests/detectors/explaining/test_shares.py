import numpy as np
import pytest

from mixtura.detectors.explaining.shares import Surprises
from mixtura.distributions.mixture import Mixture
from mixtura.distributions.shapes import Diagonal, Full


def a_mixture(n_columns, *, degrees=None, seed=0):
    random = np.random.default_rng([n_columns, seed])
    factors = random.normal(size=(2, n_columns, n_columns))
    matrices = factors @ factors.transpose(0, 2, 1) / n_columns + 0.1 * np.eye(n_columns)
    means = 2 * random.normal(size=(2, n_columns))
    return Mixture([0.4, 0.6], means, Full(matrices, 2, n_columns), degrees)


def of_any_size():
    """Up to ten columns all orders are averaged, beyond some."""
    mixtures = [a_mixture(d) for d in (1, 2, 6, 10, 11, 17)] + [a_mixture(4, degrees=[3.0, 9.0])]
    return [pytest.param(mixture, id=f"{mixture.n_features}") for mixture in mixtures]


@pytest.mark.parametrize("mixture", of_any_size())
def test_two_rows_differ_by_their_log_densities(mixture):
    rows = 3 * np.random.default_rng(1).normal(size=(20, mixture.n_features))
    total = Surprises(mixture)(rows).sum(axis=1)
    log_densities = mixture.log_density(rows)
    np.testing.assert_allclose(total - total[0], log_densities[0] - log_densities, rtol=1e-9, atol=1e-9)


@pytest.mark.parametrize("mixture", of_any_size())
def test_an_ordinary_row_has_no_surprise_on_average(mixture):
    rows, _ = mixture.sample(4000, 1)
    total = Surprises(mixture)(rows).sum(axis=1)
    # The level is the mean of 256 draws, and this mean is one of 4,000.
    error = total.std() * np.sqrt(1 / 256 + 1 / 4000)
    assert abs(total.mean()) < 4 * error


def test_columns_that_are_independent_have_their_own_surprise():
    mixture = Mixture([1.0], [[1.0, -2.0, 0.0]], Diagonal([[4.0, 1.0, 0.25]], 1, 3))
    rows = np.array([[1.0, -2.0, 0.0], [5.0, -2.0, 0.0], [1.0, -2.0, 2.0], [-3.0, 1.0, 0.5]])
    shares = Surprises(mixture)(rows)
    squares = ((rows - [1.0, -2.0, 0.0]) / [2.0, 1.0, 0.5]) ** 2
    np.testing.assert_allclose(shares - shares[0], squares / 2, atol=1e-12)


def test_columns_that_are_alike_share_alike():
    covariance = np.full((3, 3), 0.5) + 0.5 * np.eye(3)
    rows = np.array([[2.0, 2.0, -1.0], [-3.0, 5.0, -3.0], [0.0, 0.0, 0.0]])
    of_rows = Surprises(Mixture([1.0], [[0.0] * 3], Full(covariance[None], 1, 3)))(rows)
    # Rows are compared with draws, whose columns are alike on average only.
    less_usual = of_rows - of_rows[2]
    np.testing.assert_allclose(less_usual[0, 0], less_usual[0, 1], atol=1e-12)
    np.testing.assert_allclose(less_usual[1, 0], less_usual[1, 2], atol=1e-12)


def test_a_missing_value_has_no_share_and_the_others_those_of_their_marginal():
    mixture = a_mixture(5)
    rows = 2 * np.random.default_rng(2).normal(size=(12, 5))
    rows[::3, 1] = np.nan
    rows[1::3, [0, 3, 4]] = np.nan
    rows[5] = np.nan
    shares = Surprises(mixture)(rows)
    assert (shares[np.isnan(rows)] == 0).all()
    for row, own in zip(rows, shares, strict=True):
        known = np.flatnonzero(~np.isnan(row))
        if len(known):
            alone = Surprises(mixture.marginal(known.tolist()))(row[None, known])[0]
            np.testing.assert_allclose(own[known], alone, rtol=1e-9, atol=1e-12)


@pytest.mark.parametrize("n_columns", [3, 13])
def test_a_row_alone_has_the_shares_it_has_among_others(n_columns):
    mixture = a_mixture(n_columns)
    rows = 3 * np.random.default_rng(3).normal(size=(30, n_columns))
    together = Surprises(mixture)(rows)
    for place in (0, 17, 29):
        np.testing.assert_array_equal(Surprises(mixture)(rows[place : place + 1])[0], together[place])


@pytest.mark.parametrize("n_columns", [4, 12])
@pytest.mark.parametrize("value", [1e30, -1e155, 1.7e308])
def test_a_row_beyond_all_densities_has_shares(n_columns, value):
    rows = np.zeros((2, n_columns))
    rows[0, 1] = rows[1] = value
    shares = Surprises(a_mixture(n_columns))(rows)
    assert np.isfinite(shares).all()
    # The one value that is far has a share beyond those of all others.
    assert shares[0].argmax() == 1
