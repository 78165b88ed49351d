"""Categories in variational fits: against exact evidence, and laws."""

import numpy as np
import pytest
from scipy.special import gammaln

from mixtura import BayesianGaussianMixture, MixtureSearch


def rows_of(n_groups, n_rows=200, n_categories=2):
    """Return a number and some categories that tell groups apart."""
    random = np.random.default_rng(0)
    group = random.integers(n_groups, size=n_rows)
    categories = [
        np.where(random.random(n_rows) < 0.8, group, random.integers(3, size=n_rows)) for _ in range(n_categories)
    ]
    return np.column_stack([random.normal(size=n_rows) + 4 * group, *categories]).astype(np.float64)


def test_the_bound_of_one_component_is_the_evidence():
    rows = rows_of(3)[:, 1:]
    rows[:20, 1] = np.nan
    fit = BayesianGaussianMixture(
        categorical_features=[0, 1], weight_concentration_prior_type="dirichlet_distribution", max_iter=10
    ).fit(rows)
    evidence = 0.0
    for column in rows.T:
        counts = np.bincount(column[~np.isnan(column)].astype(int), minlength=3)
        evidence += (gammaln(0.25 + counts) - gammaln(0.25)).sum() - gammaln(1 + counts.sum())
    assert fit.lower_bound_ == pytest.approx(evidence, abs=1e-9)


@pytest.mark.parametrize("shape", ["full", "tied", "diag", "spherical"])
def test_components_that_are_not_needed_lose_their_rows(shape):
    rows = rows_of(2)
    fit = BayesianGaussianMixture(
        n_components=6, covariance_type=shape, categorical_features=[1, 2], random_state=0, max_iter=500
    ).fit(rows)
    assert fit.n_effective_components_ == 2
    assert (np.diff(fit.lower_bounds_) > -1e-3).all()
    assert fit.mixture_.levels.columns == (1, 2)


def test_categories_alone_have_as_many_groups_as_they_tell_apart():
    rows = rows_of(3, 600, 5)[:, 1:]
    fit = BayesianGaussianMixture(
        n_components=6, categorical_features=range(5), random_state=0, max_iter=500, tol=1e-6
    ).fit(rows)
    assert fit.n_effective_components_ == 3


def test_batches_come_near_to_a_fit_of_all_rows():
    rows = rows_of(2, 300)
    options = {"n_components": 2, "categorical_features": [1, 2], "random_state": 0}
    whole, batches = (BayesianGaussianMixture(**options) for _ in range(2))
    whole.fit(rows)
    for _ in range(5):
        for batch in np.array_split(rows, 3):
            batches.partial_fit(batch)
    assert batches.score(rows) == pytest.approx(whole.score(rows), abs=0.02)


def test_a_search_compares_evidence():
    search = MixtureSearch(
        range(1, 4),
        covariance_types=["diag"],
        estimator=BayesianGaussianMixture(categorical_features=[1, 2]),
        random_state=0,
    ).fit(rows_of(2))
    assert search.best_estimator_.n_effective_components_ == 2
