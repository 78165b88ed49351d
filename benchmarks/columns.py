"""Groups in many columns: what variational fits find, beside scikit-learn's."""

import time
import warnings
from collections.abc import Iterator
from typing import Any

import numpy as np
from sklearn.metrics import adjusted_rand_score
from sklearn.mixture import BayesianGaussianMixture as Peer

import mixtura
from mixtura.distributions.shapes import SEARCHED

# Rows, columns, and the standard deviation of the centres where the noise has one.
_CASES = [
    (200, 5, 2.0),
    (1_000, 5, 2.0),
    (200, 20, 1.0),
    (200, 20, 2.0),
    (1_000, 20, 1.0),
    (60, 60, 1.0),
    (200, 60, 0.5),
    (200, 60, 1.0),
    (2_000, 60, 0.5),
    (2_000, 60, 1.0),
    (100, 200, 1.0),
    (2_000, 200, 1.0),
]
_N_COMPONENTS, _SEEDS = 10, 3
_WIDE = (600, 1_000, 1.0)


def columns(repeat: int) -> Iterator[dict[str, Any]]:
    """Three groups, at most ten components: adjusted Rand index of both, components that rows belong to, and times.

    The processor time of moves is in parts of that of a fit without. That of a fit is in parts of scikit-learn's, and
    that of an iteration too, as the two take different numbers of them.
    """
    for shape in SEARCHED:
        for case in _CASES:
            yield _compared(shape, *case, n_seeds=_SEEDS)
        yield _compared(shape, *_WIDE, n_seeds=1)


def _compared(shape: str, n_rows: int, n_columns: int, deviation: float, *, n_seeds: int) -> dict[str, Any]:
    ours, theirs, found, seconds, iterations = [], [], [], np.zeros(3), np.zeros(3)
    for seed in range(n_seeds):
        X, labels = _groups(n_rows, n_columns, deviation, seed)
        parameters = {"n_components": _N_COMPONENTS, "covariance_type": shape, "random_state": seed}
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")  # that a fit did not converge in 100 iterations
            estimators = (
                mixtura.BayesianGaussianMixture(**parameters),
                mixtura.BayesianGaussianMixture(moves=False, **parameters),
                Peer(**parameters),
            )
            for number, estimator in enumerate(estimators):
                start = time.process_time()
                estimator.fit(X)
                seconds[number] += time.process_time() - start
                iterations[number] += estimator.n_iter_
            ours.append(adjusted_rand_score(labels, estimators[0].predict(X)))
            theirs.append(adjusted_rand_score(labels, estimators[2].predict(X)))
            found.append(estimators[0].n_effective_components_)
    return {
        "case": f"{n_rows:,} × {n_columns:,}",
        "shape": shape,
        "deviation": deviation,
        "mixtura_index": float(np.mean(ours)),
        "peer_index": float(np.mean(theirs)),
        "components": found,
        "time_of_moves": seconds[0] / seconds[1] - 1,
        "time": seconds[0] / seconds[2],
        "iterations": iterations[0] / n_seeds,
        "peer_iterations": iterations[2] / n_seeds,
        "time_of_an_iteration": seconds[0] / iterations[0] / (seconds[2] / iterations[2]),
    }


def _groups(n_rows: int, n_columns: int, deviation: float, seed: int) -> tuple[np.ndarray, np.ndarray]:
    rng = np.random.default_rng([n_rows, n_columns, seed])
    centers = deviation * rng.standard_normal((3, n_columns))
    labels = rng.integers(3, size=n_rows)
    return centers[labels] + rng.standard_normal((n_rows, n_columns)), labels
