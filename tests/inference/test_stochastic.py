"""The textbook's ascent: right where the family holds the answer, the best of the family where it does not."""

import jax
import numpy as np
import pytest

from inference_targets import normal_posterior, normal_problem
from mixtura.inference.blackbox.methods.stochastic import Stochastic
from mixtura.inference.blackbox.problem import Settings


@pytest.fixture(autouse=True)
def double_precision():
    with jax.enable_x64(True):
        yield


def fitted(posterior, method):
    return method.approximate(normal_problem(posterior), Settings(seed=1))


def test_full_rank_finds_a_normal_posterior():
    posterior = normal_posterior(10, 1e4)
    fit = fitted(posterior, Stochastic(family="full-rank"))
    assert not fit.reasons
    assert fit.mixture.kullback_leibler(posterior).value < 1e-4


def test_mean_field_has_the_precisions_of_the_posterior():
    # Bishop (2006), equation 10.12: the means are right, each variance is that given all other coordinates.
    posterior = normal_posterior(5, 10.0)
    fit = fitted(posterior, Stochastic())
    precisions = np.diag(np.linalg.inv(posterior.covariances[0]))
    np.testing.assert_allclose(fit.mixture.means, posterior.means, atol=0.02)
    np.testing.assert_allclose(fit.mixture.covariance.variances[0], 1 / precisions, rtol=0.05)
