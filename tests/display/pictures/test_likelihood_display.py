"""A density in x, and its likelihood and posterior in the parameter."""

import numpy as np
import pytest
from legends import legend_of
from scipy.stats import beta, norm

from mixtura import LikelihoodDisplay, Mixture, Spherical, fit_parameter, likelihood_profile
from mixtura.errors import MissingValuesError

MEANS = np.linspace(-3, 5, 401)
SHARES = np.linspace(0, 1, 201)[1:-1]


def normal(x, mean):
    return norm.logpdf(x, mean, 1.0)


def coin(x, share):
    return x * np.log(share) + (1 - x) * np.log1p(-share)


def two_groups(x, theta):
    """Return the log density of the mixture of `examples/plot_04_density_and_likelihood.py`."""
    mixture = Mixture([1 / 3, 2 / 3], [[-4.0], [1.0]], Spherical([theta**2, theta**2], 2, 1))
    return mixture.log_density(np.asarray(x)[:, None])


def point(line):
    return line.get_xdata()[0], line.get_ydata()[0]


def test_the_maximum_of_a_normal_is_at_the_mean_and_with_a_prior_shrunk(picture):
    x = np.random.default_rng(0).normal(1.5, 1, 8)
    display = LikelihoodDisplay.from_density(
        normal, MEANS, x, prior=lambda mean: norm.logpdf(mean, 0, 0.5), x_grid=np.linspace(-4, 6, 300)
    )
    place, height = point(display.mle_["log_likelihood"])
    assert place == pytest.approx(x.mean(), abs=1e-6)
    assert height == pytest.approx(norm.logpdf(x, x.mean()).sum())
    assert point(display.mle_["likelihood"])[1] == pytest.approx(np.exp(height))
    # Conjugate: precision 8 of the observations, 4 of the prior about 0.
    place, height = point(display.map_["posterior"])
    assert place == pytest.approx(x.sum() / 12, abs=1e-6)
    assert height == pytest.approx(norm.pdf(0, 0, 12**-0.5), rel=1e-4)
    assert picture(display.figure_, "likelihood_normal")


def test_the_maximum_of_tosses_is_their_share_and_with_a_beta_prior_that_of_the_posterior(picture):
    x = np.repeat([1.0, 0.0], [7, 3])
    display = LikelihoodDisplay.from_density(
        coin, SHARES, x, prior=lambda share: beta.logpdf(share, 4, 4), theta_name="probability of heads"
    )
    assert point(display.mle_["likelihood"])[0] == pytest.approx(0.7, abs=1e-6)
    assert point(display.map_["posterior"])[0] == pytest.approx((7 + 4 - 1) / (10 + 8 - 2), abs=1e-6)
    for name, exact in (("posterior", beta(11, 7)), ("prior", beta(4, 4))):
        places, drawn = display.lines_[name].get_data()
        np.testing.assert_allclose(drawn, exact.pdf(places), rtol=1e-3, atol=1e-6)
    assert list(display.axes_) == ["likelihood", "log_likelihood", "posterior"]
    assert display.ax_ is display.axes_["likelihood"]
    assert picture(display.figure_, "likelihood_tosses")


def test_the_interval_of_the_estimate_is_shaded_where_it_lies():
    x = np.array([0.5, 1.5, 2.5, 1.0])
    display = LikelihoodDisplay.from_density(
        normal, MEANS, x, prior=lambda mean: norm.logpdf(mean, 0, 0.5), theta_name="mean"
    )
    half = norm.ppf(0.975) / np.sqrt(len(x))
    for name in ("likelihood", "log_likelihood"):
        ends = display.intervals_[name].get_paths()[0].vertices[:, 0]
        np.testing.assert_allclose([ends.min(), ends.max()], [x.mean() - half, x.mean() + half], rtol=1e-4)
        assert any(text.startswith("95% interval: 0.395 to ") for text in legend_of(display.axes_[name]))
    # Conjugate: precision 4 of the observations and 4 of the prior.
    corners = display.intervals_["posterior"].get_paths()[0].vertices
    half = norm.ppf(0.975) / np.sqrt(8)
    assert corners[:, 0].min() == pytest.approx(x.sum() / 8 - half, abs=0.03)
    assert corners[:, 0].max() == pytest.approx(x.sum() / 8 + half, abs=0.03)


def test_an_estimate_at_a_bound_has_no_interval_to_shade():
    display = LikelihoodDisplay.from_density(normal, np.linspace(-3, 0, 50), [2.0])
    assert display.intervals_ == {}


def test_a_shaded_area_of_the_density_is_its_probability(picture):
    display = LikelihoodDisplay.from_density(
        two_groups,
        np.linspace(0.3, 6, 150),
        2.5,
        x_grid=np.linspace(-12, 10, 300),
        densities_at=[1.3, 3.0],
        x_interval=(-2, 2),
        panels=["density", "likelihood"],
    )
    for theta, found in display.probabilities_.items():
        mixture = Mixture([1 / 3, 2 / 3], [[-4.0], [1.0]], Spherical([theta**2, theta**2], 2, 1))
        assert found == pytest.approx(mixture.interval_probability(-2, 2), abs=2e-4)
    texts = legend_of(display.axes_["density"])
    assert texts[0] == f"θ = 1.3: P(−2 < x < 2) = {display.probabilities_[1.3]:.3f}"
    assert list(display.probabilities_) == [1.3, 3.0]
    areas = [area.get_paths()[0].vertices[:, 0] for area in display.axes_["density"].collections]
    assert [(area.min(), area.max()) for area in areas] == [(-2, 2), (-2, 2)]
    assert picture(display.figure_, "likelihood_interval")


def test_curves_are_the_profile():
    display = LikelihoodDisplay.from_density(normal, MEANS, [0.5, 1.0])
    profile = likelihood_profile(normal, np.union1d(MEANS, display.maximum.theta), [0.5, 1.0])
    np.testing.assert_allclose(display.lines_["likelihood"].get_ydata(), profile.likelihood)
    np.testing.assert_allclose(display.lines_["log_likelihood"].get_ydata(), profile.log_likelihood)


def test_one_observation_in_four_panels_with_the_density_over_both(picture):
    display = LikelihoodDisplay.from_density(
        two_groups,
        np.linspace(0.3, 6, 150),
        2.5,
        x_grid=np.linspace(-10, 8, 200),
        densities_at=[1.3, 3.0],
        panels=["surface", "likelihood", "density", "log_likelihood"],
    )
    grid = np.linspace(-10, 8, 200)
    np.testing.assert_allclose(display.densities_[1.3].get_ydata(), np.exp(two_groups(grid, 1.3)))
    np.testing.assert_allclose(display.surface[0], np.exp(two_groups(grid, 0.3)))
    assert "x = 2.5" in legend_of(display.axes_["density"])
    seen = [line.get_xydata()[0] for line in display.axes_["density"].lines if line.get_marker() == "o"]
    np.testing.assert_allclose(seen, [[2.5, np.exp(two_groups([2.5], theta)[0])] for theta in (1.3, 3.0)])
    best = fit_parameter(two_groups, 2.5, bounds=(0.3, 6)).theta
    assert point(display.mle_["likelihood"])[0] == best
    assert picture(display.figure_, "likelihood_surface")


def test_likelihoods_that_doubles_do_not_hold_are_relative_to_the_maximum(picture):
    x = np.random.default_rng(0).normal(1.5, 1, 2000)
    display = LikelihoodDisplay.from_density(normal, MEANS, x, x_grid=np.linspace(-4, 6, 300))
    assert point(display.mle_["likelihood"])[1] == 1
    assert display.lines_["likelihood"].get_ydata().max() == 1
    assert display.axes_["likelihood"].get_ylabel() == "likelihood over its maximum"
    (bars,) = display.axes_["density"].patches
    heights, edges, _ = bars.get_data()
    assert (heights * np.diff(edges)).sum() == pytest.approx(((x >= -4) & (x <= 6)).mean())
    lowest, highest = display.axes_["log_likelihood"].get_ylim()
    assert lowest < display.maximum.log_likelihood < highest < lowest + 100
    assert picture(display.figure_, "likelihood_many")


def test_an_impossible_parameter_leaves_a_gap_and_an_estimate_at_the_edge_is_said():
    def uniform(x, width):
        return np.where(x <= width, -np.log(width), -np.inf)

    display = LikelihoodDisplay.from_density(uniform, np.linspace(0.5, 4, 100), [1.0, 2.0])
    places, drawn = display.lines_["log_likelihood"].get_data()
    np.testing.assert_array_equal(np.isnan(drawn), places < 2)
    display = LikelihoodDisplay.from_density(normal, np.linspace(-3, 0, 50), [2.0], panels=["likelihood"])
    assert legend_of(display.ax_) == ["MLE: θ = 0, the edge of the grid"]


def test_a_flat_prior_leaves_the_maximum_where_it_is():
    display = LikelihoodDisplay.from_density(normal, MEANS, [1.0, 3.0], prior=lambda mean: 0.0)
    assert point(display.map_["posterior"])[0] == pytest.approx(2.0, abs=1e-6)
    np.testing.assert_allclose(display.lines_["posterior"].get_ydata(), display.lines_["scaled"].get_ydata())


def test_names_are_shown_as_they_are():
    display = LikelihoodDisplay.from_density(normal, MEANS, 1.0, theta_name="$m_1\n$", panels=["likelihood"])
    assert display.ax_.get_xlabel() == r"\$m_1 \$"
    assert legend_of(display.ax_) == [r"MLE: \$m_1 \$ = 1", "95% interval: −0.96 to 2.96"]
    display.figure_.canvas.draw()


def test_panels_go_into_the_axes_given(need):
    _, axes = need("matplotlib.pyplot").subplots(1, 2)
    display = LikelihoodDisplay.from_density(normal, MEANS, 1.0, ax=axes)
    assert list(display.axes_.values()) == list(axes)
    assert display.plot(ax=axes[0], panels=["log_likelihood"]) is display
    assert display.ax_ is axes[0]
    with pytest.raises(ValueError, match="2 panels to draw, and ax holds 1"):
        display.plot(ax=axes[:1])


@pytest.mark.parametrize(
    ("given", "message"),
    [
        ({"panels": ["posterior"]}, "panels must be some of \\['likelihood', 'log_likelihood'\\]"),
        ({"panels": ["density"]}, "panels must be some of"),
        ({"panels": []}, "panels must be some of"),
        ({"panels": ["likelihood", "likelihood"]}, "each once"),
        ({"theta": [1.0, 1.0]}, "theta must be two different"),
        ({"theta": [1.0, np.nan]}, "theta must be two different finite numbers"),
        ({"x_grid": [2.0, 1.0]}, "x_grid must be"),
        ({"x_interval": (0, 1)}, "none are drawn: give x_grid"),
        ({"x_interval": (1, 0), "x_grid": [-2.0, 2.0]}, "two numbers, the lower first, from -2 to 2"),
        ({"x_interval": (0, 3), "x_grid": [-2.0, 2.0]}, "two numbers, the lower first, from -2 to 2"),
        ({"prior": lambda mean: -np.inf}, "zero"),
    ],
)
def test_what_cannot_be_drawn_is_refused(given, message):
    with pytest.raises(ValueError, match=message):
        LikelihoodDisplay.from_density(**({"log_density": normal, "theta": MEANS, "x": [1.0]} | given))


def test_observations_that_are_missing_are_refused():
    with pytest.raises(MissingValuesError, match="observation 1"):
        LikelihoodDisplay.from_density(normal, MEANS, [1.0, np.nan])


def test_what_the_class_is_given_must_fit_together():
    profile, fit = likelihood_profile(normal, MEANS, 1.0), fit_parameter(normal, 1.0, bounds=(-3, 5))
    for given, message in (
        ({"log_prior": np.zeros(len(MEANS))}, "give both or neither"),
        ({"log_prior": [0.0], "posterior": fit}, "log_prior must hold numbers in the shape"),
        ({"densities": {1.0: [0.1]}}, "give x_grid"),
        ({"densities": {1.0: [0.1]}, "x_grid": [0.0, 1.0]}, "a density must hold numbers"),
        ({"x_interval": (0, 1)}, "none are given: give x_grid"),
        ({"surface": [[0.1, 0.1]], "x_grid": [0.0, 1.0]}, "surface must hold numbers"),
    ):
        with pytest.raises(ValueError, match=message):
            LikelihoodDisplay(profile, fit, **given)
    with pytest.raises(ValueError, match="ascending order"):
        LikelihoodDisplay(likelihood_profile(normal, MEANS[::-1], 1.0), fit)
