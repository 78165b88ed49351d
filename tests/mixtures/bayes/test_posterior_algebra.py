"""Posteriors of merged components, and without some, against the update from the moments of the rows."""

from dataclasses import replace

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from mixtura.distributions.shapes import CONJUGATE, SHAPES
from mixtura.mixtures.bayes.posterior_algebra import merge_gains, merged, without
from mixtura.mixtures.bayes.variational import DirichletDistribution, DirichletProcess, VariationalUpdate
from problems import moments_of, normal_wishart

WEIGHT_PRIORS = [DirichletProcess(0.7), DirichletDistribution(0.4)]
_NO_ROWS = 1e-300  # of a component whose mean is then defined


def divided(name, weight_prior, *, seed=0, n_components=4, n_features=3, shift=0.0):
    """An update, and responsibilities of rows for it."""
    random = np.random.default_rng(seed)
    X = random.normal(size=(40, n_features)) * 3.0 + 5 * random.integers(0, 2, (40, 1)) + shift
    update = VariationalUpdate(SHAPES[name], weight_prior, normal_wishart(name, n_features), np.full(n_features, 0.1))
    return X, update, random.dirichlet(np.full(n_components, 0.3), 40) + 1e-9


def assert_same(found, expected):
    np.testing.assert_allclose(found.counts, expected.counts, rtol=1e-9, atol=1e-12)
    np.testing.assert_array_equal(found.alive, expected.alive)
    np.testing.assert_allclose(found.means, expected.means, rtol=1e-7, atol=1e-9)
    np.testing.assert_allclose(found.covariance.values, expected.covariance.values, rtol=1e-7, atol=1e-9)


@settings(max_examples=60)
@given(
    st.sampled_from(list(CONJUGATE)),
    st.sampled_from(WEIGHT_PRIORS),
    st.permutations(range(4)),
    st.integers(1, 4),
    st.sampled_from([0.0, 1e3]),
    st.integers(0, 2**32 - 1),
)
def test_merged_is_the_update_from_merged_responsibilities(name, weight_prior, order, n_features, shift, seed):
    X, update, shares = divided(name, weight_prior, seed=seed, n_features=n_features, shift=shift)
    first, second = order[:2]
    before = update(moments_of(SHAPES[name], X, shares))
    together = shares.copy()
    together[:, first] += together[:, second]
    together[:, second] = _NO_ROWS
    alive = np.arange(4) != second
    expected = replace(update(moments_of(SHAPES[name], X, together)), alive=alive)
    assert_same(merged(before, (first, second)), expected)
    gain = merge_gains(before, np.array([first]), np.array([second]))[0]
    assert gain == pytest.approx(expected.log_evidence - before.log_evidence, abs=1e-6)


@pytest.mark.parametrize("weight_prior", WEIGHT_PRIORS)
@pytest.mark.parametrize("name", CONJUGATE)
def test_log_evidence_is_the_expected_log_joint_less_the_divergence(name, weight_prior):
    X, update, shares = divided(name, weight_prior)
    moments = moments_of(SHAPES[name], X, shares)
    posterior = update(moments)
    assert posterior.log_evidence == pytest.approx(posterior.log_joint(moments) - posterior.divergence, rel=1e-12)


@pytest.mark.parametrize("name", CONJUGATE)
def test_without_leaves_the_others(name):
    X, update, shares = divided(name, WEIGHT_PRIORS[0])
    gone = np.array([False, True, False, True])
    before = update(moments_of(SHAPES[name], X, shares))
    found = without(before, gone)
    np.testing.assert_array_equal(found.alive, ~gone)
    assert not found.counts[gone].any()
    np.testing.assert_array_equal(found.means[~gone], before.means[~gone])
    np.testing.assert_array_equal(found.means[gone], np.tile(update.prior.mean, (2, 1)))
    if name != "tied":
        np.testing.assert_allclose(found.covariance.values[~gone], before.covariance.values[~gone], rtol=1e-12)
        empty = update.prior.covariance / update.prior.degrees_of_freedom
        np.testing.assert_allclose(found.covariance.values[gone], np.stack([empty] * 2), rtol=1e-12)


@pytest.mark.parametrize("name", CONJUGATE)
def test_pairs_are_valued_in_parts_as_at_once(name, monkeypatch):
    X, update, shares = divided(name, WEIGHT_PRIORS[0])
    posterior = update(moments_of(SHAPES[name], X, shares))
    first, second = np.triu_indices(4, 1)
    at_once = merge_gains(posterior, first, second)
    monkeypatch.setattr("mixtura.mixtures.bayes.posterior_algebra._AT_A_TIME", 1)
    np.testing.assert_allclose(merge_gains(posterior, first, second), at_once, rtol=1e-12)
    assert merge_gains(posterior, first[:0], second[:0]).shape == (0,)
