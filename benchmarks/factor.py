"""Factor-analytic covariances beside matrices, and beside scikit-learn's factor analysis."""

import math
from collections.abc import Iterator
from typing import Any

import numpy as np
from sklearn.decomposition import FactorAnalysis

from mixtura import Factor, Full, GaussianMixture, Mixture
from mixtura.engines import ThreadEngine
from mixtura.intake.table import Table
from mixtura.mixtures.em.expectation import Expectation
from mixtura.rows import ArrayRows

from .suites import iterate
from .timing import in_turn

# Rows, columns, components, factors.
SIZES = ((20_000, 50, 4, 5), (20_000, 200, 4, 5), (20_000, 500, 4, 5))


def simulated(n_features: int, n_components: int, n_factors: int) -> Mixture:
    """Return a mixture of factor analyzers with groups that overlap little."""
    random = np.random.default_rng(0)
    loadings = random.normal(size=(n_components, n_features, n_factors))
    variances = random.uniform(0.5, 1.5, (n_components, n_features))
    means = random.normal(size=(n_components, n_features))
    return Mixture(np.full(n_components, 1 / n_components), means, Factor.of_loadings(loadings, variances))


def factor(repeat: int) -> Iterator[dict[str, Any]]:
    """Factors beside matrices, and one component beside scikit-learn's factor analysis.

    One EM iteration from the same start; fits judged by rows that they did not see; and whole fits of one component,
    until the mean log-likelihood of a row gains less than 1e-8.
    """
    for n_rows, d, k, q in SIZES:
        truth = simulated(d, k, q)
        table, _ = truth.sample(n_rows, 0)
        dense = Mixture(truth.weights, truth.means, Full(truth.covariance.dense, k, d))
        for dtype in (np.float64, np.float32):
            expect = Expectation(Table(ArrayRows(table.astype(dtype), checked=True), ThreadEngine()))
            seconds, dense_seconds, ratio = in_turn(
                lambda expect=expect, start=truth: iterate(expect, start),
                lambda expect=expect, start=dense: iterate(expect, start),
                repeat,
            )
            yield {
                "case": f"{n_rows} × {d}, {k} components, {q} factors, {np.dtype(dtype)}",
                "factor_ms": 1e3 * seconds,
                "full_ms": 1e3 * dense_seconds,
                "times_faster": ratio,
            }
    yield _held_out()
    yield _one_component(repeat)


def _held_out() -> dict[str, Any]:
    """Fits of 2000 rows, judged by 20,000 others."""
    truth = simulated(50, 3, 3)
    table, others = truth.sample(2_000, 1)[0], truth.sample(20_000, 2)[0]
    fits = {
        shape: GaussianMixture(3, covariance_type=shape, n_factors=3, max_iter=500, n_init=3, random_state=0).fit(table)
        for shape in ("factor", "full")
    }
    bics = {f"{shape}_bic": float(fit.bic(table)) for shape, fit in fits.items()}
    scores = {f"{shape}_held_out": float(fit.score(others)) for shape, fit in fits.items()}
    return {"case": "2000 × 50, 3 components, 3 factors", **bics, **scores}


def _one_component(repeat: int) -> dict[str, Any]:
    table, _ = simulated(50, 1, 5).sample(20_000, 0)
    # The peer's tolerance is of the sum over rows, and it stops at the same gain.
    peer = FactorAnalysis(5, tol=1e-8 * len(table), max_iter=10_000, svd_method="lapack")
    ours = GaussianMixture(covariance_type="factor", n_factors=5, tol=1e-8, max_iter=10_000, reg_covar=0.0)
    seconds, peer_seconds, ratio = in_turn(lambda: ours.fit(table), lambda: peer.fit(table), repeat)
    mine, theirs = ours.score(table), peer.score(table)
    return {
        "case": "20000 × 50, 1 component, 5 factors, whole fits",
        "mixtura_ms": 1e3 * seconds,
        "sklearn_ms": 1e3 * peer_seconds,
        "times_faster": ratio,
        "mixtura_iterations": ours.n_iter_,
        "sklearn_iterations": peer.n_iter_,
        "log_likelihoods_differ": math.fabs(mine - theirs) / math.fabs(theirs),
    }
