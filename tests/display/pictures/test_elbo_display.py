"""The lower bound by iteration."""

import numpy as np
import pytest
from legends import legend_of
from sklearn.exceptions import ConvergenceWarning, NotFittedError
from sklearn.mixture import GaussianMixture as SklearnGaussianMixture

from mixtura import BayesianGaussianMixture, ElboDisplay, GaussianMixture, MixtureDetector, MixtureSearch


@pytest.fixture(scope="module")
def rows():
    rng = np.random.default_rng(0)
    return np.concatenate([rng.normal(0, 1, (200, 2)), rng.normal(4, 1, (100, 2)), rng.normal((0, 4), 1, (50, 2))])


@pytest.fixture(scope="module")
def bayesian(rows):
    return BayesianGaussianMixture(n_components=8, random_state=0, max_iter=500).fit(rows)


def test_the_line_is_the_bound_of_each_iteration(bayesian):
    display = ElboDisplay.from_estimator(bayesian)
    (line,) = display.lines_
    np.testing.assert_array_equal(line.get_ydata(), bayesian.lower_bounds_)
    np.testing.assert_array_equal(line.get_xdata(), np.arange(1, bayesian.n_iter_ + 1))
    assert (display.last_.get_xdata()[0], display.last_.get_ydata()[0]) == (bayesian.n_iter_, bayesian.lower_bound_)
    assert display.ax_.get_ylabel() == "evidence lower bound, nats"
    assert display.axes_ == [display.ax_]


def test_gains_are_drawn_below_with_the_tolerance(bayesian, picture):
    display = ElboDisplay.from_estimator(bayesian, gain=True, name="8 components")
    gains = np.diff(bayesian.lower_bounds_)
    np.testing.assert_array_equal(display.gains, gains)
    np.testing.assert_array_equal(display.gain_.get_ydata()[gains > 0], gains[gains > 0])
    assert display.axes_[1].get_yscale() == "log"
    assert legend_of(display.axes_[1]) == ["tol = 0.001"]
    assert picture(display.figure_, "elbo_gain")


def test_the_axis_says_what_the_bound_is(rows):
    for estimator, said in (
        (GaussianMixture(2, random_state=0), "mean log-likelihood of a row, nats"),
        (GaussianMixture(2, random_state=0, prior="default"), "log posterior density per row, nats"),
        (SklearnGaussianMixture(2, random_state=0), "mean log-likelihood of a row, nats"),
    ):
        display = ElboDisplay.from_estimator(estimator.fit(rows))
        assert display.ax_.get_ylabel() == said
        np.testing.assert_array_equal(display.lines_[0].get_ydata(), estimator.lower_bounds_)


def test_a_fit_that_did_not_converge_is_said_to(rows, picture):
    with pytest.warns(ConvergenceWarning):
        estimator = GaussianMixture(4, random_state=0, max_iter=5, tol=1e-6).fit(rows)
    display = ElboDisplay.from_estimator(estimator)
    last = f"{estimator.lower_bound_:.6g}".replace("-", "−")
    assert legend_of(display.ax_) == [f"not converged in 5 iterations, at {last}"]
    assert picture(display.figure_, "elbo_not_converged")


def test_every_start_is_drawn_from_what_on_progress_was_told(rows, picture):
    told = []
    estimator = GaussianMixture(5, random_state=1, n_init=4, init_params="random_from_data", on_progress=told.append)
    estimator.set_params(tol=1e-4, max_iter=300).fit(rows)
    display = ElboDisplay.from_progress(told, quantity="mean log-likelihood of a row, nats")
    assert len(display.lines_) == 4
    assert display.n_iter == estimator.n_iter_
    np.testing.assert_array_equal(display.lines_[display.best].get_ydata(), estimator.lower_bounds_)
    assert legend_of(display.ax_)[1:] == ["best of 4 starts", "other starts"]
    assert "6 iterations below, the lowest at −3." in display.ax_.get_title(loc="right")
    assert picture(display.figure_, "elbo_starts")


def test_the_best_of_a_search_is_drawn(rows):
    search = MixtureSearch((2, 3), covariance_types=["diag"], random_state=0).fit(rows)
    display = ElboDisplay.from_estimator(search)
    np.testing.assert_array_equal(display.lines_[0].get_ydata(), search.best_estimator_.lower_bounds_)


def test_a_bound_that_falls_is_shown_as_one(picture):
    display = ElboDisplay([-9.0, -5.0, -5.5, -5.0, -5.0]).plot(gain=True)
    np.testing.assert_array_equal(display.falls_.get_xdata(), [3])
    np.testing.assert_array_equal(display.falls_.get_ydata(), [0.5])
    assert legend_of(display.axes_[1]) == ["the bound fell"]
    assert picture(display.figure_, "elbo_fall")


def test_one_iteration_and_no_gain():
    display = ElboDisplay([3.0], converged=True).plot(gain=True)
    assert legend_of(display.ax_) == ["converged after 1 iteration, at 3"]
    assert display.axes_[1].get_yscale() == "linear"
    display.figure_.canvas.draw()


def test_two_axes_given_are_drawn_into(need):
    _, axes = need("matplotlib.pyplot").subplots(2, 1)
    display = ElboDisplay([1.0, 2.0, 2.5])
    assert display.plot(ax=axes, gain=True) is display
    assert display.axes_ == list(axes)
    with pytest.raises(ValueError, match="2 panels to draw, and ax holds 1"):
        display.plot(ax=axes[:1], gain=True)


def test_one_of_the_axes_given_is_divided(need):
    pyplot = need("matplotlib.pyplot")
    _, (left, right) = pyplot.subplots(1, 2)
    display = ElboDisplay([1.0, 2.0, 2.5]).plot(ax=left, gain=True)
    assert all(ax.get_position().x1 <= left.get_position().x1 + 1e-9 for ax in display.axes_)
    assert not right.lines
    with pytest.raises(ValueError, match="cannot be divided"):
        display.plot(ax=pyplot.figure().add_axes((0, 0, 1, 1)), gain=True)


@pytest.mark.parametrize(
    ("bounds", "message"),
    [
        ([], "one for each iteration"),
        ([[1.0], []], "one for each iteration"),
        ([1.0, np.nan], "iteration 2 is nan"),
        ([-np.inf, 1.0], "iteration 1 is -inf"),
    ],
)
def test_what_are_no_bounds_is_refused(bounds, message):
    with pytest.raises(ValueError, match=message):
        ElboDisplay(bounds)


def test_estimators_must_be_fitted_and_have_bounds(rows):
    with pytest.raises(NotFittedError):
        ElboDisplay.from_estimator(GaussianMixture())
    with pytest.raises(ValueError, match="MixtureDetector kept no lower_bounds_"):
        ElboDisplay.from_estimator(MixtureDetector(GaussianMixture(2)).fit(rows))
    with pytest.raises(ValueError, match="no iterations"):
        ElboDisplay.from_progress([])
