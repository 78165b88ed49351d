"""The variational update beside scikit-learn's."""

import warnings

import numpy as np
import pytest
from sklearn.exceptions import ConvergenceWarning
from sklearn.mixture import BayesianGaussianMixture

from mixtura.distributions.shapes import CONJUGATE, SHAPES
from mixtura.engines import ThreadEngine
from mixtura.intake.table import Table
from mixtura.mixtures.bayes.variational import DirichletDistribution, DirichletProcess, VariationalUpdate
from mixtura.mixtures.em.expectation import Expectation
from mixtura.mixtures.em.loop import Fit, run_em
from mixtura.rows import ArrayRows
from problems import moments_of, normal_wishart

WEIGHT_PRIORS = [DirichletProcess(0.7), DirichletDistribution(0.4)]


@pytest.fixture(params=CONJUGATE)
def name(request):
    return request.param


@pytest.fixture(params=WEIGHT_PRIORS, ids=["process", "distribution"])
def weight_prior(request):
    return request.param


def peer_of(name, weight_prior, prior, ridge, max_iter, n_components):
    kinds = {DirichletProcess: "dirichlet_process", DirichletDistribution: "dirichlet_distribution"}
    return BayesianGaussianMixture(
        n_components=n_components,
        covariance_type=name,
        weight_concentration_prior_type=kinds[type(weight_prior)],
        weight_concentration_prior=weight_prior.concentration,
        mean_prior=prior.mean,
        mean_precision_prior=prior.mean_precision,
        degrees_of_freedom_prior=prior.degrees_of_freedom,
        covariance_prior=float(prior.covariance) if name == "spherical" else prior.covariance,
        reg_covar=ridge,
        max_iter=max_iter,
        tol=0.0,
        random_state=0,
    )


def fit_quietly(peer, X):
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", ConvergenceWarning)
        return peer.fit(X)


def assert_same_attributes(posterior, peer):
    order = np.lexsort(peer.means_.T)
    mine = np.lexsort(posterior.means.T)
    # scikit-learn adds ten roundings of one to every count.
    close = {"rtol": 1e-9, "atol": 1e-12}
    np.testing.assert_allclose(posterior.means[mine], peer.means_[order], **close)
    np.testing.assert_allclose(posterior.mean_precision[mine], peer.mean_precision_[order], **close)
    found, expected = posterior.covariance.values, peer.covariances_
    shared = peer.covariance_type == "tied"
    np.testing.assert_allclose(found if shared else found[mine], expected if shared else expected[order], **close)
    found, expected = posterior.degrees_of_freedom, peer.degrees_of_freedom_
    np.testing.assert_allclose(found if shared else found[mine], expected if shared else expected[order], **close)
    np.testing.assert_allclose(posterior.expected_weights[mine], peer.weights_[order], **close)
    found, expected = np.atleast_2d(posterior.weight_concentration), np.atleast_2d(peer.weight_concentration_)
    np.testing.assert_allclose(found[:, mine], expected[:, order], **close)


def test_update_is_scikit_learns(name, weight_prior):
    """On groups so far apart that every responsibility is zero or one."""
    random, prior = np.random.default_rng(3), normal_wishart(name, 2)
    labels = np.repeat([0, 1, 2], [20, 30, 50])
    X = random.normal(size=(100, 2)) * [1.0, 3.0] + np.array([[0.0, 0.0], [500.0, 0.0], [0.0, 900.0]])[labels]
    peer = fit_quietly(peer_of(name, weight_prior, prior, 0.5, 1, 3), X)
    # The breaks of the stick go by the order of the components.
    shares = (peer.predict(X)[:, None] == np.arange(3)).astype(float)
    update = VariationalUpdate(SHAPES[name], weight_prior, prior, np.full(2, 0.5))
    assert shares.sum(axis=0).min() == 20
    assert_same_attributes(update(moments_of(SHAPES[name], X, shares)), peer)


def test_iterations_are_scikit_learns(weight_prior):
    """With full covariances, where the whole algorithm is the same."""
    random, prior = np.random.default_rng(3), normal_wishart("full", 2)
    X = random.normal(size=(200, 2)) + 3 * random.integers(0, 2, size=(200, 1))
    first, fifth = (fit_quietly(peer_of("full", weight_prior, prior, 0.0, n, 2), X) for n in (1, 5))
    update = VariationalUpdate(SHAPES["full"], weight_prior, prior, np.zeros(2))
    start = update(moments_of(SHAPES["full"], X, first.predict_proba(X)))
    fit = run_em(Expectation(Table(ArrayRows(X), ThreadEngine(1))), Fit(start), update, tol=0.0, max_iter=3)
    assert_same_attributes(fit.model, fifth)
