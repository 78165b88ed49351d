"""Mixtures of numbers and categories beside StepMix, where it is installed."""

import math
import warnings
from collections.abc import Iterator
from typing import Any

import numpy as np

from mixtura import Diagonal, GaussianMixture, Levels, Mixture

from .timing import in_turn

ROWS, NUMBERS, CATEGORIES, COMPONENTS = 100_000, 6, 6, 4
ITERATIONS = 50


def simulated() -> Mixture:
    """Return a mixture of groups that overlap, with categories of two to seven levels."""
    random = np.random.default_rng(0)
    means = random.normal(scale=1.5, size=(COMPONENTS, NUMBERS))
    variances = random.uniform(0.5, 1.5, (COMPONENTS, NUMBERS))
    tables = [random.dirichlet(np.ones(2 + c), COMPONENTS) for c in range(CATEGORIES)]
    levels = Levels(range(NUMBERS, NUMBERS + CATEGORIES), tables)
    weights = np.full(COMPONENTS, 1 / COMPONENTS)
    return Mixture(weights, means, Diagonal(variances, COMPONENTS, NUMBERS), levels=levels)


def categories(repeat: int) -> Iterator[dict[str, Any]]:
    """Numbers and categories: fits of as many iterations from one start of each library's own.

    The model is the same: variances and probabilities of levels for each component, independent given it.
    """
    table, _ = simulated().sample(ROWS, 0)
    ours = GaussianMixture(
        COMPONENTS,
        covariance_type="diag",
        categorical_features=range(NUMBERS, NUMBERS + CATEGORIES),
        max_iter=ITERATIONS,
        tol=0.0,
        random_state=0,
    )
    case = f"{ROWS} × ({NUMBERS} numbers, {CATEGORIES} categories), {COMPONENTS} components, {ITERATIONS} iterations"
    try:
        from stepmix.stepmix import StepMix  # noqa: PLC0415  # may be missing
    except ImportError:
        yield {"case": case, "stepmix": "not installed"}
        return
    measurement = {
        "numbers": {"model": "gaussian_diag", "n_columns": NUMBERS},
        "categories": {"model": "categorical", "n_columns": CATEGORIES},
    }
    peer = StepMix(
        COMPONENTS, measurement=measurement, max_iter=ITERATIONS, abs_tol=0.0, progress_bar=0, random_state=0
    )
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # of fits that did not converge
        seconds, peer_seconds, ratio = in_turn(lambda: ours.fit(table), lambda: peer.fit(table), repeat)
    mine, theirs = ours.score(table), float(peer.score(table))
    yield {
        "case": case,
        "mixtura_ms": 1e3 * seconds,
        "stepmix_ms": 1e3 * peer_seconds,
        "times_faster": ratio,
        "mixtura_score": mine,
        "stepmix_score": theirs,
        "log_likelihoods_differ": math.fabs(mine - theirs) / math.fabs(theirs),
    }
