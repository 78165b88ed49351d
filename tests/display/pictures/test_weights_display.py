"""Weights of a mixture as bars."""

import numpy as np
import pytest
from sklearn.exceptions import NotFittedError
from sklearn.mixture import BayesianGaussianMixture as SklearnBayesianGaussianMixture

from mixtura import BayesianGaussianMixture, GaussianMixture, MixtureDetector, MixtureSearch, WeightsDisplay


@pytest.fixture(scope="module")
def rows():
    rng = np.random.default_rng(0)
    return np.concatenate([rng.normal(0, 1, (200, 2)), rng.normal(8, 1, (100, 2)), rng.normal((0, 9), 1, (50, 2))])


def bayesian(rows, **parameters):
    return BayesianGaussianMixture(n_components=8, random_state=0, max_iter=500, **parameters).fit(rows)


def heights(display):
    return [bar.get_height() for bar in display.bars_]


def texts(display):
    said = display.ax_.get_legend()
    return [said.get_title().get_text(), *(text.get_text() for text in said.get_texts())]


def test_bars_are_the_weights_the_largest_first(rows, picture):
    estimator = bayesian(rows)
    display = WeightsDisplay.from_estimator(estimator)
    np.testing.assert_allclose(heights(display), np.sort(estimator.weights_)[::-1])
    np.testing.assert_allclose(heights(display), estimator.weights_[display.order])
    shown = [int(label.get_text()) for label in display.ax_.get_xticklabels()]
    assert shown == list(display.order)
    assert picture(display.figure_, "weights_bayesian")


def test_components_that_are_switched_off_are_crosses(rows):
    estimator = bayesian(rows)
    display = WeightsDisplay.from_estimator(estimator)
    assert estimator.n_effective_components_ == 3
    np.testing.assert_array_equal(display.off_.get_xdata(), np.arange(3, 8))
    np.testing.assert_array_equal(display.off_.get_ydata(), np.zeros(5))
    assert texts(display) == [
        f"3 of 8 components in use,\nas spread as {display.perplexity:.3g} equal ones",
        "equal weights, 0.125",
        "switched off",
    ]


def test_two_concentration_priors_side_by_side(rows, need, picture):
    figure, axes = need("matplotlib.pyplot").subplots(1, 2, figsize=(8, 3.2), sharey=True, layout="constrained")
    found = []
    for ax, prior in zip(axes, (0.01, 1000), strict=True):
        estimator = bayesian(
            rows, weight_concentration_prior=prior, weight_concentration_prior_type="dirichlet_distribution"
        )
        display = WeightsDisplay.from_estimator(estimator, name=f"concentration prior {prior:g}", ax=ax)
        assert display.ax_ is ax
        assert display.ax_.get_title(loc="left") == f"concentration prior {prior:g}"
        found.append(display.n_effective_components)
    assert found[0] < found[1] == 8
    assert picture(figure, "weights_two_priors")


def test_without_components_that_are_off_there_are_no_crosses(rows):
    estimator = GaussianMixture(3, random_state=0).fit(rows)
    display = WeightsDisplay.from_estimator(estimator)
    np.testing.assert_allclose(heights(display), np.sort(estimator.weights_)[::-1])
    assert display.off_ is None
    assert display.equal_.get_ydata()[0] == pytest.approx(1 / 3)


def test_mixtures_of_searches_and_of_scikit_learn(rows):
    search = MixtureSearch((2, 3), covariance_types=["diag"], random_state=0).fit(rows)
    np.testing.assert_allclose(
        heights(WeightsDisplay.from_estimator(search)), np.sort(search.best_estimator_.weights_)[::-1]
    )
    other = SklearnBayesianGaussianMixture(n_components=3, random_state=0, max_iter=500).fit(rows)
    np.testing.assert_allclose(heights(WeightsDisplay.from_estimator(other)), np.sort(other.weights_)[::-1])


def test_perplexity_of_equal_weights_is_their_number_and_that_of_one_is_one():
    assert WeightsDisplay([0.25, 0.25, 0.25, 0.25, 0.0]).perplexity == pytest.approx(4)
    assert WeightsDisplay([1.0, 0.0]).perplexity == 1
    assert WeightsDisplay([0.5, 0.25, 0.25]).perplexity == pytest.approx(2**1.5)


def test_noise_is_no_component(rows):
    estimator = GaussianMixture(3, noise=True, random_state=0).fit(rows)
    assert sum(heights(WeightsDisplay.from_estimator(estimator))) == pytest.approx(1)


def test_many_components_have_room_for_their_numbers(picture):
    weights = 0.9 ** np.arange(60)
    display = WeightsDisplay(weights / weights.sum(), n_effective_components=40, name="$a_1$\nb").plot()
    assert len(display.ax_.get_xticks()) == 15
    assert display.ax_.get_title(loc="left") == r"\$a_1\$ b"
    assert picture(display.figure_, "weights_many")


@pytest.mark.parametrize(
    ("weights", "effective", "message"),
    [
        ([], None, "one for each component"),
        ([[0.5, 0.5]], None, "one for each component"),
        ([0.5, 0.6], None, "sum is 1.1"),
        ([1.5, -0.5], None, "between 0 and 1"),
        ([np.nan, 1.0], None, "sum is nan"),
        ([0.5, 0.5], 3, "3 of them cannot be in use"),
    ],
)
def test_what_are_no_weights_is_refused(weights, effective, message):
    with pytest.raises(ValueError, match=message):
        WeightsDisplay(weights, n_effective_components=effective)


def test_estimators_must_be_fitted_and_have_weights(rows):
    with pytest.raises(NotFittedError):
        WeightsDisplay.from_estimator(BayesianGaussianMixture())
    with pytest.raises(ValueError, match="MixtureDetector has no weights_"):
        WeightsDisplay.from_estimator(MixtureDetector(GaussianMixture(2)).fit(rows))
