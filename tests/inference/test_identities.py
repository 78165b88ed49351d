"""The textbook's identity, log evidence = ELBO + divergence of q from the posterior, and a bound in closed form."""

import jax
import jax.numpy as jnp
import numpy as np
import pytest
from scipy import stats
from scipy.special import betaln, gammaln, logsumexp, multigammaln

from inference_targets import flat_target
from mixtura import BayesianGaussianMixture, Full, Mixture
from mixtura.inference.blackbox.methods.listed import METHODS
from mixtura.inference.blackbox.parameters import Interval, layout_of
from mixtura.inference.blackbox.problem import Problem, Settings, Target

# Nodes and weights of the mean under a standard normal (Gauss and Hermite).
NODES, WEIGHTS = np.polynomial.hermite_e.hermegauss(80)
WEIGHTS = WEIGHTS / WEIGHTS.sum()

NOISE, PRIOR = 0.5, 2.0
FAMILIES = ["stochastic", "deterministic", "laplace", "pathfinder", "batch_and_match"]


def approximated(name, problem):
    return METHODS[name]().approximate(problem, Settings(seed=0, n_starts=3)).mixture


def mean_under(q, function):
    """Return the mean of a function of rows under a normal distribution of one or two columns, by quadrature."""
    grid = np.stack(np.meshgrid(*[NODES] * q.n_features), axis=-1).reshape(-1, q.n_features)
    weights = np.prod(np.stack(np.meshgrid(*[WEIGHTS] * q.n_features), axis=-1).reshape(grid.shape), axis=1)
    return weights @ function(q.means[0] + grid @ np.linalg.cholesky(q.covariance_matrix()).T)


def elbo(q, problem):
    return mean_under(q, lambda rows: problem.values(rows) - q.log_density(rows))


def log_regression(parameters, data):
    """Return the log density of responses with known noise, and of coefficients from N(0, PRIOR²)."""
    rows, responses = data
    x = parameters["x"]
    prior = jax.scipy.stats.norm.logpdf(x, 0, PRIOR).sum()
    return jax.scipy.stats.norm.logpdf(responses, rows @ x, NOISE).sum() + prior


def regression(n_columns):
    rng = np.random.default_rng(3)
    rows = rng.normal(size=(12, n_columns))
    return rows, rows @ np.array([1.5, -0.7])[:n_columns] + NOISE * rng.normal(size=12)


# One column: a normal mean with a normal prior. Two: linear regression with known noise.
@pytest.mark.one_case
@pytest.mark.parametrize("name", FAMILIES)
@pytest.mark.parametrize("n_columns", [1, 2])
def test_evidence_is_bound_plus_divergence_for_normal_models(name, n_columns):
    rows, responses = regression(n_columns)
    problem = Problem(flat_target(n_columns, log_regression), (rows, responses))
    q = approximated(name, problem)
    # Bishop (2006), equations 3.53 and 3.54, and the evidence as the density of the responses.
    covariance = np.linalg.inv(rows.T @ rows / NOISE**2 + np.eye(n_columns) / PRIOR**2)
    mean = covariance @ rows.T @ responses / NOISE**2
    posterior = Mixture([1.0], mean[None], Full(covariance[None], 1, n_columns))
    marginal = PRIOR**2 * rows @ rows.T + NOISE**2 * np.eye(len(rows))
    log_evidence = stats.multivariate_normal.logpdf(responses, np.zeros(len(rows)), marginal)
    assert elbo(q, problem) + q.kullback_leibler(posterior).value == pytest.approx(log_evidence, abs=1e-6)


def log_binomial(parameters, data):
    """Return the log density of a Beta(2, 3) prior and of successes and failures in one order."""
    p, (successes, failures) = parameters["p"], data
    prior = jnp.log(p) + 2 * jnp.log1p(-p) - betaln(2, 3)
    return prior + successes * jnp.log(p) + failures * jnp.log1p(-p)


@pytest.mark.exhaustive
@pytest.mark.parametrize("name", ["deterministic", "laplace"])
def test_evidence_is_bound_plus_divergence_through_a_transform(name):
    target = Target(layout_of({"p": Interval(0.0, 1.0)}), lambda parameters: 0.0, log_binomial)
    problem = Problem(target, (np.array(9.0), np.array(4.0)))
    q = approximated(name, problem)

    def log_posterior(rows):
        # Beta(2 + 9, 3 + 4), as a density of the logit of p.
        p = 1 / (1 + np.exp(-rows[:, 0]))
        return stats.beta.logpdf(p, 11, 7) + np.log(p) + np.log1p(-p)

    divergence = mean_under(q, lambda rows: q.log_density(rows) - log_posterior(rows))
    assert divergence > 0
    assert elbo(q, problem) + divergence == pytest.approx(betaln(11, 7) - betaln(2, 3), abs=1e-6)


def log_wishart(matrices, degrees, scale):
    """Return the log density of Wishart matrices (Bishop 2006, equation B.78)."""
    d = len(scale)
    traces = np.einsum("ij,sji->s", np.linalg.inv(scale), matrices)
    norm = degrees / 2 * np.linalg.slogdet(scale)[1] + degrees * d / 2 * np.log(2) + multigammaln(degrees / 2, d)
    return (degrees - d - 1) / 2 * np.linalg.slogdet(matrices)[1] - traces / 2 - norm


def log_dirichlet(weights, concentration):
    norm = gammaln(concentration).sum() - gammaln(concentration.sum())
    return (np.log(weights) * (concentration - 1)).sum(axis=1) - norm


def log_normal(X, mean, precision):
    """Return the log density of rows under each of some normal distributions, shape (n_draws, n_rows)."""
    centred = X - mean[:, None]
    distances = np.einsum("sni,sij,snj->sn", centred, precision, centred)
    return (np.linalg.slogdet(precision / (2 * np.pi))[1][:, None] - distances) / 2


def test_the_bound_of_a_bayesian_mixture_is_that_of_draws():
    rng = np.random.default_rng(0)
    X = np.concatenate([rng.normal(0, 1, (60, 2)), rng.normal(3, 0.7, (40, 2))])
    fit = BayesianGaussianMixture(
        n_components=2,
        weight_concentration_prior_type="dirichlet_distribution",
        reg_covar=0,
        tol=1e-10,
        max_iter=500,
        random_state=0,
    ).fit(X)
    n_draws, n_components = 20_000, 2
    concentration = np.asarray(fit.weight_concentration_)
    weights = rng.dirichlet(concentration, n_draws)
    prior = np.full(n_components, fit.weight_concentration_prior_)
    gains = log_dirichlet(weights, prior) - log_dirichlet(weights, concentration)
    joint = []
    for k in range(n_components):
        scale = np.linalg.inv(fit.degrees_of_freedom_[k] * fit.covariances_[k])
        precisions = stats.wishart(fit.degrees_of_freedom_[k], scale).rvs(n_draws, random_state=rng)
        roots = np.linalg.cholesky(np.linalg.inv(fit.mean_precision_[k] * precisions))
        means = fit.means_[k] + np.einsum("sij,sj->si", roots, rng.normal(size=(n_draws, 2)))
        for sign, degrees, matrix, centre, strength in (
            (
                1,
                fit.degrees_of_freedom_prior_,
                np.linalg.inv(fit.covariance_prior_),
                fit.mean_prior_,
                fit.mean_precision_prior_,
            ),
            (-1, fit.degrees_of_freedom_[k], scale, fit.means_[k], fit.mean_precision_[k]),
        ):
            gains += sign * log_wishart(precisions, degrees, matrix)
            gains += sign * log_normal(centre[None], means, strength * precisions)[:, 0]
        joint.append(np.log(weights[:, k, None]) + log_normal(X, means, precisions))
    # The best responsibilities are in proportion to the exponential of the mean of the joint log density.
    joint = np.stack(joint, axis=-1)
    logs = joint.mean(axis=0)
    logs -= logsumexp(logs, axis=1, keepdims=True)
    gains += (np.exp(logs) * (joint - logs)).sum(axis=(1, 2))
    error = gains.std() / np.sqrt(n_draws)
    assert error < 0.05
    assert abs(gains.mean() - fit.lower_bound_) < 4 * error
