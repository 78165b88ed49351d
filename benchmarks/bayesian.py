"""Variational fits beside scikit-learn's."""

import warnings
from collections.abc import Iterator
from typing import Any

import numpy as np
from sklearn.datasets import make_blobs
from sklearn.exceptions import ConvergenceWarning
from sklearn.mixture import BayesianGaussianMixture as Peer

import mixtura

from .problems import SIZES, Problem
from .timing import in_turn

# Neither converges on the large table within hundreds of iterations: the tolerance is on the bound of all rows.
_ITERATIONS = 20


def textbook() -> np.ndarray:
    """Return 1,250 rows in three groups."""
    two, _ = make_blobs(n_samples=1000, centers=((4, -4), (0, 0)), random_state=42)
    one, _ = make_blobs(n_samples=250, centers=1, random_state=42)
    return np.r_[two @ np.array([[0.374, 0.95], [0.732, 0.598]]), one + np.array([6, -8])]


def bayesian(repeat: int) -> Iterator[dict[str, Any]]:
    """A variational fit from a cold start: 20 iterations on a large table, and ten starts on a small one."""
    problem = Problem(*SIZES[1])
    large = {"n_components": problem.n_components, "max_iter": _ITERATIONS, "random_state": 0}
    small = {"n_components": 10, "n_init": 10, "random_state": 42}
    cases = [
        (problem.name, problem.table(), large, max(1, repeat // 3)),
        ("1,250 × 2, 10, n_init=10", textbook(), small, repeat),
    ]
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", ConvergenceWarning)
        for name, table, parameters, pairs in cases:
            ours, peer = mixtura.BayesianGaussianMixture(**parameters), Peer(**parameters)
            seconds, peer_seconds, ratio = in_turn(
                lambda ours=ours, table=table: ours.fit(table), lambda peer=peer, table=table: peer.fit(table), pairs
            )
            yield {
                "case": name,
                "mixtura_ms": 1e3 * seconds,
                "peer_ms": 1e3 * peer_seconds,
                "ratio": ratio,
                "mixtura_iterations": ours.n_iter_,
                "peer_iterations": peer.n_iter_,
                "mixtura_components": ours.n_effective_components_,
                "peer_above_1_percent": int((peer.weights_ > 0.01).sum()),
                "mixtura_score": ours.score(table),
                "peer_score": peer.score(table),
            }
