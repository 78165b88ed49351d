"""The explainer under distributions whose answers are known."""

import itertools
from dataclasses import replace

import numpy as np
import pytest

from mixtura.detectors.explaining.explainer import MOST_CELLS, Explainer
from mixtura.distributions.mixture import Mixture
from mixtura.distributions.shapes import Diagonal, Full
from mixtura.intake.scaling import Scaling

ARRAYS = ("expected", "deviation", "distance", "shares", "repaired", "score_before", "score_after")
D = 6


def a_covariance(n_columns, seed=0):
    factors = np.random.default_rng([n_columns, seed]).normal(size=(n_columns, 2))
    return factors @ factors.T + 0.1 * np.eye(n_columns)


def explainer_under(mixture, center=0.0, scale=1.0):
    d = mixture.n_features
    center, scale = np.full(d, center), np.full(d, scale)
    rows = mixture.sample(2000, 0)[0] * scale + center
    scaling = Scaling(center, scale)
    return Explainer(mixture, scaling, lambda X: mixture.log_density((X - center) / scale), rows)


def one_normal(n_columns=D, **units):
    mean = np.arange(n_columns) / 2
    return explainer_under(Mixture([1.0], mean[None], Full(a_covariance(n_columns)[None], 1, n_columns)), **units)


def rows_of(explainer, n_rows, n_wrong, *, size=9.0, seed=1):
    """Rows of the distribution with some cells moved by some of the deviations of their columns, and these cells."""
    random = np.random.default_rng(seed)
    right = explainer.mixture.sample(n_rows, seed)[0] * explainer.scaling.scale + explainer.scaling.center
    wrong = random.random(right.shape).argsort(axis=1) < n_wrong
    moved = size * right.std(axis=0) * random.choice([-1.0, 1.0], right.shape)
    return np.where(wrong, right + moved, right), wrong


def by_regression(mean, covariance, row, cells):
    """The row with cells replaced by the conditional mean given the others."""
    cells = np.array(cells)
    others = np.setdiff1d(np.arange(len(row)), cells)
    slopes = covariance[np.ix_(cells, others)] @ np.linalg.inv(covariance[np.ix_(others, others)])
    repaired = row.copy()
    repaired[cells] = mean[cells] + slopes @ (row[others] - mean[others])
    return repaired


def best_of(explainer, row, n_cells):
    """The set of so many cells whose repair is likeliest, the row repaired, and its score: by brute force."""
    mean, covariance = explainer.mixture.means[0], explainer.mixture.covariance.dense[0]
    answers = []
    for cells in itertools.combinations(range(len(row)), n_cells):
        repaired = by_regression(mean, covariance, row, cells)
        answers.append((explainer.score(repaired[None])[0], cells, repaired))
    return max(answers, key=lambda answer: answer[0])


@pytest.mark.one_case
@pytest.mark.parametrize("n_wrong", [1, 2, 3])
def test_flagged_cells_and_repairs_agree_with_brute_force(n_wrong):
    explainer = one_normal()
    X, _ = rows_of(explainer, 40, n_wrong)
    # A level above all others: the same for any number of cells.
    at_least = float(np.quantile(explainer.score(explainer.belonging), 0.3))
    found = explainer(X, at_least)
    compared = 0
    for place, row in enumerate(X):
        scores = [explainer.score(row[None])[0]] + [best_of(explainer, row, m)[0] for m in range(1, MOST_CELLS + 1)]
        gains = np.diff(scores)
        enough = np.flatnonzero(np.array(scores[1:]) >= at_least)
        # Where each cell gains enough and no further one does, there is nothing but the scores to go by.
        if not len(enough) or (gains[: enough[0] + 1] < 8).any() or (gains[enough[0] + 1 :] >= 12.5).any():
            continue
        score, cells, repaired = best_of(explainer, row, enough[0] + 1)
        np.testing.assert_array_equal(np.flatnonzero(found.flagged_cells[place]), cells)
        np.testing.assert_allclose(found.repaired[place], repaired, rtol=1e-9, atol=1e-9)
        np.testing.assert_allclose(found.score_after[place], score, rtol=1e-9)
        compared += 1
    assert compared >= 20


def test_a_level_rises_as_ordinary_rows_do_when_a_cell_of_theirs_is_repaired():
    explainer = one_normal()
    mean, covariance = explainer.mixture.means[0], explainer.mixture.covariance.dense[0]
    rows = explainer.belonging
    repaired = np.array([by_regression(mean, covariance, row, [place % D]) for place, row in enumerate(rows)])
    before, after = (np.sort(explainer.score(some))[int(0.01 * (len(rows) - 1))] for some in (rows, repaired))
    assert after > before + 0.5
    expected = before + np.arange(MOST_CELLS + 1) * (after - before)
    np.testing.assert_allclose(explainer._levels, expected, rtol=1e-9)


@pytest.mark.parametrize("n_wrong", [1, 2, 3])
@pytest.mark.parametrize("n_columns", [7, 21])
def test_planted_errors_are_found_exactly(n_wrong, n_columns):
    """Of 21 columns the search is not exhaustive."""
    explainer = one_normal(n_columns)
    X, wrong = rows_of(explainer, 200, n_wrong, size=12.0)
    found = explainer(X)
    assert (found.flagged_cells == wrong).all(axis=1).mean() >= 0.97
    assert np.take_along_axis(wrong, found.column[:, None], axis=1).mean() >= 0.99


def test_ordinary_rows_have_no_wrong_cells_and_stay_as_they_are():
    explainer = one_normal()
    X = explainer.mixture.sample(500, 5)[0]
    found = explainer(X)
    ordinary = found.score_before >= np.quantile(explainer.score(explainer.belonging), 0.01)
    assert ordinary.mean() > 0.95
    assert not found.flagged_cells[ordinary].any()
    unchanged = ~found.flagged_cells.any(axis=1)
    np.testing.assert_array_equal(found.repaired[unchanged], X[unchanged])
    np.testing.assert_array_equal(found.score_after[unchanged], found.score_before[unchanged])
    np.testing.assert_array_equal(found.given[unchanged], -1)


def test_repaired_rows_differ_in_flagged_cells_alone_and_score_what_is_said():
    explainer = one_normal(center=100.0, scale=7.0)
    X, _ = rows_of(explainer, 60, 2)
    found = explainer(X)
    assert found.flagged_cells.any()
    np.testing.assert_array_equal(found.repaired[~found.flagged_cells], X[~found.flagged_cells])
    np.testing.assert_allclose(found.score_after, explainer.score(found.repaired), rtol=1e-12)


def test_nothing_expected_depends_on_the_value_or_on_wrong_ones():
    explainer = one_normal()
    X, _ = rows_of(explainer, 30, 2, size=20.0)
    found = explainer(X)
    places = np.flatnonzero(found.flagged_cells.sum(axis=1) == 2)
    assert len(places) > 20
    random = np.random.default_rng(2)
    wild = np.where(found.flagged_cells, X + 1e4 * random.choice([-1.0, 1.0], X.shape), X)[places]
    again = explainer(wild)
    np.testing.assert_array_equal(again.flagged_cells, found.flagged_cells[places])
    np.testing.assert_allclose(again.expected, found.expected[places], rtol=1e-9, atol=1e-9)
    np.testing.assert_allclose(again.deviation, found.deviation[places], rtol=1e-9)
    # What repairs them is what is expected of them together.
    np.testing.assert_allclose(again.repaired, found.repaired[places], rtol=1e-7, atol=1e-7)


def test_what_is_expected_of_flagged_cells_repairs_them():
    explainer = one_normal()
    X, _ = rows_of(explainer, 40, 3, size=12.0)
    found = explainer(X)
    cells = found.flagged_cells
    assert cells.sum() > 100
    np.testing.assert_allclose(found.repaired[cells], found.expected[cells], rtol=1e-8, atol=1e-8)


def test_shares_add_up_to_the_surprise():
    explainer = one_normal()
    X, _ = rows_of(explainer, 30, 2)
    shares = explainer(X).shares.sum(axis=1)
    surprise = -explainer.score(X)
    np.testing.assert_allclose(shares - shares[0], surprise - surprise[0], rtol=1e-9)
    usual = surprise - shares
    np.testing.assert_allclose(usual, -explainer.score(explainer.belonging).mean(), atol=0.5)


def test_the_repaired_row_reaches_the_threshold():
    explainer = one_normal()
    X, _ = rows_of(explainer, 100, 1, size=6.0)
    for at_least in np.quantile(explainer.score(explainer.belonging), [0.05, 0.2, 0.4]):
        found = explainer(X, at_least)
        one = found.flagged_cells.sum(axis=1) == 1
        others = np.array([best_of(explainer, row, 1)[0] for row in X])
        assert (one & (others >= at_least)).any()
        assert (found.score_after[one & (others >= at_least)] >= at_least).all()


def test_two_cells_that_contradict_each_other_are_told_both():
    """Of two columns that are the same but for noise, nothing says which is wrong."""
    covariance = np.array([[1.0, 0.99, 0.0], [0.99, 1.0, 0.0], [0.0, 0.0, 1.0]])
    explainer = explainer_under(Mixture([1.0], [[0.0, 0.0, 0.0]], Full(covariance[None], 1, 3)))
    found = explainer(np.array([[1.0, -1.0, 0.2], [0.0, 0.0, 9.0]]))
    assert found.flagged_cells[0].sum() == found.other_cells[0].sum() == 1
    np.testing.assert_array_equal(found.flagged_cells[0] | found.other_cells[0], [True, True, False])
    # Of the third column there is no doubt.
    np.testing.assert_array_equal(found.flagged_cells[1], [False, False, True])
    assert not found.other_cells[1].any()


def test_more_than_three_wrong_cells_leave_the_row_unusual():
    explainer = explainer_under(Mixture([1.0], [[0.0] * 8], Diagonal(np.ones((1, 8)), 1, 8)))
    many, little = np.full((1, 8), 20.0), np.full((1, 8), 3.5)
    many[0, 5:] = 0.0
    of_many, of_little = explainer(many), explainer(little)
    assert of_many.flagged_cells.sum() == MOST_CELLS
    assert of_many.flagged_cells[0, :5].sum() == MOST_CELLS
    assert of_many.score_before < of_many.score_after < np.quantile(explainer.score(explainer.belonging), 0.001)
    # 3.5 deviations are 6.1 nats: no cell is wrong beyond the others.
    assert not of_little.flagged_cells.any()
    np.testing.assert_array_equal(of_little.repaired, little)
    assert of_little.score_before == of_little.score_after


def test_a_repair_that_lowers_the_score_is_none():
    """A detector for which the cell that the distribution finds wrong is the best of all."""
    explainer = one_normal()
    row = explainer.mixture.means + 0.0
    row[0, 3] += 9.0
    contrary = replace(explainer, score=lambda X: X[:, 3] - 40.0)
    found = contrary(row, at_least=0.0)
    assert not found.flagged_cells.any()
    np.testing.assert_array_equal(found.repaired, row)
    assert found.score_after == found.score_before


def test_a_group_is_known_by_the_cells_that_are_right():
    means = np.array([[0.0, 0.0, 0.0], [10.0, 10.0, 10.0]])
    explainer = explainer_under(Mixture([0.5, 0.5], means, Diagonal(np.ones((2, 3)), 2, 3)))
    found = explainer(np.array([[10.0, 0.2, -0.3], [10.0, 9.0, 0.0]]))
    np.testing.assert_array_equal(found.flagged_cells, [[True, False, False], [False, False, True]])
    np.testing.assert_allclose(found.expected[0, 0], 0.0, atol=1e-6)
    np.testing.assert_allclose(found.expected[1, 2], 10.0, atol=1e-6)


def test_missing_values_are_neither_flagged_nor_shared_nor_repaired():
    explainer = one_normal()
    mixture = explainer.mixture
    explainer = Explainer(mixture, explainer.scaling, lambda X: marginal_scores(mixture, X), explainer.belonging)
    X, _ = rows_of(explainer, 40, 2, size=12.0)
    missing = np.random.default_rng(3).random(X.shape) < 0.25
    missing[0] = True
    missing[1] = np.arange(D) != 2
    X[missing] = np.nan
    found = explainer(X)
    assert found.flagged_cells.any()
    assert not (found.flagged_cells | found.other_cells)[missing].any()
    assert (found.shares[missing] == 0).all()
    assert (found.distance[missing] == 0).all()
    assert np.isnan(found.repaired[missing]).all()
    assert np.isfinite(found.repaired[~missing]).all()
    assert np.isfinite(found.expected).all()
    flagged = found.flagged_cells.any(axis=1)
    given = found.given[flagged]
    assert not np.take_along_axis((missing | found.flagged_cells)[flagged], given, axis=1)[given >= 0].any()


def marginal_scores(mixture, X):
    """Log density of the values that rows have."""
    scores = np.zeros(len(X))
    patterns, which = np.unique(~np.isnan(X), axis=0, return_inverse=True)
    for place, pattern in enumerate(patterns):
        if pattern.any():
            rows = which.ravel() == place
            scores[rows] = mixture.marginal(np.flatnonzero(pattern).tolist()).log_density(X[rows][:, pattern])
    return scores


def test_one_column():
    explainer = explainer_under(Mixture([1.0], [[3.0]], Diagonal([[4.0]], 1, 1)))
    found = explainer(np.array([[3.5], [30.0], [-1e300]]))
    np.testing.assert_array_equal(found.flagged_cells, [[False], [True], [True]])
    np.testing.assert_allclose(found.repaired[1:], 3.0, atol=1e-9)
    np.testing.assert_allclose(found.expected, 3.0)
    np.testing.assert_allclose(found.deviation, 2.0)
    np.testing.assert_allclose(found.distance[1], 13.5)
    assert not found.given_others.any()
    np.testing.assert_array_equal(found.given, -1)


def test_columns_that_tell_and_columns_that_do_not():
    covariance = np.array([[1.0, 0.95, 0.0], [0.95, 1.0, 0.0], [0.0, 0.0, 1.0]])
    explainer = explainer_under(Mixture([1.0], [[0.0, 0.0, 0.0]], Full(covariance[None], 1, 3)))
    found = explainer(np.array([[9.0, 0.1, 0.2], [0.3, 0.2, -9.0]]))
    np.testing.assert_array_equal(found.given_others, [[True, False, False], [True, True, False]])
    np.testing.assert_array_equal(found.given, [[1, -1, -1], [-1, -1, -1]])


@pytest.mark.parametrize("value", [1e30, -1e100, 1e155, 1.7e308])
def test_however_far_a_row_is_it_has_reasons(value):
    explainer = one_normal(center=5.0, scale=3.0)
    X = explainer.mixture.sample(4, 0)[0] * 3.0 + 5.0
    X[0, 1] = X[1, :3] = X[2] = value
    X[3, 4], X[3, 5] = value, -value
    finite = Explainer(
        explainer.mixture,
        explainer.scaling,
        lambda X: explainer.mixture.log_density(np.clip((X - 5.0) / 3.0, -1e150, 1e150)),
        explainer.belonging,
    )
    found = finite(X)
    for name in ARRAYS:
        assert np.isfinite(getattr(found, name)).all(), name
    np.testing.assert_array_equal(np.flatnonzero(found.flagged_cells[0]), [1])
    np.testing.assert_array_equal(np.flatnonzero(found.flagged_cells[3]), [4, 5])


def test_no_rows():
    found = one_normal()(np.empty((0, D)))
    assert found.repaired.shape == found.flagged_cells.shape == (0, D)
    assert found.given.shape == (0, 3)
