"""Every kind of fit finds on Dask what it finds on threads."""

import warnings

import numpy as np
import pytest
from sklearn.exceptions import ConvergenceWarning

from mixtura import BayesianGaussianMixture, GaussianMixture

FITS = {
    "trim": GaussianMixture(2, trim=0.05, random_state=0),
    "noise": GaussianMixture(2, noise=True, random_state=0),
    "t": GaussianMixture(2, family="t", random_state=0),
    "prior": GaussianMixture(2, prior="default", random_state=0),
    "relative": GaussianMixture(2, regularization="relative", random_state=0),
    "bayesian": BayesianGaussianMixture(n_components=4, max_iter=20, random_state=0),
}


@pytest.fixture(scope="module", name="X")
def table():
    random = np.random.default_rng(0)
    groups = [random.normal(size=(2500, 3)), random.normal([6, 0, 0], 1, (2500, 3)), random.uniform(-40, 40, (250, 3))]
    return random.permutation(np.concatenate(groups))


@pytest.mark.parametrize("holes", [False, True])
@pytest.mark.parametrize("name", FITS)
def test_fit(need, X, name, holes):
    da = need("dask.array")
    if holes:
        X = np.where(np.random.default_rng(1).random(X.shape) < 0.05, np.nan, X)
    with warnings.catch_warnings(), need("dask").config.set(scheduler="synchronous"):
        warnings.simplefilter("ignore", ConvergenceWarning)
        here = FITS[name].fit(X)
        bound, means = here.lower_bound_, here.means_
        there = FITS[name].fit(da.from_array(X, chunks=(1100, 3)))
    assert there.lower_bound_ == pytest.approx(bound, rel=1e-9)
    np.testing.assert_allclose(there.means_, means, rtol=1e-6, atol=1e-6)


@pytest.mark.parametrize("estimator", [GaussianMixture(2, random_state=0), BayesianGaussianMixture(n_components=2)])
def test_batches(need, X, estimator):
    da = need("dask.array")
    here, there = (type(estimator)(**estimator.get_params()).set_params(random_state=0) for _ in range(2))
    with need("dask").config.set(scheduler="synchronous"):
        for part in (X[:1200], X[1200:2400], X[:1200]):
            here.partial_fit(part)
            there.partial_fit(da.from_array(part, chunks=(450, 3)))
    np.testing.assert_allclose(there.means_, here.means_, rtol=1e-6, atol=1e-6)
