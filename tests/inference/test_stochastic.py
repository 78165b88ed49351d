"""The textbook's ascent: right where the family holds the answer, the best of the family where it does not."""

import jax
import jax.numpy as jnp
import numpy as np
import pytest

from inference_targets import flat_target, normal_posterior, normal_problem
from mixtura.errors import RequestError
from mixtura.inference.blackbox.batches import batches_of
from mixtura.inference.blackbox.families import FAMILIES, log_density
from mixtura.inference.blackbox.gradients import ESTIMATORS
from mixtura.inference.blackbox.methods.stochastic import Stochastic
from mixtura.inference.blackbox.problem import Problem, Settings
from mixtura.rows import ArrayRows


def fitted(problem, method, seed=1):
    return method.approximate(problem, Settings(seed))


@pytest.mark.exhaustive
def test_full_rank_finds_a_normal_posterior():
    posterior = normal_posterior(4, 1e4)
    fit = fitted(normal_problem(posterior), Stochastic(family="full-rank"))
    assert not fit.reasons
    # The ascent ends where the root of the divergence is below .05.
    assert fit.mixture.kullback_leibler(posterior).value < 0.05**2


@pytest.mark.exhaustive
def test_mean_field_has_the_precisions_of_the_posterior():
    # Bishop (2006), equation 10.12: the means are right, each variance is that given all other coordinates.
    posterior = normal_posterior(5, 10.0)
    fit = fitted(normal_problem(posterior), Stochastic())
    precisions = np.diag(np.linalg.inv(posterior.covariances[0]))
    np.testing.assert_allclose(fit.mixture.means, posterior.means, atol=0.02)
    np.testing.assert_allclose(fit.mixture.covariance.variances[0], 1 / precisions, rtol=0.05)


@pytest.fixture(scope="module")
def ascent():
    """Return the problem of a normal posterior and its fit."""
    problem = normal_problem(normal_posterior(5, 10.0))
    with jax.enable_x64(True):
        return problem, fitted(problem, Stochastic())


def test_the_trace_rises_in_the_mean(ascent):
    trace = ascent[1].elbo_trace
    means = trace.reshape(-1, 100).mean(axis=1)
    assert means[0] < means[1] < means[2:].mean()
    # A slope after the first chunks is noise: none of those to come is below them by more than its error allows.
    errors = trace.reshape(-1, 100).std(axis=1) / 10
    assert (means[2:] > means[1] - 4 * errors[2:]).all()


def test_counts_are_of_what_was_asked(ascent):
    problem, fit = ascent
    assert (problem.n_gradients, problem.n_evaluations) == (10 * len(fit.elbo_trace), 0)


@pytest.mark.each_value
@pytest.mark.parametrize("family", FAMILIES)
@pytest.mark.parametrize("gradient", ESTIMATORS)
def test_gradients_have_no_bias(family, gradient):
    # The ELBO of a normal target, in closed form: minus the divergence of q from the target.
    mean, precision = jnp.array([1.0, -2.0]), jnp.array([[2.0, 0.7], [0.7, 1.0]])
    q = FAMILIES[family].at(jnp.array([0.3, 0.1]), jnp.array([0.5, 1.5]))

    def target(x):
        return -(x - mean) @ precision @ (x - mean) / 2

    def elbo(step):
        moved = q.moved(step)
        root = jnp.diag(moved.scale) if family == "mean-field" else moved.scale
        centred = moved.mean - mean
        return -(centred @ precision @ centred + jnp.trace(precision @ root @ root.T)) / 2 + moved.log_deviations.sum()

    estimator = ESTIMATORS[gradient]
    z = estimator.draw(jax.random.key(0), 400_000, 2)
    _, (shift, growth) = estimator.estimate(target, q, z)
    zero = (jnp.zeros(2), jnp.zeros_like(q.scale))
    exact_shift, exact_growth = jax.grad(elbo)(zero)
    # A step divides what is beside the diagonal by the dimensions; the estimate is of the growth before.
    if family == "full-rank":
        exact_growth = exact_growth * jnp.array([[1.0, 1.0], [2.0, 1.0]])
    np.testing.assert_allclose(shift, exact_shift, atol=0.05)
    np.testing.assert_allclose(growth, exact_growth, atol=0.05)


@pytest.mark.parametrize("family", FAMILIES)
def test_the_density_is_that_of_the_mixture(family):
    q = FAMILIES[family].at(jnp.array([0.3, 0.1]), jnp.array([0.5, 1.5]))
    q = q.moved((jnp.array([1.0, 2.0]), jnp.full_like(q.scale, 0.4)))
    z = jax.random.normal(jax.random.key(0), (5, 2))
    np.testing.assert_allclose(log_density(q, z), q.mixture().log_density(np.asarray(q.points(z))))
    np.testing.assert_allclose(q.deviations, np.sqrt(np.diag(q.mixture().covariance_matrix())))


def log_rows(parameters, data):
    """Return the log densities of rows of N(x, 1)."""
    return -((data - parameters["x"]) ** 2).sum(axis=1) / 2


# By default a file is read in batches in test_black_box.py.
@pytest.mark.exhaustive
@pytest.mark.parametrize("as_rows", [False, True], ids=["array", "table"])
def test_minibatches_find_the_posterior_of_all_rows(as_rows):
    # Sorted, so that a batch from one place of the table would be far off.
    data = np.sort(np.random.default_rng(0).normal(3.0, 1.0, (10_000, 2)), axis=0)
    problem = Problem(flat_target(2, log_rows), ArrayRows(data) if as_rows else data)
    fit = fitted(problem, Stochastic(batch_size=500))
    assert not fit.reasons
    deviations = (fit.mixture.means[0] - data.mean(axis=0)) / 0.01
    assert np.abs(deviations).max() < 0.5
    np.testing.assert_allclose(fit.mixture.covariance.variances, 1e-4, rtol=0.1)


def test_batches_need_rows():
    with pytest.raises(RequestError, match="batch_size needs data"):
        batches_of((), 10)
    with pytest.raises(RequestError, match="same number of rows"):
        batches_of((np.zeros(3), np.zeros(4)), 2)


def test_an_ascent_cut_short_says_so():
    fit = fitted(normal_problem(normal_posterior(5, 1e4)), Stochastic(max_iter=100))
    assert "had not come to rest after 100 iterations" in fit.reasons[0]


def test_a_density_without_numbers_says_where():
    problem = Problem(flat_target(2, lambda parameters, data: jnp.nan * parameters["x"].sum()), np.zeros(3))
    assert "not finite at draws of all of 100 steps" in fitted(problem, Stochastic()).reasons[0]
