"""Mixtures of Student's t distributions: their values, and `GaussianMixture(family="t")`."""

import copy
import pickle
import warnings

import numpy as np
import pytest
from scipy.optimize import minimize, minimize_scalar
from scipy.special import digamma, gammaln, logsumexp
from scipy.stats import kstest, multivariate_t, t
from sklearn.exceptions import ConvergenceWarning

from mixtura import GaussianMixture, Mixture
from mixtura.distributions.noise import Noise
from mixtura.distributions.shapes import SEARCHED, SHAPES, Diagonal, Full
from mixtura.mixtures.em.student import HIGHEST, LOWEST, next_degrees

unfinished = pytest.mark.filterwarnings("ignore:Best performing initialization did not converge")

MATRICES = np.array([[[2.0, 0.5], [0.5, 1.0]], [[1.0, -0.3], [-0.3, 0.5]]])
MEANS = np.array([[0.0, 0.0], [5.0, -3.0]])
WEIGHTS = np.array([0.6, 0.4])


def mixture_of(shape, degrees=(3.0, 8.0)):
    values = {
        "full": MATRICES,
        "tied": MATRICES[0],
        "diag": np.diagonal(MATRICES, axis1=1, axis2=2),
        "spherical": np.array([2.0, 0.7]),
    }[shape]
    return Mixture(WEIGHTS, MEANS, SHAPES[shape](values, 2, 2), degrees)


def rows_of(degrees, n_rows=500, seed=0):
    random = np.random.default_rng(seed)
    labels = random.integers(2, size=n_rows)
    normal = np.einsum("nij,nj->ni", np.linalg.cholesky(MATRICES)[labels], random.normal(size=(n_rows, 2)))
    return MEANS[labels] + normal / np.sqrt(random.chisquare(degrees, size=(n_rows, 1)) / degrees)


# The distribution


@pytest.mark.parametrize("shape", SEARCHED)
def test_log_density_is_that_of_scipy(shape):
    mixture, X = mixture_of(shape), rows_of(3)
    parts = np.stack(
        [
            np.log(w) + multivariate_t(m, c, df=nu).logpdf(X)
            for w, m, c, nu in zip(WEIGHTS, MEANS, mixture.covariance.dense, (3, 8), strict=True)
        ],
        axis=1,
    )
    expected = logsumexp(parts, axis=1)
    np.testing.assert_allclose(mixture.log_density(X), expected, rtol=1e-11)
    np.testing.assert_allclose(mixture.responsibilities(X), np.exp(parts - expected[:, None]), atol=1e-11)
    np.testing.assert_array_equal(mixture.labels(X), parts.argmax(axis=1))


def test_one_column_is_scipy_t():
    mixture = Mixture([1.0], [[2.0]], Diagonal([[9.0]], 1, 1), [4.0])
    x = np.linspace(-50, 50, 11)
    np.testing.assert_allclose(mixture.log_density(x[:, None]), t(4, loc=2, scale=3).logpdf(x), rtol=1e-12)


def test_samples_follow_the_distribution():
    mixture = mixture_of("full", degrees=(3.0, 30.0))
    X, labels = mixture.sample(20_000, np.random.RandomState(0))
    assert np.bincount(labels) / 20_000 == pytest.approx(WEIGHTS, abs=0.015)
    for k, nu in enumerate((3.0, 30.0)):
        for j in range(2):
            law = t(nu, loc=MEANS[k, j], scale=np.sqrt(MATRICES[k, j, j]))
            assert kstest(X[labels == k, j], law.cdf).pvalue > 1e-3
    # The covariance is nu / (nu - 2) times the scale matrix.
    np.testing.assert_allclose(np.cov(X[labels == 1].T), MATRICES[1] * 30 / 28, atol=0.06)


def test_marginals_are_student_too():
    mixture, X = mixture_of("full"), rows_of(3)
    one = mixture.marginal([1])
    np.testing.assert_array_equal(one.degrees_of_freedom, [3, 8])
    expected = sum(
        w * t(nu, loc=m[1], scale=np.sqrt(c[1, 1])).pdf(X[:, 1])
        for w, m, c, nu in zip(WEIGHTS, MEANS, MATRICES, (3, 8), strict=True)
    )
    np.testing.assert_allclose(one.pdf(X[:, [1]]), expected, rtol=1e-11)


def test_copies_are_equal_and_degrees_count():
    mixture = mixture_of("full")
    for other in (pickle.loads(pickle.dumps(mixture)), copy.deepcopy(mixture), copy.copy(mixture)):
        assert other == mixture
        assert not other.degrees_of_freedom.flags.writeable
    assert mixture != mixture_of("full", degrees=(3.0, 9.0))
    assert mixture != mixture_of("full", degrees=None)
    assert mixture.n_parameters == mixture_of("full", degrees=None).n_parameters + 2


@pytest.mark.parametrize("degrees", [[3.0], [3.0, 0.0], [3.0, -1.0], [3.0, np.nan], [3.0, np.inf], [[3.0, 8.0]]])
def test_degrees_of_freedom_are_positive_numbers(degrees):
    with pytest.raises(
        ValueError, match=r"degrees of freedom (are a positive number for each component|must be finite)"
    ):
        mixture_of("full", degrees=degrees)


def test_noise_beside_student_components():
    noise = Noise(0.5, [-10, -10], [10, 10])
    mixture = Mixture(WEIGHTS / 2, MEANS, Full(MATRICES, 2, 2), [3.0, 8.0], noise)
    X = rows_of(3)[:50]
    inside = (np.abs(X) <= 10).all(axis=1)
    expected = 0.5 * mixture_of("full").pdf(X) + np.where(inside, 0.5 / 400, 0)
    np.testing.assert_allclose(mixture.pdf(X), expected, rtol=1e-11)


# Degrees of freedom


def test_next_degrees_maximise_the_expected_log_likelihood():
    """Peel and McLachlan (2000), equation 29: what depends on nu, maximised by search."""
    counts, logs, current, d = np.array([50.0, 20.0]), np.array([-54.0, -24.0]), np.array([4.0, 9.0]), 3
    mine = next_degrees(counts, logs, current, d)
    for k in range(2):
        half = (current[k] + d) / 2
        mean = logs[k] / counts[k] + digamma(half) - np.log(half)

        def expected(nu, mean=mean):
            return -gammaln(nu / 2) + nu / 2 * np.log(nu / 2) + nu / 2 * mean

        best = minimize_scalar(lambda nu: -expected(nu), bounds=(0.1, 500), method="bounded", options={"xatol": 1e-8})
        assert mine[k] == pytest.approx(best.x, rel=1e-5)


def test_degrees_stay_between_their_limits():
    current = np.array([HIGHEST, 5.0, 7.0])
    light, heavy, none = next_degrees(np.array([1.0, 1.0, 0.0]), np.array([-1.0, -50.0, 0.0]), current, 2)
    assert light == HIGHEST
    assert heavy == LOWEST
    # A component without rows keeps its own.
    assert none == 7


# Fits


def fitted(X, n_components=1, **settings):
    settings = {"family": "t", "tol": 1e-12, "max_iter": 3000, "reg_covar": 0, "random_state": 0} | settings
    return GaussianMixture(n_components, **settings).fit(X)


def test_one_group_of_one_column_is_fitted_as_by_scipy():
    x = t.rvs(4, loc=2, scale=3, size=800, random_state=0)
    degrees, location, scale = t.fit(x)
    gm = fitted(x[:, None], tol=1e-14)
    assert gm.degrees_of_freedom_[0] == pytest.approx(degrees, rel=1e-4)
    assert gm.means_[0, 0] == pytest.approx(location, abs=1e-4)
    assert np.sqrt(gm.covariances_[0, 0, 0]) == pytest.approx(scale, rel=1e-4)
    # SciPy's simplex stops a little short of the maximum.
    assert gm.score(x[:, None]) >= t.logpdf(x, degrees, location, scale).mean() - 1e-12


def test_one_group_is_fitted_as_by_direct_maximisation():
    X = multivariate_t([1, 2], MATRICES[0], df=5).rvs(600, random_state=np.random.RandomState(1))

    def parameters(p):
        root = np.array([[np.exp(p[2]), 0], [p[3], np.exp(p[4])]])
        return p[:2], root @ root.T, np.exp(p[5])

    def cost(p):
        mean, scale, degrees = parameters(p)
        return -multivariate_t(mean, scale, df=degrees).logpdf(X).mean()

    found = minimize(cost, [1, 2, 0, 0, 0, 1.5], method="BFGS", options={"gtol": 1e-7})
    mean, scale, degrees = parameters(found.x)
    gm = fitted(X, tol=1e-14)
    np.testing.assert_allclose(gm.means_[0], mean, atol=1e-4)
    np.testing.assert_allclose(gm.covariances_[0], scale, atol=1e-4)
    assert gm.degrees_of_freedom_[0] == pytest.approx(degrees, rel=1e-4)
    assert gm.score(X) == pytest.approx(-found.fun, abs=1e-9)


@pytest.mark.parametrize("shape", SEARCHED)
def test_two_groups_stand_at_a_stationary_point(shape):
    """No small change of a parameter raises the likelihood of a converged fit."""
    X = rows_of(4, n_rows=400)
    gm = fitted(X, 2, covariance_type=shape, tol=1e-13)
    assert gm.converged_
    mixture, best = gm.mixture_, gm.score(X)
    values, step = mixture.covariances, 1e-3
    moved = [
        Mixture(mixture.weights + change, mixture.means, mixture.covariance, mixture.degrees_of_freedom)
        for change in (np.array([step, -step]), np.array([-step, step]))
    ]
    for sign in (-step, step):
        wider = SHAPES[shape](values * (1 + sign), 2, 2)
        moved.append(Mixture(mixture.weights, mixture.means, wider, mixture.degrees_of_freedom))
        moved.append(Mixture(mixture.weights, mixture.means + sign, mixture.covariance, mixture.degrees_of_freedom))
        degrees = mixture.degrees_of_freedom * (1 + 10 * sign)
        moved.append(Mixture(mixture.weights, mixture.means, mixture.covariance, degrees))
    assert all(other.log_density(X).mean() < best for other in moved)


@unfinished
@pytest.mark.parametrize("dtype", [np.float64, np.float32])
@pytest.mark.parametrize("shape", SEARCHED)
def test_degrees_and_groups_are_recovered(shape, dtype):
    X, _ = mixture_of(shape, degrees=(3.0, 15.0)).sample(20_000, np.random.RandomState(0))
    gm = fitted(X.astype(dtype), 2, covariance_type=shape, tol=1e-6, reg_covar=1e-9)
    order = np.argsort(gm.means_[:, 0])
    np.testing.assert_allclose(gm.means_[order], MEANS, atol=0.06)
    assert gm.degrees_of_freedom_[order[0]] == pytest.approx(3, rel=0.1)
    assert 9 < gm.degrees_of_freedom_[order[1]] < 30
    assert gm.degrees_of_freedom_.dtype == dtype


def test_weights_are_repeated_rows():
    X, weights = rows_of(4, n_rows=150), np.random.default_rng(0).integers(0, 4, size=150)
    start = {"weights_init": [0.5, 0.5], "means_init": MEANS, "precisions_init": [np.eye(2)] * 2}
    settings = {"family": "t", "max_iter": 20, "tol": 0, **start}
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", ConvergenceWarning)
        weighted = GaussianMixture(2, **settings).fit(X, sample_weight=weights)
        repeated = GaussianMixture(2, **settings).fit(np.repeat(X, weights, axis=0))
    np.testing.assert_allclose(weighted.means_, repeated.means_, rtol=1e-9)
    np.testing.assert_allclose(weighted.covariances_, repeated.covariances_, rtol=1e-8)
    np.testing.assert_allclose(weighted.degrees_of_freedom_, repeated.degrees_of_freedom_, rtol=1e-7)


@unfinished
def test_normal_rows_give_many_degrees_and_the_normal_fit():
    X = np.random.default_rng(1).normal(size=(3000, 2)) @ [[1, 0.4], [0, 1]]
    student = fitted(X, max_iter=500)
    normal = GaussianMixture(1, reg_covar=0).fit(X)
    assert student.degrees_of_freedom_[0] > 30
    np.testing.assert_allclose(student.means_, normal.means_, atol=0.01)
    np.testing.assert_allclose(student.covariances_, normal.covariances_, rtol=0.05, atol=0.02)
    assert student.score(X) == pytest.approx(normal.score(X), abs=1e-3)


def test_outliers_pull_less():
    X = np.random.default_rng(0).normal(size=(500, 2))
    X[::10] += 100
    pulled, held = GaussianMixture(1).fit(X), fitted(X, tol=1e-8)
    assert np.linalg.norm(pulled.means_) > 10
    assert np.linalg.norm(held.means_) < 0.2


def test_a_prior_is_for_normal_components():
    with pytest.raises(ValueError, match="a prior is for normal components without noise: set family='normal'"):
        GaussianMixture(2, family="t", prior="default").fit(rows_of(3))


@pytest.mark.parametrize("family", ["student", "T", "gaussian", None, 1])
def test_family_is_normal_or_t(family):
    with pytest.raises(ValueError, match="The 'family' parameter of GaussianMixture must be a str among"):
        GaussianMixture(family=family).fit(rows_of(3))


def test_degrees_are_kept_only_of_student_fits():
    assert not hasattr(GaussianMixture(2, random_state=0).fit(rows_of(30)), "degrees_of_freedom_")


@unfinished
def test_warm_start_goes_on():
    X = rows_of(4)
    settings = {"family": "t", "tol": 0, "random_state": 0}
    whole = GaussianMixture(2, max_iter=6, **settings).fit(X)
    halves = GaussianMixture(2, max_iter=3, warm_start=True, **settings).fit(X).fit(X)
    assert halves.lower_bounds_ == whole.lower_bounds_[3:]
    assert halves.mixture_ == whole.mixture_


def test_what_a_fit_no_longer_has_is_gone():
    X = np.random.default_rng(0).standard_t(5, size=(200, 2))
    gm = GaussianMixture(family="t", noise=True).fit(X)
    assert hasattr(gm, "degrees_of_freedom_")
    assert hasattr(gm, "noise_weight_")
    gm.set_params(family="normal", noise=False).fit(X)
    assert not hasattr(gm, "degrees_of_freedom_")
    assert not hasattr(gm, "noise_weight_")
