"""A warning names the line of the user, from however deep in the package it comes."""

import warnings
from pathlib import Path

import numpy as np
import pytest
from sklearn.pipeline import make_pipeline

import mixtura
from mixtura.errors import warn

X = np.random.default_rng(0).normal(size=(60, 3))
PLANE = np.column_stack([X[:, :2], X[:, 0] + X[:, 1]])

CALLS = {
    "fit": lambda: mixtura.GaussianMixture(3, tol=0, max_iter=2, random_state=0).fit(X),
    "fit_predict": lambda: mixtura.GaussianMixture(3, tol=0, max_iter=2, random_state=0).fit_predict(X),
    "bayesian": lambda: mixtura.BayesianGaussianMixture(n_components=3, tol=0, max_iter=2, random_state=0).fit(X),
    "lost": lambda: mixtura.GaussianMixture(
        2,
        covariance_type="spherical",
        weights_init=[0.5, 0.5],
        means_init=[[0.0] * 3, [1e4] * 3],
        precisions_init=[1.0, 1.0],
    ).fit(X),
    "search": lambda: mixtura.MixtureSearch(range(1, 30), covariance_types=["diag"], random_state=0).fit(X[:9]),
    "evidence": lambda: mixtura.MixtureSearch(
        [2], covariance_types=["full"], estimator=mixtura.BayesianGaussianMixture(tol=0, max_iter=2), random_state=0
    ).fit_predict(X),
    "detector": lambda: mixtura.MixtureDetector(mixtura.GaussianMixture(3, tol=0, max_iter=2), random_state=0).fit(X),
    "envelope": lambda: mixtura.EllipticEnvelope(random_state=0).fit(PLANE),
    "forest": lambda: mixtura.IsolationForest(max_samples=1000, random_state=0).fit(X),
    "neighbors": lambda: mixtura.LocalOutlierFactor(100).fit(X),
    "neighbors of few": lambda: mixtura.LocalOutlierFactor(5, max_reference_rows=40, random_state=0).fit_predict(X),
    "machine": lambda: mixtura.OneClassSVM(max_iter=1).fit(X),
    "clean": lambda: mixtura.clean(X, mixtura.MixtureDetector(random_state=0), 0.2, max_rounds=2),
}


@pytest.mark.parametrize("name", CALLS)
def test_a_warning_names_the_file_of_the_user(name):
    with warnings.catch_warnings(record=True) as caught:
        warnings.simplefilter("always")
        CALLS[name]()
    assert caught
    assert {each.filename for each in caught} == {__file__}


def test_a_warning_within_a_pipeline_names_that():
    pipeline = make_pipeline(mixtura.GaussianMixture(3, tol=0, max_iter=2, random_state=0))
    with pytest.warns(UserWarning, match="did not converge") as caught:
        pipeline.fit(X)
    assert {Path(each.filename).name for each in caught} == {"pipeline.py"}


def test_a_warning_of_its_own_is_passed_on():
    with pytest.warns(RuntimeWarning, match="as it is") as caught:
        warn(RuntimeWarning("as it is"))
    assert caught[0].filename == __file__


def test_no_level_is_counted():
    source = Path(mixtura.__file__).parent
    counted = [file.name for file in source.rglob("*.py") if "stacklevel" in file.read_text(encoding="utf-8")]
    assert counted == ["errors.py"]
