"""Criteria over the number of components."""

import numpy as np
import pytest
from legends import legend_of
from sklearn.exceptions import NotFittedError
from sklearn.mixture import GaussianMixture as SklearnGaussianMixture

from mixtura import BayesianGaussianMixture, GaussianMixture, MixtureSearch, SelectionDisplay


@pytest.fixture(scope="module")
def rows():
    rng = np.random.default_rng(0)
    return np.concatenate([rng.normal(center, 1, (200, 2)) for center in (0, 7, (0, 9))])


@pytest.fixture(scope="module")
def search(rows):
    return MixtureSearch(range(1, 7), covariance_types=["full", "spherical"], random_state=0).fit(rows)


def test_lines_are_the_results_of_the_search(search, picture):
    display = SelectionDisplay.from_estimator(search)
    for shape in ("full", "spherical"):
        line = display.lines_["BIC", shape]
        found = {c.n_components: c.bic for c in search.candidates_ if c.covariance_type == shape}
        np.testing.assert_array_equal(line.get_xdata(), sorted(found))
        np.testing.assert_array_equal(line.get_ydata(), [found[count] for count in sorted(found)])
    assert picture(display.figure_, "selection_shapes")


def test_the_ring_is_about_the_candidate_that_the_search_chose(search):
    display = SelectionDisplay.from_estimator(search)
    best = min(search.candidates_, key=lambda candidate: candidate.bic)
    (ring,) = display.markers_.values()
    assert (ring.get_xdata()[0], ring.get_ydata()[0]) == (best.n_components, best.bic)
    assert search.best_params_ == {
        "n_components": display.best["BIC"].n_components,
        "covariance_type": display.best["BIC"].line,
    }
    assert f"lowest: {best.n_components} components, {best.covariance_type}" in legend_of(display.ax_)


def test_several_criteria_of_several_shapes_in_one_picture(search, picture):
    display = SelectionDisplay.from_estimator(search, criteria=("bic", "aic"))
    assert set(display.lines_) == {(name, shape) for name in ("BIC", "AIC") for shape in ("full", "spherical")}
    assert picture(display.figure_, "selection_shapes_and_criteria")


def test_mixtures_fitted_one_by_one_are_compared_on_a_table(rows, picture):
    fits = [GaussianMixture(n, random_state=0, tol=1e-5, max_iter=300, n_init=2).fit(rows) for n in range(1, 8)]
    display = SelectionDisplay.from_estimator(fits, rows)
    np.testing.assert_allclose(display.lines_["BIC", "full"].get_ydata(), [fit.bic(rows) for fit in fits])
    np.testing.assert_allclose(display.lines_["AIC", "full"].get_ydata(), [fit.aic(rows) for fit in fits])
    assert display.best["BIC"].n_components == 3
    assert picture(display.figure_, "selection_bic_aic")


def test_mixtures_of_scikit_learn_are_compared_too(rows):
    fits = [SklearnGaussianMixture(n, random_state=0).fit(rows) for n in (1, 3)]
    display = SelectionDisplay.from_estimator(fits, rows, criteria="aic")
    np.testing.assert_allclose(display.lines_["AIC", "full"].get_ydata(), [fit.aic(rows) for fit in fits])


def test_the_bound_of_the_evidence_is_highest_at_the_best(rows):
    search = MixtureSearch((1, 2, 3), covariance_types=["full"], estimator=BayesianGaussianMixture(random_state=0))
    display = SelectionDisplay.from_estimator(search.fit(rows))
    assert display.best["evidence lower bound"].value == max(candidate.elbo for candidate in search.candidates_)
    assert display.ax_.get_ylabel() == "evidence lower bound (higher is better)"


def test_a_candidate_that_could_not_be_fitted_leaves_a_gap(picture):
    values = {"BIC": {"full": [9.0, 7.0, np.inf, 6.5, np.inf], "diag": [9.5, 8.0, 6.0, 6.2, 6.9]}}
    display = SelectionDisplay.from_predictions([1, 2, 3, 4, 5], values)
    np.testing.assert_array_equal(display.lines_["BIC", "full"].get_ydata(), [9.0, 7.0, np.nan, 6.5, np.nan])
    np.testing.assert_array_equal(display.gaps_[0].get_xdata(), [3, 5])
    assert display.best["BIC"].n_components == 3
    assert picture(display.figure_, "selection_gap")


def test_counts_in_any_order_and_the_first_of_those_that_tie():
    display = SelectionDisplay([3, 1, 2], {"loss": [4.0, 9.0, 4.0]})
    assert display.best["loss"].n_components == 2
    assert SelectionDisplay([1, 2], {"gain": [4.0, 9.0]}, better="higher").best["gain"].n_components == 2


def test_names_are_shown_as_they_are():
    display = SelectionDisplay.from_predictions([1, 2], {"_cost\nin $": [2.0, 1.0], "$x_1$": [3.0, 2.0]})
    assert r"_cost in \$" in legend_of(display.ax_)
    display.figure_.canvas.draw()


def test_axes_given_are_drawn_into(need):
    _, (left, right) = need("matplotlib.pyplot").subplots(1, 2)
    display = SelectionDisplay([1, 2], {"BIC": [2.0, 1.0]})
    assert display.plot(ax=right) is display
    assert display.ax_ is right
    assert not left.lines


@pytest.mark.parametrize(
    ("counts", "values", "message"),
    [
        ([], {"BIC": []}, "one for each candidate"),
        ([1, 2], {}, "no criterion"),
        ([1, 1], {"BIC": [1.0, 2.0]}, "different whole numbers"),
        ([0, 1], {"BIC": [1.0, 2.0]}, "at least 1"),
        ([1, 2], {"BIC": [1.0]}, "2 counts"),
        ([1, 2], {"BIC": [1.0, np.nan]}, "value 1 of 'BIC' is NaN"),
        ([1, 2], {"BIC": [np.inf, np.inf]}, "no candidate could be fitted"),
        ([1, 2], {"BIC": {}}, "no candidate"),
    ],
)
def test_what_cannot_be_drawn_is_refused(counts, values, message):
    with pytest.raises(ValueError, match=message):
        SelectionDisplay(counts, values)


def test_criteria_that_cannot_be_drawn_are_refused(search, rows):
    for criteria, message in (
        ("bci", "criteria must be some of"),
        (("bic", "mml"), "share no scale"),
        ("cv", "did not work out 'cv'"),
        ("elbo", "did not work out 'elbo'"),
    ):
        with pytest.raises(ValueError, match=message):
            SelectionDisplay.from_estimator(search, criteria=criteria)
    one = GaussianMixture(2, random_state=0).fit(rows)
    for estimator, table, message in (
        ([one], None, "give X"),
        ([], rows, "no mixture"),
        ([one, one], rows, "two mixtures have 2 components"),
        ([BayesianGaussianMixture(random_state=0).fit(rows)], rows, "has no bic"),
        (one, None, "compared no candidates"),
    ):
        with pytest.raises(ValueError, match=message):
            SelectionDisplay.from_estimator(estimator, table)


def test_estimators_must_be_fitted(rows):
    with pytest.raises(NotFittedError):
        SelectionDisplay.from_estimator(MixtureSearch())
    with pytest.raises(NotFittedError):
        SelectionDisplay.from_estimator([GaussianMixture()], rows)
