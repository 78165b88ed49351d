"""Known families: exact where the posterior is normal, and true to their definitions where it is not."""

import jax.numpy as jnp
import numpy as np
import pytest

from inference_targets import flat_target, normal_posterior, normal_problem
from mixtura.errors import RequestError
from mixtura.inference.blackbox.methods import batch_and_match, pathfinder
from mixtura.inference.blackbox.methods.batch_and_match import BatchAndMatch
from mixtura.inference.blackbox.methods.deterministic import Deterministic
from mixtura.inference.blackbox.methods.laplace import Laplace
from mixtura.inference.blackbox.methods.pathfinder import Pathfinder
from mixtura.inference.blackbox.problem import Problem, Settings


@pytest.mark.parametrize("method", [Laplace(), Deterministic(), BatchAndMatch()], ids=lambda method: method.name)
def test_a_normal_posterior_is_found_exactly(method):
    posterior = normal_posterior(10, 1e4)
    fit = method.approximate(normal_problem(posterior), Settings(n_starts=6))
    assert not fit.reasons
    deviations = np.sqrt(np.diag(posterior.covariances[0]))
    np.testing.assert_allclose((fit.mixture.means - posterior.means)[0] / deviations, 0, atol=1e-5)
    np.testing.assert_allclose(fit.mixture.covariances, posterior.covariances, rtol=1e-6)


def log_tilted(parameters, data):
    """Return the log density of a skewed distribution, tilted."""
    x = parameters["x"]
    return data @ x - jnp.exp(x[0]) + 3 * x[0] - (x[1] - x[0] ** 2 / 2) ** 2


def test_linear_response_is_what_the_means_do_under_a_tilt():
    target, step = flat_target(2, log_tilted), 1e-3

    def means(tilt):
        # The mean-field normal that was fitted, not its covariance: the means are those of the answer.
        return Deterministic().approximate(Problem(target, np.array(tilt)), Settings(n_starts=3)).mixture.means[0]

    covariance = Deterministic().approximate(Problem(target, np.zeros(2)), Settings(n_starts=3)).mixture.covariances[0]
    first = (means([step, 0.0]) - means([-step, 0.0])) / (2 * step)
    second = (means([0.0, step]) - means([0.0, -step])) / (2 * step)
    np.testing.assert_allclose(covariance, [first, second], rtol=1e-4)


def test_few_draws_are_told():
    fit = Deterministic(n_draws=4).approximate(Problem(flat_target(2, log_tilted), np.zeros(2)), Settings(n_starts=3))
    assert "raise n_draws" in fit.reasons[-1]


def test_laplace_tells_a_flat_direction():
    problem = Problem(flat_target(2, lambda parameters, data: -(parameters["x"][0] ** 2) + 0 * data.sum()), np.zeros(1))
    assert "does not curve down" in Laplace().approximate(problem, Settings(n_starts=3)).reasons[0]


def test_a_step_of_batch_and_match_solves_its_equation():
    rng = np.random.default_rng(0)
    state = batch_and_match.State(rng.normal(size=3), np.diag([1.0, 2.0, 3.0]))
    draws, scores, rate = rng.normal(size=(20, 3)), rng.normal(size=(20, 3)), 5.0
    mean, covariance = batch_and_match.step(state, draws, scores, rate)
    # Equations 8 to 11 of the paper.
    share, moved, score = rate / (1 + rate), state.mean - draws.mean(axis=0), scores.mean(axis=0)
    u = rate * np.cov(scores.T, bias=True) + share * np.outer(score, score)
    v = state.covariance + rate * np.cov(draws.T, bias=True) + share * np.outer(moved, moved)
    np.testing.assert_allclose(covariance @ u @ covariance + covariance, v)
    np.testing.assert_allclose(mean, (state.mean + rate * (covariance @ score + draws.mean(axis=0))) / (1 + rate))


def test_batch_and_match_stays_at_the_answer():
    posterior = normal_posterior(4, 10.0)
    state = batch_and_match.State(posterior.means[0], posterior.covariances[0])
    draws = posterior.sample(30, random_state=0)[0]
    scores = -(draws - state.mean) @ np.linalg.inv(state.covariance)
    after = batch_and_match.step(state, draws, scores, 10.0)
    np.testing.assert_allclose(after.mean, state.mean)
    np.testing.assert_allclose(after.covariance, state.covariance)


def test_batch_and_match_says_where_a_density_is_no_number():
    problem = Problem(flat_target(2, lambda parameters, data: jnp.log(parameters["x"][0])), np.zeros(1))
    assert "not finite at a draw of step 0" in BatchAndMatch().approximate(problem, Settings()).reasons[0]


def test_a_path_keeps_the_last_curvature_that_it_saw():
    # The secant equation (Nocedal and Wright 2006, equation 6.6): the covariance turns the last fall into its step.
    rng = np.random.default_rng(0)
    precision = np.linalg.inv(normal_posterior(4, 100.0).covariances[0])
    points = rng.normal(size=(5, 4))
    state = pathfinder.init(points[0], -precision @ points[0])
    for point in points[1:]:
        state = pathfinder.step(state, point, -precision @ point)
    change, fall = state.pairs[-1]
    np.testing.assert_allclose(state.covariance @ fall, change)
    assert np.linalg.eigvalsh(state.covariance).min() > 0


def test_pathfinder_is_near_a_normal_posterior():
    posterior = normal_posterior(4, 10.0)
    fit = Pathfinder().approximate(normal_problem(posterior), Settings())
    assert fit.mixture.kullback_leibler(posterior).value < 0.1
    # The log evidence is zero, and no ELBO is above it but for the error of its draws.
    assert -0.1 < fit.elbo_trace.max() < 0.1


def test_pathfinder_without_any_density_says_so():
    problem = Problem(flat_target(2, lambda parameters, data: jnp.nan * parameters["x"].sum()), np.zeros(1))
    with pytest.raises(RequestError, match="none of 3 paths"):
        Pathfinder().approximate(problem, Settings(n_starts=3))
