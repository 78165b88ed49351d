"""Searches of large tables: samples rule candidates out, and the choice is that of the whole search."""

import numpy as np
import pytest
from sklearn.exceptions import ConvergenceWarning

from mixtura import MixtureSearch
from mixtura.engines import ThreadEngine
from mixtura.mixtures.choice import screening, search


@pytest.fixture
def screened(monkeypatch):
    """Screen tables of more than 3,000 rows, by samples of 1,000 and 2,000."""
    monkeypatch.setattr(search, "SCREENED_ABOVE", 3000)
    monkeypatch.setattr(screening, "_FIRST_ROWS", 1000)
    monkeypatch.setattr(screening, "_GROWTH", 2)
    monkeypatch.setattr(screening, "_LARGEST_PART", 0.5)


def groups(n_rows, seed=0, n_groups=3, missing=0.0):
    """Rows of spherical groups of different sizes."""
    random = np.random.default_rng(seed)
    group = random.integers(n_groups, size=(n_rows, 1))
    X = (1 + group / 2) * random.normal(size=(n_rows, 2)) + 8 * group
    X[random.random(X.shape) < missing] = np.nan
    return X


def searched(X, **given):
    return MixtureSearch(range(1, 6), random_state=0, **given).fit(X)


@pytest.mark.one_case
@pytest.mark.parametrize(
    ("criterion", "missing"), [("bic", 0.0), pytest.param("bic", 0.1, marks=pytest.mark.exhaustive), ("mml", 0.0)]
)
def test_the_choice_is_that_of_the_whole_search(screened, monkeypatch, criterion, missing):
    X = groups(6000, missing=missing)
    quick = searched(X, criterion=criterion)
    monkeypatch.setattr(search, "SCREENED_ABOVE", 6000)
    whole = searched(X, criterion=criterion)
    assert quick.best_params_ == whole.best_params_ == {"n_components": 3, "covariance_type": "spherical"}
    means = [np.sort(fitted.mixture_.means, axis=0) for fitted in (quick, whole)]
    np.testing.assert_allclose(*means, atol=1e-2)
    assert "estimated" not in whole.results_
    estimates = {(c.n_components, c.covariance_type): c for c in quick.candidates_}
    assert len(estimates) == len(whole.candidates_)
    for candidate in whole.candidates_:
        estimate = estimates[candidate.n_components, candidate.covariance_type]
        # An estimate is right to a few standard errors of a sample of a sixth of the rows.
        assert estimate.log_likelihood == pytest.approx(candidate.log_likelihood, rel=0.02)
    fitted = [c for c in quick.candidates_ if not c.estimated]
    assert 1 <= len(fitted) <= 6
    best = min(quick.candidates_, key=lambda c: getattr(c, criterion))
    assert not best.estimated


def test_the_best_is_fitted_to_all_rows(screened):
    X = groups(5000)
    found = searched(X)
    best = next(c for c in found.candidates_ if not c.estimated and c.bic == found.results_["bic"].min())
    assert best.log_likelihood == pytest.approx(found.best_estimator_.score_samples(X).sum())


def test_one_seed_gives_one_answer_on_any_number_of_threads(screened):
    X = groups(4000)
    one, two = (searched(X, engine=ThreadEngine(n)) for n in (1, 2))
    np.testing.assert_array_equal(one.mixture_.means, two.mixture_.means)
    assert one.candidates_ == two.candidates_


def test_weights_count_as_rows(screened):
    X = groups(4000)
    weights = np.random.default_rng(1).integers(1, 4, size=len(X))
    weighted = MixtureSearch(range(1, 5), random_state=0).fit(X, sample_weight=weights)
    repeated = searched(np.repeat(X, weights, axis=0))
    assert weighted.best_params_ == repeated.best_params_
    np.testing.assert_allclose(
        np.sort(weighted.mixture_.means[:, 0]), np.sort(repeated.mixture_.means[:, 0]), atol=1e-2
    )


def test_a_candidate_that_is_left_out_wins_on_no_sample(screened):
    """A value that recurs in a few rows is a group of high density, and smaller than a group may be."""
    X = groups(6000, n_groups=2)
    X[:40] = 30 + 1e-5 * np.random.default_rng(2).normal(size=(40, 2))
    with pytest.warns(ConvergenceWarning, match="not reliable: component . is singular but for reg_covar"):
        found = searched(X)
    assert not next(c for c in found.candidates_ if c.bic == found.results_["bic"].min()).left_out
    assert any(c.left_out and c.estimated for c in found.candidates_)


@pytest.mark.parametrize("criterion", ["icl", "cv"])
def test_other_criteria_search_all_rows(screened, criterion):
    found = MixtureSearch(range(1, 3), covariance_types=["diag"], criterion=criterion, n_folds=2, random_state=0)
    assert "estimated" not in found.fit(groups(3500)).results_
