"""The prior of a mixture and the most probable parameters under it."""

from dataclasses import replace

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy.stats import dirichlet, invgamma, invwishart, multivariate_normal
from sklearn.base import clone

from mixtura import GaussianMixture
from mixtura.distributions.mixture import Mixture
from mixtura.distributions.shapes import CONJUGATE, SHAPES
from mixtura.engines import ThreadEngine
from mixtura.intake.table import Table
from mixtura.mixtures.em.expectation import Expectation
from mixtura.mixtures.em.loop import Fit, run_em
from mixtura.mixtures.em.maximum_a_posteriori import MaximumAPosteriori, MixturePrior
from mixtura.mixtures.em.overview import overview
from mixtura.mixtures.em.updates import MaximumLikelihood
from mixtura.rows import ArrayRows
from mixtura.statistics.moments import Moments

K, D = 3, 2

MATRIX = np.array([[2.0, 0.5], [0.5, 1.0]])
SCALES = {"full": MATRIX, "tied": MATRIX, "diag": np.array([2.0, 1.0]), "spherical": 1.5}


@pytest.fixture(params=CONJUGATE)
def name(request):
    return request.param


def table(seed=0, n_rows=60, n_features=D):
    random = np.random.default_rng(seed)
    return random.normal(size=(n_rows, n_features)) + 5 * random.integers(0, 2, size=(n_rows, 1))


def overview_of(X, name):
    return overview(Table(ArrayRows(X), ThreadEngine(1)), SHAPES[name])


def moments_of(shape, X, shares):
    centers = shares.T @ X / np.maximum(shares.sum(axis=0), 1)[:, None] + 0.1
    first = np.stack([share @ (X - center) for share, center in zip(shares.T, centers, strict=True)])
    return Moments(centers, len(X), 0.0, shares.sum(axis=0), first, shape.scatter(X, shares, centers))


def rule(X, name, prior=None, *, n_components=K, ridge=0.0):
    resolved = (prior or MixturePrior()).resolve(overview_of(X, name), SHAPES[name], n_components)
    return MaximumAPosteriori(SHAPES[name], resolved, np.full(X.shape[1], ridge))


def iterate(X, update, start, max_iter=20):
    return run_em(Expectation(Table(ArrayRows(X), ThreadEngine(1))), Fit(start), update, tol=0.0, max_iter=max_iter)


def informative(name, **changes):
    prior = MixturePrior(
        mean=[1.0, -2.0],
        mean_precision=0.6,
        degrees_of_freedom=3.5,
        covariance=SCALES[name],
        weight_concentration=1.7,
        strength=0.8,
    )
    return replace(prior, **changes)


def some_mixture(name, seed=1):
    random = np.random.default_rng(seed)
    roots = random.normal(size=(K, D, D))
    matrices = roots @ roots.transpose(0, 2, 1) + np.eye(D)
    variances = np.diagonal(matrices, axis1=1, axis2=2)
    values = {"full": matrices, "tied": matrices[0], "diag": variances, "spherical": variances[:, 0]}[name]
    return Mixture(random.dirichlet(np.ones(K)), random.normal(size=(K, D)), SHAPES[name](values, K, D))


def log_prior(mixture, name):
    """By SciPy, of the informative prior."""
    scale, values, degrees = SCALES[name], mixture.covariance.values, 3.5
    if name == "full":
        total = sum(invwishart(degrees, scale).logpdf(matrix) for matrix in values)
    elif name == "tied":
        total = invwishart(degrees, scale).logpdf(values)
    else:
        total = invgamma(degrees / 2, scale=scale / 2).logpdf(values).sum()
    for mean, matrix in zip(mixture.means, mixture.covariance.dense, strict=True):
        total += multivariate_normal([1.0, -2.0], matrix / 0.6).logpdf(mean)
    return total + dirichlet(np.full(K, 1.7)).logpdf(mixture.weights)


def test_log_density_is_scipys(name):
    prior, mixture = rule(table(), name, informative(name)).prior, some_mixture(name)
    assert prior.log_density(mixture) == pytest.approx(log_prior(mixture, name), rel=1e-12)


def test_bound_is_the_tempered_log_posterior(name):
    X, mixture = table(), some_mixture(name)
    update = rule(X, name, informative(name))
    moments = Expectation(Table(ArrayRows(X), ThreadEngine(1)))(mixture)
    expected = (mixture.log_density(X).sum() + 0.8 * log_prior(mixture, name)) / len(X)
    assert update.bound(moments, mixture) == pytest.approx(expected, rel=1e-12)


def moved(mixture, name, random, size):
    """The mixture a step of a given size away in a random direction."""
    step = size * random.normal(size=mixture.covariance.values.shape)
    if name in ("full", "tied"):
        step = step + np.swapaxes(step, -1, -2)
    pull = random.normal(size=K)
    return Mixture(
        mixture.weights + size * (pull - pull.mean()) / 10,
        mixture.means + size * random.normal(size=(K, D)),
        type(mixture.covariance)(mixture.covariance.values + step, K, D),
    )


def test_update_is_the_mode_of_the_joint_density(name):
    """No step away raises the expected log posterior, and none small changes it to first order."""
    X, random = table(), np.random.default_rng(2)
    shares = random.dirichlet(np.ones(K), len(X))

    def expected_log_posterior(mixture):
        total = 0.8 * log_prior(mixture, name)
        triples = zip(mixture.weights, mixture.means, mixture.covariance.dense, strict=True)
        for share, (weight, mean, matrix) in zip(shares.T, triples, strict=True):
            total += share @ (np.log(weight) + multivariate_normal(mean, matrix).logpdf(X))
        return total

    mode = rule(X, name, informative(name))(moments_of(SHAPES[name], X, shares))
    highest = expected_log_posterior(mode)
    for seed in range(20):
        ahead, back = (moved(mode, name, np.random.default_rng(seed), size) for size in (1e-4, -1e-4))
        slope = (expected_log_posterior(ahead) - expected_log_posterior(back)) / 2e-4
        curvature = expected_log_posterior(ahead) + expected_log_posterior(back) - 2 * highest
        assert abs(slope) < 1e-3
        assert curvature < 0
        assert expected_log_posterior(moved(mode, name, random, 0.1)) < highest


def test_vanishing_prior_is_maximum_likelihood(name):
    X, ridge = table(), np.array([0.1, 0.3])
    shares = np.random.default_rng(2).dirichlet(np.ones(K), len(X))
    moments = moments_of(SHAPES[name], X, shares)
    expected = MaximumLikelihood(SHAPES[name], ridge)(moments)
    found = replace(rule(X, name, informative(name, strength=1e-12)), ridge=ridge)(moments)
    np.testing.assert_allclose(found.weights, expected.weights, rtol=1e-9)
    np.testing.assert_allclose(found.means, expected.means, rtol=1e-9)
    np.testing.assert_allclose(found.covariance.values, expected.covariance.values, rtol=1e-9, atol=1e-12)


@settings(max_examples=40)
@given(
    st.sampled_from(list(CONJUGATE)),
    st.integers(1, 4),
    st.integers(1, 3),
    st.sampled_from([0.05, 1.0, 10.0]),
    st.sampled_from([1.0, 2.5]),
    st.integers(0, 2**32 - 1),
)
def test_bound_never_falls(name, n_components, n_features, strength, concentration, seed):
    X = table(seed, 40, n_features)
    prior = MixturePrior(strength=strength, weight_concentration=concentration)
    update = rule(X, name, prior, n_components=n_components)
    shares = np.random.default_rng(seed).dirichlet(np.full(n_components, 0.3), len(X))
    bounds = np.array(iterate(X, update, update(moments_of(SHAPES[name], X, shares)), 15).lower_bounds)
    assert np.isfinite(bounds).all()
    assert (np.diff(bounds) >= -1e-9 * np.maximum(np.abs(bounds[1:]), 1)).all()


def test_default_prior_is_that_of_fraley_and_raftery(name):
    X = table(n_features=3) * [1.0, 10.0, 0.1]
    update = rule(X, name, n_components=8)
    covariance = np.cov(X.T, bias=True)
    variances = np.diagonal(covariance)
    expected = {"diag": variances, "spherical": variances.mean()}.get(name, covariance)
    normal = update.prior.normal
    np.testing.assert_allclose(normal.covariance, expected / 8 ** (2 / 3), rtol=1e-10)
    np.testing.assert_allclose(normal.mean, X.mean(axis=0), rtol=1e-10)
    assert (normal.mean_precision, normal.degrees_of_freedom) == (0.01, 5)
    assert (update.prior.weight_concentration, update.prior.strength) == (1, 1)


@pytest.mark.parametrize("n_rows", [2, 12, 13])
def test_default_prior_holds_with_fewer_rows_than_columns(name, n_rows):
    """And where columns follow from others: it keeps every variance, and half of each covariance, in any units."""
    X = table(n_rows=n_rows, n_features=12) * 10.0 ** np.arange(-6, 6)
    X[:, 1] = X[:, 0] * 10
    covariance = np.cov(X.T, bias=True)
    variances = np.diagonal(covariance)
    halfway = (covariance + np.diag(variances)) / 2
    expected = {"diag": variances, "spherical": variances.mean()}.get(name, halfway)
    scale = rule(X, name, n_components=2).prior.normal.covariance
    np.testing.assert_allclose(scale, expected / 2 ** (2 / 12), rtol=1e-9)
    gm = GaussianMixture(2, covariance_type=name, prior="default", random_state=0, reg_covar=0).fit(X)
    assert (np.diff(gm.lower_bounds_) >= -1e-9 * np.abs(gm.lower_bounds_[1:])).all()
    assert np.isfinite(gm.score_samples(X)).all()
    if name != "spherical":
        scaled = GaussianMixture(
            2, covariance_type=name, prior="default", random_state=0, reg_covar=0, init_params="random"
        )
        bounds = [clone(scaled).fit(each).score(each) for each in (X, X * 2.0 ** np.arange(12))]
        assert bounds[1] == pytest.approx(bounds[0] - np.log(2) * np.arange(12).sum(), rel=1e-7)


def test_units_of_the_columns_do_not_matter(name):
    X = table()
    # One variance for all columns has one unit.
    factors = np.array([1e3, 1e3] if name == "spherical" else [1e3, 1e-2])
    shares = np.random.default_rng(3).dirichlet(np.ones(K), len(X))
    found = []
    for scaled in (X, X * factors):
        update = rule(scaled, name)
        fit = iterate(scaled, update, update(moments_of(SHAPES[name], scaled, shares)))
        found.append(fit.model.responsibilities(scaled))
    np.testing.assert_allclose(found[1], found[0], atol=1e-8)
    assert found[0].std() > 0.1


def test_group_of_equal_rows_keeps_a_covariance(name):
    """Maximum likelihood makes it singular."""
    X = np.vstack([table(n_rows=40), np.full((20, D), 30.0), [[-40.0, 40.0]]])
    shares = np.eye(K)[np.repeat([0, 1, 2], [40, 20, 1])]
    update = rule(X, name)
    model = iterate(X, update, update(moments_of(SHAPES[name], X, shares))).model
    assert np.isfinite(model.covariance.values).all()
    assert np.linalg.eigvalsh(model.covariance.dense).min() > 1e-2
    np.testing.assert_allclose(np.sort(model.weights), np.array([1, 20, 40]) / 61, rtol=1e-3)


@pytest.mark.parametrize("concentration", [1.0, 2.0])
def test_component_without_rows_is_at_the_mode_of_the_prior(name, concentration):
    X = table()
    shares = np.eye(K)[np.repeat([0, 1], [30, 30])]
    model = rule(X, name, informative(name, weight_concentration=concentration, strength=1.0))(
        moments_of(SHAPES[name], X, shares)
    )
    assert model.weights[2] == pytest.approx((concentration - 1) / (60 + 3 * (concentration - 1)))
    np.testing.assert_allclose(model.means[2], [1.0, -2.0])
    # The exponents of the variances in the joint density: degrees and one for each variance, and one for each mean.
    divisors = {"full": 3.5 + D + 2, "diag": 3.5 + 3, "spherical": 3.5 + D + 2}
    if name in divisors:
        np.testing.assert_allclose(model.covariance.values[2], SCALES[name] / divisors[name])
    assert np.isfinite(model.log_density(X)).all()


@pytest.mark.parametrize(
    ("changes", "sentence"),
    [
        ({"mean": [1.0]}, r"mean of the prior must be 2 finite numbers, one a column, not \[1.0\]"),
        ({"mean": [1.0, np.nan]}, "mean of the prior must be 2 finite numbers"),
        ({"mean_precision": -1.0}, "mean_precision of the prior must be finite and positive, not -1"),
        ({"mean_precision": np.nan}, "mean_precision of the prior must be finite and positive, not nan"),
        ({"degrees_of_freedom": 1.0}, "degrees_of_freedom of the prior must be finite and more than 1"),
        ({"covariance": [1.0, 2.0]}, r"must have shape \(2, 2\) for covariance_type='full', not \(2,\)"),
        ({"covariance": [[1.0, 2.0], [2.0, 1.0]]}, "covariance of the prior must be symmetric and positive definite"),
        ({"covariance": [[1.0, 0.5], [0.0, 1.0]]}, "covariance of the prior must be symmetric and positive definite"),
        ({"covariance": [[1.0, 0.0], [0.0, np.inf]]}, "covariance of the prior must be finite"),
        ({"weight_concentration": 0.9}, "weight_concentration of the prior must be finite and at least 1"),
        ({"strength": 0.0}, "strength of the prior must be finite and positive, not 0"),
    ],
)
def test_wrong_parameters(changes, sentence):
    with pytest.raises(ValueError, match=sentence):
        rule(table(), "full", MixturePrior(**changes))


@pytest.mark.parametrize(("name", "scale"), [("diag", [1.0, 0.0]), ("spherical", -1.0)])
def test_variances_of_the_prior_are_positive(name, scale):
    with pytest.raises(ValueError, match="covariance of the prior must be positive"):
        rule(table(), name, MixturePrior(covariance=scale))


@pytest.mark.parametrize(("name", "fault"), [("full", "symmetric and positive definite"), ("diag", "positive")])
def test_constant_column_cannot_scale_the_prior(name, fault):
    X = table() * [1.0, 0.0]
    with pytest.raises(ValueError, match=f"covariance of the data, which scales the prior, is not {fault}"):
        rule(X, name)
    assert rule(X, name, MixturePrior(covariance=SCALES[name])).prior.normal.degrees_of_freedom == 4
