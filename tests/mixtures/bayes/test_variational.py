"""The variational posterior: evidence, bound and update."""

from dataclasses import replace
from itertools import product

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy.special import betaln, digamma, gammaln, logsumexp
from scipy.stats import beta, dirichlet, multivariate_t, t, wishart

from mixtura.distributions.passes import Passes
from mixtura.distributions.shapes import CONJUGATE, SHAPES
from mixtura.engines import ThreadEngine
from mixtura.intake.table import Table
from mixtura.mixtures.bayes.variational import DirichletDistribution, DirichletProcess, VariationalUpdate
from mixtura.mixtures.em.expectation import Expectation
from mixtura.mixtures.em.loop import Fit, run_em
from mixtura.rows import ArrayRows, Block
from mixtura.statistics.moments import Moments
from problems import moments_of, normal_wishart

WEIGHT_PRIORS = [DirichletProcess(0.7), DirichletDistribution(0.4)]


@pytest.fixture(params=CONJUGATE)
def name(request):
    return request.param


@pytest.fixture(params=WEIGHT_PRIORS, ids=["process", "distribution"])
def weight_prior(request):
    return request.param


def expectation(X):
    return Expectation(Table(ArrayRows(X), ThreadEngine(1)))


def problem(name, weight_prior, *, n_components=3, n_features=2, ridge=0.0, n_rows=80, seed=0):
    """A table, an update, and a posterior after one step from random responsibilities."""
    random = np.random.default_rng(seed)
    X = random.normal(size=(n_rows, n_features)) + 4 * random.integers(0, 2, size=(n_rows, 1))
    update = VariationalUpdate(SHAPES[name], weight_prior, normal_wishart(name, n_features), np.full(n_features, ridge))
    shares = random.dirichlet(np.full(n_components, 0.5), n_rows)
    return X, update, update(moments_of(SHAPES[name], X, shares))


def log_evidence_of_rows(X, name, prior, labels, n_components):
    """Log evidence of labelled rows, from the predictive t density of each row given those before it."""
    d, shared = X.shape[1], name == "tied"
    multiple = n_components if shared else 1
    scales = [multiple * prior.covariance * (np.eye(d) if name == "spherical" else 1)] * n_components
    degrees = [multiple * prior.degrees_of_freedom] * n_components
    means, precisions, total = [prior.mean] * n_components, [prior.mean_precision] * n_components, 0.0
    for row, k in zip(X, labels, strict=True):
        inflation, away, owner = (precisions[k] + 1) / precisions[k], row - means[k], 0 if shared else k
        scale, nu = scales[owner], degrees[owner]
        if name == "diag":
            total += sum(t(nu, means[k][j], np.sqrt(scale[j] * inflation / nu)).logpdf(row[j]) for j in range(d))
            gain = away**2
        elif name == "spherical":
            total += multivariate_t(means[k], scale * inflation / nu, df=d * nu).logpdf(row)
            gain = (away**2).mean() * np.eye(d)
        else:
            total += multivariate_t(means[k], scale * inflation / (nu - d + 1), df=nu - d + 1).logpdf(row)
            gain = np.outer(away, away)
        scales[owner], degrees[owner] = scale + gain / inflation, nu + 1
        means[k], precisions[k] = means[k] + away / (precisions[k] + 1), precisions[k] + 1
    return total


def log_evidence_of_labels(weight_prior, counts):
    """Log probability of labels with these counts, the weights integrated out."""
    gamma = weight_prior.concentration
    if isinstance(weight_prior, DirichletProcess):
        later = counts[::-1].cumsum()[::-1] - counts
        return (betaln(1 + counts, gamma + later) - betaln(1, gamma)).sum()
    k, n = len(counts), counts.sum()
    return gammaln(k * gamma) - gammaln(k * gamma + n) + (gammaln(gamma + counts) - gammaln(gamma)).sum()


def test_bound_of_one_component_is_the_log_evidence(name, weight_prior):
    X = np.random.default_rng(1).normal(2, 3, (25, 3))
    update = VariationalUpdate(SHAPES[name], weight_prior, normal_wishart(name, 3), np.zeros(3))
    posterior = update(moments_of(SHAPES[name], X, np.ones((25, 1))))
    expected = log_evidence_of_rows(X, name, update.prior, np.zeros(25, int), 1)
    expected += log_evidence_of_labels(weight_prior, np.array([25]))
    assert update.bound(expectation(X)(posterior), posterior) == pytest.approx(expected, rel=1e-11)


@pytest.mark.each_value
def test_bound_is_between_likeliest_labels_and_the_log_evidence(name, weight_prior):
    """Of two components and six rows, whose evidence is a sum over all divisions of the rows.

    Responsibilities of zero and one give the log evidence of these labels, and the best ones no less.
    """
    X = np.random.default_rng(1).normal(size=(6, 2)) + 8 * np.array([0, 0, 0, 0, 1, 1])[:, None]
    update = VariationalUpdate(SHAPES[name], weight_prior, normal_wishart(name, 2), np.zeros(2))
    divisions = {
        labels: log_evidence_of_rows(X, name, update.prior, labels, 2)
        + log_evidence_of_labels(weight_prior, np.bincount(labels, minlength=2))
        for labels in product(range(2), repeat=6)
    }
    likeliest = max((labels for labels in divisions if len(set(labels)) == 2), key=divisions.get)
    start = update(moments_of(SHAPES[name], X, np.eye(2)[list(likeliest)]))
    fit = run_em(expectation(X), Fit(start), update, tol=0.0, max_iter=20)
    assert divisions[likeliest] < fit.lower_bounds[0] <= fit.lower_bound < logsumexp(list(divisions.values()))


def test_bound_is_bishops_term_by_term():
    """Equations 10.71 to 10.77, at responsibilities from SciPy's densities."""
    X, update, posterior = problem("full", DirichletDistribution(0.4), n_components=3, n_features=3)
    prior, alpha0, d, k = update.prior, 0.4, 3, 3
    m, b, nu = posterior.means, posterior.mean_precision, posterior.degrees_of_freedom
    W = np.linalg.inv(posterior.covariance.values * nu[:, None, None])
    alpha = posterior.weight_concentration
    log_weight = digamma(alpha) - digamma(alpha.sum())
    log_det = np.array(
        [digamma((nu[i] - np.arange(d)) / 2).sum() + d * np.log(2) + np.linalg.slogdet(W[i])[1] for i in range(k)]
    )
    distance = np.stack([np.einsum("ni,ij,nj->n", X - m[i], W[i], X - m[i]) for i in range(k)], axis=1)
    log_rho = log_weight + log_det / 2 - d / 2 * np.log(2 * np.pi) - (d / b + nu * distance) / 2
    r = np.exp(log_rho - logsumexp(log_rho, axis=1, keepdims=True))
    n = r.sum(axis=0)
    xbar = r.T @ X / n[:, None]
    S = np.stack([(r[:, i, None] * (X - xbar[i])).T @ (X - xbar[i]) / n[i] for i in range(k)])
    W0 = np.linalg.inv(prior.covariance)
    b0, m0, nu0 = prior.mean_precision, prior.mean, prior.degrees_of_freedom

    def log_b(matrix, degrees):
        return wishart(degrees, matrix).logpdf(np.eye(d)) + np.trace(np.linalg.inv(matrix)) / 2

    rows = labels = precisions = posteriors = 0.0
    for i in range(k):
        away, pull = xbar[i] - m[i], m[i] - m0
        inner = log_det[i] - d / b[i] - nu[i] * (np.trace(S[i] @ W[i]) + away @ W[i] @ away) - d * np.log(2 * np.pi)
        rows += n[i] * inner / 2  # 10.71
        labels += n[i] * log_weight[i]  # 10.72
        precisions += (d * np.log(b0 / (2 * np.pi)) + log_det[i] - d * b0 / b[i] - b0 * nu[i] * pull @ W[i] @ pull) / 2
        precisions += log_b(W0, nu0) + (nu0 - d - 1) / 2 * log_det[i] - nu[i] * np.trace(np.linalg.solve(W0, W[i])) / 2
        entropy = wishart(nu[i], W[i]).entropy()
        posteriors += log_det[i] / 2 + d / 2 * np.log(b[i] / (2 * np.pi)) - d / 2 - entropy  # 10.77
    weights = dirichlet(np.full(k, alpha0)).logpdf(np.full(k, 1 / k)) - k * (alpha0 - 1) * np.log(1 / k)
    weights += (alpha0 - 1) * log_weight.sum()  # 10.73
    divided = (r * np.log(np.maximum(r, 1e-300))).sum()  # 10.75
    expected = rows + labels + weights + precisions - divided + float(dirichlet(alpha).entropy()) - posteriors
    assert update.bound(expectation(X)(posterior), posterior) == pytest.approx(expected, rel=1e-10)


@pytest.mark.parametrize("counts", [[3.0, 0.0, 11.5], [0.0, 0.0, 0.0]])
def test_divergence_of_weights_is_scipys(counts):
    counts = np.array(counts)
    all_alive = np.ones(3, dtype=bool)
    process, distribution = WEIGHT_PRIORS
    expected = 0.0
    for a, b in zip(*process.posterior(counts, all_alive), strict=True):
        breaks, before = beta(a, b), beta(1, process.concentration)
        expected += breaks.expect(lambda v, q=breaks, p=before: q.logpdf(v) - p.logpdf(v))
    assert process.divergence(counts, all_alive) == pytest.approx(expected, abs=1e-7)
    alpha = distribution.posterior(counts, all_alive)
    flat = distribution.concentration * np.ones(3)
    logs = np.array([beta(a, alpha.sum() - a).expect(np.log) for a in alpha])
    normaliser = dirichlet(flat).logpdf(np.full(3, 1 / 3)) - ((flat - 1) * np.log(1 / 3)).sum()
    expected = -float(dirichlet(alpha).entropy()) - normaliser - (flat - 1) @ logs
    assert distribution.divergence(counts, all_alive) == pytest.approx(expected, abs=1e-7)
    np.testing.assert_allclose(distribution.expected_logs(counts, all_alive), logs, rtol=1e-7)


def draw_precisions(posterior, name, component, n_draws, random):
    """Precision matrices of one component, drawn from the posterior with SciPy and NumPy."""
    d, k = posterior.means.shape[1], len(posterior.means)
    values, degrees = posterior.covariance.values, np.broadcast_to(posterior.degrees_of_freedom, k)[component]
    if name in ("full", "tied"):
        matrix = values[component] if name == "full" else values
        df = degrees if name == "full" else k * degrees
        return wishart(df, np.linalg.inv(df * matrix)).rvs(n_draws, random_state=random)
    multiple = 1 if name == "diag" else d
    size = (n_draws, d) if name == "diag" else (n_draws, 1)
    draws = random.gamma(multiple * degrees / 2, 2 / (multiple * degrees * values[component]), size)
    return np.broadcast_to(draws, (n_draws, d))[:, :, None] * np.eye(d)


@pytest.mark.each_value
def test_expected_log_density_of_a_smeared_row(name, weight_prior):
    """A pass sees what the mean over draws of weight, mean, precision and noise is."""
    random, n_draws, ridge = np.random.default_rng(7), 40_000, 0.3
    _, _, posterior = problem(name, weight_prior, ridge=ridge)
    row, components, n = np.array([1.0, 2.0]), posterior.components, posterior.counts
    if isinstance(weight_prior, DirichletProcess):
        sticks = random.beta(*posterior.weight_concentration, (n_draws, 3))
        weights = sticks * np.hstack([np.ones((n_draws, 1)), np.cumprod(1 - sticks, axis=1)[:, :-1]])
    else:
        weights = random.dirichlet(posterior.weight_concentration, n_draws)
    for k in range(len(n)):
        precisions = draw_precisions(posterior, name, k, n_draws, random)
        roots = np.linalg.inv(np.linalg.cholesky(precisions)).transpose(0, 2, 1) / np.sqrt(posterior.mean_precision[k])
        means = posterior.means[k] + np.einsum("nij,nj->ni", roots, random.normal(size=(n_draws, 2)))
        away = row + np.sqrt(ridge) * random.normal(size=(n_draws, 2)) - means
        logs = (
            np.log(weights[:, k])
            + (np.linalg.slogdet(precisions)[1] - 2 * np.log(2 * np.pi)) / 2
            - np.einsum("ni,nij,nj->n", away, precisions, away) / 2
        )
        distance = (row - posterior.means[k]) @ np.linalg.solve(posterior.covariance.dense[k], row - posterior.means[k])
        found = components.log_constants[k] - distance / 2
        assert abs(found - logs.mean()) < 5 * logs.std() / np.sqrt(n_draws)


@settings(max_examples=60)
@given(
    st.sampled_from(list(CONJUGATE)),
    st.sampled_from(WEIGHT_PRIORS),
    st.sampled_from([0.0, 1e-6, 0.5]),
    st.integers(1, 5),
    st.integers(1, 4),
    st.integers(0, 2**32 - 1),
)
def test_bound_never_falls(name, weight_prior, ridge, n_components, n_features, seed):
    X, update, posterior = problem(
        name, weight_prior, n_components=n_components, n_features=n_features, ridge=ridge, seed=seed, n_rows=40
    )
    fit = run_em(expectation(X), Fit(posterior), update, tol=0.0, max_iter=12)
    bounds = np.array(fit.lower_bounds)
    assert np.isfinite(bounds).all()
    assert (np.diff(bounds) >= -1e-9 * np.maximum(np.abs(bounds[1:]), 1)).all()


def test_dead_component_stays_at_the_prior(name, weight_prior):
    X, update, posterior = problem(name, weight_prior, n_components=3)
    dead = replace(posterior, alive=np.array([True, True, False]))
    fit = run_em(expectation(X), Fit(dead), update, tol=0.0, max_iter=10)
    found, prior = fit.model, update.prior
    np.testing.assert_array_equal(found.alive, [True, True, False])
    assert found.components.offsets[2] == -np.inf
    assert found.expected_weights[2] == 0
    assert found.expected_weights.sum() == pytest.approx(1)
    assert found.counts[2] == 0
    assert found.counts.sum() == pytest.approx(len(X), rel=1e-12)
    np.testing.assert_array_equal(found.means[2], prior.mean)
    if name != "tied":
        np.testing.assert_array_equal(found.covariance.values[2], prior.covariance / prior.degrees_of_freedom)
    assert (np.diff(fit.lower_bounds) >= -1e-9 * np.abs(fit.lower_bounds[1:])).all()
    assert np.isfinite(found.mixture.log_density(X)).all()


@pytest.mark.parametrize("name", ["full", "diag", "spherical"])
@pytest.mark.parametrize("place", [0, 1, 2])
def test_dead_component_of_a_process_is_as_good_as_none(name, place):
    """The rest of a stick is worth what no component is worth, wherever the one that is not alive stands."""
    X, update, posterior = problem(name, DirichletProcess(0.7), n_components=2)

    def about(means, counts):
        k = len(counts)
        return update(
            Moments(means, float(len(X)), 0.0, counts, np.zeros((k, 2)), np.zeros(SHAPES[name].second_shape(k, 2)))
        )

    shorter = about(posterior.means, posterior.counts)
    longer = about(np.insert(posterior.means, place, 9.0, axis=0), np.insert(posterior.counts, place, 0.0))
    longer = replace(longer, alive=np.insert([True, True], place, False))
    assert longer.divergence == pytest.approx(shorter.divergence, rel=1e-12)
    np.testing.assert_allclose(np.delete(longer.expected_weights, place), shorter.expected_weights, rtol=1e-12)
    bounds = [update.bound(expectation(X)(model), model) for model in (longer, shorter)]
    assert bounds[0] == pytest.approx(bounds[1], rel=1e-12)


def test_log_joint_and_entropy_make_the_bound(name, weight_prior):
    X, update, posterior = problem(name, weight_prior, n_components=3)
    moments = expectation(X)(posterior)
    shares = Passes(posterior.components, np.float64).responsibilities(Block(X, None, 0))
    entropy = -(shares * np.log(np.maximum(shares, 1e-300))).sum()
    bound = posterior.log_joint(moments) + entropy - posterior.divergence
    assert bound == pytest.approx(update.bound(moments, posterior), rel=1e-10)


def test_component_without_rows_is_finite(name, weight_prior):
    """Alive, with single precision moments that say nothing about it."""
    X, update, posterior = problem(name, weight_prior, n_components=3)
    far = replace(posterior, means=posterior.means + np.array([[0.0], [0.0], [1e6]]))
    moments = expectation(X.astype(np.float32))(far)
    assert moments.counts[2] == 0
    found = update(moments, far)
    for values in (found.means, found.covariance.values, found.components.offsets, found.divergence):
        assert np.isfinite(values).all()
    np.testing.assert_array_equal(found.means[2], update.prior.mean)
