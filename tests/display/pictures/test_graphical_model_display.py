"""The Bayesian mixture as a graph: its arrows are the factors of the model, its plates hold what is copied."""

import numpy as np
import pytest
from sklearn.mixture import BayesianGaussianMixture as SklearnBayesianGaussianMixture

from mixtura import BayesianGaussianMixture, GaussianMixture, GraphicalModelDisplay, MixtureSearch

SHAPES = ["full", "tied", "diag", "spherical"]
PROCESS, DISTRIBUTION = "dirichlet_process", "dirichlet_distribution"
X = np.random.default_rng(0).normal(size=(60, 2))


def parents(display, name):
    return {start for start, end in display.arrows_ if end == name}


def inside(display, plate):
    """Return the circles whose centre lies in a plate."""
    frame = display.plates_[plate]
    x, y, width, height = frame.get_x(), frame.get_y(), frame.get_width(), frame.get_height()
    return {
        name
        for name, node in display.nodes_.items()
        if x < node.center[0] < x + width and y < node.center[1] < y + height
    }


def texts(display):
    return [text.get_text() for text in display.ax_.texts]


@pytest.mark.parametrize("shape", SHAPES)
@pytest.mark.parametrize("prior", [PROCESS, DISTRIBUTION])
def test_arrows_are_the_factors_of_the_joint_density(shape, prior):
    """p(x|z, mu, Lambda) p(z|pi) p(pi|alpha) p(mu|Lambda, m, beta) p(Lambda|W, nu): Bishop (2006), equation 10.41."""
    display = GraphicalModelDisplay(shape, prior).plot()
    assert parents(display, "row") == {"component", "mean", "precision"}
    assert parents(display, "component") == {"weights"}
    assert parents(display, "weights") == {"weight_concentration_prior"}
    assert parents(display, "mean") == {"precision", "mean_prior", "mean_precision_prior"}
    assert parents(display, "precision") == {"covariance_prior", "degrees_of_freedom_prior"}
    assert len(display.arrows_) == 10
    seen = [name for name, node in display.nodes_.items() if node.get_facecolor()[:3] == (0.8, 0.8, 0.8)]
    assert seen == ["row"]


@pytest.mark.parametrize("shape", SHAPES)
@pytest.mark.parametrize("prior", [PROCESS, DISTRIBUTION])
def test_plates_hold_what_there_are_several_of(shape, prior):
    display = GraphicalModelDisplay(shape, prior).plot()
    assert inside(display, "rows") == {"component", "row"}
    assert inside(display, "components") == ({"mean"} if shape == "tied" else {"mean", "precision"})
    if prior == PROCESS:
        assert inside(display, "sticks") == {"weights"}
    else:
        assert set(display.plates_) == {"rows", "components"}


def test_a_fitted_mixture_has_the_values_of_its_priors(picture):
    bgm = BayesianGaussianMixture(n_components=6, mean_precision_prior=2.5, max_iter=500, random_state=0).fit(X)
    display = GraphicalModelDisplay.from_estimator(bgm)
    assert display.values == {
        "weight_concentration_prior": pytest.approx(1 / 6),
        "mean_precision_prior": 2.5,
        "degrees_of_freedom_prior": float(bgm.degrees_of_freedom_prior_),
    }
    assert "$\\alpha = 0.167$\nweight_concentration_prior" in texts(display)
    assert "$\\beta_0 = 2.5$\nmean_precision_prior" in texts(display)
    assert texts(display).count("K = 6") == 2
    assert picture(display.figure_, "graphical_model_process")


def test_one_that_is_not_fitted_has_what_was_given(picture):
    bgm = BayesianGaussianMixture(
        n_components=3, covariance_type="tied", weight_concentration_prior_type=DISTRIBUTION, degrees_of_freedom_prior=4
    )
    display = GraphicalModelDisplay.from_estimator(bgm)
    assert display.values == {"degrees_of_freedom_prior": 4.0}
    assert "$\\alpha$\nweight_concentration_prior" in texts(display)
    assert "$\\Lambda$" in texts(display)
    assert picture(display.figure_, "graphical_model_tied")


@pytest.mark.parametrize("prior", [PROCESS, DISTRIBUTION])
def test_the_concentration_is_that_of_scikit_learn(prior):
    options = {"n_components": 4, "weight_concentration_prior_type": prior, "weight_concentration_prior": 0.3}
    for estimator in (SklearnBayesianGaussianMixture(**options), BayesianGaussianMixture(**options)):
        for one in (estimator, estimator.set_params(max_iter=500, tol=0.1).fit(X)):
            assert GraphicalModelDisplay.from_estimator(one).values["weight_concentration_prior"] == 0.3


def test_of_a_search_the_best_candidate_is_drawn():
    estimator = BayesianGaussianMixture(max_iter=500)
    search = MixtureSearch(range(2, 4), covariance_types=["diag"], estimator=estimator, random_state=0).fit(X)
    display = GraphicalModelDisplay.from_estimator(search)
    assert display.covariance_type == "diag"
    assert display.n_components == search.best_params_["n_components"]
    assert "$\\lambda_k$" in texts(display)


def test_it_goes_into_the_axes_given_with_smaller_letters(need, picture):
    figure, axes = need("matplotlib.pyplot").subplots(1, 2, figsize=(8, 2.4))
    display = GraphicalModelDisplay("diag").plot(axes[0])
    other = GraphicalModelDisplay("diag", DISTRIBUTION)
    assert other.plot(axes[1]) is other
    assert display.ax_ is axes[0]
    assert display.figure_ is figure
    assert max(text.get_fontsize() for text in display.ax_.texts) < 8
    assert picture(figure, "graphical_model_small")


@pytest.mark.parametrize(
    ("given", "message"),
    [
        (("round",), "covariance_type must be one of"),
        (("full", "uniform"), "weight_concentration_prior_type must be None or one of"),
    ],
)
def test_what_there_is_not_is_refused(given, message):
    with pytest.raises(ValueError, match=message):
        GraphicalModelDisplay(*given)
    with pytest.raises(ValueError, match="values has 'alpha', which is no prior: the priors are weight_concentration"):
        GraphicalModelDisplay(values={"alpha": 1.0})
    with pytest.raises(ValueError, match="GaussianMixture is no mixture of normal distributions: give a Bayesian"):
        GraphicalModelDisplay.from_estimator(GaussianMixture(2, family="t"))


@pytest.mark.parametrize("shape", SHAPES)
def test_a_mixture_without_priors_has_numbers_that_a_fit_finds(shape):
    """p(x|z, mu, Sigma) p(z|pi): Bishop (2006), figure 9.6."""
    display = GraphicalModelDisplay.from_estimator(GaussianMixture(3, covariance_type=shape))
    assert set(display.arrows_) == {(start, "row") for start in ("component", "mean", "precision")} | {
        ("weights", "component")
    }
    assert inside(display, "rows") == {"component", "row"}
    assert inside(display, "components") == ({"mean"} if shape == "tied" else {"mean", "precision"})
    assert set(display.plates_) == {"rows", "components"}
    assert texts(display).count("K = 3") == 1
    symbol = r"\Sigma" if shape in ("full", "tied") else r"\sigma^2"
    assert f"${symbol}{'' if shape == 'tied' else '_k'}$\ncovariances_" in texts(display)
